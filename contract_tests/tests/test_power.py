"""Detection power: what a run could have shown, from the kill matrix and from what really ran."""

from __future__ import annotations

import pytest
from contract_tests.tests.mutants.runner import catalogue, fate

from tutorflow_conformance.power import Fault, faults, power
from tutorflow_conformance.target import MODES
from tutorflow_openapi import load_requirements

SAMPLE = ("M001", "M075", "M089", "M105", "M111", "M127", "M129", "M135", "M205", "M262", "M284", "M318")
KNOWN = (
    Fault("M001", 9, "no idempotency", ("IDEM-001",), {"mock": ("IDEM-001",), "free": ()}),
    Fault("M089", 4, "a manifest is missing", ("RES-003",), {"mock": ("RES-003",)}),
    Fault("M091", 4, "a manifest too many", ("RES-003", "RES-005"), {"mock": ("RES-003", "RES-005")}),
)


def test_a_fault_can_be_shown_by_what_noticed_it_and_ran() -> None:
    """A fault counts if one of the requirements that noticed it in this mode was tested."""
    found = power("mock", {"RES-005", "AUTH-001"}, KNOWN)
    assert (found.could_expose, found.of, dict(found.by_tier)) == (1, 3, {9: (0, 1), 4: (1, 2)})
    assert power("mock", {"IDEM-001", "RES-003"}, KNOWN).could_expose == 3
    assert power("free", {"IDEM-001", "RES-003"}, KNOWN).could_expose == 0


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
