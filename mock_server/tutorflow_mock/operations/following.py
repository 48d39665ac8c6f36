"""A session followed live: what happened in it since the last look, found out when the store or the clock says so."""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush
from math import inf
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.journal import seen
from tutorflow_mock.operations.journal import vault_of
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.jobs import Status
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.operations.world import World

MOST_FOLLOWERS = 32
"""How many follow at once in this process: each holds one of the server's threads."""

places = BoundedSemaphore(MOST_FOLLOWERS)

_BREATH, _SHARE = 0.05, 4
"""Seconds between two looks, and how many times a look's own time at least: who watches costs a busy session little."""

_never = Event()


class Mark(NamedTuple):
    """How far a session was followed: the store's count of its changes, and what its clock showed."""

    version: int
    instant: Instant


class Happening(NamedTuple):
    """Something that happened, of one of the kinds of the documentation."""

    kind: str
    data: Mapping[str, object]


class Follower:
    """Tells the changes of one session; several threads must not share one.

    `mark` is where it stands after what it told last; a new one that begins at a mark that still holds has missed
    nothing, else it `has_missed` something and whoever listens should look at everything again.
    """

    def __init__(self, world: World, session_id: str, since: Mark | None = None) -> None:
        self._world = world
        self._session_id = session_id
        self._rests_until = 0.0
        self.has_ended = False
        self._begin(since)
        self.has_missed = since is not None and since.version != self.mark.version

    def next(self, seconds: float) -> list[Happening]:
        """Return what happens next, as soon as it does; nothing if nothing does for so many seconds of real time.

        After the session's end `has_ended` is true, and nothing happens any more.
        """
        try:
            return self._wait(seconds)
        except SessionEnded:
            return [self._renewed()]

    def _wait(self, seconds: float) -> list[Happening]:
        began = self._world.clock.elapsed()
        _never.wait(max(0.0, self._rests_until - began))
        left = seconds
        while left > 0:
            version, span = self.mark.version, min(left, self._pause())
            changed = self._world.store.await_change(self._session_id, version, max(0.0, span))
            # Whether time passes on the clock or not, a span that nothing ended is over.
            left = min(left - (span if changed == version else 0), seconds - (self._world.clock.elapsed() - began))
            looked_at = self._world.clock.elapsed()
            if told := self._look(changed):
                now = self._world.clock.elapsed()
                self._rests_until = now + max(_BREATH, _SHARE * (now - looked_at))
                return told
        return []

    def _renewed(self) -> Happening:
        """Begin anew with a session that was put back, or note that it is gone."""
        try:
            self._begin(None)
        except SessionEnded:
            self.has_ended = True
            return Happening("ended", {"session": self._session_id})
        return Happening("reset", {"session": self._session_id})

    def _begin(self, since: Mark | None) -> None:
        store = self._world.store
        version = store.version(self._session_id)
        self._session, now = self._present()
        instant = now if since is None else min(since.instant, now)
        self.mark = Mark(version, instant)
        self._number = max((number for number, _ in store.numbered_journal(self._session_id)), default=0)
        self._jobs: dict[str, tuple[Job, Status]] = {}
        self._due: list[tuple[Instant, str]] = []
        for job in reversed(store.jobs(self._session_id)):
            self._note(job, instant)
        self._deliveries = {each.id: (each, _finished(each)) for each in store.deliveries(self._session_id)}

    def _present(self) -> tuple[Session, Instant]:
        session = self._world.store.session(self._session_id)
        if session is None:
            raise SessionEnded
        return session, session.clock.now(self._world.clock.now())

    def _pause(self) -> float:
        """Return after how many seconds a clock that runs brings the next transition about."""
        session, now = self._present()
        return inf if session.clock.mode == "frozen" or not self._due else (self._due[0][0] - now) / 1000

    def _look(self, version: int) -> list[Happening]:
        session, now = self._present()
        told = [*self._settings(session, now), *self._requests(session), *self._transitions(now), *self._sent()]
        self.mark = Mark(version, now)
        return told

    def _settings(self, session: Session, now: Instant) -> Iterator[Happening]:
        before, self._session = self._session, session
        if session.clock != before.clock:
            yield Happening("clock", {"mode": session.clock.mode, "now": timestamp(now)})
        if session is not before and replace(session, clock=before.clock) != before:
            yield Happening("session", {"session": session.id})

    def _requests(self, session: Session) -> Iterator[Happening]:
        vault = vault_of(self._world, session)
        for number, entry in self._world.store.numbered_journal(self._session_id):
            if number <= self._number:
                continue
            self._number = number
            if (call := seen(number, entry, vault)) is not None:
                shown = {"id": entry.id, "sequence": number, "method": entry.method, "path": call.path}
                told = {"operation": entry.operation, "status": entry.status, "jobId": call.job_id}
                yield Happening("request", {**shown, **told})

    def _transitions(self, now: Instant) -> Iterator[Happening]:
        """Tell the jobs that are new or were changed, then those that time has moved."""
        for job in reversed(self._world.store.jobs(self._session_id)):
            known = self._jobs.get(job.id)
            if known is None or known[0] is not job:
                self._note(job, now)
                yield self._job(job, now)
        while self._due and self._due[0][0] <= now:
            job, status = self._jobs[heappop(self._due)[1]]
            if jobs.status(job, now) != status:
                self._note(job, now)
                yield self._job(job, now)

    def _note(self, job: Job, now: Instant) -> None:
        self._jobs[job.id] = job, jobs.status(job, now)
        if (following := jobs.next_transition(job, now)) is not None:
            heappush(self._due, (following, job.id))

    def _job(self, job: Job, now: Instant) -> Happening:
        following = jobs.next_transition(job, now)
        shown = {"id": job.id, "status": self._jobs[job.id][1]}
        return Happening("job", {**shown, "nextTransitionAt": None if following is None else timestamp(following)})

    def _sent(self) -> Iterator[Happening]:
        for delivery in reversed(self._world.store.deliveries(self._session_id)):
            known, finished = self._deliveries.get(delivery.id, (None, 0))
            if known is delivery:
                continue
            attempts = self._world.store.attempts(self._session_id, delivery.id)
            self._deliveries[delivery.id] = delivery, len(attempts)
            yield from (_attempt(delivery, attempt) for attempt in attempts[finished:])
            yield Happening("delivery", _shown(delivery))


def _finished(delivery: Delivery) -> int:
    """Return how many attempts of a delivery have ended."""
    return delivery.attempts - (delivery.status == "sending")


def _shown(delivery: Delivery) -> dict[str, object]:
    shown = {"id": delivery.id, "event": delivery.event, "jobId": delivery.job_id}
    return {**shown, "status": delivery.status, "attempts": delivery.attempts}


def _attempt(delivery: Delivery, attempt: Attempt) -> Happening:
    outcome = {"responseStatus": attempt.response_status, "error": attempt.error}
    return Happening("attempt", {"deliveryId": delivery.id, "number": attempt.number, **outcome})
