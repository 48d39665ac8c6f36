"""One session's room in the store in memory."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from dataclasses import fields
from heapq import heapify, heappush
from itertools import count
from threading import Condition, Lock
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import idempotency, jobs
from tutorflow_mock.domain.deliveries import redelivered
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.stores.base import Created, LimitReached, OpenTwin
from tutorflow_mock.stores.records import Records, Slot, Snapshot

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Delivery
    from tutorflow_mock.domain.idempotency import Claim, Holding, Policy
    from tutorflow_mock.domain.model import Credential, Job, Session
    from tutorflow_mock.stores.base import Caps


_eras = count(1)
_ERA = 32
"""Each room counts its changes from a number that no other one reaches, so that a count tells the room, too."""


class Opening(NamedTuple):
    """How a session was opened: its record, its first credentials, and what it took over from a snapshot."""

    session: Session
    credentials: tuple[Credential, ...]
    records: Records | None


class Room(Records):
    """All that one session remembers, under its lock; a closed one is on its way out and takes no credential any more.

    `seen_at` is when a call last came, in seconds of the monotonic clock. `version` counts the changes that somebody
    may wait for, `watchers` those who do. `under_way` are deliveries whose attempt runs, as they were when it began;
    `sending` counts them by subscription; `parked` are due attempts that wait for one of these to end, a heap for
    each subscription.
    """

    def __init__(self, session: Session, caps: Caps, opening: Opening, seen_at: float) -> None:
        super().__init__(journal=deque(maxlen=caps.journal))
        self.session = session
        self.caps = caps
        self.opening = opening
        self.seen_at = seen_at
        self.changed = Condition(Lock())
        self.is_closed = False
        self.version = next(_eras) << _ERA
        self.watchers = 0
        self.in_flight: set[Slot] = set()
        self.sending: Counter[str] = Counter()
        self.parked: defaultdict[str, list[tuple[Instant, str]]] = defaultdict(list)
        self.under_way: dict[str, Delivery] = {}
        self.snapshots: dict[str, Snapshot] = {}

    def fill(self, records: Records) -> None:
        """Begin with these records; the journal keeps its own bound."""
        copied = records.copied()
        for each in fields(Records):
            setattr(self, each.name, getattr(copied, each.name))
        self.journal = deque(copied.journal, self.caps.journal)
        for cut in [found for found in self.deliveries.values() if found.status == "sending"]:
            self.deliveries[cut.id] = redelivered(cut, cut.created_at)
        to_come = [(each.next_attempt_at, each.id) for each in self.deliveries.values()]
        self.due = [(at, delivery_id) for at, delivery_id in to_come if at is not None]  # those that were parked, too
        heapify(self.due)

    def admit_credential(self, credential: Credential) -> None:
        """Keep a credential."""
        if isinstance(credential, KeyCredential) and credential.digest not in self.credentials:
            known = self.secrets.get(credential.key.id, ())
            self.secrets[credential.key.id] = (*known, credential.digest)
        self.credentials[credential.digest] = credential

    def is_idle(self, elapsed: float) -> bool:
        """Tell whether no call came for as long as the session lives without one."""
        ttl = self.session.ttl
        return ttl is not None and elapsed - self.seen_at >= ttl / 1000

    def held(self, slot: Slot, claim: Claim, now: Instant, rules: Policy) -> Created | None:
        """Return the job that holds a key, with the verdict on this request, or None while the key is free."""
        if slot not in self.holdings:
            return None
        _, holding = self.holdings[slot]
        job = self.jobs[holding.job_id]
        if not idempotency.is_held(holding, job, now, rules):
            return None
        return Created(job, idempotency.verdict(holding, claim))

    def hold(self, slot: Slot, claim: Claim, holding: Holding) -> None:
        """Let a key stand for a job."""
        self.forget(slot)
        self.holdings[slot] = claim, holding

    def forget(self, slot: Slot) -> None:
        """Free a key, and forget how often it came back."""
        self.holdings.pop(slot, None)
        self.repeats.pop((slot, "replayed"), None)
        self.repeats.pop((slot, "replayed-other-body"), None)

    def touch(self) -> None:
        """Tell those who wait that something changed; the caller holds the lock."""
        self.version += 1
        if self.watchers:
            self.changed.notify_all()

    def is_later_than(self, version: int) -> bool:
        """Tell whether this room was opened after another one had counted so far."""
        return version >> _ERA < self.version >> _ERA

    def stir(self) -> None:
        """Tell everybody who waits for anything that something changed; the caller holds the lock."""
        self.version += 1
        self.changed.notify_all()

    def admit(self, job: Job, now: Instant, rules: Policy) -> None:
        """Keep a new job, unless the session is full or an open twin forbids it."""
        if len(self.jobs) >= self.caps.jobs:
            raise LimitReached("jobs", self.caps.jobs)
        if rules.refuse_open_twin and any(_is_open_twin(job, other, now) for other in self.jobs.values()):
            raise OpenTwin
        self.jobs[job.id] = job
        self.note_end(job)
        self.touch()

    def note_end(self, job: Job) -> None:
        """Remember a job's end as something to tell, once anybody has ever subscribed."""
        if self.is_heard and job.finished_at is not None and job.id not in self.told:
            heappush(self.ends, (job.finished_at, job.id))

    def be_heard(self, now: Instant) -> None:
        """With the first subscription, remember the ends to come of all jobs; those before it were told to nobody."""
        if self.is_heard:
            return
        self.is_heard = True
        self.told.update(job.id for job in self.jobs.values() if job.finished_at is not None and job.finished_at <= now)
        for job in self.jobs.values():
            self.note_end(job)


def _is_open_twin(job: Job, other: Job, now: Instant) -> bool:
    if other.organization_id != job.organization_id or jobs.progress(other, now).is_terminal:
        return False
    return idempotency.same_payload(other.source, job.source)
