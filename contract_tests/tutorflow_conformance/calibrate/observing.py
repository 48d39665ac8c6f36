"""An observation: which alternative of one behaviour the evidence shows, by which exchanges, or why it shows none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.exchange import Exchange
from tutorflow_openapi.behaviours import Value


class Unidentified(Exception):
    """The evidence does not tell; the message says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The value that was observed, and the exchanges (`x-…`) or deliveries (`d-…`) that show it.

    `spread` is how far measured seconds lay from whole ones.
    """

    value: Value
    proof: tuple[str, ...]
    spread: float | None = None


Look = Callable[[Evidence], Seen]


@dataclass(frozen=True, slots=True)
class Observation:
    """How one behaviour is observed, and the steps whose traffic it looks at."""

    behaviour: str
    look: Look
    sees: tuple[str, ...]


OBSERVATIONS: dict[str, Observation] = {}


def observes(behaviour: str, *sees: str) -> Callable[[Look], Look]:
    """Return a decorator that makes a function the observation of a behaviour."""

    def register(look: Look) -> Look:
        OBSERVATIONS[behaviour] = Observation(behaviour, look, sees)
        return look

    return register


def observe_status(behaviour: str, step: str, values: Mapping[int, str], *, number: int = 0, others: str = "") -> None:
    """Observe a behaviour by the status of one exchange; `others` is the value of every status that is not listed."""

    def look(seen: Evidence) -> Seen:
        exchange = nth(seen, step, number)
        return Seen(named(exchange, values, others), (exchange.id,))

    observes(behaviour, step)(look)


def named(exchange: Exchange, values: Mapping[int, str], others: str = "") -> str:
    """Return the value that a status stands for; Unidentified if it stands for none."""
    value = values.get(exchange.status, others)
    if not value:
        raise Unidentified(f"{exchange.id} was answered {exchange.status}, which no alternative explains")
    return value


def nth(seen: Evidence, step: str, number: int = 0) -> Exchange:
    """Return an exchange of a step, answered; Unidentified if there is none."""
    found = seen.at(step)
    if len(found) <= number:
        raise Unidentified(f"the step {step} sent nothing that shows it")
    return answered(found[number])


def answered(exchange: Exchange) -> Exchange:
    """Return an exchange if it was answered; Unidentified if not."""
    if exchange.answer is None:
        raise Unidentified(f"{exchange.id} got no answer: {exchange.error}")
    return exchange


def proof(exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """Return the ids of some exchanges."""
    return tuple(exchange.id for exchange in exchanges)
