"""What a run ended in, and the verdict and exit code that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.ledger import Spend
from tutorflow_conformance.planner import Bill, Plan
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.results import ERROR, FAILED, MISMATCH, STATES, TESTED, Result
from tutorflow_conformance.target import Target

FINE, FINDINGS, MISUSED, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130
CONFORMANT, NON_CONFORMANT, NOTHING_TESTED = "conformant", "non-conformant", "nothing tested"
WITH_FINDINGS, INCOMPLETE = "findings", "incomplete"
NAMEABLE = ("warning", "mismatch", "inconclusive", "unsupported")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run ended in; `headline` says what matters before any requirement, if something does."""

    target: Target
    token: str
    plan: Plan
    results: Mapping[str, Result]
    evidence: Evidence
    spend: Spend
    seconds: float
    redactor: Redactor
    unsent: Mapping[str, str]
    headline: str | None = None
    left: tuple[str, ...] = ()
    was_refused: bool = False
    is_lost: bool = False
    is_interrupted: bool = False

    @property
    def bill(self) -> Bill:
        """What it was planned to cost at most."""
        return self.plan.bill

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requirements ended in each state."""
        found = Counter(result.state for result in self.results.values())
        return {state: found[state] for state in STATES}

    def verdict(self, now: datetime, fail_on: Collection[str] | None = None) -> Verdict:
        """Return the verdict.

        `fail_on` names states besides `failed` that are findings; None is the mode's own choice: a mismatch of the
        mock is one, since the mock claims those values.
        """
        named = frozenset(fail_on if fail_on is not None else (MISMATCH,) if self.target.mode == "mock" else ())
        return Verdict(self, *self._verdict(named), named, now)

    def _verdict(self, named: frozenset[str]) -> tuple[str, int]:
        counts = self.counts
        if self.is_interrupted:
            return INCOMPLETE, INTERRUPTED
        if counts[FAILED] or self.was_refused:
            return NON_CONFORMANT, FINDINGS
        if any(counts[state] for state in named):
            return WITH_FINDINGS, FINDINGS
        if counts[ERROR]:
            return INCOMPLETE, UNREACHABLE if self.is_lost else MISUSED
        if not any(counts[state] for state in TESTED):
            return NOTHING_TESTED, MISUSED
        return CONFORMANT, FINE


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with what is concluded from it; `named` are the states that count as findings besides `failed`."""

    outcome: Outcome
    word: str
    exit_code: int
    named: frozenset[str]
    now: datetime

    def fails(self, result: Result) -> bool:
        """Tell whether a result is a finding."""
        return result.state == FAILED or result.state in self.named
