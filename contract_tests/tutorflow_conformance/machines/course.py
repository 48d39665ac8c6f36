"""The machines as a step of a run: each searches with its share of requests, and what it finds becomes a remark."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.stateful import run_state_machine_as_test

from tutorflow_conformance.evidence import Remark
from tutorflow_conformance.machines.idempotency import Idempotency
from tutorflow_conformance.machines.keys import Keys
from tutorflow_conformance.machines.lifecycle import Lifecycle
from tutorflow_conformance.machines.machine import Machine
from tutorflow_conformance.machines.stage import Broken, Spent, Stage
from tutorflow_conformance.machines.tenancy import Tenancy
from tutorflow_conformance.machines.webhooks import Webhooks
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.traffic.run import Run
from tutorflow_conformance.traffic.step import Step

STEP = "machines"
SHARE = 1500  # requests of one machine at most; a machine that finds nothing needs a third
EXAMPLES, STEPS = 25, 15


@dataclass(frozen=True, slots=True)
class Kind:
    """A machine, what its findings may be about, and the one that bears its own faults."""

    machine: type[Machine]
    about: frozenset[str]
    first: str


def _kind(machine: type[Machine], first: str, about: str) -> Kind:
    return Kind(machine, frozenset((first, *about.split())), first)


MACHINES: Mapping[str, Kind] = {
    "idempotency": _kind(
        Idempotency, "IDEM-001", "IDEM-002 IDEM-003 IDEM-004 IDEM-008 IDEM-011 CRE-001 CRE-008 CRE-019 AUTH-003"
    ),
    "lifecycle": _kind(
        Lifecycle,
        "LIFE-002",
        "LIFE-001 LIFE-003 LIFE-004 LIFE-006 LIFE-007 LIFE-013 CRE-002 CRE-003 STAT-001 STAT-002 STAT-005 STAT-006"
        " RES-001 RES-002 RES-003 RES-006 RES-010 RES-011",
    ),
    "keys": _kind(Keys, "KEY-018", "KEY-001 KEY-003 KEY-004 KEY-006 KEY-007 KEY-009 KEY-011 KEY-016 KEY-019 AUTH-004"),
    "webhooks": _kind(
        Webhooks,
        "HOOK-004",
        "HOOK-001 HOOK-002 HOOK-003 HOOK-005 HOOK-006 HOOK-008 HOOK-009 HOOK-010 HOOK-011 HOOK-018",
    ),
    "tenancy": _kind(Tenancy, "AUTH-011", "IDEM-001 IDEM-006 AUTH-010 KEY-001 KEY-012 KEY-018 STAT-001"),
}


def machines(seed: int, wanted: Collection[str]) -> Step | None:
    """Return the step that runs the machines which are about some of the requirements; None if none is."""
    chosen = tuple(name for name, kind in MACHINES.items() if kind.about & frozenset(wanted))
    if not chosen:
        return None
    limit = SHARE * len(chosen)
    send = partial(_run, chosen=chosen, seed=seed, wanted=frozenset(wanted))
    return Step(STEP, "alternatives", send, requests=limit, jobs=limit)


def _run(run: Run, *, chosen: tuple[str, ...], seed: int, wanted: frozenset[str]) -> None:
    run.notes["seed"] = seed
    with _listening(run) as receiver:
        for name in chosen:
            run.tell(f"the {name} machine")
            remark = searched(run, name, seed, receiver)
            if remark is not None and remark.requirement in wanted:
                run.evidence.remarks.append(remark)


@contextmanager
def _listening(run: Run) -> Generator[Receiver]:
    """Yield a receiver of the machines' own: what arrives there is no evidence of the suites."""
    receiver = Receiver("127.0.0.1", 0, run.clock)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def searched(run: Run, name: str, seed: int, receiver: Receiver, share: int = SHARE) -> Remark | None:
    """Let a machine search, and return what it found, by as few calls as it could; None if there is nothing."""
    kind, stage = MACHINES[name], Stage(run, share, receiver)
    machine = cast("Any", type(kind.machine.__name__, (kind.machine,), {"stage": stage}))
    by = f"the {name} machine"
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=_settings())
    except (Broken, Spent):
        pass
    except Exception as failure:  # noqa: BLE001 - a machine of ours that breaks must not pass for one that found nothing
        if stage.broken is None:
            told = f"{by} broke: {type(failure).__name__}: {failure}"
            return Remark(kind.first, by, None, "", run.redactor.text(told), is_ours=True)
    if stage.broken is None:
        return None
    broken, proof = stage.broken, stage.recorded()
    told = ", ".join((run.redactor.text(broken.observed), f"after {len(proof)} calls", *stage.beside))
    return Remark(broken.requirement, by, stage.trail[-1].operation, broken.expected, told, proof)


def _settings() -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=tuple(cast("Any", HealthCheck)),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
