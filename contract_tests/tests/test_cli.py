"""The judge's command line as its users meet it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from tutorflow_conformance.cli import main
from tutorflow_conformance.hosting import mock

KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
SAFE = {"TUTORFLOW_CONTENT_API_KEY": KEY}


def judge(*words: str, env: dict[str, str] | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words), env=env)


def test_a_mock_of_its_own_conforms_in_every_requirement(tmp_path: Path) -> None:
    """`run --target mock` needs nothing, ends with 0, and tests all requirements that a mock can show."""
    report = tmp_path / "report.json"
    ran = judge("run", "--target", "mock", "--no-fuzz", "--json", str(report))
    assert ran.exit_code == 0, ran.output
    found = json.loads(report.read_text())
    assert found["verdict"] == "conformant"
    assert found["counts"]["passed"] == 181
    assert [row["id"] for row in found["requirements"] if row["result"] != "passed"] == ["HTTP-006"]
    assert found["left"] == []
    assert found["spend"]["jobs"] <= found["bill"]["jobs"]
    assert found["spend"]["requests"] <= found["bill"]["requests"]


def test_a_safe_run_costs_one_job_and_sixty_requests(tmp_path: Path) -> None:
    """`--mode safe` judges 81 requirements with one job, where nobody else uses the key, and says what it spent."""
    report, junit = tmp_path / "report.json", tmp_path / "report.xml"
    words = ("--mode", "safe", "--job-timeout", "30", "--json", str(report), "--junit", str(junit))
    with mock() as url:
        ran = judge("run", "--target", url, *words, env=SAFE)
    assert ran.exit_code == 0, ran.output
    found = json.loads(report.read_text())
    assert found["counts"]["passed"] == 81
    assert found["spend"]["jobs"] == 1
    assert found["spend"]["requests"] <= 60
    assert KEY not in report.read_text() + junit.read_text() + ran.output
    suites = ET.fromstring(junit.read_text())  # noqa: S314 - our own report
    cases = suites.findall("./testsuite/testcase")
    assert len(cases) == 182
    assert sum(case.find("skipped") is not None for case in cases) == 101


def test_a_free_run_makes_no_job(mock_url: str) -> None:
    """`--mode free` sends no create at all."""
    ran = judge("run", "--target", mock_url, "--mode", "free", env=SAFE)
    assert ran.exit_code == 0, ran.output
    assert "jobs 0 · creates sent 0" in ran.output


def test_only_what_is_selected_is_tested(mock_url: str) -> None:
    """`--only` takes ids and sections, `--skip` takes some of them out again."""
    ran = judge(
        "run", "--target", mock_url, "--mode", "free", "--only", "AUTH,STAT-003", "--skip", "AUTH-001", env=SAFE
    )
    assert ran.exit_code == 0, ran.output
    planned = judge("plan", "--target", mock_url, "--mode", "free", "--only", "STAT-003", "--json", env=SAFE)
    assert json.loads(planned.output)["tested"] == ["STAT-003"]


def test_a_plan_sends_nothing_and_says_what_it_would(mock_url: str) -> None:
    """`plan` prints the bill, the steps and the reasons."""
    planned = judge("plan", "--target", mock_url, "--mode", "safe", env=SAFE)
    assert planned.exit_code == 0
    assert "jobs 1" in planned.output
    assert "m.create" in planned.output
    assert "skipped (mode: needs mode full or mock, this is safe)" in planned.output


def test_a_mock_of_its_own_needs_nothing_in_any_mode() -> None:
    """As a black box, too: neither a variable nor a flag, and no more than the mode allows."""
    ran = judge("run", "--target", "mock", "--mode", "safe")
    assert (ran.exit_code, "jobs 1 ·" in ran.output) == (0, True), ran.output
    assert json.loads(judge("plan", "--target", "mock", "--mode", "full", "--json").output)["bill"]["jobs"] == 6


def test_a_plan_counts_on_the_receiver_that_a_run_will_have(mock_url: str) -> None:
    """In mode full on this machine webhooks are judged without a word, so they are billed; elsewhere not."""
    admin = {**SAFE, "TUTORFLOW_ADMIN_COOKIE": "demo-admin"}
    words = ("--mode", "full", "--only", "HOOK-005", "--json")
    here = json.loads(judge("plan", "--target", mock_url, *words, env=admin).output)
    there = json.loads(judge("plan", "--target", "http://192.0.2.1", *words, env=admin).output)
    assert (here["tested"], there["tested"]) == (["HOOK-005"], [])
    assert "--webhook-listen" in there["skipped"]["HOOK-005"]


def test_a_refused_key_is_the_headline(mock_url: str) -> None:
    """A wrong key stops the run after the first answers, with exit code 1 and no flood of findings."""
    ran = judge("run", "--target", mock_url, "--mode", "safe", env={"TUTORFLOW_CONTENT_API_KEY": "tf_content_wrong"})
    assert ran.exit_code == 1
    assert "the key was refused" in ran.output
    assert ran.output.count("expected") <= 2


def test_an_unreachable_target_ends_with_3() -> None:
    """Nothing listens there: the address and the cause are said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ran = judge("run", "--target", f"http://127.0.0.1:{port}", "--mode", "safe", env=SAFE)
    assert ran.exit_code == 3
    assert f"127.0.0.1:{port}" in ran.output
    assert "refused" in ran.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run",), "no target"),
        (("run", "--target", "ftp://x"), "is no address"),
        (("run", "--target", "http://user:secret@x"), "must hold no credentials"),
        (("run", "--target", "http://127.0.0.1:9", "--mode", "wild"), "free, safe, full, mock"),
        (("run", "--target", "http://127.0.0.1:9", "--mode", "safe"), "TUTORFLOW_CONTENT_API_KEY"),
        (("run", "--target", "http://127.0.0.1:9", "--revision", "1999-01"), "--revision"),
        (("run", "--target", "http://127.0.0.1:9", "--profile", "nowhere.yaml"), "--profile"),
        (("run", "--target", "http://127.0.0.1:9", "--env-file", "nowhere.env"), "--env-file"),
        (("run", "--target", "http://127.0.0.1:9", "--mode", "mock"), "does not answer like one"),
        (("run", "--target", "mock", "--only", "NOPE-1"), "neither a requirement nor a section"),
        (("run", "--target", "mock", "--only", "AUTH-001", "--skip", "AUTH"), "leaves no requirement"),
        (("run", "--target", "mock", "--fail-on", "everything"), "is none of"),
        (("run", "--target", "mock", "--json", "/proc/nowhere/report.json"), "cannot be written"),
        (("run", "--target", "mock", "--webhook-listen", "here"), "is no HOST:PORT"),
        (("run", "--target", "mock", "--webhook-listen", "h:99999"), "is no HOST:PORT"),
        (("explain", "NOPE-1"), "is no requirement"),
        (("list", "--revision", "1999-01"), "no revision"),
    ],
)
def test_misuse_is_said_before_any_request(words: tuple[str, ...], says: str) -> None:
    """Whatever is wrong with the command line ends with 2 and a sentence that says what to do."""
    ran = judge(*words)
    assert ran.exit_code == 2, ran.output
    assert says in ran.output.replace("\n", " ")


def test_nothing_tested_is_no_pass(mock_url: str) -> None:
    """A selection whose requirements are all skipped ends with 2."""
    ran = judge("run", "--target", mock_url, "--mode", "free", "--only", "HOOK", env=SAFE)
    assert ran.exit_code == 2
    assert "nothing tested" in ran.output


def test_credentials_come_from_a_file_too(mock_url: str, tmp_path: Path) -> None:
    """`--env-file` is read like a shell would."""
    file = tmp_path / "judge.env"
    file.write_text(f'# for CI\nexport TUTORFLOW_API_BASE_URL="{mock_url}"\nTUTORFLOW_CONTENT_API_KEY={KEY}\n')
    ran = judge("run", "--env-file", str(file), "--mode", "free", "--only", "DISC-002")
    assert ran.exit_code == 0, ran.output
    file.write_text("no equals sign\n")
    assert judge("run", "--env-file", str(file)).exit_code == 2


def test_requirements_are_listed_and_explained() -> None:
    """`list` and `explain` show sentence, level, sources and steps."""
    rows = json.loads(judge("list", "--json").output)
    assert len(rows) == 182
    assert all(row["steps"] for row in rows)
    assert "IDEM-003" in judge("list").output
    told = judge("explain", "idem-003").output
    assert "Same key, other body" in told
    assert "m.other-body" in told
    assert json.loads(judge("explain", "IDEM-003", "--json").output)["level"] == "MUST"
