"""How instants, spans, sizes and bodies are written on a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tutorflow_mock.domain.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutorflow_mock.domain.clock import Instant

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
_FEW = 10_000
_KIBI = 1024


def day(instant: Instant) -> str:
    """Return the date of an instant, as `2026-07-04`."""
    return timestamp(instant).partition("T")[0]


def hour(instant: Instant) -> str:
    """Return the time of an instant with milliseconds, as `09:00:00.000`."""
    return timestamp(instant).partition("T")[2].removesuffix("Z")


def span(milliseconds: int) -> str:
    """Return a span in at most two units, as `1.5 s`, `2 min 5 s` or `3 d 4 h`."""
    if milliseconds < _UNITS[-1][0]:
        return f"{milliseconds} ms"
    if milliseconds < _FEW:
        return f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".") + " s"
    words: list[str] = []
    for size, unit in _UNITS:
        count, milliseconds = divmod(milliseconds, size)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words[:2])


def size(count: int) -> str:
    """Return a number of bytes, as `312 bytes` or `4.2 KiB`."""
    return f"{count / _KIBI:.1f} KiB" if count >= _KIBI else f"{count} {'byte' if count == 1 else 'bytes'}"


def pretty(text: str) -> str:
    """Return JSON in lines; what is none stays as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def short(identifier: str) -> str:
    """Return the beginning of a long id, which tells it apart on a page."""
    head, dash, _ = identifier.partition("-")
    return f"{head}…" if dash and len(identifier) == len("00000000-0000-4000-8000-000000000001") else identifier


def compact(value: object) -> str:
    """Return a value as JSON in one line."""
    return json.dumps(value, ensure_ascii=False)


FILTERS: Mapping[str, Callable[..., str]] = {
    "timestamp": timestamp,
    "day": day,
    "hour": hour,
    "span": span,
    "size": size,
    "pretty": pretty,
    "short": short,
    "compact": compact,
}
