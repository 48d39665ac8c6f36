"""Patterns of requests in WireMock's shape: what a call must look like, and by how much it does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias, cast

from tutorflow_mock.domain import near_misses
from tutorflow_mock.domain.hiding import decoded
from tutorflow_mock.domain.matchers import Matcher, equal_to, in_one_of, read_matcher, template
from tutorflow_mock.domain.near_misses import Difference, Miss, Missed
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember

Header: TypeAlias = Callable[[str], "str | None"]
Shown: TypeAlias = Callable[[str, str], str]
"""Returns what is shown of a header, of this name and text."""

METHODS = ("ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_LATER = ("urlPattern", "urlPathPattern")
_ADDRESSES = ("url", "urlPath", "urlPathTemplate")
_FIRST_STATUS, _LAST_STATUS = 100, 599
_HEAVIEST, _HEAVY, _LIGHT = 10, 3, 1


class Subject(Protocol):
    """A call that a pattern is held against; `header` takes names in lower case, `status` is None before the answer."""

    @property
    def method(self) -> str:
        """The method."""
        ...

    @property
    def path(self) -> str:
        """The path."""
        ...

    @property
    def query(self) -> str:
        """The query as it came, without its question mark."""
        ...

    @property
    def header(self) -> Header:
        """Looks a header up."""
        ...

    @property
    def body(self) -> str:
        """The body as text."""
        ...

    @property
    def operation(self) -> str | None:
        """The operation, if there is one."""
        ...

    @property
    def status(self) -> int | None:
        """The status of the answer."""
        ...

    @property
    def job_id(self) -> str | None:
        """The job that the call is about."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A call on its way in."""

    method: str
    path: str
    query: str
    header: Header
    body: str = ""
    operation: str | None = None
    status: int | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One part of a call and what it must be; a part that can occur more than once needs one that is right."""

    part: str
    weight: int
    values: Callable[[Subject], tuple[str, ...]]
    matcher: Matcher


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a call must look like: all of these."""

    criteria: tuple[Criterion, ...] = ()


def read(value: object, operations: Collection[str], shown: Shown | None = None) -> Pattern:
    """Read a RequestPattern; raise SteeringError, or UnknownMember for a member or matcher that does not exist.

    `shown` tells what the calls to be matched show of a header, so that one can be asked for by its whole value.
    """
    members = _object("pattern", value)
    found: list[Criterion] = []
    for name, member in members.items():
        if name in _LATER:
            raise UnknownMember(name, "patterns by regular expression are not offered yet")
        if name not in _READERS:
            raise UnknownMember(name[:64], f"is unknown here; a pattern has {', '.join(_READERS)}")
        found.extend(_READERS[name](name, member, _Context(operations, shown)))
    if sum(name in members for name in _ADDRESSES) > 1:
        raise SteeringError("url", f"a pattern takes one of {', '.join(_ADDRESSES)}")
    return Pattern(tuple(sorted(found, key=lambda criterion: criterion.part in _COSTLY)))


def matches(pattern: Pattern, subject: Subject) -> bool:
    """Tell whether a call is as a pattern says."""
    return all(criterion.matcher.holds(criterion.values(subject)) for criterion in pattern.criteria)


def miss(pattern: Pattern, subject: Subject) -> Miss:
    """Return what about a call is not as a pattern says."""
    parts = (_missed(criterion, criterion.values(subject)) for criterion in pattern.criteria)
    total = sum(criterion.weight for criterion in pattern.criteria)
    return near_misses.miss((part for part in parts if part is not None), total)


def cookies(header: str | None) -> Mapping[str, str]:
    """Return the cookies of a header; of two with one name the first counts."""
    pairs = (part.partition("=") for part in (header or "").split(";"))
    return {name.strip(): value.strip() for name, _, value in reversed([*pairs]) if name.strip()}


def parameters(query: str) -> list[tuple[str, str]]:
    """Return the decoded names and values of a query."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(decoded(name), decoded(value)) for name, _, value in pairs]


@dataclass(frozen=True, slots=True)
class _Context:
    operations: Collection[str]
    shown: Shown | None


_Reader: TypeAlias = Callable[[str, object, _Context], Iterator[Criterion]]


def _missed(criterion: Criterion, values: tuple[str, ...]) -> Missed | None:
    if criterion.matcher.holds(values):
        return None
    share = min((criterion.matcher.share(value) for value in values), default=1.0)
    actual = None if not values else values[0] if len(values) == 1 else list(values)
    difference = Difference(criterion.part, criterion.matcher.told, actual, criterion.matcher.hint(values))
    return Missed(criterion.weight, share, difference)


def _method(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    method = _text(name, value).upper()
    if method not in METHODS:
        raise SteeringError(name, f"must be one of {', '.join(METHODS)}")
    if method != METHODS[0]:
        yield Criterion(name, _HEAVY, lambda subject: (subject.method,), equal_to(method))


def _url(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    yield Criterion(name, _HEAVIEST, lambda subject: (_whole_url(subject),), equal_to(_text(name, value)))


def _url_path(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    yield Criterion(name, _HEAVIEST, lambda subject: (subject.path,), equal_to(_text(name, value)))


def _url_template(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    yield Criterion(name, _HEAVIEST, lambda subject: (subject.path,), template(_text(name, value)))


def _headers(name: str, value: object, context: _Context) -> Iterator[Criterion]:
    for header, wanted in _object(name, value).items():
        part, key = f"{name}.{header[:64]}", header.lower()
        matcher = read_matcher(part, wanted)
        if context.shown is not None and matcher.kind == "equalTo":
            matcher = matcher.of(context.shown(key, matcher.text))
        yield Criterion(part, _HEAVY, partial(_header, key), matcher)


def _query(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    for parameter, wanted in _object(name, value).items():
        part = f"{name}.{parameter[:64]}"
        yield Criterion(part, _HEAVY, partial(_all_of, parameter), read_matcher(part, wanted))


def _cookies(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    for cookie, wanted in _object(name, value).items():
        part = f"{name}.{cookie[:64]}"
        yield Criterion(part, _HEAVY, partial(_cookie, cookie), read_matcher(part, wanted))


def _bodies(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    if not isinstance(value, list):
        raise SteeringError(name, "must be a list of matchers")
    for index, wanted in enumerate(cast("list[object]", value)):
        matcher = read_matcher(f"{name}[{index}]", wanted)
        yield Criterion(f"{name}[{index}]", _HEAVY, lambda subject: _present(subject.body or None), matcher)


def _operation(name: str, value: object, context: _Context) -> Iterator[Criterion]:
    operation = _text(name, value)
    if operation not in context.operations:
        raise SteeringError(name, f"must be one of {', '.join(context.operations)}")
    yield Criterion(name, _HEAVIEST, lambda subject: _present(subject.operation), equal_to(operation))


def _status(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    wanted = cast("list[object]", value) if isinstance(value, list) else [value]
    if not wanted or not all(map(_is_status, wanted)):
        raise SteeringError(name, f"must be a status from {_FIRST_STATUS} to {_LAST_STATUS}, or a list of some")
    matcher = in_one_of(tuple(map(str, wanted)))
    yield Criterion(name, _HEAVY, lambda each: () if each.status is None else (str(each.status),), matcher)


def _job_id(name: str, value: object, _: _Context) -> Iterator[Criterion]:
    yield Criterion(name, _HEAVY, lambda subject: _present(subject.job_id), equal_to(_text(name, value)))


_READERS: Mapping[str, _Reader] = {
    "method": _method,
    "url": _url,
    "urlPath": _url_path,
    "urlPathTemplate": _url_template,
    "headers": _headers,
    "queryParameters": _query,
    "cookies": _cookies,
    "bodyPatterns": _bodies,
    "operation": _operation,
    "status": _status,
    "jobId": _job_id,
}
MEMBERS = tuple(_READERS)
"""The members of a pattern."""

_COSTLY = frozenset(("url", "headers", "queryParameters", "cookies", "bodyPatterns"))


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _FIRST_STATUS <= value <= _LAST_STATUS


def _whole_url(subject: Subject) -> str:
    return f"{subject.path}?{subject.query}" if subject.query else subject.path


def _all_of(key: str, subject: Subject) -> tuple[str, ...]:
    return tuple(value for name, value in parameters(subject.query) if name == key)


def _header(key: str, subject: Subject) -> tuple[str, ...]:
    return _present(subject.header(key))


def _cookie(key: str, subject: Subject) -> tuple[str, ...]:
    return _present(cookies(subject.header("cookie")).get(key))


def _present(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _object(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SteeringError(name, "must be an object")
    return cast("Mapping[str, object]", value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise SteeringError(name, "must be a string")
    return value
