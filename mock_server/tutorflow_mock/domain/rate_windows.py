"""Arithmetic of rate windows: four ways to say how many calls a minute holds (S51)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant

Algorithm = Literal["fixed-aligned", "fixed-first", "sliding-log", "gcra"]

WINDOW = 60_000
"""Milliseconds: limits are told per minute (F-093)."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is remembered of one key: a window's start with its count, or the log, or a debt as it stood at `start`.

    The debt is in milliseconds and at most one window, small enough for a float to count it exactly. `length` is that
    of the window, in milliseconds.
    """

    start: Instant = 0
    used: int = 0
    log: tuple[Instant, ...] = ()
    debt: float = 0.0
    length: int = WINDOW


class Limit(NamedTuple):
    """A limit that takes the place of a key's own: so many calls in a window of a length in milliseconds, or any."""

    calls: int | None
    algorithm: Algorithm
    length: int = WINDOW


class Usage(NamedTuple):
    """How much of a limit is used at an instant, since when that is counted, and when all of it is free again."""

    used: int
    start: Instant | None
    resets_at: Instant | None


@dataclass(frozen=True, slots=True)
class Slot:
    """The verdict on a call at an instant: may it pass, how many are used of how many, when does the next slot open."""

    allowed: bool
    used: int
    limit: int | None
    opens_at: Instant
    at: Instant = field(default=0, compare=False)
    length: int = field(default=WINDOW, compare=False)


EMPTY = Window()

_ROUNDING = 1e-6


def take(window: Window, limit: int, now: Instant, algorithm: Algorithm, length: int = WINDOW) -> tuple[Slot, Window]:
    """Count one call against a window, or refuse it and leave the window as it is."""
    match algorithm:
        case "fixed-aligned":
            return _take_fixed(window, limit, now, now - now % length, length)
        case "fixed-first":
            in_window = window.used > 0 and window.start <= now < window.start + length
            return _take_fixed(window, limit, now, window.start if in_window else now, length)
        case "sliding-log":
            return _take_sliding(window, limit, now, length)
        case _:
            return _take_gcra(window, limit, now, length)


def give_back(window: Window, limit: int, counted_at: Instant, algorithm: Algorithm) -> Window:
    """Return the window as if a call counted at an instant had not been (`rate.rejected-calls=count-none`)."""
    match algorithm:
        case "sliding-log":
            position = window.log.index(counted_at) if counted_at in window.log else len(window.log)
            return replace(window, log=window.log[:position] + window.log[position + 1 :])
        case "gcra":
            return replace(window, debt=max(0.0, window.debt - window.length / limit))
        case _:
            is_same = window.used > 0 and window.start <= counted_at < window.start + window.length
            return replace(window, used=window.used - is_same)


def exhausted(limit: int, now: Instant, algorithm: Algorithm, length: int = WINDOW) -> Window:
    """Return a window that has no slot left at an instant."""
    match algorithm:
        case "sliding-log":
            return Window(log=(now,) * limit, length=length)
        case "gcra":
            return Window(start=now, debt=float(length), length=length)
        case _:
            start = now - now % length if algorithm == "fixed-aligned" else now
            return Window(start=start, used=limit, length=length)


def usage(window: Window, limit: int | None, now: Instant, algorithm: Algorithm) -> Usage:
    """Tell how much of a limit is used at an instant."""
    length = window.length
    if algorithm == "gcra":
        debt = max(0.0, window.debt - (now - window.start))
        used = math.ceil(debt * (limit or 0) / length - _ROUNDING)
        return Usage(used, None, now + math.ceil(debt) if used else None)
    if algorithm == "sliding-log":
        log = [at for at in window.log if now - length < at <= now]
        return Usage(len(log), log[0] if log else None, log[-1] + length if log else None)
    if window.used and window.start <= now < window.start + length:
        return Usage(window.used, window.start, window.start + length)
    start = now - now % length if algorithm == "fixed-aligned" else None
    return Usage(0, start, None if start is None else start + length)


def ends_at(window: Window) -> Instant:
    """Return when a window is as good as unused, by whichever algorithm it counts."""
    if window.debt:
        return window.start + math.ceil(window.debt)
    return (window.log[-1] if window.log else window.start) + window.length


def _take_fixed(window: Window, limit: int, now: Instant, start: Instant, length: int) -> tuple[Slot, Window]:
    used = window.used if window.start == start else 0
    opens_at = max(start + length, now + 1)
    if used >= limit:
        return Slot(allowed=False, used=used, limit=limit, opens_at=opens_at, at=now, length=length), window
    slot = Slot(allowed=True, used=used + 1, limit=limit, opens_at=opens_at, at=now, length=length)
    return slot, Window(start=start, used=used + 1, length=length)


def _take_sliding(window: Window, limit: int, now: Instant, length: int) -> tuple[Slot, Window]:
    log = tuple(at for at in window.log if now - length < at <= now)
    if len(log) >= limit:
        opens_at = log[-limit] + length if limit else now + length
        return Slot(allowed=False, used=len(log), limit=limit, opens_at=opens_at, at=now, length=length), window
    opens_at = (log[0] if log else now) + length
    slot = Slot(allowed=True, used=len(log) + 1, limit=limit, opens_at=opens_at, at=now, length=length)
    return slot, Window(log=(*log, now), length=length)


def _take_gcra(window: Window, limit: int, now: Instant, length: int) -> tuple[Slot, Window]:
    if not limit:
        return Slot(allowed=False, used=0, limit=limit, opens_at=now + length, at=now, length=length), window
    interval = length / limit
    elapsed = now - window.start if now >= window.start else length
    debt = max(0.0, window.debt - elapsed)
    used, room = math.ceil(debt / interval - _ROUNDING), length - debt - interval
    if room < -_ROUNDING:
        opens_at = now + math.ceil(-room - _ROUNDING)
        return Slot(allowed=False, used=used, limit=limit, opens_at=opens_at, at=now, length=length), window
    opens_at = now + max(0, math.ceil(interval - room - _ROUNDING))
    slot = Slot(allowed=True, used=used + 1, limit=limit, opens_at=opens_at, at=now, length=length)
    return slot, Window(start=now, debt=debt + interval, length=length)
