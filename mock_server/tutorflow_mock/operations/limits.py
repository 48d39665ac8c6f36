"""Limits of keys by hand: another one in place of a key's own, or one that is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import rate_windows
from tutorflow_mock.domain.rate_windows import Limit
from tutorflow_mock.operations.find import KEY_SCHEME
from tutorflow_mock.stores.watching import Rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.domain.rate_windows import Algorithm
    from tutorflow_mock.operations.world import World


class NoLimit(Exception):
    """The key may call as often as it likes."""


def in_force(world: World, session: Session, rate: Rate) -> Limit:
    """Return the limit that a key has now: the one that took the place of its own, or its own."""
    if rate.limit is not None:
        return rate.limit
    algorithm = cast("Algorithm", world.contract_of(session).values["rate.window"])
    return Limit(rate.key.rate_limit, algorithm)


def replace(world: World, session: Session, key_id: str, wanted: Callable[[Limit], Limit]) -> Rate | None:
    """Give a key another limit; what is counted already counts on, unless it was counted in another way."""

    def change(rate: Rate) -> Rate:
        before = in_force(world, session, rate)
        limit = wanted(before)
        counts_on = before[1:] == limit[1:]
        return Rate(rate.key, limit, rate.windows if counts_on else {})

    return world.store.change_rate(session.id, key_id, change)


def use_up(world: World, session: Session, key_id: str, now: Instant) -> Rate | None:
    """Leave nothing of a key's limit at this instant; raise NoLimit where there is none."""
    contract = world.contract_of(session)
    operations = [each.id for each in contract.operations.values() if each.security == KEY_SCHEME]
    scopes = [""] if contract.values["rate.scope"] == "key" else operations

    def change(rate: Rate) -> Rate:
        calls, algorithm, length = in_force(world, session, rate)
        if calls is None:
            raise NoLimit
        window = rate_windows.exhausted(calls, now, algorithm, length)
        return rate._replace(windows=dict.fromkeys(scopes, window))

    return world.store.change_rate(session.id, key_id, change)


def clear(world: World, session: Session, key_id: str) -> bool:
    """Give a key its own limit back, with nothing counted; tell whether there is such a key."""
    return world.store.change_rate(session.id, key_id, lambda rate: Rate(rate.key, None, {})) is not None
