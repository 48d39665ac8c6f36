"""`Store`: the verbs of the mock's memory, each of them atomic, each told the instant it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from tutorflow_mock.domain.errors import Conflict, InvalidApiKey
from tutorflow_mock.domain.model import SESSION_ENDED
from tutorflow_mock.stores.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.idempotency import Claim, Holding, Policy, Verdict
    from tutorflow_mock.domain.misbehaviours.orders import Order
    from tutorflow_mock.domain.model import AdminCredential, ApiKey, Credential, Job, Session, Subscription
    from tutorflow_mock.domain.rate_windows import Algorithm, Slot, Window
    from tutorflow_mock.stores.records import Records, Snapshot

    Expand = Callable[[Session, Job, Subscription], Delivery | None]
    """Makes of a job's end the delivery for a subscription, or None if that hears nothing."""


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


class Presence(NamedTuple):
    """A session, when a call last came to it in seconds of the monotonic clock, and its first credentials."""

    session: Session
    seen_at: float
    credentials: tuple[Credential, ...] = ()


class Claimed(NamedTuple):
    """A delivery whose attempt begins, its session and subscription then, when that was due, and how it misbehaves."""

    session: Session
    delivery: Delivery
    subscription: Subscription
    due_at: Instant
    order: Order | None = None


class Caps(NamedTuple):
    """How much one session may hold, so that a runaway client meets a 409 and not the end of memory.

    `sessions` (beside the default one) and `snapshots` bound the server as a whole.
    """

    jobs: int = 100_000
    keys: int = 1_000
    subscriptions: int = 1_000
    logins: int = 1_000
    journal: int = 1_000
    sessions: int = 1_000
    snapshots: int = 100
    orders: int = 100


class LimitReached(Conflict):
    """A session, or the server, holds as much as it may."""

    def __init__(self, noun: str, cap: int, *, of: str = "session") -> None:
        super().__init__(f"A {of} holds at most {cap} {noun}", reason="session-limit")


class SessionEnded(InvalidApiKey):
    """The session of a call was put back or dropped while the call was under way."""

    def __init__(self) -> None:
        super().__init__("This credential has ended with its session", reason=SESSION_ENDED)


class SessionExists(Exception):
    """There is a session of this id already."""


class SnapshotExists(Exception):
    """The session has a snapshot of this name already."""


class InFlight(Conflict):
    """Another request with this key has not been answered yet, under `idempotency.in-flight=conflict-409`."""

    idempotency = "in-flight"

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is still in progress", reason="in-flight")


class OpenTwin(Conflict):
    """A job for the same content is still open, under `create.same-content-open=conflict-409`."""

    def __init__(self) -> None:
        super().__init__("A job for the same content is still queued or processing", reason="same-content-open")


class Store(Watching, Protocol):
    """The mock's memory; `now` is always the session's instant unless a name says real.

    A verb that names a session which is gone raises SessionEnded.
    """

    def open_session(
        self,
        session: Session,
        credentials: tuple[Credential, ...],
        records: Records | None = None,
        *,
        seen_at: float = 0.0,
        is_new: bool = False,
    ) -> None:
        """Open a session with its first credentials, or put it back to this state; everything else in it is dropped.

        It begins with `records`, where it takes over some. A new one raises SessionExists or LimitReached.
        """
        ...

    def reset_session(self, session_id: str, begin: Callable[[Session], Session]) -> None:
        """Put a session back to how it was opened, its record to what `begin` makes of the one that it had then."""
        ...

    def drop_session(self, session_id: str) -> bool:
        """Drop a session with all that it holds, and tell whether there was one; its credentials stay recognised."""
        ...

    def drop_idle(self, elapsed: float) -> None:
        """Drop the sessions that idled longer than they may."""
        ...

    def session(self, session_id: str) -> Session | None:
        """Return a session as it is now."""
        ...

    def enter(self, session_id: str, elapsed: float, digest: bytes | None = None) -> Session | None:
        """Return a session for a call and note that it came; None if it is gone, or does not know the credential.

        One that idled longer than it may is dropped. `elapsed` is in seconds of the monotonic clock.
        """
        ...

    def gone_session(self, session_id: str) -> Session | None:
        """Return a session that was dropped as it was at last, as long as the store remembers."""
        ...

    def sessions(self) -> tuple[Presence, ...]:
        """Return all sessions, newest first."""
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

    def find_owner(self, record_id: str) -> str | None:
        """Return the session that alone knows a job or a subscription of this id."""
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

    def hide_read(self, session_id: str, job_id: str, hides: Callable[[int], bool]) -> bool:
        """Tell whether a read does not find a job, as `hides` says of the number of those before; count it then."""
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

    def delete_subscription(
        self, session_id: str, organization_id: str, subscription_id: str, *, keep_pending: bool = False
    ) -> bool:
        """Drop a subscription, with its deliveries to come unless they are kept; tell whether there was one."""
        ...

    def listen(self, told: Callable[[str], None]) -> None:
        """Tell this function of each session in which something new may be due."""
        ...

    def settle_due(self, session_id: str, real: Instant, expand: Expand) -> None:
        """Turn each job end that the session's clock has reached into a delivery for each who hears of it, once."""
        ...

    def next_due(self, session_id: str) -> Instant | None:
        """Return the instant of the earliest job end to tell or attempt to make, as far as any is known.

        An attempt that waits for a place among its subscription's is due again when there is one.
        """
        ...

    def claim_due_deliveries(self, session_id: str, real: Instant) -> tuple[Claimed, ...]:
        """Take what is due by the session's clock for attempts that begin now, at most four of a subscription."""
        ...

    def finish_attempt(self, claimed: Claimed, attempt: Attempt, schedule: Sequence[float]) -> None:
        """Record an attempt and plan the next; what went with a reset meanwhile is left alone, or met its like."""
        ...

    def attempts(self, session_id: str, delivery_id: str) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery, in their order."""
        ...

    def change_subscription(
        self, session_id: str, subscription_id: str, change: Callable[[Subscription], Subscription]
    ) -> Subscription | None:
        """Replace a subscription by what `change` makes of it and return it; None if it is not there any more."""
        ...

    def save_delivery(self, session_id: str, delivery: Delivery) -> None:
        """Keep a delivery that was made by hand."""
        ...

    def change_delivery(
        self, session_id: str, delivery_id: str, change: Callable[[Delivery, Subscription | None], Delivery]
    ) -> Delivery | None:
        """Replace a delivery by what `change` makes of it and of its subscription, if that is there; return it.

        None if there is none; an exception leaves it as it was.
        """
        ...

    def save_order(self, session_id: str, order: Order) -> None:
        """Keep an order to misbehave, behind those that are there; raise LimitReached."""
        ...

    def orders(self, session_id: str) -> tuple[Order, ...]:
        """Return the orders to misbehave, oldest first, those that are used up too."""
        ...

    def drop_orders(self, session_id: str, order_id: str | None = None) -> bool:
        """Forget an order to misbehave, or all of them; tell whether there was one."""
        ...

    def tell_early(self, session_id: str, job_id: str) -> bool:
        """Note that a new job is told before its create is answered, if that is ordered; tell whether it is."""
        ...

    def early_wait(self, session_id: str, job_id: str) -> int | None:
        """Return how many milliseconds the answer to a create may wait for its job's deliveries; None if not at all."""
        ...

    def deliveries(self, session_id: str) -> tuple[Delivery, ...]:
        """Return all deliveries of a session, newest first."""
        ...

    def delivery(self, session_id: str, delivery_id: str) -> Delivery | None:
        """Return one delivery."""
        ...

    def wait_until_idle(self, session_id: str, timeout: float) -> bool:
        """Wait until no attempt of a session is under way, at most so many seconds; tell whether that is so."""
        ...

    def wait_for_deliveries(
        self, session_id: str, is_enough: Callable[[Iterable[Delivery]], bool], timeout: float
    ) -> bool:
        """Wait until the deliveries of a session are as wanted, at most so many seconds; tell whether they are."""
        ...

    def windows(self, session_id: str) -> tuple[tuple[str, Window], ...]:
        """Return the used rate windows by key id."""
        ...

    def holdings(self, session_id: str) -> tuple[tuple[Claim, Holding], ...]:
        """Return the idempotency keys that are held, each with the claim that took it."""
        ...

    def save_snapshot(self, session_id: str, name: str, real: Instant) -> Snapshot:
        """Keep a session under a name of its own; raise SnapshotExists, or LimitReached where the server has enough."""
        ...

    def snapshots(self, session_id: str) -> tuple[Snapshot, ...]:
        """Return what was saved of a session, newest first."""
        ...

    def drop_snapshot(self, session_id: str, name: str) -> bool:
        """Forget a snapshot; tell whether there was one."""
        ...

    def restore_snapshot(self, session_id: str, name: str, begin: Callable[[Snapshot], Session]) -> bool:
        """Put a session back to a snapshot, its record to what `begin` makes of it; tell whether there was one."""
        ...
