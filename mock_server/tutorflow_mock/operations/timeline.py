"""What happened to one job: the calls that the journal remembers, transitions, attempts to tell of it, findings."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.lint import rules
from tutorflow_mock.domain.lint.view import Sent
from tutorflow_mock.operations import lint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.jobs import Status
    from tutorflow_mock.domain.lint.finding import Finding
    from tutorflow_mock.domain.model import Entry, Job, Session
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract

_STATUS_OPERATION = "getExpansion"
_EVENTS = {_STATUS_OPERATION: "read", "getExpansionResult": "result"}
_BEFORE_ALL = -1
_AFTER_MOVES = 10
"""The step of the first attempt: a job has fewer transitions, and is told of when it has moved."""


class Line(NamedTuple):
    """A call with its journal entry and, for a counted read, its number; or a transition with its cause.

    Or an attempt to tell a receiver of the job's end; or what a rule finds wrong.
    """

    event: str
    entry: Entry | None = None
    read: int | None = None
    to: Status | None = None
    cause: str | None = None
    sent: Sent | None = None
    finding: Finding | None = None


class Placed(NamedTuple):
    """A line, its instant, and its place among the lines of that instant: after which entry of the journal."""

    at: Instant
    after: int
    step: int
    line: Line


class _Move(NamedTuple):
    to: Status
    at: Instant
    read: int


def whole(world: World, session: Session, job: Job, now: Instant) -> list[Placed]:
    """Return everything that happened to a job: its timeline with attempts of its deliveries, and with findings.

    An attempt at the instant of the job's end comes right after the transition, any other before the calls of its
    instant. A finding stands behind the last thing that shows it.
    """
    store = world.store
    entries, reads = store.read_journal(session.id), store.read_count(session.id, job.id)
    lines = timeline(job, reads, entries, world.contract_of(session), now)
    end = max((each.after for each in lines if each.at == job.finished_at and each.line.to), default=_BEFORE_ALL)
    sent = (
        Sent(delivery, attempt)
        for delivery in reversed(store.deliveries(session.id))
        if delivery.job_id == job.id
        for attempt in store.attempts(session.id, delivery.id)
    )
    attempts = (
        Placed(each.attempt.at, end if each.attempt.at == job.finished_at else _BEFORE_ALL, step, _attempt(each))
        for step, each in enumerate(sent, start=_AFTER_MOVES)
    )
    lines = sorted([*lines, *attempts], key=lambda each: each[:3])
    return list(_with_findings(lines, rules.of_job(lint.grade(world, session), job.id)))


def _attempt(sent: Sent) -> Line:
    return Line("attempt", sent=sent)


def _with_findings(lines: Sequence[Placed], findings: Iterable[Finding]) -> Iterator[Placed]:
    behind: dict[int, list[Finding]] = {}
    for finding in findings:
        behind.setdefault(_last_of(lines, finding), []).append(finding)
    for index, placed in enumerate(lines):
        yield placed
        for finding in behind.get(index, ()):
            yield placed._replace(line=Line("finding", finding=finding))


def _last_of(lines: Sequence[Placed], finding: Finding) -> int:
    """Return the place of the last line that shows a finding, or of what that brought about; else that of the last."""
    calls = frozenset(finding.request_ids)
    shows = [
        index
        for index, (*_, line) in enumerate(lines)
        if (line.entry is not None and line.entry.id in calls)
        or (line.sent is not None and line.sent.delivery.id == finding.delivery_id)
    ]
    if not shows:
        return len(lines) - 1
    last, shown = shows[-1], lines[shows[-1]]
    caused = takewhile(
        lambda each: each.line.to and (each.at, each.after) == (shown.at, shown.after), lines[last + 1 :]
    )
    return last + sum(1 for _ in caused)


def timeline(job: Job, reads: int, entries: Sequence[Entry], contract: Contract, now: Instant) -> list[Placed]:
    """Return what happened to a job up to an instant, in the order of (instant, sequence).

    `reads` is how often its status was read; it numbers the reads where the journal has forgotten the first. At one
    instant, what the clock does comes before the calls, which see it already; what a read or an admin does comes right
    after its cause.
    """
    own = [(index, entry) for index, entry in enumerate(entries) if entry.job_id == job.id]
    calls = list(_calls(job, reads, own, contract))
    by_hand = {entry.note: index for index, entry in own if _is_by_hand(entry)}
    return sorted([*calls, *(move for move in _transitions(job, calls, by_hand) if move.at <= now)])


def _calls(job: Job, reads: int, own: Iterable[tuple[int, Entry]], contract: Contract) -> Iterator[Placed]:
    calls = [(index, entry) for index, entry in own if not _is_by_hand(entry)]
    number = 0
    if all(entry.note != "new" for _, entry in calls):
        number = reads - sum(_is_counted(entry, contract) for _, entry in calls)
        yield Placed(job.created_at, _BEFORE_ALL, 0, Line("create"))
    for index, entry in calls:
        is_counted = _is_counted(entry, contract)
        number += is_counted
        yield Placed(entry.at, index, 0, Line(_event(entry), entry, number if is_counted else None))


def _transitions(job: Job, calls: Sequence[Placed], by_hand: Mapping[str | None, int]) -> Iterator[Placed]:
    places = {call.line.read: call.after for call in calls}
    created = next(call.after for call in calls if call.line.event == "create")
    for step, move in enumerate(_moves(job, by_hand), start=1):
        if move.to in by_hand:
            cause, after = "admin", by_hand[move.to]
        elif job.programme.progression == "manual" and job.reads >= move.read:
            cause, after = f"read {move.read}", places.get(move.read, _BEFORE_ALL)
        else:
            cause = "clock" if _is_planned(job, move.at) else "admin"
            after = created if move.at == job.created_at else _BEFORE_ALL
        yield Placed(move.at, after, step, Line("transition", to=move.to, cause=cause))


def _moves(job: Job, by_hand: Mapping[str | None, int]) -> Iterator[_Move]:
    """Tell the transitions of a job with the read that brings each about, but no start that nobody can have seen."""
    first, last = (job.programme.polls + 1) // 2, job.programme.polls
    lasted = job.processing_at != job.finished_at or "processing" in by_hand
    was_read = job.programme.progression == "manual" and first <= job.reads and first < last
    if job.processing_at is not None and (lasted or was_read):
        yield _Move("processing", job.processing_at, first)
    if job.finished_at is not None:
        yield _Move(jobs.outcome(job), job.finished_at, last)


def _is_planned(job: Job, at: Instant) -> bool:
    """Tell whether an instant follows from a programme by time, counted from the creation or from a start by hand."""
    planned = jobs.schedule(job.programme, job.created_at)
    is_timed = job.programme.progression == "time"
    return at in planned or (is_timed and at == (job.processing_at or 0) + job.programme.processing)


def _event(entry: Entry) -> str:
    if entry.note is not None:
        return "create" if entry.note == "new" else "replay"
    return _EVENTS.get(entry.operation or "", "call")


def _is_by_hand(entry: Entry) -> bool:
    """Tell whether an entry is a transition by hand: it belongs to no operation, and its note is the new status."""
    return entry.operation is None and entry.note is not None


def _is_counted(entry: Entry, contract: Contract) -> bool:
    """Tell whether a call is a successful status read by the operation's own method; HEAD does not count."""
    operation = contract.operations[_STATUS_OPERATION]
    is_read = entry.operation == operation.id and entry.method == operation.method
    return is_read and entry.status == operation.success(contract.values)
