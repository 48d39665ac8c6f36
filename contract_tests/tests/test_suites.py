"""The suites against the requirements, both ways, and the steps against what suites say of them."""

from __future__ import annotations

import pytest

from tutorflow_conformance.planner import closure
from tutorflow_conformance.suites import load
from tutorflow_conformance.traffic import steps
from tutorflow_conformance.traffic.step import PHASES, STEPS
from tutorflow_openapi import load_requirements


def test_every_requirement_has_a_test_and_every_test_a_requirement() -> None:
    """Nothing is claimed that does not exist, and nothing is left out."""
    assert load().keys() == load_requirements().keys()


@pytest.mark.parametrize("name", load())
def test_a_test_names_its_sentence_and_its_steps(name: str) -> None:
    """A test has a docstring, and looks at steps that exist."""
    claim = load()[name]
    assert claim.test.__doc__
    assert {*claim.sees, *claim.also} <= steps().keys()
    assert claim.sees


def test_steps_come_after_what_they_rest_on() -> None:
    """The order in which steps are sent never puts one before another whose outcome it uses."""
    order = list(steps())
    for name, step in steps().items():
        for earlier in step.after:
            assert order.index(earlier) < order.index(name), f"{name} is sent before {earlier}"


def test_no_step_exists_for_nothing() -> None:
    """Each step is looked at by a test, rests under one that is, or clears away."""
    used = closure(steps(), [name for claim in load().values() for name in (*claim.sees, *claim.also)])
    idle = [name for name, step in steps().items() if name not in used and step.phase != "last"]
    assert idle == []


def test_a_step_has_one_name_and_a_known_phase() -> None:
    """A second step of a name, or one of an unknown phase, is refused when it is written down."""
    with pytest.raises(ValueError, match="exists already"):
        STEPS.step("m.create", PHASES[0])
    with pytest.raises(ValueError, match="exists already, or its phase"):
        STEPS.step("never", "someday")
