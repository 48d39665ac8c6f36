"""The meter under every sender: what a run may spend, written down before it is spent, on disk and shared.

One SQLite file. A row is inserted as `reserved` and committed before a request leaves, and settled after; a row that
stayed reserved counts as spent, because nobody knows. Runs that have not ended share the purses of their target, those
that were killed included.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

MINUTE = 60.0
_WAIT = 30.0  # seconds for another process that writes
_FORMAT = 1
_SCHEMA = f"""
create table if not exists runs (run text primary key, target text, mode text, at real, state text);
create table if not exists spend
    (id integer primary key, run text, at real, kind text, state text, job text, step text);
create index if not exists spend_at on spend (at);
create table if not exists made
    (id integer primary key, run text, kind text, name text, ref text, state text, owner text);
pragma user_version = {_FORMAT};
"""

RESERVED, ACCEPTED, REFUSED, REPLAYED, ANSWERED = "reserved", "accepted", "refused", "replayed", "answered"
OPEN, ENDED, GONE = "open", "ended", "gone"
CREATE, READ = "create", "request"
OWNER = "admin"


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


@dataclass(frozen=True, slots=True)
class Made:
    """A key or a webhook that a run made, or was about to make; `ref` is the target's id, None if it never came.

    `owner` is the label of the session that may clear it away.
    """

    kind: str
    name: str
    ref: str | None
    owner: str = OWNER


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that has not come to its end, or has left something behind."""

    run: str
    mode: str
    spend: Spend
    left: int

    def __str__(self) -> str:
        """Say what it has spent, and how to be rid of it."""
        left = f", {self.left} keys and webhooks left behind" if self.left else ""
        return (
            f"run {self.run} at this target has not ended"
            f" (jobs {self.spend.jobs}, requests {self.spend.requests}{left}): until it is continued"
            f" (run --resume {self.run}) or closed (cleanup --run {self.run}), what it spent counts here"
        )


class Overspent(Exception):
    """A purse is empty; what would have been sent was not."""

    def __init__(self, purse: str, limit: int) -> None:
        super().__init__(f"the purse for {purse} is empty ({limit})")
        self.purse = purse


class Unusable(Exception):
    """The file is no ledger, or cannot be written; the message says which and why."""


class Ledger:
    """The purses of one run, in a file; thread-safe, and shared with other processes.

    `wall_clock` gives seconds that processes agree about. With `path` None it is kept in memory: for targets whose
    jobs cost nothing. `target` is the address that the purses belong to.
    """

    def __init__(
        self, path: Path | None, run: str, purses: Purses, wall_clock: Callable[[], float], target: str = ""
    ) -> None:
        self._run = run
        self.purses = purses
        self._now = wall_clock
        self._target = target
        self._lock = Lock()
        self._db = _opened(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def begin(self, mode: str = "") -> None:
        """Write down that the run is under way; one that was begun before goes on."""
        with self._transaction():
            row = (self._run, self._target, mode, self._now(), OPEN)
            self._db.execute("insert or ignore into runs values (?,?,?,?,?)", row)
            self._db.execute("update runs set state = ? where run = ?", (OPEN, self._run))

    def end(self, run: str | None = None) -> None:
        """Write down that a run has ended: its spending counts no longer. This run, unless told."""
        with self._transaction():
            self._db.execute("update runs set state = ? where run = ?", (ENDED, run or self._run))

    def reserve(self, kind: str, step: str = "") -> int:
        """Write down that a request is about to leave; return its ticket, or raise Overspent."""
        with self._transaction():
            spend = self._shared()
            self._check("requests", spend.requests, self.purses.requests)
            if kind == CREATE:
                self._check("creates", spend.creates, self.purses.creates)
                self._check("jobs", spend.jobs, self.purses.jobs)
            row = (self._run, self._now(), kind, RESERVED, step)
            query = "insert into spend (run, at, kind, state, step) values (?,?,?,?,?)"
            return int(self._db.execute(query, row).lastrowid or 0)

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
            return self._spend(self._run)

    @property
    def may_make_a_job(self) -> bool:
        """Tell whether the purses hold one more job."""
        with self._transaction():
            spend = self._shared()
        limits = ((self.purses.jobs, spend.jobs), (self.purses.creates, spend.creates))
        return all(limit is None or spent < limit for limit, spent in limits)

    def jobs(self) -> dict[str, str]:
        """Return the ids of the jobs that this run made and the step that made each, in order."""
        with self._transaction():
            query = "select job, step from spend where run = ? and state = ? and job is not null order by id"
            return {job: step or "" for job, step in self._db.execute(query, (self._run, ACCEPTED))}

    def doubtful(self) -> list[str]:
        """Return the steps of this run that sent a create of which nobody knows what became."""
        with self._transaction():
            query = "select distinct step from spend where run = ? and kind = ? and state = ?"
            return [row[0] for row in self._db.execute(query, (self._run, CREATE, RESERVED))]

    def making(self, kind: str, name: str, owner: str = OWNER) -> int:
        """Write down that a key or a webhook is about to be made, so that `cleanup` finds it after a crash."""
        with self._transaction():
            row = (self._run, kind, name, RESERVED, owner)
            query = "insert into made (run, kind, name, state, owner) values (?,?,?,?,?)"
            return int(self._db.execute(query, row).lastrowid or 0)

    def made(self, ticket: int, ref: str | None) -> None:
        """Write down the id that the target gave; None if it made nothing."""
        with self._transaction():
            self._db.execute(
                "update made set ref = ?, state = ? where id = ?", (ref, ACCEPTED if ref else REFUSED, ticket)
            )

    def gone(self, ref: str) -> None:
        """Write down that something made is revoked or deleted."""
        with self._transaction():
            self._db.execute("update made set state = ? where ref = ?", (GONE, ref))

    def never_made(self, made: Made) -> None:
        """Write down that something was not made after all: the target's lists do not hold it."""
        with self._transaction():
            query = "update made set state = ? where run = ? and kind = ? and name = ? and ref is null"
            self._db.execute(query, (REFUSED, self._run, made.kind, made.name))

    def left(self) -> list[Made]:
        """Return what this run made and has not cleared away, the latest first."""
        with self._transaction():
            query = "select kind, name, ref, owner from made where run = ? and state in (?, ?) order by id desc"
            return [Made(*row) for row in self._db.execute(query, (self._run, RESERVED, ACCEPTED))]

    def unfinished(self) -> list[Unfinished]:
        """Return the other runs at this target that have not ended or left something, the oldest first."""
        with self._transaction():
            count = "(select count(*) from made where made.run = runs.run and made.state in (?, ?))"
            query = f"select run, mode, {count} as kept from runs where target = ? and (state = ? or kept) order by at"  # noqa: S608
            rows = self._db.execute(query, (RESERVED, ACCEPTED, self._target, OPEN)).fetchall()
            return [Unfinished(run, mode, self._spend(run), kept) for run, mode, kept in rows if run != self._run]

    def _spend(self, run: str) -> Spend:
        return self._counted("run = ?", run)

    def _shared(self) -> Spend:
        """What this run and all others that are under way, or were killed, have spent at this target."""
        others = "run = ? or run in (select run from runs where target = ? and state = 'open')"
        return self._counted(others, self._run, self._target)

    def _counted(self, which: str, *values: str) -> Spend:
        query = f"""select count(*), coalesce(sum(kind = 'create'), 0),
            coalesce(sum(kind = 'create' and state in ('reserved', 'accepted')), 0) from spend where {which}"""  # noqa: S608
        requests, creates, jobs = self._db.execute(query, values).fetchone()
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
            try:
                self._db.execute("begin immediate")
                yield
                self._db.execute("commit")
            except BaseException:  # Ctrl-C may strike anywhere, between the statements too
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise


def _opened(path: Path | None) -> sqlite3.Connection:
    """Open a file that only its owner can read, made if there is none; Unusable if it cannot be a ledger."""
    try:
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        db = sqlite3.connect(
            str(path) if path else ":memory:", timeout=_WAIT, isolation_level=None, check_same_thread=False
        )
        found = db.execute("pragma user_version").fetchone()[0]
        if found not in {0, _FORMAT}:
            db.close()
            raise Unusable(f"the ledger {path} is of another version of this tool; name another with --ledger")
        if found != _FORMAT:
            db.executescript(f"begin immediate; {_SCHEMA} commit;")
    except OSError as error:
        raise Unusable(f"the ledger {path} cannot be written: {error.strerror}; name another with --ledger") from error
    except sqlite3.Error as error:
        raise Unusable(f"{path} cannot be used as a ledger: {error}; name another with --ledger") from error
    return db
