"""A session followed live: every change is told once, as soon as it happens, and nothing is told that did not."""

from collections.abc import Iterable
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
from mock_server.tests.control.console import ADMIN, BEARER, EXPANSIONS, Clock, Console, new_app
from mock_server.tests.dashboard.conftest import Receive
from mock_server.tests.webhooks.desk import DELIVERIES, Desk
from mock_server.tests.webhooks.receiver import Receiver, always, in_turn

from tutorflow_mock import Settings, create_app
from tutorflow_mock.operations.following import Follower, Happening
from tutorflow_mock.stores.base import SessionEnded
from tutorflow_mock.system import SystemClock

PATIENCE = 10.0


def told(happenings: Iterable[Happening]) -> list[tuple[object, ...]]:
    """Return each happening's kind with the values that matter."""
    return [(each.kind, *(each.data[name] for name in _MATTERS[each.kind])) for each in happenings]


_MATTERS = {
    "request": ("method", "status", "operation"),
    "job": ("status", "nextTransitionAt"),
    "clock": ("mode", "now"),
    "session": ("session",),
    "attempt": ("number", "responseStatus", "error"),
    "delivery": ("event", "status", "attempts"),
    "reset": ("session",),
    "ended": ("session",),
}


def test_a_new_job_is_told_with_the_call_that_made_it(mock: Desk) -> None:
    """What was there before is not told; once told, it is not told again."""
    mock.create()
    follower = Follower(mock.world, "default")
    job_id = mock.create()
    happened = follower.next(PATIENCE)
    assert told(happened) == [
        ("request", "POST", 200, "createExpansion"),
        ("job", "queued", "2026-07-06T09:00:01.000Z"),
    ]
    assert [each.data["id"] for each in happened][1:] == [job_id]
    assert happened[0].data["jobId"] == job_id
    assert follower.next(0.01) == []


def test_a_call_that_no_operation_took_is_told_too(mock: Desk) -> None:
    """With its number in the journal."""
    follower = Follower(mock.world, "default")
    mock.call("GET", "/v1/nothing", headers=BEARER)
    (happening,) = follower.next(PATIENCE)
    data = happening.data
    assert (data["path"], data["status"], data["operation"], data["sequence"]) == ("/v1/nothing", 404, None, 1)


def test_a_move_of_the_clock_is_told_with_all_that_it_moved(mock: Desk) -> None:
    """Each job once, as it is now."""
    mock.create()
    mock.create()
    follower = Follower(mock.world, "default")
    mock.pass_time("PT10S")
    assert told(follower.next(PATIENCE)) == [
        ("clock", "frozen", "2026-07-06T09:00:10.000Z"),
        ("job", "completed", None),
        ("job", "completed", None),
    ]


def test_a_job_moved_by_hand_is_told_once(mock: Desk) -> None:
    """Its old instants do not come back when the clock passes them."""
    job_id = mock.create()
    follower = Follower(mock.world, "default")
    mock.transition(job_id, "failed")
    assert told(follower.next(PATIENCE)) == [("job", "failed", None)]
    mock.pass_time("PT1H")
    assert told(follower.next(PATIENCE)) == [("clock", "frozen", "2026-07-06T10:00:00.000Z")]


def test_attempts_are_told_as_they_end(mock: Desk, receive: Receive) -> None:
    """Each with its answer, then the delivery as it stands."""
    mock.subscribe(receive(in_turn(500, 204)))
    mock.create()
    follower = Follower(mock.world, "default")
    mock.pass_time("PT5S")
    happened = [each for each in told(follower.next(PATIENCE)) if each[0] in {"attempt", "delivery"}]
    assert happened == [("attempt", 1, 500, None), ("delivery", "content.completed", "retrying", 1)]
    mock.pass_time("PT5S")
    happened = [each for each in told(follower.next(PATIENCE)) if each[0] in {"attempt", "delivery"}]
    assert happened == [("attempt", 2, 204, None), ("delivery", "content.completed", "sent", 2)]


def test_attempts_from_before_are_not_told(mock: Desk, receiver: Receiver) -> None:
    """Only those that end while somebody follows."""
    mock.subscribe(receiver)
    mock.create()
    mock.pass_time()
    follower = Follower(mock.world, "default")
    (delivery,) = mock.deliveries()
    mock.act(f"deliveries/{delivery['id']}/attempts")
    mock.wait(status="sent")
    seen: list[tuple[object, ...]] = []
    while ("attempt", 2, 200, None) not in seen:
        seen += told(follower.next(PATIENCE))
    assert [each for each in seen if each[0] == "attempt"] == [("attempt", 2, 200, None)]


def test_a_delivery_that_did_not_change_is_not_told(mock: Desk, receive: Receive) -> None:
    """Only the one that is sent again."""
    mock.subscribe(receive(always(200)))
    mock.create()
    mock.create()
    mock.pass_time()
    follower = Follower(mock.world, "default")
    again, other = mock.deliveries()
    mock.act(f"deliveries/{again['id']}/attempts")
    seen: list[Happening] = []
    while "attempt" not in {each.kind for each in seen}:
        seen += follower.next(PATIENCE)
    assert {each.data["id"] for each in seen if each.kind == "delivery"} == {again["id"]}
    assert other["id"] != again["id"]


def test_a_deleted_subscription_drops_what_was_to_come(mock: Desk, receive: Receive) -> None:
    """The delivery is told as dropped."""
    subscription = mock.subscribe(receive(always(500)))
    mock.create()
    mock.pass_time()
    follower = Follower(mock.world, "default")
    mock.unsubscribe(subscription["id"])
    assert ("delivery", "content.completed", "dropped", 1) in told(follower.next(PATIENCE))
    assert mock.get(DELIVERIES)["deliveries"][0]["status"] == "dropped"


def test_what_the_session_is_told_is_told(mock: Desk) -> None:
    """A behaviour, a programme, a fault rule: look again."""
    follower = Follower(mock.world, "default")
    mock.behave("idempotency.same-key-other-body", "conflict-409")
    assert told(follower.next(PATIENCE)) == [("session", "default")]
    mock.post(f"{ADMIN}/faults", {"operation": "*", "fault": "INTERNAL_ERROR"})
    assert told(follower.next(PATIENCE)) == [("session", "default")]


def test_a_session_put_back_is_told_and_followed_on(mock: Desk) -> None:
    """The jobs of before are gone, and new ones are told."""
    mock.create()
    follower = Follower(mock.world, "default")
    mock.post(f"{ADMIN}/reset", {})
    assert told(follower.next(PATIENCE)) == [("reset", "default")]
    mock.create()
    assert told(follower.next(PATIENCE))[1] == ("job", "queued", "2026-07-06T09:00:01.000Z")
    assert not follower.has_ended


def test_a_session_that_ends_is_told_last(mock: Desk) -> None:
    """Nobody can follow it any more."""
    mock.post(f"{ADMIN}/sessions", {"id": "short"})
    follower = Follower(mock.world, "short")
    mock.delete(f"{ADMIN}/sessions/short")
    assert told(follower.next(PATIENCE)) == [("ended", "short")]
    assert follower.has_ended
    with pytest.raises(SessionEnded):
        Follower(mock.world, "short")


def test_sessions_are_followed_apart(mock: Desk) -> None:
    """What happens in one is not told in another."""
    mock.post(f"{ADMIN}/sessions", {"id": "other"})
    follower = Follower(mock.world, "other")
    mock.create()
    assert follower.next(0.01) == []


def test_nothing_is_told_after_so_many_seconds(mock: Desk) -> None:
    """Even where real time stands, as in a test."""
    assert Follower(mock.world, "default").next(0.02) == []


def test_a_mark_that_still_holds_misses_nothing(mock: Desk) -> None:
    """Who comes back goes on where it was."""
    mock.create()
    mark = Follower(mock.world, "default").mark
    follower = Follower(mock.world, "default", mark)
    assert not follower.has_missed
    assert follower.next(0.01) == []


def test_a_mark_that_is_behind_has_missed_something(mock: Desk) -> None:
    """So has one of a session that was put back since."""
    mark = Follower(mock.world, "default").mark
    mock.create()
    assert Follower(mock.world, "default", mark).has_missed
    mark = Follower(mock.world, "default").mark
    mock.post(f"{ADMIN}/reset", {})
    assert Follower(mock.world, "default", mark).has_missed


def test_what_time_has_moved_meanwhile_is_told_to_whom_comes_back(clock: Clock) -> None:
    """Time leaves no trace in the store, but in the mark."""
    mock = Console(new_app(clock), clock)
    mock.create()
    mark = Follower(mock.world, "default").mark
    clock.instant += 2_000
    follower = Follower(mock.world, "default", mark)
    assert not follower.has_missed
    assert told(follower.next(PATIENCE)) == [("job", "processing", "2026-07-06T09:00:04.000Z")]


def test_a_job_that_was_moved_is_not_told_again_when_its_old_instant_comes(clock: Clock) -> None:
    """Its first plan stays in the queue of instants, and is passed over there."""
    mock = Console(new_app(clock), clock)
    job_id = mock.create()
    follower = Follower(mock.world, "default")
    mock.transition(job_id, "failed")
    assert told(follower.next(PATIENCE)) == [("job", "failed", None)]
    clock.instant += 10_000
    mock.put(f"{ADMIN}/programmes/default", {"progression": "held"})
    assert told(follower.next(PATIENCE)) == [("session", "default")]


def test_on_a_running_clock_time_itself_is_told() -> None:
    """Nobody does anything, and each transition is told when it is due."""
    app = create_app(Settings(programme="after=200ms"))
    mock = Console(app, Clock())
    follower = Follower(mock.world, "default")
    mock.create()
    seen: list[object] = []
    while "completed" not in seen:
        happened = follower.next(PATIENCE)
        assert happened
        seen += [each.data["status"] for each in happened if each.kind == "job"]
    order = ["queued", "processing", "completed"]  # on a busy machine two steps may be told as one
    assert seen == [each for each in order if each in seen]


def test_who_waits_is_woken(mock: Desk) -> None:
    """By the change itself: it would wait for ten seconds more."""
    app = create_app(Settings(clock="frozen"), clock=SystemClock())
    mock = Desk(app, Clock())
    follower = Follower(mock.world, "default")
    heard: SimpleQueue[Any] = SimpleQueue()
    thread = Thread(target=lambda: heard.put(follower.next(60.0)))
    thread.start()
    mock.post(EXPANSIONS, {"payload": {"level": {"title": "A1"}}}, headers=BEARER)
    happened = heard.get(timeout=PATIENCE)
    thread.join(PATIENCE)
    assert "request" in {each.kind for each in happened} or "job" in {each.kind for each in happened}
