"""Faults that a call asks for itself: in place of the operation, on its answer, on what a read shows, on its key."""

import json
import re
from typing import Any

import pytest
from mock_server.tests.operations.in_process import ADMIN, EXPANSIONS, EXPORTS, KEY, WEBHOOKS
from mock_server.tests.operations.test_wishes import Desk, problem
from werkzeug.test import TestResponse

from tutorflow_mock.operations.world import World

CLOCK, REQUESTS = "/__admin/clock", "/__admin/requests"
WIRE = [
    *("lost-response", "connection-reset-by-peer", "empty-response"),
    *("malformed-response-chunk", "random-data-then-close", "dribble"),
]


@pytest.fixture
def desk() -> Desk:
    """A mock whose clock stands."""
    return Desk()


def job_of(desk: Desk, prefer: str | None = None) -> str:
    """Create an expansion and return its id."""
    return str(desk.create(prefer).get_json()["id"])


def status(desk: Desk, job_id: str, prefer: str | None = None) -> TestResponse:
    """Read a job's status."""
    return desk.get(f"{EXPANSIONS}/{job_id}", prefer)


def result(desk: Desk, job_id: str, prefer: str | None = None) -> TestResponse:
    """Read a job's result."""
    return desk.get(f"{EXPANSIONS}/{job_id}/result", prefer)


def advance(desk: Desk, by: str) -> None:
    """Advance the clock."""
    assert desk.client.put(CLOCK, json={"action": "advance", "by": by}).status_code == 200


def journaled(desk: Desk) -> dict[str, Any]:
    """Return what the journal says of the latest call besides the call itself."""
    told: dict[str, Any] = desk.client.get(REQUESTS).get_json()["requests"][0]["mock"]
    return told


@pytest.mark.parametrize(
    ("fault", "reads", "counted"),
    [("not-yet-visible", [404, "queued"], 1), ("stale-read", ["queued", "processing"], 2)],
)
def test_a_read_that_shows_another_state(desk: Desk, fault: str, reads: list[object], counted: int) -> None:
    """The job goes on, and the next read shows the truth; a read that finds no job is not counted."""
    job_id = job_of(desk)
    if fault == "stale-read":
        advance(desk, "2s")
    faulty, true = status(desk, job_id, f"fault={fault}"), status(desk, job_id)
    assert faulty.headers["X-Mock-Fault"] == "prefer"
    assert faulty.headers["Preference-Applied"] == f"fault={fault}"
    assert "X-Mock-Fault" not in true.headers
    shown = [404 if each.status_code == 404 else each.get_json()["status"] for each in (faulty, true)]
    assert (shown, desk.jobs()[0]["reads"]) == (reads, counted)


def test_a_flapping_status(desk: Desk) -> None:
    """Every other read shows the state before; only there the fault has acted."""
    job_id = job_of(desk)
    advance(desk, "4s")
    answers = [status(desk, job_id, "fault=status-flapping") for _ in range(4)]
    assert [each.get_json()["status"] for each in answers] == ["completed", "processing"] * 2
    assert [each.headers.get("X-Mock-Fault") for each in answers] == [None, "prefer"] * 2


def test_a_late_result(desk: Desk) -> None:
    """The job is completed, its result is what it was before."""
    job_id = job_of(desk)
    advance(desk, "4s")
    late, true = result(desk, job_id, "fault=result-late"), result(desk, job_id)
    assert [each.get_json()["job"]["status"] for each in (late, true)] == ["processing", "completed"]
    assert (late.headers.get("X-Mock-Fault"), true.headers.get("X-Mock-Fault")) == ("prefer", None)


def test_a_late_result_that_is_refused() -> None:
    """Where no result is shown before the end, a late one is not shown, either."""
    desk = Desk(behaviours={"result.before-terminal": "conflict-409"})
    job_id = job_of(desk)
    assert result(desk, job_id, "fault=result-late").headers.get("X-Mock-Fault") is None
    advance(desk, "4s")
    late = result(desk, job_id, "fault=result-late")
    assert (late.status_code, late.headers["X-Mock-Fault"]) == (409, "prefer")


def test_a_missing_manifest(desk: Desk) -> None:
    """The completed result lacks one."""
    job_id = job_of(desk)
    advance(desk, "4s")
    answer = result(desk, job_id, "fault=missing-manifest")
    assert [row["manifest"] is None for row in answer.get_json()["outputs"]] == [False, False, True]
    assert answer.headers["X-Mock-Fault"] == "prefer"


@pytest.mark.parametrize("fault", ["unknown-status", "extra-fields"])
def test_an_answer_of_a_later_revision(desk: Desk, fault: str) -> None:
    """A state, or members, that this one does not know."""
    body = desk.create(f"fault={fault}").get_json()
    assert (body["status"] == "paused") == (fault == "unknown-status")
    assert ("futureField" in body) == (fault == "extra-fields")


def test_what_a_fault_cannot_hit_it_leaves_alone(desk: Desk) -> None:
    """An answer without a manifest, a status or a body is as it always is, and no fault has acted."""
    hook = {"url": "http://127.0.0.1:9/", "events": ["content.failed"]}
    webhook_id = desk.client.post(WEBHOOKS, json=hook, headers=ADMIN).get_json()["id"]
    answers = [
        result(desk, job_of(desk), "fault=missing-manifest"),
        status(desk, "nothing", "fault=unknown-status"),
        desk.client.delete(f"{WEBHOOKS}/{webhook_id}", headers={**ADMIN, "Prefer": "fault=truncated-json"}),
    ]
    assert [(each.status_code, bool(each.data)) for each in answers] == [(200, True), (404, True), (200, False)]
    assert [each.headers.get("X-Mock-Fault") for each in answers] == [None] * 3


def test_errors_are_spoilt_as_well(desk: Desk) -> None:
    """A fault of the way back does not ask what is sent; the journal shows what was."""
    answer = desk.get(f"{EXPANSIONS}/nothing", "fault=truncated-json")
    assert (answer.status_code, answer.headers["X-Mock-Error"]) == (404, "unknown-job")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.data)
    assert journaled(desk)["fault"] == "prefer"


@pytest.mark.parametrize("fault", WIRE)
def test_a_fault_of_the_connection(desk: Desk, fault: str) -> None:
    """In process it is the caller's ConnectionResetError; the job is kept where the operation has run."""
    with pytest.raises(ConnectionResetError):
        desk.create(f"fault={fault}")
    kept = fault in {"lost-response", "malformed-response-chunk", "dribble"}
    assert len(desk.jobs()) == kept
    told = journaled(desk)
    assert (told["fault"], told["jobId"] is not None) == ("prefer", kept)


def test_a_lost_error(desk: Desk) -> None:
    """An error's answer is lost as well."""
    with pytest.raises(ConnectionResetError):
        desk.get(f"{EXPANSIONS}/nothing", "fault=lost-response")


@pytest.mark.parametrize(
    ("title", "status", "kept"),
    [
        ("mock:internal-error", 500, 0),
        ("mock:gateway-error", 502, 0),
        ("mock:rate-limited", 429, 0),
        ("mock:wrong-content-type", 200, 1),
        ("mock:extra-fields", 200, 1),
    ],
)
def test_a_title_brings_a_fault_about(desk: Desk, title: str, status: int, kept: int) -> None:
    """As a preference would, once the client has proven itself."""
    answer = desk.create(title=title)
    assert (answer.status_code, answer.headers["X-Mock-Fault"], len(desk.jobs())) == (status, "prefer", kept)
    assert answer.headers["Preference-Applied"] == f"fault={title.removeprefix('mock:')}"
    refused = desk.client.post(EXPANSIONS, json={"payload": {"title": title}})
    assert refused.status_code == 401


def test_a_title_loses_an_answer(desk: Desk) -> None:
    """The job is made, and nobody hears of it."""
    with pytest.raises(ConnectionResetError):
        desk.create(title="mock:lost-response")
    assert len(desk.jobs()) == 1
    with pytest.raises(ConnectionResetError):
        desk.create(title="mock:empty-response")
    assert len(desk.jobs()) == 1


def test_a_title_that_names_a_fault_of_reads(desk: Desk) -> None:
    """It means nothing on a create, and the answer says so."""
    answer = desk.create(title="mock:stale-read")
    assert answer.headers["X-Mock-Warnings"] == "unknown-magic-title"
    assert "X-Mock-Fault" not in answer.headers


def test_a_title_that_needs_the_wire() -> None:
    """Without wire faults it is the same problem as the preference, and no job is made."""
    desk = Desk(wire_faults="off")
    answer = desk.create(title="mock:lost-response")
    assert problem(answer) == (501, "needs-wire-faults")
    assert "--wire-faults" in json.loads(answer.data)["detail"]
    assert desk.jobs() == []


def test_a_preferred_fault_beats_a_title(desk: Desk) -> None:
    """Per key the header wins: the title's fault is not looked at."""
    answer = desk.create("fault=extra-fields", title="mock:internal-error")
    assert (answer.status_code, "futureField" in answer.get_json()) == (200, True)


@pytest.mark.parametrize(
    ("value", "key", "told"),
    [("conflict-409", "k", (409, "prefer")), ("wait", "k", (200, "prefer")), ("wait", None, (200, None))],
)
@pytest.mark.parametrize("operation", ["create", "export"])
def test_a_key_in_flight(
    monkeypatch: pytest.MonkeyPatch, operation: str, value: str, key: str | None, told: tuple[int, str | None]
) -> None:
    """As `idempotency=in-flight`; without a key there is nothing to be in flight."""
    monkeypatch.setattr("tutorflow_mock.operations.making._HELD_FOR", 1)
    desk = Desk(behaviours={"idempotency.in-flight": value})
    headers = {"Prefer": "fault=idempotency-in-flight", **({} if key is None else {"Idempotency-Key": key})}
    if operation == "create":
        answer = desk.client.post(EXPANSIONS, json={"payload": {}}, headers={**KEY, **headers})
    else:
        body = {"lessonId": "standalone-lesson-id"}
        answer = desk.client.post(EXPORTS, json=body, headers={**ADMIN, **headers})
    assert (answer.status_code, answer.headers.get("X-Mock-Fault")) == told


@pytest.mark.parametrize("fault", ["extra-fields", "truncated-json", "wrong-content-type"])
def test_a_spoilt_secret_stays_out_of_the_journal(desk: Desk, fault: str) -> None:
    """An answer that a fault has changed is looked through like any other before it is kept."""
    hook = {"url": "http://127.0.0.1:9/", "events": ["content.failed"]}
    answer = desk.client.post(WEBHOOKS, json=hook, headers={**ADMIN, "Prefer": f"fault={fault}"})
    told = re.search(r'"secret":"([0-9a-f]+)', answer.get_data(as_text=True))
    world: World = desk.client.application.extensions["tutorflow_mock"]
    [entry] = world.store.read_journal("default")
    kept = b"" if entry.exchange is None else entry.exchange.reply_body
    assert b"/" in kept
    assert told is None or told[1].encode() not in kept


def test_preferences_on_no_operation(desk: Desk) -> None:
    """A method that the path lacks heeds a delay and nothing else."""
    answer = desk.client.put(EXPANSIONS, headers={"Prefer": "fault=internal-error, job=failed, delay=0"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (404, "delay=0")
