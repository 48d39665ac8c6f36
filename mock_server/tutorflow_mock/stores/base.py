"""`Store`: the verbs of the mock's memory, each of them atomic, each told the instant it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from tutorflow_mock.domain.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.idempotency import Claim, Holding, Policy, Verdict
    from tutorflow_mock.domain.model import AdminCredential, ApiKey, Credential, Entry, Job, Session, Subscription
    from tutorflow_mock.domain.rate_windows import Algorithm, Slot, Window


class Created(NamedTuple):
    """What `create_job_once` found or made."""

    job: Job
    verdict: Verdict


class Meter(NamedTuple):
    """How one call is counted: against which key, in which scope, by which algorithm, and whether it marks a use."""

    key_id: str
    scope: str
    algorithm: Algorithm
    marks_refused: bool


class Rotation(NamedTuple):
    """What takes the place of a key: its old record (None if the id stays), the new one, and when old secrets end."""

    retired: ApiKey | None
    key: ApiKey
    digest: bytes
    old_until: Instant


class Caps(NamedTuple):
    """How much one session may hold, so that a runaway client meets a 409 and not the end of memory."""

    jobs: int = 100_000
    keys: int = 1_000
    subscriptions: int = 1_000
    logins: int = 1_000
    journal: int = 1_000


class LimitReached(Conflict):
    """A session holds as much as it may."""

    def __init__(self, noun: str, cap: int) -> None:
        super().__init__(f"A session holds at most {cap} {noun}", reason="session-limit")


class InFlight(Conflict):
    """Another request with this key has not been answered yet, under `idempotency.in-flight=conflict-409`."""

    idempotency = "in-flight"

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is still in progress", reason="in-flight")


class OpenTwin(Conflict):
    """A job for the same content is still open, under `create.same-content-open=conflict-409`."""

    def __init__(self) -> None:
        super().__init__("A job for the same content is still queued or processing", reason="same-content-open")


class Store(Protocol):
    """The mock's memory; `now` is always the session's instant unless a name says real."""

    def open_session(self, session: Session, credentials: tuple[Credential, ...]) -> None:
        """Open a session with its first credentials, or put it back to this state; everything else in it is dropped."""
        ...

    def session(self, session_id: str) -> Session | None:
        """Return a session as it is now."""
        ...

    def change_session(self, session_id: str, change: Callable[[Session], Session]) -> Session:
        """Replace a session by what `change` makes of it and return it; an exception leaves it as it was."""
        ...

    def is_untouched(self, session_id: str) -> bool:
        """Tell whether no job, key use or subscription has recorded an instant yet."""
        ...

    def find_credential(self, digest: bytes) -> Credential | None:
        """Find a credential by the SHA-256 of its secret, over all sessions, dead ones included."""
        ...

    def find_admin_session(self, email: str) -> str | None:
        """Return the session whose directory holds an admin with this e-mail."""
        ...

    def save_login(self, credential: AdminCredential) -> None:
        """Keep the credential of a new admin session; beyond the cap the oldest login ends."""
        ...

    def take_rate_slot(self, session_id: str, meter: Meter, now: Instant) -> Slot:
        """Count one call of a key, or refuse it; note the key's use.

        Calls that run side by side may bring their instants in any order, so a slightly earlier one counts as the
        latest seen.
        A key that a reset has taken away in the meantime raises InvalidApiKey.
        """
        ...

    def give_rate_slot_back(self, session_id: str, meter: Meter, counted_at: Instant) -> None:
        """Uncount a call of a key."""
        ...

    def save_key(self, session_id: str, key: ApiKey, digest: bytes, *, unique_name: bool) -> None:
        """Keep a new key under the digest of its secret; raise Conflict for a second name if that is not allowed."""
        ...

    def rotate_key(self, session_id: str, old: ApiKey, rotation: Rotation) -> bool:
        """Replace a key's secret in one step; False, and nothing done, if the key is no longer `old`."""
        ...

    def change_key(self, session_id: str, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey | None:
        """Replace a key by what `change` makes of it and return it; None if there is none."""
        ...

    def keys(self, session_id: str, organization_id: str) -> tuple[tuple[ApiKey, Instant | None], ...]:
        """Return the keys of an organization with their last use, newest first."""
        ...

    def create_job_once(
        self, session_id: str, make: Callable[[], Job], claim: Claim | None, now: Instant, rules: Policy
    ) -> Created:
        """Make a job and take its key in one step, or return the job that holds the key."""
        ...

    def read_job(
        self, session_id: str, job_id: str, organization_id: str | None, now: Instant, *, counted: bool = False
    ) -> Job | None:
        """Return a job of an organization, or of any; a counted read moves it if its programme counts reads."""
        ...

    def read_count(self, session_id: str, job_id: str) -> int:
        """Return how often a job's status was read."""
        ...

    def change_job(self, session_id: str, job_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Replace a job by what `change` makes of it and return it; None if there is none."""
        ...

    def jobs(self, session_id: str) -> tuple[Job, ...]:
        """Return all jobs of a session, newest first."""
        ...

    def save_subscription(self, session_id: str, subscription: Subscription, *, unique_url: bool) -> None:
        """Keep a subscription; raise Conflict for the organization's second one with its URL if that is not allowed."""
        ...

    def subscriptions(self, session_id: str, organization_id: str) -> tuple[Subscription, ...]:
        """Return the subscriptions of an organization, newest first."""
        ...

    def delete_subscription(self, session_id: str, organization_id: str, subscription_id: str) -> bool:
        """Drop a subscription; tell whether there was one."""
        ...

    def windows(self, session_id: str) -> tuple[tuple[str, Window], ...]:
        """Return the used rate windows by key id."""
        ...

    def holdings(self, session_id: str) -> tuple[tuple[Claim, Holding], ...]:
        """Return the idempotency keys that are held, each with the claim that took it."""
        ...

    def append_journal(self, session_id: str, entry: Entry) -> None:
        """Remember a call in the session's ring."""
        ...

    def read_journal(self, session_id: str) -> tuple[Entry, ...]:
        """Return the remembered calls, oldest first."""
        ...
