"""Orders: which attempts to come a misbehaviour befalls, and how often it still does."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

from tutorflow_mock.domain.clock import duration
from tutorflow_mock.domain.misbehaviours import options as kinds
from tutorflow_mock.domain.misbehaviours.catalogue import CATALOGUE, FETCH_FAILS, LATER_REVISION, OBSERVED
from tutorflow_mock.domain.misbehaviours.options import Span
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember

if TYPE_CHECKING:
    from tutorflow_mock.domain.deliveries import Delivery
    from tutorflow_mock.domain.misbehaviours.letters import Options

FIELDS = ("name", "times", "match", "options")
"""The members of an order."""
_MATCHED = ("event", "subscriptionId")
_MOST_TIMES = 1_000
_ECHO = 64
_STATUS = re.compile(r"[45][0-9]{2}")
_MOST_FAILURES = 10


class Known(NamedTuple):
    """What an order may name: events, and the subscriptions of the session."""

    events: Collection[str]
    subscriptions: Collection[str]


@dataclass(frozen=True, slots=True)
class Order:
    """One misbehaviour as it was ordered; `acted` counts the attempts that it has befallen."""

    id: str
    name: str
    times: int = 1
    event: str | None = None
    subscription_id: str | None = None
    options: Options = field(default_factory=lambda: MappingProxyType({}))
    acted: int = 0

    @property
    def left(self) -> int:
        """How often it is still to act."""
        return self.times - self.acted

    def means(self, delivery: Delivery) -> bool:
        """Tell whether the next attempt of a delivery is meant."""
        return (
            self.left > 0
            and self.event in {None, delivery.event}
            and self.subscription_id in {None, delivery.subscription_id}
        )

    def used(self) -> Order:
        """Return the order after it has acted once more."""
        return replace(self, acted=self.acted + 1)


def from_json(members: Mapping[str, object], order_id: str, known: Known) -> Order:
    """Read an order; raise SteeringError with the member at fault."""
    name = _name(members.get("name"))
    times, match = members.get("times", 1), members.get("match", {})
    if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= _MOST_TIMES:
        raise SteeringError("times", f"must be a whole number from 1 to {_MOST_TIMES}")
    event, subscription_id = _match(match, known)
    options = kinds.read(name, CATALOGUE[name].options, members.get("options", {}))
    if name == FETCH_FAILS:
        failures(options)
    return Order(order_id, name, times, event, subscription_id, options)


def to_json(order: Order) -> dict[str, object]:
    """Write an order as it is read, with its id, its trap and how often it acted; a secret in it is not shown."""
    match = {"event": order.event, "subscriptionId": order.subscription_id}
    return {
        "id": order.id,
        "name": order.name,
        "trap": CATALOGUE[order.name].trap,
        "times": order.times,
        "match": {name: value for name, value in match.items() if value is not None},
        "options": {name: _shown(order.name, name, value) for name, value in order.options.items()},
        "acted": order.acted,
        "left": order.left,
    }


def failures(options: Options) -> tuple[int, ...]:
    """Return the statuses with which fetches fail, in turn; raise SteeringError."""
    parts = [part.strip() for part in str(options["statuses"]).split(",")]
    if len(parts) > _MOST_FAILURES or not all(_STATUS.fullmatch(part) for part in parts):
        raise SteeringError("options.statuses", f"must be 1 to {_MOST_FAILURES} of 400 to 599, with commas between")
    return tuple(map(int, parts))


def _shown(name: str, option: str, value: object) -> object:
    if option == "secret":
        return "…"
    return duration(cast("int", value)) if isinstance(CATALOGUE[name].options[option], Span) else value


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise SteeringError("name", "must be a string")
    if value in CATALOGUE:
        return value
    if value in LATER_REVISION:
        raise SteeringError("name", f"{value} needs a signature with a timestamp, which this revision does not have")
    if value in OBSERVED:
        raise SteeringError("name", f"{value} is seen and not sent: it is a verdict of webhooks/check")
    raise SteeringError("name", f"must be one of {', '.join(CATALOGUE)}")


def _match(value: object, known: Known) -> tuple[str | None, str | None]:
    if not isinstance(value, Mapping):
        raise SteeringError("match", "must be an object")
    members = cast("Mapping[str, object]", value)
    for name in members:
        if name not in _MATCHED:
            raise UnknownMember(f"match.{name[:_ECHO]}", f"is unknown; known are {', '.join(_MATCHED)}")
    return (
        _one_of("match.event", members.get("event"), known.events),
        _one_of("match.subscriptionId", members.get("subscriptionId"), known.subscriptions),
    )


def _one_of(field: str, value: object, known: Collection[str]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in known:
        raise SteeringError(field, f"must be one of {', '.join(known)}" if known else "nobody has subscribed yet")
    return value
