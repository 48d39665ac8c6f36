"""A session's clock: it runs with real time at an offset, or stands still at an instant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

Instant = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ISO_DURATION = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})(?:\.(\d{1,3})\d{0,6})?S)?)?"
)
_SHORT_DURATION = re.compile(r"(\d{1,12})(ms|s|m|h|d)")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Clock(Protocol):
    """Real time, as the mock sees it; tests bring their own."""

    def now(self) -> Instant:
        """Return the present instant."""
        ...

    def elapsed(self) -> float:
        """Return seconds of a monotonic clock with an arbitrary start."""
        ...


@dataclass(frozen=True, slots=True)
class SessionClock:
    """The contract's clock of one session: `offset` milliseconds off real time, or frozen at an instant."""

    offset: int = 0
    frozen_at: Instant | None = None

    @property
    def mode(self) -> Literal["running", "frozen"]:
        """Tell whether the clock runs or stands."""
        return "running" if self.frozen_at is None else "frozen"

    def now(self, real: Instant) -> Instant:
        """Return the session's instant at a real one."""
        return real + self.offset if self.frozen_at is None else self.frozen_at

    def frozen(self, instant: Instant) -> SessionClock:
        """Return the clock standing at an instant."""
        return SessionClock(self.offset, instant)

    def moved(self, instant: Instant, real: Instant) -> SessionClock:
        """Return the clock showing an instant, running or standing as before."""
        if self.frozen_at is None:
            return SessionClock(instant - real)
        return SessionClock(instant - real, instant)

    def running(self, real: Instant) -> SessionClock:
        """Return the clock running on from what it shows."""
        return SessionClock(self.now(real) - real)


def timestamp(instant: Instant) -> str:
    """Write an instant as RFC 3339 in UTC with milliseconds."""
    return (_EPOCH + timedelta(milliseconds=instant)).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def http_date(instant: Instant) -> str:
    """Write an instant as RFC 9110 dates, rounded up to the second; the names are English in every locale."""
    moment = _EPOCH + timedelta(seconds=-(-instant // 1000))
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02d} {month} {moment.year:04d} {moment:%H:%M:%S} GMT"


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 date-time with an offset; raise ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or "T" not in text:
        msg = f"{text[:64]!r} is no RFC 3339 date-time with an offset, such as 2026-07-04T00:00:00Z"
        raise ValueError(msg)
    instant = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= instant <= _LATEST:
        msg = f"{text[:64]!r} lies outside the years 1970 to 9999"
        raise ValueError(msg)
    return instant


def parse_duration(text: str) -> int:
    """Read `500ms 30s 5m 2h 1d` or ISO 8601 from days down (`PT1M30S`) as milliseconds; else raise ValueError."""
    if short := _SHORT_DURATION.fullmatch(text):
        return int(short[1]) * _UNITS[short[2]]
    parts = _ISO_DURATION.fullmatch(text)
    if parts is None or not any(part is not None for part in parts.groups()):
        msg = f"{text[:64]!r} is no duration: write 500ms, 30s, 5m, 2h, 1d or PT1M30S"
        raise ValueError(msg)
    days, hours, minutes, seconds, fraction = parts.groups()
    whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))


def duration(milliseconds: int) -> str:
    """Write milliseconds as an ISO 8601 duration in seconds."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"PT{seconds}.{rest:03d}S" if rest else f"PT{seconds}S"
