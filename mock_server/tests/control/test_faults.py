"""`/__admin/faults`: the list of rules, what it takes and what it refuses."""

import json
from typing import Any

import pytest
from mock_server.tests.control.console import ADMIN, BEARER, EXPANSIONS, SOURCE, Clock, Console, new_app, refused

FAULTS = f"{ADMIN}/faults"
LOST = {"operation": "createExpansion", "fault": "LOST_RESPONSE"}
FAILING = {"fault": "INTERNAL_ERROR"}
FRESH = {"operation": "*", "probability": 1.0, "skip": 0, "times": None, "seen": 0, "acted": 0}
UNREADABLE = {
    "cut short": b"{",
    "no object": b"[]",
    "a name twice": b'{"fault": "TIMEOUT", "fault": "TIMEOUT"}',
    "no JSON number": b'{"fault": "TIMEOUT", "probability": NaN}',
    "not UTF-8": b'{"fault": "\xe9"}',
}
NOT_ALLOWED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "invalid-field", "fault"),
    ({"falt": "TIMEOUT"}, "unknown-field", "falt"),
    ({"id": "r", **FAILING}, "unknown-field", "id"),
    ({"fault": "LOST"}, "invalid-field", "fault"),
    ({"fault": None}, "invalid-field", "fault"),
    ({"fault": "lost-response"}, "invalid-field", "fault"),
    ({"operation": "createExpansions", **FAILING}, "invalid-field", "operation"),
    ({"operation": "createExpansion", "fault": "STALE_READ"}, "invalid-field", "operation"),
    ({"operation": None, **FAILING}, "invalid-field", "operation"),
    ({"probability": 1.01, **FAILING}, "invalid-field", "probability"),
    ({"probability": "often", **FAILING}, "invalid-field", "probability"),
    ({"skip": -1, **FAILING}, "invalid-field", "skip"),
    ({"times": 0, **FAILING}, "invalid-field", "times"),
    ({"times": 1.5, **FAILING}, "invalid-field", "times"),
    ({"options": [], **FAILING}, "invalid-field", "options"),
    ({"options": {"reads": 1}, **FAILING}, "unknown-field", "options.reads"),
    ({"options": {"reads": 0}, "fault": "NOT_YET_VISIBLE"}, "invalid-field", "options.reads"),
    ({"options": {"for": "soon"}, "fault": "RESULT_LATE"}, "invalid-field", "options.for"),
    ({"options": {"status": 502}, "fault": "GATEWAY_ERROR"}, "invalid-field", "options.status"),
    ({"options": {"for": "5s"}}, "invalid-field", "options"),
    ({"fixedDelayMilliseconds": 60_001}, "invalid-field", "fixedDelayMilliseconds"),
    ({"fixedDelayMilliseconds": "80"}, "invalid-field", "fixedDelayMilliseconds"),
    ({"delayDistribution": {"type": "normal"}}, "invalid-field", "delayDistribution.type"),
    ({"delayDistribution": {"type": "uniform", "lower": 2, "upper": 1}}, "invalid-field", "delayDistribution.upper"),
    ({"delayDistribution": {"type": "fixed", "mean": 1}}, "unknown-field", "delayDistribution.mean"),
    ({"chunkedDribbleDelay": {"numberOfChunks": 0}}, "invalid-field", "options.numberOfChunks"),
    ({"chunkedDribbleDelay": {}, **FAILING}, "invalid-field", "chunkedDribbleDelay"),
    ({"error": {"statusCode": 503}, **FAILING}, "invalid-field", "error"),
    ({"error": {"statusCode": 299}}, "invalid-field", "error.statusCode"),
    ({"error": {"statusCode": 200}}, "invalid-field", "error.statusCode"),
    ({"error": {"statusCode": 503, "code": "No Paper"}}, "invalid-field", "error.code"),
    ({"error": {"statusCode": 503, "contentType": "html\r\nX: y"}}, "invalid-field", "error.contentType"),
    ({"error": {"status": 503}}, "unknown-field", "status"),
    ({"match": [], **FAILING}, "invalid-field", "match"),
    ({"match": {"header": {}}, **FAILING}, "unknown-field", "match.header"),
    ({"match": {"status": 200}, **FAILING}, "invalid-field", "match.status"),
    ({"match": {"operation": "nothing"}, **FAILING}, "invalid-field", "match.operation"),
    ({"match": {"headers": {"X-Team": "a"}}, **FAILING}, "invalid-field", "match.headers.X-Team"),
    (
        {"match": {"headers": {"X-Team": {"startsWith": "a"}}}, **FAILING},
        "unknown-field",
        "match.headers.X-Team.startsWith",
    ),
]


def test_one_rule_after_another(mock: Console) -> None:
    """201 with the rule in full; the list has them in the order in which they act."""
    lost = mock.post(FAULTS, LOST)
    assert lost == {**FRESH, **LOST, "options": {}, "id": lost["id"]}
    slow = mock.post(FAULTS, {"fixedDelayMilliseconds": 200, "times": 3})
    assert slow == {**FRESH, "id": slow["id"], "times": 3, "fixedDelayMilliseconds": 200}
    assert mock.get(FAULTS) == {"faults": [lost, slow], "meta": {"total": 2}}
    assert mock.get(f"{FAULTS}?limit=1") == {"faults": [lost], "meta": {"total": 2}}


def test_the_whole_list(mock: Console) -> None:
    """PUT replaces it; what was there is gone with its counters."""
    old = mock.post(FAULTS, FAILING)
    answer = mock.put(FAULTS, {"faults": [LOST, FAILING]})
    assert mock.get(FAULTS) == answer
    assert [each["fault"] for each in answer["faults"]] == ["LOST_RESPONSE", "INTERNAL_ERROR"]
    assert old["id"] not in {each["id"] for each in answer["faults"]}
    assert mock.put(FAULTS, {"faults": []}) == {"faults": [], "meta": {"total": 0}}


def test_a_rule_in_all_its_members(mock: Console) -> None:
    """What is shown can be put again, but for the id and the counters."""
    written = {
        "operation": "createExpansion",
        "match": {"headers": {"X-Team": {"equalTo": "a"}}, "urlPath": EXPANSIONS},
        "probability": 0.3,
        "skip": 1,
        "times": 2,
        "error": {"statusCode": 503, "code": "content_internal_error", "body": {"a": 1}, "contentType": None},
        "fixedDelayMilliseconds": 200,
        "delayDistribution": {"type": "lognormal", "median": 80, "sigma": 0.4, "maxValue": 2000},
    }
    shown = mock.post(FAULTS, written)
    assert shown == {**written, "id": shown["id"], "seen": 0, "acted": 0}


def test_deleting(mock: Console) -> None:
    """One, or all; one that is not there is 404."""
    first, second = (mock.post(FAULTS, FAILING)["id"] for _ in range(2))
    mock.delete(f"{FAULTS}/{first}")
    assert [each["id"] for each in mock.get(FAULTS)["faults"]] == [second]
    refused(mock.call("DELETE", f"{FAULTS}/{first}"), 404, "unknown-fault")
    mock.delete(FAULTS)
    mock.delete(FAULTS)
    assert mock.get(FAULTS)["faults"] == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read(mock: Console, method: str, what: str) -> None:
    """400, and nothing has changed."""
    before = mock.post(FAULTS, FAILING)
    answer = mock.call(method, FAULTS, data=UNREADABLE[what], content_type="application/json")
    refused(answer, 400, "malformed-json")
    assert mock.get(FAULTS)["faults"] == [before]


@pytest.mark.parametrize(("rule", "token", "field"), NOT_ALLOWED)
def test_what_is_not_allowed(mock: Console, rule: dict[str, Any], token: str, field: str) -> None:
    """422 names the member at fault, by POST and at its place in a list; nothing has changed, no call is touched."""
    before = mock.post(FAULTS, {"fault": "STALE_READ"})
    refused(mock.call("POST", FAULTS, rule), 422, token, field=field)
    in_list = mock.call("PUT", FAULTS, {"faults": [FAILING, rule]})
    refused(in_list, 422, token, field=f"faults[1].{field}")
    assert mock.get(FAULTS)["faults"] == [before]
    assert mock.call("POST", EXPANSIONS, SOURCE, headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    ("body", "token", "field"),
    [
        ({}, "invalid-field", "faults"),
        ({"faults": {}}, "invalid-field", "faults"),
        ({"faults": None}, "invalid-field", "faults"),
        ({"faults": ["TIMEOUT"]}, "invalid-field", "faults[0]"),
        ({"faults": [], "meta": {}}, "unknown-field", "meta"),
    ],
)
def test_what_is_no_list(mock: Console, body: dict[str, object], token: str, field: str) -> None:
    """PUT takes a list of rules under its name."""
    before = mock.post(FAULTS, FAILING)
    refused(mock.call("PUT", FAULTS, body), 422, token, field=field)
    assert mock.get(FAULTS)["faults"] == [before]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("PUT", ""), ("DELETE", ""), ("DELETE", "/x")])
def test_parameters_and_sessions_that_nobody_knows(mock: Console, method: str, path: str) -> None:
    """A likely typo is no default, and another session is not the default one."""
    answer = mock.call(method, f"{FAULTS}{path}", query_string={"sesion": "default"})
    assert (answer.status_code, json.loads(answer.data)["field"]) == (422, "sesion")
    body: Any = {"faults": []} if method == "PUT" else FAILING if method == "POST" else None
    refused(mock.call(method, f"{FAULTS}{path}", body, headers={"X-Mock-Session": "no"}), 404, "unknown-session")


def test_faults_of_the_connection_need_the_relay(clock: Clock) -> None:
    """501 names the flag; nothing is stored."""
    mock = Console(new_app(clock, wire_faults="off"), clock)
    for rule in (LOST, {"chunkedDribbleDelay": {"numberOfChunks": 2, "totalDuration": 1}}):
        assert "--wire-faults" in refused(mock.call("POST", FAULTS, rule), 501, "needs-wire-faults", field="fault")
        listed = mock.call("PUT", FAULTS, {"faults": [FAILING, rule]})
        refused(listed, 501, "needs-wire-faults", field="faults[1].fault")
    assert mock.get(FAULTS)["faults"] == []


def test_a_session_holds_so_many_rules(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runaway test meets a 409 and not the end of memory."""
    monkeypatch.setattr("tutorflow_mock.operations.rules.MOST", 2)
    before = mock.put(FAULTS, {"faults": [FAILING, FAILING]})
    detail = refused(mock.call("POST", FAULTS, FAILING), 409, "session-limit")
    assert detail == "A session holds at most 2 fault rules"
    refused(mock.call("PUT", FAULTS, {"faults": [FAILING] * 3}), 409, "session-limit")
    assert mock.get(FAULTS) == before


def test_no_secret_is_shown(mock: Console) -> None:
    """What a rule compares with may be a credential: the rule means it, and does not tell it."""
    key, cookie = BEARER["Authorization"], "demo-admin"
    rule = {
        "match": {
            "headers": {"Authorization": {"equalTo": key}, "X-Copy": {"contains": key}},
            "cookies": {"jwt": {"equalTo": cookie}, "other": {"absent": True}},
            "queryParameters": {"token": {"equalTo": "s3cr3t-token"}, "page": {"equalTo": "2"}},
            "bodyPatterns": [{"equalToJson": {"password": "s3cr3t-word"}}, {"contains": '"secret": "s3cr3t-text"'}],
        },
        **FAILING,
    }
    shown = mock.post(FAULTS, rule)
    told = mock.post(FAULTS, {"error": {"statusCode": 503, "body": {"said": ["no", key, 1]}}})
    assert told["error"]["body"]["said"][::2] == ["no", 1]
    text = json.dumps([shown, told, mock.get(FAULTS), mock.put(FAULTS, {"faults": [rule]})])
    for secret in (key.partition(" ")[2], cookie, "s3cr3t"):
        assert secret not in text
    assert shown["match"]["queryParameters"]["page"] == {"equalTo": "2"}
    assert shown["match"]["cookies"]["other"] == {"absent": True}
    url = mock.post(FAULTS, {"match": {"url": f"{EXPANSIONS}?api_key=s3cr3t&a=1"}, **FAILING})
    assert url["match"] == {"url": f"{EXPANSIONS}?api_key=…&a=1"}
