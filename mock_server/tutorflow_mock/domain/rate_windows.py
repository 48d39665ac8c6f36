"""Arithmetic of rate windows: four ways to say how many calls a minute holds (S51)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant

Algorithm = Literal["fixed-aligned", "fixed-first", "sliding-log", "gcra"]

WINDOW = 60_000
"""Milliseconds: limits are told per minute (F-093)."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is remembered of one key: a window's start with its count, or the log, or a debt as it stood at `start`.

    The debt is in milliseconds and at most one window, small enough for a float to count it exactly.
    """

    start: Instant = 0
    used: int = 0
    log: tuple[Instant, ...] = ()
    debt: float = 0.0


@dataclass(frozen=True, slots=True)
class Slot:
    """The verdict on a call at an instant: may it pass, how many are used of how many, when does the next slot open."""

    allowed: bool
    used: int
    limit: int | None
    opens_at: Instant
    at: Instant = field(default=0, compare=False)


EMPTY = Window()

_ROUNDING = 1e-6


def take(window: Window, limit: int, now: Instant, algorithm: Algorithm) -> tuple[Slot, Window]:
    """Count one call against a window, or refuse it and leave the window as it is."""
    match algorithm:
        case "fixed-aligned":
            return _take_fixed(window, limit, now, now - now % WINDOW)
        case "fixed-first":
            in_window = window.used > 0 and window.start <= now < window.start + WINDOW
            return _take_fixed(window, limit, now, window.start if in_window else now)
        case "sliding-log":
            return _take_sliding(window, limit, now)
        case _:
            return _take_gcra(window, limit, now)


def give_back(window: Window, limit: int, counted_at: Instant, algorithm: Algorithm) -> Window:
    """Return the window as if a call counted at an instant had not been (`rate.rejected-calls=count-none`)."""
    match algorithm:
        case "sliding-log":
            position = window.log.index(counted_at) if counted_at in window.log else len(window.log)
            return Window(log=window.log[:position] + window.log[position + 1 :])
        case "gcra":
            return Window(start=window.start, debt=max(0.0, window.debt - WINDOW / limit))
        case _:
            is_same = window.used > 0 and window.start <= counted_at < window.start + WINDOW
            return Window(start=window.start, used=window.used - is_same)


def _take_fixed(window: Window, limit: int, now: Instant, start: Instant) -> tuple[Slot, Window]:
    used = window.used if window.start == start else 0
    opens_at = max(start + WINDOW, now + 1)
    if used >= limit:
        return Slot(allowed=False, used=used, limit=limit, opens_at=opens_at, at=now), window
    return Slot(allowed=True, used=used + 1, limit=limit, opens_at=opens_at, at=now), Window(start=start, used=used + 1)


def _take_sliding(window: Window, limit: int, now: Instant) -> tuple[Slot, Window]:
    log = tuple(at for at in window.log if now - WINDOW < at <= now)
    if len(log) >= limit:
        opens_at = log[-limit] + WINDOW if limit else now + WINDOW
        return Slot(allowed=False, used=len(log), limit=limit, opens_at=opens_at, at=now), window
    opens_at = (log[0] if log else now) + WINDOW
    return Slot(allowed=True, used=len(log) + 1, limit=limit, opens_at=opens_at, at=now), Window(log=(*log, now))


def _take_gcra(window: Window, limit: int, now: Instant) -> tuple[Slot, Window]:
    if not limit:
        return Slot(allowed=False, used=0, limit=limit, opens_at=now + WINDOW, at=now), window
    interval = WINDOW / limit
    elapsed = now - window.start if now >= window.start else WINDOW
    debt = max(0.0, window.debt - elapsed)
    used, room = math.ceil(debt / interval - _ROUNDING), WINDOW - debt - interval
    if room < -_ROUNDING:
        return Slot(allowed=False, used=used, limit=limit, opens_at=now + math.ceil(-room - _ROUNDING), at=now), window
    opens_at = now + max(0, math.ceil(interval - room - _ROUNDING))
    return Slot(allowed=True, used=used + 1, limit=limit, opens_at=opens_at, at=now), Window(
        start=now, debt=debt + interval
    )
