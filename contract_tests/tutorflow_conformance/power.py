"""Which known faults a run could have shown, and looks like: the kill matrix joined with what really ran."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tutorflow_conformance.results import Hint, Power

FORMAT = 1
_ALIKE = 0.5  # a fault with one kill and one consequence, which the matrix does not hold, just reaches it
_NAMED = 3


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

    def similarity(self, mode: str, ran: Collection[str], found: Collection[str]) -> float:
        """Return how much of what was found, or would be if it were this fault, is both (Jaccard)."""
        noticed = set(self.kills.get(mode, ())).intersection(ran)
        return len(noticed.intersection(found)) / (len(noticed.union(found)) or 1)


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


def power(
    mode: str, ran: Collection[str], found: Collection[str] = (), known: Collection[Fault] | None = None
) -> Power:
    """Return how many of the known faults a run could have shown, in all and by tier, and which it looks like."""
    known = faults() if known is None else known
    tiers: dict[int, tuple[int, int]] = {}
    for fault in known:
        could, total = tiers.get(fault.tier, (0, 0))
        tiers[fault.tier] = (could + fault.shows_to(mode, ran), total + 1)
    could_expose, of = sum(could for could, _ in tiers.values()), sum(total for _, total in tiers.values())
    return Power(could_expose, of, tiers, hints(mode, ran, found, known))


def hints(mode: str, ran: Collection[str], found: Collection[str], known: Collection[Fault]) -> tuple[Hint, ...]:
    """Return the known faults that are noticed by much the same requirements as were found, nearest first.

    The matrix holds no consequences of a fault, so that what is found is often more than what it names.
    """
    alike = [Hint(fault.id, fault.defect, fault.similarity(mode, ran, found)) for fault in known]
    nearest = sorted(alike, key=lambda hint: (-hint.similarity, hint.fault))[:_NAMED]
    return tuple(hint for hint in nearest if hint.similarity >= _ALIKE)
