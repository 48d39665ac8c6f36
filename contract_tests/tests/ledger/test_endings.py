"""How a run ends: by itself, by Ctrl-C, by SIGTERM, by kill -9, with its target; what is left, and who clears it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from tutorflow_conformance.cli import main
from tutorflow_conformance.control import Control
from tutorflow_conformance.run import execute
from tutorflow_conformance.run.options import ALLOWANCES, Events, Options
from tutorflow_conformance.system import run_token
from tutorflow_conformance.target import Credentials, Target
from tutorflow_conformance.traffic import steps
from tutorflow_conformance.traffic.resuming import LETTERS
from tutorflow_conformance.traffic.run import Patience
from tutorflow_openapi import load, load_requirements

CONTRACT = load()
WITHOUT_WAITING = ("--skip", "RATE", "--no-fuzz")
SLOW = {"progression": "time", "queued": "PT1S", "processing": "PT900S"}


@dataclass
class Endpoint:
    """A session of a mock, addressed as a black box, and its control plane for the test's own eyes."""

    url: str
    control: Control
    given: Credentials

    @property
    def env(self) -> dict[str, str]:
        """What the judge is told."""
        given = self.given
        told = {
            "CONTENT_API_KEY": given.api_key,
            "ADMIN_COOKIE": given.admin_cookie,
            "ORGANIZATION_ID": given.organization_id,
            "CLASSROOM_ID": given.classroom_id,
            "LESSON_ID": given.lesson_id,
            "OTHER_API_KEY": given.other_api_key,
            "OTHER_ADMIN_COOKIE": given.other_admin_cookie,
            "OTHER_ORGANIZATION_ID": given.other_organization_id,
        }
        return {f"TUTORFLOW_{name}": str(value) for name, value in told.items()}

    def words(self, *words: str, url: str | None = None) -> tuple[str, ...]:
        """Return the words of a full run."""
        return (
            "run",
            "--target",
            url or self.url,
            "--mode",
            "full",
            "--poll-interval",
            "0.2",
            *WITHOUT_WAITING,
            *words,
        )

    def start(self, *words: str, url: str | None = None) -> subprocess.Popen[str]:
        """Start a run as a process of its own."""
        command = (sys.executable, "-m", "tutorflow_conformance", *self.words(*words, url=url))
        return subprocess.Popen(
            command,
            env={"PATH": "/usr/bin:/bin", **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def judge(self, *words: str) -> Result:
        """Run a command in this process."""
        return CliRunner().invoke(main, list(words), env=self.env)

    def alive(self) -> list[str]:
        """Return what runs have made and not cleared away, in both organizations."""
        found: list[str] = []
        for organization, cookie in (
            (self.given.organization_id, self.given.admin_cookie),
            (self.given.other_organization_id, self.given.other_admin_cookie),
        ):
            base, headers = f"{self.url}/v1/content/organizations/{organization}", {"Cookie": f"jwt={cookie}"}
            keys = requests.get(f"{base}/api-keys", headers=headers, timeout=10).json()
            hooks = requests.get(f"{base}/webhooks", headers=headers, timeout=10).json()
            found += [key["name"] for key in keys if key["name"].startswith("ct-") and key["status"] == "ACTIVE"]
            found += [hook["url"] for hook in hooks]
        return found

    def jobs(self) -> list[dict[str, Any]]:
        """Return the jobs that creates made."""
        return [
            job for job in self.control.ask("GET", "/jobs?limit=100")["jobs"] if job["sourceType"] != "tutorflow_ui"
        ]

    def until(self, holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
        """Wait until something holds, as long as a process lives."""
        while not holds():
            assert process.poll() is None, process.communicate()[0]
            Event().wait(0.05)

    def end_jobs(self) -> None:
        """Let all jobs end."""
        for job in self.jobs():
            if job["status"] not in {"completed", "failed"}:
                self.control.ask("POST", f"/jobs/{job['id']}/transition", {"to": "completed"})


@pytest.fixture
def endpoint(mock_url: str) -> Iterator[Endpoint]:
    """Yield an endpoint whose jobs do not end by themselves."""
    control = Control(mock_url)
    given = control.open_session({"organizations": 2, "rateLimitPerMinute": 1000, "programme": SLOW})
    yield Endpoint(mock_url, control, given)
    control.close_session()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_clears_away_and_reports(endpoint: Endpoint, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM while M is polled: exit 130, a whole report of what was seen so far, and nothing left."""
    report = tmp_path / "report.json"
    process = endpoint.start("--ledger", str(tmp_path / "l.sqlite"), "--json", str(report))
    endpoint.until(lambda: bool(endpoint.jobs()) and len(endpoint.alive()) > 3, process)
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert endpoint.alive() == []
    found = json.loads(report.read_text())
    assert (found["verdict"], found["left"]) == ("incomplete", [])
    assert found["counts"]["passed"] > 10
    assert found["counts"]["failed"] == found["counts"]["error"] == found["counts"]["mismatch"] == 0


def test_a_killed_run_is_announced_and_cleaned_up(endpoint: Endpoint, tmp_path: Path) -> None:
    """After `kill -9` keys and webhooks are there; the next run says so; `cleanup` clears them, and twice is fine."""
    file = ("--ledger", str(tmp_path / "l.sqlite"))
    process = endpoint.start(*file)
    endpoint.until(lambda: bool(endpoint.jobs()) and len(endpoint.alive()) > 3, process)
    process.kill()
    process.communicate()
    left = endpoint.alive()
    run = left[0].split("-")[1]
    cleanup = ("cleanup", "--target", endpoint.url, *file)

    again = endpoint.judge("run", "--target", endpoint.url, "--mode", "free", "--only", "DISC-002", *file)
    assert f"run {run} at this target has not ended (jobs " in again.output.replace("\n", " ")

    without = CliRunner().invoke(main, list(cleanup))
    assert without.exit_code == 2
    assert "no admin session" in without.output

    cleaned = endpoint.judge(*cleanup)
    assert cleaned.exit_code == 0, cleaned.output
    assert f"run {run}: {len(left)} cleared away, 0 left behind" in cleaned.output
    assert endpoint.alive() == []
    assert "nothing to clear away" in endpoint.judge(*cleanup).output
    assert endpoint.judge(*cleanup, "--run", run).exit_code == 0


def test_cleanup_finds_by_name_what_another_ledger_knows(endpoint: Endpoint, tmp_path: Path) -> None:
    """`cleanup --run ID` on another machine finds a run's things in the target's lists, and no other run's."""
    process = endpoint.start("--ledger", str(tmp_path / "l.sqlite"))
    endpoint.until(lambda: bool(endpoint.jobs()) and len(endpoint.alive()) > 3, process)
    process.kill()
    process.communicate()
    run = endpoint.alive()[0].split("-")[1]
    elsewhere = ("cleanup", "--target", endpoint.url, "--ledger", str(tmp_path / "other.sqlite"))
    assert "0 cleared away" in endpoint.judge(*elsewhere, "--run", "0badcafe").output
    assert endpoint.alive()
    assert endpoint.judge(*elsewhere, "--run", run).exit_code == 0
    assert endpoint.alive() == []


def test_a_killed_run_goes_on_without_a_second_job(endpoint: Endpoint, tmp_path: Path) -> None:
    """`--resume` reads the jobs that were made, within the same purse, and accuses nobody for what it did not see."""
    file = ("--ledger", str(tmp_path / "l.sqlite"))
    process = endpoint.start("--max-jobs", "3", *file)
    endpoint.until(lambda: len(endpoint.jobs()) >= 3 and len(endpoint.alive()) > 3, process)
    process.kill()
    process.communicate()
    run, before = endpoint.alive()[0].split("-")[1], {job["id"] for job in endpoint.jobs()}
    endpoint.end_jobs()
    report = tmp_path / "report.json"
    bounds = ("--max-jobs", "3", "--job-timeout", "10")
    ran = endpoint.judge(*endpoint.words("--resume", run, *file, *bounds, "--json", str(report)))
    assert ran.exit_code == 0, ran.output
    assert {job["id"] for job in endpoint.jobs()} == before
    found = json.loads(report.read_text())
    assert (found["run"], found["left"]) == (run, [])
    assert found["spend"]["jobs"] <= 4  # the one that was under way when it was killed counts as well as its replay
    states = {row["id"]: (row["result"], row["reason"]) for row in found["requirements"]}
    assert states["CRE-001"][0] == "skipped"
    assert "made before this run was resumed" in states["CRE-001"][1]
    assert states["STAT-001"][0] in {"passed", "skipped"}
    assert found["counts"]["passed"] > 30
    assert endpoint.alive() == []


def test_a_second_run_does_not_overspend_after_a_kill(endpoint: Endpoint, tmp_path: Path) -> None:
    """The purse of `safe` is one job and one in reserve: killed and started again and again it is never more."""
    file = ("--ledger", str(tmp_path / "l.sqlite"))
    safe = ("--mode", "safe", "--job-timeout", "5")
    for _ in range(3):
        process = endpoint.start(*safe, *file)
        try:
            process.wait(4)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
    assert 1 <= len(endpoint.jobs()) <= 2


@pytest.mark.parametrize("mode", ["free", "safe", "full", "mock"])
def test_the_ledger_counts_what_the_server_counts(mock_url: str, mode: str) -> None:
    """Every request and every job, exactly, whoever sends it; never more than was planned."""
    control, other = Control(mock_url), Control(mock_url)
    programme = {"progression": "time", "queued": "PT0.2S", "processing": "PT0.3S"}
    given = control.open_session({"organizations": 2, "rateLimitPerMinute": 1000, "programme": programme})
    is_mock = mode == "mock"
    target = Target(mock_url, CONTRACT, mode, given, mock_url if is_mock else None, control.session)
    wanted = tuple(name for name in load_requirements() if is_mock or not name.startswith("RATE"))
    options = Options(run_token(), wanted, ALLOWANCES[mode], patience=Patience(0.2, 30), listen=("127.0.0.1", 0))
    before = other.ask("POST", "/requests/count", {})["count"]
    outcome = execute(target, options, Events())
    here = control.ask("POST", "/requests/count", {})["count"]
    jobs = [job for job in control.ask("GET", "/jobs?limit=100")["jobs"] if job["sourceType"] != "tutorflow_ui"]
    unknown = other.ask("POST", "/requests/count", {})["count"] - before
    control.close_session()
    assert outcome.spend.requests == here + unknown
    assert outcome.spend.jobs == len(jobs)
    assert outcome.spend.requests <= outcome.bill.requests
    assert outcome.spend.jobs <= outcome.bill.jobs
    assert outcome.left == ()


def test_every_step_that_makes_a_job_can_be_resumed() -> None:
    """A step outside the mock's own that makes a job has a letter by which it is remembered."""
    makers = {name for name, step in steps().items() if step.jobs and not step.needs & {"C", "N"}}
    assert makers == LETTERS.keys()
