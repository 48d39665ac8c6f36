"""Credentials: what counts as a bearer key, what as a session, and what neither opens."""

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    DAY,
    DEMO_KEY,
    EXPORTS,
    KEY,
    LESSON,
    LOGIN,
    ORGANIZATION,
    ORGANIZATIONS,
    WEBHOOKS,
    WHO,
    Mock,
    cookie,
)

ALIAS = {"login.cookie-alias": "tutorflow-admin-session"}


@pytest.fixture
def mock() -> Mock:
    """A mock with the document's values."""
    return Mock()


@pytest.mark.requirement("AUTH-001", "AUTH-002", "AUTH-003", "AUTH-014")
@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {DEMO_KEY}", 200),
        (f"bearer {DEMO_KEY}", 200),
        (f"BEARER   {DEMO_KEY}  ", 200),
        (f"Bearer {DEMO_KEY.upper()}", 401),
        (f"Bearer {DEMO_KEY[:-1]}", 401),
        (f"Bearer {DEMO_KEY} {DEMO_KEY}", 401),
        (f"Bearer {DEMO_KEY},Bearer {DEMO_KEY}", 401),
        (f"Bearer\t{DEMO_KEY}", 401),
        (f"Basic {DEMO_KEY}", 401),
        (f"Token {DEMO_KEY}", 401),
        (DEMO_KEY, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("", 401),
        ("Bearer demo-admin", 401),
        ("Bearer é", 401),
    ],
)
def test_what_a_bearer_key_looks_like(mock: Mock, authorization: str, status: int) -> None:
    """The scheme has no case, the key has; two keys, another scheme, or the value of a session are none."""
    answer = mock.send("GET", CLASSROOMS, {"Authorization": authorization})
    assert answer.status == status
    assert answer.outcome[1] == (None if status == 200 else "content_invalid_api_key")


@pytest.mark.requirement("AUTH-015", "AUTH-012")
def test_a_key_elsewhere_is_no_key(mock: Mock) -> None:
    """A key in the query or in a cookie is not accepted, and the answer says how to send it."""
    queries = [f"{CLASSROOMS}?api_key={DEMO_KEY}", f"{CLASSROOMS}?access_token={DEMO_KEY}"]
    answers = [mock.send("GET", path) for path in queries]
    answers.append(mock.send("GET", CLASSROOMS, {"Cookie": f"jwt={DEMO_KEY}"}))
    assert [answer.outcome for answer in answers] == [(401, "content_invalid_api_key")] * 3
    assert [answer.headers["WWW-Authenticate"] for answer in answers] == ["Bearer"] * 3


@pytest.mark.requirement("AUTH-007", "AUTH-008", "EXP-001")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", ORGANIZATIONS, None),
        ("GET", API_KEYS, None),
        ("POST", API_KEYS, {"name": "mine"}),
        ("GET", WEBHOOKS, None),
        ("POST", WEBHOOKS, {"url": "https://hooks.example/", "events": ["content.failed"]}),
        ("POST", EXPORTS, {"lessonId": LESSON}),
    ],
)
def test_a_key_opens_no_admin_operation(mock: Mock, method: str, path: str, body: object) -> None:
    """A bearer key is the wrong kind of credential for what an admin does; with a session it works."""
    refused = mock.send(method, path, KEY, body=body)
    assert (refused.outcome, refused.reason) == ((401, "content_invalid_api_key"), "wrong-credential")
    assert mock.send(method, path, KEY, ADMIN, body=body).status in {200, 201}


@pytest.mark.requirement("AUTH-007")
def test_a_session_opens_no_bearer_operation(mock: Mock) -> None:
    """A session alone is the wrong kind of credential; beside a bad key it does not help either."""
    alone = mock.send("GET", CLASSROOMS, ADMIN)
    beside = mock.send("GET", CLASSROOMS, ADMIN, {"Authorization": "Bearer tf_content_0"})
    assert (alone.outcome, alone.reason) == ((401, "content_invalid_api_key"), "wrong-credential")
    assert (beside.outcome, beside.reason) == ((401, "content_invalid_api_key"), "unknown-key")
    assert mock.send("GET", CLASSROOMS).reason == "missing-key"


@pytest.mark.requirement("AUTH-009")
@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("jwt=demo-admin", 200),
        ("theme=dark; jwt=demo-admin; lang=ko", 200),
        ("theme=dark;jwt=demo-admin", 200),
        (" jwt = demo-admin ", 200),
        ("jwt=demo-admin; jwt=made-up", 200),
        ("jwt=made-up; jwt=demo-admin", 401),
        ("jwt=", 401),
        ("jwt", 401),
        ("JWT=demo-admin", 401),
        ("xjwt=demo-admin", 401),
        ("a=jwt=demo-admin", 401),
        ("jwt=demo-admin, jwt=demo-admin", 401),
        ("jwt=Demo-admin", 401),
        ("=; ;;=;", 401),
        ("", 401),
        ("tutorflow_admin_session=demo-admin", 401),
        ("; ".join([*(f"c{number}={number}" for number in range(200)), "jwt=demo-admin"]), 200),
        ("; ".join(f"jwt{number}=demo-admin" for number in range(200)), 401),
    ],
)
def test_which_cookie_is_the_session(mock: Mock, header: str, status: int) -> None:
    """The cookie `jwt` counts, among as many as there are; of two the first."""
    assert mock.send("GET", ORGANIZATIONS, {"Cookie": header}).status == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("tutorflow_admin_session=demo-admin", 200),
        ("tutorflow_admin_session=made-up; jwt=demo-admin", 200),
        ("jwt=made-up; tutorflow_admin_session=demo-admin", 200),
        ("tutorflow_admin_session=made-up", 401),
    ],
)
def test_the_alias_counts_where_it_is_taken(header: str, status: int) -> None:
    """With the alias on, a session under either name opens."""
    assert Mock(ALIAS).send("GET", ORGANIZATIONS, {"Cookie": header}).status == status


@pytest.mark.requirement("AUTH-016", "AUTH-018")
def test_a_login_opens_a_session(mock: Mock) -> None:
    """The answer names the admin and holds no key; its cookie is `HttpOnly`, for all paths, and it opens."""
    signed_in = mock.login()
    value, *attributes = signed_in.headers["Set-Cookie"].split("; ")
    assert signed_in.json() == {"user": {"id": "00000000-0000-4000-8000-000000000005", "email": WHO["email"]}}
    assert (value[:4], len(value), attributes) == ("jwt=", 4 + 64, ["Path=/", "HttpOnly"])
    assert [each["id"] for each in mock.send("GET", ORGANIZATIONS, cookie(signed_in)).json()] == [ORGANIZATION]


def test_a_login_sets_the_alias_where_it_is_taken() -> None:
    """With the alias on, both names carry one session."""
    answer = Mock(ALIAS).login()
    names = [each.partition("=")[0] for each in answer.headers.getlist("Set-Cookie")]
    assert names == ["jwt", "tutorflow_admin_session"]


@pytest.mark.requirement("AUTH-009")
def test_sessions_of_logins_are_new_and_end(mock: Mock) -> None:
    """Each login is a session of its own; it ends after a day, the one that the mock hands out never does."""
    first = cookie(mock.login())
    mock.clock.advance(DAY / 2)
    second = cookie(mock.login())
    assert first != second
    mock.clock.advance(DAY / 2)
    answers = [mock.send("GET", ORGANIZATIONS, each) for each in (first, second, ADMIN)]
    assert [answer.status for answer in answers] == [401, 200, 200]
    assert answers[0].reason == "expired-session"
    mock.clock.advance(3650 * DAY)
    assert mock.send("GET", ORGANIZATIONS, ADMIN).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (WHO, 200),
        ({**WHO, "colour": "blue"}, 200),
        ({**WHO, "password": ""}, 400),
        ({**WHO, "timezone": ""}, 400),
        ({"email": WHO["email"], "password": WHO["password"]}, 400),
        ({"email": 5, "password": "x", "timezone": "Asia/Seoul"}, 400),
        ([], 400),
        ({**WHO, "password": "a-long-passphrase "}, 401),
    ],
)
def test_what_a_login_says(mock: Mock, body: object, status: int) -> None:
    """E-mail, password and time zone are required; a password is compared to the byte."""
    assert mock.send("POST", LOGIN, body=body).status == status


def test_a_login_of_the_second_admin(mock: Mock) -> None:
    """The other organization's admin signs in with its own words, and manages its own only."""
    other = mock.login(email="admin@lighthouse.example", password="another-long-passphrase")
    listed = mock.send("GET", ORGANIZATIONS, cookie(other)).json()
    assert [each["name"] for each in listed] == ["Lighthouse Academy"]
    assert mock.send("GET", API_KEYS, cookie(other)).status == 403


def test_a_login_needs_no_credential_and_minds_none(mock: Mock) -> None:
    """A dead cookie or a key beside a login changes nothing."""
    assert mock.login({"Cookie": "jwt=made-up"}, KEY).status == 200


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"email":5}', b'{"email":"\\ud800"}', b"\xff", b" " * 70_000])
def test_an_unreadable_login_belongs_to_the_default_session(mock: Mock, raw: bytes) -> None:
    """What cannot be read, or is longer than a login can be, is refused in the default session."""
    refused = mock.send("POST", LOGIN, raw=raw)
    assert (refused.outcome, refused.headers["X-Mock-Session"]) == ((400, "content_invalid_request"), "default")


def test_a_long_login_is_read_to_its_end(mock: Mock) -> None:
    """A login above the size in which its e-mail is looked for is still a login."""
    assert mock.send("POST", LOGIN, body={**WHO, "note": "x" * 70_000}).status == 200
