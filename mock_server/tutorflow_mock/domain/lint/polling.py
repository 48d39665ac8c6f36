"""Rules about following a job to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.lint.finding import Found, counted, seconds
from tutorflow_mock.domain.lint.view import Call, View, gap
from tutorflow_mock.domain.model import Job

_SECOND, _MINUTE = 1_000, 60_000
_FEWEST_GAPS = 3
_ENOUGH_AFTER = 2
_BOUNDED = 60
"""The reads after which a client may give up: those of the guides' own loop (F-123)."""
_TOO_MANY = 2 * _BOUNDED


def too_fast(view: View) -> Iterator[Found]:
    """TF004: the status of one job read less than a second apart, by the median of at least three gaps.

    Gaps count in which the session's clock ran: on one that stands nobody can wait by it.
    """
    for job_id, reads in view.reads.items():
        pairs = [pair for pair in pairwise(_open(view, reads)) if not any(call.exchange.stands for call in pair)]
        if len(pairs) < _FEWEST_GAPS:
            continue
        median = _median([gap(*pair) for pair in pairs])
        if median < _SECOND:
            hasty = [after for before, after in pairs if gap(before, after) < _SECOND]
            yield Found(f"The status was read every {seconds(median)}", hasty, job_id)


def _open(view: View, reads: Sequence[Call]) -> Sequence[Call]:
    """Return the reads up to the first that showed the end."""
    last = next((index for index, call in enumerate(reads) if view.shows_end(call)), len(reads))
    return reads[: last + 1]


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def read_on(view: View) -> Iterator[Found]:
    """TF006: a status that was read twice or more after it had shown the end."""
    for job_id, reads in view.reads.items():
        for run in _after_ends(view, reads):
            if len(run) >= _ENOUGH_AFTER:
                again = counted(len(run), "time")
                yield Found(f"The status was read {again} after it had shown the end", run, job_id)


def _after_ends(view: View, reads: Sequence[Call]) -> Sequence[Sequence[Call]]:
    """Return the reads after each end that was shown, as far as no earlier state was shown again."""
    runs: list[list[Call]] = []
    is_over = False
    for call in reads:
        if is_over:
            runs[-1].append(call)
        if view.shows_end(call) and not is_over:
            is_over = True
            runs.append([])
        elif call.job_status is not None and not view.shows_end(call):
            is_over = False
    return runs


def never_fetched(view: View) -> Iterator[Found]:
    """TF007: a completed job of whose end the client knows, but whose result nobody has fetched."""
    for job in view.jobs.values():
        if job.exported or jobs.status(job, view.facts.now) != "completed":
            continue
        ends = [call for call in view.reads.get(job.id, ()) if view.shows_end(call)]
        is_fetched = any(call.job_status is not None for call in view.results.get(job.id, ()))
        if (ends or job.id in view.told) and not is_fetched:
            yield Found("The job is completed and its result was never fetched", ends[-1:], job.id)


def too_early(view: View) -> Iterator[Found]:
    """TF008: a result that was read before the client can have known of the end."""
    for job_id, results in view.results.items():
        known = set(_after_end(view, job_id))
        early = [call for call in results if call not in known and _is_early(view, job_id, call)]
        if early:
            told = counted(len(early), "time")
            message = f"The result was read {told} before the job had ended"
            yield Found(message, early, job_id)


def _after_end(view: View, job_id: str) -> Iterator[Call]:
    """Tell the reads of a result that come after a status which showed the end."""
    is_known = False
    for call in view.by_job.get(job_id, ()):
        is_known = is_known or view.shows_end(call)
        if is_known:
            yield call


def _is_early(view: View, job_id: str, call: Call) -> bool:
    if call.exchange.fault is not None:
        return False
    if call.job_status is not None:
        return call.job_status not in view.facts.terminal
    job = view.jobs.get(job_id)
    is_open = job is not None and (job.finished_at is None or call.entry.at < job.finished_at)
    return is_open and call.is_refusal and not view.is_limited(call)


def given_up(view: View) -> Iterator[Found]:
    """TF009: polling that stopped before the end, with no delivery accepted either.

    It has stopped when nothing was asked of the job for over a minute, at once on a clock that stands. Nobody is
    blamed for giving up on a job that is held, or after sixty reads.
    """
    for job in view.jobs.values():
        reads = view.reads.get(job.id, ())
        if not 0 < len(reads) < _BOUNDED or job.exported or job.id in view.told:
            continue
        if any(view.shows_end(call) for call in (*reads, *view.results.get(job.id, ()))):
            continue
        if not _is_held(view, job) and _is_quiet(view, view.by_job[job.id][-1]):
            message = f"Polling stopped after {counted(len(reads), 'read')}, before the job had shown its end"
            yield Found(message, reads[-1:], job.id)


def _is_held(view: View, job: Job) -> bool:
    return job.programme.progression == "held" and jobs.status(job, view.facts.now) not in view.facts.terminal


def _is_quiet(view: View, last: Call) -> bool:
    facts = view.facts
    waited = max(facts.now - last.entry.at, (facts.elapsed - last.exchange.began) * 1000)
    return facts.stands or waited > _MINUTE


def no_deadline(view: View) -> Iterator[Found]:
    """TF024: one open job that was read more than 120 times."""
    for job_id, reads in view.reads.items():
        still_open = [call for call in reads if call.job_status is not None and not view.shows_end(call)]
        if len(still_open) > _TOO_MANY:
            message = f"One job was read {counted(len(still_open), 'time')} before it had ended"
            yield Found(message, still_open[_TOO_MANY:], job_id)
