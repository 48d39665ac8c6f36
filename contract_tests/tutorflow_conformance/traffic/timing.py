"""The target's own clock, as its answers show it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from tutorflow_conformance.exchange import Exchange


def server_second(exchange: Exchange) -> float | None:
    """Return the second of the minute that `Date` tells; None if it tells none."""
    try:
        return float(parsedate_to_datetime(exchange.header("Date") or "").second)
    except (ValueError, TypeError):
        return None
