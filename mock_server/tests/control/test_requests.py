"""The journal on the control plane: calls as they were, without their secrets, found, counted, waited for."""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

import pytest
from mock_server.tests.control.console import (
    ADMIN,
    API_KEYS,
    BEARER,
    COOKIE,
    EXPANSIONS,
    Clock,
    Console,
    new_app,
    refused,
)

from tutorflow_mock.http import received
from tutorflow_mock.operations import journal, waiting

REQUESTS = f"{ADMIN}/requests"
NEAR_MISSES = f"{REQUESTS}/unmatched/near-misses"
WEBHOOKS = API_KEYS.replace("api-keys", "webhooks")
KEY = BEARER["Authorization"].removeprefix("Bearer ")
SHOWN = "tf_content_5e1f0c2a9b7d…"


def calls(mock: Console, query: str = "") -> list[Any]:
    """Return the calls that the journal shows."""
    return list(mock.get(f"{REQUESTS}{query}")["requests"])


def count(mock: Console, **pattern: object) -> int:
    """Return how many calls are as a pattern says."""
    return int(mock.post(f"{REQUESTS}/count", pattern)["count"])


def test_an_entry_in_full(mock: Console) -> None:
    """WireMock's shape, our facts beside it, no key."""
    job_id = mock.create(idempotencyKey="k-1")
    [entry] = calls(mock)
    request, response, own = entry["request"], entry["responseDefinition"], entry["mock"]
    assert request["url"] == EXPANSIONS
    assert request["absoluteUrl"] == f"http://localhost{EXPANSIONS}"
    assert (request["method"], request["clientIp"]) == ("POST", "127.0.0.1")
    assert request["headers"]["Authorization"] == f"Bearer {SHOWN}"
    assert request["headers"]["Content-Type"] == "application/json"
    assert request["cookies"] == {}
    assert '"idempotencyKey": "k-1"' in request["body"]
    assert (request["loggedDate"], request["loggedDateString"]) == (1_783_328_400_000, "2026-07-06T09:00:00.000Z")
    assert (response["status"], response["headers"]["X-Mock-Request-Id"]) == (200, entry["id"])
    assert job_id in response["body"]
    assert entry["wasMatched"] is True
    curl = own.pop("curl")
    assert '"Authorization: Bearer $TUTORFLOW_CONTENT_API_KEY"' in curl
    assert curl.startswith(f"curl -X POST 'http://localhost{EXPANSIONS}'")
    assert own.pop("durationMillis") == 0.0
    assert own == {
        "sequence": 1,
        "at": "2026-07-06T09:00:00.000Z",
        "operation": "createExpansion",
        "keyPrefix": SHOWN[:-1],
        "jobId": job_id,
        "idempotency": "new",
        "applied": None,
        "fault": None,
        "findings": [],
    }


def test_the_list(mock: Console, clock: Clock) -> None:
    """Newest first, bounded, from an instant or after a call; the control plane's own calls are in none."""
    first = mock.create()
    clock.instant += 1_000
    mock.read(first)
    mock.transition(mock.create(programme=None), "failed")
    shown = mock.get(f"{REQUESTS}?limit=2")
    assert [entry["mock"]["sequence"] for entry in shown["requests"]] == [3, 2]
    assert (shown["meta"], shown["requestJournalDisabled"]) == ({"total": 3}, False)
    oldest = calls(mock)[-1]["id"]
    assert [entry["mock"]["sequence"] for entry in calls(mock, f"?since={oldest}")] == [3, 2]
    assert len(calls(mock, "?since=2026-07-06T09:00:01Z")) == 2
    refused(mock.call("GET", f"{REQUESTS}?since=now"), 422, "invalid-field", field="since")


def test_one_call(mock: Console) -> None:
    """By its id, as in the list; it is forgotten alone, or with all others."""
    mock.read(mock.create())
    newest, oldest = calls(mock)
    assert mock.get(f"{REQUESTS}/{newest['id']}") == newest
    mock.delete(f"{REQUESTS}/{newest['id']}")
    assert calls(mock) == [oldest]
    for method in ("GET", "DELETE"):
        refused(mock.call(method, f"{REQUESTS}/{newest['id']}"), 404, "unknown-request")
    mock.delete(REQUESTS)
    assert calls(mock) == []


def test_count_find_remove(mock: Console) -> None:
    """By pattern; what is removed is shown a last time."""
    job_id = mock.create()
    mock.read(job_id)
    mock.read(job_id)
    reads = {"operation": "getExpansion", "jobId": job_id}
    assert (count(mock), count(mock, **reads), count(mock, status=404)) == (3, 2, 0)
    assert count(mock, headers={"Authorization": {"equalTo": f"Bearer {KEY}"}}) == 3
    assert [entry["mock"]["sequence"] for entry in mock.post(f"{REQUESTS}/find?limit=1", reads)["requests"]] == [3]
    assert len(mock.post(f"{REQUESTS}/remove", reads)["requests"]) == 2
    assert (count(mock), mock.post(f"{REQUESTS}/count", {})["requestJournalDisabled"]) == (1, False)


@pytest.mark.parametrize(
    ("pattern", "field", "token"),
    [
        ({"metod": "GET"}, "metod", "unknown-field"),
        ({"headers": {"A": {"matches": "a"}}}, "headers.A.matches", "unknown-field"),
        ({"status": "x"}, "status", "invalid-field"),
    ],
)
def test_a_pattern_that_is_none(mock: Console, pattern: Any, field: str, token: str) -> None:
    """422 that names the member, wherever a pattern is taken."""
    for path in ("requests/count", "requests/find", "requests/remove", "near-misses/request-pattern"):
        refused(mock.call("POST", f"{ADMIN}/{path}", pattern), 422, token, field=field)
    place = f"pattern.{field}"
    refused(mock.call("POST", f"{REQUESTS}/wait", {"pattern": pattern}), 422, token, field=place)


def test_calls_that_no_operation_took(mock: Console) -> None:
    """Another path, another method: unmatched, with the nearest operations."""
    mock.create()
    mock.call("POST", f"{EXPANSIONS}s?x=1", {"payload": {}}, headers=BEARER)
    mock.call("PUT", EXPANSIONS, {}, headers=BEARER)
    shown = mock.get(f"{REQUESTS}/unmatched")
    assert [entry["request"]["url"] for entry in shown["requests"]] == [EXPANSIONS, f"{EXPANSIONS}s?x=1"]
    assert {entry["wasMatched"] for entry in shown["requests"]} == {False}
    assert shown["requests"][1]["mock"]["keyPrefix"] == SHOWN[:-1]
    assert shown["requests"][1]["request"]["body"] == '{"payload": {}}'
    misses = mock.get(NEAR_MISSES)["nearMisses"]
    assert len(misses) == 6
    method, path = misses[0], misses[3]
    assert method["operation"] == {"operationId": "createExpansion", "method": "POST", "path": EXPANSIONS}
    assert method["matchResult"]["differences"] == [
        {"part": "method", "expected": "POST", "actual": "PUT", "hint": "this path answers POST"}
    ]
    assert path["operation"]["operationId"] == "createExpansion"
    assert path["matchResult"]["differences"][0]["hint"] == "'expansions', not 'expansionss'"
    assert len(mock.get(f"{NEAR_MISSES}?limit=1")["nearMisses"]) == 3


def test_the_nearest_calls_to_a_pattern(mock: Console) -> None:
    """At most three, without those that are as it says, each with what differs."""
    job_id = mock.create()
    mock.read(job_id)
    mock.call("GET", "/nowhere")
    shown = mock.post(f"{ADMIN}/near-misses/request-pattern", {"method": "GET", "urlPath": f"{EXPANSIONS}/{job_id}x"})
    first, *others = shown["nearMisses"]
    assert first["operation"]["operationId"] == "getExpansion"
    assert [each["part"] for each in first["matchResult"]["differences"]] == ["urlPath"]
    assert len(others) == 2
    nothing = mock.post(f"{ADMIN}/near-misses/request-pattern", {"method": "ANY"})
    assert nothing == {"nearMisses": []}


def test_an_unknown_session_has_no_journal(mock: Console) -> None:
    """A call to nowhere that names no session of ours leaves no trace, and the answer is as ever."""
    assert mock.call("GET", "/nowhere", headers={"X-Mock-Session": "none"}).status_code == 404
    assert calls(mock) == []


def test_a_wait_that_is_over_at_once(mock: Console) -> None:
    """What is there already need not be waited for, unless it is not after `since`."""
    mock.create()
    mock.create()
    found = mock.post(f"{REQUESTS}/wait", {"pattern": {"method": "POST"}, "count": 2})
    assert (found["count"], [each["mock"]["sequence"] for each in found["requests"]]) == (2, [2, 1])
    oldest = found["requests"][1]["id"]
    later = {"pattern": {"method": "POST"}, "since": oldest, "timeoutMillis": 0}
    assert mock.post(f"{REQUESTS}/wait", later)["count"] == 1
    assert len(calls(mock)) == 2


def test_a_wait_that_runs_out(mock: Console) -> None:
    """408, with how many came and the nearest others."""
    mock.create()
    wanted = {"pattern": {"method": "GET", "urlPath": EXPANSIONS}, "timeoutMillis": 20}
    answer = mock.call("POST", f"{REQUESTS}/wait", wanted)
    problem: Any = answer.json
    misses = problem["nearMisses"]
    detail = refused(answer, 408, "wait-timeout", count=0, nearMisses=misses)
    assert detail == "0 of 1 calls came in time"
    assert [miss["operation"]["operationId"] for miss in misses] == ["createExpansion"]


def test_a_wait_that_a_call_ends(mock: Console) -> None:
    """The answer comes with the call, long before the time is up."""
    with ThreadPoolExecutor(1) as pool:
        wanted = {"pattern": {"operation": "createExpansion"}, "timeoutMillis": 60_000}
        waiting_call = pool.submit(mock.post, f"{REQUESTS}/wait", wanted)
        while not mock.world.store._rooms["default"].watchers:  # type: ignore[attr-defined]
            pass
        mock.call("GET", "/nowhere")
        mock.create()
        assert waiting_call.result(timeout=10)["count"] == 1


def test_a_wait_whose_session_ends(mock: Console) -> None:
    """A reset releases those who wait: their session is another now."""
    with ThreadPoolExecutor(1) as pool:
        wanted = {"pattern": {"operation": "createExpansion"}, "timeoutMillis": 60_000}
        waiting_call = pool.submit(mock.call, "POST", f"{REQUESTS}/wait", wanted)
        while not mock.world.store._rooms["default"].watchers:  # type: ignore[attr-defined]
            pass
        mock.post(f"{ADMIN}/reset", {})
        refused(waiting_call.result(timeout=10), 404, "unknown-session")


def test_too_many_waits(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a thread of the server: beyond the bound 503."""
    places = BoundedSemaphore(1)
    places.acquire()
    monkeypatch.setattr(waiting, "_places", places)
    refused(mock.call("POST", f"{REQUESTS}/wait", {"pattern": {"status": 500}}), 503, "too-many-waits")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "pattern"),
        ({"pattern": []}, "pattern.pattern"),
        ({"pattern": {}, "count": 0}, "count"),
        ({"pattern": {}, "count": True}, "count"),
        ({"pattern": {}, "timeoutMillis": 600_001}, "timeoutMillis"),
        ({"pattern": {}, "timeoutMillis": "5"}, "timeoutMillis"),
        ({"pattern": {}, "since": 5}, "since"),
    ],
)
def test_a_wait_for_nothing_sensible(mock: Console, members: Any, field: str) -> None:
    """422 that names the member."""
    refused(mock.call("POST", f"{REQUESTS}/wait", members), 422, "invalid-field", field=field)


def test_a_wait_after_an_unknown_call(mock: Console) -> None:
    """The journal does not know it, or no longer."""
    refused(mock.call("POST", f"{REQUESTS}/wait", {"pattern": {}, "since": "none"}), 404, "unknown-request")


def test_a_journal_that_is_switched_off(clock: Clock) -> None:
    """`--journal-limit 0` keeps nothing and says so."""
    mock = Console(new_app(clock, journal_limit=0), clock)
    mock.create()
    assert mock.get(REQUESTS) == {"requests": [], "meta": {"total": 0}, "requestJournalDisabled": True}


def test_bodies_are_cut(mock: Console) -> None:
    """64 KiB of a body are kept, and the entry says that there was more."""
    mock.create(payload={"level": {"title": "A1", "text": "x" * 70_000}})
    [entry] = calls(mock)
    assert (len(entry["request"]["body"]), entry["request"]["bodyTruncated"]) == (65_536, True)
    assert "bodyTruncated" not in entry["responseDefinition"]


def test_a_body_that_was_refused_unread(mock: Console) -> None:
    """A call without a key is shown with what it sent; one that is too large, without."""
    mock.call("POST", EXPANSIONS, {"payload": {}})
    mock.call("POST", EXPANSIONS, data=b"x" * 2_000_000, headers={**BEARER, "Content-Type": "application/json"})
    mock.call("POST", EXPANSIONS, data=b"x" * 100_000, headers={"Content-Type": "application/json"})
    assert [entry["request"]["body"] for entry in calls(mock)] == ["", "", '{"payload": {}}']


def test_a_cookie_twice(clock: Clock) -> None:
    """A header that an answer has twice is a list."""
    mock = Console(new_app(clock, behaviours={"login.cookie-alias": "tutorflow-admin-session"}), clock)
    mock.call(
        "POST", "/auth/login", {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "UTC"}
    )
    [entry] = calls(mock)
    assert entry["responseDefinition"]["status"] == 200, entry
    assert [value.partition(";")[0] for value in entry["responseDefinition"]["headers"]["Set-Cookie"]] == [
        "jwt=…",
        "tutorflow_admin_session=…",
    ]


def test_a_copied_command(mock: Console) -> None:
    """The shell expands credentials and nothing else."""
    mock.call("POST", WEBHOOKS, {"url": "http://127.0.0.1:9/it's", "events": ["content.failed"]}, headers=COOKIE)
    curl = calls(mock)[0]["mock"]["curl"]
    assert '-H "Cookie: $TUTORFLOW_ADMIN_COOKIE"' in curl
    assert "it'\\''s" in curl
    assert "Content-Length" not in curl


def test_no_secret_is_kept_or_shown(clock: Clock) -> None:
    """G13: canaries of every kind, in their own places and in foreign ones, are neither stored nor answered."""
    token = "a-token-of-the-control-plane"
    mock = Console(new_app(clock, admin_token=token), clock, {})
    steer = {"Authorization": f"Bearer {token}"}
    login = {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "UTC"}
    cookie = mock.call("POST", "/auth/login", login).headers["Set-Cookie"].partition(";")[0]
    admin = {"Cookie": cookie}
    made: Any = mock.call("POST", API_KEYS, {"name": "n", "rateLimitPerMinute": 9}, headers=admin).json
    turned: Any = mock.call("POST", f"{API_KEYS}/{made['keyId']}/rotate", headers=admin).json
    hook = {"url": "http://127.0.0.1:9/", "events": ["content.failed"]}
    secret: Any = mock.call("POST", WEBHOOKS, hook, headers=admin).json
    session = cookie.partition("=")[2]
    secrets = [KEY, made["apiKey"], turned["apiKey"], secret["secret"], session, "a-long-passphrase", token]
    for canary in secrets:
        body = {"payload": {"note": canary, canary: 1}, "apiKey": canary, "idempotencyKey": canary[:40]}
        for headers in (BEARER, admin, {"X-Api-Key": canary}, {"Authorization": f"Bearer {canary}"}):
            more = {
                **headers,
                "X-Note": canary,
                "Referer": f"http://x/?key={canary}",
                "X-Content-Integration-Signature": canary,
            }
            mock.call("POST", f"/v1/nowhere/{canary}?key={canary}&x={canary}", body, headers=more)
            mock.call("GET", f"{EXPANSIONS}/{canary}", headers=more)
            mock.call("POST", EXPANSIONS, {"payload": {}, "requestedOutputs": [canary]}, headers=more)
    told = [mock.call("GET", f"{REQUESTS}?limit=1000", headers=steer).text]
    told.append(mock.call("GET", NEAR_MISSES, headers=steer).text)
    told.append(mock.call("POST", f"{ADMIN}/near-misses/request-pattern", {"method": "PUT"}, headers=steer).text)
    kept = repr(mock.world.store.read_journal("default"))
    assert len(mock.world.store.read_journal("default")) > 80
    generated = [each for each in secrets if each not in {"a-long-passphrase", token}]
    assert [each for each in generated if each in kept] == []
    assert [each for each in secrets if each in "".join(told)] == []


def test_a_store_that_fails_for_nowhere(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call to nowhere is answered even if the journal cannot be written."""

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(received, "visit_elsewhere", fail)
    assert mock.call("GET", "/nowhere").status_code == 404


def test_environments_without_headers(mock: Console) -> None:
    """What a server may leave out is left out; layouts are few, however many clients there are."""
    assert received.received({"REQUEST_METHOD": "GET"}) == journal.Received((), ())
    assert received.received({"PATH_INFO": "/x"}).values == ("/x",)
    for number in range(300):
        received.received(
            {"PATH_INFO": "/x", "QUERY_STRING": "", f"HTTP_X_{number}": "v", "HTTP_PROXY": "http://me:pw@x"}
        )
    layouts: dict[object, object] = vars(received)["_layouts"]
    assert len(layouts) < 300
    for number in range(600):
        mock.call("GET", f"/nowhere/{number}")
    harmless: set[str] = vars(journal)["_harmless"]
    assert len(harmless) <= 512
    shown = received.received({"PATH_INFO": "/x", "QUERY_STRING": "", "HTTP_X_NEW": "v", "HTTP_PROXY": "p"})
    assert shown == journal.Received((":path", ":query", "X-New"), ("/x", "", "v"))
