"""The catalogue of scenarios: every sample means what it says, and nothing that can be asked for is missing."""

from dataclasses import fields

from tutorflow_mock.domain import preferences
from tutorflow_mock.domain.faults import BY_KEBAB, FAULTS
from tutorflow_mock.domain.preferences import Preferences
from tutorflow_mock.domain.scenarios import Scenario, catalogue

OUTPUTS = ("interactive_module", "summary_video", "expanded_quiz")
CATALOGUE = catalogue(OUTPUTS)


def of(kind: str) -> list[Scenario]:
    """Return the scenarios of a kind."""
    return [each for each in CATALOGUE if each.kind == kind]


def test_every_preference_is_understood_as_written() -> None:
    """None is ignored, and what is applied is what was asked for, but for the way a duration is written."""
    for each in of("prefer"):
        found = preferences.read(each.value, (), OUTPUTS)
        assert found.warnings == ()
        assert ", ".join(found.applied()).replace("PT30S", "30s") == each.value


def test_every_preference_has_a_sample() -> None:
    """Each known name, each value of a closed list, and each fault."""
    text = " ".join(each.value for each in of("prefer"))
    names = [field.name for field in fields(Preferences) if field.name != "warnings"]
    assert [name for name in names if f"{name}=" not in text] == []
    for word in ("completed", "failed", "partial", "held"):
        assert f"job={word}" in text
    assert {each.value for each in of("prefer") if "fault" in each.value} == {f"fault={name}" for name in BY_KEBAB}


def test_every_title_is_understood() -> None:
    """It asks for something, alone or inside of other text."""
    for each in of("title"):
        for title in (each.value, f"A1 glossary [{each.value}]"):
            found = preferences.from_payload({"title": title}, OUTPUTS)
            assert found.warnings == ()
            assert found.applied()


def test_every_status_of_a_title_has_a_sample() -> None:
    """And every fault that can act on a create."""
    words = {each.value for each in of("title")}
    assert {f"mock:{code}" for code in preferences.MAGIC_CODES} <= words
    assert {f"mock:{fault.kebab}" for fault in FAULTS.values() if fault.acts_on("createExpansion")} <= words
    assert {f"mock:partial:{output}" for output in OUTPUTS} <= words


def test_every_fault_can_be_a_rule() -> None:
    """By its name, on an operation on which it acts, marked where it needs the wire."""
    rules = of("rule")
    assert [each.value for each in rules] == list(FAULTS)
    for each in rules:
        fault = FAULTS[each.value]
        assert each.needs_wire == fault.needs_wire
        assert each.operation is None or fault.acts_on(each.operation)


def test_every_scenario_says_what_happens() -> None:
    """No two are written alike."""
    assert all(each.effect for each in CATALOGUE)
    assert len({(each.kind, each.value) for each in CATALOGUE}) == len(CATALOGUE)
