"""What a session's clock will bring about, and what a move of it has brought about."""

from __future__ import annotations

from heapq import nsmallest
from itertools import chain, count
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import idempotency, jobs, rate_windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.operations.world import World

    _Due = tuple[
        Instant, str, int, Job | str | None
    ]  # the third part tells the kind apart: no two have all three in common

_START, _END, _EXPIRY, _RESET, _RELEASE, _ATTEMPT = range(6)
_KINDS = ("job.transition", "job.transition", "key.expiry", "ratelimit.reset", "idempotency.expiry", "webhook.attempt")


class Event(NamedTuple):
    """Something at an instant: of which kind, which record or key it concerns, and what a record becomes by it."""

    at: Instant
    kind: str
    ref: str
    result: str | None


class Agenda(NamedTuple):
    """The first events by (instant, id), and how many there are in all; None if nobody asked."""

    events: tuple[Event, ...] = ()
    total: int | None = None


def pending(world: World, session: Session, now: Instant, limit: int) -> Agenda:
    """Return the first events after now: job transitions, and ends of keys, rate windows and idempotency keys.

    A limit of 0 asks for nothing and costs nothing.
    """
    if limit == 0:
        return Agenda()
    bounds = chain(_resets(world, session, now), _releases(world, session, now), _attempts_to_come(world, session))
    return _first(chain(_changes(world, session, now, inf), bounds), limit)


def fired(world: World, session: Session, before: Instant, now: Instant, limit: int) -> Agenda:
    """Return the first changes that a move of the clock brought about: job transitions, ends of keys, attempts.

    All jobs come in one store call, each costs a look at its two instants, and only what is shown is kept: a million of
    them take a fraction of a second. A limit of 0 asks for nothing and costs nothing.
    """
    if limit == 0:
        return Agenda()
    return _first(chain(_changes(world, session, before, now), _attempts_made(world, session, before, now)), limit)


def _first(due: Iterable[_Due], limit: int) -> Agenda:
    counter = count()
    nearest = nsmallest(limit, (each for each, _ in zip(due, counter, strict=False)))
    return Agenda(tuple(_event(*each) for each in nearest), next(counter))


def _event(at: Instant, ref: str, kind: int, about: Job | str | None) -> Event:
    if about is None or isinstance(about, str):
        return Event(at, _KINDS[kind], ref, "EXPIRED" if kind == _EXPIRY else about)
    return Event(at, _KINDS[kind], ref, "processing" if kind == _START else jobs.outcome(about))


def _changes(world: World, session: Session, after: Instant, until: float) -> Iterator[_Due]:
    oldest_first = reversed(world.store.jobs(session.id))  # nsmallest is slow where each is smaller than the one before
    return chain(_transitions(oldest_first, after, until), _expiries(world, session, after, until))


def _transitions(found: Iterable[Job], after: Instant, until: float) -> Iterator[_Due]:
    for job in found:
        began, ended = job.processing_at, job.finished_at
        if began is not None and after < began <= until and began != ended:
            yield began, job.id, _START, job
        if ended is not None and after < ended <= until:
            yield ended, job.id, _END, job


def _expiries(world: World, session: Session, after: Instant, until: float) -> Iterator[_Due]:
    for organization_id in session.directory.organizations:
        for key, _ in world.store.keys(session.id, organization_id):
            if key.revoked_at is None and key.expires_at is not None and after < key.expires_at <= until:
                yield key.expires_at, key.id, _EXPIRY, None


def _attempts_to_come(world: World, session: Session) -> Iterator[_Due]:
    for each in world.store.deliveries(session.id):
        if each.next_attempt_at is not None:
            yield each.next_attempt_at, each.id, _ATTEMPT, None


def _attempts_made(world: World, session: Session, after: Instant, until: Instant) -> Iterator[_Due]:
    for each in world.store.deliveries(session.id):
        for attempt in world.store.attempts(session.id, each.id):
            if after < attempt.at <= until:
                yield attempt.at, each.id, _ATTEMPT, attempt.error or str(attempt.response_status)


def _resets(world: World, session: Session, now: Instant) -> set[_Due]:
    ends = ((rate_windows.ends_at(window), key_id) for key_id, window in world.store.windows(session.id))
    return {(end, key_id, _RESET, None) for end, key_id in ends if end > now}


def _releases(world: World, session: Session, now: Instant) -> set[_Due]:
    retention = idempotency.policy(world.contract_of(session).values).retention
    if retention is None:
        return set()
    ends = ((holding.since + retention, claim.key) for claim, holding in world.store.holdings(session.id))
    return {(end, key, _RELEASE, None) for end, key in ends if end > now}
