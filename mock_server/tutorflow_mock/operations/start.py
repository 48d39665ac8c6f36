"""How a server begins: its world, with the default session open in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tutorflow_openapi
from tutorflow_mock.domain import sessions
from tutorflow_mock.domain.clock import SessionClock, parse_instant
from tutorflow_mock.domain.programme import parse_short
from tutorflow_mock.log import conceal
from tutorflow_mock.operations import api_keys, discovery, expansions, exports, login, webhooks
from tutorflow_mock.operations.find import DEFAULT_SESSION
from tutorflow_mock.operations.world import World
from tutorflow_mock.stores.base import Caps
from tutorflow_mock.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Clock, Instant
    from tutorflow_mock.domain.ids import Ids
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.settings import Settings

REGISTERED = (api_keys, discovery, expansions, exports, login, webhooks)
"""The modules whose import registers the operations."""

_SERVER = "_server"
"""No session can have this id."""


def new_world(
    settings: Settings,
    clock: Clock,
    make_ids: Callable[[str, str], Ids],
    doubt_target: Callable[[str], str | None] = lambda _: None,
) -> World:
    """Return a world whose default session is open; raise ValueError for a setting that cannot be read."""
    contracts = {revision: tutorflow_openapi.load(revision) for revision in tutorflow_openapi.revisions()}
    if settings.revision not in contracts:
        raise ValueError(f"there is no revision {settings.revision[:32]!r}; known are {', '.join(contracts)}")
    parse_short(settings.programme)
    if settings.admin_token is not None:
        conceal(settings.admin_token)
    store = MemoryStore(Caps(jobs=settings.job_limit, journal=settings.journal_limit))
    world = World(settings, contracts, store, clock, make_ids, make_ids(settings.seed, _SERVER), doubt_target)
    _open_default(world)
    return world


def _open_default(world: World) -> None:
    settings, real = world.settings, world.clock.now()
    clock = start_clock(settings.clock, real)
    tenants = sessions.DEFAULT_TENANTS
    session = replace(
        sessions.session_of(DEFAULT_SESSION, tenants, seed=settings.seed, revision=settings.revision, clock=clock),
        opened_at=clock.now(real),
        chance=world.make_ids(settings.seed, DEFAULT_SESSION),
    )
    world.contract_of(session)
    world.store.open_session(session, sessions.credentials_of(DEFAULT_SESSION, tenants, session.opened_at))


def reset(world: World, session_id: str) -> None:
    """Put a session back to its creation: same seed, same credentials, same clock setting; raise SessionEnded."""

    def begin(opened: Session) -> Session:
        real = world.clock.now()
        if session_id == DEFAULT_SESSION:
            clock = start_clock(world.settings.clock, real)
        else:
            clock = opened.clock.showing(opened.opened_at, real)
        return replace(opened.kept(), clock=clock)

    world.store.reset_session(session_id, begin)


def start_clock(setting: str, real: Instant) -> SessionClock:
    """Return the clock of a setting: `running`, `frozen`, or an instant to stand at."""
    if setting == "running":
        return SessionClock()
    if setting == "frozen":
        return SessionClock().frozen(real)
    instant = parse_instant(setting)
    return SessionClock(offset=instant - real, frozen_at=instant)
