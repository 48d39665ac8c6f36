"""What became of a requirement: its state, why, and the findings that raised it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SKIPPED, UNSUPPORTED, PASSED = "skipped", "unsupported", "passed"
INCONCLUSIVE, WARNING, MISMATCH = "inconclusive", "warning", "mismatch"
ERROR, FAILED = "error", "failed"

STATES = (SKIPPED, UNSUPPORTED, PASSED, INCONCLUSIVE, WARNING, MISMATCH, ERROR, FAILED)  # a state is only ever raised
REPORTED = frozenset((WARNING, MISMATCH, FAILED))  # what kills a mutant
TESTED = frozenset((PASSED, WARNING, MISMATCH, FAILED))
SKIP_REASONS = ("not configured", "need", "behaviour", "budget", "mode", "disabled", "unreachable receiver")
_RANK = {state: rank for rank, state in enumerate(STATES)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation that a requirement does not hold.

    `proof` names the exchanges (`x-…`) and deliveries (`d-…`) that show it; `alternative` is a value of a behaviour
    that would explain it, such as `idempotency.same-key-other-body=conflict-409`.
    """

    requirement: str
    state: str
    expected: str
    observed: str
    proof: tuple[str, ...] = ()
    alternative: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The one state in which a requirement ended; `reason` says why it was not tested or not decided."""

    requirement: str
    state: str
    reason: str | None = None
    findings: tuple[Finding, ...] = field(default=())

    def raised(self, state: str, reason: str | None = None) -> Result:
        """Return it in a state at least as high; the reason goes with the state that counts."""
        return self if _RANK[state] <= _RANK[self.state] else replace(self, state=state, reason=reason)


@dataclass(frozen=True, slots=True)
class Hint:
    """A known fault that is noticed by much the same requirements, from 0 to 1: never a finding."""

    fault: str
    defect: str
    similarity: float

    def __str__(self) -> str:
        return f"looks like {self.fault}: {self.defect} (a hint from known faults, not a finding)"


@dataclass(frozen=True, slots=True)
class Power:
    """How many known kinds of fault a run could have exposed, of how many; `by_tier` the same for each tier.

    `looks_like` names the known faults that are nearest to what was found.
    """

    could_expose: int
    of: int
    by_tier: Mapping[int, tuple[int, int]]
    looks_like: tuple[Hint, ...] = ()

    def __str__(self) -> str:
        tiers = ", ".join(f"tier {tier} {could} of {of}" for tier, (could, of) in sorted(self.by_tier.items()))
        return f"This run could have shown {self.could_expose} of {self.of} known faults: {tiers}."


def highest(*states: str) -> str:
    """Return the highest of some states."""
    return max(states, key=_RANK.__getitem__)


def broken(level: str, provenance: str) -> str:
    """Return the state of a requirement whose sentence does not hold, by the reporting policy."""
    if level == "MAY":
        return PASSED  # recorded, never judged
    if provenance != "documented":
        return MISMATCH
    return FAILED if level == "MUST" else WARNING
