"""Who judges the judge: known faults are noticed, harmless differences are not, senseless servers fail."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import UTC, datetime
from threading import Event

import pytest
from contract_tests.tests.mutants import trivial
from contract_tests.tests.mutants.behaviours import alternatives, told
from contract_tests.tests.mutants.bench import Answer, duly, judge, plainly, serving
from contract_tests.tests.mutants.benign import BENIGN
from contract_tests.tests.mutants.catalogue import TIERS
from contract_tests.tests.mutants.matrix import complaints, shown, written
from contract_tests.tests.mutants.runner import NOTICED, catalogue, fate, met

from tutorflow_conformance import client
from tutorflow_conformance.client import Unreachable
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.target import MODES
from tutorflow_openapi import load_requirements

UNTESTABLE = {"IDEM-016", "LIFE-008", "RES-009", "HOOK-012"}  # MAY: recorded, never judged
BEHIND_TLS = {"HTTP-006"}  # needs a TLS front with a certificate; M125 is judged where there is one
"""Requirements without a mutant of their own, each with its reason."""

BESIDE = {
    "M005": ("KEY-017", "IDEM-009"),
    "M105": ("CRE-008",),
    "M238": ("IDEM-011", "CRE-019"),
    "M264": ("LIFE-011",),
}
"""What else must be sent for a defect to show: jobs that are read late, refusals, further jobs."""

ALREADY_SO = ["no keep alive"]  # the server of the bench closes each connection; a served mock keeps them

SOME_VALUES = [
    ("idempotency.same-key-other-body", "conflict-409"),
    ("request.wrong-method", "method-not-allowed-405"),
    ("validation.status", "reject-422"),
    ("auth.challenge", "none"),
    ("webhook.payload", "enveloped"),
    ("rate.window", "sliding-log"),
    ("job.body", "nested"),
]


def exit_code(outcome: Outcome) -> int:
    """Return how the command would end."""
    return outcome.verdict(datetime.now(UTC)).exit_code


def test_every_requirement_that_can_fail_has_a_mutant() -> None:
    """None is left out but those that say why."""
    violated = {name for known in catalogue().values() for name in known.violates}
    assert load_requirements().keys() - violated == UNTESTABLE | BEHIND_TLS


def test_mutants_say_what_they_are() -> None:
    """Each has a sentence, a tier, and for each consequence a reason."""
    for known in catalogue().values():
        assert known.defect
        assert known.tier in TIERS
        assert known.violates
        assert bool(known.also) == bool(known.because), known.id
        assert not set(known.also) & set(known.violates), known.id


@pytest.mark.parametrize("name", [name for name in catalogue() if name != "M141"])
def test_a_mutant_is_killed(name: str) -> None:
    """One of the requirements that it violates notices, though nothing else is looked at."""
    found = fate(name, "mock", only={*catalogue()[name].violates, "DISC-002", *BESIDE.get(name, ())})
    assert found.is_killed, f"{name} survives: {catalogue()[name].defect}"


def test_a_whole_run_accuses_nobody_else() -> None:
    """In a whole run a mutant is noticed by what it violates, and by the consequences that it names."""
    found = [fate(name, "mock") for name in ("M089", "M205", "M318")]
    assert list(complaints(found)) == []
    assert "all" in shown(found)
    assert '"id": "M089"' in written(found)


def test_the_untouched_mock_is_silent_in_every_mode() -> None:
    """Without a defect in front of it nothing is reported."""
    for mode in ("mock", "full", "safe", "free"):
        assert exit_code(met(plainly, duly, mode)) == 0


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", BENIGN)
def test_a_harmless_difference_is_not_reported(name: str, mode: str) -> None:
    """A server that differs without breaking a sentence ends with 0 in every mode, and it does differ."""
    variant = BENIGN[name]
    outcome = met(variant.answering, variant.delivering, mode)
    assert [each for each, result in outcome.results.items() if result.state in NOTICED | {"error"}] == []
    assert exit_code(outcome) == 0
    if mode in {"mock", "full"}:
        assert variant.shows(outcome.evidence)


def test_the_untouched_mock_shows_no_harmless_difference() -> None:
    """What tells that a variant differs is not told by the mock as it is."""
    plain = met(plainly, duly, "mock").evidence
    assert [name for name, variant in BENIGN.items() if variant.shows(plain)] == ALREADY_SO


@pytest.mark.parametrize(("behaviour", "value"), SOME_VALUES)
def test_another_value_is_a_mismatch_at_most(behaviour: str, value: str) -> None:
    """Judged by the contract's own values it is never a failure; told of it the judge is silent."""
    found = told(behaviour, value)
    assert {state for _, state in found.blind} <= {"mismatch"}
    assert found.told == ()
    assert found.exit_code == 0


def test_every_behaviour_has_another_value_to_try() -> None:
    """`make mutants` tries them all; none is forgotten."""
    assert len({name for name, _ in alternatives()}) >= 70


@pytest.fixture(scope="module")
def good_run() -> list[tuple[str | None, Answer]]:
    """Return the answers of a good run, by operation."""
    answers: list[tuple[str | None, Answer]] = []
    met(trivial.recording(answers), duly, "mock")
    return answers


def findings(outcome: Outcome) -> set[str]:
    """Return the requirements that noticed something; fail if a step or a test of the judge broke."""
    broken = [result.reason for result in outcome.results.values() if "broke" in (result.reason or "")]
    assert broken == []
    assert exit_code(outcome) == 1
    return {name for name, result in outcome.results.items() if result.state in NOTICED}


@pytest.mark.parametrize("name", [name for name in trivial.TRIVIAL if name not in {"always 401", "one tenant"}])
def test_a_senseless_server_fails_ten_requirements(name: str) -> None:
    """Whatever it answers always, ten requirements notice and the judge does not break."""
    assert len(findings(met(trivial.TRIVIAL[name], duly, "full"))) >= 10


def test_a_recording_fails_ten_requirements(good_run: list[tuple[str | None, Answer]]) -> None:
    """The answers of a good run, played back, are not those of a server."""
    assert len(findings(met(trivial.played_back(good_run), duly, "mock"))) >= 10


def test_random_answers_that_fit_the_document_fail_thirty(good_run: list[tuple[str | None, Answer]]) -> None:
    """Answers that a schema cannot tell from good ones are told from them by thirty requirements."""
    assert len(findings(met(trivial.at_random(good_run), duly, "mock"))) >= 30


def test_one_tenant_fails_what_needs_two() -> None:
    """A server that takes every organization for one is noticed by what needs a second one."""
    found = findings(met(trivial.TRIVIAL["one tenant"], duly, "full"))
    assert {"AUTH-010", "AUTH-011", "IDEM-006"} <= found


def test_a_server_that_lets_nobody_in_is_one_headline() -> None:
    """Always 401 stops early: the key was refused, and CRE-001 is what fails."""
    outcome = met(trivial.TRIVIAL["always 401"], duly, "safe")
    assert outcome.headline is not None
    assert "the key was refused" in outcome.headline
    assert outcome.results["CRE-001"].state == "failed"
    assert exit_code(outcome) == 1


def test_a_server_that_never_answers_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is taken and never answered is exit 3: Unreachable."""
    monkeypatch.setattr(client, "TOTAL", 0.2)
    stop = Event()
    with closing(socket.socket()), serving(trivial.never(stop)) as bench:
        with pytest.raises(Unreachable):
            judge(bench, "safe")
        stop.set()
