"""What a read shows of a job under a fault; the job itself goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain import jobs

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.faults import Injected, Options
    from tutorflow_mock.domain.jobs import Progress
    from tutorflow_mock.domain.model import Job


def is_hidden(injected: Injected, job: Job, now: Instant, hidden_reads: int) -> bool:
    """Tell whether NOT_YET_VISIBLE hides a job: for so many reads, for so long after its creation, or anyhow."""
    options = injected.options
    if not options:
        return True
    return hidden_reads < int(options.get("reads", 0)) or now < job.created_at + int(options.get("for", 0))


def shown(injected: Injected, job: Job, now: Instant, *, last: Progress | None, reads: int) -> Progress:
    """Return what a read shows of a job under a fault.

    `last` is what the status last showed, if that is known; `reads` counts the job's status reads, this one included.
    STALE_READ shows the state before the last shown, STATUS_FLAPPING does so at every second read, and RESULT_LATE
    shows the one before the end, for some time after it or at every read.
    """
    truth = jobs.progress(job, now)
    match injected.fault.name:
        case "STALE_READ":
            return before(job, last or truth)
        case "STATUS_FLAPPING":
            return truth if reads % 2 else before(job, last or truth)
        case "RESULT_LATE" if truth.is_terminal and _is_late(injected.options, truth, now):
            return before(job, truth)
        case _:
            return truth


def before(job: Job, progress: Progress) -> Progress:
    """Return a job in the state before the one given; nothing comes before queued."""
    if not progress.is_terminal or job.processing_at is None or progress.since <= job.processing_at:
        return jobs.at_creation(job)
    return jobs.progress(job, progress.since - 1)


def _is_late(options: Options, truth: Progress, now: Instant) -> bool:
    return "for" not in options or now < truth.since + int(options["for"])
