"""What the control plane refuses, it refuses as a problem document (RFC 9457), on every path below /__admin."""

from typing import NoReturn

import pytest
from mock_server.tests.control.console import BEHAVIOURS, CLOCK, JOBS, Console, refused

FREEZE = b'{"action": "freeze"}'
JSON = "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/__admin/sessions/",
        "/__admin/clock/",
        "/__admin//clock",
        "//__admin/nothing",
        "/__admin/jobs/a/b",
        "/__admin/../v1/content/classrooms",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path(mock: Console, method: str, path: str) -> None:
    """Also one with a slash too many, which is never a redirect."""
    refused(mock.call(method, "/", environ_overrides={"PATH_INFO": path}), 404, "unknown-path")


@pytest.mark.parametrize("path", ["/__adminx", "/_admin/clock", "/__ADMIN/clock", "/x/__admin/clock"])
def test_a_path_beside_the_control_plane(mock: Console, path: str) -> None:
    """It belongs to nobody, and the API's envelope says so."""
    answer = mock.call("GET", path)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "content_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/__admin/health", "GET, HEAD, OPTIONS"),
        ("GET", "/__admin/reset", "OPTIONS, POST"),
        ("POST", CLOCK, "GET, HEAD, OPTIONS, PUT"),
        ("DELETE", JOBS, "GET, HEAD, OPTIONS"),
        ("GET", f"{JOBS}/x/transition", "OPTIONS, POST"),
        ("GET", "/__admin/programmes/default", "DELETE, OPTIONS, PUT"),
        ("PATCH", f"{BEHAVIOURS}/x", "DELETE, OPTIONS, PUT"),
    ],
)
def test_a_wrong_method(mock: Console, method: str, path: str, allow: str) -> None:
    """`Allow` tells the right ones."""
    answer = mock.call(method, path)
    refused(answer, 405, "method-not-allowed", allow=allow)
    assert answer.headers["Allow"] == allow


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="cut short"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"action": "freeze", "action": "resume"}', id="a name twice"),
        pytest.param(b'{"action": NaN}', id="no JSON number"),
        pytest.param(b'{"action": "fr\xe9eze"}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="endlessly nested"),
    ],
)
def test_a_malformed_body(mock: Console, body: bytes) -> None:
    """Bodies are as strict as the API's."""
    refused(mock.call("PUT", CLOCK, data=body, content_type=JSON), 400, "malformed-json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_type(mock: Console, media_type: str) -> None:
    """A body that a page may send without asking is no body here."""
    refused(mock.call("PUT", CLOCK, data=FREEZE, content_type=media_type), 415, "media-type")


def test_a_body_with_a_charset(mock: Console) -> None:
    """Parameters of the media type do no harm."""
    assert mock.call("PUT", CLOCK, data=FREEZE, content_type="application/json; charset=utf-8").status_code == 200


def test_a_body_too_large(mock: Console) -> None:
    """Its announced length is enough to refuse it."""
    body = b" " * (1 << 20) + FREEZE
    refused(mock.call("PUT", CLOCK, data=body, content_type=JSON), 413, "body-too-large")


def test_a_request_that_breaks_off(mock: Console) -> None:
    """A body shorter than announced is the client's fault, and nothing is executed."""
    environ = {"CONTENT_LENGTH": "500"}
    answer = mock.call("PUT", CLOCK, data=FREEZE, content_type=JSON, environ_overrides=environ)
    refused(answer, 400, "malformed-json")
    assert mock.get(CLOCK)["mode"] == "running"


@pytest.mark.parametrize("path", [CLOCK, JOBS, BEHAVIOURS, f"{JOBS}/x", "/__admin/programmes"])
def test_an_unknown_session(mock: Console, path: str) -> None:
    """Whether header or query names it; the header counts first."""
    by_header = mock.call("GET", path, headers={"X-Mock-Session": "nobody"})
    assert refused(by_header, 404, "unknown-session") == "There is no session 'nobody'"
    refused(mock.call("GET", path, query_string={"session": "nobody"}), 404, "unknown-session")
    both = mock.call("GET", JOBS, headers={"X-Mock-Session": "default"}, query_string={"session": "nobody"})
    assert both.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{JOBS}/x"),
        ("POST", f"{JOBS}/x/transition"),
        ("GET", BEHAVIOURS),
        ("PUT", f"{BEHAVIOURS}/x"),
        ("DELETE", f"{BEHAVIOURS}/x"),
        ("GET", "/__admin/programmes"),
        ("PUT", "/__admin/programmes/default"),
        ("DELETE", "/__admin/programmes/default"),
    ],
)
def test_a_parameter_that_nobody_reads(mock: Console, method: str, path: str) -> None:
    """A likely typo is no default."""
    answer = mock.call(method, path, query_string={"sesion": "default"})
    detail = refused(answer, 422, "unknown-field", field="sesion")
    assert detail == "'sesion' is unknown here; known parameters are session"


def test_a_member_where_none_is_taken(mock: Console) -> None:
    """Names are echoed, bounded."""
    name = "n" * 500
    answer = mock.call("POST", "/__admin/reset", {name: 1})
    assert len(refused(answer, 422, "unknown-field", field=name[:64])) < 150


def test_a_fault_of_the_mock_itself(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a problem as well, and tells nothing of the inside."""

    def broken(_session_id: str) -> NoReturn:
        raise OSError("disk full at /var/lib/secret")

    monkeypatch.setattr(mock.world.store, "jobs", broken)
    assert "secret" not in refused(mock.call("GET", JOBS), 500, "internal-error")


def test_head_and_options(mock: Console) -> None:
    """HEAD is GET without a body; OPTIONS tells the methods and no origin."""
    head, options = mock.call("HEAD", CLOCK), mock.call("OPTIONS", CLOCK)
    assert (head.status_code, head.data, head.content_type) == (200, b"", JSON)
    assert sorted(options.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS", "PUT"]
    assert not [name for name, _ in options.headers if name.startswith("Access-Control")]
