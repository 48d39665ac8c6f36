"""What arguments of commands may be: durations, seconds, instants, pairs, and values that are JSON where they can be.

These are types for click, which calls them with the text; what they cannot read they refuse with a sentence.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import click

from tutorflow_mock.domain import clock

if TYPE_CHECKING:
    from collections.abc import Callable

_Value = TypeVar("_Value")


def duration(text: str) -> str:
    """Read `500ms 30s 5m 2h 1d` or ISO 8601, as ISO 8601."""
    return _told(lambda: clock.duration(clock.parse_duration(text)))


def seconds(text: str) -> float:
    """Read a number of seconds, or a duration."""
    is_number = text.isascii() and text.replace(".", "", 1).isdigit()
    return _told(lambda: clock.parse_duration(f"PT{float(text):.3f}S" if is_number else text) / 1000)


def instant(text: str) -> str:
    """Read an RFC 3339 instant."""
    return _told(lambda: clock.timestamp(clock.parse_instant(text)))


def assignment(text: str) -> tuple[str, str]:
    """Read `NAME=VALUE`."""
    return _pair(text, "=")


def header(text: str) -> tuple[str, str]:
    """Read `Name: value`."""
    name, value = _pair(text, ":")
    if not (f"{name}{value}".isascii() and f"{name}{value}".isprintable()) or " " in name:
        raise click.BadParameter("a header is ASCII, such as X-Team: a")
    return name, value


def json_or_text(text: str) -> object:
    """Return what a text says as JSON, or the text: true, 5 and [5, 25] need no quotes, and neither do words."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _pair(text: str, mark: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise click.BadParameter(f"{text[:64]!r} must be written NAME{mark}VALUE")
    return name.strip(), value.strip()


def _told(read: Callable[[], _Value]) -> _Value:
    try:
        return read()
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
