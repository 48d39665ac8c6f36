"""The state of a job: a pure function of its programme, its creation, an instant and its counted reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Job, Output
    from tutorflow_mock.domain.programme import Programme

Status = Literal["queued", "processing", "completed", "failed"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is at an instant: its status, how many rows are through, since when."""

    status: Status
    rows_done: int
    since: Instant

    @property
    def is_terminal(self) -> bool:
        """Tell whether the job has ended."""
        return self.status in {"completed", "failed"}


def schedule(programme: Programme, created_at: Instant) -> tuple[Instant | None, Instant | None]:
    """Return when a job created at an instant starts and ends, as far as its programme fixes that at creation."""
    match programme.progression:
        case "time":
            processing_at = created_at + programme.queued
            return processing_at, processing_at + programme.processing
        case "immediate":
            return created_at, created_at
        case _:
            return None, None


def read(job: Job, now: Instant) -> Job:
    """Return the job after one more counted read; only a programme counted in reads is moved by it."""
    if job.programme.progression != "manual" or job.finished_at is not None:
        return job
    polls, reads, at = job.programme.polls, job.reads + 1, _not_before(job, now)
    processing_at = at if job.processing_at is None and reads >= (polls + 1) // 2 else job.processing_at
    return replace(job, reads=reads, processing_at=processing_at, finished_at=at if reads >= polls else None)


def forced(job: Job, to: Status, now: Instant, programme: Programme) -> Job:
    """Return the job moved by hand, under the outcome that was asked for; the caller has judged the move as legal."""
    is_waiting = job.processing_at is None or job.processing_at > now
    at = max(now, job.created_at) if is_waiting else _not_before(job, now)
    if to == "processing":
        is_timed = job.programme.progression == "time"
        return replace(job, processing_at=at, finished_at=at + job.programme.processing if is_timed else None)
    processing_at = at if is_waiting else job.processing_at
    return replace(job, processing_at=processing_at, finished_at=at, programme=programme)


def _not_before(job: Job, now: Instant) -> Instant:
    """Return an instant behind which nothing was shown: calls that run side by side bring theirs in any order."""
    return max(now, job.created_at, job.processing_at or 0)


def status(job: Job, now: Instant) -> Status:
    """Return the status of a job at an instant, never that of before its creation."""
    now = max(now, job.created_at)
    if job.finished_at is not None and now >= job.finished_at:
        return outcome(job)
    return "processing" if job.processing_at is not None and now >= job.processing_at else "queued"


def outcome(job: Job) -> Status:
    """Return the terminal status that the job is heading for; a partial failure counts as the job was told (S14)."""
    if job.programme.outcome == "partial" and len(failing(job)) < len(job.outputs):
        return job.partial_is
    return "completed" if job.programme.outcome == "completed" else "failed"


def at_creation(job: Job) -> Progress:
    """Return what a create shows, whatever the programme: everything queued (F-039)."""
    return Progress("queued", 0, job.created_at)


def first_view(job: Job) -> Progress:
    """Return what the first answer showed of a job, whichever operation made it."""
    return progress(job, job.created_at) if job.exported else at_creation(job)


def progress(job: Job, now: Instant) -> Progress:
    """Return how far a job is: its rows go one after another, in equal shares of the time or of the reads."""
    now = max(now, job.created_at)
    current = status(job, now)
    if current == "queued" or job.processing_at is None:
        return at_creation(job)
    if current != "processing":
        return Progress(current, len(job.outputs), job.finished_at or job.created_at)
    return _processing(job, now, job.processing_at)


def _processing(job: Job, now: Instant, began: Instant) -> Progress:
    rows = len(job.outputs)
    if job.finished_at is not None:
        span = job.finished_at - began
        done = (now - began) * rows // span
        return Progress("processing", done, began + -(-done * span // rows))
    if job.programme.progression == "manual":
        first, last = (job.programme.polls + 1) // 2, job.programme.polls
        return Progress("processing", max(0, job.reads - first) * rows // max(1, last - first), began)
    return Progress("processing", 0, began)


def failing(job: Job) -> tuple[Output, ...]:
    """Return the outputs that fail in the end: all of a failed job, the named ones or the last of a partial one."""
    named = tuple(output for output in job.outputs if output.output_type in job.programme.failed_outputs)
    match job.programme.outcome:
        case "completed":
            return ()
        case "failed":
            return named or job.outputs
        case _:
            return named or job.outputs[-1:]


def next_transition(job: Job, now: Instant) -> Instant | None:
    """Return the instant of the next transition that is known, if any."""
    return min((at for at in (job.processing_at, job.finished_at) if at is not None and at > now), default=None)
