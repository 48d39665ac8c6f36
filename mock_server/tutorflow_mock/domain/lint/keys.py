"""Rules about idempotency keys."""

from __future__ import annotations

from collections.abc import Iterator

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.clock import Instant
from tutorflow_mock.domain.lint.finding import Found, Severity, echo
from tutorflow_mock.domain.lint.view import CREATE, KEYED, STATUS, Call, View, gap
from tutorflow_mock.domain.model import Job

_TEN_MINUTES = 600_000
_REPLAYED, _OTHER_BODY = "replayed", "replayed-other-body"
_FAILED = "failed"


def no_key(view: View) -> Iterator[Found]:
    """TF001: a create or export without any idempotency key, unless it was refused anyway."""
    for call in view.of(*KEYED):
        if not call.is_refusal and call.key is None:
            yield Found(f"{call.entry.operation} carried no idempotency key", [call], call.entry.job_id)


def made_twice(view: View) -> Iterator[Found]:
    """TF002: the same body under another key, or none, after an answer that never came or was a failure.

    After a 429 nothing can have been made; the mistake is the same and costs nothing yet, hence a warning.
    """
    unanswered: dict[object, Call] = {}
    for call in view.of(*KEYED):
        is_limited = view.is_limited(call)
        if not unanswered and not _may_be_missed(call) and not is_limited:
            continue  # nobody needs to know what is in it
        sign = (call.entry.operation, call.path, view.organization(call), call.content)
        before = unanswered.pop(sign, None)
        if before is not None and _repeats(before, call) and (is_limited or not call.is_refusal):
            yield _second(view, before, call)
        if _may_be_missed(call) or is_limited:
            unanswered[sign] = call


def _may_be_missed(call: Call) -> bool:
    return call.is_failure or call.exchange.is_lost or call.exchange.delay > 0


def _repeats(before: Call, call: Call) -> bool:
    is_answered = before.exchange.delay > 0 and not before.is_failure and call.exchange.began >= before.ended
    is_other = call.key is None or call.key != before.key
    return is_other and gap(before, call) <= _TEN_MINUTES and (before.exchange.is_lost or not is_answered)


def _second(view: View, before: Call, call: Call) -> Found:
    how = "without a key" if call.key is None else f"under another key, {echo(call.key)},"
    severity: Severity | None = None
    if before.exchange.is_lost:
        why = "an answer that never arrived"
    elif view.is_limited(before):
        why, severity = "a 429", "warning"
    else:
        why = f"a {before.entry.status}" if before.is_failure else "an answer that was not waited for"
    message = f"The same body came again {how} after {why}"
    return Found(message, [before, call], call.entry.job_id, severity)


def other_body(view: View) -> Iterator[Found]:
    """TF003: one key, two bodies."""
    first: dict[str | None, Call] = {}
    for call in view.of(*KEYED):
        if call.entry.note == _OTHER_BODY:
            calls = [first[call.key], call] if call.key in first else [call]
            yield Found(f"The key {echo(call.key or '')} came back with another body", calls, call.entry.job_id)
        elif call.entry.note is not None:
            first.setdefault(call.key, call)


def failed_again(view: View) -> Iterator[Found]:
    """TF018: a key whose job has failed came again; it answers the failed job and starts no new one.

    At the very instant of the failure, where many calls stand if the clock does, a read must have shown it before.
    """
    shown: set[str | None] = set()
    for call in view.of(CREATE, STATUS):
        if call.entry.operation == STATUS:
            shown |= {call.entry.job_id} if call.job_status == _FAILED else set()
            continue
        job = view.jobs.get(call.entry.job_id or "")
        if call.entry.note == _REPLAYED and job is not None and (job.id in shown or _has_failed(job, call.entry.at)):
            message = f"The key {echo(call.key or '')} came again after its job had failed"
            yield Found(message, [call], job.id)


def _has_failed(job: Job, at: Instant) -> bool:
    return job.finished_at is not None and job.finished_at < at and jobs.outcome(job) == _FAILED


def joined_keys(view: View) -> Iterator[Found]:
    """TF025: a key with a comma or quotes in it, which may be two headers that something joined."""
    seen: set[str] = set()
    for call in view.of(*KEYED):
        key = call.key or ""
        if ("," in key or '"' in key) and key not in seen:
            seen.add(key)
            yield Found(f"The key {echo(key)} holds a comma or quotes", [call], call.entry.job_id)
