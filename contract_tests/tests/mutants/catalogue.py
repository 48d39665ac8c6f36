"""What a mutant is, and how it is written down: id, tier, the requirements it violates, and the defect itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.tests.mutants.bench import Answering, Delivering, duly, plainly
from contract_tests.tests.mutants.consequences import CONSEQUENCES

TIERS = {
    1: "schema",
    2: "status, auth, route",
    3: "input validation",
    4: "meaning within one exchange",
    5: "relation of two exchanges",
    6: "sequence, time, background",
    7: "second identity, key lifecycle",
    8: "deliveries",
    9: "rare, concurrent, dependent on time or on who asks",
}


@dataclass(frozen=True)
class Mutant:
    """One defect: `violates` are the requirements of which one must notice it.

    `also` are others that rightly notice it as well, `because` of what; `behaviours` the values under which it shows.
    """

    id: str
    tier: int
    defect: str
    violates: tuple[str, ...]
    also: tuple[str, ...] = ()
    because: str = ""
    answering: Answering = plainly
    delivering: Delivering = duly
    behaviours: Mapping[str, Any] = field(default_factory=dict[str, Any])


MUTANTS: dict[str, Mutant] = {}


def mutant(  # noqa: PLR0913 - a mutant is a row of a table
    name: str,
    tier: int,
    violates: str,
    *,
    also: str = "",
    because: str = "",
    delivering: Delivering = duly,
    behaviours: Mapping[str, Any] | None = None,
) -> Callable[[Answering], Answering]:
    """Return a decorator that makes a mutant of a way of answering; its docstring is the defect."""

    def register(answering: Answering) -> Answering:
        _add(
            Mutant(
                name,
                tier,
                _told(answering),
                tuple(violates.split()),
                tuple(also.split()),
                because,
                answering,
                delivering,
                behaviours or {},
            )
        )
        return answering

    return register


def letter_mutant(
    name: str, tier: int, violates: str, *, also: str = "", because: str = ""
) -> Callable[[Delivering], Delivering]:
    """Return a decorator that makes a mutant of a way of delivering; its docstring is the defect."""

    def register(delivering: Delivering) -> Delivering:
        _add(
            Mutant(
                name,
                tier,
                _told(delivering),
                tuple(violates.split()),
                tuple(also.split()),
                because,
                delivering=delivering,
            )
        )
        return delivering

    return register


def _add(found: Mutant) -> None:
    if found.id in MUTANTS or found.tier not in TIERS:
        raise ValueError(f"{found.id} exists already, or its tier does not")
    also, because = CONSEQUENCES.get(found.id, ("", ""))
    reasons = "; ".join(text for text in (found.because, because) if text)
    MUTANTS[found.id] = replace(found, also=_beside(found, also), because=reasons)


def _told(function: Callable[..., Any]) -> str:
    return str(function.__doc__).partition("\n")[0].rstrip(".")


def _beside(found: Mutant, also: str) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys((*found.also, *also.split())) if name not in found.violates)
