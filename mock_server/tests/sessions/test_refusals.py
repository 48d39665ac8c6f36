"""What `/__admin/sessions` refuses: nothing is made, and the problem names the field."""

from collections.abc import Mapping
from typing import Any

import pytest
from mock_server.tests.control.console import Console, refused
from mock_server.tests.sessions.tenant import SESSIONS, open_tenant

BAD: Mapping[str, list[Any]] = {
    "id": ["", "-a", "A", "a_b", "a.b", "é", "a" * 64, "a b", "a/b", "a\n", "default\n", 7, None, ["a"]],
    "revision": ["2026-99", "", None, 1],
    "seed": ["", 42, None, "a\0b", "a\nb", "x" * 256],
    "ttl": ["", "soon", "PT0S", 60, "-PT1S", "367d", True],
    "clock": ["frozen", None, [], 1],
    "programme": ["manual", None, []],
    "behaviours": [[], None, "x"],
    "webhookTimestamp": ["now", None],
    "rateLimitPerMinute": [0, -1, 1.5, "60", None, True, 1_000_001],
    "organizations": [0, 101, "2", None, True],
    "lessons": ["x", None, ["a", "a"], ["x"] * 1001],
}
BAD_INSIDE: Mapping[str, list[Any]] = {
    "clock.mode": [{"clock": {}}, *({"clock": {"mode": bad}} for bad in ("stopped", None, 1))],
    "clock.instant": [
        {"clock": {"mode": "frozen", "instant": bad}}
        for bad in ("yesterday", "2026-07-04", 0, None, "9999-01-01T00:00:00Z")
    ],
    "programme.progression": [{"programme": {"progression": "never"}}],
    "programme.x": [{"programme": {"x": 1}}],
    "behaviours.webhook.retry-schedule": [{"behaviours": {"webhook.retry-schedule": "x"}}],
    "lessons[1]": [{"lessons": ["a", bad]} for bad in (1, "", "a\n", None)],
}


@pytest.mark.parametrize(
    ("members", "field"),
    [({field: value}, field) for field, values in BAD.items() for value in values]
    + [(members, field) for field, bodies in BAD_INSIDE.items() for members in bodies],
)
def test_a_field_that_cannot_be(mock: Console, members: dict[str, Any], field: str) -> None:
    """422, and the field is named."""
    answer = mock.call("POST", SESSIONS, members)
    problem: Any = answer.json
    assert (answer.status_code, problem["type"]) == (422, "/__admin/docs/errors#invalid-field")
    assert problem["field"] == field
    assert len(problem["detail"]) < 2_000
    assert mock.get(SESSIONS)["meta"] == {"total": 1}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"behaviors": {}}, "behaviors"),
        ({"clock": {"mode": "frozen", "at": "2026-07-04T00:00:00Z"}}, "clock.at"),
        ({"behaviours": {"idempotency.same-key": "replay"}}, "behaviours.idempotency.same-key"),
    ],
)
def test_a_likely_typo(mock: Console, members: dict[str, Any], field: str) -> None:
    """An unknown member is refused and not ignored."""
    refused(mock.call("POST", SESSIONS, members), 422, "unknown-field", field=field)
    assert mock.get(SESSIONS)["meta"] == {"total": 1}


def test_a_value_that_a_behaviour_has_not(mock: Console) -> None:
    """The alternatives are told."""
    name = "idempotency.same-key-other-body"
    alternatives = ["replay", "conflict-409", "reject-422"]
    detail = refused(
        mock.call("POST", SESSIONS, {"behaviours": {name: "x"}}),
        422,
        "invalid-field",
        field=f"behaviours.{name}",
        alternatives=alternatives,
    )
    assert "conflict-409" in detail


@pytest.mark.parametrize("name", ["revision", "clock.mode", "webhookTimestamp"])
def test_a_closed_list_is_told(mock: Console, name: str) -> None:
    """What one of a few words may be is in the problem."""
    member, _, inner = name.partition(".")
    answer = mock.call("POST", SESSIONS, {member: {inner: "x"} if inner else "x"})
    problem: Any = answer.json
    assert problem["alternatives"]
    assert problem["field"] == name


def test_an_id_in_use(mock: Console) -> None:
    """409, for `default` too; the session that has it is untouched."""
    tenant = open_tenant(mock, id="checkout-7")
    job_id = tenant.job()
    for taken in ("checkout-7", "default"):
        refused(mock.call("POST", SESSIONS, {"id": taken, "seed": "8"}), 409, "session-exists")
    assert tenant.read(job_id).status_code == 200


def test_a_server_takes_a_thousand_sessions(mock: Console) -> None:
    """Beside the default one; who ends one may open another."""
    for number in range(1000):
        open_tenant(mock, id=f"s{number}", organizations=1)
    assert "1000" in refused(mock.call("POST", SESSIONS), 409, "session-limit")
    mock.delete(f"{SESSIONS}/s7")
    open_tenant(mock)


def test_what_is_not_json(mock: Console) -> None:
    """400 for what cannot be read, 415 for another media type."""
    as_json = {"Content-Type": "application/json"}
    for raw in (b"{", b"[]", b'"a"', b'{"id":"a","id":"b"}', b"\xff"):
        refused(mock.call("POST", SESSIONS, data=raw, headers=as_json), 400, "malformed-json")
    refused(mock.call("POST", SESSIONS, data=b"{}", headers={"Content-Type": "text/plain"}), 415, "media-type")


@pytest.mark.parametrize("session_id", ["nobody", "Default", "%20", "x" * 500, "..%2fdefault"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_session_that_nobody_has(mock: Console, method: str, session_id: str) -> None:
    """404, with a bounded echo."""
    answer = mock.call(method, f"{SESSIONS}/{session_id}")
    problem: Any = answer.json
    assert (answer.status_code, len(answer.data) < 400) == (404, True)
    assert problem["title"] in {"Unknown session", "Unknown path"}


def test_unknown_parameters_and_methods(mock: Console) -> None:
    """A typo in the query is refused; the collection knows GET and POST, a session GET and DELETE."""
    for method, path in (("GET", SESSIONS), ("POST", SESSIONS), ("GET", f"{SESSIONS}/default")):
        refused(mock.call(method, f"{path}?sesion=x"), 422, "unknown-field", field="sesion")
    refused(mock.call("PUT", f"{SESSIONS}/a"), 405, "method-not-allowed", allow="DELETE, GET, HEAD, OPTIONS")
    refused(mock.call("DELETE", SESSIONS), 405, "method-not-allowed", allow="GET, HEAD, OPTIONS, POST")


def test_a_named_session_must_exist_here_too(mock: Console) -> None:
    """As on every path: an `X-Mock-Session` that no session has is refused, whatever else the call is about."""
    for method, path in (("GET", SESSIONS), ("POST", SESSIONS), ("DELETE", f"{SESSIONS}/a")):
        refused(mock.call(method, path, headers={"X-Mock-Session": "nobody"}), 404, "unknown-session")
