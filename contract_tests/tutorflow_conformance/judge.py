"""The judge of one requirement: asks the evidence, and keeps what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tutorflow_conformance.evidence import Arrival, Evidence, Remark
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.results import (
    ERROR,
    INCONCLUSIVE,
    MISMATCH,
    PASSED,
    SKIPPED,
    UNSUPPORTED,
    Finding,
    Result,
    broken,
    highest,
)
from tutorflow_openapi import Requirement

_GATEWAY = range(502, 505)
_MISSING = frozenset((404, 405, 501))
_ECHO = 300

Proof = Exchange | Arrival


class Undecided(Exception):
    """The evidence does not decide; the message says what is missing."""


class Skipped(Exception):
    """The requirement was not tested; the message starts with one of the reasons."""


class NotSupported(Exception):
    """The target lacks what the requirement is about."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A test of a suite: which requirement it judges, which steps it looks at, and which it would like to."""

    requirement: str
    test: Callable[[Judge], None]
    sees: tuple[str, ...]
    also: tuple[str, ...] = ()


class Judge:
    """Judges one requirement on one run's evidence; a test gets it and says what must hold.

    `must` is the sentence itself, `detail` a part of it in ⟦…⟧, which is less well founded. Both write a finding and go
    on, so that one test shows all that is wrong. A test that asserted nothing is inconclusive.
    """

    def __init__(self, requirement: Requirement, evidence: Evidence, unsent: Mapping[str, str]) -> None:
        self.seen = evidence
        self._requirement = requirement
        self._clause = requirement.revisions[evidence.contract.revision]
        self._unsent = unsent
        self._findings: list[Finding] = []
        self._state = PASSED
        self._looked = False

    @property
    def values(self) -> Mapping[str, Any]:
        """The behaviour values that the target is expected to have."""
        return self.seen.contract.values

    def must(
        self, holds: object, *proof: Proof, expected: str, observed: object = None, provenance: str | None = None
    ) -> bool:
        """Say what the sentence demands; return whether it held. `provenance` replaces the requirement's own."""
        self._looked = True
        state = broken(self._requirement.level, provenance or self._clause.provenance)
        return bool(holds) or self._broken(state, proof, expected, observed)

    def detail(
        self, holds: object, *proof: Proof, expected: str, observed: object = None, alternative: str | None = None
    ) -> bool:
        """Say what a part in ⟦…⟧ demands; where it does not hold the requirement is a mismatch at most."""
        self._looked = True
        state = PASSED if self._requirement.level == "MAY" else MISMATCH
        return bool(holds) or self._broken(state, proof, expected, observed, alternative)

    def all(self, *steps: str) -> tuple[Exchange, ...]:
        """Return what some steps sent and got answered; Undecided if one of them was not answered at all."""
        found = [exchange for step in steps for exchange in self._at(step)]
        return tuple(self.answered(exchange) for exchange in found)

    def one(self, step: str) -> Exchange:
        """Return the first exchange of a step, answered."""
        return self.answered(self._at(step)[0])

    def some(self, *steps: str) -> tuple[Exchange, ...]:
        """Return what those of some steps sent that were sent at all."""
        return tuple(exchange for step in steps for exchange in self.seen.at(step))

    def answered(self, exchange: Exchange) -> Exchange:
        """Return an exchange if the target itself answered; Undecided for broken connections and gateway errors."""
        if exchange.answer is None:
            raise Undecided(f"{exchange.id} got no answer: {exchange.error}")
        if exchange.status in _GATEWAY:
            raise Undecided(f"{exchange.id} was answered {exchange.status} by a gateway")
        return exchange

    def known(self, name: str) -> Any:
        """Return what a step noted under a name; Undecided if it could not."""
        value = self.seen.notes.get(name)
        if value is None:
            raise Undecided(str(self.seen.notes.get(f"no {name}", f"the run never learnt of {name}")))
        return value

    def supported(self, exchange: Exchange) -> Exchange:
        """Return an exchange unless it says that the operation does not exist."""
        if exchange.status in _MISSING:
            raise NotSupported(f"{exchange.operation} answered {exchange.status}")
        return exchange

    def result(self) -> Result:
        """Return the state that what was said so far adds up to."""
        if not self._looked:
            return Result(self._requirement.id, INCONCLUSIVE, "the run showed nothing that decides it")
        return Result(self._requirement.id, self._state, None, tuple(self._findings))

    def _broken(
        self, state: str, proof: tuple[Proof, ...], expected: str, observed: object, alternative: str | None = None
    ) -> bool:
        self._state = highest(self._state, state)
        if state != PASSED:
            shown = str(observed) if observed is not None else "; ".join(map(_told, proof))
            names = tuple(dict.fromkeys(each.id for each in proof))
            self._findings.append(Finding(self._requirement.id, state, expected, _cut(shown), names, alternative))
        return False

    def _at(self, step: str) -> tuple[Exchange, ...]:
        found = self.seen.at(step)
        if not found:
            raise Undecided(self._unsent.get(step, f"the step {step} sent nothing"))
        return found


def judged(claim: Claim, requirement: Requirement, evidence: Evidence, unsent: Mapping[str, str]) -> Result:
    """Judge one requirement; whatever its test raises becomes a state, never an exception."""
    result = _tested(claim, requirement, evidence, unsent)
    for remark in evidence.remarks:
        if remark.requirement == requirement.id:
            result = _remarked(result, remark, requirement, evidence)
    return result


def _remarked(result: Result, remark: Remark, requirement: Requirement, evidence: Evidence) -> Result:
    """Take in what others noticed, unless the test has found it at the same operation."""
    if remark.is_ours:
        return result.raised(ERROR, remark.observed)
    operations = {exchange.id: exchange.operation for exchange in evidence.exchanges}
    known = {operations.get(name) for finding in result.findings for name in finding.proof}
    state = broken(requirement.level, requirement.revisions[evidence.contract.revision].provenance)
    if state == PASSED or (remark.operation is not None and remark.operation in known):
        return result
    told = f"{_cut(remark.observed)} ({remark.by})"
    finding = Finding(requirement.id, state, remark.expected, told, remark.proof)
    return replace(result.raised(state), findings=(*result.findings, finding))


def _tested(claim: Claim, requirement: Requirement, evidence: Evidence, unsent: Mapping[str, str]) -> Result:
    judge = Judge(requirement, evidence, unsent)
    try:
        claim.test(judge)
    except Undecided as missing:
        return (
            judge.result().raised(INCONCLUSIVE, str(missing))
            if judge.result().findings
            else Result(requirement.id, INCONCLUSIVE, str(missing))
        )
    except Skipped as reason:
        return Result(requirement.id, SKIPPED, str(reason))
    except NotSupported as reason:
        return Result(requirement.id, UNSUPPORTED, str(reason))
    except Exception as failure:  # noqa: BLE001 - our own fault is a result too, and must not stop the others
        found = judge.result()
        why = f"the test itself broke: {type(failure).__name__}: {failure}"
        return found.raised(ERROR, why) if found.findings else Result(requirement.id, ERROR, why)
    return judge.result()


def _told(proof: Proof) -> str:
    if isinstance(proof, Arrival):
        return f"{proof.id}: {_cut(proof.body.decode('utf-8', 'replace'))}"
    if proof.answer is None:
        return f"{proof.id}: no answer ({proof.error})"
    body = proof.answer.body.decode("utf-8", "replace")
    return f"{proof.id}: {proof.status} {_cut(body)}".rstrip()


def _cut(text: str) -> str:
    return text if len(text) <= _ECHO else f"{text[:_ECHO]}… ({len(text)} characters)"
