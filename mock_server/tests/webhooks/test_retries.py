"""What becomes of a delivery that is not taken: retries by the session's clock, and the end of them."""

from typing import Any

import pytest
from mock_server.tests.control.console import CLOCK, Clock, new_app
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import HOOKS, SUBSCRIPTIONS, Desk
from mock_server.tests.webhooks.receiver import Gate, Receiver, always, in_turn


def attempts_of(answer: Any) -> list[tuple[str, str]]:
    """Return the attempts that a move of the clock brought about: the time of day, and what came of each."""
    made = [event for event in answer["fired"] if event["type"] == "webhook.attempt"]
    return [(event["at"][11:23], event["result"]) for event in made]


@pytest.mark.requirement("HOOK-010", "HOOK-011")
def test_four_attempts_at_five_twentyfive_and_hundred_twentyfive_seconds(desk: Desk, receive: Receive) -> None:
    """B3, B4: one advance makes them all, in order, each at its own instant; then the delivery has failed."""
    receiver = receive(always(503))
    desk.subscribe(receiver)
    job_id = desk.create()
    moved = desk.pass_time("PT10M")
    assert attempts_of(moved) == [
        ("09:00:04.000", "503"),
        ("09:00:09.000", "503"),
        ("09:00:34.000", "503"),
        ("09:02:39.000", "503"),
    ]
    assert (moved["now"], moved["status"]) == ("2026-07-06T09:10:00.000Z", "ready")
    found = desk.delivery()
    assert (found["status"], found["attempts"], found["nextAttemptAt"]) == ("failed", 4, None)
    assert (found["jobId"], found["body"].encode()) == (job_id, receiver.requests[0].body)
    assert len({(request.body, request.headers) for request in receiver.requests}) == 1
    assert [each["number"] for each in desk.attempts()] == [1, 2, 3, 4]
    assert all(each["dueAt"] == each["at"] for each in desk.attempts())
    assert found["requestHeaders"] == desk.attempts()[-1]["requestHeaders"]


def test_a_pending_retry_is_announced_and_one_advance_suffices(desk: Desk, receive: Receive) -> None:
    """The clock shows what it will bring about; the second attempt is taken, and nothing follows."""
    receiver = receive(in_turn(500, 204))
    desk.deliver(receiver)
    found = desk.delivery()
    assert (found["status"], found["nextAttemptAt"]) == ("retrying", "2026-07-06T09:00:09.000Z")
    event = {"at": "2026-07-06T09:00:09.000Z", "type": "webhook.attempt", "ref": found["id"]}
    assert event in desk.get(CLOCK)["pending"]
    assert attempts_of(desk.pass_time("PT5S")) == [("09:00:09.000", "204")]
    assert attempts_of(desk.pass_time("PT1H")) == []
    assert [each["status"] for each in desk.deliveries()] == ["sent"]


def test_a_pause_is_counted_from_the_end_of_the_attempt(desk: Desk, clock: Clock, receive: Receive) -> None:
    """By the session's clock, which may run on while an attempt does."""

    def late(_: object) -> int:
        clock.instant += 700
        return 500

    desk.programme(progression="immediate")
    desk.subscribe(receive(late))
    desk.create()
    assert desk.wait(status="retrying")[0]["nextAttemptAt"] == "2026-07-06T09:00:05.700Z"


@pytest.mark.requirement("HOOK-020")
@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_success(desk: Desk, receive: Receive, status: int) -> None:
    """B5."""
    desk.deliver(receive(always(status)))
    assert desk.delivery()["status"] == "sent"


@pytest.mark.requirement("HOOK-020")
@pytest.mark.parametrize(
    ("status", "error"), [(302, "redirect"), (304, "redirect"), (400, None), (410, None), (429, None), (500, None)]
)
def test_anything_else_is_tried_again(desk: Desk, receive: Receive, status: int, error: str | None) -> None:
    """B5: no redirect is followed, and 410 means nothing special."""
    receiver = receive(always(status))
    _, request = desk.deliver(receiver)
    assert request.path == "/tutorflow"
    (attempt,) = desk.attempts()
    assert (attempt["responseStatus"], attempt["error"]) == (status, error)
    assert desk.delivery()["status"] == "retrying"


def test_a_receiver_has_so_much_time_and_no_more(desk: Desk, receive: Receive) -> None:
    """`webhook.timeout`, in real time."""
    gate = Gate()
    desk.behave("webhook.timeout", 0.2)
    desk.deliver(receive(gate))
    gate.opened.set()
    (attempt,) = desk.attempts()
    assert (attempt["error"], attempt["responseStatus"]) == ("timeout", None)
    assert 150 <= attempt["durationMillis"] < 5_000


@pytest.mark.parametrize(("schedule", "expected"), [([], 1), ([1], 2), ([0, 0], 3)])
def test_the_schedule_may_be_another(desk: Desk, receive: Receive, schedule: list[float], expected: int) -> None:
    """`webhook.retry-schedule`: no pause at all means one attempt."""
    receiver = receive(always(500))
    desk.behave("webhook.retry-schedule", schedule)
    desk.subscribe(receiver)
    desk.create()
    desk.pass_time("PT1M")
    assert (len(receiver.requests), desk.delivery()["status"]) == (expected, "failed")


@pytest.mark.requirement("HOOK-022")
@pytest.mark.parametrize(("value", "count", "status"), [("dropped", 1, "dropped"), ("delivered", 4, "failed")])
def test_a_deleted_subscription(desk: Desk, receive: Receive, value: str, count: int, status: str) -> None:
    """B13, `webhook.deleted-pending`: nothing starts any more, unless what is pending is still sent."""
    receiver = receive(always(500))
    desk.behave("webhook.deleted-pending", value)
    subscription, _ = desk.deliver(receiver)
    desk.unsubscribe(subscription["id"])
    desk.create()
    desk.pass_time("PT1H")
    assert (len(receiver.requests), desk.delivery()["status"]) == (count, status)
    assert all(request.is_signed_with(subscription["secret"]) for request in receiver.requests)


def test_what_is_deleted_while_its_attempt_runs(desk: Desk, receive: Receive) -> None:
    """What the receiver takes all the same was sent; what it refuses is dropped, and not tried again."""
    desk.programme(progression="immediate")
    gates = [Gate(200), Gate(500)]
    receivers = [receive(gate) for gate in gates]
    hooks = [desk.subscribe(each)["id"] for each in receivers]
    desk.create()
    for each in receivers:
        each.wait_for(1)
    for each in hooks:
        desk.unsubscribe(each)
    desk.wait(2, status="dropped")
    for gate in gates:
        gate.opened.set()
    assert [each["subscriptionId"] for each in desk.wait(status="sent")] == hooks[:1]
    desk.pass_time("PT1H")
    assert [each["subscriptionId"] for each in desk.deliveries(status="dropped")] == hooks[1:]


@pytest.mark.parametrize(
    ("value", "status", "count"), [("never", "ACTIVE", 8), ("after-exhausted-retries", "DISABLED", 4)]
)
def test_failures_may_switch_a_subscription_off(
    desk: Desk, receive: Receive, value: str, status: str, count: int
) -> None:
    """`webhook.auto-disable`: with the last attempt; later events are told to it no more."""
    receiver = receive(always(500))
    desk.behave("webhook.auto-disable", value)
    desk.subscribe(receiver)
    for _ in range(2):
        desk.create()
        desk.pass_time("PT1H")
    assert len(receiver.requests) == count
    (listed,) = desk.get(SUBSCRIPTIONS)["subscriptions"]
    assert (listed["status"], listed["deliveries"]) == (status, {"failed": count // 4})


def test_success_switches_nothing_off(desk: Desk, receiver: Receiver) -> None:
    """Nor does a failure with retries to come."""
    desk.behave("webhook.auto-disable", "after-exhausted-retries")
    desk.deliver(receiver)
    assert desk.get(SUBSCRIPTIONS)["subscriptions"][0]["status"] == "ACTIVE"


def test_an_advance_that_takes_too_long_goes_on_by_itself(desk: Desk, receive: Receive) -> None:
    """`timeoutMillis`: 200 with `advancing` then, `ready` later, and all was done."""
    gate = Gate()
    desk.subscribe(receive(gate))
    desk.create()
    assert desk.pass_time("PT1M", timeoutMillis=0)["status"] == "advancing"
    assert desk.get(CLOCK)["status"] == "advancing"
    gate.opened.set()
    assert desk.pass_time("PT1M")["status"] == "ready"
    assert desk.get(CLOCK)["status"] == "ready"
    assert [each["status"] for each in desk.deliveries()] == ["sent"]
    assert desk.get(CLOCK)["now"] >= "2026-07-06T09:01:00.000Z"


@pytest.mark.parametrize("value", [-1, 600_001, True, "1", 1.5, None])
def test_the_bound_of_an_advance_is_checked(desk: Desk, value: object) -> None:
    """A whole number of milliseconds, at most ten minutes."""
    answer = desk.call("PUT", CLOCK, {"action": "advance", "by": "PT1S", "timeoutMillis": value})
    problem: Any = answer.json
    assert (answer.status_code, problem["field"]) == (422, "timeoutMillis")


def test_set_makes_what_is_due_too(desk: Desk, receiver: Receiver) -> None:
    """Forward, `set` is an advance."""
    desk.subscribe(receiver)
    desk.create()
    assert attempts_of(desk.move("set", instant="2026-07-06T10:00:00Z")) == [("09:00:04.000", "200")]


def test_a_refusal_far_from_real_time_is_diagnosed(clock: Clock, receive: Receive) -> None:
    """N-095: a 4xx on an attempt whose stamp is over 300 s off; a 5xx has another cause."""
    receiver = receive(in_turn(400, 500, 400))
    desk = Desk(new_app(clock, behaviours={"webhook.signatures": ("v1", "v2")}), clock)
    desk.subscribe(receiver)
    desk.create()
    desk.pass_time("PT10M")
    assert [each["diagnosis"] for each in desk.attempts()] == [None, None, None, None]
    desk.act(f"deliveries/{desk.delivery()['id']}/attempts", {})
    desk.wait(status="failed")
    assert desk.attempts()[-1]["diagnosis"] == "clock-skew"


def test_a_session_may_stamp_real_time(clock: Clock, receive: Receive) -> None:
    """`webhookTimestamp: real`: the second signature holds for verifiers that look at their own clock."""
    mock = Desk(new_app(clock, behaviours={"webhook.signatures": ("v1", "v2")}), clock)
    told = mock.post("/__admin/sessions", {"webhookTimestamp": "real"})
    desk = Desk(mock.app, clock, told["headers"])
    receiver = receive()
    path = f"/v1/content/organizations/{told['organizationId']}/webhooks"
    body = {"url": receiver.url, "events": ["content.completed"]}
    desk.post(path, body, headers={"Cookie": told["adminCookie"]})
    desk.create(key={"Authorization": f"Bearer {told['apiKey']}"})
    desk.pass_time("PT1H")
    stamp = receiver.requests[0].header("X-Content-Integration-Signature-V2").split(",")[0]
    assert int(stamp.removeprefix("t=")) == clock.instant // 1000
    assert desk.call("GET", f"{HOOKS}/deliveries").status_code == 200
