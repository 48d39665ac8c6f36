"""The gateway: which calls it takes, what it adds to answers, and what it leaves to the rest of the application."""

import json
from typing import Any
from wsgiref.validate import validator

import pytest
from mock_server.tests.http_app.wsgi import CREATE, READ, call, environ
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    EXPANSIONS,
    FOREIGN_KEY,
    KEY,
    LOGIN,
    ORGANIZATIONS,
    WEBHOOKS,
    Mock,
    bearer,
)

from tutorflow_mock.version import VERSION

LONG = [f"field-{number:03d}" for number in range(100)]


@pytest.fixture
def mock() -> Mock:
    """A mock with the document's values."""
    return Mock()


@pytest.mark.requirement("ERR-006")
@pytest.mark.parametrize(
    "path",
    [
        "/v1/nothing",
        "/v1/content/classrooms/",
        "//v1/content/classrooms",
        "/v1//content/classrooms",
        "/V1/content/classrooms",
        "/v1/content/%63lassrooms",
        "/v1/content/./classrooms",
        "/v1/content/classrooms;v=1",
        "/v1/content/integrations/expansions//result",
        "/v1/content/integrations/expansions/a/b/result",
        "/v1/platform/evaluations",
        "/auth/login/",
        "/auth",
        "v1/content/classrooms",
        "/é",
        "/../v1/content/classrooms",
        "/favicon.ico",
        None,
    ],
)
def test_an_unknown_route_is_not_found(mock: Mock, path: str | None) -> None:
    """Only exact paths of the contract are operations; everything else is one 404 in the envelope."""
    for method in ("GET", "POST", "DELETE", "HEAD"):
        answer = call(mock.app, READ, {"PATH_INFO": path, "REQUEST_METHOD": method})
        assert answer.status == 404
        assert answer.headers["Content-Type"] == "application/json"
        if method != "HEAD":
            assert answer.json() == {
                "error": {"code": "content_not_found", "message": "There is nothing here", "status": 404}
            }


@pytest.mark.requirement("ERR-007", "HTTP-004")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "G@T", "get", "POST"])
def test_an_unknown_method_is_not_found(mock: Mock, method: str) -> None:
    """A method that the path lacks is the same 404, credential or not; it changes nothing and costs no slot."""
    given = {"REQUEST_METHOD": method, "PATH_INFO": CLASSROOMS}
    answers = [call(mock.app, READ, given), call(mock.app, given)]
    assert [answer.outcome for answer in answers] == [(404, "content_not_found")] * 2
    assert [answer.reason for answer in answers] == ["unknown-operation"] * 2
    assert mock.list_keys()[0]["lastUsedAt"] is None


@pytest.mark.parametrize(
    ("path", "allow"),
    [(API_KEYS, "GET, POST"), (CLASSROOMS, "GET"), (f"{WEBHOOKS}/w", "DELETE"), (LOGIN, "POST")],
)
def test_allow_names_the_methods_of_the_path(path: str, allow: str) -> None:
    """Under `wrong-method=method-not-allowed-405` the answer says what the path has."""
    refused = Mock({"request.wrong-method": "method-not-allowed-405"}).send("PATCH", path)
    assert (refused.outcome, refused.headers["Allow"]) == ((405, "content_invalid_request"), allow)


@pytest.mark.requirement("HTTP-004")
@pytest.mark.parametrize("path", [CLASSROOMS, ORGANIZATIONS, API_KEYS, f"{EXPANSIONS}/none", "/v1/content/none", "/"])
def test_head_is_get_without_its_body(mock: Mock, path: str) -> None:
    """Status and headers are those of GET, the length included; there is no body, of refusals neither."""
    get, head = (mock.send(method, path, KEY, ADMIN) for method in ("GET", "HEAD"))
    own = [[pair for pair in answer.headers if pair[0] != "X-Mock-Request-Id"] for answer in (get, head)]
    assert (head.status, own[1], head.body) == (get.status, own[0], b"")
    assert int(head.headers["Content-Length"]) == len(get.body)


def test_head_of_an_unknown_session_has_no_body(mock: Mock) -> None:
    """A problem document is left out too."""
    head = mock.send("HEAD", CLASSROOMS, KEY, {"X-Mock-Session": "nowhere"})
    assert (head.status, head.body) == (404, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "text/html"},
        {"Range": "bytes=0-1"},
        {"If-None-Match": "*"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"},
        {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
        {"Expect": "100-continue"},
    ],
    ids=lambda headers: next(iter(headers)),
)
@pytest.mark.requirement("HTTP-007")
def test_what_is_not_in_the_contract_changes_nothing(mock: Mock, headers: dict[str, str]) -> None:
    """Negotiation, ranges, conditions, overrides and proxies are not looked at; no CORS header is sent."""
    plain, steered = mock.send("GET", CLASSROOMS, KEY), mock.send("GET", CLASSROOMS, KEY, headers)
    assert (steered.status, steered.body) == (plain.status, plain.body)
    assert [name for name, _ in steered.headers if name.lower().startswith("access-control")] == []
    assert {"ETag", "Location", "Date"} & {name for name, _ in steered.headers} == set()


def test_what_the_mock_adds(mock: Mock) -> None:
    """Version, session, request, operation on every answer; key, error, pointers, warnings where there are some."""
    ours = ["X-Mock-Server", "X-Mock-Session", "X-Mock-Request-Id", "X-Mock-Operation"]
    answers = {
        "create": (mock.create("k"), [*ours, "X-Mock-Idempotency"]),
        "two keys": (mock.create("k", idempotencyKey="l"), [*ours, "X-Mock-Idempotency", "X-Mock-Warnings"]),
        "list": (mock.send("GET", CLASSROOMS, KEY), ours),
        "bad body": (mock.create(payload=5), [*ours, "X-Mock-Error", "X-Mock-Error-Pointer"]),
        "no key": (mock.send("GET", CLASSROOMS), [*ours, "X-Mock-Error"]),
        "method": (mock.send("PUT", CLASSROOMS), [*ours[:3], "X-Mock-Error"]),
        "export": (mock.export("e"), [*ours, "X-Mock-Idempotency"]),
        "revoke": (mock.key_call("none", "revoke"), [*ours, "X-Mock-Error"]),
    }
    for name, (answer, expected) in answers.items():
        assert [header for header, _ in answer.headers if header.startswith("X-Mock-")] == expected, name
    first = answers["create"][0].headers
    assert (first["X-Mock-Server"], first["X-Mock-Session"], first["X-Mock-Operation"]) == (
        VERSION,
        "default",
        "createExpansion",
    )


@pytest.mark.parametrize("path", [CLASSROOMS, "/v1/nothing", "/__admin/health"])
def test_every_answer_names_its_server_once(mock: Mock, path: str) -> None:
    """The mock names itself, so that the server in front need not; it tells no version there."""
    assert mock.send("GET", path, KEY).headers.getlist("Server") == ["tutorflow-mock"]


def test_a_request_id_names_one_call_in_answer_and_journal(mock: Mock) -> None:
    """The id in the answer is the journal's, with method, path, operation, status, job and what became of the key."""
    created = mock.create("k")
    mock.send("PUT", CLASSROOMS)
    mock.status(created.job["id"])
    first, second, third = mock.world.store.read_journal("default")
    assert first.id == created.headers["X-Mock-Request-Id"]
    assert (first.method, first.path, first.operation, first.status, first.job_id, first.note) == (
        "POST",
        EXPANSIONS,
        "createExpansion",
        200,
        created.job["id"],
        "new",
    )
    assert (second.method, second.operation, second.status, second.job_id) == ("PUT", None, 404, None)
    assert third.job_id == created.job["id"]
    assert len({first.id, second.id, third.id}) == 3


def test_the_journal_forgets_the_oldest() -> None:
    """The journal keeps as many calls as it was told, and of a path its first 512 characters."""
    mock = Mock(journal_limit=2)
    for path in (CLASSROOMS, ORGANIZATIONS, f"{EXPANSIONS}/{'x' * 5000}"):
        mock.send("GET", path)
    journal = mock.world.store.read_journal("default")
    assert [(entry.path[:30], len(entry.path)) for entry in journal] == [
        (ORGANIZATIONS[:30], len(ORGANIZATIONS)),
        (EXPANSIONS[:30], 512),
    ]


def test_the_mock_can_keep_silent() -> None:
    """With `mock_headers` off no answer has a header of the mock's, whatever went wrong; the rest is the same."""
    silent, telling = Mock(mock_headers=False), Mock()

    def asked(mock: Mock) -> list[tuple[int, bytes]]:
        answers = [
            mock.create("k"),
            mock.create(payload=5),
            mock.send("GET", CLASSROOMS),
            mock.send("GET", CLASSROOMS, {"Host": "evil.example"}),
            mock.send("GET", CLASSROOMS, {"X-Mock-Session": "nowhere"}),
            mock.send("GET", "/v1/nothing"),
            mock.send("PUT", CLASSROOMS),
        ]
        if mock is silent:
            assert [name for each in answers for name, _ in each.headers if name.lower().startswith("x-mock")] == []
        return [(answer.status, answer.body) for answer in answers]

    assert asked(silent) == asked(telling)


@pytest.mark.parametrize(
    "names",
    [LONG, ["x" * 5000, "y"], ["é\r\nX-Evil: 1", "😀", 'a"b', "a b", "a,b", "~/"], ["\u2028", "\u0000"]],
    ids=["many", "long", "odd", "invisible"],
)
def test_what_is_added_is_bounded_plain_text(names: list[str]) -> None:
    """Header values are ASCII of at most 256 characters; a list ends between two items, no line is broken."""
    mock = Mock({"create.unknown-fields": "reject-400"})
    raw = json.dumps({"payload": {}, **dict.fromkeys(names, 1)}).encode()
    answer = call(mock.app, CREATE, body=raw)
    assert answer.outcome == (400, "content_invalid_request")
    for name, value in answer.headers:
        assert value.isascii(), name
        assert len(value) <= 256, name
        assert value.isprintable(), name
    pointers = answer.headers["X-Mock-Error-Pointer"].split(", ")
    assert all(pointer.startswith("#/") for pointer in pointers)
    assert names != LONG or pointers == [f"#/field-{number:03d}" for number in range(len(pointers))]


class Begun:
    """What a server is told before the body of an answer."""

    def __init__(self) -> None:
        self.statuses: list[str] = []

    def __call__(self, status: str, headers: object, error: object = None) -> object:
        """Take the status; the validator has judged the rest."""
        self.statuses.append(status)
        return headers, error


def test_the_answers_are_valid_wsgi(mock: Mock) -> None:
    """The standard library's validator finds nothing to say about calls and answers."""
    checked: Any = validator(mock.app.wsgi_app)
    for given in (READ, {"PATH_INFO": "/v1/nothing"}, {**READ, "HTTP_AUTHORIZATION": "Bearer x"}, {"PATH_INFO": "/"}):
        begin = Begun()
        pieces = checked(environ(given), begin)
        body = b"".join(pieces)
        pieces.close()
        assert (len(begin.statuses), body[:1] in {b"{", b"["}) == (1, True)


def test_an_answer_without_a_body_says_so(mock: Mock) -> None:
    """A revocation has no media type and the length 0; a 204 has no length at all."""
    revoked = mock.key_call(mock.new_key().json()["keyId"], "revoke")
    gone = Mock({"webhook.delete-status": "no-content-204"})
    dropped = gone.send("DELETE", f"{WEBHOOKS}/{gone.subscribe().json()['id']}", ADMIN)
    assert (revoked.headers.get("Content-Type"), revoked.headers["Content-Length"]) == (None, "0")
    assert (dropped.headers.get("Content-Type"), dropped.headers.get("Content-Length")) == (None, None)


def test_a_foreign_key_reads_its_own_session_only(mock: Mock) -> None:
    """Keys of both organizations of one session work side by side, and so does one that was just made."""
    made = mock.new_key()
    statuses = [mock.send("GET", CLASSROOMS, each).status for each in (KEY, FOREIGN_KEY, bearer(made))]
    assert statuses == [200, 200, 200]
