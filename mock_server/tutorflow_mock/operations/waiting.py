"""Waiting instead of sleeping: until something holds in a session, by its condition variable and not by polling."""

from __future__ import annotations

from math import inf
from threading import BoundedSemaphore, Event
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.operations.world import World

Found = TypeVar("Found")

MOST_WAITS = 64
"""How many wait at once in this process: each holds one of the server's threads."""

_places = BoundedSemaphore(MOST_WAITS)


def hold(milliseconds: float) -> None:
    """Wait in real time; the end of the server ends it."""
    Event().wait(milliseconds / 1000)


class TooManyWaits(Exception):
    """No further call may wait now."""


def until(
    world: World,
    session_id: str,
    check: Callable[[], Found | None],
    seconds: float,
    pause: Callable[[], float] = lambda: inf,
) -> Found | None:
    """Return what `check` finds as soon as it finds something, None after so many seconds of real time.

    `check` runs under no lock of the store. `pause` tells after how many seconds it is worth another look although
    nothing was done to the session. Raises TooManyWaits, and SessionEnded if the session ends meanwhile.
    """
    version = world.store.version(session_id)
    if (found := check()) is not None or seconds <= 0:
        return found
    if not _places.acquire(blocking=False):
        raise TooManyWaits
    try:
        return _wait(world, session_id, check, (seconds, pause), version)
    finally:
        _places.release()


def _wait(
    world: World,
    session_id: str,
    check: Callable[[], Found | None],
    times: tuple[float, Callable[[], float]],
    version: int,
) -> Found | None:
    began, (left, pause) = world.clock.elapsed(), times
    while left > 0:
        span = min(left, pause())
        changed = world.store.await_change(session_id, version, span)
        # Whether time passes on the clock or not, a span that nothing ended is over.
        left = min(left - (span if changed == version else 0), times[0] - (world.clock.elapsed() - began))
        version = changed
        if (found := check()) is not None:
            return found
    return None
