"""The decisions that the contract leaves open, as a session has taken them."""

from collections.abc import Mapping
from typing import Any

import pytest
from mock_server.tests.control.console import BEARER, BEHAVIOURS, EXPANSIONS, Clock, Console, new_app, refused

from tutorflow_mock.domain import sessions
from tutorflow_mock.domain.clock import SessionClock
from tutorflow_openapi import load

REUSE = "idempotency.same-key-other-body"
REUSED: Mapping[str, object] = {"payload": {}, "idempotencyKey": "k"}


def row(mock: Console, name: str) -> Any:
    """Return the row of a behaviour."""
    return next(row for row in mock.get(BEHAVIOURS)["behaviours"] if row["name"] == name)


def reuse(mock: Console) -> int:
    """Use a key for two bodies and return the status of the second call."""
    mock.call("POST", EXPANSIONS, REUSED, headers=BEARER)
    return mock.call("POST", EXPANSIONS, {**REUSED, "payload": {"level": {}}}, headers=BEARER).status_code


def test_all_behaviours_are_listed(mock: Console) -> None:
    """In the order of the document, each with the value in force and where it comes from."""
    listed = mock.get(BEHAVIOURS)
    assert listed["revision"] == "2026-07"
    assert [row["name"] for row in listed["behaviours"]] == list(load("2026-07").behaviours)
    assert {row["setBy"] for row in listed["behaviours"]} == {"contract"}


def test_a_row_of_a_closed_list(mock: Console) -> None:
    """The values that it may take are all there."""
    declared = load("2026-07").behaviours[REUSE]
    assert row(mock, REUSE) == {
        "name": REUSE,
        "value": "replay",
        "alternatives": ["replay", "conflict-409", "reject-422"],
        "provenance": declared.provenance,
        "source": list(declared.source),
        "setBy": "contract",
    }


def test_a_row_of_a_number(mock: Console) -> None:
    """Type, bounds and unit stand where alternatives would."""
    shown = row(mock, "idempotency.max-key-length")
    assert {name: shown[name] for name in ("value", "type", "minimum", "maximum", "unit")} == {
        "value": 255,
        "type": "integer",
        "minimum": 1,
        "maximum": 4096,
        "unit": "characters",
    }
    assert "alternatives" not in shown


def test_rows_of_lists(mock: Console) -> None:
    """A list of numbers tells the bounds of its items, a choice between lists its alternatives."""
    schedule = row(mock, "webhook.retry-schedule")
    assert (schedule["value"], schedule["type"], schedule["maxItems"]) == ([5, 25, 125], "array", 32)
    assert schedule["items"] == {"type": "number", "minimum": 0, "maximum": 2592000}
    signatures = row(mock, "webhook.signatures")
    assert (signatures["value"], signatures["alternatives"]) == (["v1"], [["v1"], ["v1", "v2"]])


def test_a_session_overrides_a_behaviour(mock: Console) -> None:
    """PUT answers the row, the API follows at once, DELETE lets go, also of what is not held."""
    changed = mock.put(f"{BEHAVIOURS}/{REUSE}", {"value": "conflict-409"})
    assert (changed["value"], changed["setBy"], changed) == ("conflict-409", "session", row(mock, REUSE))
    assert reuse(mock) == 409
    mock.put(f"{BEHAVIOURS}/{REUSE}", {"value": "reject-422"})
    assert reuse(mock) == 422
    mock.delete(f"{BEHAVIOURS}/{REUSE}")
    mock.delete(f"{BEHAVIOURS}/{REUSE}")
    assert (row(mock, REUSE)["setBy"], reuse(mock)) == ("contract", 200)


def test_overrides_add_up(mock: Console) -> None:
    """Several are held at once, lists among them, and each is let go of alone."""
    mock.put(f"{BEHAVIOURS}/webhook.retry-schedule", {"value": [1, 2.5]})
    mock.put(f"{BEHAVIOURS}/idempotency.max-key-length", {"value": 3})
    mock.delete(f"{BEHAVIOURS}/webhook.retry-schedule")
    assert row(mock, "webhook.retry-schedule")["value"] == [5, 25, 125]
    assert row(mock, "idempotency.max-key-length")["value"] == 3
    assert mock.call("POST", EXPANSIONS, {"payload": {}, "idempotencyKey": "four"}, headers=BEARER).status_code == 400


def test_who_set_a_value(clock: Clock) -> None:
    """A session beats a flag, a flag beats a profile."""
    profile = {REUSE: "conflict-409", "create.empty-outputs": "as-omitted"}
    mock = Console(new_app(clock, profile=profile, behaviours={REUSE: "reject-422"}), clock)
    assert (row(mock, REUSE)["value"], row(mock, REUSE)["setBy"]) == ("reject-422", "flag")
    assert row(mock, "create.empty-outputs")["setBy"] == "profile"
    mock.put(f"{BEHAVIOURS}/{REUSE}", {"value": "replay"})
    assert (row(mock, REUSE)["value"], row(mock, REUSE)["setBy"], reuse(mock)) == ("replay", "session", 200)


def test_another_session_notices_nothing(mock: Console) -> None:
    """An override holds in the session that the call speaks of, and only there."""
    other = sessions.session_of("other", (), seed="7", revision="2026-07", clock=SessionClock())
    mock.world.store.open_session(other, ())
    there = Console(mock.app, mock.clock, {"X-Mock-Session": "other"})
    there.put(f"{BEHAVIOURS}/{REUSE}", {"value": "conflict-409"})
    there.move("advance", by="1h")
    assert (row(there, REUSE)["setBy"], row(mock, REUSE)["setBy"]) == ("session", "contract")
    assert mock.get(f"{BEHAVIOURS}?session=other") == there.get(BEHAVIOURS)
    assert mock.get("/__admin/clock")["offsetMillis"] == 0
    assert reuse(mock) == 200


@pytest.mark.parametrize("value", ["maybe", None, True, 409, ["replay"], {"value": "replay"}])
def test_a_value_outside_the_list(mock: Console, value: object) -> None:
    """The problem lists what is possible, and nothing changes."""
    alternatives = ["replay", "conflict-409", "reject-422"]
    answer = mock.call("PUT", f"{BEHAVIOURS}/{REUSE}", {"value": value})
    refused(answer, 422, "invalid-field", field="value", alternatives=alternatives)
    assert row(mock, REUSE)["setBy"] == "contract"


@pytest.mark.parametrize("value", [0, 4097, 2.5, "255", True, [255]])
def test_a_value_outside_the_bounds(mock: Console, value: object) -> None:
    """The problem tells type and bounds."""
    answer = mock.call("PUT", f"{BEHAVIOURS}/idempotency.max-key-length", {"value": value})
    bounds = {"type": "integer", "minimum": 1, "maximum": 4096, "unit": "characters"}
    refused(answer, 422, "invalid-field", field="value", **bounds)


def test_a_body_without_a_value(mock: Console) -> None:
    """Nothing is guessed."""
    refused(mock.call("PUT", f"{BEHAVIOURS}/{REUSE}", {}), 422, "invalid-field", field="value")
    refused(mock.call("PUT", f"{BEHAVIOURS}/{REUSE}", {"to": "replay"}), 422, "unknown-field", field="to")


@pytest.mark.parametrize(("method", "body"), [("PUT", {"value": "replay"}), ("DELETE", None)])
def test_an_unknown_behaviour(mock: Console, method: str, body: object) -> None:
    """It says where the known ones are listed."""
    answer = mock.call(method, f"{BEHAVIOURS}/idempotency.mood", body)
    assert "GET /__admin/behaviours" in refused(answer, 404, "unknown-behaviour")
