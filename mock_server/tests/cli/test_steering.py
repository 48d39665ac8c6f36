"""Sessions, their clocks, jobs, snapshots, behaviours and faults from the command line, for people and programs."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from mock_server.tests.cli.conftest import Invoke, Run, Told
from mock_server.tests.control.console import EXPANSIONS, SOURCE

from tutorflow_mock.remote import Remote
from tutorflow_mock.server import MockServer

BEHAVIOUR = "idempotency.same-key-other-body"


@pytest.fixture
def job(remote: Remote, opened: Mapping[str, Any]) -> str:
    """A job of the session."""
    return str(remote.api("POST", EXPANSIONS, SOURCE, {"Authorization": f"Bearer {opened['apiKey']}"})["id"])


def test_the_clock_is_shown_and_moved(run: Run, job: str) -> None:
    """The instant and the mode stand in the first line; what happened, and what will, below it."""
    assert run("clock", "show").stdout.splitlines()[:3] == [
        "2026-07-06T09:00:00.000Z frozen",
        f"pending 2026-07-06T09:00:01.000Z job.transition {job}",
        f"pending 2026-07-06T09:00:04.000Z job.transition {job}",
    ]
    assert run("clock", "advance", "2s").stdout.splitlines()[:3] == [
        "2026-07-06T09:00:02.000Z frozen",
        f"fired 2026-07-06T09:00:01.000Z job.transition {job} processing",
        f"pending 2026-07-06T09:00:04.000Z job.transition {job}",
    ]


def test_the_clock_tells_programs_the_same(told: Told, job: str) -> None:
    """The endpoint's own answer."""
    assert told("clock", "freeze", "2026-07-06T09:00:01Z")["fired"][0]["ref"] == job
    assert told("clock", "set", "2026-07-06T10:00:00Z")["now"] == "2026-07-06T10:00:00.000Z"
    assert told("clock", "advance", "PT1M30S", "--timeout", "5")["now"] == "2026-07-06T10:01:30.000Z"
    assert told("clock", "resume")["mode"] == "running"
    assert told("clock", "freeze")["mode"] == "frozen"


def test_a_clock_that_cannot_go_back(run: Run, told: Told, job: str) -> None:
    """Nobody's clock does once there is something to lose; the refusal says how to lose it."""
    assert told("clock", "show")["pending"][0]["ref"] == job
    result = run("clock", "set", "2026-07-01T00:00:00Z")
    assert result.exit_code == 1
    assert "`tutorflow-mock reset` makes it forget them" in result.stderr
    assert run("clock", "reset").exit_code in {0, 1}  # real time may lie on either side of the session's


def test_more_than_is_shown_is_counted(run: Run, remote: Remote, opened: Mapping[str, Any]) -> None:
    """A clock lists a hundred instants and says how many there are besides."""
    for _ in range(51):
        remote.api("POST", EXPANSIONS, SOURCE, {"Authorization": f"Bearer {opened['apiKey']}"})
    lines = run("clock", "show").stdout.splitlines()
    assert len(lines) == 102
    assert lines[-1].startswith("pending ")
    assert lines[-1].endswith(" more")


def test_an_advance_that_is_still_on_its_way_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow receiver may hold it up; it goes on in the background."""

    def put(*_: object, **__: object) -> dict[str, object]:
        return {"now": "2026-07-06T09:00:00.000Z", "mode": "frozen", "status": "advancing", "meta": {}}

    monkeypatch.setattr(Remote, "put", put)
    assert "it goes on in the background" in run("clock", "advance", "1h").stdout


def test_a_session_is_created_as_asked_for(invoke: Invoke, mock: MockServer) -> None:
    """The answer is printed as it came: it is the only one with the secrets."""
    place = ("--url", mock.url)
    result = invoke(
        *("session", "create", "steered", "--seed", "7", "--ttl", "1h", "--clock", "2026-07-04T00:00:00Z"),
        *("--programme", "polls=2", "--behaviour", f"{BEHAVIOUR}=conflict-409", "--webhook-timestamp", "real"),
        *("--rate-limit", "5", "--organizations", "1", "--lesson", "l-1", "--lesson", "l-2", *place),
    )
    made = json.loads(result.stdout)
    assert (made["id"], made["seed"], made["lessonIds"]) == ("steered", "7", ["l-1", "l-2"])
    assert made["clock"] == {"mode": "frozen", "now": "2026-07-04T00:00:00.000Z"}
    assert len(made["organizations"]) == 1
    with Remote(mock.url, "steered") as remote:
        assert remote.get("programmes")["default"]["polls"] == 2
        values = {each["name"]: each["value"] for each in remote.behaviours.list()["behaviours"]}
        assert values[BEHAVIOUR] == "conflict-409"
        assert [each["limit"] for each in remote.get("ratelimits")["rateLimits"]] == [5]
    shown = invoke("session", "show", "steered", *place).stdout
    assert made["organizationId"] in shown
    assert made["apiKey"] not in shown
    ended = invoke("session", "delete", "steered", *place)
    assert (ended.exit_code, ended.stdout) == (0, "ended: steered\n")
    assert invoke("session", "show", "steered", *place).exit_code == 2


@pytest.mark.parametrize("mode", ["running", "frozen"])
def test_a_session_may_begin_on_either_clock(mode: str, told: Told) -> None:
    """Without an instant it is the present."""
    made = told("session", "create", "--clock", mode)
    assert made["clock"]["mode"] == mode
    assert told("session", "delete", made["id"]) == {"deleted": made["id"]}


def test_a_session_may_begin_from_a_snapshot(told: Told, run: Run, job: str) -> None:
    """It goes on from what was kept."""
    assert told("snapshot", "save", "before")["jobs"] == 1
    made = told("session", "create", "--from", "before")
    listed = run("job", "list", "--session", made["id"])
    assert listed.stdout.startswith(job)
    assert run("session", "delete", made["id"]).exit_code == 0


def test_sessions_are_listed(run: Run, told: Told, opened: Mapping[str, Any]) -> None:
    """The newest first, a line for each, tabs between the cells."""
    assert told("session", "list")["sessions"][0]["id"] == opened["id"]
    assert len(told("session", "list", "--limit", "1")["sessions"]) == 1
    first = run("session", "list").stdout.splitlines()[0].split("\t")
    assert first == [opened["id"], "2026-07", "2026-07-06T09:00:00.000Z", "frozen", "42", "–"]


def test_the_session_that_is_spoken_of_is_shown_and_ended(run: Run, told: Told, opened: Mapping[str, Any]) -> None:
    """Nobody has to name it twice; without a name nothing is ended."""
    assert told("session", "show")["id"] == opened["id"]
    assert run("session", "delete").stdout == f"ended: {opened['id']}\n"
    result = run("session", "delete", env={"TUTORFLOW_MOCK_SESSION": ""})
    assert (result.exit_code, "name the session to end" in result.stderr) == (2, True)


def test_a_job_is_listed_shown_moved_and_told_of(run: Run, told: Told, job: str) -> None:
    """All that is seen of it on the control plane, a line for each thing."""
    row = run("job", "list", "--status", "queued", "--limit", "5").stdout.rstrip("\n").split("\t")
    assert row[:3] == [job, "queued", "2026-07-06T09:00:00.000Z"]
    assert told("job", "list", "--organization", "nobody")["jobs"] == []
    assert "status              queued\n" in run("job", "show", job).stdout
    moved = run("job", "transition", job, "processing")
    assert "status              processing\n" in moved.stdout
    failed = told("job", "transition", job, "failed", "--error", "a_code", "--failed-output", "summary_video")
    assert failed["job"]["error"]["code"] == "a_code"
    assert "interactive_module  completed https://" in run("job", "show", job).stdout
    lines = run("job", "timeline", job).stdout.splitlines()
    moves = [line.split()[3] for line in lines if " transition → " in line]
    assert moves == ["processing", "failed"]
    assert told("job", "timeline", job)["meta"]["total"] == len(lines)


def test_a_job_is_awaited(run: Run, told: Told, job: str) -> None:
    """It comes by the clock, or not in time, which is exit code 1."""
    late = run("job", "wait", job, "--timeout", "0")
    assert (late.exit_code, late.stderr) == (1, "Error: The job did not become completed or failed\n")
    assert told("job", "wait", job, "--status", "processing", "--advance-clock")["job"]["status"] == "processing"
    assert told("job", "wait", job, "--advance-clock", "--timeout", "2s")["job"]["status"] == "completed"


def test_a_job_that_is_held_is_not_awaited(run: Run, remote: Remote, opened: Mapping[str, Any]) -> None:
    """The refusal says how it is moved."""
    headers = {"Authorization": f"Bearer {opened['apiKey']}", "Prefer": "job=held"}
    job = remote.api("POST", EXPANSIONS, SOURCE, headers)["id"]
    result = run("job", "wait", job, "--advance-clock")
    assert result.exit_code == 1
    assert "`tutorflow-mock job transition` moves it by hand" in result.stderr


def test_behaviours_are_listed_and_set(run: Run, told: Told) -> None:
    """All of them, or those that are not as the contract has them; words, numbers and lists can be set."""
    assert len(told("behaviours")["behaviours"]) == len(run("behaviours", "list").stdout.splitlines()) > 60
    assert run("behaviours", "set", BEHAVIOUR, "conflict-409").stdout == f"{BEHAVIOUR}=conflict-409\n"
    assert told("behaviours", "set", "webhook.retry-schedule", "[1, 2]")["value"] == [1, 2]
    rows = [line.split("\t") for line in run("behaviours", "--changed").stdout.splitlines()]
    assert [row[:3] for row in rows] == [
        [BEHAVIOUR, "conflict-409", "session"],
        ["webhook.retry-schedule", "1, 2", "session"],
    ]
    assert rows[0][4] == "replay, conflict-409, reject-422"
    assert rows[1][4] == "array 0..2592000"
    assert run("behaviours", "unset", BEHAVIOUR).stdout == f"unset: {BEHAVIOUR}\n"
    assert told("behaviours", "unset", "webhook.retry-schedule") == {"unset": "webhook.retry-schedule"}
    assert told("behaviours", "list", "--changed")["behaviours"] == []


def test_snapshots_are_saved_listed_and_gone_back_to(run: Run, told: Told, job: str) -> None:
    """The jobs that came later are gone then."""
    assert run("snapshot", "save", "one").stdout == "saved: one (1 jobs)\n"
    assert run("trigger", "content.completed").exit_code == 0
    assert run("snapshot", "list").stdout.split("\t")[:3] == ["one", "2026-07-06T09:00:00.000Z", "1"]
    assert run("snapshot", "restore", "one").stdout == "restored: one\n"
    assert [each["id"] for each in told("job", "list")["jobs"]] == [job]
    assert told("snapshot", "restore", "one") == {"restored": "one"}
    assert [each["name"] for each in told("snapshot", "list")["snapshots"]] == ["one"]


def test_faults_are_added_listed_and_cleared(run: Run, told: Told) -> None:
    """By their names in either spelling, with options."""
    added = run("fault", "add", "gateway-error", "--operation", "getExpansion", "--option", "status=bad-gateway")
    rule = added.stdout.removeprefix("added: ").strip()
    again = told("fault", "add", "RATE_LIMITED", "--probability", "0.5", "--times", "2", "--skip", "1")
    assert [again[name] for name in ("probability", "times", "skip")] == [0.5, 2, 1]
    rows = [line.split("\t") for line in run("fault", "list").stdout.splitlines()]
    assert rows[0][:3] == [rule, "getExpansion", "GATEWAY_ERROR"]
    assert [each["id"] for each in told("fault", "list")["faults"]] == [rule, again["id"]]
    assert run("fault", "clear", rule).stdout == f"cleared: {rule}\n"
    assert told("fault", "clear") == {"cleared": "*"}
    assert run("fault", "list").stdout == ""


def test_a_terminal_gets_tables(run: Run, on_a_terminal: None, job: str) -> None:  # noqa: ARG001 - it only is one
    """With headings; and a sentence where there is nothing."""
    lines = run("job", "list").stdout.splitlines()
    assert lines[1].split()[:3] == ["job", "status", "created"]
    assert lines[3].split()[:2] == [job, "queued"]
    assert run("fault", "list").stdout == "no rules\n"


def test_what_a_terminal_might_obey_is_escaped(run: Run, remote: Remote, opened: Mapping[str, Any]) -> None:
    """A key of somebody's choosing is shown and not carried out."""
    headers = {"Authorization": f"Bearer {opened['apiKey']}"}
    body = {**SOURCE, "idempotencyKey": "a[red]\u009b31m"}
    job = remote.api("POST", EXPANSIONS, body, headers)["id"]
    shown = run("job", "show", job).stdout
    assert "idempotencyKey      a[red]\\x9b31m\n" in shown
