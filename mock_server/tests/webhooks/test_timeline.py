"""A job's timeline with everything in it: faults, attempts of deliveries, and what the rules find wrong."""

from typing import Any

from mock_server.tests.control.console import BEARER, EXPANSIONS, JOBS
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import DELIVERIES, Desk
from mock_server.tests.webhooks.receiver import Receiver, in_turn


def text(desk: Desk, job_id: str) -> list[str]:
    """Return the timeline as text, without the day."""
    answer = desk.call("GET", f"{JOBS}/{job_id}/timeline?format=text")
    return [line[11:] for line in answer.text.splitlines()]


def rows(desk: Desk, job_id: str, event: str) -> list[Any]:
    """Return the lines of one kind."""
    found = desk.get(f"{JOBS}/{job_id}/timeline")["timeline"]
    assert [row["sequence"] for row in found] == list(range(1, len(found) + 1))
    return [row for row in found if row["event"] == event]


def test_all_that_happens_to_a_job(desk: Desk, receive: Receive) -> None:
    """One list in order: what the client did, what it met, how it was told, and what it did wrong."""
    job_id = desk.create()
    desk.subscribe(receive(in_turn(404, 500, 200)))
    desk.call("GET", f"{EXPANSIONS}/{job_id}", headers={**BEARER, "Prefer": "fault=internal-error"})
    desk.pass_time("PT1M")
    desk.read(job_id)
    assert text(desk, job_id) == [
        "09:00:00.000Z create 200 new",
        "09:00:00.000Z finding TF001 warning: createExpansion carried no idempotency key",
        "09:00:00.000Z read 500 (fault prefer)",
        "09:00:01.000Z transition → processing (clock)",
        "09:00:04.000Z transition → completed (clock)",
        "09:00:04.000Z attempt 1 content.completed 404",
        "09:00:09.000Z attempt 2 content.completed 500",
        "09:00:34.000Z attempt 3 content.completed 200",
        "09:00:34.000Z finding TF010 error: The receiver answered 404 to a genuine content.completed",
        "09:01:00.000Z read 1 200",
        "09:01:00.000Z finding TF007 warning: The job is completed and its result was never fetched",
    ]


def test_an_attempt_comes_behind_the_read_that_ended_its_job(desk: Desk, receiver: Receiver) -> None:
    """Where reads move a job while the clock stands, each move has the same instant; its end is the last of them."""
    desk.put("/__admin/clock", {"action": "freeze"})
    desk.put("/__admin/programmes/default", {"progression": "manual", "polls": 2})
    desk.subscribe(receiver)
    job_id = desk.create(idempotencyKey="k")
    desk.read(job_id)
    desk.read(job_id)
    desk.wait(1, status="sent")
    assert [line[14:] for line in text(desk, job_id) if "finding" not in line] == [
        "create 200 new",
        "read 1 200",
        "transition → processing (read 1)",
        "read 2 200",
        "transition → completed (read 2)",
        "attempt 1 content.completed 200",
    ]


def test_a_finding_stands_behind_what_its_call_brought_about(desk: Desk) -> None:
    """Where the read that shows it ends the job, it comes behind that end."""
    desk.put("/__admin/programmes/default", {"progression": "manual", "polls": 1})
    job_id = desk.create(idempotencyKey="k")
    desk.read(job_id)
    assert [line[14:].split(":")[0] for line in text(desk, job_id)] == [
        "create 200 new",
        "read 1 200",
        "transition → completed (read 1)",
        "finding TF007 warning",
    ]


def test_the_members_of_an_attempt(desk: Desk, receiver: Receiver) -> None:
    """An attempt names its delivery, under which everything about it can be asked for."""
    desk.subscribe(receiver)
    job_id = desk.create()
    desk.pass_time()
    (delivery,) = desk.deliveries()
    (row,) = rows(desk, job_id, "attempt")
    assert row == {
        "sequence": row["sequence"],
        "at": "2026-07-06T09:00:04.000Z",
        "event": "attempt",
        "deliveryId": delivery["id"],
        "type": "content.completed",
        "number": 1,
        "responseStatus": 200,
        "error": None,
        "misbehaviour": None,
    }


def test_the_members_of_a_finding_and_of_a_fault(desk: Desk) -> None:
    """A finding names the calls that show it, a call the rule of the fault that it met."""
    rule = desk.post("/__admin/faults", {"operation": "getExpansion", "fault": "EXTRA_FIELDS"})
    job_id = desk.create()
    desk.read(job_id)
    (create,), (read,), (finding,) = (rows(desk, job_id, event) for event in ("create", "read", "finding"))
    assert read["fault"] == rule["id"]
    assert {**finding, "sequence": 0} == {
        "sequence": 0,
        "at": "2026-07-06T09:00:00.000Z",
        "event": "finding",
        "rule": "TF001",
        "severity": "warning",
        "message": "createExpansion carried no idempotency key",
        "requestIds": [create["requestId"]],
        "docs": "/__admin/docs/lint#TF001",
    }


def test_attempts_on_a_clock_that_stands(desk: Desk, receiver: Receiver) -> None:
    """All share one instant: an attempt stands behind the transition that it tells of."""
    desk.subscribe(receiver)
    desk.programme(progression="manual", polls=1)
    desk.move("freeze")
    job_id = desk.create(idempotencyKey="k")
    desk.read(job_id)
    desk.wait(status="sent")
    desk.get(f"{EXPANSIONS}/{job_id}/result", headers=BEARER)
    assert [line.partition(" ")[2] for line in text(desk, job_id)] == [
        "create 200 new",
        "read 1 200",
        "transition → completed (read 1)",
        "attempt 1 content.completed 200",
        "result 200",
    ]


def test_other_jobs_have_their_own(desk: Desk, receiver: Receiver) -> None:
    """Neither deliveries nor findings of another job are told."""
    desk.subscribe(receiver)
    first, second = desk.create(idempotencyKey="k-1"), desk.create()
    desk.pass_time()
    assert [len(rows(desk, job_id, "attempt")) for job_id in (first, second)] == [1, 1]
    assert {row["rule"] for row in rows(desk, first, "finding")} == {"TF007"}
    assert {row["rule"] for row in rows(desk, second, "finding")} == {"TF001", "TF007"}
    assert len(desk.get(DELIVERIES)["deliveries"]) == 2


def test_a_misbehaviour_is_told(desk: Desk, receiver: Receiver) -> None:
    """An attempt that was sent wrong on purpose says how."""
    desk.subscribe(receiver)
    desk.call("POST", "/__admin/webhooks/misbehave", {"name": "wrong-secret", "times": 1})
    job_id = desk.create(idempotencyKey="k")
    desk.pass_time()
    (row,) = rows(desk, job_id, "attempt")
    assert row["misbehaviour"] == "wrong-secret"
    assert "09:00:04.000Z attempt 1 content.completed 200 (wrong-secret)" in text(desk, job_id)
    assert [row["rule"] for row in rows(desk, job_id, "finding")] == ["TF007", "TF012"]
