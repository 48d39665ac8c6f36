"""What a delivery says, byte by byte and header by header, and how it goes on after each attempt."""

import hashlib
import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import HARBOUR, NOW, PROPERTY, SECOND, a_job, a_subscription, an_id

from tutorflow_mock.domain import deliveries
from tutorflow_mock.domain.deliveries import Attempt, Delivery, DeliveryStatus
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.programme import Programme
from tutorflow_openapi import load

VECTORS: dict[str, Any] = json.loads((files("tutorflow_openapi") / "vectors/signatures.json").read_text("utf-8"))
DOCUMENTED = next(vector for vector in VECTORS["valid"] if vector["name"] == "documented-delivery")
SECRET: str = DOCUMENTED["secret"]
EVENTS = ("content.completed", "content.failed")
SCHEDULE = (5, 25, 125)
VALUES = load().values
ENDED = NOW + 4 * SECOND
SIGNATURE = "490788076afc9be39c16a899d8165acaa2d59430a754ba154d19fd7e26c0ebef"


def a_delivery(job: Job | None = None) -> Delivery:
    """Return the delivery of the documentation's example, or of another job."""
    event = deliveries.end_of(job or a_job(), an_id(200), "content.completed", VALUES)
    return deliveries.created(an_id(300), event, a_subscription())


def an_attempt(delivery: Delivery, status: int | None = 500, *, error: str | None = None, at: int = ENDED) -> Attempt:
    """Return what came of the attempt that a delivery is in."""
    return Attempt(
        number=delivery.attempts, due_at=at, at=at, ended_at=at + 30, duration=30, response_status=status, error=error
    )


def tried(delivery: Delivery, *outcomes: int | str, schedule: tuple[float, ...] = SCHEDULE) -> Delivery:
    """Return a delivery after attempts with these statuses or errors, each made when it fell due."""
    for outcome in outcomes:
        at = delivery.next_attempt_at or 0
        delivery = deliveries.begun(delivery)
        status, error = (outcome, None) if isinstance(outcome, int) else (None, outcome)
        delivery = deliveries.after_attempt(delivery, an_attempt(delivery, status, error=error, at=at), schedule)
    return delivery


@pytest.mark.parametrize(
    ("status", "event"),
    [
        *(("completed", "content.completed"), ("failed", "content.failed")),
        *(("queued", None), ("processing", None), ("content.failed", None), ("", None)),
    ],
)
def test_the_event_of_a_status(status: str, event: str | None) -> None:
    """F-049, F-050: a job tells of its end, and of nothing before it."""
    assert deliveries.event_of(status, EVENTS) == event


@pytest.mark.requirement("HOOK-007", "HOOK-014")
def test_the_documented_delivery_byte_by_byte() -> None:
    """12.6: 211 bytes, five members in their order, no blank and no line feed."""
    body = deliveries.body_bytes(a_job(), "content.completed", VALUES)
    assert body.decode() == DOCUMENTED["body"]
    assert len(body) == 211


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("flat", "{%s}"),
        ("enveloped", '{"event":"content.failed","data":{%s}}'),
        ("flat-with-event", '{"event":"content.failed",%s}'),
    ],
)
def test_the_shapes_of_a_failed_delivery(payload: str, text: str) -> None:
    """S56, S57: the same five members in each shape, the event before them, and no word of the reason."""
    job = replace(a_job(Programme(outcome="failed", error_code="secret-reason"), ("expanded_quiz",)), id=an_id(101))
    members = (
        '"jobId":"00000000-0000-4000-8000-000000000101","status":"failed","sourceType":"source_json",'
        '"requestedOutputs":["expanded_quiz"],"completedAt":"2026-07-06T09:00:04.000Z"'
    )
    assert deliveries.body_bytes(job, "content.failed", {"webhook.payload": payload}).decode() == text % members


@pytest.mark.parametrize("payload", ["flat", "enveloped", "flat-with-event"])
@pytest.mark.parametrize("outcome", ["completed", "failed", "partial"])
def test_the_document_takes_each_shape(payload: str, outcome: str) -> None:
    """`DeliveryBody` under a value accepts what we send under it, and of the other shapes only what has its members."""
    contract = load().under({"webhook.payload": payload})
    job = a_job(Programme(outcome=outcome))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    event = "content.completed" if outcome == "completed" else "content.failed"
    value = json.loads(deliveries.body_bytes(job, event, contract.values))
    assert contract.schema("#/components/schemas/DeliveryBody").violations(value) == ()
    assert {"flat": "jobId", "enveloped": "data", "flat-with-event": "event"}[payload] in value


def test_a_body_in_any_script_is_sent_as_utf_8() -> None:
    """HOOK-023: nothing is escaped; an instant that nobody knows yet is the creation's."""
    job = replace(a_job(), source_type="수업 é 🎓", finished_at=None)
    body = deliveries.body_bytes(job, "content.completed", VALUES)
    assert '"sourceType":"수업 é 🎓"'.encode() in body
    assert body.endswith(b'"completedAt":"2026-07-06T09:00:00.000Z"}')


@pytest.mark.requirement("HOOK-004", "HOOK-009", "HOOK-024")
@pytest.mark.parametrize(
    ("subscription", "job", "values", "is_told"),
    [
        *(
            ({}, {}, {}, True),
            ({"events": ("content.failed",)}, {}, {}, False),
            ({"status": "DISABLED"}, {}, {}, False),
        ),
        *(({}, {"exported": True}, {}, True), ({}, {"exported": True}, {"export.webhook": "silent"}, False)),
        *(({}, {}, {"export.webhook": "silent"}, True), ({"created_at": NOW + 1}, {}, {}, True)),
        ({"created_at": NOW + 1}, {}, {"webhook.late-subscription": "skipped"}, False),
        ({"created_at": NOW}, {}, {"webhook.late-subscription": "skipped"}, True),
    ],
)
def test_who_is_told(
    subscription: dict[str, Any],
    job: dict[str, Any],
    values: dict[str, str],
    is_told: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """S67, S69, S77: active subscriptions to the event, for late ones and exports too, unless a behaviour says no."""
    who, about = replace(a_subscription(), **subscription), replace(a_job(), **job)
    assert deliveries.hears(who, "content.completed", about, {**VALUES, **values}) is is_told


@pytest.mark.requirement("HOOK-022")
def test_a_delivery_knows_what_it_needs_and_no_more() -> None:
    """B14: due at the job's end; neither secret nor body is shown when the record is printed, no source is in it."""
    delivery = a_delivery()
    assert (delivery.status, delivery.attempts, delivery.created_at) == ("pending", 0, ENDED)
    assert (delivery.next_attempt_at, delivery.is_settled) == (ENDED, False)
    assert (delivery.subscription_id, delivery.organization_id, delivery.job_id) == (an_id(40), HARBOUR, an_id(100))
    assert SECRET not in repr(delivery)
    assert b"Kitchen" not in delivery.body


@pytest.mark.requirement("HOOK-005", "HOOK-006")
def test_exactly_the_documented_headers() -> None:
    """F-077: event, signature, content type; nothing of ours."""
    assert deliveries.headers_for(a_delivery(), [SECRET], VALUES, 0) == (
        ("X-Content-Integration-Event", "content.completed"),
        ("X-Content-Integration-Signature", SIGNATURE),
        ("Content-Type", "application/json"),
    )


def test_the_second_signature_on_request() -> None:
    """N-092, N-093: fresh in every attempt and under each secret, while the legacy one stays."""
    values = load().under({"webhook.signatures": ("v1", "v2")}).values
    first, second = (dict(deliveries.headers_for(a_delivery(), [SECRET, "old"], values, t)) for t in (100, 105))
    assert first["X-Content-Integration-Signature"] == second["X-Content-Integration-Signature"] == SIGNATURE
    for t, headers in ((100, first), (105, second)):
        assert re.fullmatch(
            rf"t={t},v1=[0-9a-f]{{64}},v1=[0-9a-f]{{64}}", headers["X-Content-Integration-Signature-V2"]
        )
    assert len(first) == 4


@pytest.mark.parametrize("signatures", [("v1",), ("v1", "v2")])
def test_the_headers_are_those_of_the_document(signatures: tuple[str, ...]) -> None:
    """Each is a parameter of the document's webhook, or its media type, with a value that the parameter takes."""
    contract = load().under({"webhook.signatures": signatures})
    sent = dict(deliveries.headers_for(a_delivery(), [SECRET], contract.values, 100))
    event = contract.webhooks["contentCompleted"]
    declared = {parameter.name: parameter for parameter in event.parameters}
    assert event.body is not None
    assert sent.pop("Content-Type") == event.body.media_type
    assert all(declared[name].schema.is_valid(value) for name, value in sent.items())
    assert {name for name, parameter in declared.items() if parameter.required} <= set(sent)


@pytest.mark.parametrize(
    ("status", "error", "is_success"),
    [
        *((200, None, True), (204, None, True), (299, None, True), (199, None, False), (300, None, False)),
        *((302, "redirect", False), (410, None, False), (429, None, False), (500, None, False)),
        *((None, "timeout", False), (200, "timeout", False), (None, None, False)),
    ],
)
def test_what_counts_as_success(status: int | None, error: str | None, is_success: bool) -> None:  # noqa: FBT001 - a column
    """S59: 2xx in time, and nothing else."""
    assert an_attempt(a_delivery(), status, error=error).is_success is is_success


@pytest.mark.requirement("HOOK-010")
def test_the_schedule_of_the_default() -> None:
    """S58: 5, 25 and 125 s after the end of the attempt before, four attempts, then given up."""
    dues: list[int] = []
    delivery = a_delivery()
    while delivery.next_attempt_at is not None:
        dues.append(delivery.next_attempt_at - ENDED)
        delivery = tried(delivery, 503)
    assert dues == [0, 5_030, 30_060, 155_090]
    assert (delivery.status, delivery.attempts, delivery.is_settled) == ("failed", 4, True)


@pytest.mark.parametrize(
    ("outcomes", "schedule", "status"),
    [
        *(((200,), SCHEDULE, "sent"), ((500,), SCHEDULE, "retrying"), ((500, 204), SCHEDULE, "sent")),
        *(((500,), (), "failed"), ((500, 500), (0.5,), "failed"), (("timeout", "reset"), (0,), "failed")),
        *((("blocked",), (), "blocked"), (("blocked",), SCHEDULE, "retrying"), ((500, "blocked"), (1,), "blocked")),
        *(
            (("blocked", 500), (1,), "failed"),
            (("blocked", 200), (1,), "sent"),
            (("blocked",) * 4, SCHEDULE, "blocked"),
        ),
    ],
)
def test_where_attempts_lead(outcomes: tuple[int | str, ...], schedule: tuple[float, ...], status: str) -> None:
    """B4, B5: the last attempt decides; blocked ones count like any failure."""
    delivery = tried(a_delivery(), *outcomes, schedule=schedule)
    assert (delivery.status, delivery.attempts) == (status, len(outcomes))
    assert (delivery.next_attempt_at is None) is (status != "retrying")


def test_a_pause_may_be_a_fraction_of_a_second() -> None:
    """Pauses are seconds, due instants milliseconds."""
    assert tried(a_delivery(), 500, schedule=(0.25,)).next_attempt_at == ENDED + 30 + 250


def test_a_running_attempt_has_no_next_one() -> None:
    """A delivery is in one attempt at a time; its number is the count."""
    running = deliveries.begun(a_delivery())
    assert (running.status, running.attempts, running.next_attempt_at) == ("sending", 1, None)


@pytest.mark.parametrize(
    ("before", "outcome", "status"),
    [
        *(((200,), 200, "sent"), ((200,), 500, "failed"), ((500,) * 4, 200, "sent"), ((500,) * 4, 500, "failed")),
        *((("blocked",) * 4, "blocked", "blocked"), (("blocked",) * 4, 200, "sent")),
    ],
)
def test_a_redelivery_is_one_try_with_the_same_bytes(
    before: tuple[int | str, ...], outcome: int | str, status: str
) -> None:
    """A settled delivery that is sent again by hand takes the next number and starts no schedule anew."""
    settled = tried(a_delivery(), *before)
    again = deliveries.redelivered(settled, ENDED + 600 * SECOND)
    assert (again.status, again.next_attempt_at, again.is_settled) == ("retrying", ENDED + 600 * SECOND, False)
    done = tried(deliveries.redelivered(again, ENDED + 601 * SECOND), outcome)
    assert (done.status, done.attempts, done.next_attempt_at) == (status, len(before) + 1, None)
    assert (done.body, done.id, done.event_id) == (settled.body, settled.id, settled.event_id)


def test_a_delivery_that_waits_takes_its_next_try_early() -> None:
    """Sent again by hand while tries are to come: the rest of the schedule stays."""
    early = deliveries.redelivered(tried(a_delivery(), 500), ENDED + SECOND)
    after = tried(early, 500)
    assert (early.next_attempt_at, after.status) == (ENDED + SECOND, "retrying")
    assert after.next_attempt_at == ENDED + SECOND + 30 + 25 * SECOND


@pytest.mark.requirement("HOOK-003")
@pytest.mark.parametrize(
    ("outcomes", "status"), [((), "dropped"), ((500,), "dropped"), ((200,), "sent"), ((500,) * 4, "failed")]
)
def test_what_a_deleted_subscription_leaves(outcomes: tuple[int, ...], status: str) -> None:
    """S70: what is to come is dropped, what is settled stays."""
    delivery = deliveries.dropped(tried(a_delivery(), *outcomes))
    assert (delivery.status, delivery.next_attempt_at) == (status, None)


@pytest.mark.parametrize(("outcome", "status"), [(200, "sent"), (500, "dropped")])
def test_dropped_while_its_attempt_runs(outcome: int, status: DeliveryStatus) -> None:
    """The attempt in flight ends as it ends; none follows."""
    running = deliveries.dropped(deliveries.begun(a_delivery()))
    done = deliveries.after_attempt(running, an_attempt(running, outcome), SCHEDULE)
    assert (done.status, done.next_attempt_at) == (status, None)


@given(
    outcomes=st.lists(st.sampled_from((200, 301, 500, "timeout", "blocked")), max_size=12),
    schedule=st.lists(st.integers(0, 300), max_size=6).map(tuple),
)
@PROPERTY
def test_every_delivery_comes_to_an_end(outcomes: list[int | str], schedule: tuple[int, ...]) -> None:
    """At most one attempt more than pauses, never two due at once, the bytes those of the beginning."""
    delivery = first = a_delivery()
    for outcome in outcomes:
        if delivery.is_settled:
            break
        delivery = tried(delivery, outcome, schedule=schedule)
        assert delivery.is_settled is (delivery.next_attempt_at is None)
    assert delivery.attempts <= len(schedule) + 1
    assert delivery.body is first.body


def test_how_the_control_plane_shows_a_delivery() -> None:
    """mock-conventions 9: status, count, instants, and a digest instead of the body."""
    delivery = tried(a_delivery(), 500)
    shown = deliveries.delivery_body(delivery)
    assert shown == {
        "id": an_id(300),
        "subscriptionId": an_id(40),
        "jobId": an_id(100),
        "event": "content.completed",
        "url": "https://hooks.harbour.example/tutorflow",
        "status": "retrying",
        "attempts": 1,
        "createdAt": "2026-07-06T09:00:04.000Z",
        "nextAttemptAt": "2026-07-06T09:00:09.030Z",
        "bodySha256": hashlib.sha256(delivery.body).hexdigest(),
    }
    assert deliveries.delivery_body(tried(a_delivery(), 200))["nextAttemptAt"] is None


def test_how_the_control_plane_shows_an_attempt() -> None:
    """What was sent is shown as sent, what came back without the secrets that a receiver may have echoed."""
    attempt = Attempt(
        number=2,
        due_at=ENDED,
        at=ENDED + 1,
        ended_at=ENDED + 31,
        duration=30,
        request_headers=(("X-Content-Integration-Event", "content.completed"),),
        connected_to="127.0.0.1:3000",
        response_status=500,
        response_headers=(("Set-Cookie", "jwt=demo-admin; Path=/"),),
        response_body="Authorization: Bearer abc.def",
        misbehaviour="wrong-secret",
        diagnosis="the signature does not match",
    )
    assert deliveries.attempt_body(attempt) == {
        "number": 2,
        "dueAt": "2026-07-06T09:00:04.000Z",
        "at": "2026-07-06T09:00:04.001Z",
        "durationMillis": 30,
        "requestHeaders": [["X-Content-Integration-Event", "content.completed"]],
        "connectedTo": "127.0.0.1:3000",
        "responseStatus": 500,
        "responseHeaders": [["Set-Cookie", "jwt=…; Path=/"]],
        "responseBody": "Authorization: Bearer …",
        "error": None,
        "misbehaviour": "wrong-secret",
        "diagnosis": "the signature does not match",
    }


def test_a_misbehaviour_may_let_a_delivery_come_once_more() -> None:
    """If the receiver took it; the further attempt is owed to the misbehaviour, and it is one."""
    begun = deliveries.begun(a_delivery())
    again = replace(an_attempt(begun, 200), misbehaviour="duplicate", again_at=ENDED + 30)
    waiting = deliveries.after_attempt(begun, again, SCHEDULE)
    assert (waiting.status, waiting.next_attempt_at, waiting.owed_to) == ("retrying", ENDED + 30, "duplicate")
    second = tried(waiting, 200)
    assert (second.status, second.attempts, second.owed_to) == ("sent", 2, None)
    assert tried(waiting, 500).owed_to is None
    assert deliveries.redelivered(waiting, NOW).owed_to is None
    refused = deliveries.after_attempt(begun, replace(again, response_status=500), SCHEDULE)
    assert (refused.next_attempt_at, refused.owed_to) == (ENDED + 30 + 5 * SECOND, None)


def test_nothing_comes_once_more_to_nobody() -> None:
    """The subscription was deleted while the attempt ran."""
    begun = deliveries.begun(a_delivery())
    again = replace(an_attempt(begun, 200), misbehaviour="duplicate", again_at=ENDED)
    gone = deliveries.after_attempt(deliveries.dropped(begun), again, SCHEDULE)
    assert (gone.status, gone.next_attempt_at) == ("sent", None)


def test_a_delivery_that_is_dropped_on_purpose_is_not_tried() -> None:
    """It is given up at once."""
    lost = tried(a_delivery(), "dropped")
    assert (lost.status, lost.next_attempt_at) == ("dropped", None)


def test_a_delivery_is_held_back() -> None:
    """It keeps what it is and comes later."""
    held = deliveries.postponed(a_delivery(), ENDED + SECOND, "reorder")
    assert (held.status, held.attempts, held.next_attempt_at) == ("pending", 0, ENDED + SECOND)
    assert held.owed_to == "reorder"
