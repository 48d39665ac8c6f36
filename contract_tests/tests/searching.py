"""A run without suites on a served mock, for what is sent around them."""

from __future__ import annotations

from contextlib import suppress

from contract_tests.tests.mutants.bench import CONTRACT, SESSION, Bench

from tutorflow_conformance.client import Client, Metered
from tutorflow_conformance.control import Control
from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.ledger import Ledger, Overspent, Purses
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.system import Clock, wall_clock
from tutorflow_conformance.target import Target
from tutorflow_conformance.traffic.run import ADMIN, KEY, OTHER, Patience, Run
from tutorflow_conformance.traffic.step import Step


def run_on(bench: Bench, purses: Purses | None = None, mode: str = "mock") -> Run:
    """Return a run on a served mock, in a session of its own that is never limited."""
    control = Control(bench.url)
    given = control.open_session({**SESSION, "rateLimitPerMinute": 1_000_000})
    bench.world.given, bench.world.session = given, str(control.session)
    target = Target(bench.url, CONTRACT, mode, given, bench.url, control.session)
    clock, redactor, evidence = Clock(), Redactor(), Evidence(CONTRACT)
    for kind, secret in given.secrets().items():
        redactor.learn(kind, secret)
    ledger = Ledger(None, "test", purses or Purses(), wall_clock)
    client = Client(bench.url, CONTRACT, Metered(ledger, CONTRACT, clock), redactor, clock, evidence.add)
    secrets = {KEY: str(given.api_key), ADMIN: str(given.admin_cookie), OTHER: str(given.other_api_key)}
    return Run("test", target, client, evidence, ledger, redactor, clock, Patience(), control, secrets=secrets)


def sent(run: Run, step: Step | None) -> Run:
    """Send a step, as a run does: to its end, or to that of a purse."""
    assert step is not None
    with suppress(Overspent):
        run.step = step.name
        step.send(run)
    return run
