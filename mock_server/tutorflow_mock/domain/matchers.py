"""Matchers of one value: what it must be, and how far from it a value is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.domain.json_likeness import EXTRA, ORDER, is_like
from tutorflow_mock.domain.near_misses import unlikeness
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember
from tutorflow_mock.domain.strict_json import loads

Holds: TypeAlias = "Callable[[Matcher, str], bool]"

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "equalTo": ("caseInsensitive",),
    "contains": (),
    "absent": (),
    "equalToJson": (ORDER, EXTRA),
}
_LATER = ("matches", "doesNotMatch", "matchesJsonPath", "matchesJsonSchema", "equalToXml", "matchesXPath")
_ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a value must be; `told` is what a difference shows of it.

    `value` is the JSON that `equalToJson` compares, `names` the values of a list, or the segments of a template.
    """

    kind: str
    told: object
    text: str = ""
    value: object = None
    names: tuple[str, ...] = ()
    options: frozenset[str] = frozenset()

    def of(self, text: str) -> Matcher:
        """Return the matcher for another text."""
        return replace(self, text=text, told=text)

    def holds(self, values: tuple[str, ...]) -> bool:
        """Tell whether one of the values is right; none is, where there must be none."""
        if self.kind == _ABSENT:
            return not values
        return any(_HOLDS[self.kind](self, value) for value in values)

    def share(self, value: str) -> float:
        """Return how much of a wrong value is wrong."""
        return max(unlikeness(self.text, value), 0.01) if self.text else 1.0

    def hint(self, values: tuple[str, ...]) -> str:
        """Say in a few words what is wrong about some values."""
        if not values:
            return "it is not there"
        if self.kind == _ABSENT:
            return "it must not be there"
        value = values[0]
        if self.text and value.strip().lower() == self.text.strip().lower():
            return "only case or blanks differ"
        if "…" in value:
            return "what is secret is not kept, only what stands here"
        return _HINTS[self.kind]


def equal_to(text: str) -> Matcher:
    """Return a matcher of exactly this text."""
    return Matcher("equalTo", text, text)


def in_one_of(names: tuple[str, ...]) -> Matcher:
    """Return a matcher of any of these texts."""
    return Matcher("oneOf", names[0] if len(names) == 1 else list(names), names=names)


def template(text: str) -> Matcher:
    """Return a matcher of paths in which each `{name}` stands for one segment that is not empty."""
    return Matcher("template", text, text, names=tuple(text.split("/")))


def read_matcher(name: str, value: object) -> Matcher:
    """Read a matcher such as `{"equalTo": "a", "caseInsensitive": true}`; raise SteeringError or UnknownMember."""
    if not isinstance(value, dict):
        raise SteeringError(name, f"must be a matcher: an object with one of {', '.join(_OPTIONS)}")
    members = cast("Mapping[str, object]", value)
    kinds = [member for member in members if member in _OPTIONS]
    known = {option for kind in kinds for option in _OPTIONS[kind]}
    for member in members:
        if member in _LATER:
            raise UnknownMember(f"{name}.{member}", "this matcher is not offered yet")
        if member not in _OPTIONS and member not in known:
            raise UnknownMember(f"{name}.{member[:64]}", f"is unknown here; matchers are {', '.join(_OPTIONS)}")
    if len(kinds) != 1:
        raise SteeringError(name, f"takes one matcher of {', '.join(_OPTIONS)}")
    options = frozenset(option for option in members if option in known and _flag(f"{name}.{option}", members[option]))
    return _read(f"{name}.{kinds[0]}", kinds[0], members[kinds[0]], options)


def _read(name: str, kind: str, value: object, options: frozenset[str]) -> Matcher:
    if kind == _ABSENT:
        if value is not True:
            raise SteeringError(name, "must be true")
        return Matcher(kind, None)
    if kind == "equalToJson":
        parsed = _parsed(value) if isinstance(value, str) else value
        if parsed is _NOT_JSON:
            raise SteeringError(name, "must be JSON, as such or as text")
        return Matcher(kind, value, value=parsed, options=options)
    if not isinstance(value, str):
        raise SteeringError(name, "must be a string")
    return Matcher(kind, value, value, options=options)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SteeringError(name, "must be true or false")
    return value


def _equals(matcher: Matcher, value: str) -> bool:
    if "caseInsensitive" in matcher.options:
        return value.lower() == matcher.text.lower()
    return value == matcher.text


def _fits_template(matcher: Matcher, path: str) -> bool:
    segments = path.split("/")
    return len(segments) == len(matcher.names) and all(map(_fits_segment, matcher.names, segments))


def _fits_segment(wanted: str, given: str) -> bool:
    return bool(given) if wanted.startswith("{") and wanted.endswith("}") else wanted == given


def _equals_json(matcher: Matcher, value: str) -> bool:
    actual = _parsed(value)
    return actual is not _NOT_JSON and is_like(matcher.value, actual, matcher.options)


_HOLDS: Mapping[str, Holds] = {
    "equalTo": _equals,
    "contains": lambda matcher, value: matcher.text in value,
    "oneOf": lambda matcher, value: value in matcher.names,
    "template": _fits_template,
    "equalToJson": _equals_json,
}
_HINTS: Mapping[str, str] = {
    "equalTo": "it is another",
    "contains": "the text is not in it",
    "oneOf": "it is another",
    "template": "the path does not fit the template",
    "equalToJson": "the JSON differs",
}

_NOT_JSON = object()


def _parsed(text: str) -> object:
    try:
        return loads(text.encode("utf-8", "replace"), unique_keys=False)
    except ApiError:
        return _NOT_JSON
