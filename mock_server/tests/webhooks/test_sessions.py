"""Sessions that are put back, dropped or restored while an attempt runs: nothing of it comes back to haunt."""

from typing import Any

from mock_server.tests.control.console import ADMIN, CLOCK, Clock, new_app, refused
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import DELIVERIES, HOOKS, Desk
from mock_server.tests.webhooks.receiver import EVENT, Gate, Receiver, always

SNAPSHOTS = f"{ADMIN}/snapshots"


def under_way(desk: Desk, receiver: Receiver) -> str:
    """Begin an attempt that is held back and return its delivery's id."""
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    desk.create()
    receiver.wait_for(1)
    (found,) = desk.wait(status="sending")
    return str(found["id"])


def is_idle(desk: Desk) -> bool:
    """Tell whether no attempt is under way in the default session."""
    return desk.world.store.wait_until_idle("default", 10)


def test_a_reset_forgets_what_runs(desk: Desk, receive: Receive) -> None:
    """The attempt ends somewhere, and nobody remembers; what follows is sent."""
    gate = Gate()
    receiver = receive(gate)
    under_way(desk, receiver)
    assert desk.call("POST", f"{ADMIN}/reset").status_code in {200, 204}
    assert desk.deliveries() == []
    desk.subscribe(receiver)
    gate.opened.set()
    desk.create()
    assert desk.pass_time()["status"] == "ready"
    assert [each["attempts"] for each in desk.wait(status="sent")] == [1]
    assert is_idle(desk)


def test_a_snapshot_cuts_an_attempt_and_repeats_it(desk: Desk, receive: Receive) -> None:
    """B10: at least once, with the same bytes; the end of the old attempt disturbs the new one's session no more."""
    gate = Gate()
    receiver = receive(gate)
    delivery_id = under_way(desk, receiver)
    desk.post(f"{SNAPSHOTS}/cut", {})
    gates = [gate, Gate()]
    receiver.answer = gates[1]
    desk.call("POST", f"{SNAPSHOTS}/cut/restore", {})
    receiver.wait_for(2)
    gate.opened.set()
    gates[1].opened.set()
    assert [(each["id"], each["attempts"]) for each in desk.wait(status="sent")] == [(delivery_id, 2)]
    assert is_idle(desk)
    assert len({request.body for request in receiver.requests}) == 1
    assert [each["number"] for each in desk.attempts()] == [2]
    desk.create()
    assert desk.pass_time("PT1H")["status"] == "ready"
    assert len(desk.wait(2, status="sent")) == 2


def test_a_settled_delivery_survives_a_snapshot(desk: Desk, receive: Receive) -> None:
    """What waits for its retry then is retried after it was restored."""
    receiver = receive(always(500))
    desk.deliver(receiver)
    desk.post(f"{SNAPSHOTS}/retrying", {})
    desk.pass_time("PT1H")
    assert len(receiver.requests) == 4
    desk.call("POST", f"{SNAPSHOTS}/retrying/restore", {})
    assert [each["status"] for each in desk.deliveries()] == ["retrying"]
    desk.pass_time("PT1H")
    assert len(receiver.requests) == 7


def a_session(clock: Clock, receiver: Receiver) -> tuple[Desk, Any]:
    """Open a session whose only subscription has an attempt under way."""
    mock = Desk(new_app(clock), clock)
    told = mock.post(f"{ADMIN}/sessions", {})
    desk = Desk(mock.app, clock, told["headers"])
    path = f"/v1/content/organizations/{told['organizationId']}/webhooks"
    body = {"url": receiver.url, "events": ["content.completed"]}
    desk.post(path, body, headers={"Cookie": told["adminCookie"]})
    desk.post(f"{HOOKS}/trigger", {"event": "content.completed"})
    receiver.wait_for(1)
    return mock, told


def test_a_session_may_end_while_an_attempt_runs(clock: Clock, receive: Receive) -> None:
    """The outbox goes on with the other sessions; the deliveries are gone with the session."""
    gate = Gate()
    receiver = receive(gate)
    mock, told = a_session(clock, receiver)
    mock.delete(f"{ADMIN}/sessions/{told['id']}")
    gate.opened.set()
    refused(mock.call("GET", DELIVERIES, headers=told["headers"]), 404, "unknown-session")
    other = receive()
    mock.subscribe(other)
    mock.post(f"{HOOKS}/trigger", {"event": "content.completed"})
    assert [request.header(EVENT) for request in other.wait_for(1)] == ["content.completed"]


def test_an_advance_ends_with_its_session(clock: Clock, receive: Receive) -> None:
    """Who drives a session through time stops when it is gone."""
    gate = Gate()
    receiver = receive(gate)
    mock, told = a_session(clock, receiver)
    body = {"action": "advance", "by": "PT1H", "timeoutMillis": 0}
    assert mock.put(CLOCK, body, headers=told["headers"])["status"] == "advancing"
    mock.delete(f"{ADMIN}/sessions/{told['id']}")
    gate.opened.set()
    assert mock.move("advance", by="PT1H")["status"] == "ready"
