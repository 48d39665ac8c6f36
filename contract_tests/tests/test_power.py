"""Detection power: what a run could have shown and what it looks like, from the kill matrix and what really ran."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from contract_tests.tests.mutants.bench import Answering, duly, plainly
from contract_tests.tests.mutants.runner import catalogue, fate, met
from contract_tests.tests.report.judged import NOW

from tutorflow_conformance.cli import main
from tutorflow_conformance.power import Fault, faults, hints, power
from tutorflow_conformance.report import WRITERS
from tutorflow_conformance.target import MODES
from tutorflow_openapi import load_requirements

SAMPLE = ("M001", "M075", "M089", "M105", "M111", "M127", "M129", "M135", "M205", "M262", "M284", "M318")
KNOWN = (
    Fault("M001", 9, "no idempotency", ("IDEM-001",), {"mock": ("IDEM-001",), "free": ()}),
    Fault("M089", 4, "a manifest is missing", ("RES-003",), {"mock": ("RES-003",)}),
    Fault("M091", 4, "a manifest too many", ("RES-003", "RES-005"), {"mock": ("RES-003", "RES-005")}),
)
EVERY = {"AUTH-001", "ERR-001", "IDEM-001", "RES-003", "RES-005"}


def test_a_fault_can_be_shown_by_what_noticed_it_and_ran() -> None:
    """A fault counts if one of the requirements that noticed it in this mode was tested."""
    found = power("mock", {"RES-005", "AUTH-001"}, known=KNOWN)
    assert (found.could_expose, found.of, dict(found.by_tier)) == (1, 3, {9: (0, 1), 4: (1, 2)})
    assert power("mock", {"IDEM-001", "RES-003"}, known=KNOWN).could_expose == 3
    assert power("free", {"IDEM-001", "RES-003"}, known=KNOWN).could_expose == 0


@pytest.mark.parametrize(
    ("mode", "ran", "found", "named"),
    [
        ("mock", EVERY, {"IDEM-001"}, ["M001"]),
        ("mock", EVERY, {"RES-003"}, ["M089", "M091"]),
        ("mock", EVERY, {"RES-003", "RES-005"}, ["M091", "M089"]),
        ("mock", EVERY - {"RES-005"}, {"RES-003"}, ["M089", "M091"]),
        ("mock", EVERY, {"RES-003", "RES-005", "AUTH-001"}, ["M091"]),
        ("mock", EVERY, {"RES-003", "ERR-001", "AUTH-001"}, []),
        ("free", EVERY, {"IDEM-001"}, []),
        ("mock", EVERY, set[str](), []),
    ],
    ids=["one", "half alike", "nearest first", "what ran", "consequence", "too far", "another mode", "nothing"],
)
def test_the_nearest_known_faults_are_hints(mode: str, ran: set[str], found: set[str], named: list[str]) -> None:
    """Faults are named whose kills, of this mode and of what ran, are at least half of what they and the run found."""
    assert [hint.fault for hint in hints(mode, ran, found, KNOWN)] == named


def test_three_faults_at_most_are_named_in_order_of_their_ids() -> None:
    """Of faults that are equally near the first ones are named, however they are listed."""
    alike = [replace(KNOWN[0], id=name) for name in ("M009", "M003", "M007", "M005")]
    assert [hint.fault for hint in hints("mock", EVERY, {"IDEM-001"}, alike)] == ["M003", "M005", "M007"]


@pytest.mark.parametrize("mode", MODES)
def test_a_fault_without_consequences_is_named(mode: str) -> None:
    """Where just the requirements that the matrix knows of are found, the fault is a hint, but for a fourth twin."""
    ran = load_requirements().keys()
    killed = [fault for fault in faults() if fault.kills[mode]]
    named = sum(fault.id in [hint.fault for hint in hints(mode, ran, fault.kills[mode], faults())] for fault in killed)
    assert named >= 0.95 * len(killed)


def test_the_kill_matrix_is_that_of_the_catalogue() -> None:
    """Ids, tiers, sentences and requirements of the data agree with the catalogue, and every mode was measured."""
    written = {fault.id: (fault.tier, fault.defect, fault.violates) for fault in faults()}
    assert written == {name: (known.tier, known.defect, known.violates) for name, known in catalogue().items()}
    requirements = load_requirements()
    for fault in faults():
        assert fault.kills.keys() == set(MODES)
        for names in fault.kills.values():
            assert set(names) <= set(fault.violates) <= requirements.keys()


def test_every_known_fault_is_killed_in_mode_mock() -> None:
    """In mode mock none is survived, and nine in ten are killed by a black box."""
    killed = {mode: sum(bool(fault.kills[mode]) for fault in faults()) for mode in MODES}
    assert killed["mock"] == len(faults())
    assert killed["full"] >= 0.9 * len(faults())


@pytest.mark.parametrize("mode", ["free", "safe"])
def test_what_is_predicted_is_what_is_killed(mode: str) -> None:
    """The faults that a run is said to be able to show are those that it does show when it meets them."""
    known = {fault.id: fault for fault in faults()}
    every = load_requirements().keys()
    wrong = [name for name in SAMPLE if fate(name, mode).is_killed != known[name].shows_to(mode, every)]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "mode"),
    [(name, "free") for name in ("M129", "M204", "M284")] + [(name, "safe") for name in ("M057", "M071", "M133")],
)
def test_a_fault_that_is_met_is_named_by_a_run(name: str, mode: str, tmp_path: Path) -> None:
    """A run against a known fault names it among its hints, and the report of it still follows from its exchanges."""
    known = catalogue()[name]
    outcome = met(known.answering, known.delivering, mode, known.behaviours)
    assert outcome.power is not None
    assert (name, known.defect) in [(hint.fault, hint.defect) for hint in outcome.power.looks_like]
    report = tmp_path / "report.json"
    report.write_text(WRITERS["json"](outcome.verdict(NOW)))
    checked = CliRunner().invoke(main, ["verify", str(report)])
    assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("answering", [plainly, catalogue()["M141"].answering], ids=["nothing found", "key refused"])
def test_a_run_without_a_fault_of_the_target_has_no_hint(answering: Answering) -> None:
    """Nothing is named where nothing was found, and where the run could not begin since its key was refused."""
    outcome = met(answering, duly, "free")
    assert outcome.power is not None
    assert outcome.power.looks_like == ()
