"""What a run ended in, and the verdict and exit code that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.ledger import Spend
from tutorflow_conformance.planner import Bill, Plan
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.results import ERROR, FAILED, MISMATCH, STATES, TESTED, Finding, Power, Result
from tutorflow_conformance.target import Target

FINE, FINDINGS, MISUSED, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130
CONFORMANT, NON_CONFORMANT, NOTHING_TESTED = "conformant", "non-conformant", "nothing tested"
WITH_FINDINGS, INCOMPLETE = "findings", "incomplete"
KNOWN_ONLY, STALE_BASELINE = "known findings", "stale baseline"
VERDICTS = (CONFORMANT, KNOWN_ONLY, NON_CONFORMANT, WITH_FINDINGS, STALE_BASELINE, INCOMPLETE, NOTHING_TESTED)
NAMEABLE = ("warning", "mismatch", "inconclusive", "unsupported")


@dataclass(frozen=True, slots=True)
class Known:
    """An entry of a baseline: a finding that is accepted until a day, and why.

    `observed` is the alternative that was observed (a behaviour with its value, or the value alone), or a part of what
    a finding says was observed.
    """

    requirement: str
    observed: str
    reason: str
    expires: date

    def explains(self, finding: Finding) -> bool:
        """Tell whether a finding is the one that is known."""
        alternative = finding.alternative or ""
        names = {alternative, alternative.partition("=")[2]}
        return finding.requirement == self.requirement and (self.observed in names or self.observed in finding.observed)

    def __str__(self) -> str:
        return f"{self.requirement} ({self.observed})"


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
    power: Power | None = None

    @property
    def bill(self) -> Bill:
        """What it was planned to cost at most."""
        return self.plan.bill

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requirements ended in each state."""
        found = Counter(result.state for result in self.results.values())
        return {state: found[state] for state in STATES}

    def hidden(self) -> Outcome:
        """Return it with every known secret hidden in its own words too: an error of ours may quote one."""
        text = self.redactor.text
        return replace(
            self,
            results={name: _hidden(result, self.redactor) for name, result in self.results.items()},
            unsent={step: text(reason) for step, reason in self.unsent.items()},
            headline=self.headline and text(self.headline),
            left=tuple(map(text, self.left)),
        )

    def verdict(
        self, now: datetime, fail_on: Collection[str] | None = None, baseline: Collection[Known] = ()
    ) -> Verdict:
        """Return the verdict.

        `fail_on` names states besides `failed` that are findings; None is the mode's own choice: a mismatch of the
        mock is one, since the mock claims those values. `baseline` holds findings that do not count.
        """
        named = frozenset(fail_on if fail_on is not None else (MISMATCH,) if self.target.mode == "mock" else ())
        draft = Verdict(self.hidden(), CONFORMANT, FINE, named, now, tuple(baseline))
        word, exit_code = _concluded(draft)
        return replace(draft, word=word, exit_code=exit_code)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with what is concluded from it; `named` are the states that count as findings besides `failed`."""

    outcome: Outcome
    word: str
    exit_code: int
    named: frozenset[str]
    now: datetime
    baseline: tuple[Known, ...] = ()

    def fails(self, result: Result) -> bool:
        """Tell whether a result is a finding that counts."""
        return (result.state == FAILED or result.state in self.named) and not self.is_known(result)

    def is_known(self, result: Result) -> bool:
        """Tell whether the baseline explains a result: every finding of it."""
        return bool(result.findings) and all(self.known(finding) for finding in result.findings)

    def known(self, finding: Finding) -> Known | None:
        """Return the entry of the baseline that explains a finding."""
        return next((entry for entry in self.baseline if entry.explains(finding)), None)

    @property
    def unused(self) -> tuple[Known, ...]:
        """The entries of the baseline that explain nothing although their requirements were tested."""
        results = self.outcome.results
        findings = [finding for result in results.values() for finding in result.findings]
        return tuple(
            entry
            for entry in self.baseline
            if (result := results.get(entry.requirement)) is not None
            and result.state in TESTED
            and not any(entry.explains(finding) for finding in findings)
        )


def _concluded(verdict: Verdict) -> tuple[str, int]:
    outcome = verdict.outcome
    failing = [result.state for result in outcome.results.values() if verdict.fails(result)]
    if outcome.is_interrupted:
        return INCOMPLETE, INTERRUPTED
    if FAILED in failing or outcome.was_refused:
        return NON_CONFORMANT, FINDINGS
    if failing:
        return WITH_FINDINGS, FINDINGS
    return _without_findings(verdict)


def _without_findings(verdict: Verdict) -> tuple[str, int]:
    counts = verdict.outcome.counts
    if counts[ERROR]:
        return INCOMPLETE, UNREACHABLE if verdict.outcome.is_lost else MISUSED
    if not any(counts[state] for state in TESTED):
        return NOTHING_TESTED, MISUSED
    if verdict.unused:
        return STALE_BASELINE, MISUSED
    return (KNOWN_ONLY if counts[FAILED] else CONFORMANT), FINE


def _hidden(result: Result, redactor: Redactor) -> Result:
    text = redactor.text
    findings = tuple(
        replace(finding, expected=text(finding.expected), observed=text(finding.observed))
        for finding in result.findings
    )
    return replace(result, reason=result.reason and text(result.reason), findings=findings)
