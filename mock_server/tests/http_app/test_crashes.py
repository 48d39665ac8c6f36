"""What breaks inside: an envelope with an id that the log has too, no secret in either, and the next call works."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from mock_server.tests.http_app.wsgi import FUNCTIONS, READ, call
from mock_server.tests.operations.in_process import CLASSROOMS, DEMO_KEY, KEY, LOGIN, WHO, Mock

from tutorflow_mock.operations.call import Reply

SECRET = f"tf_content_{'a' * 32}"


@pytest.fixture
def crashing(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """A mock whose list of classrooms divides by zero, with secrets in its hands."""

    def crash(_world: object, request: Any) -> Reply:
        key, number = SECRET, len(request.body)
        raise RuntimeError(f"cannot list for {key}, demo-admin") from ZeroDivisionError(str(1 + number))

    monkeypatch.setitem(FUNCTIONS, "listClassrooms", crash)
    return Mock()


@pytest.mark.requirement("ERR-008", "ERR-009", "ERR-001", "ERR-002", "ERR-005")
def test_a_crash_is_an_envelope_with_an_id(crashing: Mock, caplog: pytest.LogCaptureFixture) -> None:
    """500 says nothing of the inside but an id; the log has this id with the traceback, and no secret."""
    answer = crashing.send("GET", CLASSROOMS, KEY)
    request_id = answer.headers["X-Mock-Request-Id"]
    assert (answer.outcome, answer.reason) == ((500, "content_internal_error"), "internal-error")
    assert answer.error is not None
    assert re.fullmatch(r"Unexpected error, request [0-9a-f]{16}", answer.error["message"])
    assert request_id in answer.error["message"]
    assert request_id in caplog.text
    assert "RuntimeError" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "in crash" in caplog.text
    for secret in (SECRET, DEMO_KEY):
        assert secret not in caplog.text
        assert secret not in repr(answer)
    journal = crashing.world.store.read_journal("default")
    assert [(entry.id, entry.status) for entry in journal] == [(request_id, 500)]


def test_one_record_is_one_line_of_levels(crashing: Mock, caplog: pytest.LogCaptureFixture) -> None:
    """A crash is one error; refusals are none."""
    crashing.create(payload=5)
    crashing.send("GET", CLASSROOMS)
    assert caplog.records == []
    crashing.send("GET", CLASSROOMS, KEY)
    assert [(record.levelno, record.name) for record in caplog.records] == [(logging.ERROR, "tutorflow_mock")]


def test_after_a_crash_all_goes_on(crashing: Mock) -> None:
    """The call after a crash is answered as ever, and the crash counted as a call of its key."""
    for _ in range(3):
        assert crashing.send("GET", CLASSROOMS, KEY).status == 500
    assert crashing.create("k").outcome == (200, None)
    assert crashing.list_keys()[0]["lastUsedAt"] == "2026-07-06T09:00:00.000Z"


def test_a_crash_before_the_session_is_found(caplog: pytest.LogCaptureFixture) -> None:
    """When even the session cannot be looked up, the answer is an envelope with an id of the log all the same."""
    mock = Mock()
    original = mock.world.store.find_credential
    mock.world.store.find_credential = _raising(LookupError(f"no table for {SECRET}"))  # type: ignore[method-assign]
    answer = call(mock.app, READ)
    assert answer.outcome == (500, "content_internal_error")
    assert answer.headers["X-Mock-Request-Id"] in caplog.text
    assert answer.error is not None
    assert answer.headers["X-Mock-Request-Id"] in answer.error["message"]
    assert SECRET not in caplog.text
    mock.world.store.find_credential = original  # type: ignore[method-assign]
    assert mock.send("GET", CLASSROOMS, KEY).status == 200


def test_a_session_that_is_gone() -> None:
    """A credential whose session went away a moment ago is refused; the default session is always there."""
    mock = Mock()
    mock.world.store.enter = lambda session_id, elapsed, digest=None: None  # type: ignore[method-assign]
    refused = mock.send("GET", CLASSROOMS, KEY)
    assert (refused.status, refused.headers["X-Mock-Error"]) == (401, "session-ended")
    mock.world.store.session = lambda session_id: None  # type: ignore[method-assign]
    assert mock.send("GET", CLASSROOMS, KEY).status == 500


def test_a_session_that_ends_during_a_login_is_the_default_one() -> None:
    """An e-mail whose session ends meanwhile is looked for in the default session."""
    mock = Mock()
    mock.world.store.find_admin_session = lambda email: "ended"  # type: ignore[method-assign]
    assert mock.send("POST", LOGIN, body=WHO).status == 200


def test_a_cookie_whose_session_is_gone_takes_no_alias() -> None:
    """The second name of the cookie counts where the cookie's session takes it; one that is gone does not."""
    mock = Mock({"login.cookie-alias": "tutorflow-admin-session"})
    found = mock.world.store.session("default")
    answers = iter([None])
    mock.world.store.session = lambda session_id: next(answers, found)  # type: ignore[method-assign]
    answer = mock.send("GET", "/v1/content/organizations", {"Cookie": "tutorflow_admin_session=demo-admin"})
    assert answer.status == 401


def test_a_crash_beside_the_api_is_an_envelope_too(caplog: pytest.LogCaptureFixture) -> None:
    """A route that is not the contract's and breaks is told in the envelope, with an id that the log has too."""
    mock = Mock()
    mock.app.add_url_rule("/boom", "boom", _raising(RuntimeError(SECRET)))
    answer = call(mock.app, READ, {"PATH_INFO": "/boom"})
    assert answer.outcome == (500, "content_internal_error")
    assert answer.error is not None
    assert SECRET not in caplog.text + repr(answer)
    assert "RuntimeError" in caplog.text
    found = re.search(r"[0-9a-f]{16}", answer.error["message"])
    assert found is not None, "the message has no error id"
    assert found[0] in caplog.text


def test_a_journal_that_fails_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The journal is best effort: what was done is answered, and the log tells of the gap."""
    mock = Mock()
    mock.world.store.append_journal = _raising(OSError("disk full"))  # type: ignore[method-assign]
    created = mock.create("k")
    assert (created.status, mock.create("k").body) == (200, created.body)
    assert created.headers["X-Mock-Request-Id"] in caplog.text


def _raising(error: Exception) -> Callable[..., Any]:
    def crash(*_: object, **__: object) -> Any:
        raise error

    return crash
