"""Which session a call belongs to: its credential's, that of its e-mail, the one it names, or the default one."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from mock_server.tests.http_app.wsgi import CREATE, READ, call, environ
from mock_server.tests.operations.in_process import CLASSROOMS, KEY, LOGIN, ORGANIZATIONS, WHO, Mock

from tutorflow_mock.domain import sessions
from tutorflow_mock.http import received
from tutorflow_mock.operations.call import Reply

SECOND_KEY = {"Authorization": f"Bearer tf_content_{'2' * 32}"}
SECOND_ADMIN = {"Cookie": "jwt=second-admin"}
NAMES_SECOND = {"X-Mock-Session": "second"}


@pytest.fixture
def mock() -> Mock:
    """A mock with the document's values."""
    return Mock()


@pytest.mark.parametrize("session", ["nowhere", "", "Default", "default ", "x" * 5000, "a\\nb", "é", "../default"])
def test_an_unknown_session_is_a_problem(mock: Mock, session: str) -> None:
    """An `X-Mock-Session` that nobody has is told as a problem of steering the mock, whatever else was sent."""
    nowhere, front_page = {"PATH_INFO": "/v1/nothing"}, {"HTTP_ACCEPT": "text/html"}
    for given in (READ, CREATE, {**READ, "HTTP_AUTHORIZATION": None}, nowhere, {**READ, **nowhere}, front_page):
        answer = call(mock.app, given, {"HTTP_X_MOCK_SESSION": session})
        problem = answer.json()
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")
        assert (problem["type"], problem["title"], problem["status"]) == (
            "/__admin/docs/errors#unknown-session",
            "Unknown session",
            404,
        )
        assert len(problem["detail"]) < 200


def test_a_session_that_ends_under_a_call_to_nowhere(mock: Mock, caplog: pytest.LogCaptureFixture) -> None:
    """Between the look at its name and the journal: the call belongs to no journal, and nobody is alarmed."""
    given = environ({"PATH_INFO": "/v1/nothing", "HTTP_X_MOCK_SESSION": "gone"})
    received.remember_elsewhere(mock.world, given, Reply(404, None), b"", [])
    assert (mock.world.store.read_journal("default"), caplog.records) == ((), [])


def open_second_session(mock: Mock) -> None:
    """Open a session beside the default one, with a tenant, a seed and behaviours of its own."""
    default = mock.world.store.session("default")
    assert default is not None
    tenant = replace(
        sessions.HARBOUR,
        api_key=f"tf_content_{'2' * 32}",
        cookie="second-admin",
        email="admin@second.example",
        key_id="00000000-0000-4000-8000-000000000077",
    )
    second = replace(
        sessions.session_of("second", (tenant,), seed="7", revision=default.revision, clock=default.clock),
        chance=mock.world.make_ids("7", "second"),
        overrides=(("login.success-status", "created-201"),),
    )
    credentials = [each for each in sessions.credentials_of("second", (tenant,), 0) if not _is_placeholder(each)]
    mock.world.store.open_session(second, tuple(credentials))


def _is_placeholder(credential: object) -> bool:
    return bool(getattr(credential, "is_placeholder", False))


@pytest.mark.parametrize(
    ("method", "path", "headers", "session"),
    [
        ("GET", CLASSROOMS, [KEY], "default"),
        ("GET", CLASSROOMS, [SECOND_KEY], "second"),
        ("GET", ORGANIZATIONS, [SECOND_ADMIN], "second"),
        ("GET", ORGANIZATIONS, [SECOND_ADMIN, KEY], "second"),
        ("GET", CLASSROOMS, [SECOND_ADMIN, KEY], "default"),
        ("GET", CLASSROOMS, [KEY, NAMES_SECOND], "default"),
        ("GET", CLASSROOMS, [SECOND_KEY, NAMES_SECOND], "second"),
        ("GET", CLASSROOMS, [NAMES_SECOND], "second"),
        ("GET", CLASSROOMS, [{"Authorization": "Bearer tf_content_0"}, NAMES_SECOND], "second"),
        ("GET", CLASSROOMS, [], "default"),
        ("PUT", CLASSROOMS, [SECOND_KEY], "second"),
        ("PUT", CLASSROOMS, [SECOND_ADMIN], "second"),
        ("PUT", CLASSROOMS, [], "default"),
        ("POST", LOGIN, [], "default"),
        ("POST", LOGIN, [NAMES_SECOND], "second"),
        ("POST", LOGIN, [SECOND_ADMIN], "default"),
    ],
)
def test_which_session_a_call_belongs_to(
    mock: Mock, method: str, path: str, headers: list[Mapping[str, str]], session: str
) -> None:
    """The credential that the operation names decides, then the header, then it is the default one."""
    open_second_session(mock)
    answer = mock.send(method, path, *headers, raw=b"{" if path == LOGIN else None)
    assert answer.headers["X-Mock-Session"] == session
    is_overruled = NAMES_SECOND in headers and session == "default" and path != LOGIN
    assert answer.headers.get("X-Mock-Warnings") == ("session-mismatch" if is_overruled else None)


def test_a_login_belongs_to_the_session_of_its_email(mock: Mock) -> None:
    """An admin of another session is found by the e-mail, also against the header, and lives under its behaviours."""
    open_second_session(mock)
    theirs = mock.send("POST", LOGIN, body={**WHO, "email": "admin@second.example"})
    ours = mock.send("POST", LOGIN, NAMES_SECOND, body=WHO)
    unknown = mock.send("POST", LOGIN, NAMES_SECOND, body={**WHO, "email": "nobody@second.example"})
    assert [(answer.status, answer.headers["X-Mock-Session"]) for answer in (theirs, ours, unknown)] == [
        (201, "second"),
        (200, "default"),
        (401, "second"),
    ]


def test_sessions_share_nothing(mock: Mock) -> None:
    """One key in two sessions makes two jobs, each seen in its own only."""
    open_second_session(mock)
    ours, theirs = mock.create("k"), mock.create("k", SECOND_KEY)
    assert theirs.replayed == "new"
    assert mock.status(ours.job["id"], SECOND_KEY).status == 404
    assert mock.status(theirs.job["id"]).status == 404
    assert [len(mock.world.store.jobs(name)) for name in ("default", "second")] == [1, 1]
