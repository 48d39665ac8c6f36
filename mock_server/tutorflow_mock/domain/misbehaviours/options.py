"""What the options of a misbehaviour may be, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from tutorflow_mock.domain.clock import parse_duration
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember

if TYPE_CHECKING:
    from tutorflow_mock.domain.misbehaviours.letters import Option, Options

_ECHO = 64
_LONGEST_TEXT = 512


class Whole(NamedTuple):
    """A whole number within bounds."""

    usual: int
    least: int
    most: int

    def read(self, field: str, value: object) -> int:
        """Return the number; raise SteeringError."""
        if not isinstance(value, int) or isinstance(value, bool) or not self.least <= value <= self.most:
            raise SteeringError(field, f"must be a whole number from {self.least} to {self.most}")
        return value


class Choice(NamedTuple):
    """One of a closed list, the first unless told otherwise."""

    alternatives: tuple[str, ...]

    @property
    def usual(self) -> str:
        """The first."""
        return self.alternatives[0]

    def read(self, field: str, value: object) -> str:
        """Return the choice; raise SteeringError."""
        if not isinstance(value, str) or value not in self.alternatives:
            raise SteeringError(field, f"must be one of {', '.join(self.alternatives)}")
        return value


class Text(NamedTuple):
    """A short text in visible ASCII, as it fits into a header."""

    usual: str | None = None
    is_required: bool = False

    def read(self, field: str, value: object) -> str:
        """Return the text; raise SteeringError."""
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT or not _is_visible(value):
            raise SteeringError(field, f"must be 1 to {_LONGEST_TEXT} visible ASCII characters")
        return value


class Span(NamedTuple):
    """A duration of the session's clock, in milliseconds; it is written as a duration."""

    usual: int

    def read(self, field: str, value: object) -> int:
        """Return the milliseconds; raise SteeringError."""
        if not isinstance(value, str):
            raise SteeringError(field, "must be a duration such as PT5S")
        try:
            return parse_duration(value)
        except ValueError as error:
            raise SteeringError(field, str(error)) from error


Kind: TypeAlias = "Whole | Choice | Text | Span"
Kinds: TypeAlias = "Mapping[str, Kind]"


def read(name: str, kinds: Kinds, value: object) -> Options:
    """Return the options of a misbehaviour with the usual ones in place of those left out; raise SteeringError."""
    if not isinstance(value, Mapping):
        raise SteeringError("options", "must be an object")
    members = cast("Mapping[str, object]", value)
    for given in members:
        if given not in kinds:
            known = f"its options are {', '.join(kinds)}" if kinds else "it has no options"
            raise UnknownMember(f"options.{given[:_ECHO]}", f"is no option of {name}; {known}")
    return MappingProxyType({option: _one(f"options.{option}", kind, members) for option, kind in kinds.items()})


def _one(field: str, kind: Kind, members: Mapping[str, object]) -> Option:
    option = field.removeprefix("options.")
    if option in members:
        return kind.read(field, members[option])
    if isinstance(kind, Text) and kind.is_required:
        raise SteeringError(field, "is required")
    return kind.usual


def _is_visible(text: str) -> bool:
    return text.isascii() and text.isprintable() and text == text.strip()
