"""Rules that make calls fail: which calls, how often, and how; what a call meets is decided by functions of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias, cast

from tutorflow_mock.domain import delays
from tutorflow_mock.domain.delays import Distribution, Draw
from tutorflow_mock.domain.faults import (
    FAULTS,
    LONGEST_SILENCE,
    NO_OPTIONS,
    Fault,
    Injected,
    Options,
    bounded,
    read_options,
)
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember
from tutorflow_mock.domain.strict_json import compact

Matches: TypeAlias = Callable[[Any], bool]
"""Tells whether a call, as the journal's patterns see it, is meant."""

ANY = "*"
FIELDS = (
    *("operation", "match", "probability", "skip", "times", "fault", "options", "error"),
    *("fixedDelayMilliseconds", "delayDistribution", "chunkedDribbleDelay"),
)
"""The members of a rule."""

JSON = "application/json"
_USUAL_CODE = "content_internal_error"
_ERROR_FIELDS = ("statusCode", "code", "body", "contentType")
_MOST_CALLS = 1_000_000
_ECHO = 64
_CODE = re.compile(r"[a-z0-9_]{1,64}")
_MEDIA_TYPE = re.compile(r"[0-9A-Za-z.+-]{1,64}/[0-9A-Za-z.+-]{1,64}(?:; ?[0-9A-Za-z-]{1,32}=[0-9A-Za-z._-]{1,64})?")


@dataclass(frozen=True, slots=True)
class Failure:
    """A ready answer in place of the operation's: with the error envelope, unless it has a body of its own."""

    status: int
    code: str = _USUAL_CODE
    body: object = None
    content_type: str | None = None

    @property
    def media_type(self) -> str:
        """The media type of the answer."""
        return self.content_type or ("text/plain" if isinstance(self.body, str) else JSON)

    @property
    def content(self) -> bytes:
        """The bytes of the answer."""
        if isinstance(self.body, str):
            return self.body.encode()
        error = {"code": self.code, "message": "A fault rule answers this call", "status": self.status}
        return compact({"error": error} if self.body is None else self.body).encode()


class Match(NamedTuple):
    """Which calls a rule means: as it is shown, and as it is asked."""

    shown: object
    holds: Matches


class Known(NamedTuple):
    """What a rule may name: operation ids, statuses, and how its `match` is read."""

    operations: Collection[str]
    statuses: Collection[int]
    read_match: Callable[[object], Match]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and how often it was met so far: `seen` counts the calls it means, `acted` those that felt it."""

    id: str
    operation: str = ANY
    match: Match | None = None
    probability: float = 1.0
    skip: int = 0
    times: int | None = None
    fault: Fault | None = None
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    error: Failure | None = None
    fixed_delay: int = 0
    distribution: Distribution | None = None
    seen: int = 0
    acted: int = 0

    @property
    def injected(self) -> Injected | None:
        """The fault that a call meets, if the rule has one."""
        return None if self.fault is None else Injected(self.fault, self.options)

    @property
    def fails(self) -> bool:
        """Tell whether the rule does more than delay."""
        return self.fault is not None or self.error is not None

    @property
    def delays(self) -> bool:
        """Tell whether the rule delays."""
        return self.fixed_delay > 0 or self.distribution is not None

    @property
    def is_used_up(self) -> bool:
        """Tell whether the rule has acted as often as it may."""
        return self.times is not None and self.acted >= self.times

    def means(self, operation_id: str, request: object) -> bool:
        """Tell whether the rule means a call."""
        return (
            self.operation in {ANY, operation_id}
            and (self.fault is None or self.fault.acts_on(operation_id))
            and (self.match is None or self.match.holds(request))
        )

    def delay(self, draw: Draw) -> float:
        """Return by how many milliseconds the rule delays a call."""
        return self.fixed_delay + (0 if self.distribution is None else self.distribution.sample(draw))


class Decision(NamedTuple):
    """What a call meets: the rules as they are afterwards, the one that fails it, the milliseconds that it waits."""

    rules: tuple[Rule, ...]
    acting: Rule | None = None
    delay: int = 0


def take(rule: Rule, draw: Draw) -> tuple[bool, Rule]:
    """Let a call that a rule means meet it; return whether it feels it, and the rule afterwards.

    The first `skip` calls pass; each further one is left to chance, and counts for `times` if it was hit.
    """
    rule = replace(rule, seen=rule.seen + 1)
    if rule.seen <= rule.skip or (rule.probability < 1 and draw() >= rule.probability):
        return False, rule
    return True, replace(rule, acted=rule.acted + 1)


def decide(rules: tuple[Rule, ...], meant: Container[str], draw: Draw, *, is_spared: bool = False) -> Decision:
    """Return what a call meets: the failure of the first rule that hits it, and the delays of all.

    `meant` holds the ids of the rules that mean the call. A rule behind the acting one is met only for its delay; so is
    every rule where the call is spared, because it says itself how it fails. A store runs this in one step, for the
    counters in it.
    """
    acting, delay = None, 0.0
    after: list[Rule] = []
    for rule in rules:
        hits, met, may_fail = False, rule, acting is None and not is_spared
        if rule.id in meant and not rule.is_used_up and ((rule.fails and may_fail) or rule.delays):
            hits, met = take(rule, draw)
        if hits:
            delay += met.delay(draw)
            acting = met if met.fails and may_fail else acting
        after.append(met)
    return Decision(tuple(after), acting, min(LONGEST_SILENCE, round(delay)))


def from_json(value: object, rule_id: str, known: Known) -> Rule:
    """Read a rule; raise SteeringError with the member at fault. `known.read_match` raises what it likes."""
    members = _members("rule", value, FIELDS)
    fault, options = _fault(members)
    rule = Rule(
        id=rule_id,
        operation=_operation(members, fault, known),
        match=_match(members, known),
        probability=_probability(members.get("probability", 1.0)),
        skip=bounded("skip", members.get("skip", 0), 0, _MOST_CALLS),
        times=None if members.get("times") is None else bounded("times", members["times"], 1, _MOST_CALLS),
        fault=fault,
        options=options,
        error=_failure(members["error"], known) if members.get("error") is not None else None,
        fixed_delay=bounded("fixedDelayMilliseconds", members.get("fixedDelayMilliseconds", 0), 0, LONGEST_SILENCE),
        distribution=_distribution(members),
    )
    if rule.fault is not None and rule.error is not None:
        raise SteeringError("error", "cannot stand beside a fault")
    if not rule.fails and not rule.delays:
        raise SteeringError("fault", "is required, unless there is an error or a delay")
    return rule


def to_json(rule: Rule) -> dict[str, object]:
    """Write a rule as it is read, with its id and how often it was met."""
    shown: dict[str, object] = {"id": rule.id, "operation": rule.operation}
    if rule.match is not None:
        shown["match"] = rule.match.shown
    shown |= {"probability": rule.probability, "skip": rule.skip, "times": rule.times}
    if rule.fault is not None:
        shown |= {"fault": rule.fault.name, "options": _written(rule.options)}
    if rule.error is not None:
        shown["error"] = dict(zip(_ERROR_FIELDS, _told(rule.error), strict=True))
    if rule.fixed_delay:
        shown["fixedDelayMilliseconds"] = rule.fixed_delay
    if rule.distribution is not None:
        shown["delayDistribution"] = delays.to_json(rule.distribution)
    return {**shown, "seen": rule.seen, "acted": rule.acted}


def _told(error: Failure) -> tuple[object, ...]:
    return error.status, error.code, error.body, error.content_type


def _written(options: Options) -> dict[str, object]:
    return {name: f"{value}ms" if name == "for" else value for name, value in options.items()}


def _members(field: str, value: object, names: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SteeringError(field, "must be an object")
    members = cast("Mapping[str, object]", value)
    for name in members:
        if name not in names:
            raise UnknownMember(name[:_ECHO], f"is no member of {field}; those are {', '.join(names)}")
    return members


def _fault(members: Mapping[str, object]) -> tuple[Fault | None, Options]:
    """Read the fault; `chunkedDribbleDelay` is WireMock's way to say DRIBBLE."""
    name, options = members.get("fault"), members.get("options", {})
    if (dribble := members.get("chunkedDribbleDelay")) is not None:
        if name is not None:
            raise SteeringError("chunkedDribbleDelay", "cannot stand beside a fault")
        name, options = "DRIBBLE", dribble
    if name is None:
        if options:
            raise SteeringError("options", "belong to a fault, and there is none")
        return None, NO_OPTIONS
    fault = FAULTS.get(name) if isinstance(name, str) else None
    if fault is None:
        raise SteeringError("fault", f"must be one of {', '.join(FAULTS)}")
    return fault, read_options(fault, options)


def _operation(members: Mapping[str, object], fault: Fault | None, known: Known) -> str:
    name = members.get("operation", ANY)
    if not isinstance(name, str) or name not in {ANY, *known.operations}:
        raise SteeringError("operation", f"must be {ANY} or one of {', '.join(known.operations)}")
    if fault is not None and name != ANY and not fault.acts_on(name):
        raise SteeringError("operation", f"must be one of {', '.join(fault.operations)}: {fault.name} acts there only")
    return name


def _match(members: Mapping[str, object], known: Known) -> Match | None:
    written = members.get("match")
    return None if written is None else known.read_match(written)


def _probability(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return value
    raise SteeringError("probability", "must be a number from 0 to 1")


def _distribution(members: Mapping[str, object]) -> Distribution | None:
    value = members.get("delayDistribution")
    return None if value is None else delays.from_json(value)


def _failure(value: object, known: Known) -> Failure:
    members = _members("error", value, _ERROR_FIELDS)
    status, code = members.get("statusCode"), members.get("code", _USUAL_CODE)
    if not isinstance(status, int) or isinstance(status, bool) or status not in known.statuses:
        raise SteeringError("error.statusCode", "must be the number of a status with an answer")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise SteeringError("error.code", "must be 1 to 64 of the characters a-z, 0-9 and _")
    content_type = members.get("contentType")
    if content_type is not None and not (isinstance(content_type, str) and _MEDIA_TYPE.fullmatch(content_type)):
        raise SteeringError("error.contentType", "must be a media type such as text/html; charset=utf-8")
    return Failure(status, code, members.get("body"), content_type)
