"""What goes out, to whom, with which headers and bytes."""

import socket
from typing import Any

import pytest
from mock_server.tests.control.console import COOKIE, Clock, new_app
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import EVENTS, HOOKS, WEBHOOKS, Desk
from mock_server.tests.webhooks.receiver import EVENT, SIGNATURE, Receiver, Request, in_turn

from tutorflow_mock import Settings, create_app
from tutorflow_mock.domain import signing
from tutorflow_mock.system import SystemClock

FOUR_PAST_NINE = "2026-07-06T09:00:04.000Z"
FLAT = ["jobId", "status", "sourceType", "requestedOutputs", "completedAt"]


@pytest.mark.requirement("HOOK-005", "HOOK-006")
def test_a_delivery_has_the_documented_headers_and_a_signed_flat_body(desk: Desk, receiver: Receiver) -> None:
    """B2: Host and Content-Length besides, nothing of ours; the signature is over the raw bytes."""
    subscription, request = desk.deliver(receiver)
    assert (request.method, request.path) == ("POST", "/tutorflow")
    assert request.headers == (
        ("Host", f"127.0.0.1:{receiver.port}"),
        (EVENT, "content.completed"),
        (SIGNATURE, request.header(SIGNATURE)),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(request.body))),
    )
    assert request.is_signed_with(subscription["secret"])
    assert list(request.told) == FLAT
    assert request.told["completedAt"] == FOUR_PAST_NINE


def test_each_active_subscription_hears_of_each_event_once(desk: Desk, receive: Receive) -> None:
    """By what it has subscribed to; a foreign organization hears nothing."""
    both, completed, failed = receive(), receive(), receive()
    desk.subscribe(both)
    desk.subscribe(both)
    desk.subscribe(completed, "content.completed")
    desk.subscribe(failed, "content.failed")
    foreign = WEBHOOKS.replace("0001/webhooks", "0002/webhooks")
    elsewhere = receive()
    desk.post(foreign, {"url": elsewhere.url, "events": EVENTS}, headers={"Cookie": "jwt=demo-admin-2"})
    good = desk.create()
    desk.programme(outcome="failed")
    bad = desk.create()
    desk.pass_time()
    desk.pass_time()

    def heard(by: Receiver) -> list[tuple[str, str]]:
        return sorted((request.header(EVENT), request.told["jobId"]) for request in by.requests)

    one, other = ("content.completed", good), ("content.failed", bad)
    assert heard(both) == [one, one, other, other]
    assert (heard(completed), heard(failed), heard(elsewhere)) == ([one], [other], [])
    assert len(desk.deliveries()) == 6


@pytest.mark.requirement("HOOK-013")
def test_a_get_on_receipt_shows_the_terminal_state(desk: Desk, receive: Receive) -> None:
    """B1: what was announced has happened."""
    seen: list[Any] = []

    def ask(request: Request) -> int:
        seen.append(desk.read(request.told["jobId"]))
        return 200

    desk.deliver(receive(ask))
    assert [(job["status"], job["completedAt"]) for job in seen] == [("completed", FOUR_PAST_NINE)]


def test_a_moment_before_its_end_nobody_is_told(desk: Desk, receiver: Receiver) -> None:
    """A delivery is due at the instant of the job's end."""
    desk.subscribe(receiver)
    desk.create()
    desk.pass_time("PT3.999S")
    assert desk.deliveries() == []
    desk.pass_time("PT0.001S")
    assert [each["createdAt"] for each in desk.deliveries(status="sent")] == [FOUR_PAST_NINE]


@pytest.mark.parametrize(
    ("shape", "members"),
    [("flat", FLAT), ("flat-with-event", ["event", *FLAT]), ("enveloped", ["event", "data"])],
)
def test_the_body_has_the_chosen_shape(desk: Desk, receiver: Receiver, shape: str, members: list[str]) -> None:
    """`webhook.payload`."""
    desk.behave("webhook.payload", shape)
    _, request = desk.deliver(receiver)
    assert list(request.told) == members


def test_the_second_signature_carries_the_sessions_time(desk: Desk, receiver: Receiver) -> None:
    """`webhook.signatures=["v1","v2"]`: the legacy one stays, the other is stamped."""
    desk.behave("webhook.signatures", ["v1", "v2"])
    subscription, request = desk.deliver(receiver)
    expected = signing.v2((subscription["secret"],), request.body, 1_783_328_404)
    assert request.header(f"{SIGNATURE}-V2") == expected
    assert request.is_signed_with(subscription["secret"])


@pytest.mark.parametrize(("value", "count"), [("delivered", 1), ("skipped", 0)])
def test_a_late_subscription(desk: Desk, receiver: Receiver, value: str, count: int) -> None:
    """`webhook.late-subscription`: a job that began before it."""
    desk.behave("webhook.late-subscription", value)
    desk.create()
    desk.pass_time("PT1S")
    desk.subscribe(receiver)
    desk.pass_time()
    assert len(receiver.requests) == count


def test_what_ended_before_the_first_subscription_is_told_to_nobody(desk: Desk, receiver: Receiver) -> None:
    """Neither then nor later."""
    desk.create()
    desk.pass_time()
    desk.subscribe(receiver)
    desk.pass_time("PT1H")
    assert desk.deliveries() == []


@pytest.mark.requirement("HOOK-024")
@pytest.mark.parametrize(("value", "events"), [("fires", ["content.completed"]), ("silent", [])])
def test_an_export_fires_unless_told_otherwise(desk: Desk, receiver: Receiver, value: str, events: list[str]) -> None:
    """`export.webhook`."""
    desk.behave("export.webhook", value)
    desk.subscribe(receiver)
    desk.export()
    desk.pass_time()
    assert [request.header(EVENT) for request in receiver.requests] == events


@pytest.mark.requirement("IDEM-010")
def test_a_replay_sends_nothing(desk: Desk, receiver: Receiver) -> None:
    """One job, one delivery, however often its key comes back."""
    desk.subscribe(receiver)
    first = desk.create(idempotencyKey="k")
    desk.pass_time()
    assert desk.create(idempotencyKey="k") == first
    desk.pass_time()
    assert len(receiver.requests) == 1


def test_a_job_that_is_ended_by_hand_is_told_at_once(desk: Desk, receiver: Receiver) -> None:
    """Its planned end is told no more."""
    desk.subscribe(receiver)
    job_id = desk.create()
    desk.transition(job_id, "failed")
    assert [each["jobId"] for each in desk.wait(status="sent", event="content.failed")] == [job_id]
    desk.pass_time("PT1H")
    assert len(receiver.requests) == 1


def test_polling_ends_a_job_and_tells_of_it(desk: Desk, receiver: Receiver) -> None:
    """A programme that counts reads."""
    desk.programme(progression="manual", polls=1)
    desk.subscribe(receiver)
    desk.read(desk.create())
    assert len(desk.wait(status="sent")) == 1


def test_a_running_clock_needs_nobody_to_move_it(receiver: Receiver) -> None:
    """Jobs that end at once, and a little later, by real time."""
    desk = Desk(create_app(Settings(self_check=True, seed="42"), clock=SystemClock()), Clock())
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    desk.create()
    desk.wait(status="sent")
    desk.programme(progression="time", queued="PT0.1S", processing="PT0.1S")
    desk.create()
    assert len(desk.wait(2, status="sent")) == 2


def test_a_first_subscription_wakes_who_sleeps(receiver: Receiver) -> None:
    """A job that was under way when nobody had subscribed yet is told when it ends, by real time."""
    desk = Desk(create_app(Settings(self_check=True, seed="42"), clock=SystemClock()), Clock())
    desk.programme(progression="time", queued="PT0.1S", processing="PT1S")
    desk.create()
    desk.subscribe(receiver)
    assert len(desk.wait(status="sent")) == 1


def test_a_clock_that_runs_again_wakes_who_sleeps(receive: Receive) -> None:
    """A retry that was due while the clock stood comes when it runs on."""
    receiver = receive(in_turn(500, 200))
    desk = Desk(create_app(Settings(self_check=True, seed="42"), clock=SystemClock()), Clock())
    desk.behave("webhook.retry-schedule", [0.2])
    desk.move("freeze")
    desk.programme(progression="immediate")
    desk.subscribe(receiver)
    desk.create()
    desk.wait(status="retrying")
    desk.move("resume")
    assert len(desk.wait(status="sent")) == 1


def test_targets_elsewhere_and_our_own_port_are_blocked(clock: Clock) -> None:
    """Blocked is final after the schedule; nothing was connected to."""
    with socket.create_server(("127.0.0.1", 0)) as own:
        port = own.getsockname()[1]
        desk = Desk(new_app(clock, port=port), clock, {"Host": f"127.0.0.1:{port}"})
        desk.subscribe("https://192.0.2.1/tutorflow")
        desk.subscribe(f"http://127.0.0.1:{port}/tutorflow")
        desk.create()
        desk.pass_time("PT10M")
        found = desk.deliveries(status="blocked")
        assert [each["attempts"] for each in found] == [4, 4]
        errors = [attempt["error"] for each in found for attempt in desk.attempts(each["id"])]
        assert errors == ["blocked"] * 8
        own.settimeout(0)
        with pytest.raises(BlockingIOError):
            own.accept()


def test_a_closed_port_refuses(desk: Desk) -> None:
    """The sender's word stands in the attempt."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    desk.subscribe(f"http://127.0.0.1:{port}/")
    desk.create()
    desk.pass_time()
    assert [each["error"] for each in desk.attempts()] == ["refused"]


def test_secrets_are_nowhere_on_the_control_plane(desk: Desk, receiver: Receiver) -> None:
    """B14, G13: neither the key nor a subscription's secret."""
    subscription, request = desk.deliver(receiver)
    pages = [f"{HOOKS}/subscriptions", f"{HOOKS}/deliveries", f"{HOOKS}/deliveries/{desk.delivery()['id']}"]
    for page in pages:
        text = desk.call("GET", page).text
        assert subscription["secret"] not in text
        assert "tf_content_" not in text
    assert b"payload" not in request.body
    assert COOKIE["Cookie"].encode() not in request.body
