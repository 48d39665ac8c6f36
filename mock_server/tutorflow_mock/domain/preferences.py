"""Preferences: how one request wants to be answered, by its `Prefer` header, its query, or the title of its payload."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tutorflow_mock.domain.clock import duration, parse_duration
from tutorflow_mock.domain.faults import BY_KEBAB, LONGEST_SILENCE
from tutorflow_mock.domain.programme import after as ending_after
from tutorflow_mock.domain.redaction import redacted
from tutorflow_mock.domain.steering_errors import PreferenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from tutorflow_mock.domain.programme import Outcome, Programme

    Reader: TypeAlias = Callable[[str, Collection[str]], "str | int | tuple[str, ...] | None"]

Pairs = list[tuple[str, str]]

FORCED = frozenset({"code", "example"})
"""The preferences that replace the operation by an example."""
ON_JOBS = frozenset({"job", "error", "outputs", "polls", "after", "scenario"})
"""The preferences that tell how the job of a create goes."""
ON_ANY = FORCED | {"fault", "delay"}
"""The preferences that any operation heeds."""

_STANDARD = frozenset({"respond-async", "wait", "return", "handling"})
_RESERVED = frozenset({"dynamic", "seed", "behaviour"})
_HELD = "held"
_TWIN = "__"
_ECHO = 64
_MOST_POLLS = 1_000

_PIECE = re.compile(r'(?:"(?:[^"\\]|\\.?)*"?|[^",;])+', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,64}")
_EXAMPLE = re.compile(r"[0-9A-Za-z._-]{1,128}")
_CODE = re.compile(r"[0-9]{3}")
_NAME = re.compile(r"[a-z0-9_]{1,64}")
_SCENARIO = re.compile(r"[a-z0-9-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,5}")
_MAGIC = re.compile(r"(?<![0-9A-Za-z_])mock:([0-9A-Za-z_-]+)(?::([0-9A-Za-z_+.-]*[0-9A-Za-z_]))?")
MAGIC_CODES = frozenset({"400", "404", "409", "429", "500"})
"""The statuses that a title can ask for."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What was asked for, None where nothing was; `after` and `delay` in milliseconds, `fault` by its kebab name.

    `warnings` names what was not understood.
    """

    code: int | None = None
    example: str | None = None
    job: str | None = None
    error: str | None = None
    outputs: tuple[str, ...] | None = None
    polls: int | None = None
    after: int | None = None
    fault: str | None = None
    delay: int | None = None
    ratelimit: str | None = None
    idempotency: str | None = None
    scenario: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def is_forced(self) -> bool:
        """Tell whether an example of the contract is to be answered."""
        return self.code is not None or self.example is not None

    @property
    def has_pace(self) -> bool:
        """Tell whether the pace of a job is set; held, by reads and by time exclude one another."""
        return self.job == _HELD or self.polls is not None or self.after is not None

    def over(self, other: Preferences) -> Preferences:
        """Return these preferences with another source's below them, key by key; a pace replaces a pace whole."""
        below = other.without_pace() if self.has_pace else other
        lower: dict[str, Any] = {name: getattr(below, name) for name in _KEYS if getattr(self, name) is None}
        return replace(self, **lower, warnings=tuple(dict.fromkeys((*self.warnings, *other.warnings))))

    def without_pace(self) -> Preferences:
        """Return the same without what sets the pace of a job."""
        return replace(self, job=None if self.job == _HELD else self.job, polls=None, after=None)

    def only(self, names: Collection[str]) -> Preferences:
        """Return the same with these preferences alone: those that an operation heeds."""
        return replace(self, **cast("dict[str, Any]", {name: None for name in _KEYS if name not in names}))

    def programme(self, base: Programme) -> Programme:
        """Return how a job goes that would otherwise go as `base` says."""
        goes = self._paced(base)
        if self.job not in {None, _HELD}:
            goes = replace(goes, outcome=cast("Outcome", self.job))
        if self.error is not None:
            goes = replace(goes, error_code=self.error, error_message=None)
        return goes if self.outputs is None else replace(goes, failed_outputs=self.outputs)

    def applied(self) -> tuple[str, ...]:
        """Return the items of `Preference-Applied`; for the many calls that ask for nothing, at no cost."""
        if self is NONE:
            return ()
        return tuple(f"{name}={text}" for name in _KEYS if (text := _written(name, getattr(self, name))))

    def _paced(self, base: Programme) -> Programme:
        if self.job == _HELD:
            return replace(base, progression="held")
        if self.polls is not None:
            return replace(base, progression="manual", polls=self.polls)
        if self.after is not None:
            timed = ending_after(self.after)
            return replace(base, progression="time", queued=timed.queued, processing=timed.processing)
        return base


NONE = Preferences()
_KEYS = tuple(field.name for field in fields(Preferences) if field.name != "warnings")


def read(header: str | None, query: Iterable[tuple[str, str]], output_types: Collection[str]) -> Preferences:
    """Read the preferences of a request: its `Prefer` header, or its query twins if it has none.

    `query` holds decoded pairs; `output_types` are those of the contract. Raises PreferenceError for a known name with
    a bad value; what is unknown ends up in `warnings`.
    """
    if header is not None:
        return _read(_pieces(header), output_types)
    twins = [(name.removeprefix(_TWIN), value) for name, value in query if name.startswith(_TWIN)]
    return _read(twins, output_types) if twins else NONE


def without_twins(query: Iterable[tuple[str, str]]) -> Pairs:
    """Return the pairs of a query that belong to the API."""
    return [(name, value) for name, value in query if not name.startswith(_TWIN)]


def from_payload(payload: object, output_types: Collection[str]) -> Preferences:
    """Read the magic value in the title of a payload, or of its level: the first title that holds one counts.

    What it cannot mean is ignored, with a warning: a title is somebody's text.
    """
    for title in _titles(payload):
        if found := _MAGIC.search(title):
            try:
                return _read(_magic(found[1], found[2]), output_types)
            except PreferenceError:
                return Preferences(warnings=("unknown-magic-title",))
    return NONE


def _titles(payload: object) -> Iterable[str]:
    for holder in (payload, cast("Mapping[str, object]", payload).get("level") if isinstance(payload, dict) else None):
        title = cast("Mapping[str, object]", holder).get("title") if isinstance(holder, dict) else None
        if isinstance(title, str) and "mock:" in title:
            yield title


def _magic(word: str, value: str | None) -> Pairs:
    match word, value:
        case "failed", _:
            return [("job", "failed")] if value is None else [("job", "failed"), ("error", value)]
        case "partial", _:
            return [("job", "partial")] if value is None else [("job", "partial"), ("outputs", value)]
        case "slow", str():
            return [("after", value)]
        case "polls", str():
            return [("polls", value)]
        case "held", None:
            return [("job", "held")]
        case _ if value is None:
            return [("code", word)] if word in MAGIC_CODES else [("fault", word)]
        case _:
            raise PreferenceError("title", f"{word!r} takes no value")


def _pieces(header: str) -> Pairs:
    pieces = (piece.partition("=") for piece in _PIECE.findall(header) if piece.strip())
    return [(name.strip().lower(), _unquoted(value.strip())) for name, _, value in pieces]


def _unquoted(text: str) -> str:
    """Return the inside of a quoted string; one that does not end keeps its quote, which no value may have."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text


def _read(pairs: Pairs, output_types: Collection[str]) -> Preferences:
    wishes: dict[str, str] = {}
    for name, text in pairs:
        wishes.setdefault(name, text)
    values: dict[str, Any] = {
        name: _value(name, text, output_types) for name, text in wishes.items() if name in _READERS
    }
    warnings = tuple(_warning(name) for name in wishes if name not in values and name not in _STANDARD)
    wanted = Preferences(**values, warnings=warnings)
    if (wanted.job == _HELD) + (wanted.polls is not None) + (wanted.after is not None) > 1:
        raise PreferenceError("job", "only one of job=held, polls and after can set the pace")
    return wanted


def _warning(name: str) -> str:
    """Name what was ignored, as far as it can be told in a header and is no secret."""
    if name in _RESERVED:
        return f"unsupported-preference:{name}"
    is_fit = _TOKEN.fullmatch(name) is not None and redacted(name) == name
    return f"unknown-preference:{name}" if is_fit else "unknown-preference"


def _value(name: str, text: str, output_types: Collection[str]) -> object:
    reader, expected = _READERS[name]
    value = reader(text, output_types)
    if value is None:
        raise PreferenceError(name, f"must be {expected}, not {redacted(text[:_ECHO])!r}")
    return value


def _matching(pattern: re.Pattern[str]) -> Reader:
    return lambda text, _: text if pattern.fullmatch(text) else None


def _among(*words: str) -> Reader:
    return lambda text, _: text if text in words else None


def _whole(least: int, most: int) -> Reader:
    return lambda text, _: int(text) if _NUMBER.fullmatch(text) and least <= int(text) <= most else None


def _outputs(text: str, output_types: Collection[str]) -> tuple[str, ...] | None:
    """Read output types joined with a plus sign, which a query's decoding has made a blank."""
    chosen = tuple(text.replace(" ", "+").split("+"))
    return chosen if all(each in output_types for each in chosen) else None


def _span(text: str, _: Collection[str]) -> int | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None


_READERS: Mapping[str, tuple[Reader, str]] = {
    "code": (lambda text, _: int(text) if _CODE.fullmatch(text) else None, "three digits"),
    "example": (_matching(_EXAMPLE), "the name of an example"),
    "job": (_among("completed", "failed", "partial", _HELD), "one of completed, failed, partial, held"),
    "error": (_matching(_NAME), "1 to 64 of the characters a-z, 0-9 and _"),
    "outputs": (_outputs, "output types of the contract, joined with +"),
    "polls": (_whole(1, _MOST_POLLS), f"a whole number from 1 to {_MOST_POLLS}"),
    "after": (_span, "a duration such as 30s or PT30S, at most 366 days"),
    "fault": (_among(*BY_KEBAB), f"one of {', '.join(BY_KEBAB)}"),
    "delay": (_whole(0, LONGEST_SILENCE), f"milliseconds from 0 to {LONGEST_SILENCE}"),
    "ratelimit": (_among("exhausted"), "exhausted"),
    "idempotency": (_among("in-flight"), "in-flight"),
    "scenario": (_matching(_SCENARIO), "the name of a scenario, such as happy-path"),
}


def _written(name: str, value: object) -> str:
    """Write a value as it may be asked for; a text that looks like a secret is cut."""
    if isinstance(value, tuple):
        return "+".join(cast("tuple[str, ...]", value))
    if value is None:
        return ""
    if name == "code":
        return f"{value:03d}"
    if name == "after":
        return duration(cast("int", value))
    return redacted(str(value)).replace("…", "...")
