"""Comparison of JSON values by value, strictly or not minding the order of lists or what there is besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import cast

from tutorflow_mock.domain.strict_json import canonical

ORDER, EXTRA = "ignoreArrayOrder", "ignoreExtraElements"


def is_like(wanted: object, given: object, options: Collection[str] = ()) -> bool:
    """Tell whether a value is as wanted, apart from what the options let pass; 1 is 1.0 and is not true."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        return _like_members(cast("dict[str, object]", wanted), cast("dict[str, object]", given), options)
    if isinstance(wanted, list) and isinstance(given, list):
        return _like_items(cast("list[object]", wanted), cast("list[object]", given), options)
    return isinstance(wanted, bool) == isinstance(given, bool) and wanted == given


def _like_members(wanted: Mapping[str, object], given: Mapping[str, object], options: Collection[str]) -> bool:
    if EXTRA not in options and len(wanted) != len(given):
        return False
    return all(name in given and is_like(value, given[name], options) for name, value in wanted.items())


def _like_items(wanted: list[object], given: list[object], options: Collection[str]) -> bool:
    if len(wanted) > len(given) or (len(wanted) < len(given) and EXTRA not in options):
        return False
    if ORDER not in options:
        return all(is_like(one, other, options) for one, other in zip(wanted, given, strict=False))
    # What is there to the letter can always be taken for itself; only the rest may have to choose.
    spare = Counter(map(_form, given))
    left = [item for item in wanted if not _takes(spare, _form(item))]
    if EXTRA not in options:
        return not left
    return _Seating(left, [item for item in given if _takes(spare, _form(item))], options).is_complete()


def _form(value: object) -> str:
    return canonical(_ordered(value))


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return {name: _ordered(member) for name, member in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return sorted(map(_ordered, cast("list[object]", value)), key=canonical)
    return value


def _takes(spare: Counter[str], form: str) -> bool:
    if spare[form] == 0:
        return False
    spare[form] -= 1
    return True


class _Seating:
    """Gives each wanted item a given one of its own; who has a choice makes room for others."""

    def __init__(self, wanted: list[object], given: list[object], options: Collection[str]) -> None:
        self._wanted = wanted
        self._given = given
        self._options = options
        self._holders: dict[int, int] = {}

    def is_complete(self) -> bool:
        """Tell whether every wanted item finds one."""
        return all(self._is_placed(start) for start in range(len(self._wanted)))

    def _is_placed(self, start: int) -> bool:
        asked: dict[int, int] = {}
        queue = [start]
        for asking in queue:
            for place, item in enumerate(self._given):
                if place in asked or not is_like(self._wanted[asking], item, self._options):
                    continue
                asked[place] = asking
                if place not in self._holders:
                    self._hand_over(place, asked, start)
                    return True
                queue.append(self._holders[place])
        return False

    def _hand_over(self, place: int, asked: Mapping[int, int], start: int) -> None:
        """Give a free place to whoever asked for it, and the place that this one leaves to whoever asked for that."""
        while (asking := asked[place]) != start:
            left = next(each for each, holder in self._holders.items() if holder == asking)
            self._holders[place] = asking
            place = left
        self._holders[place] = start
