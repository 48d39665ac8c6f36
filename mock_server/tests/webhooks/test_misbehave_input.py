"""Bad input to the endpoints that misbehave, switch TLS and check receivers: the fault is named, nothing is done."""

from typing import Any

import pytest
from mock_server.tests.control.console import refused
from mock_server.tests.webhooks.desk import HOOKS, NOBODYS, SUBSCRIPTIONS, Desk
from mock_server.tests.webhooks.receiver import Receiver

MISBEHAVE, CHECK = f"{HOOKS}/misbehave", f"{HOOKS}/check"
ORDER: dict[str, object] = {"name": "duplicate"}
TARGET: dict[str, object] = {"url": "http://127.0.0.1:9/hook", "secret": "s"}

UNREADABLE = ["[]", "1", "null", '"duplicate"', '{"name":', '{"name": "duplicate", "name": "drop"}', "\xff"]

ORDERS: list[tuple[dict[str, Any], str]] = [
    ({}, "name"),
    ({"name": None}, "name"),
    ({"name": 7}, "name"),
    ({"name": ["duplicate"]}, "name"),
    ({"name": "DUPLICATE"}, "name"),
    ({"name": "explode"}, "name"),
    ({"name": "stale-timestamp"}, "name"),
    ({"name": "future-timestamp"}, "name"),
    ({"name": "one-signature-of-two"}, "name"),
    ({"name": "slow-receiver"}, "name"),
    ({**ORDER, "times": 0}, "times"),
    ({**ORDER, "times": 1001}, "times"),
    ({**ORDER, "times": True}, "times"),
    ({**ORDER, "times": "1"}, "times"),
    ({**ORDER, "times": 1.5}, "times"),
    ({**ORDER, "times": None}, "times"),
    ({**ORDER, "match": []}, "match"),
    ({**ORDER, "match": None}, "match"),
    ({**ORDER, "match": {"event": "content.exploded"}}, "match.event"),
    ({**ORDER, "match": {"event": 1}}, "match.event"),
    ({**ORDER, "match": {"subscriptionId": NOBODYS}}, "match.subscriptionId"),
    ({**ORDER, "options": []}, "options"),
    ({**ORDER, "options": None}, "options"),
    ({"name": "short-signature", "options": {"length": 64}}, "options.length"),
    ({"name": "short-signature", "options": {"length": 0}}, "options.length"),
    ({"name": "short-signature", "options": {"length": "2"}}, "options.length"),
    ({"name": "long-signature", "options": {"length": 64}}, "options.length"),
    ({"name": "no-signature", "options": {"instead": ""}}, "options.instead"),
    ({"name": "no-signature", "options": {"instead": "é"}}, "options.instead"),
    ({"name": "no-signature", "options": {"instead": "a\r\nX: y"}}, "options.instead"),
    ({"name": "no-signature", "options": {"instead": " a"}}, "options.instead"),
    ({"name": "no-signature", "options": {"instead": 513 * "a"}}, "options.instead"),
    ({"name": "not-json", "options": {"kind": "yaml"}}, "options.kind"),
    ({"name": "not-json", "options": {"kind": 1}}, "options.kind"),
    ({"name": "duplicate-late", "options": {"after": 25}}, "options.after"),
    ({"name": "duplicate-late", "options": {"after": "soon"}}, "options.after"),
    ({"name": "duplicate-late", "options": {"after": "P3Y"}}, "options.after"),
    ({"name": "duplicate-concurrent", "options": {"count": 1}}, "options.count"),
    ({"name": "burst", "options": {"count": 1_001}}, "options.count"),
    ({"name": "burst", "options": {"spanMillis": -1}}, "options.spanMillis"),
    ({"name": "big-body", "options": {"bytes": 16_000_001}}, "options.bytes"),
    ({"name": "rotation"}, "options.secret"),
    ({"name": "rotation", "options": {"secret": None}}, "options.secret"),
    ({"name": "fetch-fails", "options": {"statuses": "200"}}, "options.statuses"),
    ({"name": "fetch-fails", "options": {"statuses": "404,"}}, "options.statuses"),
    ({"name": "fetch-fails", "options": {"statuses": ",".join(["500"] * 11)}}, "options.statuses"),
    ({"name": "unknown-event", "options": {"event": 3}}, "options.event"),
    ({"name": "before-response", "options": {"timeoutMillis": 10_001}}, "options.timeoutMillis"),
]

UNKNOWN_MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({**ORDER, "tims": 2}, "tims"),
    ({**ORDER, "match": {"jobId": "a"}}, "match.jobId"),
    ({**ORDER, "options": {"count": 2}}, "options.count"),
    ({"name": "burst", "options": {"cont": 2}}, "options.cont"),
]

CHECKS: list[tuple[dict[str, Any], str]] = [
    ({"secret": "s"}, "url"),
    ({**TARGET, "url": 7}, "url"),
    ({**TARGET, "url": ""}, "url"),
    ({**TARGET, "url": "ftp://127.0.0.1/"}, "url"),
    ({**TARGET, "url": "http://u:p@127.0.0.1/"}, "url"),
    ({**TARGET, "url": "http://127.0.0.1:0/"}, "url"),
    ({**TARGET, "url": "http://127.0.0.1/" + 2048 * "a"}, "url"),
    ({**TARGET, "probe": 7}, "probe"),
    ({**TARGET, "probe": "count"}, "probe"),
    ({**TARGET, "traps": "W1"}, "traps"),
    ({**TARGET, "traps": []}, "traps"),
    ({**TARGET, "traps": ["W1", "W99"]}, "traps"),
    ({**TARGET, "traps": [1]}, "traps"),
    ({**TARGET, "traps": [["W1"]]}, "traps"),
    ({"url": "http://127.0.0.1:9/hook"}, "secret"),
    ({**TARGET, "secret": ""}, "secret"),
    ({**TARGET, "secret": 7}, "secret"),
    ({**TARGET, "secondSecret": ""}, "secondSecret"),
    ({**TARGET, "secondSecret": 7}, "secondSecret"),
]


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("path", [MISBEHAVE, CHECK])
def test_what_cannot_be_read_is_400(desk: Desk, path: str, body: str) -> None:
    """Nothing is kept of it."""
    answer = desk.call("POST", path, data=body.encode("latin-1"), content_type="application/json")
    refused(answer, 400, "malformed-json")
    assert desk.get(MISBEHAVE)["meta"] == {"total": 0}


@pytest.mark.parametrize("path", [MISBEHAVE, CHECK])
def test_a_body_of_another_kind_is_415(desk: Desk, path: str) -> None:
    """As everywhere on the control plane."""
    refused(desk.call("POST", path, data="name=duplicate", content_type="text/plain"), 415, "media-type")


@pytest.mark.parametrize(("body", "field"), ORDERS)
def test_an_order_that_is_not_allowed_is_422(desk: Desk, body: dict[str, Any], field: str) -> None:
    """The member at fault is named, and nothing is kept."""
    detail = refused(desk.call("POST", MISBEHAVE, body), 422, "invalid-field", field=field)
    assert field in detail
    assert desk.get(MISBEHAVE)["meta"] == {"total": 0}


@pytest.mark.parametrize(("body", "field"), UNKNOWN_MEMBERS)
def test_a_member_that_nobody_knows_is_422(desk: Desk, body: dict[str, Any], field: str) -> None:
    """A typo must not pass as a default."""
    refused(desk.call("POST", MISBEHAVE, body), 422, "unknown-field", field=field)
    assert desk.get(MISBEHAVE)["meta"] == {"total": 0}


def test_what_needs_a_later_revision_says_so(desk: Desk) -> None:
    """And what is only seen says where."""
    later = desk.call("POST", MISBEHAVE, {"name": "stale-timestamp"})
    assert "this revision does not have" in refused(later, 422, "invalid-field", field="name")
    seen = desk.call("POST", MISBEHAVE, {"name": "accepted-bad"})
    assert "webhooks/check" in refused(seen, 422, "invalid-field", field="name")


def test_orders_that_nobody_gave_are_404(desk: Desk) -> None:
    """To look at and to take back."""
    for method in ("GET", "DELETE"):
        refused(desk.call(method, f"{MISBEHAVE}/{NOBODYS}"), 404, "unknown-misbehaviour")
    refused(desk.call("GET", f"{HOOKS}/checks/{NOBODYS}"), 404, "unknown-check")


def test_a_session_holds_so_many_orders(desk: Desk) -> None:
    """A hundred; a used one counts until it is taken back."""
    for _ in range(100):
        desk.post(MISBEHAVE, ORDER)
    detail = refused(desk.call("POST", MISBEHAVE, ORDER), 409, "session-limit")
    assert "100" in detail
    desk.delete(MISBEHAVE)
    desk.post(MISBEHAVE, ORDER)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_verification_of_tls_is_switched_and_shown(desk: Desk, receiver: Receiver, method: str) -> None:
    """By the control plane alone: the API's own list does not know of it (B15)."""
    hook = desk.subscribe(receiver)["id"]
    shown = desk.get(f"{SUBSCRIPTIONS}/{hook}")
    assert shown["verifyTls"] is True
    answer = desk.call(method, f"{SUBSCRIPTIONS}/{hook}", {"verifyTls": False})
    assert (answer.status_code, answer.json) == (200, {**shown, "verifyTls": False})
    assert desk.get(f"{SUBSCRIPTIONS}/{hook}")["verifyTls"] is False


@pytest.mark.parametrize("body", [{}, {"verifyTls": None}, {"verifyTls": "false"}, {"verifyTls": 0}])
def test_a_switch_is_true_or_false(desk: Desk, receiver: Receiver, body: dict[str, object]) -> None:
    """Nothing is changed by anything else."""
    hook = desk.subscribe(receiver)["id"]
    refused(desk.call("PATCH", f"{SUBSCRIPTIONS}/{hook}", body), 422, "invalid-field", field="verifyTls")
    assert desk.get(f"{SUBSCRIPTIONS}/{hook}")["verifyTls"] is True


def test_a_switch_of_nobody(desk: Desk, receiver: Receiver) -> None:
    """404; an unknown member is 422."""
    refused(desk.call("PATCH", f"{SUBSCRIPTIONS}/{NOBODYS}", {"verifyTls": True}), 404, "unknown-subscription")
    hook = desk.subscribe(receiver)["id"]
    answer = desk.call("PATCH", f"{SUBSCRIPTIONS}/{hook}", {"verifyTls": True, "url": "x"})
    refused(answer, 422, "unknown-field", field="url")


@pytest.mark.parametrize(("body", "field"), CHECKS)
def test_a_check_that_is_not_allowed_is_422(desk: Desk, body: dict[str, Any], field: str) -> None:
    """The member at fault is named."""
    answer = desk.call("POST", CHECK, body)
    problem: Any = answer.json
    assert (answer.status_code, problem["field"]) == (422, field), problem


def test_a_check_knows_its_members(desk: Desk) -> None:
    """A typo is refused."""
    refused(desk.call("POST", CHECK, {**TARGET, "trap": ["W1"]}), 422, "unknown-field", field="trap")
