"""What a run is asked for, who is told of it, and what follows: its plan, and what it may spend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.fuzzing import fuzzing
from tutorflow_conformance.ledger import Purses
from tutorflow_conformance.machines import machines
from tutorflow_conformance.planner import REASONS, Allowance, Bill, Means, Plan, extended, plan
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.results import Result
from tutorflow_conformance.suites import load
from tutorflow_conformance.target import Target
from tutorflow_conformance.traffic import steps
from tutorflow_conformance.traffic.run import Patience
from tutorflow_conformance.traffic.step import Step
from tutorflow_openapi import Contract, load_requirements

ALLOWANCES = {
    "free": Allowance(jobs=0, reserve=0, requests=60),
    "safe": Allowance(jobs=1, reserve=1, requests=60),
    "full": Allowance(jobs=6, reserve=1, requests=None),
    "mock": Allowance(jobs=None, reserve=None, requests=None),
}
PER_MINUTE = 40


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was told besides its target."""

    token: str
    selected: tuple[str, ...]
    allowance: Allowance
    patience: Patience = field(default_factory=Patience)
    per_minute: int | None = None
    ledger: Path | None = None  # None: in memory
    is_resumed: bool = False
    listen: tuple[str, int] | None = None
    public: str | None = None
    deadline: float | None = None
    fuzz: int | None = None  # the seed of what is sent around the suites; None: nothing is


@dataclass
class Events:
    """Who is told while a run lasts; each does nothing unless replaced."""

    noticed: Callable[[str], None] = lambda _: None
    planned: Callable[[Plan], None] = lambda _: None
    step: Callable[[Step, int, int], None] = lambda step, number, total: None
    waiting: Callable[[str], None] = lambda _: None
    exchanged: Callable[[Exchange], None] = lambda _: None
    ended: Callable[[Result], None] = lambda _: None


def means_of(target: Target, receiver: Receiver | None, *, may_listen: bool) -> Means:
    """Return which needs a run can meet, by its credentials, its mode and its receiver; a plan trusts one to come."""
    given = target.credentials
    met = {
        "key": given.api_key is not None,
        "K": given.has_admin and target.mode in {"full", "mock"},
        "W": may_listen if receiver is None else receiver.is_reachable,
        "2o": bool(given.other_api_key and given.other_organization_id) and target.mode in {"full", "mock"},
        "N": target.is_mock,
        "https": target.url.startswith("https://"),
        "limit": target.is_mock or _is_told(target.contract, "request.max-body-bytes"),
        "C": target.is_mock,
    }
    reasons = dict(REASONS)
    if receiver is not None and not receiver.is_reachable:
        reasons["W"] = f"unreachable receiver: {receiver.url} does not lead to this run's receiver"
    if target.mode in {"free", "safe"}:
        reasons |= dict.fromkeys(("K", "W", "2o"), f"mode: needs mode full or mock, this is {target.mode}")
    return Means(frozenset(need for need, is_met in met.items() if is_met), reasons)


def _is_told(contract: Contract, name: str) -> bool:
    """Tell whether a behaviour has another value than the contract's own, so that somebody must have observed it."""
    return contract.values[name] != contract.behaviours[name].value


def planned(target: Target, options: Options, receiver: Receiver | None = None) -> Plan:
    """Return the plan of a run; nothing is sent."""
    drawn = plan(
        claims=load(),
        requirements=load_requirements(),
        steps=steps(),
        contract=target.contract,
        means=means_of(target, receiver, may_listen=options.listen is not None),
        allowance=options.allowance,
        selected=options.selected,
    )
    return extended(drawn, _around(target, options, drawn))


def _around(target: Target, options: Options, drawn: Plan) -> Iterator[Step]:
    """Yield what is sent around the suites: by Schemathesis where that costs no job, by machines on a mock alone."""
    if options.fuzz is None or not drawn.claims:
        return
    fuzz = fuzzing(target.mode, options.fuzz, drawn.claims)
    may = options.allowance
    is_paid = may.requests is None or (fuzz is not None and drawn.bill.requests + fuzz.requests <= may.requests)
    if fuzz is not None and is_paid and may.reserve != 0:
        yield fuzz
    more = machines(options.fuzz, drawn.claims) if target.is_mock and may.requests is None else None
    if more is not None:
        yield more


def purses_of(options: Options, bill: Bill) -> Purses:
    """Return what a run may spend at most, by what was allowed and what its plan needs."""
    may = options.allowance
    jobs = None if may.jobs is None else may.jobs + (may.reserve or 0)
    creates = None if may.jobs is None else bill.jobs + bill.reserve
    return Purses(jobs=jobs, creates=creates, requests=may.requests, per_minute=options.per_minute)


def patience_of(options: Options, bill: Bill) -> Patience:
    """Return how a run waits for a job, with no more polls than its plan counts."""
    given = options.patience
    return Patience(given.interval, given.deadline, min(given.polls, bill.polls or given.polls))
