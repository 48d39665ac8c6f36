"""How a job goes: how long it waits and works, or after how many reads it ends, and with what outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast, overload

from tutorflow_mock.domain.clock import LONGEST, duration, parse_duration

Progression = Literal["time", "manual", "immediate", "held"]
Outcome = Literal["completed", "failed", "partial"]

_PROGRESSIONS = ("time", "manual", "immediate", "held")
_OUTCOMES = ("completed", "failed", "partial")
FIELDS = ("progression", "queued", "processing", "duration", "times", "polls", "outcome", "failedOutputs", "error")
"""The members of the control plane's form."""

_MOST_POLLS = 1000
_ECHO = 64
_MOST_SECONDS = LONGEST // 1000


class ProgrammeError(ValueError):
    """A programme cannot be read; `field` names the member at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Programme:
    """One way for a job to go; `queued` and `processing` in milliseconds, `polls` in counted status reads (S28)."""

    progression: Progression = "time"
    queued: int = 1_000
    processing: int = 3_000
    polls: int = 2
    outcome: Outcome = "completed"
    failed_outputs: tuple[str, ...] = ()
    error_code: str = "content_internal_error"
    error_message: str | None = None


def parse_short(text: str) -> Programme:
    """Read the short form: `immediate`, `time`, `held`, `polls=3`, `after=30s`; else raise ProgrammeError."""
    if text in {"immediate", "time", "held"}:
        return Programme(progression=cast("Progression", text))
    name, _, value = text.partition("=")
    if name == "polls" and value.isascii() and value.isdigit() and len(value) <= len(str(_MOST_POLLS)):
        return Programme(progression="manual", polls=_bounded("polls", int(value)))
    if name == "after":
        return after(_duration("after", value))
    raise ProgrammeError("programme", f"{text[:64]!r} is none of immediate, time, held, polls=3, after=30s")


def after(milliseconds: int) -> Programme:
    """Return the programme that ends that long after creation, a quarter of it queued."""
    queued = milliseconds // 4
    return Programme(queued=queued, processing=milliseconds - queued)


def from_json(value: object, output_types: tuple[str, ...]) -> Programme:
    """Read the control plane's form; raise ProgrammeError with the member at fault."""
    if not isinstance(value, Mapping):
        raise ProgrammeError("programme", "must be an object")
    members = cast("Mapping[str, object]", value)
    for name in members:
        if name not in FIELDS:
            raise ProgrammeError(name[:_ECHO], f"is no member of a programme; those are {', '.join(FIELDS)}")
    programme = Programme(
        progression=cast("Progression", _choice(members, "progression", _PROGRESSIONS)),
        outcome=cast("Outcome", _choice(members, "outcome", _OUTCOMES)),
        failed_outputs=_outputs(members.get("failedOutputs", []), output_types),
    )
    return _with_error(_with_pace(programme, members), members.get("error"))


def to_json(programme: Programme) -> dict[str, object]:
    """Write a programme in the control plane's form."""
    shown: dict[str, object] = {"progression": programme.progression}
    if programme.progression == "time":
        shown |= {"queued": duration(programme.queued), "processing": duration(programme.processing)}
    if programme.progression == "manual":
        shown["polls"] = programme.polls
    shown["outcome"] = programme.outcome
    if programme.outcome != "completed":
        shown["failedOutputs"] = list(programme.failed_outputs)
        shown["error"] = {"code": programme.error_code, "message": programme.error_message}
    return shown


def _choice(members: Mapping[str, object], name: str, allowed: tuple[str, ...]) -> str:
    value = members.get(name, allowed[0])
    if isinstance(value, str) and value in allowed:
        return value
    raise ProgrammeError(name, f"must be one of {', '.join(allowed)}")


def _with_pace(programme: Programme, members: Mapping[str, object]) -> Programme:
    each = _milliseconds(members, "duration", None)
    return replace(
        programme,
        queued=_milliseconds(members, "queued", programme.queued if each is None else each),
        processing=_milliseconds(members, "processing", programme.processing if each is None else each),
        polls=_polls(members),
    )


def _polls(members: Mapping[str, object]) -> int:
    if "polls" in members:
        return _bounded("polls", members["polls"])
    return 2 * _bounded("times", members.get("times", 1), _MOST_POLLS // 2)


def _with_error(programme: Programme, error: object) -> Programme:
    if error is None:
        return programme
    if not isinstance(error, Mapping):
        raise ProgrammeError("error", 'must be an object such as {"code": "content_internal_error", "message": "…"}')
    members = cast("Mapping[str, object]", error)
    for name in members:
        if name not in {"code", "message"}:
            raise ProgrammeError(f"error.{name[:_ECHO]}", "is no member of an error; those are code, message")
    code, message = members.get("code", programme.error_code), members.get("message")
    if not isinstance(code, str) or not code or not isinstance(message, str | None):
        raise ProgrammeError("error", "code must be a non-empty string and message a string")
    return replace(programme, error_code=code, error_message=message)


def _outputs(value: object, output_types: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(item in output_types for item in cast("list[object]", value)):
        raise ProgrammeError("failedOutputs", f"must be a list of {', '.join(output_types)}")
    return tuple(cast("list[str]", value))


@overload
def _milliseconds(members: Mapping[str, object], name: str, usual: int) -> int: ...
@overload
def _milliseconds(members: Mapping[str, object], name: str, usual: None) -> int | None: ...
def _milliseconds(members: Mapping[str, object], name: str, usual: int | None) -> int | None:
    value = members.get(name)
    if value is None:
        return usual
    if isinstance(value, str):
        return _duration(name, value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST_SECONDS:
        return round(value * 1000)
    raise ProgrammeError(name, "must be a duration such as PT3S, or seconds as a number from 0 to 366 days")


def _duration(name: str, text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ProgrammeError(name, str(error)) from error


def _bounded(name: str, value: object, most: int = _MOST_POLLS) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ProgrammeError(name, f"must be a whole number from 1 to {most}")
    return value
