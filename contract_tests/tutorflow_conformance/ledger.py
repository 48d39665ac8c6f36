"""The meter under every sender: what a run may spend, written down before it is spent, on disk and shared.

One SQLite file per target. A row is inserted as `reserved` and committed before a request leaves, and settled after;
a row that stayed reserved counts as spent, because nobody knows. Two processes on one file share its purses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

MINUTE = 60.0
_SCHEMA = """
create table if not exists spend (id integer primary key, run text, at real, kind text, state text, job text);
create index if not exists spend_at on spend (at);
create table if not exists made (id integer primary key, run text, kind text, name text, ref text, state text);
"""

RESERVED, ACCEPTED, REFUSED, REPLAYED, ANSWERED = "reserved", "accepted", "refused", "replayed", "answered"
CREATE, READ = "create", "request"


@dataclass(frozen=True, slots=True)
class Purses:
    """What a run may spend: accepted jobs, creates sent, requests, and requests in any minute; None is no limit."""

    jobs: int | None = None
    creates: int | None = None
    requests: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """What a run has spent."""

    jobs: int = 0
    creates: int = 0
    requests: int = 0


class Overspent(Exception):
    """A purse is empty; what would have been sent was not."""

    def __init__(self, purse: str, limit: int) -> None:
        super().__init__(f"the purse for {purse} is empty ({limit})")
        self.purse = purse


class Ledger:
    """The purses of one run, in a file; thread-safe.

    `wall_clock` gives seconds that processes agree about. With `path` None it is kept in memory: for targets whose
    jobs cost nothing.
    """

    def __init__(self, path: Path | None, run: str, purses: Purses, wall_clock: Callable[[], float]) -> None:
        self._run = run
        self.purses = purses
        self._now = wall_clock
        self._lock = Lock()
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            str(path) if path else ":memory:", timeout=5, isolation_level=None, check_same_thread=False
        )
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def reserve(self, kind: str) -> int:
        """Write down that a request is about to leave; return its ticket, or raise Overspent."""
        with self._transaction():
            spend = self._spend()
            self._check("requests", spend.requests, self.purses.requests)
            if kind == CREATE:
                self._check("creates", spend.creates, self.purses.creates)
                self._check("jobs", spend.jobs, self.purses.jobs)
            row = (self._run, self._now(), kind, RESERVED)
            return int(
                self._db.execute("insert into spend (run, at, kind, state) values (?,?,?,?)", row).lastrowid or 0
            )

    def settle(self, ticket: int, state: str, job: str | None = None) -> None:
        """Write down what became of a request: a create that was refused, or replayed a known job, gives it back."""
        with self._transaction():
            if state == ACCEPTED and job is not None and self._knows(job):
                state = REPLAYED
            self._db.execute("update spend set state = ?, job = ? where id = ?", (state, job, ticket))

    def open_for_clearing(self) -> None:
        """Allow requests beyond their purse from now on, but no creates: what was made must be cleared away."""
        self.purses = replace(self.purses, requests=None, creates=0)

    def pause_needed(self) -> float:
        """Return for how many seconds the next request must wait, so that no minute holds more than allowed."""
        limit = self.purses.per_minute
        if limit is None:
            return 0.0
        now = self._now()
        with self._transaction():
            query = "select at from spend where at > ? order by at desc limit 1 offset ?"
            row = self._db.execute(query, (now - MINUTE, limit - 1)).fetchone()
        return max(0.0, row[0] + MINUTE - now) if row else 0.0

    @property
    def spend(self) -> Spend:
        """What this run has spent so far."""
        with self._transaction():
            return self._spend()

    def jobs(self) -> list[str]:
        """Return the ids of the jobs that this run made, in order."""
        with self._transaction():
            query = "select job from spend where run = ? and state = ? and job is not null order by id"
            return [row[0] for row in self._db.execute(query, (self._run, ACCEPTED))]

    def making(self, kind: str, name: str) -> int:
        """Write down that a key or a webhook is about to be made, so that `cleanup` finds it after a crash."""
        with self._transaction():
            row = (self._run, kind, name, RESERVED)
            return int(
                self._db.execute("insert into made (run, kind, name, state) values (?,?,?,?)", row).lastrowid or 0
            )

    def made(self, ticket: int, ref: str | None) -> None:
        """Write down the id that the target gave; None if it made nothing."""
        with self._transaction():
            self._db.execute(
                "update made set ref = ?, state = ? where id = ?", (ref, ACCEPTED if ref else REFUSED, ticket)
            )

    def gone(self, ref: str) -> None:
        """Write down that something made is revoked or deleted."""
        with self._transaction():
            self._db.execute("update made set state = 'gone' where ref = ?", (ref,))

    def left(self, run: str | None = None) -> list[tuple[str, str, str | None]]:
        """Return (kind, name, id) of what a run made and has not cleared away; this run's, unless told."""
        with self._transaction():
            query = "select kind, name, ref from made where run = ? and state in (?, ?) order by id desc"
            return list(self._db.execute(query, (run or self._run, RESERVED, ACCEPTED)))

    def _spend(self) -> Spend:
        query = """select count(*), coalesce(sum(kind = 'create'), 0),
            coalesce(sum(kind = 'create' and state in ('reserved', 'accepted')), 0) from spend where run = ?"""
        requests, creates, jobs = self._db.execute(query, (self._run,)).fetchone()
        return Spend(jobs, creates, requests)

    def _knows(self, job: str) -> bool:
        query = "select 1 from spend where run = ? and job = ? and state = ? limit 1"
        return self._db.execute(query, (self._run, job, ACCEPTED)).fetchone() is not None

    @staticmethod
    def _check(purse: str, spent: int, limit: int | None) -> None:
        if limit is not None and spent >= limit:
            raise Overspent(purse, limit)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")
