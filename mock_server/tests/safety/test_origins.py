"""F3, F4 on the shipped server: what a page of another origin can make a browser send changes nothing."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from mock_server.tests.http.api import CLOCK, Api
from mock_server.tests.process import RunningServer

FREEZE = b'{"action": "freeze"}'
JSON = {"Content-Type": "application/json"}
ORIGINS = [
    "https://evil.example",
    "http://evil.example",
    "null",
    "",
    "file://",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://[::1]:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}@evil.example",
    "http://evil.example/http://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port} http://evil.example",
    "http://evil.example, http://127.0.0.1:{port}",
    "HTTP://127.0.0.1:{port}",
    "http://127.0.0.1:0{port}",
    "chrome-extension://abcdefghijklmnop",
    "http://127.0.0.1.:{port}",
]
ATTACKS: list[tuple[str, str, bytes | None]] = [
    ("PUT", CLOCK, FREEZE),
    ("POST", "/__admin/reset", None),
    ("DELETE", "/__admin/requests", None),
    ("POST", "/__admin/sessions", b"{}"),
    ("PUT", "/__admin/behaviours/login.success-status", b'{"value": "created-201"}'),
]
SIMPLE_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]


@pytest.fixture
def page(server: RunningServer) -> Iterator[Api]:
    """A browser's view of the server: no credential but the address."""
    with closing(Api.nobody(server.url)) as api:
        before = api.get("/__admin/behaviours").json()
        yield api
        assert (api.get(CLOCK).json()["mode"], api.get("/__admin/behaviours").json()) == ("running", before)


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_foreign_page(page: Api, server: RunningServer, origin: str, attack: tuple[str, str, bytes | None]) -> None:
    """The origin is compared whole, with the address that was called; the answer is kept from the page by no header."""
    answer = page.send(*attack, {**JSON, "Origin": origin.format(port=server.port)})
    assert (answer.status, answer.json()["type"].partition("#")[2]) == (403, "origin-not-allowed")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "elsewhere", ""])
def test_a_browser_that_tells_the_site_only(page: Api, site: str) -> None:
    """`Sec-Fetch-Site` counts where there is no origin; what is neither ours nor typed is refused."""
    assert page.send("PUT", CLOCK, FREEZE, {**JSON, "Sec-Fetch-Site": site}).status == 403


@pytest.mark.parametrize("media_type", SIMPLE_TYPES)
def test_a_request_that_needs_no_leave(page: Api, media_type: str) -> None:
    """A browser sends these media types without asking first; none of them steers."""
    assert page.send("PUT", CLOCK, FREEZE, {"Content-Type": media_type}).status == 415


@pytest.mark.parametrize("path", [CLOCK, "/__admin/sessions", "/v1/content/classrooms", "/auth/login"])
def test_a_browser_that_asks_for_leave(page: Api, path: str) -> None:
    """A preflight gets no leave on either plane: no CORS header at all (F4)."""
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    answer = page.send("OPTIONS", path, None, asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_our_own_page(page: Api, server: RunningServer) -> None:
    """The guard is not deaf: a page of ours may look and steer."""
    ours = {**JSON, "Origin": f"http://127.0.0.1:{server.port}", "Sec-Fetch-Site": "same-origin"}
    assert page.send("POST", "/__admin/requests/count", b"{}", ours).status == 200
