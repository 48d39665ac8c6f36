"""Waiting for a job to reach a state, with the session's clock or by moving it."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

from tutorflow_mock.domain import jobs
from tutorflow_mock.operations import steering, waiting
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Collection

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.operations.courier import Courier
    from tutorflow_mock.operations.world import World


class Held(Exception):
    """Time alone does not bring the job any further."""


class JobWait:
    """A wait for one job of a session to have one of these states."""

    def __init__(self, world: World, session_id: str, job_id: str, wanted: Collection[str]) -> None:
        self._world = world
        self._session_id = session_id
        self._job_id = job_id
        self._wanted = wanted

    def run(self, seconds: float) -> Job | None:
        """Return the job as soon as it is there, None if it is not in time or never will be; raise UnknownJob."""
        found = waiting.until(self._world, self._session_id, self._settled, seconds, self._pause)
        return found if found is not None and self._status(found) in self._wanted else None

    def advance(self, courier: Courier) -> Job | None:
        """Move the clock to the job's due instants, one by one, until it is there; raise Held if none is left."""
        while (found := self._settled()) is None:
            due = jobs.next_transition(self._job(), self._now())
            if due is None:
                raise Held
            with suppress(steering.ClockBackwards):  # somebody else has moved it further meanwhile
                steering.travel(self._world, courier, self._session_id, steering.Move("advance", due))
        return found if self._status(found) in self._wanted else None

    def _settled(self) -> Job | None:
        """Return the job once it is where it was wanted, or where nothing will move it any more."""
        job = self._job()
        is_settled = self._status(job) in self._wanted or jobs.progress(job, self._now()).is_terminal
        return job if is_settled else None

    def _pause(self) -> float:
        """Return after how many seconds a clock that runs will have moved the job."""
        session = self._session()
        now = session.clock.now(self._world.clock.now())
        due = jobs.next_transition(self._job(), now)
        return inf if session.clock.mode == "frozen" or due is None else (due - now) / 1000

    def _job(self) -> Job:
        return steering.find_job(self._world, self._session(), self._job_id, self._now())

    def _status(self, job: Job) -> str:
        return jobs.status(job, self._now())

    def _now(self) -> Instant:
        return self._session().clock.now(self._world.clock.now())

    def _session(self) -> Session:
        session = self._world.store.session(self._session_id)
        if session is None:
            raise SessionEnded
        return session
