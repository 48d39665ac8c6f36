"""How long an answer is held back: WireMock's delays, drawn from a stream of chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from tutorflow_mock.domain.faults import LONGEST_SILENCE
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember

if TYPE_CHECKING:
    from tutorflow_mock.domain.ids import Ids

Draw: TypeAlias = Callable[[], float]
"""Returns the next number from 0 up to, but not including, 1."""

_STREAM = "faults"
_BITS = 53
_ECHO = 64
_MOST_SIGMA = 10.0
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "fixed": ("milliseconds",),
    "uniform": ("lower", "upper"),
    "lognormal": ("median", "sigma", "maxValue"),
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    milliseconds: float

    def sample(self, _: Draw) -> float:
        """Return milliseconds."""
        return self.milliseconds


@dataclass(frozen=True, slots=True)
class Uniform:
    """Anything between two bounds, equally likely."""

    lower: float
    upper: float

    def sample(self, draw: Draw) -> float:
        """Return milliseconds."""
        return self.lower + (self.upper - self.lower) * draw()


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Mostly about the median, with a long tail that `max_value` cuts."""

    median: float
    sigma: float
    max_value: float = LONGEST_SILENCE

    def sample(self, draw: Draw) -> float:
        """Return milliseconds, by the transformation of Box and Muller."""
        normal = math.sqrt(-2.0 * math.log(1.0 - draw())) * math.cos(2.0 * math.pi * draw())
        return min(self.max_value, self.median * math.exp(self.sigma * normal))


Distribution: TypeAlias = Fixed | Uniform | Lognormal


def draw_from(ids: Ids) -> Draw:
    """Return the draws of a session: faults have a stream of their own, so that they disturb no other."""
    return lambda: math.ldexp(ids.bits(_STREAM, _BITS), -_BITS)


def from_json(value: object) -> Distribution:
    """Read a `delayDistribution`; raise SteeringError with the member at fault."""
    if not isinstance(value, Mapping):
        raise SteeringError("delayDistribution", "must be an object")
    members = cast("Mapping[str, object]", value)
    kind = members.get("type")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise SteeringError("delayDistribution.type", f"must be one of {', '.join(_MEMBERS)}")
    for name in members:
        if name not in {"type", *_MEMBERS[kind]}:
            known = ", ".join(_MEMBERS[kind])
            raise UnknownMember(f"delayDistribution.{name[:_ECHO]}", f"is no member of {kind}; those are {known}")
    return _distribution(kind, members)


def to_json(distribution: Distribution) -> dict[str, object]:
    """Write a distribution as it is read."""
    if isinstance(distribution, Fixed):
        return {"type": "fixed", "milliseconds": distribution.milliseconds}
    if isinstance(distribution, Uniform):
        return {"type": "uniform", "lower": distribution.lower, "upper": distribution.upper}
    return {
        "type": "lognormal",
        "median": distribution.median,
        "sigma": distribution.sigma,
        "maxValue": distribution.max_value,
    }


def _distribution(kind: str, members: Mapping[str, object]) -> Distribution:
    if kind == "fixed":
        return Fixed(_number(members, "milliseconds"))
    if kind == "lognormal":
        most = _number(members, "maxValue") if "maxValue" in members else LONGEST_SILENCE
        return Lognormal(_number(members, "median"), _number(members, "sigma", _MOST_SIGMA), most)
    lower, upper = _number(members, "lower"), _number(members, "upper")
    if lower > upper:
        raise SteeringError("delayDistribution.upper", "must not be below lower")
    return Uniform(lower, upper)


def _number(members: Mapping[str, object], name: str, most: float = LONGEST_SILENCE) -> float:
    value = members.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise SteeringError(f"delayDistribution.{name}", f"must be a number from 0 to {most:g}")
