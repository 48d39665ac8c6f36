"""What happened to one job, gathered for its page: the list, and the drawing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.http.dashboard.drawing import Change, Drawing, Point, draw
from tutorflow_mock.http.errors import is_error
from tutorflow_mock.operations.timeline import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.lint.view import Sent
    from tutorflow_mock.domain.model import Job
    from tutorflow_mock.http.dashboard.drawing import Kind
    from tutorflow_mock.http.dashboard.frame import Frame
    from tutorflow_mock.operations.timeline import Line, Placed

_CALLS = 1
"""The lane of calls; that of states is 0, those of deliveries follow."""

_MOST_LANES = 8
_KINDS: dict[str, Kind] = {"create": "create", "replay": "replay", "read": "read", "result": "result"}


class Moment(NamedTuple):
    """One line of the list: when, what, more of it, and a link to it."""

    at: Instant
    kind: str
    text: str
    status: str | None = None
    href: str | None = None


class History(NamedTuple):
    """A job's life as a list and as a drawing, with the deliveries that told of it."""

    moments: list[Moment]
    drawing: Drawing
    deliveries: list[Delivery]


class _Placed(NamedTuple):
    at: Instant
    what: Change | Point | None
    moment: Moment | None = None


def history(frame: Frame, job: Job) -> History:
    """Return what happened to a job up to now, and what is known to come."""
    store, session = frame.world.store, frame.session
    deliveries = [each for each in reversed(store.deliveries(session.id)) if each.job_id == job.id]
    lanes = {each.id: _CALLS + number for number, each in enumerate(deliveries[:_MOST_LANES], start=1)}
    past = [_placed(frame, lanes, each) for each in whole(frame.world, session, job, frame.now)]
    began = _Placed(job.created_at, Change(job.created_at, "queued"))
    found = [began, *past, *sorted(_to_come(frame, job, deliveries, lanes), key=lambda each: each.at)]
    names = ["state", "calls", *(f"delivery {number}" for number in range(1, 1 + len(lanes)))]
    drawn = [each.what for each in found if each.what is not None]
    drawing = draw(drawn, names, job.created_at, max(frame.now, job.created_at))
    return History([each.moment for each in found if each.moment is not None], drawing, deliveries)


def _placed(frame: Frame, lanes: Mapping[str, int], placed: Placed) -> _Placed:
    line, at = placed.line, placed.at
    if line.to is not None:
        return _Placed(at, Change(at, line.to, line.cause), Moment(at, "transition", f"by {line.cause}", line.to))
    if line.sent is not None:
        return _sent(frame, lanes, at, line.sent)
    if line.finding is not None:
        text = f"{line.finding.rule}: {line.finding.message}"
        return _Placed(at, None, Moment(at, "finding", text, None, frame.url("findings")))
    told = _call(frame, line, at)
    return _Placed(at, Point(at, _CALLS, _kind(line), f"{told.kind} {told.text}", told.href), told)


def _call(frame: Frame, line: Line, at: Instant) -> Moment:
    entry = line.entry
    name = line.event if line.read is None else f"read {line.read}"
    if entry is None:
        return Moment(at, name, "the journal does not hold the call any more")
    words = [entry.method, str(entry.status), *([entry.note] if entry.note else [])]
    if entry.exchange is not None and entry.exchange.fault is not None:
        words.append(f"fault {entry.exchange.fault}")
    href = frame.url("request", entry_id=entry.id) if entry.exchange is not None else None
    return Moment(at, name, " · ".join(words), None, href)


def _kind(line: Line) -> Kind:
    if line.entry is not None and is_error(line.entry.status):
        return "fault"
    return _KINDS.get(line.event, "call")


def _sent(frame: Frame, lanes: Mapping[str, int], at: Instant, sent: Sent) -> _Placed:
    """Place an attempt; those of deliveries beyond the last lane are in the list alone."""
    delivery, attempt = sent
    href = frame.url("delivery", delivery_id=delivery.id)
    said, name = outcome(attempt), f"attempt {attempt.number}"
    told = Moment(at, name, f"{delivery.event} → {said}", None, href)
    kind: Kind = "ok" if attempt.is_success else "failed"
    point = Point(at, lanes[delivery.id], kind, f"{name}: {said}", href) if delivery.id in lanes else None
    return _Placed(at, point, told)


def _to_come(frame: Frame, job: Job, deliveries: Iterable[Delivery], lanes: Mapping[str, int]) -> Iterator[_Placed]:
    if job.processing_at is not None and job.processing_at > frame.now and job.processing_at != job.finished_at:
        yield _Placed(job.processing_at, Change(job.processing_at, "processing", planned=True))
    if job.finished_at is not None and job.finished_at > frame.now:
        yield _Placed(job.finished_at, Change(job.finished_at, jobs.outcome(job), planned=True))
    for each in deliveries:
        if (due := each.next_attempt_at) is not None and due > frame.now and each.id in lanes:
            title = f"attempt {each.attempts + 1} is due at {timestamp(due)}"
            yield _Placed(due, Point(due, lanes[each.id], "due", title))


def outcome(attempt: Attempt) -> str:
    """Return how an attempt ended, in a word or a number."""
    if attempt.error is not None:
        return attempt.error
    return "no answer" if attempt.response_status is None else str(attempt.response_status)
