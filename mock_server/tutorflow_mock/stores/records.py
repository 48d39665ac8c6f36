"""What calls leave behind in a session, and snapshots of it."""

from __future__ import annotations

from collections import Counter, deque
from copy import copy
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.idempotency import Claim, Holding
    from tutorflow_mock.domain.misbehaviours.orders import Order
    from tutorflow_mock.domain.model import ApiKey, Credential, Entry, Job, Session, Subscription
    from tutorflow_mock.domain.rate_windows import Limit, Window

Slot = tuple[str, str, str]
"""An idempotency key with its namespace and its organization."""

_RECORD_SIZE = 512


@dataclass(eq=False)
class Records:
    """Containers of frozen records and nothing else, so that a copy of each container is a snapshot of all.

    `reads` counts the status reads of jobs, `hidden` those that a fault let find no job. `ends` and `due` are heaps of
    instants, of job ends that are still to be told and of attempts to come; `told` holds the jobs whose end was told,
    `deleted` the subscriptions that are gone. Nothing is told before the first subscription (`is_heard`). `orders` say
    which attempts misbehave; `early` holds the jobs that are told before their create is answered, each with the
    milliseconds for which that may wait. The journal numbers its lines by all that were ever `appended`; `limits` take
    the place of keys' own; `repeats` counts the verdicts on requests whose idempotency key was held.
    """

    credentials: dict[bytes, Credential] = field(default_factory=dict["bytes", "Credential"])
    logins: deque[bytes] = field(default_factory=deque["bytes"])
    secrets: dict[str, tuple[bytes, ...]] = field(default_factory=dict["str", "tuple[bytes, ...]"])
    keys: dict[str, ApiKey] = field(default_factory=dict["str", "ApiKey"])
    last_used: dict[str, Instant] = field(default_factory=dict["str", "Instant"])
    windows: dict[tuple[str, str], Window] = field(default_factory=dict["tuple[str, str]", "Window"])
    latest_call: Instant = 0
    jobs: dict[str, Job] = field(default_factory=dict["str", "Job"])
    reads: Counter[str] = field(default_factory=Counter["str"])
    hidden: Counter[str] = field(default_factory=Counter["str"])
    holdings: dict[Slot, tuple[Claim, Holding]] = field(default_factory=dict["Slot", "tuple[Claim, Holding]"])
    subscriptions: dict[str, Subscription] = field(default_factory=dict["str", "Subscription"])
    deleted: dict[str, Subscription] = field(default_factory=dict["str", "Subscription"])
    deliveries: dict[str, Delivery] = field(default_factory=dict["str", "Delivery"])
    attempts: dict[str, tuple[Attempt, ...]] = field(default_factory=dict["str", "tuple[Attempt, ...]"])
    ends: list[tuple[Instant, str]] = field(default_factory=list["tuple[Instant, str]"])
    due: list[tuple[Instant, str]] = field(default_factory=list["tuple[Instant, str]"])
    told: set[str] = field(default_factory=set["str"])
    is_heard: bool = False
    orders: dict[str, Order] = field(default_factory=dict["str", "Order"])
    early: dict[str, int] = field(default_factory=dict["str", "int"])
    journal: deque[tuple[int, Entry]] = field(default_factory=deque["tuple[int, Entry]"])
    appended: int = 0
    limits: dict[str, Limit] = field(default_factory=dict["str", "Limit"])
    repeats: Counter[tuple[Slot, str]] = field(default_factory=Counter["tuple[Slot, str]"])

    def copied(self) -> Records:
        """Return the records as they are now."""
        return Records(**{each.name: copy(getattr(self, each.name)) for each in fields(Records)})

    def forked(self, subscriptions: dict[str, Subscription]) -> Records:
        """Return what another session may take over: jobs and what belongs to them, but no key, login or call."""
        return Records(
            jobs=self.jobs.copy(),
            reads=self.reads.copy(),
            hidden=self.hidden.copy(),
            holdings=self.holdings.copy(),
            subscriptions=subscriptions,
            ends=self.ends.copy(),
            told=self.told.copy(),
            is_heard=self.is_heard,
        )

    def size(self) -> int:
        """Return roughly how many bytes the records take."""
        counts = (len(self.keys), len(self.jobs), len(self.holdings), len(self.subscriptions), len(self.journal))
        return sum(len(job.source) for job in self.jobs.values()) + _RECORD_SIZE * sum(counts)


class Snapshot(NamedTuple):
    """A session as it was, and what its clock showed then; the session's record and the records change no more."""

    name: str
    at: Instant
    session: Session
    records: Records
