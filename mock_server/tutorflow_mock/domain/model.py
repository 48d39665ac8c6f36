"""The records that the mock keeps, all frozen: a change makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tutorflow_mock.domain.clock import Instant, SessionClock
from tutorflow_mock.domain.programme import Programme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutorflow_mock.domain.fault_rules import Rule
    from tutorflow_mock.domain.ids import Ids
    from tutorflow_mock.domain.next_programmes import NextProgramme

Value: TypeAlias = "str | int | float | tuple[Value, ...]"
"""The value of a behaviour."""

SESSION_ENDED = "session-ended"
"""Why a credential is refused whose session is gone."""


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer of TutorFlow."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Classroom:
    """A classroom of an organization."""

    id: str
    organization_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A standalone lesson that somebody authored in the UI: what an export takes out."""

    id: str
    classroom_id: str
    title: str


@dataclass(frozen=True, slots=True)
class Admin:
    """Somebody who signs in and manages organizations."""

    id: str
    email: str
    password_digest: bytes
    organization_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """What exists in a session before the first call: its organizations and what belongs to them, by id."""

    organizations: Mapping[str, Organization]
    classrooms: Mapping[str, Classroom]
    lessons: Mapping[str, Lesson]
    admins: Mapping[str, Admin]


class Cleared(NamedTuple):
    """Up to where a session is graded no more: a line of the journal, and the attempts of each delivery by then."""

    number: int = 0
    attempts: Mapping[str, int] = MappingProxyType({})


_NOTHING_CLEARED = Cleared()


@dataclass(frozen=True, slots=True)
class Session:
    """One isolated tenant of the mock: its settings and its directory; what changes by calls lies in the store.

    `ttl` is how long it may idle, in milliseconds of real time, or None for ever; `opened_at` what its clock showed at
    its creation; `chance` its source of ids and secrets. `fault_rules` carry their own counters, and what is left of
    `next_programmes` is for creates to come: both change by calls, and yet are settings that a snapshot keeps. What is
    `cleared` is graded no more.
    """

    id: str
    seed: str
    revision: str
    directory: Directory
    clock: SessionClock = field(default_factory=SessionClock)
    overrides: tuple[tuple[str, Value], ...] = ()
    programme: Programme | None = None
    webhook_timestamp: Literal["session", "real"] = "session"
    ttl: int | None = None
    opened_at: Instant = 0
    fault_rules: tuple[Rule, ...] = ()
    next_programmes: tuple[NextProgramme, ...] = ()
    chance: Ids | None = field(default=None, compare=False, repr=False)
    cleared: Cleared = _NOTHING_CLEARED

    def kept(self) -> Session:
        """Return a record that no later call changes: its source of chance is a copy."""
        return replace(self, chance=None if self.chance is None else self.chance.copied())


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A content API key; its secret is kept as a digest only (F-028)."""

    id: str
    organization_id: str
    name: str
    prefix: str
    rate_limit: int | None
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None

    def status(self, now: Instant) -> Literal["ACTIVE", "REVOKED", "EXPIRED"]:
        """Tell what the key is worth at an instant (S42)."""
        if self.revoked_at is not None:
            return "REVOKED"
        if self.expires_at is not None and self.expires_at <= now:
            return "EXPIRED"
        return "ACTIVE"


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """A bearer key as it was presented: the key it opens, and until when this very secret does.

    `is_placeholder` marks the base text's `workspace_api_key`, a second name of the demo key (C2); `has_ended` a
    credential whose session is gone.
    """

    session_id: str
    digest: bytes
    key: ApiKey
    valid_until: Instant | None = None
    is_placeholder: bool = False
    has_ended: bool = False

    def reason(self, now: Instant) -> str | None:
        """Return why the credential is refused at an instant, or None."""
        if self.has_ended:
            return SESSION_ENDED
        status = self.key.status(now)
        if status != "ACTIVE":
            return f"{status.lower()}-key"
        return "rotated-key" if self.valid_until is not None and self.valid_until <= now else None


@dataclass(frozen=True, slots=True)
class AdminCredential:
    """An admin session's cookie as it was presented."""

    session_id: str
    digest: bytes
    admin: Admin
    valid_until: Instant | None = None
    has_ended: bool = False

    def reason(self, now: Instant) -> str | None:
        """Return why the credential is refused at an instant, or None."""
        if self.has_ended:
            return SESSION_ENDED
        return "expired-session" if self.valid_until is not None and self.valid_until <= now else None


Credential = KeyCredential | AdminCredential


@dataclass(frozen=True, slots=True)
class Output:
    """One requested product of a job; what it becomes is fixed at creation and shown at the end."""

    id: str
    output_type: str
    resource_type: str
    resource_id: str
    title: str
    public_url: str


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Source JSON on its way to outputs; a record is itself only, so that what was rendered of it can be kept by it.

    `processing_at` and `finished_at` are the instants of its transitions, known at creation for a programme by time and
    written when they happen otherwise; together with an instant they are all that the job's state depends on. `source`
    is the body that asked for it, as it came.
    """

    id: str
    organization_id: str
    classroom_id: str | None
    source_type: str
    source_title: str
    outputs: tuple[Output, ...]
    idempotency_key: str | None
    source: bytes = field(repr=False)
    created_at: Instant
    programme: Programme
    processing_at: Instant | None = None
    finished_at: Instant | None = None
    reads: int = 0
    exported: bool = False
    partial_is: Literal["failed", "completed"] = "failed"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An endpoint that wants to be told about events; the secret must stay readable for signing."""

    id: str
    organization_id: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    created_at: Instant
    status: str = "ACTIVE"
    verifies_tls: bool = True


class Exchange(NamedTuple):
    """A call and its answer in full, as far as they may be kept: no credential is in it.

    `names` and `values` are what came with the call: its headers by their names, and what has no header under a name
    that begins with a colon; `hidden` holds the headers of which only the redacted form was kept. A body is cut where
    `is_cut` and `is_reply_cut` say so. `began` is when it came, in seconds of the monotonic clock, `delay` for how many
    milliseconds its answer was held back; the session's clock may have stood meanwhile (`stands`), and the answer may
    never have arrived (`is_lost`).
    """

    names: tuple[str, ...]
    values: tuple[str, ...]
    hidden: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool
    reply_headers: Sequence[tuple[str, str]]
    reply_body: bytes
    is_reply_cut: bool
    key_prefix: str | None
    millis: float
    applied: str | None = None
    fault: str | None = None
    began: float = 0.0
    delay: int = 0
    stands: bool = False
    is_lost: bool = False


class Entry(NamedTuple):
    """One line of a session's journal; one without an exchange is no call, but a transition by hand."""

    id: str
    at: Instant
    method: str
    path: str
    operation: str | None
    status: int
    job_id: str | None = None
    note: str | None = None
    exchange: Exchange | None = None
