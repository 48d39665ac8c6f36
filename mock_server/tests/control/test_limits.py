"""Limits, idempotency keys and expiries of keys, by hand."""

from typing import Any

import pytest
from mock_server.tests.control.console import (
    ADMIN,
    API_KEYS,
    BEARER,
    COOKIE,
    EXPANSIONS,
    EXPORTS,
    Clock,
    Console,
    new_app,
    refused,
)

LIMITS, HELD = f"{ADMIN}/ratelimits", f"{ADMIN}/idempotency-keys"
KEY_ID = "00000000-0000-4000-8000-000000000019"
DEMO = f"{LIMITS}/{KEY_ID}"
CLASSROOMS = "/v1/content/classrooms"
ALGORITHMS = ("fixed-aligned", "fixed-first", "sliding-log", "gcra")


def status(mock: Console) -> int:
    """Call with the demo key."""
    return mock.call("GET", CLASSROOMS, headers=BEARER).status_code


def row(mock: Console) -> Any:
    """Return the demo key's row."""
    return next(each for each in mock.get(LIMITS)["rateLimits"] if each["keyId"] == KEY_ID)


def test_the_list_of_limits(mock: Console) -> None:
    """Every key with what is used of its limit."""
    status(mock)
    status(mock)
    shown = mock.get(LIMITS)
    assert shown["meta"] == {"total": 2}
    assert row(mock) == {
        "keyId": KEY_ID,
        "keyPrefix": "tf_content_5e1f0c2a9b7d",
        "limit": 60,
        "window": "PT60S",
        "algorithm": "fixed-aligned",
        "used": 2,
        "windowStart": "2026-07-06T09:00:00.000Z",
        "resetAt": "2026-07-06T09:01:00.000Z",
        "setBy": "key",
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_another_limit(mock: Console, clock: Clock, algorithm: str) -> None:
    """Two calls in ten seconds, however they are counted; then the key's own limit again."""
    changed = mock.put(DEMO, {"limit": 2, "window": "PT10S", "algorithm": algorithm})
    assert (changed["limit"], changed["window"], changed["used"], changed["setBy"]) == (2, "PT10S", 0, "session")
    assert [status(mock) for _ in range(3)] == [200, 200, 429]
    assert row(mock)["used"] == 2
    clock.instant += 10_000
    assert row(mock)["used"] == 0
    assert status(mock) == 200
    mock.delete(DEMO)
    assert (row(mock)["limit"], row(mock)["used"], row(mock)["setBy"]) == (60, 0, "key")


def test_the_count_goes_on_under_another_limit(mock: Console) -> None:
    """Where only the number changes, what was counted counts."""
    status(mock)
    status(mock)
    assert mock.put(DEMO, {"limit": 2})["used"] == 2
    assert status(mock) == 429


def test_no_call_and_any_number_of_calls(mock: Console) -> None:
    """0 refuses every call, null none."""
    mock.put(DEMO, {"limit": 0})
    assert status(mock) == 429
    mock.put(DEMO, {"limit": None})
    assert [status(mock) for _ in range(70)] == [200] * 70
    refused(mock.call("PUT", DEMO, {"used": "all"}), 422, "invalid-field", field="used")
    mock.delete(LIMITS)
    assert row(mock)["limit"] == 60


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_limit_that_is_used_up(mock: Console, clock: Clock, algorithm: str) -> None:
    """The next call is refused, and a minute later it is not."""
    mock.put(DEMO, {"algorithm": algorithm})
    assert mock.put(DEMO, {"used": "all"})["used"] == 60
    assert status(mock) == 429
    clock.instant += 60_000
    assert status(mock) == 200


def test_a_limit_of_each_operation(clock: Clock) -> None:
    """Where operations are counted apart, each has its row, and all are used up."""
    mock = Console(new_app(clock, behaviours={"rate.scope": "key-and-operation"}), clock)
    status(mock)
    assert row(mock)["operation"] == "listClassrooms"
    shown = mock.put(DEMO, {"used": "all"})
    assert {each["used"] for each in shown["rateLimits"]} == {60}
    assert status(mock) == 429


def test_calls_that_were_refused_are_given_back_under_another_limit(clock: Clock) -> None:
    """`count-none` holds for a limit by hand as for the key's own, and for none at all."""
    mock = Console(new_app(clock, behaviours={"rate.rejected-calls": "count-none"}), clock)
    for limit in (5, None):
        mock.put(DEMO, {"limit": limit})
        assert mock.call("GET", f"{EXPANSIONS}/none", headers=BEARER).status_code == 404
        assert row(mock)["used"] == 0


@pytest.mark.parametrize(
    ("members", "token", "field"),
    [
        ({}, "invalid-field", "limit"),
        ({"limit": -1}, "invalid-field", "limit"),
        ({"limit": "2"}, "invalid-field", "limit"),
        ({"window": "a minute"}, "invalid-field", "window"),
        ({"window": "PT0S"}, "invalid-field", "window"),
        ({"window": "P2D"}, "invalid-field", "window"),
        ({"window": 60}, "invalid-field", "window"),
        ({"used": "all", "limit": 2}, "unknown-field", "limit"),
        ({"lmit": 2}, "unknown-field", "lmit"),
    ],
)
def test_a_limit_that_is_none(mock: Console, members: Any, token: str, field: str) -> None:
    """422 that names the member, and nothing changes."""
    refused(mock.call("PUT", DEMO, members), 422, token, field=field)
    assert row(mock)["setBy"] == "key"


def test_choices_of_a_limit(mock: Console) -> None:
    """What may be chosen is told."""
    known = list(ALGORITHMS)
    answer = mock.call("PUT", DEMO, {"algorithm": "leaky"})
    refused(answer, 422, "invalid-field", field="algorithm", alternatives=known)
    refused(mock.call("PUT", DEMO, {"used": 3}), 422, "invalid-field", field="used", alternatives=["all"])


@pytest.mark.parametrize("members", [{"limit": 2}, {"used": "all"}])
def test_limits_of_an_unknown_key(mock: Console, members: Any) -> None:
    """404, whatever is asked of it."""
    refused(mock.call("PUT", f"{LIMITS}/none", members), 404, "unknown-key")
    refused(mock.call("DELETE", f"{LIMITS}/none"), 404, "unknown-key")


def test_the_idempotency_keys(mock: Console) -> None:
    """Each with its job, its first sight, and how it came back."""
    job_id = mock.create(idempotencyKey="k/1 a")
    mock.create(idempotencyKey="k/1 a")
    mock.create(idempotencyKey="k/1 a", payload={"other": 1})
    export: Any = mock.call(
        "POST", EXPORTS, {"lessonId": "standalone-lesson-id", "idempotencyKey": "x"}, headers=COOKIE
    ).json
    newest, oldest = mock.get(HELD)["idempotencyKeys"]
    assert (newest["key"], newest["operation"]) == ("x", "exportContent")
    assert newest["jobId"] in str(export)
    fingerprint = oldest.pop("fingerprint")
    assert fingerprint.startswith("sha256:")
    assert oldest == {
        "key": "k/1 a",
        "organizationId": "00000000-0000-4000-8000-000000000001",
        "operation": "createExpansion",
        "jobId": job_id,
        "firstSeenAt": "2026-07-06T09:00:00.000Z",
        "replays": 1,
        "mismatches": 1,
        "expiresAt": None,
    }
    mock.delete(f"{HELD}/k%2F1%20a")
    refused(mock.call("DELETE", f"{HELD}/k%2F1%20a"), 404, "unknown-idempotency-key")
    assert mock.create(idempotencyKey="k/1 a") != job_id
    assert mock.get(HELD)["idempotencyKeys"][0]["replays"] == 0
    mock.delete(HELD)
    assert mock.get(HELD) == {"idempotencyKeys": [], "meta": {"total": 0}}


def test_an_idempotency_key_that_expires(clock: Clock) -> None:
    """The instant follows from the behaviour."""
    mock = Console(new_app(clock, behaviours={"idempotency.retention": "24h"}), clock)
    mock.create(idempotencyKey="k")
    assert mock.get(HELD)["idempotencyKeys"][0]["expiresAt"] == "2026-07-07T09:00:00.000Z"


def test_a_key_that_expires(mock: Console, clock: Clock) -> None:
    """At the instant the key is dead; with null it lives again."""
    status(mock)
    shown = mock.put(f"{ADMIN}/keys/{KEY_ID}", {"expiresAt": "2026-07-06T09:00:10Z"})
    assert (shown["id"], shown["status"], shown["expiresAt"]) == (KEY_ID, "ACTIVE", "2026-07-06T09:00:10.000Z")
    assert shown["lastUsedAt"] == "2026-07-06T09:00:00.000Z"
    clock.instant += 10_000
    assert status(mock) == 401
    assert mock.get(API_KEYS, headers=COOKIE)
    mock.put(f"{ADMIN}/keys/{KEY_ID}", {"expiresAt": None})
    assert status(mock) == 200
    refused(mock.call("PUT", f"{ADMIN}/keys/none", {"expiresAt": None}), 404, "unknown-key")
    for bad in ({}, {"expiresAt": 5}, {"expiresAt": "soon"}):
        refused(mock.call("PUT", f"{ADMIN}/keys/{KEY_ID}", bad), 422, "invalid-field", field="expiresAt")
