"""The machines: silent on a correct mock, and quick to show what is wrong with another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from contract_tests.tests.mutants.bench import Answer, Answering, Ask, Call, serving
from contract_tests.tests.mutants.runner import catalogue
from contract_tests.tests.searching import run_on

from tutorflow_conformance.evidence import Remark
from tutorflow_conformance.machines import MACHINES, machines
from tutorflow_conformance.machines.course import SHARE, searched
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.system import Clock
from tutorflow_conformance.traffic.run import Run

SEED = 1
PLANTED = {
    "idempotency": {"M061": "IDEM-003", "M065": "IDEM-011", "M063": "IDEM-004"},
    "lifecycle": {"M047": "LIFE", "M259": "LIFE-013", "M089": "RES-003"},
    "keys": {"M202": "AUTH-004", "M039": "KEY-007"},
    "webhooks": {"M019": "HOOK-003", "M017": "HOOK-010"},
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Yield a receiver that listens."""
    found = Receiver("127.0.0.1", 0, Clock())
    found.start()
    yield found
    found.stop()


def found_on(mutant: str, machine: str, receiver: Receiver, share: int = SHARE) -> tuple[Run, Remark | None]:
    """Let a machine search a mutant."""
    defect = catalogue()[mutant]
    with serving(defect.answering, defect.delivering, defect.behaviours) as bench:
        run = run_on(bench)
        return run, searched(run, machine, SEED, receiver, share)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_finds_nothing_on_a_correct_mock(machine: str, receiver: Receiver) -> None:
    """No sequence of calls contradicts the model; nothing is recorded, and the purse is not nearly empty."""
    with serving() as bench:
        run = run_on(bench)
        assert searched(run, machine, SEED, receiver) is None
    assert run.evidence.exchanges == []
    assert run.ledger.spend.requests < SHARE


@pytest.mark.parametrize(
    ("machine", "mutant", "requirement"),
    [(machine, mutant, name) for machine, planted in PLANTED.items() for mutant, name in planted.items()],
)
def test_a_machine_finds_what_is_planted(machine: str, mutant: str, requirement: str, receiver: Receiver) -> None:
    """The fewest calls that show a defect are on record, in their order, and the requirement is the right one."""
    run, remark = found_on(mutant, machine, receiver)
    assert remark is not None
    assert remark.requirement.startswith(requirement)
    assert not remark.is_ours
    assert remark.proof == tuple(each.id for each in run.evidence.exchanges)
    assert len(remark.proof) <= 8
    assert f"after {len(remark.proof)} calls" in remark.observed


def open_doors(call: Call, ask: Ask) -> Answer:
    """Show a job to whoever knows its id."""
    answer, known = ask(call), call.world.table("owners")
    if call.operation == "createExpansion" and answer.is_fine:
        known[answer.json["id"]] = call.bearer
    if call.operation in {"getExpansion", "getExpansionResult"} and call.name in known:
        return ask(call.under("Authorization", known[call.name]))
    return answer


def one_namespace(call: Call, ask: Ask) -> Answer:
    """Answer a known key with the job that it made first, whoever asks."""
    known = call.world.table("first")
    name = (call.bearer, call.key) if call.operation == "createExpansion" else None
    if name is None:
        return ask(call)
    session = ask(call).under("Content-Length", None)
    first = known.setdefault((dict(session.headers).get("X-Mock-Session"), call.key), session)
    return first if session.is_fine else session


@pytest.mark.parametrize(("answering", "requirement"), [(open_doors, "AUTH-011"), (one_namespace, "IDEM-006")])
def test_tenancy_finds_what_is_planted(answering: Answering, requirement: str, receiver: Receiver) -> None:
    """The other organization's job is neither read nor replayed without being noticed."""
    with serving(answering) as bench:
        run = run_on(bench)
        remark = searched(run, "tenancy", SEED, receiver)
    assert remark is not None
    assert remark.requirement == requirement
    assert len(remark.proof) <= 3


def test_the_same_seed_finds_the_same(receiver: Receiver) -> None:
    """What a machine sends is decided by its seed alone."""
    first, second = (found_on("M061", "idempotency", receiver)[0] for _ in range(2))
    told = [[(x.operation, x.request.body, x.status) for x in run.evidence.exchanges] for run in (first, second)]
    assert told[0] == told[1]


def test_a_machine_keeps_to_its_share(receiver: Receiver) -> None:
    """Even while it shrinks, a machine sends no more than it may, and tells what it has found by then."""
    run, remark = found_on("M061", "idempotency", receiver, share=12)
    assert run.ledger.spend.requests <= 12
    assert remark is None or remark.requirement == "IDEM-003"


def test_no_secret_of_a_session_is_shown(receiver: Receiver) -> None:
    """The calls on record belong to a session of the machine's, whose secrets are hidden like the run's."""
    run, _ = found_on("M202", "keys", receiver)
    assert run.evidence.exchanges
    for exchange in run.evidence.exchanges:
        assert not re.search(r"tf_content_\w{32}", str(exchange))


def test_a_machine_that_breaks_is_an_error(receiver: Receiver) -> None:
    """A fault of ours never passes for a machine that found nothing."""
    with serving() as bench:
        run = run_on(bench)
        astray = replace(run, target=replace(run.target, url="http://127.0.0.1:9"))
        remark = searched(astray, "keys", SEED, receiver)
    assert remark is not None
    assert remark.is_ours
    assert remark.requirement == "KEY-018"


def test_only_machines_about_what_is_asked_for_run() -> None:
    """A selection without any of their requirements costs nothing."""
    assert machines(SEED, {"DISC-001"}) is None
    step = machines(SEED, {"IDEM-003"})
    assert step is not None
    assert step.requests == SHARE
