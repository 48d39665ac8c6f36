"""How a job comes to be, for create and export alike: its key, its rows, its programme, its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import idempotency, ids, jobs, programme
from tutorflow_mock.domain.errors import KeyInUse, KeyReused, refusal
from tutorflow_mock.domain.model import Job, Output
from tutorflow_mock.operations import early
from tutorflow_mock.operations.call import Reply
from tutorflow_mock.operations.plan import output_kinds, policy_of
from tutorflow_mock.operations.waiting import hold
from tutorflow_mock.stores.base import InFlight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Lesson, Session
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.plan import OutputKind
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.base import Created

KEY_HEADER = "idempotency-key"
_HELD_FOR = 1_000
"""Milliseconds that `Prefer: idempotency=in-flight` waits under the alternative `wait`."""
_SHARED, _REPLAYED = "shared", "replayed-other-body"


class Source(NamedTuple):
    """What a job is made of."""

    source_type: str
    title: str
    classroom_id: str | None


class Order(NamedTuple):
    """A job as it is ordered: for whom, of what, which outputs, how it goes, under which key, with which body."""

    organization_id: str
    source: Source
    output_types: tuple[str, ...]
    programme: Programme
    key: str | None
    raw: bytes


def create_once(world: World, request: Request, make: Callable[[], Job], namespace: str) -> Created:
    """Make a job under the request's key, or return the one that the key made; refuse a reuse if told to."""
    claim = _claim(request, namespace)
    if claim is not None and (request.visit.wanted.idempotency is not None or _fault(request) is not None):
        _meet_holder(request)
    rules = policy_of(request.visit.contract)
    created = world.store.create_job_once(request.session.id, make, claim, request.now, rules)
    if created.verdict == _REPLAYED and (kind := refusal(request.values["idempotency.same-key-other-body"])):
        error = KeyReused if kind is KeyReused else KeyInUse
        raise error("This idempotency key was used for another body", reason="key-reused")
    if created.verdict == "new":
        early.hold(world, request.session, created.job)
    return created


def _meet_holder(request: Request) -> None:
    """Act as if another request held the key: refuse, or wait for as long as that would take (S13)."""
    if refusal(request.values["idempotency.in-flight"]):
        error = InFlight()
        error.fault = _fault(request)
        raise error
    hold(_HELD_FOR)


def _fault(request: Request) -> str | None:
    """Return whose fault it is that another request seems to hold the key, if it is one."""
    met = request.visit.met
    return None if met is None or met.acts_at("claim") is None else met.by


def usual_programme(world: World, request: Request) -> Programme:
    """Return how a new job goes of which nothing else is said."""
    return request.session.programme or programme.parse_short(world.settings.programme)


def new_job(world: World, request: Request, source: Source, output_types: Iterable[str], goes: Programme) -> Job:
    """Return the new job of a request, which goes as a programme says."""
    order = Order(request.organization_id, source, tuple(output_types), goes, idempotency_key(request), request.raw)
    return early.hastened(world, request.session, assembled(world, request.session, order, request.now), request.now)


def assembled(world: World, session: Session, order: Order, now: Instant) -> Job:
    """Return a new job with one row for each output, its ids and tokens drawn from the session's stream in one go."""
    contract = world.contract_of(session)
    kinds = output_kinds(contract)
    job_id, *digits = ids.tokens(world.ids_of(session), "jobs", 1 + 3 * len(order.output_types))
    processing_at, finished_at = jobs.schedule(order.programme, now)
    return Job(
        id=ids.shape_uuid(job_id),
        organization_id=order.organization_id,
        classroom_id=order.source.classroom_id,
        source_type=order.source.source_type,
        source_title=order.source.title,
        outputs=tuple(
            _output(kinds[output_type], order.source.title, digits[3 * index : 3 * index + 3])
            for index, output_type in enumerate(order.output_types)
        ),
        idempotency_key=order.key,
        source=order.raw,
        created_at=now,
        programme=order.programme,
        processing_at=processing_at,
        finished_at=finished_at,
        partial_is="completed" if contract.values["job.partial-failure"] == "completed" else "failed",
    )


def exported(job: Job, lesson: Lesson) -> Job:
    """Return the job of an export: its one output is the lesson under its own id and title (S72)."""
    output = replace(job.outputs[0], resource_id=lesson.id, title=lesson.title)
    return replace(job, outputs=(output,), exported=True)


def operation_of(job: Job) -> str:
    """Return the operation that made a job."""
    return "exportContent" if job.exported else "createExpansion"


def idempotency_key(request: Request) -> str | None:
    """Return the key that counts for a request, from its header or its body (F-060, S8)."""
    header = request.visit.call.header(KEY_HEADER)
    return idempotency.chosen_key(header, request.body.get("idempotencyKey"), request.values["idempotency.precedence"])


def reply(request: Request, created: Created, body: bytes) -> Reply:
    """Return the success of create or export, marked as a replay where a behaviour asks for it."""
    is_marked = created.verdict != "new" and request.values["idempotency.replay-marker"] != "none"
    return Reply(
        request.success,
        body,
        headers=(("Idempotent-Replayed", "true"),) if is_marked else (),
        job_id=created.job.id,
        idempotency=created.verdict,
        warnings=_key_warnings(request),
        fault=_fault(request) if created.job.idempotency_key is not None else None,
    )


def _claim(request: Request, namespace: str) -> idempotency.Claim | None:
    key = idempotency_key(request)
    if key is None:
        if kind := refusal(request.values["idempotency.missing-key"]):
            raise kind("Validation failed: an idempotency key is required", reason="missing-idempotency-key")
        return None
    is_shared = request.values["idempotency.export-namespace"] == _SHARED
    is_raw = request.values["idempotency.fingerprint"] == "raw-bytes"
    body = idempotency.SentBody(request.raw, by_bytes=is_raw)
    return idempotency.Claim("" if is_shared else namespace, request.organization_id, key, body)


def _key_warnings(request: Request) -> tuple[str, ...]:
    """Warn of two keys that differ, and of a comma: two headers of one name arrive joined by it."""
    header, member = request.visit.call.header(KEY_HEADER), request.body.get("idempotencyKey")
    conflict = ("key-conflict",) if None not in {header, member} and header != member else ()
    return (*conflict, "comma-in-key") if header is not None and "," in header else conflict


def _output(kind: OutputKind, title: str, digits: Sequence[str]) -> Output:
    row, resource, share = digits
    return Output(
        id=ids.shape_uuid(row),
        output_type=kind.output_type,
        resource_type=kind.resource_type,
        resource_id=ids.shape_uuid(resource),
        title=f"{title} {kind.label}",
        public_url=kind.public_url.replace("{token}", share),
    )
