"""The door to Schemathesis: what goes through it is counted, recorded, mapped, and stops when it must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from contract_tests.tests.mutants.bench import Answer, Ask, Call, serving
from contract_tests.tests.mutants.runner import catalogue
from contract_tests.tests.searching import run_on, sent

from tutorflow_conformance.evidence import Remark
from tutorflow_conformance.exchange import Answer as Answered
from tutorflow_conformance.exchange import Exchange, Request
from tutorflow_conformance.fuzzing import course, fuzzing
from tutorflow_conformance.fuzzing.course import NARROW, WIDE, Purse, fuzzing_in
from tutorflow_conformance.fuzzing.engine import Manner, Trouble
from tutorflow_conformance.fuzzing.mapping import POSSIBLE, expected, requirement, wrong_method
from tutorflow_conformance.ledger import Purses
from tutorflow_conformance.traffic.run import Run
from tutorflow_conformance.traffic.step import Step
from tutorflow_openapi import load, load_requirements

CONTRACT = load()
CREATE = "/v1/content/integrations/expansions"
FEW = replace(WIDE, examples=2, seed=3)


def step(manner: Manner = FEW, requests: int = 4000, creates: int = 1500) -> Step:
    """Return the step of a small run of the engine."""
    return fuzzing_in(manner, Purse(requests, creates), POSSIBLE)


class Counting:
    """Answers as the mock does, and counts what came."""

    def __init__(self) -> None:
        self.calls = 0
        self.accepted = 0

    def __call__(self, call: Call, ask: Ask) -> Answer:
        """Count a call."""
        self.calls += 1
        answer = ask(call)
        self.accepted += call.operation == "createExpansion" and answer.is_fine
        return answer


def fuzzed(mutant: str, manner: Manner = FEW) -> Run:
    """Fuzz a mutant and return the run."""
    defect = catalogue()[mutant]
    with serving(defect.answering, defect.delivering, defect.behaviours) as bench:
        return sent(run_on(bench), step(manner))


@pytest.fixture(scope="module")
def clean() -> tuple[Run, Counting]:
    """Return a run of the engine on a correct mock, and what the mock counted."""
    counting = Counting()
    with serving(counting) as bench:
        return sent(run_on(bench), step()), counting


def test_the_engine_finds_nothing_on_a_correct_mock_and_all_it_sends_is_counted(clean: tuple[Run, Counting]) -> None:
    """Ledger, record and server count the same requests, probes of the engine's checks included."""
    run, counting = clean
    assert run.evidence.remarks == []
    assert "fuzz stopped" not in run.notes
    assert counting.calls == run.ledger.spend.requests == len(run.evidence.exchanges) > 100
    assert {x.step for x in run.evidence.exchanges} == {"fuzz"}
    assert run.notes["seed"] == 3


def test_no_secret_is_recorded_and_no_operation_is_told_who_asks(clean: tuple[Run, Counting]) -> None:
    """Keys, cookies and the secrets of what the engine made are hidden; no header gives the engine away."""
    run, _ = clean
    told = "\n".join(str(x) for x in run.evidence.exchanges if x.operation is not None)
    secrets = [secret for secret in run.target.credentials.secrets().values() if secret]
    assert not [secret for secret in secrets if secret in told]
    assert "schemathesis/" not in told
    assert "TestCaseId" not in told
    minted = [x for x in run.evidence.exchanges if x.operation == "createApiKey" and x.status == 201]
    assert minted
    assert all("⟨key" in (x.answer or Answered(0)).body.decode() for x in minted)


@pytest.mark.parametrize(
    ("mutant", "name"),
    [("M227", "HTTP-008"), ("M115", "CRE-008"), ("M201", "AUTH-001")],
)
def test_a_finding_becomes_a_remark_on_its_requirement(mutant: str, name: str) -> None:
    """A defect that one answer shows is found, under the id that it belongs to, with the exchange that shows it."""
    run = fuzzed(mutant)
    found = [remark for remark in run.evidence.remarks if remark.requirement == name]
    assert found, run.evidence.remarks
    assert found[0].by.startswith("Schemathesis ST")
    shown = {x.id: x for x in run.evidence.exchanges}
    assert shown[found[0].proof[0]].operation == found[0].operation
    assert len({(each.requirement, each.operation) for each in run.evidence.remarks}) == len(run.evidence.remarks)


@pytest.mark.parametrize("requests", [1, 25])
def test_an_empty_purse_stops_the_engine(requests: int) -> None:
    """Not one request more leaves, the run is told why, and no fault is made of it."""
    counting = Counting()
    with serving(counting) as bench:
        run = sent(run_on(bench), step(requests=requests))
    assert counting.calls == requests
    assert "as planned" in run.notes["fuzz stopped"]
    assert run.evidence.remarks == []


def test_creates_have_a_purse_of_their_own() -> None:
    """At the sixth create the engine stops."""
    counting = Counting()
    with serving(counting) as bench:
        run = sent(run_on(bench), step(creates=5))
    assert run.ledger.spend.creates == 5
    assert "5 creates" in run.notes["fuzz stopped"]


def test_the_runs_own_purse_stops_it_too() -> None:
    """What the ledger refuses is not sent, whoever asks."""
    counting = Counting()
    with serving(counting) as bench:
        run = sent(run_on(bench, Purses(requests=10)), step())
    assert counting.calls == 10
    assert "empty" in run.notes["fuzz stopped"]


@pytest.mark.parametrize("seed", [1, 2])
def test_refusals_alone_make_no_job(seed: int) -> None:
    """On a real endpoint nothing is sent that a correct one accepts."""
    counting = Counting()
    with serving(counting) as bench:
        run = sent(run_on(bench, mode="full"), step(replace(NARROW, seed=seed), requests=200, creates=90))
    assert counting.accepted == 0
    assert run.evidence.remarks == []
    assert 20 < run.ledger.spend.creates <= 90
    admin = {"createApiKey", "rotateApiKey", "revokeApiKey", "createWebhook", "deleteWebhook", "exportContent", "login"}
    assert not {x.operation for x in run.evidence.exchanges} & admin


def test_refusals_alone_find_what_is_accepted() -> None:
    """A create that ought to be refused is found in that mode too, and the first of them ends it."""
    run = fuzzed("M115", replace(NARROW, seed=1))
    assert [remark.requirement for remark in run.evidence.remarks] == ["CRE-008"]
    assert run.ledger.spend.jobs <= 2


def test_a_minute_passes_where_the_target_limits() -> None:
    """A 429 on this machine moves its clock; elsewhere it is the end."""
    limited: list[str] = []

    def once(call: Call, ask: Ask) -> Answer:
        if call.operation == "listClassrooms" and not limited:
            limited.append(call.path)
            body = json.dumps({"error": {"code": "content_rate_limit_exceeded", "message": "No", "status": 429}})
            return Answer(429, (("Content-Type", "application/json"), ("Retry-After", "7")), body.encode())
        return ask(call)

    with serving(once) as bench:
        run = sent(run_on(bench), step(requests=120))
    assert limited
    assert run.time - run.clock.elapsed() == pytest.approx(7, abs=0.5)


def test_a_fault_of_the_engine_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A phase that breaks reports no finding: it must not look like one that found nothing."""

    def broken(*_: object) -> Iterator[Trouble]:
        yield Trouble(None, "Runtime Error", "it broke", "POST /x")

    monkeypatch.setattr(course, "troubles", broken)
    with serving() as bench:
        run = sent(run_on(bench), step())
    assert run.evidence.remarks == [
        Remark("HTTP-008", "Schemathesis", None, "", "fuzzing POST /x broke: Runtime Error: it broke", is_ours=True)
    ]


@pytest.mark.parametrize(("mode", "fuzzes"), [("mock", True), ("full", True), ("safe", False), ("free", False)])
def test_only_some_modes_fuzz(mode: str, fuzzes: bool) -> None:  # noqa: FBT001 - a column
    """`safe` and `free` have no money for it; where it is done, the step bills what it may send at most."""
    found = fuzzing(mode, 1, {"HTTP-008"})
    assert (found is not None) == fuzzes
    if found is not None:
        assert found.requests > 0
        assert (found.jobs > 0) == (mode == "mock")
    assert fuzzing(mode, 1, {"DISC-001"}) is None


def exchange(status: int, body: object = None, operation: str = "createExpansion", **sent: str) -> Exchange:
    """Return an exchange that shows no more than what a rule looks at."""
    headers = tuple((name.replace("_", "-"), value) for name, value in sent.items())
    request = Request("POST", CREATE, headers, json.dumps(body).encode())
    return Exchange(1, "fuzz", operation, "key", 0, 1, request, Answered(status, (), b"{}"))


@pytest.mark.parametrize(
    ("code", "shown", "name"),
    [
        ("ST101", exchange(500), "ERR-011"),
        ("ST101", exchange(503), None),
        ("ST102", exchange(500), "CRE-014"),
        ("ST102", exchange(500, operation="login"), "ERR-011"),
        ("ST103", exchange(201), "CRE-001"),
        ("ST103", exchange(418), "HTTP-008"),
        ("ST108", exchange(200), "HTTP-008"),
        ("ST201", exchange(200, {}), "CRE-008"),
        ("ST201", exchange(200, []), "CRE-008"),
        ("ST201", exchange(200, {"payload": None}), "CRE-009"),
        ("ST201", exchange(200, {"payload": {}, "requestedOutputs": []}), "CRE-010"),
        ("ST201", exchange(200, {"payload": {}, "requestedOutputs": ["x"]}), "CRE-004"),
        ("ST201", exchange(200, {"payload": {}, "sourceType": 1}), None),
        ("ST201", exchange(201, {}, "createWebhook"), "HOOK-016"),
        ("ST202", exchange(400, {}), "CRE-001"),
        ("ST202", exchange(400, {}, "createApiKey"), "KEY-001"),
        ("ST203", exchange(200), "AUTH-001"),
        ("ST302", exchange(404, operation="getExpansion"), "CRE-021"),
        ("ST401", exchange(200), "AUTH-001"),
        ("ST401", exchange(200, Authorization="Bearer x"), "AUTH-003"),
        ("ST401", exchange(200, operation="listApiKeys"), "AUTH-009"),
        ("ST402", exchange(200), "AUTH-011"),
        ("ST901", exchange(200), None),
    ],
)
def test_codes_belong_to_requirements(code: str, shown: Exchange, name: str | None) -> None:
    """Each code is told as the requirement whose sentence it breaks, by what was sent and answered."""
    assert requirement(code, shown, CONTRACT) == name
    assert name is None or name in POSSIBLE
    assert expected(code)


def test_a_wrong_method_is_judged_by_the_behaviour_in_force() -> None:
    """The answer that the contract documents is no finding."""
    assert wrong_method(404, CONTRACT) is None
    assert wrong_method(405, CONTRACT) == "ERR-007"
    assert wrong_method(405, CONTRACT.under({"request.wrong-method": "method-not-allowed-405"})) is None


def test_all_that_findings_can_map_to_exists() -> None:
    """No id was mistyped."""
    assert load_requirements().keys() >= POSSIBLE
