"""One run, from a target to results: open it, plan, send the steps, judge what was seen, clear away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tutorflow_conformance.client import Client, Metered, Unreachable
from tutorflow_conformance.control import Control, Refused
from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.judge import judged
from tutorflow_conformance.ledger import Ledger, Overspent, Purses
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.planner import REASONS, Allowance, Bill, Means, Plan, plan
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.results import ERROR, FAILED, SKIPPED, Finding, Result
from tutorflow_conformance.suites import load
from tutorflow_conformance.system import Clock, wall_clock
from tutorflow_conformance.target import Target
from tutorflow_conformance.traffic import steps
from tutorflow_conformance.traffic.deliveries import arrivals
from tutorflow_conformance.traffic.run import ADMIN, KEY, OTHER, OTHER_ADMIN, NotLearnt, Patience, Run, Stopped
from tutorflow_conformance.traffic.step import LAST, Step
from tutorflow_openapi import Contract, Requirement, load_requirements

ALLOWANCES = {
    "free": Allowance(jobs=0, reserve=0, requests=60),
    "safe": Allowance(jobs=1, reserve=1, requests=60),
    "full": Allowance(jobs=6, reserve=1, requests=None),
    "mock": Allowance(jobs=None, reserve=None, requests=None),
}
PER_MINUTE = 40
_FIRST_ANSWERS = 3
_REFUSED = 401
_CREATE = "CRE-001"


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was told besides its target."""

    token: str
    selected: tuple[str, ...]
    allowance: Allowance
    patience: Patience = field(default_factory=Patience)
    per_minute: int | None = None
    ledger: Path | None = None
    listen: tuple[str, int] | None = None
    public: str | None = None
    deadline: float | None = None


@dataclass
class Events:
    """Who is told while a run lasts; each does nothing unless replaced."""

    planned: Callable[[Plan], None] = lambda _: None
    step: Callable[[Step, int, int], None] = lambda step, number, total: None
    waiting: Callable[[str], None] = lambda _: None
    exchanged: Callable[[Exchange], None] = lambda _: None
    ended: Callable[[Result], None] = lambda _: None


class KeyRefused(Stopped):
    """The run's own key opens nothing."""


def means_of(target: Target, receiver: Receiver | None) -> Means:
    """Return which needs a run can meet, by its credentials, its mode and its receiver."""
    given = target.credentials
    met = {
        "key": given.api_key is not None,
        "K": given.has_admin and target.mode in {"full", "mock"},
        "W": receiver is not None and receiver.is_reachable,
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
    return plan(
        claims=load(),
        requirements=load_requirements(),
        steps=steps(),
        contract=target.contract,
        means=means_of(target, receiver),
        allowance=options.allowance,
        selected=options.selected,
    )


def execute(target: Target, options: Options, events: Events, clock: Clock | None = None) -> Outcome:
    """Run against a target and return what came of it; Unreachable if nothing ever answered.

    `clock` replaces real time, for a target on this machine whose time it is as well.
    """
    clock, redactor = clock or Clock(), Redactor()
    for kind, secret in target.credentials.secrets().items():
        redactor.learn(kind, secret)
    receiver = _receiver(options, clock)
    evidence = Evidence(target.contract)
    drawn = planned(target, options, receiver)
    ledger = Ledger(options.ledger, options.token, _purses(options, drawn.bill), wall_clock)

    def record(exchange: Exchange) -> None:
        evidence.add(exchange)
        events.exchanged(exchange)

    adapter = Metered(ledger, target.contract, clock)
    run = Run(
        token=options.token,
        target=target,
        client=Client(target.url, target.contract, adapter, redactor, clock, record),
        evidence=evidence,
        ledger=ledger,
        redactor=redactor,
        clock=clock,
        patience=_patience(options.patience, drawn.bill),
        control=Control(target.control, target.session) if target.control else None,
        receiver=receiver,
        tell=events.waiting,
        secrets=_secrets(target),
    )
    events.planned(drawn)
    try:
        course = _Course(run, drawn, options, events)
        course.follow()
        evidence.arrivals.extend(arrivals(run))
        results = dict(course.results())
        for result in results.values():
            events.ended(result)
        return Outcome(
            target=target,
            token=options.token,
            plan=drawn,
            results=results,
            evidence=evidence,
            spend=ledger.spend,
            seconds=clock.elapsed(),
            redactor=redactor,
            unsent=course.unsent,
            headline=str(course.stopped) if course.stopped else None,
            was_refused=isinstance(course.stopped, KeyRefused),
            is_lost=course.stopped is not None and course.stopped.is_lost,
            left=tuple(f"{kind} {name}" for kind, name, _ in ledger.left()),
            is_interrupted=course.is_interrupted,
        )
    finally:
        if receiver is not None:
            receiver.stop()
        ledger.close()


class _Course:
    """The steps of one run, in order, and what became of each."""

    def __init__(self, run: Run, drawn: Plan, options: Options, events: Events) -> None:
        self._run = run
        self._plan = drawn
        self._options = options
        self._events = events
        self.unsent: dict[str, str] = {}
        self._broken: dict[str, str] = {}
        self.stopped: Stopped | None = None
        self.is_interrupted = False
        self._rest: tuple[str, str] | None = None  # state and reason of what was not reached

    def follow(self) -> None:
        """Send all steps; what stops the run stops it with a reason, never with an exception but Unreachable."""
        total = len(self._plan.steps)
        try:
            for number, each in enumerate(self._plan.steps, 1):
                self._events.step(each, number, total)
                self._send(each)
                self._look_at_first_answers(_FIRST_ANSWERS)
            self._look_at_first_answers(1)
        except Overspent as empty:
            self._stop(SKIPPED, f"budget: {empty}")
        except Stopped as stopped:
            self.stopped = stopped
            self._stop(ERROR if stopped.is_lost else SKIPPED, f"disabled: {stopped}")
        except KeyboardInterrupt:
            self.is_interrupted = True
            self._stop(SKIPPED, "disabled: interrupted")
        self._clear()

    def results(self) -> list[tuple[str, Result]]:
        """Return the results of all selected requirements, in the order of the contract."""
        requirements = load_requirements()
        found = {name: self._result(name, requirements[name]) for name in self._options.selected}
        return [(name, found[name]) for name in requirements if name in found]

    def _result(self, name: str, requirement: Requirement) -> Result:
        if name in self._plan.skipped:
            return Result(name, SKIPPED, self._plan.skipped[name])
        if name == _CREATE and isinstance(self.stopped, KeyRefused):
            return self._refused()
        claim = self._plan.claims[name]
        broken = next((self._broken[each] for each in claim.sees if each in self._broken), None)
        if broken is not None:
            return Result(name, ERROR, broken)
        missing = next((self.unsent[each] for each in claim.sees if each in self.unsent), None)
        if missing is not None and missing.startswith("not configured"):
            return Result(name, SKIPPED, missing)
        if self._rest is not None and any(each in self.unsent for each in claim.sees):
            state, reason = self._rest
            return Result(name, state, reason)
        result = judged(claim, requirement, self._run.evidence, self.unsent)
        return (
            result if missing is None or result.reason is None else Result(name, result.state, missing, result.findings)
        )

    def _refused(self) -> Result:
        """A refused key is a create that cannot be: one finding for all that was not reached."""
        shown = next(x for x in self._run.evidence.exchanges if self._ought_to_open(x))
        observed = f"{shown.id}: {shown.status} {shown.code or ''}".strip()
        finding = Finding(_CREATE, FAILED, "operations that open with the run's key", observed, (shown.id,))
        return Result(_CREATE, FAILED, "the key was refused", (finding,))

    def _send(self, each: Step) -> None:
        self._run.step = each.name
        try:
            each.send(self._run)
        except NotLearnt as missing:
            self.unsent.setdefault(each.name, str(missing))
        except Refused as refusal:
            self.unsent.setdefault(each.name, str(refusal))
        except (Overspent, Unreachable, Stopped):
            raise
        except Exception as failure:  # noqa: BLE001 - a step of ours that breaks must not hide what the others saw
            self._broken[each.name] = f"the step {each.name} broke: {type(failure).__name__}: {failure}"
        if self._options.deadline is not None and self._run.clock.elapsed() > self._options.deadline:
            raise Stopped(f"the run's time of {self._options.deadline:.0f} s is over")

    def _clear(self) -> None:
        """Send the last steps that were not reached: what the run made must go, whatever stopped it."""
        self._run.ledger.open_for_clearing()
        for each in self._plan.steps:
            if each.phase == LAST and not self._run.evidence.at(each.name):
                with suppress(Overspent, Unreachable, Stopped):
                    self._send(each)

    def _stop(self, state: str, reason: str) -> None:
        self._rest = (state, reason)
        sent = {exchange.step for exchange in self._run.evidence.exchanges}
        for each in self._plan.steps:
            if each.name not in sent:
                self.unsent.setdefault(each.name, reason)

    def _look_at_first_answers(self, enough: int) -> None:
        """Stop early where everything else would only repeat one fault: nothing answers, or the key is refused."""
        seen = self._run.evidence.exchanges
        if not any(exchange.answer for exchange in seen) and len(seen) >= 1:
            raise Unreachable(f"{self._run.target.url} did not answer: {seen[0].error}")
        keyed = [exchange for exchange in seen if self._ought_to_open(exchange)][:_FIRST_ANSWERS]
        if keyed and len(seen) >= enough and all(exchange.status == _REFUSED for exchange in keyed):
            raise KeyRefused("the key was refused")
        last = [exchange.error for exchange in seen[-_FIRST_ANSWERS:]]
        if len(last) == _FIRST_ANSWERS and all(last):
            raise Stopped(f"the target was lost: {last[-1]}", is_lost=True)

    def _ought_to_open(self, exchange: Exchange) -> bool:
        operation = self._run.target.contract.operations.get(exchange.operation or "")
        return operation is not None and exchange.credential == KEY and operation.security == "contentApiKey"


def _receiver(options: Options, clock: Clock) -> Receiver | None:
    """Return a receiver that listens, if the run was given one; Stopped if its own address does not lead to it."""
    if options.listen is None:
        return None
    receiver = Receiver(*options.listen, clock, options.public)
    receiver.start()
    return receiver


def _purses(options: Options, bill: Bill) -> Purses:
    may = options.allowance
    jobs = None if may.jobs is None else may.jobs + (may.reserve or 0)
    creates = None if may.jobs is None else bill.jobs + bill.reserve
    return Purses(jobs=jobs, creates=creates, requests=may.requests, per_minute=options.per_minute)


def _patience(patience: Patience, bill: Bill) -> Patience:
    return Patience(patience.interval, patience.deadline, min(patience.polls, bill.polls or patience.polls))


def _secrets(target: Target) -> dict[str, str]:
    given = target.credentials
    labels: dict[str, Any] = {
        KEY: given.api_key,
        ADMIN: given.admin_cookie,
        OTHER: given.other_api_key,
        OTHER_ADMIN: given.other_admin_cookie,
    }
    return {label: secret for label, secret in labels.items() if secret}
