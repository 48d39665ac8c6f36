"""One run, from a target to results: open it, plan, send the steps, judge what was seen, clear away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from typing import Any

from tutorflow_conformance.client import Client, Metered, Unreachable
from tutorflow_conformance.control import Control, Refused
from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.judge import judged
from tutorflow_conformance.ledger import Ledger, Overspent, Purses
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.planner import Plan
from tutorflow_conformance.power import power
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.results import ERROR, FAILED, REPORTED, SKIPPED, TESTED, Result
from tutorflow_conformance.run.options import Events, Options, patience_of, planned, purses_of
from tutorflow_conformance.system import Clock, wall_clock
from tutorflow_conformance.target import Misconfigured, Target
from tutorflow_conformance.traffic.clearing import clear
from tutorflow_conformance.traffic.deliveries import arrivals
from tutorflow_conformance.traffic.resuming import remember
from tutorflow_conformance.traffic.run import ADMIN, KEY, OTHER, OTHER_ADMIN, NotLearnt, Run
from tutorflow_conformance.traffic.step import LAST, Step
from tutorflow_conformance.traffic.stopping import (
    FIRST,
    Elsewhere,
    OutOfTime,
    Stopped,
    Unfit,
    check_first_answers,
    lost_with,
)
from tutorflow_openapi import Requirement, load_requirements

_CREATE = "CRE-001"

Draw = Callable[[Target, Options, Receiver | None], Plan]


def execute(
    target: Target, options: Options, events: Events, clock: Clock | None = None, draw: Draw = planned
) -> Outcome:
    """Run against a target and return what came of it; Unreachable if nothing ever answered.

    `clock` replaces real time, for a target on this machine whose time it is as well. `draw` makes the plan.
    """
    with ExitStack() as stack:
        clock = clock or Clock()
        receiver = _receiver(options, clock, stack)
        drawn = draw(target, options, receiver)
        run = tools(target, options, stack, clock, events, purses_of(options, drawn.bill))
        run.patience, run.receiver, run.until = patience_of(options, drawn.bill), receiver, options.deadline
        if receiver is not None:
            receiver.time = lambda: run.time
        run.ledger.begin(target.mode)
        for other in run.ledger.unfinished():
            events.noticed(str(other))
        events.planned(drawn)
        course = _Course(run, drawn, options, events)
        try:
            course.follow()
        except Unreachable:
            run.ledger.end()
            raise
        run.evidence.arrivals.extend(arrivals(run))
        results = dict(course.results())
        for result in results.values():
            events.ended(result)
        return course.outcome(results)


def tools(  # noqa: PLR0913, PLR0917 - a run has many tools
    target: Target, options: Options, stack: ExitStack, clock: Clock, events: Events, purses: Purses
) -> Run:
    """Return what a run works with, without a plan; its ledger is closed with the stack."""
    redactor, evidence = Redactor(), Evidence(target.contract)
    for kind, secret in target.credentials.secrets().items():
        redactor.learn(kind, secret)
    ledger = Ledger(options.ledger, options.token, purses, wall_clock, target.url)
    stack.callback(ledger.close)

    def record(exchange: Exchange) -> None:
        evidence.add(exchange)
        events.exchanged(exchange)

    return Run(
        token=options.token,
        target=target,
        client=Client(target.url, target.contract, Metered(ledger, target.contract, clock), redactor, clock, record),
        evidence=evidence,
        ledger=ledger,
        redactor=redactor,
        clock=clock,
        patience=options.patience,
        control=Control(target.control, target.session) if target.control else None,
        tell=events.waiting,
        secrets=_secrets(target),
    )


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
        self._cut: str | None = None  # the step that was under way when the run was stopped

    def follow(self) -> None:
        """Send all steps; what stops the run stops it with a reason, never with an exception but Unreachable."""
        total = len(self._plan.steps)
        try:
            if self._options.is_resumed:
                self.unsent |= remember(self._run, self._plan.steps)
                clear(self._run)
            for number, each in enumerate(self._plan.steps, 1):
                self._events.step(each, number, total)
                if each.name not in self.unsent:
                    self._send(each)
                check_first_answers(self._run.evidence.exchanges, self._run.target.contract, FIRST)
            check_first_answers(self._run.evidence.exchanges, self._run.target.contract, 1)
            self._look_again()
        except Overspent as empty:
            self._stop(SKIPPED, f"budget: {empty}")
        except Stopped as stopped:
            self.stopped = stopped
            self._stop(ERROR if stopped.is_lost else SKIPPED, f"disabled: {stopped}")
        except KeyboardInterrupt:
            self.is_interrupted = True
            self._stop(SKIPPED, "disabled: interrupted")
        self._clear()
        self._close()

    def outcome(self, results: Mapping[str, Result]) -> Outcome:
        """Return what came of the run."""
        run = self._run
        was_refused = isinstance(self.stopped, Unfit)
        found = frozenset[str]() if was_refused else _in(REPORTED, results)  # a wrong key is not a fault of the target
        return Outcome(
            target=run.target,
            token=run.token,
            plan=self._plan,
            results=results,
            evidence=run.evidence,
            spend=run.ledger.spend,
            seconds=run.clock.elapsed(),
            redactor=run.redactor,
            unsent=self.unsent,
            headline=str(self.stopped) if self.stopped else None,
            was_refused=was_refused,
            is_lost=self.stopped is not None and self.stopped.is_lost,
            left=tuple(f"{made.kind} {made.name}" for made in run.ledger.left()),
            is_interrupted=self.is_interrupted,
            power=power(run.target.mode, _in(TESTED, results), found),
        )

    def results(self) -> list[tuple[str, Result]]:
        """Return the results of all selected requirements, in the order of the contract."""
        requirements = load_requirements()
        known = self._plan.claims.keys() | self._plan.skipped.keys()
        found = {name: self._result(name, requirements[name]) for name in self._options.selected if name in known}
        return [(name, found[name]) for name in requirements if name in found]

    def _result(self, name: str, requirement: Requirement) -> Result:
        if name in self._plan.skipped:
            return Result(name, SKIPPED, self._plan.skipped[name])
        if name == _CREATE and isinstance(self.stopped, Unfit):
            return Result(name, FAILED, str(self.stopped), (self.stopped.finding(name),))
        if isinstance(self.stopped, Elsewhere):
            return Result(name, SKIPPED, f"disabled: {self.stopped}")
        return self._judged(name, requirement)

    def _judged(self, name: str, requirement: Requirement) -> Result:
        claim = self._plan.claims[name]
        broken = next((self._broken[each] for each in claim.sees if each in self._broken), None)
        if broken is not None:
            return Result(name, ERROR, broken)
        missing = next((self.unsent[each] for each in claim.sees if each in self.unsent), None)
        result = judged(claim, requirement, self._run.evidence, self.unsent)
        # what was sent before the rest had to stay unsent has decided it already, but for a step that was cut short
        is_shown = bool(result.findings) and self._cut not in claim.sees and not self._options.is_resumed
        if missing is not None and not is_shown and missing.startswith(("not configured", "budget")):
            return Result(name, SKIPPED, missing)
        if missing is not None and not is_shown and self._rest is not None:
            return Result(name, *self._rest)
        if self.stopped is not None and self.stopped.is_lost and self._is_of_the_loss(result):
            return Result(name, ERROR, f"disabled: {self.stopped}")
        return (
            result if missing is None or result.reason is None else Result(name, result.state, missing, result.findings)
        )

    def _is_of_the_loss(self, result: Result) -> bool:
        lost = lost_with(self._run.evidence.exchanges)
        return bool(result.findings) and all(lost.issuperset(finding.proof) for finding in result.findings)

    def _look_again(self) -> None:
        """Read once more where the last call got no answer: it may have been that call, or the target is gone."""
        seen = self._run.evidence.exchanges
        if seen and seen[-1].error and self._run.call("listClassrooms", step="look again").error:
            raise Stopped(f"the target was lost: {seen[-1].error}", is_lost=True)

    def _send(self, each: Step) -> None:
        self._run.step = each.name
        try:
            each.send(self._run)
        except NotLearnt as missing:
            self.unsent.setdefault(each.name, str(missing))
        except Refused as refusal:
            self.unsent.setdefault(each.name, str(refusal))
        except Overspent as empty:
            self._cut = each.name
            if empty.purse == "requests":
                raise
            self.unsent[each.name] = f"budget: {empty}"  # what makes no job may go on
            self._look_again()
        except (Unreachable, Stopped, KeyboardInterrupt):
            self._cut = each.name
            raise
        except Exception as failure:  # noqa: BLE001 - a step of ours that breaks must not hide what the others saw
            self._broken[each.name] = f"the step {each.name} broke: {type(failure).__name__}: {failure}"

    def _clear(self) -> None:
        """Send the last steps that were not reached: what the run made must go, whatever stopped it."""
        self._run.until = None
        self._run.ledger.open_for_clearing()
        before = self.unsent.copy()
        try:
            for each in self._plan.steps:
                if each.phase == LAST and not self._run.evidence.at(each.name):
                    self._send(each)
            clear(self._run)
        except (Overspent, Unreachable, Stopped):
            pass  # what could not be cleared is listed
        except KeyboardInterrupt:
            self.is_interrupted = True
        if self._rest is not None:
            self.unsent |= before

    def _close(self) -> None:
        """Write down that the run has ended, unless there is reason to go on with it: jobs of its own, not all read."""
        may_go_on = (
            self.is_interrupted or isinstance(self.stopped, OutOfTime) or bool(self.stopped and self.stopped.is_lost)
        )
        if not may_go_on or not self._run.ledger.spend.jobs:
            self._run.ledger.end()

    def _stop(self, state: str, reason: str) -> None:
        self._rest = (state, reason)
        sent = {exchange.step for exchange in self._run.evidence.exchanges}
        for each in self._plan.steps:
            if each.name not in sent or each.name == self._cut:
                self.unsent.setdefault(each.name, reason)


def _in(states: Collection[str], results: Mapping[str, Result]) -> frozenset[str]:
    """Return the requirements that ended in one of some states."""
    return frozenset(name for name, result in results.items() if result.state in states)


def _receiver(options: Options, clock: Clock, stack: ExitStack) -> Receiver | None:
    """Return a receiver that listens until the stack is closed, if one is wanted; Misconfigured if it cannot."""
    if options.listen is None:
        return None
    try:
        receiver = Receiver(*options.listen, clock, options.public)
    except OSError as error:
        host, port = options.listen
        raise Misconfigured(f"--webhook-listen {host}:{port}: nothing can listen there: {error.strerror}") from error
    receiver.start()
    stack.callback(receiver.stop)
    return receiver


def _secrets(target: Target) -> dict[str, str]:
    given = target.credentials
    labels: dict[str, Any] = {
        KEY: given.api_key,
        ADMIN: given.admin_cookie,
        OTHER: given.other_api_key,
        OTHER_ADMIN: given.other_admin_cookie,
    }
    return {label: secret for label, secret in labels.items() if secret}
