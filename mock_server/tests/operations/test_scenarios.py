"""Scenarios of the catalogue, asked for by name: for one create, or for all jobs of a session."""

from typing import Any

import pytest
from mock_server.tests.operations.in_process import EXPANSIONS, KEY, PAYLOAD, Answer, Mock

import tutorflow_mock.operations.scenarios as module
from tutorflow_mock.domain.programme import from_json
from tutorflow_mock.operations.scenarios import UnknownScenario, programme_of
from tutorflow_openapi import UnknownRevision, load, load_scenarios

DEFAULT = "/__admin/programmes/default"


def prefer(mock: Mock, wish: str) -> Answer:
    """Create an expansion with a wish."""
    return mock.send("POST", EXPANSIONS, KEY, {"Prefer": wish}, body={"payload": PAYLOAD})


def test_a_create_goes_as_in_a_scenario() -> None:
    """The job is that of the scenario, the answer says so, and the next create goes as usual."""
    mock = Mock()
    failed = prefer(mock, "scenario=partial-failure")
    usual = mock.create()
    mock.clock.advance(10)
    assert failed.headers["Preference-Applied"] == "scenario=partial-failure"
    rows = mock.status(failed.job["id"]).json()["outputs"]
    assert [row["status"] for row in rows] == ["completed", "failed", "completed"]
    assert mock.status(usual.job["id"]).job["status"] == "completed"


def test_other_preferences_stand_over_the_scenario() -> None:
    """Key by key: the outcome of the one, the pace of the other."""
    mock = Mock()
    job = prefer(mock, "scenario=partial-failure, polls=1, error=own_code").job["id"]
    assert mock.status(job).job["error"] == {"code": "own_code", "message": "1 of 3 outputs failed"}


@pytest.mark.parametrize(
    ("wish", "hint"),
    [
        ("scenario=hapy-path", "the nearest are happy-path"),
        ("scenario=zzzzzzzz", "there are happy-path, "),
        ("scenario=../../etc/passwd", "must be the name of a scenario"),
    ],
)
def test_an_unknown_scenario_is_a_problem(wish: str, hint: str) -> None:
    """The nearest names are told; no job is made."""
    mock = Mock()
    answer = prefer(mock, wish)
    assert answer.status == 422
    assert hint in answer.json()["detail"]
    assert mock.send("GET", "/__admin/jobs").json()["jobs"] == []


def test_reads_do_not_care_for_a_scenario() -> None:
    """It says how a job is made to go, and a read makes none."""
    mock = Mock()
    answer = mock.send("GET", f"{EXPANSIONS}/x", KEY, {"Prefer": "scenario=slow"})
    assert (answer.status, answer.headers.get("Preference-Applied")) == (404, None)


def test_a_session_follows_a_scenario() -> None:
    """The default programme is that of the scenario, and is shown in full."""
    mock = Mock()
    shown = mock.send("PUT", DEFAULT, body={"scenario": "slow"}).json()
    assert shown == {"progression": "time", "queued": "PT120S", "processing": "PT600S", "outcome": "completed"}
    job = mock.create().job["id"]
    mock.clock.advance(719)
    assert mock.status(job).job["status"] == "processing"


@pytest.mark.parametrize(
    "body", [{"scenario": "no-such"}, {"scenario": 7}, {"scenario": "slow", "outcome": "failed"}], ids=str
)
def test_a_session_cannot_follow_what_there_is_not(body: dict[str, Any]) -> None:
    """A scenario stands by itself, and must exist; what held before holds on."""
    mock = Mock()
    answer = mock.send("PUT", DEFAULT, body=body)
    assert (answer.status, answer.json()["field"]) == (422, "scenario")
    assert mock.send("GET", "/__admin/programmes").json()["setBy"] == "server"


def test_every_scenario_can_be_asked_for() -> None:
    """Its programme is written in the mock's own words."""
    contract = load("2026-07")
    for name, scenario in load_scenarios("2026-07").items():
        outputs = tuple(contract.document["x-outputs"])
        assert programme_of(contract, name) == from_json(scenario.programme, outputs)


def test_a_revision_without_a_catalogue_has_no_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the name."""

    def none(revision: str) -> None:
        raise UnknownRevision(f"revision {revision} has no catalogue of scenarios")

    monkeypatch.setattr(module, "load_scenarios", none)
    with pytest.raises(UnknownScenario, match="has no catalogue"):
        programme_of(load("2026-07"), "a-name-that-nobody-asked-for-yet")
