"""How near something came to what was wanted, part by part, from 0 (all of it) to 1 (nothing of it)."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Thing = TypeVar("Thing")

_MOST = 3
_PATH_WEIGHT, _METHOD_WEIGHT = 10, 3


class Difference(NamedTuple):
    """One part that is not as it was wanted; the values are whole."""

    part: str
    expected: object
    actual: object
    hint: str


class Miss(NamedTuple):
    """All differences between two things, and how much they weigh together."""

    distance: float
    differences: tuple[Difference, ...]


class Route(NamedTuple):
    """An operation as far as a call can miss it."""

    id: str
    method: str
    path: str


class Missed(NamedTuple):
    """A difference with its weight, and the share of it that was missed."""

    weight: int
    share: float
    difference: Difference


def miss(parts: Iterable[Missed], total: int) -> Miss:
    """Sum the parts that were missed up, of a total weight."""
    missed = tuple(parts)
    weight = sum(part.weight * part.share for part in missed)
    return Miss(round(weight / max(total, 1), 2), tuple(part.difference for part in missed))


def nearest(found: Iterable[tuple[Thing, Miss]]) -> list[tuple[Thing, Miss]]:
    """Return the three that came nearest; of equals the first ones."""
    return sorted(found, key=lambda pair: pair[1].distance)[:_MOST]


def of_call(method: str, path: str, routes: Sequence[Route]) -> list[tuple[Route, Miss]]:
    """Return the operations that a call came nearest to."""
    return nearest((route, _of_route(method, path, route, routes)) for route in routes)


def unlikeness(expected: str, actual: str) -> float:
    """Return the share of the longer text that lies between what both begin with and what both end with."""
    longest = max(len(expected), len(actual))
    if longest == 0:
        return 0.0
    head = _common(expected, actual)
    tail = _common(expected[head:][::-1], actual[head:][::-1])
    return (longest - head - tail) / longest


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def _of_route(method: str, path: str, route: Route, routes: Sequence[Route]) -> Miss:
    parts: list[Missed] = []
    if (share := _of_path(route.path, path)) > 0:
        difference = Difference("path", route.path, path, _path_hint(route.path, path))
        parts.append(Missed(_PATH_WEIGHT, share, difference))
    if method != route.method:
        known = ", ".join(sorted(each.method for each in routes if each.path == route.path))
        difference = Difference("method", route.method, method, f"this path answers {known}")
        parts.append(Missed(_METHOD_WEIGHT, 1.0, difference))
    return miss(parts, _PATH_WEIGHT + _METHOD_WEIGHT)


def _of_path(template: str, path: str) -> float:
    """Return how far a path is from a template: segments are aligned as cheaply as they can be."""
    wanted, given = template.strip("/").split("/"), path.removeprefix("/").split("/")
    row = [float(index) for index in range(len(given) + 1)]
    for number, segment in enumerate(wanted, start=1):
        above, row = row, [float(number)]
        for index, other in enumerate(given):
            row.append(min(above[index] + _of_segment(segment, other), above[index + 1] + 1, row[index] + 1))
    return row[-1] / max(len(wanted), len(given))


def _of_segment(wanted: str, given: str) -> float:
    if wanted.startswith("{"):
        return 0.0 if given else 1.0
    return unlikeness(wanted, given)


def _path_hint(template: str, path: str) -> str:
    if "//" in path:
        return "no segment of a path may be empty"
    if _of_path(template, path.rstrip("/")) == 0:
        return "the path does not end with a slash"
    if _of_path(template.lower(), path.lower()) == 0:
        return "paths are told apart by case"
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return f"the path has {len(wanted) - 1} segments, not {len(given) - 1}"
    pairs = zip_longest(wanted, given)
    segment, other = next(pair for pair in pairs if _of_segment(*pair) > 0)
    return f"{segment!r}, not {other!r}"
