"""A session's clock: it runs with real time at an offset, or stands still at an instant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol

Instant = int
"""Milliseconds since 1970-01-01T00:00:00Z."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 221_876_927_999_999
"""9000-12-31T23:59:59.999Z: no clock is set beyond it, so that whatever follows can still be written as RFC 3339."""
LONGEST = 366 * 86_400_000
"""The longest duration that is taken, in milliseconds."""

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT", re.ASCII
)
_ISO_DURATION = re.compile(
    r"P(?:([0-9]{1,6})D)?(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9})(?:\.([0-9]{1,9}))?S)?)?"
)
_SHORT_DURATION = re.compile(r"([0-9]{1,12})(ms|s|m|h|d)")
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

    def showing(self, instant: Instant, real: Instant) -> SessionClock:
        """Return the clock showing an instant again; one that runs with real time goes on with it."""
        return self if self.frozen_at is None and self.offset == 0 else self.moved(instant, real)

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


def parse_http_date(text: str) -> Instant | None:
    """Read the preferred form of RFC 9110's dates; None for anything else."""
    found = _HTTP_DATE.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[index]) for index in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def parse_instant(text: str) -> Instant:
    """Read an RFC 3339 date-time with an offset; raise ValueError for anything else."""
    moment = _moment(text)
    if moment is None:
        raise ValueError(f"{text[:64]!r} is no RFC 3339 date-time with an offset, such as 2026-07-04T00:00:00Z")
    instant = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= instant <= LATEST:
        raise ValueError(f"{text[:64]!r} lies outside the years 1970 to 9000")
    return instant


def _moment(text: str) -> datetime | None:
    if _DATE_TIME.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def parse_duration(text: str) -> int:
    """Read `500ms 30s 5m 2h 1d` or ISO 8601 from days down (`PT1M30S`) as milliseconds, at most 366 days of them.

    Raises ValueError for anything else.
    """
    if short := _SHORT_DURATION.fullmatch(text):
        milliseconds = int(short[1]) * _UNITS[short[2]]
    elif (parts := _ISO_DURATION.fullmatch(text)) and any(part is not None for part in parts.groups()):
        days, hours, minutes, seconds, fraction = (
            int(part or 0) for part in (*parts.groups()[:4], _thousandths(parts[5]))
        )
        milliseconds = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + fraction
    else:
        raise ValueError(f"{text[:64]!r} is no duration: write 500ms, 30s, 5m, 2h, 1d or PT1M30S")
    if milliseconds > LONGEST:
        raise ValueError(f"{text[:64]!r} is longer than 366 days")
    return milliseconds


def _thousandths(fraction: str | None) -> str:
    return (fraction or "0").ljust(3, "0")[:3]


def duration(milliseconds: int) -> str:
    """Write milliseconds as an ISO 8601 duration in seconds."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"PT{seconds}.{rest:03d}S" if rest else f"PT{seconds}S"
