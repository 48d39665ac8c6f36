"""The catalogue of faults: what can go wrong on demand, where it acts, and by which options it is shaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, cast

from tutorflow_mock.domain.clock import parse_duration
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember

Moment: TypeAlias = Literal["before", "after", "view", "claim"]
Option: TypeAlias = "str | int"
Options: TypeAlias = Mapping[str, Option]

WIRE_HEADER = "X-Mock-Wire-Fault"
"""What an answer asks of the relay: a fault's name, for a dribble also the number of pieces and the milliseconds."""

LONGEST_SILENCE = 60_000
"""The longest that an answer is held back, in milliseconds of real time."""

GATEWAY_PAGES: Mapping[str, str] = {
    "bad-gateway": "Bad Gateway",
    "service-unavailable": "Service Unavailable",
    "gateway-timeout": "Gateway Timeout",
}
"""The answers of a gateway in front of the API: names of statuses, with their titles."""

_MOST_CHUNKS = 1_000
_MOST_READS = 1_000
_MOST_SECONDS = 3_600
_ECHO = 64
_KEYED = ("createExpansion", "exportContent")
_STATUS, _RESULT = ("getExpansion",), ("getExpansionResult",)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail.

    `moment` tells where it acts: in place of the operation (`before`), on its answer (`after`), on the state of the job
    that a read shows (`view`), or on the idempotency key (`claim`). `keeps_job` tells whether a create that it hits has
    made its job; None where it hits no create. `operations` lists those on which it acts, none if on all.
    """

    name: str
    moment: Moment
    keeps_job: bool | None = None
    needs_wire: bool = False
    operations: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def kebab(self) -> str:
        """The name as preferences and the wire spell it."""
        return self.name.lower().replace("_", "-")

    def acts_on(self, operation_id: str) -> bool:
        """Tell whether the fault means anything on an operation."""
        return not self.operations or operation_id in self.operations


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            Fault("LOST_RESPONSE", "after", keeps_job=True, needs_wire=True),
            Fault("CONNECTION_RESET_BY_PEER", "before", keeps_job=False, needs_wire=True),
            Fault("EMPTY_RESPONSE", "before", keeps_job=False, needs_wire=True),
            Fault("MALFORMED_RESPONSE_CHUNK", "after", keeps_job=True, needs_wire=True),
            Fault("RANDOM_DATA_THEN_CLOSE", "before", keeps_job=False, needs_wire=True),
            Fault("DRIBBLE", "after", keeps_job=True, needs_wire=True, options=("numberOfChunks", "totalDuration")),
            Fault("TRUNCATED_JSON", "after", keeps_job=True),
            Fault("WRONG_CONTENT_TYPE", "after", keeps_job=True),
            Fault("GATEWAY_ERROR", "before", keeps_job=False, options=("status",)),
            Fault("TIMEOUT", "before", keeps_job=False, options=("milliseconds",)),
            Fault("INTERNAL_ERROR", "before", keeps_job=False),
            Fault("RATE_LIMITED", "before", keeps_job=False, options=("retryAfter",)),
            Fault("NOT_YET_VISIBLE", "view", operations=_STATUS, options=("reads", "for")),
            Fault("STALE_READ", "view", operations=_STATUS),
            Fault("RESULT_LATE", "view", operations=_RESULT, options=("for",)),
            Fault("UNKNOWN_STATUS", "after", keeps_job=True, operations=("createExpansion", *_STATUS, *_RESULT)),
            Fault("EXTRA_FIELDS", "after", keeps_job=True),
            Fault("STATUS_FLAPPING", "view", operations=_STATUS),
            Fault("MISSING_MANIFEST", "after", operations=_RESULT),
            Fault("IDEMPOTENCY_IN_FLIGHT", "claim", keeps_job=False, operations=_KEYED),
        )
    }
)
"""Every fault by its name, which is WireMock's where that has one."""

BY_KEBAB: Mapping[str, Fault] = MappingProxyType({fault.kebab: fault for fault in FAULTS.values()})

NO_OPTIONS: Options = MappingProxyType({})


class Injected(NamedTuple):
    """A fault that a call meets, by a rule or by a preference."""

    fault: Fault
    options: Options = NO_OPTIONS


_BOUNDS: Mapping[str, tuple[int, int]] = {
    "numberOfChunks": (1, _MOST_CHUNKS),
    "totalDuration": (0, LONGEST_SILENCE),
    "milliseconds": (0, LONGEST_SILENCE),
    "retryAfter": (0, _MOST_SECONDS),
    "reads": (1, _MOST_READS),
}


def read_options(fault: Fault, value: object) -> Options:
    """Read the options of a fault; an option `for` becomes milliseconds. Raise SteeringError with the one at fault."""
    if not isinstance(value, Mapping):
        raise SteeringError("options", "must be an object")
    members = cast("Mapping[str, object]", value)
    return MappingProxyType({name: _option(fault, name, given) for name, given in members.items()})


def wire_value(injected: Injected) -> str:
    """Write a fault of the connection as WIRE_HEADER holds it: its name, and how a dribble goes."""
    fault, options = injected
    if fault.name != "DRIBBLE":
        return fault.kebab
    return f"{fault.kebab} {options.get('numberOfChunks', 5)} {options.get('totalDuration', 1_000)}"


def _option(fault: Fault, name: str, value: object) -> Option:
    if name not in fault.options:
        known = f"its options are {', '.join(fault.options)}" if fault.options else "it has no options"
        raise UnknownMember(f"options.{name[:_ECHO]}", f"is no option of {fault.name}; {known}")
    if name == "status":
        return _choice(f"options.{name}", value)
    return _span(value) if name == "for" else bounded(f"options.{name}", value, *_BOUNDS[name])


def _choice(field: str, value: object) -> str:
    if isinstance(value, str) and value in GATEWAY_PAGES:
        return value
    raise SteeringError(field, f"must be one of {', '.join(GATEWAY_PAGES)}")


def _span(value: object) -> int:
    if not isinstance(value, str):
        raise SteeringError("options.for", "must be a duration such as PT5S")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise SteeringError("options.for", str(error)) from error


def bounded(field: str, value: object, least: int, most: int) -> int:
    """Read a whole number within bounds; raise SteeringError with the member's name."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise SteeringError(field, f"must be a whole number from {least} to {most}")
