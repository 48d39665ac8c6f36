"""A store that fails in the midst of a delivery's way: nothing is lost, nothing is stuck, no thread ends."""

from threading import Event
from typing import Any

import pytest
from mock_server.tests.control.console import BEARER, CLOCK, EXPANSIONS, SOURCE, refused
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import EVENTS, HOOKS, WEBHOOKS, Desk
from mock_server.tests.webhooks.receiver import PATIENCE, Gate, Receiver, always

from tutorflow_mock.domain import deliveries
from tutorflow_mock.operations import hooks
from tutorflow_mock.outbox import pump
from tutorflow_mock.outbox.checks import Checks
from tutorflow_mock.remote import Remote
from tutorflow_mock.server import MockServer
from tutorflow_mock.stores.base import SessionEnded


def failing(store: object, verb: str, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> Event:
    """Let a verb fail so many times; the event says that it has."""
    original: Any = getattr(store, verb)
    left, failed = times, Event()

    def fail(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        if left:
            left -= 1
            failed.set()
            raise OSError("disk full")
        return original(*args, **kwargs)

    monkeypatch.setattr(store, verb, fail)
    return failed


def test_an_attempt_that_cannot_be_recorded_is_recorded_later(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made once and is told once."""
    monkeypatch.setattr(pump, "_PAUSES", (0.01,))
    failed = failing(desk.world.store, "finish_attempt", monkeypatch, times=3)
    desk.deliver(receiver)
    assert failed.is_set()
    assert (desk.delivery()["status"], len(desk.attempts()), len(receiver.requests)) == ("sent", 1, 1)


def test_a_session_that_is_asked_for_in_vain_at_the_end_of_an_attempt(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came of the attempt is not known any more, so it is made again: at least once."""
    desk.subscribe(receiver)
    desk.programme(progression="immediate")
    original: Any = vars(pump.Pump)["_sent"]

    def sent(self: Any, *args: Any) -> Any:
        outcome = original(self, *args)
        failing(desk.world.store, "session", monkeypatch)
        return outcome

    monkeypatch.setattr(pump.Pump, "_sent", sent)
    desk.create()
    desk.wait(status="retrying")
    monkeypatch.setattr(pump.Pump, "_sent", original)
    assert [each["error"] for each in desk.attempts()] == ["internal"]
    desk.pass_time("PT5S")
    assert desk.delivery()["status"] == "sent"


def test_an_end_that_cannot_be_told_is_told_later(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither it nor those behind it are lost; the move of the clock says that it did not succeed."""
    desk.subscribe(receiver)
    first, second = desk.create(), desk.create()
    original = deliveries.created
    is_broken = True

    def created(*args: Any) -> Any:
        if is_broken:
            raise OSError("disk full")
        return original(*args)

    monkeypatch.setattr(deliveries, "created", created)
    refused(desk.call("PUT", CLOCK, {"action": "advance", "by": "PT4S"}), 500, "internal-error")
    is_broken = False
    desk.pass_time()
    assert {each.told["jobId"] for each in receiver.wait_for(2)} == {first, second}


def test_a_session_that_ends_during_an_attempt(desk: Desk, receive: Receive) -> None:
    """There is nothing to record it in, and nobody tries for ever."""
    gate = Gate()
    receiver = receive(gate)
    told = desk.post("/__admin/sessions", {})
    other = Desk(desk.app, desk.clock, told["headers"])
    path = f"/v1/content/organizations/{told['organizations'][0]['id']}/webhooks"
    body = {"url": receiver.url, "events": ["content.completed"]}
    hook = other.post(path, body, headers={"Cookie": told["adminCookie"]})["id"]
    other.act(f"subscriptions/{hook}/pings", {})
    receiver.wait_for(1)
    desk.delete(f"/__admin/sessions/{told['id']}")
    gate.opened.set()
    desk.deliver(receive())
    assert desk.delivery()["status"] == "sent"


def test_a_pump_that_stops_leaves_a_broken_store_alone(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be recorded by then is sent again by the next server."""
    monkeypatch.setattr(pump, "_PAUSES", (PATIENCE,))
    failed = failing(desk.world.store, "finish_attempt", monkeypatch, times=1_000)
    stopping: list[Any] = []
    original: Any = vars(pump.Pump)["_is_recorded"]

    def is_recorded(self: Any, *args: Any) -> bool:
        stopping.append(self)
        return bool(original(self, *args))

    monkeypatch.setattr(pump.Pump, "_is_recorded", is_recorded)
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    desk.create()
    assert failed.wait(PATIENCE)
    stopping[0].stop()
    assert desk.delivery()["status"] == "sending"


@pytest.mark.parametrize("error", [OSError("disk full"), SessionEnded()], ids=["fails", "ends"])
def test_a_store_that_fails_behind_an_attempt(
    desk: Desk, receive: Receive, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The attempt is recorded, and whoever looks next begins what is due."""
    gate = Gate()
    receiver = receive(gate)
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    desk.create()
    receiver.wait_for(1)
    store = desk.world.store
    original, failed = store.settle_due, Event()

    def settle_due(*args: Any) -> None:
        if not failed.is_set():
            failed.set()
            raise error
        original(*args)

    monkeypatch.setattr(store, "settle_due", settle_due)
    gate.opened.set()
    assert failed.wait(PATIENCE)
    desk.create()
    assert len(desk.wait(2, status="sent")) == 2


def test_an_answer_that_cannot_be_held_back_is_given(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is made by then."""
    desk.subscribe(receiver)
    desk.post(f"{HOOKS}/misbehave", {"name": "before-response"})
    failing(desk.world.store, "wait_for_deliveries", monkeypatch)
    job_id = desk.create()
    assert desk.wait(status="sent")[0]["jobId"] == job_id


def test_redelivering_is_one_step(desk: Desk, receive: Receive) -> None:
    """Of two at once, one is refused while the other's attempt runs; a delivery or subscriber that is gone is told."""
    gate = Gate()
    receiver = receive(gate)
    gate.opened.set()
    subscription, _ = desk.deliver(receiver)
    delivery = desk.world.store.deliveries("default")[0]
    gate.opened.clear()
    desk.act(f"deliveries/{delivery.id}/attempts", {})
    receiver.wait_for(2)
    session = desk.world.store.session("default")
    assert session is not None
    with pytest.raises(hooks.DeliveryRunning):
        hooks.redeliver(desk.world, session, delivery, 0)  # the record in hand says that it has been sent
    gate.opened.set()
    desk.wait(status="sent")
    desk.unsubscribe(subscription["id"])
    with pytest.raises(hooks.UnknownSubscription):
        hooks.redeliver(desk.world, session, delivery, 0)
    desk.post("/__admin/reset", {})
    with pytest.raises(hooks.UnknownDelivery):
        hooks.redeliver(desk.world, session, delivery, 0)


def test_an_endpoint_is_switched_off_with_the_order_of_its_switches_kept(desk: Desk, receive: Receive) -> None:
    """Exhausted retries change the status and nothing else of the subscription."""
    desk.behave("webhook.auto-disable", "after-exhausted-retries")
    desk.behave("webhook.retry-schedule", [])
    hook = desk.subscribe(receive(always(500)))["id"]
    desk.call("PATCH", f"{HOOKS}/subscriptions/{hook}", {"verifyTls": False})
    desk.create()
    desk.pass_time()
    shown = desk.get(f"{HOOKS}/subscriptions/{hook}")
    assert (shown["status"], shown["verifyTls"]) == ("DISABLED", False)


def test_a_check_of_a_session_that_is_gone(desk: Desk) -> None:
    """There is no such session to look at."""
    found = Checks(desk.world, lambda *_: None)  # type: ignore[arg-type]
    trial: Any = type("Trial", (), {"url": "http://127.0.0.1:9/", "probe": None})()
    with pytest.raises(SessionEnded):
        found.begin("gone", trial)


def test_a_server_on_a_free_port_sends_nothing_to_itself() -> None:
    """`--port 0`: the port that it was given in the end is its own."""
    with MockServer("--seed", "42", "--programme", "immediate") as mock, Remote(mock.url) as remote:
        cookie = {"Cookie": mock.ready["adminCookie"]}
        body = {"url": f"{mock.url}/hook", "events": EVENTS}
        remote.api("POST", WEBHOOKS, body, cookie)
        remote.api("POST", EXPANSIONS, dict(SOURCE), BEARER)
        (found,) = remote.webhooks.wait({"status": "retrying"}, 1, PATIENCE)
        (attempt,) = remote.webhooks.attempts(found["id"])
    assert (attempt["error"], attempt["connectedTo"]) == ("blocked", None)
    assert "own port" in attempt["diagnosis"]
