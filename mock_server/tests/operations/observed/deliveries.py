"""Observations of what is sent: the behaviours of deliveries, seen by a receiver on a real socket."""

from collections.abc import Callable
from typing import Any

from mock_server.tests.operations.in_process import ADMIN, ORGANIZATION, WEBHOOKS, Json, Mock
from mock_server.tests.operations.observed.observation import observes
from mock_server.tests.webhooks.receiver import Answer, Gate, Receiver, always, receiving

CLOCK = "/__admin/clock"
DELIVERIES = "/__admin/webhooks/deliveries"
FLAT = ["jobId", "status", "sourceType", "requestedOutputs", "completedAt"]


def pass_time(mock: Mock, by: str = "PT4S") -> None:
    """Advance the session's clock; all that falls due is done before the answer."""
    assert mock.send("PUT", CLOCK, body={"action": "advance", "by": by}).json()["status"] == "ready"


def deliveries(mock: Mock) -> list[Any]:
    """List the deliveries."""
    found: list[Any] = mock.send("GET", DELIVERIES).json()["deliveries"]
    return found


def attempts(mock: Mock) -> list[Any]:
    """List the attempts of the only delivery."""
    (found,) = deliveries(mock)
    made: list[Any] = mock.send("GET", f"{DELIVERIES}/{found['id']}/attempts").json()["attempts"]
    return made


def received(mock: Mock, act: Callable[[Receiver], object], answer: Answer | None = None) -> Receiver:
    """Let something happen with a receiver at hand and return it."""
    with receiving(answer or always(200)) as receiver:
        act(receiver)
        pass_time(mock, "PT10M")
    return receiver


def subscribe_and_create(mock: Mock) -> Callable[[Receiver], object]:
    """Return the usual act: a subscription, and a job that it hears of."""

    def act(receiver: Receiver) -> None:
        mock.subscribe(receiver.url)
        mock.create()

    return act


@observes("webhook.payload", {"flat": FLAT, "enveloped": ["event", "data"], "flat-with-event": ["event", *FLAT]})
def payload(mock: Mock) -> Json:
    """The members of a body, in their order."""
    return list(received(mock, subscribe_and_create(mock)).requests[0].told)


@observes("webhook.signatures", {("v1",): ["Signature"], ("v1", "v2"): ["Signature", "Signature-V2"]})
def signatures(mock: Mock) -> Json:
    """The headers that sign."""
    (request,) = received(mock, subscribe_and_create(mock)).requests
    names = (name.removeprefix("X-Content-Integration-") for name, _ in request.headers)
    return [name for name in names if name.startswith("Signature")]


@observes("webhook.retry-schedule", {(5, 25, 125): [4, 9, 34, 159], (1,): [4, 5], (): [4]})
def retry_schedule(mock: Mock) -> Json:
    """At which seconds a delivery is tried that nobody takes."""
    received(mock, subscribe_and_create(mock), always(500))
    return [int(each["at"][14:16]) * 60 + int(each["at"][17:19]) for each in attempts(mock)]


@observes("webhook.timeout", {10: None, 0.2: "timeout"}, given={"webhook.retry-schedule": ()})
def timeout(mock: Mock) -> Json:
    """What becomes of an attempt whose receiver takes three quarters of a second."""
    gate = Gate()

    def answer_late(request: Any) -> int:
        gate.opened.wait(0.75)
        return gate(request) if gate.opened.is_set() else 200

    received(mock, subscribe_and_create(mock), answer_late)
    return attempts(mock)[0]["error"]


@observes("webhook.late-subscription", {"delivered": 1, "skipped": 0})
def late_subscription(mock: Mock) -> Json:
    """How often a subscription hears of a job that began before it."""

    def act(receiver: Receiver) -> None:
        mock.create()
        mock.clock.advance(1)
        mock.subscribe(receiver.url)

    return len(received(mock, act).requests)


@observes("webhook.deleted-pending", {"dropped": (1, ["dropped"]), "delivered": (4, ["failed"])})
def deleted_pending(mock: Mock) -> Json:
    """How often a receiver that fails is tried when its subscription is deleted after the first attempt."""

    def act(receiver: Receiver) -> None:
        hook_id = mock.subscribe(receiver.url).json()["id"]
        mock.create()
        pass_time(mock)
        mock.send("DELETE", f"{WEBHOOKS}/{hook_id}", ADMIN)

    tried = len(received(mock, act, always(500)).requests)
    return tried, [each["status"] for each in deliveries(mock)]


@observes("webhook.auto-disable", {"never": ["ACTIVE"], "after-exhausted-retries": ["DISABLED"]})
def auto_disable(mock: Mock) -> Json:
    """What a subscription is after a delivery of it has failed."""
    received(mock, subscribe_and_create(mock), always(500))
    return [each.status for each in mock.world.store.subscriptions("default", ORGANIZATION)]


@observes("export.webhook", {"fires": ["content.completed"], "silent": []})
def export_webhook(mock: Mock) -> Json:
    """The events that an export sends."""

    def act(receiver: Receiver) -> None:
        mock.subscribe(receiver.url)
        mock.export()

    return [request.header("X-Content-Integration-Event") for request in received(mock, act).requests]
