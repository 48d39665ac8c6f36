"""The self-check: an answer that the document does not allow is held back, told as a 500, and explained in the log."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from mock_server.tests.http_app.wsgi import FUNCTIONS
from mock_server.tests.operations.in_process import ADMIN, API_KEYS, CLASSROOMS, KEY, LOGIN, WHO, Answer, Mock

from tutorflow_mock.domain.errors import Conflict
from tutorflow_mock.operations.call import Reply

GOOD = [{"id": "room", "name": "Room", "organizationId": "org"}]

Send = Callable[[Mock], Answer]


def list_classrooms(mock: Mock) -> Answer:
    """Ask for the classrooms."""
    return mock.send("GET", CLASSROOMS, KEY)


def revoke(mock: Mock) -> Answer:
    """Revoke a key."""
    return mock.send("POST", f"{API_KEYS}/any/revoke", ADMIN)


def sign_in(mock: Mock) -> Answer:
    """Log in."""
    return mock.send("POST", LOGIN, body=WHO)


def answering(reply: Reply) -> Callable[[object, object], Reply]:
    """Return an operation that always answers this."""

    def operate(_world: object, _request: object) -> Reply:
        return reply

    return operate


class Case(NamedTuple):
    """An operation that answers this, and what the document says to it."""

    operation: str
    reply: Reply
    send: Send
    fault: str


CASES = [
    Case("listClassrooms", Reply(200, {"rooms": []}), list_classrooms, "listClassrooms 200: body must be an array"),
    Case("listClassrooms", Reply(200, [{"name": "x"}]), list_classrooms, "listClassrooms 200: [0].id is required"),
    Case("listClassrooms", Reply(200, b'[{"id":5}]'), list_classrooms, "listClassrooms 200: [0].id must be a string"),
    Case("listClassrooms", Reply(200, None), list_classrooms, "listClassrooms 200 lacks its body"),
    Case("listClassrooms", Reply(201, GOOD), list_classrooms, "listClassrooms declares no status 201"),
    Case("revokeApiKey", Reply(200, {"revoked": True}), revoke, "revokeApiKey 200 declares no body"),
    Case("login", Reply(200, {"user": {}}), sign_in, "login 200 lacks the header Set-Cookie"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_broken_answer_is_held_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, case: Case
) -> None:
    """500 with an id instead of the answer; the log says what the document would not have allowed."""
    monkeypatch.setitem(FUNCTIONS, case.operation, answering(case.reply))
    answer = case.send(Mock(self_check=True))
    request_id = answer.headers["X-Mock-Request-Id"]
    assert (answer.outcome, answer.reason) == ((500, "content_internal_error"), "self-check")
    assert answer.error is not None
    assert answer.error["message"] == f"The mock broke its own contract, request {request_id}"
    assert [record.getMessage() for record in caplog.records] == [f"self-check of request {request_id}: {case.fault}"]


def test_a_good_answer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the document allows is sent as it is, from a value or from ready bytes, further members and headers too."""
    reply = Reply(200, [{**GOOD[0], "seats": 12}], headers=(("X-Seats", "12"),))
    monkeypatch.setitem(FUNCTIONS, "listClassrooms", answering(reply))
    answer = list_classrooms(Mock(self_check=True))
    assert (answer.status, answer.json(), answer.headers["X-Seats"]) == (200, [{**GOOD[0], "seats": 12}], "12")


def test_required_headers_have_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """A header counts in any spelling."""
    reply = Reply(200, {"user": {}}, headers=(("set-cookie", "jwt=x"),))
    monkeypatch.setitem(FUNCTIONS, "login", answering(reply))
    assert sign_in(Mock(self_check=True)).status == 200


def test_without_the_check_a_broken_answer_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check costs time, so a server does without it unless it is told otherwise."""
    monkeypatch.setitem(FUNCTIONS, "listClassrooms", answering(Reply(200, {"rooms": []})))
    app = Mock(self_check=False)
    response = app.app.test_client(use_cookies=False).get(CLASSROOMS, headers=dict(KEY))
    assert (response.status_code, response.get_json()) == (200, {"rooms": []})


def test_refusals_are_checked_too(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal with a status that the operation does not declare is a broken answer."""

    def refuse(_world: object, _request: object) -> Reply:
        raise Conflict("The classrooms are in use")

    monkeypatch.setitem(FUNCTIONS, "listClassrooms", refuse)
    answer = list_classrooms(Mock(self_check=True))
    assert (answer.status, answer.reason) == (500, "self-check")
    assert "listClassrooms declares no status 409" in caplog.text
