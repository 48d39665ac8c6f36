"""Pack all that a run can test onto the least traffic, and say beforehand what it will cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tutorflow_conformance.judge import Claim
from tutorflow_conformance.traffic.step import LAST, PHASES, Step
from tutorflow_openapi import Clause, Contract, Requirement, Tie

MINIMUM_POLLS = 3
REASONS = {
    "K": "not configured: an admin session (TUTORFLOW_ADMIN_COOKIE, or TUTORFLOW_ADMIN_EMAIL and …_PASSWORD)",
    "W": "not configured: a webhook receiver that the target can reach (--webhook-listen, --webhook-url)",
    "2o": "not configured: a second organization (TUTORFLOW_OTHER_API_KEY, …_ADMIN_COOKIE, …_ORGANIZATION_ID)",
    "N": "mode: parallel calls are made in mode mock only",
    "C": "mode: needs the mock's clock and faults",
    "https": "not configured: the target is no https address",
    "limit": "not configured: request.max-body-bytes in a profile",
    "key": "not configured: an API key (TUTORFLOW_CONTENT_API_KEY)",
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a run may spend by its mode: accepted jobs, jobs in reserve for faulty targets, requests; None: no limit."""

    jobs: int | None
    reserve: int | None
    requests: int | None


@dataclass(frozen=True, slots=True)
class Bill:
    """What a plan will cost at most. `reserve` counts creates that only a faulty target accepts."""

    requests: int
    jobs: int
    reserve: int
    polls: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, the claims that they can decide, and why the other requirements cannot be tested."""

    steps: tuple[Step, ...]
    claims: Mapping[str, Claim]
    skipped: Mapping[str, str]
    bill: Bill


@dataclass(frozen=True, slots=True)
class Means:
    """What a run has: the needs that it can meet, and for each other one the reason why it cannot."""

    met: frozenset[str]
    reasons: Mapping[str, str] = field(default_factory=lambda: REASONS)

    def lacks(self, needs: Iterable[str]) -> str | None:
        """Return why some needs cannot be met; None if they can."""
        return next((self.reasons[need] for need in sorted(needs) if need not in self.met), None)


def plan(  # noqa: PLR0913 - what a plan rests on
    *,
    claims: Mapping[str, Claim],
    requirements: Mapping[str, Requirement],
    steps: Mapping[str, Step],
    contract: Contract,
    means: Means,
    allowance: Allowance,
    selected: Iterable[str],
) -> Plan:
    """Return the plan of a run over the selected requirements, cheapest and widest first."""
    skipped: dict[str, str] = {}
    wanted: dict[str, Claim] = {}
    for name in selected:
        reason = _not_applicable(requirements[name], claims.get(name), contract, means)
        if reason is not None:
            skipped[name] = reason
        else:
            wanted[name] = claims[name]
    packed = pack(wanted, steps, means, allowance)
    return replace(packed, skipped={**skipped, **packed.skipped})


def pack(claims: Mapping[str, Claim], steps: Mapping[str, Step], means: Means, allowance: Allowance) -> Plan:
    """Return the plan that decides as many claims as can be paid, cheapest and widest first."""
    draft = _Draft(steps, means, allowance)
    skipped: dict[str, str] = {}
    taken: dict[str, Claim] = {}
    for name in sorted(claims, key=lambda name: _cost(steps, claims[name])):
        reason = draft.take(claims[name].sees)
        if reason is not None:
            skipped[name] = reason
        else:
            taken[name] = claims[name]
    for claim in taken.values():
        for extra in claim.also:
            draft.take((extra,))
    chosen = tuple(step for name, step in steps.items() if name in draft.chosen)
    return Plan(chosen, taken, skipped, draft.bill())


def extended(drawn: Plan, added: Iterable[Step]) -> Plan:
    """Return a plan with more steps, billed and sent at the end of their phases; they decide no claim by themselves."""
    more = tuple(added)
    bill = replace(
        drawn.bill,
        requests=drawn.bill.requests + sum(step.requests for step in more),
        jobs=drawn.bill.jobs + sum(step.jobs for step in more),
        reserve=drawn.bill.reserve + sum(step.reserve for step in more),
    )
    steps = sorted((*drawn.steps, *more), key=lambda step: PHASES.index(step.phase))
    return replace(drawn, steps=tuple(steps), bill=bill)


class _Draft:
    """A plan in the making: which steps are in, and what they cost together."""

    def __init__(self, steps: Mapping[str, Step], means: Means, allowance: Allowance) -> None:
        self._steps = steps
        self._means = means
        self._allowance = allowance
        self.chosen: dict[str, Step] = {}

    def take(self, names: Iterable[str]) -> str | None:
        """Put in some steps and what they rest on; return why not, if that cannot be."""
        added = {name: step for name, step in closure(self._steps, names).items() if name not in self.chosen}
        added |= self._clearing({**self.chosen, **added})
        reason = self._means.lacks(need for step in added.values() for need in step.needs)
        if reason is None:
            reason = self._too_dear({**self.chosen, **added})
        if reason is None:
            self.chosen.update(added)
        return reason

    def _clearing(self, steps: Mapping[str, Step]) -> dict[str, Step]:
        """Return the steps that clear away what some steps make."""
        last = {name: step for name, step in self._steps.items() if step.phase == LAST and name not in steps}
        return {name: step for name, step in last.items() if step.after and set(step.after) <= steps.keys()}

    def bill(self) -> Bill:
        """Return what the chosen steps cost."""
        return _bill(self.chosen, self._allowance)

    def _too_dear(self, steps: Mapping[str, Step]) -> str | None:
        cost, may = _bill(steps, self._allowance), self._allowance
        if may.jobs is not None and cost.jobs > may.jobs:
            return f"budget: needs {cost.jobs} jobs together with the others, {may.jobs} allowed"
        if may.reserve == 0 and cost.reserve:
            return "budget: needs a job in reserve, in case the target accepts what it ought to refuse"
        if may.requests is not None and cost.requests > may.requests:
            return f"budget: needs {cost.requests} requests together with the others, {may.requests} allowed"
        return None


def _bill(steps: Mapping[str, Step], allowance: Allowance) -> Bill:
    fixed = sum(step.requests for step in steps.values())
    waits = sum(step.name.endswith(".finish") for step in steps.values())
    polls = 0
    if waits:
        polls = (
            max(MINIMUM_POLLS * waits, allowance.requests - fixed) if allowance.requests is not None else 200 * waits
        )
    return Bill(
        requests=fixed + polls,
        jobs=sum(step.jobs for step in steps.values()),
        reserve=sum(step.reserve for step in steps.values()),
        polls=polls // waits if waits else 0,
    )


def closure(steps: Mapping[str, Step], names: Iterable[str]) -> Mapping[str, Step]:
    """Return steps with all that they rest on."""
    found: dict[str, Step] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = steps[name]
            waiting.extend(steps[name].after)
    return found


def _cost(steps: Mapping[str, Step], claim: Claim) -> int:
    needed = closure(steps, claim.sees).values()
    return sum(1000 * step.jobs + step.requests + step.reserve for step in needed)


def _not_applicable(requirement: Requirement, claim: Claim | None, contract: Contract, means: Means) -> str | None:
    clause = requirement.revisions.get(contract.revision)
    if clause is None:
        return f"not part of revision {contract.revision}"
    if claim is None:
        return "disabled: no test"
    for tie in clause.tied:
        if not tie.applies(contract.values):
            return f"behaviour: {_told(tie)} is not in force"
    return means.lacks(_needs(clause))


def _needs(clause: Clause) -> Iterable[str]:
    wanted = set(clause.needs) & {"K", "W", "2o", "N", "C"}
    return {*wanted, "key"}


def _told(tie: Tie) -> str:
    return f"{tie.behaviour}{'≠' if tie.relation == 'is-not' else '='}{tie.value}"
