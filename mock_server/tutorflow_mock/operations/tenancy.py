"""Sessions as the control plane makes and ends them: isolated tenants of one server, new or forked from a snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from tutorflow_mock.domain import ids, sessions
from tutorflow_mock.domain.clock import SessionClock
from tutorflow_mock.domain.model import Cleared, Session
from tutorflow_mock.operations import start
from tutorflow_mock.operations.find import DEFAULT_SESSION, UnknownSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.ids import Ids
    from tutorflow_mock.domain.model import Subscription, Value
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.domain.sessions import Tenant
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.base import Presence
    from tutorflow_mock.stores.records import Records, Snapshot


class DefaultSession(Exception):
    """The default session never ends."""


class ClockStart(NamedTuple):
    """How a session's clock begins: running or standing, at an instant or at the present."""

    mode: Literal["running", "frozen"]
    instant: Instant | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session as it was asked for; None stands for what the server does by itself, or what the snapshot has.

    `rate_limit` is in calls a minute, `ttl` in milliseconds that the session may idle, None for ever.
    """

    id: str | None = None
    revision: str | None = None
    seed: str | None = None
    ttl: int | None = None
    clock: ClockStart | None = None
    programme: Programme | None = None
    behaviours: Mapping[str, Value] = field(default_factory=dict["str", "Value"])
    webhook_timestamp: Literal["session", "real"] | None = None
    rate_limit: int = 1_000
    organizations: int = 2
    lessons: tuple[str, ...] = ("standalone-lesson-id",)
    snapshot: Snapshot | None = None


class Opened(NamedTuple):
    """A new session with its secrets, those of the webhooks that it took over included."""

    session: Session
    tenants: tuple[Tenant, ...]
    webhooks: tuple[Subscription, ...] = ()


def create(world: World, wanted: Wanted) -> Opened:
    """Open a new session; raise SessionExists, or LimitReached where the server has enough."""
    world.store.drop_idle(world.clock.elapsed())
    session_id = wanted.id or _fresh_id(world)
    records: Records | None = None
    if wanted.snapshot is None:
        opened = _new(world, session_id, wanted)
    else:
        opened, records = _forked(world, session_id, wanted, wanted.snapshot)
    session = opened.session
    credentials = sessions.credentials_of(session_id, opened.tenants, session.opened_at, wanted.rate_limit)
    world.contract_of(session)
    world.store.open_session(session, credentials, records, seen_at=world.clock.elapsed(), is_new=True)
    return opened


def open_sessions(world: World) -> tuple[Presence, ...]:
    """Return all sessions, newest first, without those that have idled too long."""
    world.store.drop_idle(world.clock.elapsed())
    return world.store.sessions()


def find(world: World, session_id: str) -> Presence:
    """Return a session without disturbing its rest; raise UnknownSession."""
    found = next((each for each in open_sessions(world) if each.session.id == session_id), None)
    if found is None:
        raise UnknownSession(session_id)
    return found


def delete(world: World, session_id: str) -> None:
    """End a session and its credentials; raise UnknownSession or DefaultSession."""
    if session_id == DEFAULT_SESSION:
        raise DefaultSession
    world.store.drop_idle(world.clock.elapsed())
    if not world.store.drop_session(session_id):
        raise UnknownSession(session_id)


def reset(world: World, session_id: str) -> list[str]:
    """Put a session back to its creation and return its id."""
    start.reset(world, session_id)
    return [session_id]


def reset_all(world: World, session_id: str) -> list[str]:
    """Put a session and the default one back to their creation, end all others, and return the ids of those two."""
    kept = list(dict.fromkeys((session_id, DEFAULT_SESSION)))
    for each in world.store.sessions():
        if each.session.id not in kept:
            world.store.drop_session(each.session.id)
    return [each for name in kept for each in reset(world, name)]


def expires_at(world: World, presence: Presence) -> Instant | None:
    """Return the real instant at which a session ends unless a call comes."""
    ttl = presence.session.ttl
    if ttl is None:
        return None
    return world.clock.now() + ttl - round(1000 * (world.clock.elapsed() - presence.seen_at))


def find_snapshot(world: World, session_id: str, name: str) -> Snapshot | None:
    """Return a session's snapshot, else the only one of that name that any session has."""
    own = next((each for each in world.store.snapshots(session_id) if each.name == name), None)
    if own is not None:
        return own
    all_ids = (presence.session.id for presence in world.store.sessions())
    found = [each for other in all_ids for each in world.store.snapshots(other) if each.name == name]
    return found[0] if len(found) == 1 else None


def restore(world: World, session_id: str, name: str) -> bool:
    """Put a session back to a snapshot, its clock to what it showed then; tell whether there was one."""

    def begin(snapshot: Snapshot) -> Session:
        clock = snapshot.session.clock.moved(snapshot.at, world.clock.now())
        return replace(snapshot.session.kept(), clock=clock)

    return world.store.restore_snapshot(session_id, name, begin)


def _fresh_id(world: World) -> str:
    while True:
        session_id = f"s-{ids.token(world.chance, 'session-ids')[:12]}"
        if world.store.session(session_id) is None:
            return session_id


def _new(world: World, session_id: str, wanted: Wanted) -> Opened:
    settings, real = world.settings, world.clock.now()
    seed = wanted.seed or settings.seed
    tenants = sessions.new_tenants(world.make_ids(seed, session_id), session_id, wanted.organizations, wanted.lessons)
    clock = start.start_clock(settings.clock, real) if wanted.clock is None else _clock(wanted.clock, real, real)
    session = Session(
        session_id,
        seed,
        wanted.revision or settings.revision,
        sessions.directory_of(tenants),
        clock,
        _overrides(wanted.behaviours),
        wanted.programme,
        wanted.webhook_timestamp or "session",
        wanted.ttl,
        clock.now(real),
        chance=world.make_ids(seed, session_id),
    )
    return Opened(session, tenants)


def _forked(world: World, session_id: str, wanted: Wanted, snapshot: Snapshot) -> tuple[Opened, Records]:
    """Return a session that goes on from a snapshot with admins, keys and webhook secrets of its own.

    Its ids go on where those of the snapshot were, unless it has another seed.
    """
    base, real = snapshot.session.kept(), world.clock.now()
    seed = wanted.seed or base.seed
    chance = world.make_ids(seed, session_id)
    if base.chance is not None and seed == base.seed:
        chance = base.chance.copied(session_id)
    tenants = sessions.inherited_tenants(world.make_ids(seed, session_id), session_id, base.directory)
    clock = _clock(wanted.clock or ClockStart(base.clock.mode), snapshot.at, real)
    session = replace(
        base,
        id=session_id,
        seed=seed,
        directory=sessions.directory_of(tenants),
        clock=clock,
        overrides=_overrides({**dict(base.overrides), **wanted.behaviours}),
        programme=wanted.programme or base.programme,
        webhook_timestamp=wanted.webhook_timestamp or base.webhook_timestamp,
        ttl=wanted.ttl,
        opened_at=clock.now(real),
        chance=chance,
        cleared=Cleared(),
    )
    webhooks = _with_own_secrets(chance, snapshot.records.subscriptions)
    return Opened(session, tenants, tuple(webhooks.values())), snapshot.records.forked(webhooks)


def _with_own_secrets(chance: Ids, subscriptions: Mapping[str, Subscription]) -> dict[str, Subscription]:
    return {name: replace(each, secret=ids.webhook_secret(chance)) for name, each in subscriptions.items()}


def _clock(wanted: ClockStart, usual: Instant, real: Instant) -> SessionClock:
    """Return a clock that begins as it was asked for, at the usual instant unless another one was named."""
    instant = usual if wanted.instant is None else wanted.instant
    return SessionClock(instant - real, instant if wanted.mode == "frozen" else None)


def _overrides(values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(values.items(), key=itemgetter(0)))
