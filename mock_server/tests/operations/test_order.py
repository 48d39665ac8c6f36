"""The order of checks, by pairs: of two faults in one request the earlier one is told, whatever comes after it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    CLASSROOM,
    CLASSROOMS,
    EXPANSIONS,
    EXPORTS,
    FOREIGN_CLASSROOM,
    LESSON,
    Answer,
    Json,
    Mock,
    bearer,
)

from tutorflow_mock.domain.model import Value

LIMIT = 400
STRICT: Mapping[str, Value] = {
    "request.max-body-bytes": LIMIT,
    "request.bad-media-type": "reject-415",
    "validation.status": "reject-422",
    "idempotency.same-key-other-body": "conflict-409",
    "rate.window": "fixed-first",
}
"""Values under which every refusal has a status or a token of its own."""


@dataclass
class Draft:
    """A request that would succeed; faults are built into it."""

    path: str
    document: dict[str, Json]
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    dead_key: Mapping[str, str] = field(default_factory=dict[str, str])
    tail: str = ""

    def send(self, mock: Mock) -> Answer:
        """Send it."""
        raw = (json.dumps(self.document) + self.tail).encode()
        return mock.send(self.method, self.path, self.headers, raw=raw)


Fault = tuple[str, Callable[[Draft], None], tuple[int, str]]


def _header(name: str, value: str) -> Callable[[Draft], None]:
    return lambda draft: draft.headers.__setitem__(name, value)


def _member(name: str, value: Json) -> Callable[[Draft], None]:
    return lambda draft: draft.document.__setitem__(name, value)


def _leads_nowhere(draft: Draft) -> None:
    draft.path += "/nothing/here"


def _has_no_such_method(draft: Draft) -> None:
    draft.method = "PUT"


def _is_too_long(draft: Draft) -> None:
    draft.tail += " " * LIMIT


def _is_cut(draft: Draft) -> None:
    draft.tail += "}"


def _uses_a_dead_key(draft: Draft) -> None:
    draft.headers |= draft.dead_key


COMMON_START: list[Fault] = [
    ("another Host", _header("Host", "evil.example"), (400, "host-not-allowed")),
    ("an unknown session", _header("X-Mock-Session", "nowhere"), (404, "unknown-session")),
    ("an unknown route", _leads_nowhere, (404, "unknown-route")),
    ("an unknown method", _has_no_such_method, (404, "unknown-operation")),
]
COMMON_END: list[Fault] = [
    ("too long a body", _is_too_long, (413, "body-too-large")),
    ("another media type", _header("Content-Type", "text/plain"), (415, "media-type")),
    ("a coding", _header("Content-Encoding", "gzip"), (400, "content-encoding")),
    ("broken JSON", _is_cut, (400, "malformed-json")),
]
CREATE: list[Fault] = [
    *COMMON_START,
    ("a revoked key", _uses_a_dead_key, (401, "revoked-key")),
    ("a full window", lambda draft: None, (429, "rate-limit")),
    *COMMON_END,
    ("a wrong value", _member("sourceType", 5), (422, "invalid-body")),
    ("a used idempotency key", _header("Idempotency-Key", "used"), (409, "key-reused")),
    ("a foreign classroom", _member("classroomId", FOREIGN_CLASSROOM), (404, "foreign-classroom")),
]
EXPORT: list[Fault] = [
    *COMMON_START,
    ("a made-up session", _header("Cookie", "jwt=made-up"), (401, "no-admin-session")),
    ("a foreign classroom", lambda draft: None, (403, "foreign-classroom")),
    *COMMON_END,
    ("a wrong value", _member("idempotencyKey", 5), (422, "invalid-body")),
    ("a used idempotency key", _header("Idempotency-Key", "used"), (409, "key-reused")),
    ("an unknown lesson", _member("lessonId", "no-such-lesson"), (404, "unknown-lesson")),
]


BESIDE_THE_PLANE = {400: "host-not-allowed", 404: "unknown-route"}
"""What is refused on paths that are not the contract's, and so without the mock's headers."""


def pairs(faults: list[Fault]) -> list[tuple[Fault, Fault]]:
    """Return every fault with every later one; a known key is answered without looking the rest up."""
    return list(combinations(faults, 2))


def name_of(fault: Fault) -> str:
    """Return how a fault is called in a test's id."""
    return fault[0].replace(" ", "-")


def told(answer: Answer) -> tuple[int, str]:
    """Return the status and what tells the refusals apart: the token, or the type of a problem document."""
    if answer.headers["Content-Type"] == "application/problem+json":
        return answer.status, answer.json()["type"].partition("#")[2]
    return answer.status, answer.reason or BESIDE_THE_PLANE[answer.status]


@pytest.mark.requirement("AUTH-013", "RATE-009", "ERR-006", "ERR-007", "CRE-014", "CRE-020", "CRE-023")
@pytest.mark.parametrize(("earlier", "later"), pairs(CREATE), ids=name_of)
def test_of_two_faults_of_a_create_the_earlier_is_told(earlier: Fault, later: Fault) -> None:
    """Host, route, session, method, key, window, length, media type, coding, JSON, schema, idempotency, look-up."""
    mock = Mock(STRICT)
    mock.create("used")
    has_full_window = "a full window" in {earlier[0], later[0]}
    made = mock.new_key(rateLimitPerMinute=1)
    key = bearer(made)
    draft = Draft(EXPANSIONS, {"payload": {}, "classroomId": CLASSROOM}, headers=dict(key))
    if has_full_window:
        mock.send("GET", CLASSROOMS, key)
    dead = mock.new_key(rateLimitPerMinute=1)
    mock.send("GET", CLASSROOMS, bearer(dead))
    mock.key_call(dead.json()["keyId"], "revoke")
    draft.dead_key = bearer(dead)
    for _, build_in, _ in (later, earlier):
        build_in(draft)
    assert told(draft.send(mock)) == earlier[2]


@pytest.mark.requirement("AUTH-010", "EXP-004", "EXP-005")
@pytest.mark.parametrize(("earlier", "later"), pairs(EXPORT), ids=name_of)
def test_of_two_faults_of_an_export_the_earlier_is_told(earlier: Fault, later: Fault) -> None:
    """Host, route, session, method, sign-in, one's own, length, media type, coding, JSON, schema, key, look-up."""
    mock = Mock(STRICT)
    mock.export("used")
    is_foreign = "a foreign classroom" in {earlier[0], later[0]}
    path = EXPORTS.replace(CLASSROOM, FOREIGN_CLASSROOM) if is_foreign else EXPORTS
    draft = Draft(path, {"lessonId": LESSON, "extra": 1}, headers=dict(ADMIN))
    for _, build_in, _ in (later, earlier):
        build_in(draft)
    assert told(draft.send(mock)) == earlier[2]


@pytest.mark.parametrize("faults", [CREATE, EXPORT], ids=["create", "export"])
def test_each_fault_is_told_when_it_is_alone(faults: list[Fault]) -> None:
    """The tests by pairs mean something: no fault hides behind another's answer."""
    assert len({outcome for _, _, outcome in faults}) == len(faults)


SYNTAX: Fault = ("a bad idempotency key", _header("Idempotency-Key", ""), (422, "invalid-header"))


@pytest.mark.requirement("IDEM-012")
@pytest.mark.parametrize("earlier", CREATE[6:9], ids=name_of)
def test_how_a_body_comes_is_looked_at_before_the_key(earlier: Fault) -> None:
    """Length, media type and coding are told before an idempotency key that cannot be one."""
    mock = Mock(STRICT)
    draft = Draft(EXPANSIONS, {"payload": {}}, headers={"Authorization": "Bearer workspace_api_key"})
    for _, build_in, _ in (SYNTAX, earlier):
        build_in(draft)
    assert told(draft.send(mock)) == earlier[2]


@pytest.mark.parametrize("later", CREATE[-1:], ids=name_of)
def test_a_bad_key_is_told_before_anything_is_looked_up(later: Fault) -> None:
    """An idempotency key that cannot be one is told before a classroom that is not there."""
    mock = Mock(STRICT)
    draft = Draft(EXPANSIONS, {"payload": {}}, headers={"Authorization": "Bearer workspace_api_key"})
    for _, build_in, _ in (later, SYNTAX):
        build_in(draft)
    assert told(draft.send(mock)) == SYNTAX[2]


@pytest.mark.requirement("RATE-007")
def test_a_refusal_by_the_window_is_decided_before_the_body_is_read() -> None:
    """A full window answers 429 to a body that would be too long, and the key's next minute is untouched."""
    mock = Mock(STRICT)
    key = bearer(mock.new_key(rateLimitPerMinute=1))
    mock.send("GET", CLASSROOMS, key)
    assert mock.send("POST", EXPANSIONS, key, raw=b" " * (LIMIT + 1)).status == 429
    mock.clock.advance(60)
    assert mock.send("POST", EXPANSIONS, key, raw=b" " * (LIMIT + 1)).status == 413
