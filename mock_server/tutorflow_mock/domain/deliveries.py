"""Deliveries of events to subscriptions: their fixed bytes, their headers, and what an attempt makes of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from tutorflow_mock.domain import jobs, signing
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.redaction import redacted
from tutorflow_mock.domain.strict_json import compact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Job, Subscription, Value

EVENT_HEADER = "X-Content-Integration-Event"
SIGNATURE_HEADER = "X-Content-Integration-Signature"
SIGNATURE_V2_HEADER = "X-Content-Integration-Signature-V2"

DeliveryStatus = Literal["pending", "sending", "retrying", "sent", "failed", "blocked", "dropped"]
Json = dict[str, object]
Headers = tuple[tuple[str, str], ...]

_SETTLED = frozenset[DeliveryStatus]({"sent", "failed", "blocked", "dropped"})
_SUCCESS = 2
"""The class of the statuses that say so."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that subscriptions are told of, with the bytes that tell it; a job's end, or no job's at all."""

    id: str
    type: str
    job_id: str | None
    at: Instant
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one subscription; `body` is the same in every attempt (S60).

    `attempts` counts those that have begun; `next_attempt_at` is an instant of the session's clock, None where nothing
    is to come. `is_redelivery` marks a settled delivery that was sent again by hand: one attempt, no new schedule.
    `owed_to` names the misbehaviour that the next attempt comes from.
    """

    id: str
    subscription_id: str
    organization_id: str
    job_id: str | None
    event: str
    event_id: str
    url: str
    body: bytes = field(repr=False)
    created_at: Instant
    status: DeliveryStatus = "pending"
    attempts: int = 0
    next_attempt_at: Instant | None = None
    is_redelivery: bool = False
    owed_to: str | None = None

    @property
    def is_settled(self) -> bool:
        """Tell whether no further attempt is to come."""
        return self.status in _SETTLED

    @property
    def body_sha256(self) -> str:
        """Return the digest under which the bytes are recognised."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a delivery: what went out and what came back.

    `due_at`, `at` and `ended_at` are instants of the session's clock, `duration` real milliseconds. `error` is the
    sender's word for what went wrong on the way, `redirect`, `blocked`, or `dropped`; an answer that is merely no 2xx
    has none. A `misbehaviour` may let the delivery come once more: `again_at`, if the receiver takes it.
    """

    number: int
    due_at: Instant
    at: Instant
    ended_at: Instant
    duration: int = 0
    request_headers: Headers = ()
    connected_to: str | None = None
    response_status: int | None = None
    response_headers: Headers = ()
    response_body: str = ""
    error: str | None = None
    misbehaviour: str | None = None
    diagnosis: str | None = None
    again_at: Instant | None = None

    @property
    def is_success(self) -> bool:
        """Tell whether the receiver took it: 2xx and nothing else (S59)."""
        return self.error is None and self.response_status is not None and self.response_status // 100 == _SUCCESS


def event_of(status: str, events: Iterable[str]) -> str | None:
    """Return which of the contract's events tells of a job's status, None while it has not ended (F-049, F-050)."""
    return next((event for event in events if event.rpartition(".")[2] == status), None)


def hears(subscription: Subscription, event: str, job: Job, values: Mapping[str, Value]) -> bool:
    """Tell whether a subscription is told of a job's end: it wants the event, and no behaviour is against it."""
    if subscription.status != "ACTIVE" or event not in subscription.events:
        return False
    is_late = values["webhook.late-subscription"] == "skipped" and subscription.created_at > job.created_at
    return not is_late and not (job.exported and values["export.webhook"] == "silent")


def end_of(job: Job, event_id: str, event: str, values: Mapping[str, Value]) -> Event:
    """Return a job's end as an event; its bytes are fixed here, once for all who hear of it."""
    return Event(event_id, event, job.id, _ended_at(job), body_bytes(job, event, values))


def created(delivery_id: str, event: Event, subscription: Subscription) -> Delivery:
    """Return the delivery of an event to a subscription, due at the event's instant."""
    return Delivery(
        id=delivery_id,
        subscription_id=subscription.id,
        organization_id=subscription.organization_id,
        job_id=event.job_id,
        event=event.type,
        event_id=event.id,
        url=subscription.url,
        body=event.body,
        created_at=event.at,
        next_attempt_at=event.at,
    )


def body_bytes(job: Job, event: str, values: Mapping[str, Value]) -> bytes:
    """Return what tells of a job's end: five members in order, the event where a behaviour puts it (F-080, S56)."""
    members: Json = {
        "jobId": job.id,
        "status": jobs.outcome(job),
        "sourceType": job.source_type,
        "requestedOutputs": [output.output_type for output in job.outputs],
        "completedAt": timestamp(_ended_at(job)),
    }
    match values["webhook.payload"]:
        case "enveloped":
            members = {"event": event, "data": members}
        case "flat-with-event":
            members = {"event": event, **members}
        case _:
            pass
    return compact(members).encode()


def _ended_at(job: Job) -> Instant:
    return job.created_at if job.finished_at is None else job.finished_at


def headers_for(delivery: Delivery, secrets: Sequence[str], values: Mapping[str, Value], t: int) -> Headers:
    """Return the documented headers of an attempt at `t`, in unix seconds, and no other (F-077).

    The secrets are the valid ones, newest first: the legacy signature is made with the newest alone (N-093).
    """
    signatures: list[tuple[str, str]] = [(SIGNATURE_HEADER, signing.v1(secrets[0], delivery.body))]
    if values["webhook.signatures"] == ("v1", "v2"):
        signatures.append((SIGNATURE_V2_HEADER, signing.v2(secrets, delivery.body, t)))
    return ((EVENT_HEADER, delivery.event), *signatures, ("Content-Type", "application/json"))


def begun(delivery: Delivery) -> Delivery:
    """Return the delivery while an attempt runs; the attempt's number is its count."""
    return replace(delivery, status="sending", attempts=delivery.attempts + 1, next_attempt_at=None)


def postponed(delivery: Delivery, until: Instant, name: str) -> Delivery:
    """Return the delivery as a misbehaviour holds it back, so that others overtake it."""
    return replace(delivery, next_attempt_at=until, owed_to=name)


def after_attempt(delivery: Delivery, attempt: Attempt, schedule: Sequence[float]) -> Delivery:
    """Return the delivery after an attempt: sent, waiting for its next try, or given up (S58, S59).

    The schedule is the pauses in seconds, each counted from the end of the attempt before it. What was dropped while
    the attempt ran is not tried again.
    """
    if attempt.is_success:
        return _taken(delivery, attempt)
    if delivery.status == "dropped":
        return delivery
    delivery = replace(delivery, owed_to=None)
    if attempt.error == "dropped":
        return replace(delivery, status="dropped", next_attempt_at=None)
    if delivery.is_redelivery or delivery.attempts > len(schedule):
        return replace(delivery, status="blocked" if attempt.error == "blocked" else "failed", next_attempt_at=None)
    due_at = attempt.ended_at + round(schedule[delivery.attempts - 1] * 1000)
    return replace(delivery, status="retrying", next_attempt_at=due_at)


def _taken(delivery: Delivery, attempt: Attempt) -> Delivery:
    """Return the delivery after the receiver took it; a misbehaviour may let it come once more."""
    if attempt.again_at is None or delivery.status == "dropped":
        return replace(delivery, status="sent", next_attempt_at=None, owed_to=None)
    name, due_at = attempt.misbehaviour, attempt.again_at
    return replace(delivery, status="retrying", owed_to=name, next_attempt_at=due_at)


def redelivered(delivery: Delivery, now: Instant) -> Delivery:
    """Return the delivery due at once, same bytes; one that still has tries to come takes its next one early."""
    is_redelivery = delivery.is_redelivery or delivery.is_settled
    return replace(delivery, status="retrying", next_attempt_at=now, is_redelivery=is_redelivery, owed_to=None)


def dropped(delivery: Delivery) -> Delivery:
    """Return the delivery as given up with its subscription (S70); what is settled stays so."""
    return delivery if delivery.is_settled else replace(delivery, status="dropped", next_attempt_at=None)


def delivery_body(delivery: Delivery) -> Json:
    """Return one entry of the control plane's list."""
    return {
        "id": delivery.id,
        "subscriptionId": delivery.subscription_id,
        "jobId": delivery.job_id,
        "event": delivery.event,
        "url": delivery.url,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "createdAt": timestamp(delivery.created_at),
        "nextAttemptAt": None if delivery.next_attempt_at is None else timestamp(delivery.next_attempt_at),
        "bodySha256": delivery.body_sha256,
    }


def attempt_body(attempt: Attempt) -> Json:
    """Return one entry of the control plane's list of attempts; what the receiver answered is shown redacted."""
    return {
        "number": attempt.number,
        "dueAt": timestamp(attempt.due_at),
        "at": timestamp(attempt.at),
        "durationMillis": attempt.duration,
        "requestHeaders": [list(header) for header in attempt.request_headers],
        "connectedTo": attempt.connected_to,
        "responseStatus": attempt.response_status,
        "responseHeaders": [[name, redacted(value)] for name, value in attempt.response_headers],
        "responseBody": redacted(attempt.response_body),
        "error": attempt.error,
        "misbehaviour": attempt.misbehaviour,
        "diagnosis": attempt.diagnosis,
    }
