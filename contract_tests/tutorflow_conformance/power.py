"""Which known faults a run could have shown: the kill matrix joined with the requirements that really ran."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tutorflow_conformance.results import Power

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """One known fault: a mutant of the mock. `kills` names by mode the requirements that noticed it."""

    id: str
    tier: int
    defect: str
    violates: tuple[str, ...]
    kills: Mapping[str, tuple[str, ...]]

    def shows_to(self, mode: str, ran: Collection[str]) -> bool:
        """Tell whether a run of a mode in which these requirements were tested notices the fault."""
        return any(name in ran for name in self.kills.get(mode, ()))


@cache
def faults() -> tuple[Fault, ...]:
    """Return the known faults, as `make mutants` measured them."""
    text = files("tutorflow_conformance").joinpath("data/kills.json").read_text(encoding="utf-8")
    return tuple(
        Fault(
            id=row["id"],
            tier=row["tier"],
            defect=row["defect"],
            violates=tuple(row["violates"]),
            kills={mode: tuple(names) for mode, names in row["kills"].items()},
        )
        for row in json.loads(text)["mutants"]
    )


def power(mode: str, ran: Collection[str], known: Collection[Fault] | None = None) -> Power:
    """Return how many of the known faults a run could have shown, in all and by tier."""
    tiers: dict[int, tuple[int, int]] = {}
    for fault in faults() if known is None else known:
        could, total = tiers.get(fault.tier, (0, 0))
        tiers[fault.tier] = (could + fault.shows_to(mode, ran), total + 1)
    return Power(sum(could for could, _ in tiers.values()), sum(total for _, total in tiers.values()), tiers)
