"""The verbs that are no nouns: waiting for a mock, what a client needs, back to the start, documents, grades."""

import json
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from mock_server.tests.cli.conftest import NOWHERE, Invoke, Run, Told
from mock_server.tests.control.console import EXPANSIONS, SOURCE

from tutorflow_mock.remote import Remote
from tutorflow_mock.server import MockServer
from tutorflow_openapi import load
from tutorflow_openapi.document import read_yaml

NAMES = [
    "TUTORFLOW_API_BASE_URL",
    "TUTORFLOW_CONTENT_API_KEY",
    "TUTORFLOW_ORGANIZATION_ID",
    "TUTORFLOW_CLASSROOM_ID",
    "TUTORFLOW_LESSON_ID",
    "TUTORFLOW_ADMIN_COOKIE",
    "TUTORFLOW_ADMIN_EMAIL",
    "TUTORFLOW_ADMIN_PASSWORD",
    "TUTORFLOW_OTHER_API_KEY",
    "TUTORFLOW_OTHER_ADMIN_COOKIE",
    "TUTORFLOW_OTHER_ORGANIZATION_ID",
]
FINDING = {"rule": "TF002", "severity": "error", "message": "A second job was paid for", "jobId": "7"}


def finding(summary: Mapping[str, int]) -> Callable[[Remote], Mapping[str, Any]]:
    """Return a `lint` that finds one thing, summed up so."""

    def lint(_: Remote) -> Mapping[str, Any]:
        return {"findings": [FINDING], "summary": summary}

    return lint


def test_wait_ends_when_the_mock_is_healthy(run: Run, told: Told) -> None:
    """At once, where it is already."""
    result = run("wait", "--timeout", "5")
    assert result.exit_code == 0
    assert result.stdout.startswith("healthy: http://127.0.0.1:")
    assert told("wait")["status"] == "healthy"


@pytest.mark.parametrize("timeout", ["0", "0.2", "100ms"])
def test_wait_gives_up(timeout: str, invoke: Invoke) -> None:
    """Exit code 3, with what was tried last."""
    result = invoke("wait", "--timeout", timeout, "--url", NOWHERE)
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"GET {NOWHERE}/__admin/health: Connection refused. Start one with `tutorflow-mock serve`" in result.stderr


def test_wait_does_not_hang_on_who_says_nothing(invoke: Invoke) -> None:
    """Somebody takes the connection and does not answer: the deadline holds all the same."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = invoke("wait", "--timeout", "0.3", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert result.exit_code == 3
    assert "no healthy mock within 0.3 s" in result.stderr


def test_env_of_the_default_session(invoke: Invoke, mock: MockServer) -> None:
    """Lines that a shell takes; programs get an object."""
    result = invoke("env", "--url", mock.url)
    script = f'{result.stdout}\necho "$TUTORFLOW_API_BASE_URL|$TUTORFLOW_ADMIN_COOKIE|$TUTORFLOW_CONTENT_API_KEY"'
    shell = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=True)
    assert shell.stdout == f"{mock.url}|{mock.ready['adminCookie']}|{mock.ready['apiKey']}\n"
    assert [line.split("=")[0] for line in result.stdout.splitlines()] == [f"export {name}" for name in NAMES]
    assert list(json.loads(invoke("env", "--json", "--url", mock.url).stdout)) == NAMES


def test_env_creates_the_session_that_is_named(invoke: Invoke, mock: MockServer) -> None:
    """Its secrets are told this once; a second time it is refused, and nothing is printed that a shell would take."""
    made = json.loads(invoke("env", "--json", "--session", "env-1", "--url", mock.url).stdout)
    assert list(made) == [*NAMES, "TUTORFLOW_MOCK_SESSION"]
    with Remote(mock.url) as remote:
        headers = {"Authorization": f"Bearer {made['TUTORFLOW_CONTENT_API_KEY']}"}
        job = remote.api("POST", EXPANSIONS, SOURCE, headers)
        assert job["organizationId"] == made["TUTORFLOW_ORGANIZATION_ID"]
    again = invoke("env", "--session", "env-1", "--url", mock.url)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "There is a session 'env-1' already" in again.stderr


def test_reset_puts_a_session_back(run: Run, told: Told, opened: Mapping[str, Any]) -> None:
    """Only the one that is spoken of."""
    run("trigger", "content.completed")
    assert run("reset").stdout == f"reset: {opened['id']}\n"
    assert told("job", "list")["jobs"] == []
    assert told("reset") == {"reset": [opened["id"]]}


def test_reset_of_the_whole_server(invoke: Invoke) -> None:
    """Every other session ends."""
    with MockServer() as mock:
        place = ("--url", mock.url)
        invoke("session", "create", "one", *place)
        assert invoke("reset", "--all", *place).stdout == "reset: default\n"
        assert len(invoke("session", "list", *place).stdout.splitlines()) == 1


def test_openapi_prints_the_contract(run: Run) -> None:
    """As it is served: YAML with its comments, or JSON; that of the session, or of a revision."""
    document = load("2026-07").document
    text = run("openapi").stdout
    assert read_yaml(text)["openapi"] == document["openapi"]
    assert json.loads(run("openapi", "--json").stdout) == json.loads(json.dumps(document))
    assert run("openapi", "--revision", "2026-07").stdout == text
    assert run("openapi", "--revision", "1999-01").exit_code == 2


def test_openapi_prints_the_control_plane(run: Run) -> None:
    """It is described in the same way."""
    assert "/__admin/clock" in json.loads(run("openapi", "--control").stdout)["paths"]


def test_version_of_a_server(run: Run, told: Told, invoke: Invoke, mock: MockServer) -> None:
    """What is installed here is told first, whatever is there."""
    lines = run("version").stdout.splitlines()
    assert lines[0].startswith("tutorflow-mock ")
    assert lines[1] == lines[0].replace("tutorflow-mock", mock.url)
    assert told("version")["server"]["defaultRevision"] == "2026-07"
    assert invoke("version", "--url", NOWHERE).exit_code == 3


def test_trigger_brings_a_real_job_about(run: Run, told: Told) -> None:
    """A later look finds it, ended as the event says; nobody hears of it unless somebody is subscribed."""
    result = run("trigger", "content.failed", "--override", "job.error.code=a_code")
    name, job, *_ = result.stdout.split()
    assert name == "job"
    assert told("job", "show", job)["job"]["error"]["code"] == "a_code"
    assert "Nobody is subscribed to it: tutorflow-mock listen" in result.stdout


def test_what_was_sent_is_sent_again(run: Run, told: Told, remote: Remote, opened: Mapping[str, Any]) -> None:
    """One delivery, or all of some time."""
    path = f"/v1/content/organizations/{opened['organizationId']}/webhooks"
    hook = {"url": f"{NOWHERE}/", "events": ["content.failed", "content.completed"]}
    remote.api("POST", path, hook, {"Cookie": opened["adminCookie"]})
    [delivery] = told("trigger", "content.failed")["deliveries"]
    assert run("resend", "--since", "10m", "--status", "sent").stdout == "nothing to send again\n"
    run("clock", "advance", "10m")
    assert [each["status"] for each in remote.webhooks.wait({"status": "failed"})] == ["failed"]
    assert run("resend", delivery).stdout == f"resent: {delivery}\n"
    assert [each["status"] for each in remote.webhooks.wait({"status": "failed"})] == ["failed"]
    job = remote.webhooks.delivery(delivery)["jobId"]
    assert told("resend", "--since", "PT1H", "--job", job) == {"redelivered": [delivery]}
    shown = run("trigger", "content.completed").stdout
    assert "deliveries" in shown
    assert "Nobody" not in shown


def test_lint_of_a_client_that_did_nothing_wrong(run: Run, told: Told, tmp_path: Path) -> None:
    """No finding, exit code 0; the file is written all the same."""
    file = tmp_path / "lint.xml"
    assert run("lint", "--fail-on", "info", "--junit", str(file)).exit_code == 0
    assert ET.parse(file).getroot().tag in {"testsuite", "testsuites"}  # noqa: S314 - written by the mock of this test
    assert told("lint")["findings"] == []


def test_lint_of_a_client_that_sends_no_key(run: Run, remote: Remote, opened: Mapping[str, Any]) -> None:
    """A create without an idempotency key is a warning, and the job is never looked at."""
    remote.api("POST", EXPANSIONS, SOURCE, {"Authorization": f"Bearer {opened['apiKey']}"})
    assert run("lint").exit_code == 0
    result = run("lint", "--fail-on", "warning")
    assert result.exit_code == 1
    assert "TF001\twarning\t" in result.stdout
    assert run("lint", "--fail-on", "never").exit_code == 0


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("warning", 1), ("info", 1), ("never", 0)])
def test_an_error_of_a_client_fails(fail_on: str, code: int, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever less severe findings would fail, too."""
    monkeypatch.setattr(Remote, "lint", finding({"error": 1, "warning": 0, "info": 0}))
    result = run("lint", "--fail-on", fail_on)
    assert (result.exit_code, result.stdout) == (code, "TF002\terror\tA second job was paid for\t7\n")


def test_a_terminal_gets_a_sum_of_the_findings(run: Run, monkeypatch: pytest.MonkeyPatch, on_a_terminal: None) -> None:  # noqa: ARG001 - it only is one
    """Below the table."""
    monkeypatch.setattr(Remote, "lint", finding({"error": 1, "warning": 0}))
    assert run("lint").stdout.endswith("1 error, 0 warning\n")
