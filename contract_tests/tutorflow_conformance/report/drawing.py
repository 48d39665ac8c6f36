"""What the HTML report draws: coverage by section, and what became of the first job. Places only; no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tutorflow_conformance.client import job_id
from tutorflow_conformance.evidence import Arrival, Evidence, job_of
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.results import STATES
from tutorflow_conformance.traffic.job_m import CREATE, RESULT, STATUS, status
from tutorflow_openapi import load_requirements

WIDTH = 480.0
COLUMN = 24.0
MOST = 80  # events of one job
LANES = ("create", "status", "result", "delivery")
_ORDER = tuple(reversed(STATES))  # the worst first


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar: where it begins, how wide it is, and how many it stands for."""

    state: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One section's requirements by state."""

    name: str
    total: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One event of a job: its column, its lane, and what is said of it."""

    number: int
    lane: str
    id: str
    title: str
    at: float
    is_odd: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A state that was observed, from the column that showed it first to the one that shows another."""

    state: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a run saw of a job, an event a column: instants lie too unevenly for a scale."""

    job: str
    marks: tuple[Mark, ...]
    spans: tuple[Span, ...]
    omitted: int


def bars(outcome: Outcome) -> list[Bar]:
    """Return a bar for each section, all against the longest one."""
    requirements = load_requirements()
    counts: dict[str, Counter[str]] = {}
    for result in outcome.results.values():
        counts.setdefault(requirements[result.requirement].section, Counter())[result.state] += 1
    longest = max((found.total() for found in counts.values()), default=1)
    return [Bar(name, found.total(), tuple(_pieces(found, longest))) for name, found in counts.items()]


def whole(outcome: Outcome) -> Bar:
    """Return one bar for all requirements."""
    found = Counter(result.state for result in outcome.results.values())
    return Bar("all", found.total(), tuple(_pieces(found, max(1, found.total()))))


def timeline(outcome: Outcome) -> Timeline | None:
    """Return what became of the job M; None if it was never made."""
    evidence = outcome.evidence
    job = evidence.notes.get("M")
    if not isinstance(job, str):
        return None
    events = sorted(_events(evidence, job, f"ct-{outcome.token}-m"), key=lambda event: event.at)
    shown = events[:MOST]
    marks = tuple(_mark(number, event) for number, event in enumerate(shown))
    return Timeline(job, marks, tuple(_spans(shown)), len(events) - len(shown))


def _pieces(found: Counter[str], longest: int) -> Iterator[Piece]:
    x = 0.0
    for state in _ORDER:
        if found[state]:
            width = WIDTH * found[state] / longest
            yield Piece(state, found[state], round(x, 2), round(width, 2))
            x += width


def _events(evidence: Evidence, job: str, key: str) -> Iterator[Exchange | Arrival]:
    for exchange in evidence.exchanges:
        is_read = exchange.operation in {STATUS, RESULT} and job in exchange.request.path
        is_create = exchange.operation == CREATE and (
            job_id(exchange.json) == job or exchange.sent("Idempotency-Key") == key
        )
        if is_read or is_create:
            yield exchange
    yield from (arrival for arrival in evidence.arrivals if job_of(arrival.body) == job)


def _mark(number: int, event: Exchange | Arrival) -> Mark:
    if isinstance(event, Arrival):
        title = f"{event.id}: delivered to {event.endpoint}, answered {event.answered}"
        return Mark(number, "delivery", event.id, title, event.at, event.facts.get("signature") == "invalid")
    lane = {CREATE: "create", STATUS: "status"}.get(event.operation or "", "result")
    title = f"{event.id} {event.step}: {event.request.method}, {event.status or event.error}"
    return Mark(number, lane, event.id, title, event.at, not event.is_success)


def _spans(events: Iterable[Exchange | Arrival]) -> Iterator[Span]:
    state, start, number = "", 0, 0
    for number, event in enumerate(events):
        seen = status(event) if isinstance(event, Exchange) and event.is_success and event.operation == STATUS else None
        if seen is not None and seen != state:
            if state:
                yield Span(state, start, number)
            state, start = seen, number
    if state:
        yield Span(state, start, number + 1)
