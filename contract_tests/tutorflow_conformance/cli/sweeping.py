"""Clear away after a run that is not there any more."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from tutorflow_conformance.cli.keeping import ledger_file, unfinished
from tutorflow_conformance.cli.opening import Flags, contract_of, variables_of
from tutorflow_conformance.ledger import Purses
from tutorflow_conformance.planner import Allowance
from tutorflow_conformance.run import tools
from tutorflow_conformance.run.options import PER_MINUTE, Events, Options
from tutorflow_conformance.system import Clock
from tutorflow_conformance.target import ADDRESS, Misconfigured, Target, checked_url, credentials_of
from tutorflow_conformance.traffic.clearing import clear

NOTHING = Allowance(jobs=0, reserve=0, requests=None)


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of a run's keys and webhooks."""

    run: str
    cleared: tuple[str, ...]
    left: tuple[str, ...]


def swept(flags: Flags, name: str | None) -> Swept | None:
    """Clear away after a run, or after the last that has not ended; None if there is none.

    A run that the ledger does not know is looked for by its name in the target's lists. Misconfigured says what is
    missing, Unreachable that nothing answers.
    """
    variables = variables_of(flags.env_file)
    where = flags.target or variables.get(ADDRESS)
    if where is None:
        raise Misconfigured(f"no target: give --target URL, or set {ADDRESS}")
    target = Target(checked_url(where), contract_of(flags), "full", credentials_of(variables))
    if not target.credentials.has_admin:
        raise Misconfigured(
            "no admin session: set TUTORFLOW_ADMIN_COOKIE, or TUTORFLOW_ADMIN_EMAIL and TUTORFLOW_ADMIN_PASSWORD"
        )
    file = ledger_file(flags.ledger, variables, target.url)
    if name is None:
        known = unfinished(file, target.url)
        if not known:
            return None
        name = known[-1].run
    options = Options(name, (), NOTHING, per_minute=None if target.is_loopback else PER_MINUTE, ledger=file)
    with ExitStack() as stack:
        purses = Purses(creates=0, per_minute=options.per_minute)
        run = tools(target, options, stack, Clock(), Events(), purses)
        cleared = clear(run, everything=True)
        left = tuple(f"{made.kind} {made.name}" for made in run.ledger.left())
        if not left:
            run.ledger.end()
        return Swept(name, tuple(cleared), left)
