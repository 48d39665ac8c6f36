"""Calibration: a run in which behaviours are observed instead of judged, and what comes of it as a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_conformance.calibrate import access, creating, telling
from tutorflow_conformance.calibrate.observing import OBSERVATIONS, Observation, Seen, Unidentified
from tutorflow_conformance.calibrate.profile import Calibration, document, write
from tutorflow_conformance.judge import Claim, judged
from tutorflow_conformance.planner import Allowance, Plan, pack
from tutorflow_conformance.results import FAILED
from tutorflow_conformance.run import execute
from tutorflow_conformance.run.options import Events, Options, means_of
from tutorflow_conformance.suites import load
from tutorflow_conformance.system import run_token
from tutorflow_conformance.traffic import steps
from tutorflow_conformance.traffic.probing import INVALID, PROBES
from tutorflow_conformance.traffic.step import PHASES, Step
from tutorflow_openapi import BehaviourError, Contract, load_requirements

if TYPE_CHECKING:
    from tutorflow_conformance.evidence import Evidence
    from tutorflow_conformance.outcome import Outcome
    from tutorflow_conformance.receiver import Receiver
    from tutorflow_conformance.system import Clock
    from tutorflow_conformance.target import Target

__all__ = ["ALLOWANCE", "MODULES", "Calibration", "all_steps", "calibrate", "document", "drawn", "observed", "write"]

MODULES = (access, creating, telling)
ALLOWANCE = Allowance(jobs=2, reserve=None, requests=None)  # no reserve: a third job must never be
REQUIRED = {"create.classroom-id": "required-400"}
UNSEEN = {
    "idempotency.in-flight": "parallel calls are off",
    "idempotency.retention": "keys would have to be older than a run",
    "idempotency.after-failed": "no job can be made to fail",
    "idempotency.max-key-length": "each length to try might be a job",
    "job.partial-failure": "no job can be made to fail",
    "create.same-content-open": "it would take a third job",
    "request.max-body-bytes": "it would take bodies above the limit",
    "request.too-large": "it would take bodies above the limit",
    "login.session-lifetime": "a session would have to be waited for",
    "key.max-rate-limit": "it would take many keys",
    "webhook.timeout": "a delivery would have to be kept waiting",
    "webhook.deleted-pending": "it would take another failing subscription",
}


def calibrate(target: Target, options: Options, events: Events, clock: Clock | None = None) -> Calibration:
    """Observe an endpoint; at most two jobs are accepted. Unreachable if nothing ever answered.

    A target that refuses M for want of a classroom is looked at a second time, with one.
    """
    outcome = execute(target, options, events, clock, drawn)
    if _wants_classroom(outcome):
        again = replace(target, contract=target.contract.under(REQUIRED))
        outcome = execute(again, replace(options, token=run_token()), events, clock, drawn)
    seen, unidentified = observed(outcome.evidence, outcome.unsent, outcome.plan)
    return Calibration(outcome, seen, unidentified, _contradicted(outcome, seen))


def observed(evidence: Evidence, unsent: Mapping[str, str], plan: Plan) -> tuple[dict[str, Seen], dict[str, str]]:
    """Return which value each behaviour was seen to have, and of the others why not; pure over the evidence."""
    found: dict[str, Seen] = {}
    missing: dict[str, str] = {}
    for name, behaviour in evidence.contract.behaviours.items():
        observation = OBSERVATIONS.get(name)
        if observation is None:
            missing[name] = UNSEEN.get(name, "nobody has thought of a way")
        elif name in plan.skipped:
            missing[name] = plan.skipped[name]
        else:
            try:
                seen = observation.look(evidence)
                behaviour.check(_plain(seen))
                found[name] = seen
            except Unidentified as reason:
                missing[name] = _why(observation, unsent) or str(reason)
            except BehaviourError as refusal:
                missing[name] = str(refusal)
    return found, missing


def all_steps() -> dict[str, Step]:
    """Return the steps of runs and those of calibration alone, in the order in which they are sent."""
    together = {**steps(), **PROBES.ordered()}
    return dict(sorted(together.items(), key=lambda pair: PHASES.index(pair[1].phase)))


def drawn(target: Target, options: Options, receiver: Receiver | None = None) -> Plan:
    """Return the plan of a calibration: what shows behaviours, and the requirements that this decides as well."""
    wanted = {name: Claim(name, lambda _: None, each.sees) for name, each in OBSERVATIONS.items()}
    wanted = {name: claim for name, claim in wanted.items() if name in target.contract.behaviours}
    packed = pack(wanted, all_steps(), means_of(target, receiver, may_listen=False), options.allowance)
    chosen = {step.name for step in packed.steps}
    requirements = load_requirements()
    free = {
        name: claim
        for name, claim in load().items()
        if chosen.issuperset(claim.sees) and target.contract.revision in requirements[name].revisions
    }
    return replace(packed, claims=free)


def _wants_classroom(outcome: Outcome) -> bool:
    """Tell whether M was refused as invalid although it holds all that any other alternative asks for."""
    first = next(iter(outcome.evidence.at("m.create")), None)
    invalid = first is not None and first.status in INVALID and not outcome.spend.jobs
    return invalid and outcome.target.contract.values["create.classroom-id"] != REQUIRED["create.classroom-id"]


def _contradicted(outcome: Outcome, seen: Mapping[str, Seen]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the documented sentences that do not hold under the values that were seen, and the statuses that show it.

    Nothing that the target said is in it.
    """
    statuses = {exchange.id: str(exchange.status) for exchange in outcome.evidence.exchanges}
    contract = outcome.evidence.contract.under({name: _plain(each) for name, each in seen.items()})
    evidence = outcome.evidence.read_by(contract)
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, claim in outcome.plan.claims.items():
        result = judged(claim, load_requirements()[name], evidence, outcome.unsent)
        if (
            result.state == FAILED
            and not outcome.unsent.keys() & {*claim.sees, *claim.also}
            and _is_tied(name, contract)
        ):
            proof = tuple(dict.fromkeys(each for finding in result.findings for each in finding.proof))
            shown = ", ".join(dict.fromkeys(statuses.get(each, "a delivery") for each in proof))
            found[name] = (f"answered {shown}", proof)
    return found


def _is_tied(name: str, contract: Contract) -> bool:
    """Tell whether a requirement is one under the values of a contract."""
    return all(tie.applies(contract.values) for tie in load_requirements()[name].revisions[contract.revision].tied)


def _why(observation: Observation, unsent: Mapping[str, str]) -> str | None:
    return next((unsent[step] for step in observation.sees if step in unsent), None)


def _plain(seen: Seen) -> object:
    return list(seen.value) if isinstance(seen.value, tuple) else seen.value
