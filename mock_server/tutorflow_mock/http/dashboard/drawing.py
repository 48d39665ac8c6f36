"""A job's life as a drawing: states as bars, calls as ticks, attempts as marks, all along one line of time.

The line is not to scale: each step takes room for its mark, and longer pauses take more, but less than their share, so
that three seconds of work and two minutes until the next attempt are seen side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log2
from typing import TYPE_CHECKING, Literal, NamedTuple

from tutorflow_mock.http.dashboard.words import span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tutorflow_mock.domain.clock import Instant

Kind = Literal["create", "replay", "read", "result", "call", "fault", "ok", "failed", "due"]

LEFT, RIGHT, TOP = 116, 72, 12
LANE, BAR = 40, 22
_LEAST_WIDTH = 1000
_STEP, _STRETCH, _UNIT = 16.0, 15.0, 250.0
_MOST, _FIRST = 240, 60
_LABEL_ROOM, _LETTER = 66, 7.2


class Change(NamedTuple):
    """A job's state from an instant on; `planned` ones are still to come."""

    at: Instant
    status: str
    cause: str | None = None
    planned: bool = False


class Point(NamedTuple):
    """Something that happened at an instant, or is due then, in one of the lanes below the states."""

    at: Instant
    lane: int
    kind: Kind
    title: str
    href: str | None = None


class Bar(NamedTuple):
    """A state, from where to where."""

    x: float
    width: float
    status: str
    label: str
    title: str
    planned: bool


class Mark(NamedTuple):
    """A point in its place."""

    x: float
    y: float
    kind: Kind
    title: str
    href: str | None


class Label(NamedTuple):
    """A text in its place."""

    x: float
    y: float
    text: str


@dataclass(slots=True)
class Drawing:
    """What is drawn, with its size; `omitted` points did not find room."""

    width: float
    height: float
    bars: list[Bar] = field(default_factory=list[Bar])
    marks: list[Mark] = field(default_factory=list[Mark])
    lanes: list[Label] = field(default_factory=list[Label])
    ticks: list[Label] = field(default_factory=list[Label])
    now: float | None = None
    omitted: int = 0


def draw(history: Sequence[Change | Point], lanes: Sequence[str], began: Instant, now: Instant) -> Drawing:
    """Return the drawing of what happened, in this order; the lanes are named from the states' own downwards."""
    kept, omitted = _bounded(history)
    places, now_x, end = _places(kept, began, now)
    factor = max(1.0, (_LEAST_WIDTH - LEFT - RIGHT) / max(end, 1.0))
    drawing = Drawing(LEFT + end * factor + RIGHT, TOP + LANE * len(lanes) + 30, omitted=omitted)
    drawing.now = _x(now_x, factor)
    drawing.lanes = [Label(0, TOP + LANE * row + BAR / 2, text) for row, text in enumerate(lanes)]
    changes = [(each, _x(x, factor)) for each, x in zip(kept, places, strict=True) if isinstance(each, Change)]
    drawing.bars = list(_bars(changes, drawing.width - RIGHT / 2, now))
    for each, x in zip(kept, places, strict=True):
        if isinstance(each, Point):
            y = TOP + LANE * each.lane + BAR / 2
            drawing.marks.append(Mark(_x(x, factor), y, each.kind, each.title, each.href))
    told = [(each.at, _x(x, factor)) for each, x in zip(kept, places, strict=True)]
    drawing.ticks = list(_ticks(told, began, drawing.height - 8))
    return drawing


def _bounded(history: Sequence[Change | Point]) -> tuple[list[Change | Point], int]:
    """Return the first and the last of what happened, and how many points between them are left out."""
    points = [index for index, each in enumerate(history) if isinstance(each, Point)]
    dropped = set(points[_FIRST : len(points) - (_MOST - _FIRST)]) if len(points) > _MOST else set[int]()
    return [each for index, each in enumerate(history) if index not in dropped], len(dropped)


def _places(history: Iterable[Change | Point], began: Instant, now: Instant) -> tuple[list[float], float, float]:
    """Return where each of these stands, where the present does, and where the line ends."""
    at, x, now_x = began, 0.0, -1.0
    taken: set[int] = set()
    places: list[float] = []
    for each in history:
        if each.at > now > at or (each.at > now and now_x < 0):
            x += _pause(now - at)
            at, now_x = max(at, now), x
        lane = each.lane if isinstance(each, Point) else 0
        if each.at > at:
            x += _pause(each.at - at)
            at = each.at
            taken.clear()
        elif lane in taken:
            x += _STEP
            taken.clear()
        taken.add(lane)
        places.append(x)
    if now_x < 0:
        x += _pause(now - at)
        now_x = x
    return places, now_x, x + _STEP


def _pause(milliseconds: int) -> float:
    return _STEP + _STRETCH * log2(1 + milliseconds / _UNIT) if milliseconds > 0 else 0.0


def _x(x: float, factor: float) -> float:
    return round(LEFT + x * factor, 1)


def _bars(changes: Sequence[tuple[Change, float]], end: float, now: Instant) -> Iterable[Bar]:
    for index, (change, x) in enumerate(changes):
        is_last = index + 1 == len(changes)
        until = end if is_last else changes[index + 1][1]
        width = round(max(until - x, 3.0), 1)
        lasted = (now if is_last else changes[index + 1][0].at) - change.at
        words = [change.status]
        if change.cause is not None:
            words.append(f"by {change.cause}")
        if lasted > 0 and not change.planned:
            words.append(f"for {span(lasted)}")
        label = change.status if len(change.status) * _LETTER + 8 <= width else ""
        yield Bar(x, width, change.status, label, ", ".join(words), change.planned)


def _ticks(places: Iterable[tuple[Instant, float]], began: Instant, y: float) -> Iterable[Label]:
    """Return the times along the line, as far as they do not run into one another."""
    free_from, told = 0.0, None
    for at, x in places:
        if at != told and x >= free_from:
            yield Label(x, y, "0" if at == began else f"+{span(at - began)}")
            free_from, told = x + _LABEL_ROOM, at
