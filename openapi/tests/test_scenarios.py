"""The catalogue of scenarios: what is in it, and how it refuses what contradicts the rest of the package."""

from typing import Any

import pytest

import tutorflow_openapi.scenarios as catalogue
from tutorflow_openapi import (
    DocumentError,
    ScenarioError,
    UnknownRevision,
    load,
    load_catalogue,
    load_scenarios,
    load_sources,
)
from tutorflow_openapi.scenarios import read_catalogue

REVISION = "2026-07"
CALL = {"at": 0, "call": "createExpansion", "job": "main"}
PLAIN: dict[str, Any] = {"purpose": "A job.", "provenance": "documented", "source": ["F-033"], "calls": [CALL]}


def read(scenario: Any, name: str = "one", courses: Any = None) -> Any:
    """Read a catalogue of one scenario."""
    data = {"start": "2026-07-06T09:00:00.000Z", "courses": courses or {}, "scenarios": {name: scenario}}
    return read_catalogue(data, REVISION, load(REVISION).document, load_sources()).scenarios[name]


def test_every_scenario_says_its_purpose_and_what_it_rests_on() -> None:
    """The purpose is one sentence; sources are known ids."""
    scenarios = load_scenarios(REVISION)
    assert len(scenarios) > 50
    for name, scenario in scenarios.items():
        assert scenario.name == name
        assert scenario.purpose.endswith("."), name
        assert scenario.provenance.source, name
        assert scenario.calls, name


def test_every_operation_is_called_by_some_scenario() -> None:
    """No operation is left without a course of events that uses it."""
    called = {step.operation for scenario in load_scenarios(REVISION).values() for step in scenario.calls}
    assert called == set(load(REVISION).operations)


def test_the_catalogue_is_read_once() -> None:
    """And says where its time begins."""
    assert load_catalogue(REVISION) is load_catalogue(REVISION)
    assert load_catalogue(REVISION).start == "2026-07-06T09:00:00.000Z"


def test_a_scenario_is_read_with_what_it_leaves_out() -> None:
    """One plain job, the default programme, no receiver; instants become milliseconds."""
    scenario = read({**PLAIN, "calls": [CALL, {"at": 1.5, "call": "getExpansion", "job": "main"}]})
    assert scenario.jobs["main"] == catalogue.JobPlan()
    assert scenario.programme == {}
    assert scenario.receiver == ()
    assert [step.at for step in scenario.calls] == [0, 1500]


def test_a_scenario_is_read_in_full() -> None:
    """Every member arrives where it belongs."""
    plan = {
        "language": "el",
        "lessons": 1,
        "key": "k",
        "keyIn": "both",
        "outputs": ["summary_video"],
        "classroom": True,
    }
    scenario = read(
        {
            **PLAIN,
            "behaviours": {"job.partial-failure": "completed"},
            "programme": {"outcome": "partial"},
            "jobs": {"main": plan},
            "receiver": [500, "timeout"],
            "calls": ["usual", {"at": 3, "call": "createApiKey", "name": "n", "body": {"name": "x"}, "key": "none"}],
        },
        courses={"usual": [CALL]},
    )
    job = scenario.jobs["main"]
    assert (job.language, job.lessons, job.key, job.key_in, job.outputs, job.classroom) == (
        "el",
        1,
        "k",
        "both",
        ("summary_video",),
        True,
    )
    assert scenario.behaviours == {"job.partial-failure": "completed"}
    assert scenario.receiver == (500, "timeout")
    assert [step.operation for step in scenario.calls] == ["createExpansion", "createApiKey"]
    assert scenario.calls[1].body == {"name": "x"}


def test_a_course_can_stand_for_all_calls() -> None:
    """By its name alone."""
    assert len(read({**PLAIN, "calls": "usual"}, courses={"usual": [CALL, CALL]}).calls) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"purpose": " "}, "one does not say its purpose"),
        ({"purpose": None}, "one does not say its purpose"),
        ({"provenance": "guessed"}, "one names the provenance 'guessed'"),
        ({"source": []}, "one does not say what it rests on"),
        ({"source": ["F-999"]}, "one names the source 'F-999'"),
        ({"extra": 1}, "one names the field 'extra'"),
        ({"behaviours": {"no.such": 1}}, "one: there is no behaviour 'no.such'"),
        ({"jobs": {"main": {"colour": "red"}}}, "one names the field 'colour'"),
        ({"calls": [{"at": 0, "call": "cancelExpansion"}]}, "one names the operation 'cancelExpansion'"),
        ({"calls": [{"at": 0, "call": "getExpansion", "job": "other"}]}, "one names the job 'other'"),
        ({"calls": [{"at": 0, "call": "getExpansion", "colour": 1}]}, "one names the field 'colour'"),
        ({"calls": "unusual"}, "one names the course 'unusual'"),
        ({"calls": [{**CALL, "at": 2}, CALL]}, "one has a call before the one in front of it"),
        ({"calls": [{"call": "getExpansion"}]}, "one is not built like a scenario: KeyError 'at'"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:60],
)
def test_a_contradiction_is_refused(change: dict[str, Any], message: str) -> None:
    """The message begins with the scenario's name."""
    with pytest.raises(ScenarioError, match=f"^{message}"):
        read({**PLAIN, **change})


def test_a_name_is_written_in_kebab_case() -> None:
    """It becomes the name of files."""
    with pytest.raises(ScenarioError, match="is no name"):
        read(PLAIN, name="../escape")


def test_a_public_standard_needs_no_entry() -> None:
    """It stands for itself."""
    assert read({**PLAIN, "source": ["RFC 9110 §15.5.2"]}).provenance.source == ("RFC 9110 §15.5.2",)


def test_a_revision_without_a_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown revision, and one that has no file yet, are told apart from a broken file."""
    with pytest.raises(UnknownRevision):
        load_catalogue("1999-01")
    monkeypatch.setattr(catalogue, "FOLDER", "no-such-folder")
    load_catalogue.cache_clear()
    with pytest.raises(UnknownRevision, match="has no catalogue of scenarios"):
        load_catalogue(REVISION)
    monkeypatch.setattr(catalogue, "read_data", _unreadable)
    with pytest.raises(ScenarioError, match=r"^2026-07\.yaml: the key 'x' stands twice"):
        load_catalogue(REVISION)
    monkeypatch.undo()
    load_catalogue.cache_clear()


def _unreadable(name: str) -> Any:
    raise DocumentError("the key 'x' stands twice" if name.endswith("2026-07.yaml") else name)
