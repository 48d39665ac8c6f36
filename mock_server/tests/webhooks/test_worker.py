"""The outbox beside its ways: a store that fails, a sender that fails, receivers that no name leads to, its end."""

from threading import Event
from typing import Any

import pytest
from mock_server.tests.control.console import Clock, new_app
from mock_server.tests.webhooks.desk import Desk
from mock_server.tests.webhooks.receiver import PATIENCE, Receiver

from tutorflow_mock import Settings
from tutorflow_mock.operations import steering
from tutorflow_mock.outbox.post import poster
from tutorflow_mock.outbox.pump import Pump
from tutorflow_mock.outbox.sender import Outcome
from tutorflow_mock.outbox.worker import Worker
from tutorflow_mock.stores.base import SessionEnded


@pytest.mark.parametrize("verb", ["sessions", "settle_due", "next_due", "claim_due_deliveries"])
@pytest.mark.parametrize("error", [OSError("disk full"), SessionEnded()])
def test_a_store_that_fails_is_asked_again(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, verb: str, error: Exception
) -> None:
    """Whatever it was, the thread lives on and sends what is due when it looks again."""
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    store, failed = desk.world.store, Event()
    original: Any = getattr(store, verb)

    def fail_once(*args: Any, **kwargs: Any) -> Any:
        if not failed.is_set():
            failed.set()
            raise error
        return original(*args, **kwargs)

    monkeypatch.setattr(store, verb, fail_once)
    desk.create()
    assert failed.wait(PATIENCE)
    desk.create()
    assert len(desk.wait(2, status="sent")) == 2


def test_a_sender_that_fails_leaves_nothing_under_way(clock: Clock) -> None:
    """A fault of our own is recorded as one, and the delivery goes its way."""
    desk = Desk(new_app(clock), clock)

    def post(*_: object) -> Outcome:
        raise RuntimeError("a defect")

    desk.world.store.listen(Worker(desk.world, Pump(desk.world, post)).wake)
    desk.programme(progression="immediate")
    desk.subscribe("http://127.0.0.1:9/")
    desk.create()
    desk.wait(status="retrying")
    assert [(each["error"], each["responseStatus"]) for each in desk.attempts()] == [("internal", None)]


@pytest.mark.parametrize(("error", "word"), [(TimeoutError(), "timeout"), (OSError(), "unresolved")])
def test_a_name_that_leads_nowhere(error: Exception, word: str) -> None:
    """The resolver's trouble is a word in the outcome."""

    def resolve(*_: object) -> Any:
        raise error

    post = poster(Settings(), resolve)
    assert post("https://hooks.harbour.example/", (), b"{}", 1) == Outcome(None, (), "", word, None, 0)


def test_a_worker_ends_when_told(desk: Desk, receiver: Receiver) -> None:
    """And begins nothing that falls due afterwards."""
    pump = Pump(desk.world, poster(desk.world.settings))
    worker = Worker(desk.world, pump)
    worker.stop()
    desk.world.store.listen(worker.wake)
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    desk.create()
    pump.stop()
    assert receiver.requests == []


def test_a_session_that_is_gone_is_passed_by(desk: Desk) -> None:
    """Nothing begins in it, and who asks is told so, as by the store; the worker sleeps on."""
    pump = Pump(desk.world, poster(desk.world.settings))
    with pytest.raises(SessionEnded):
        pump.run("gone")
    assert pump.is_advancing("gone") is False
    with pytest.raises(SessionEnded):
        steering.travel(desk.world, pump, "gone", steering.Move("advance", by=1))
