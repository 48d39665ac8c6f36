"""Who may steer the mock: by which name, from which page, with which token."""

from collections.abc import Mapping

import pytest
from mock_server.tests.control.console import BEARER, BEHAVIOURS, CLOCK, JOBS, Clock, Console, new_app, refused

HEALTH = "/__admin/health"
FREEZE = {"action": "freeze"}
TOKEN = "0123456789abcdef"  # invented


@pytest.fixture
def listening(clock: Clock) -> Console:
    """A mock that listens on 127.0.0.1:4010 and also answers to mock.test."""
    app = new_app(clock, port=4010, allowed_hosts=("mock.test",))
    return Console(app, clock, {"Host": "127.0.0.1:4010"})


def is_untouched(mock: Console) -> bool:
    """Tell whether nothing has steered the clock."""
    return bool(mock.get(CLOCK)["mode"] == "running")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4010", "localhost:4010", "LocalHost:4010", "[::1]:4010", "mock.test:4010", "mock.test"]
)
def test_our_own_names(listening: Console, host: str) -> None:
    """The bound address, the local names and the allowed ones."""
    assert listening.call("GET", CLOCK, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4010",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost.evil.example:4010",
        "evil-localhost:4010",
        "localhost.:4010",
        "localhost:4010.evil.example",
        "user@localhost:4010",
        "localhost:4010,evil.example",
        "localhost:4010/",
        "0.0.0.0:4010",
        "127.1:4010",
        "",
    ],
)
def test_a_foreign_host(listening: Console, host: str) -> None:
    """A name that a page could have bound to our address opens nothing, reads included; only health answers."""
    for method, path in (("GET", CLOCK), ("PUT", CLOCK), ("GET", JOBS), ("GET", "/__admin/nothing")):
        refused(listening.call(method, path, headers={"Host": host}), 403, "host-not-allowed")
    assert listening.call("GET", HEALTH, headers={"Host": host}).status_code == 200


ATTACKS: Mapping[str, Mapping[str, str]] = {
    "another origin": {"Origin": "https://evil.example"},
    "an opaque origin": {"Origin": "null"},
    "an origin that begins like ours": {"Origin": "http://127.0.0.1:4010.evil.example"},
    "an origin that ends like ours": {"Origin": "http://evil.example/http://127.0.0.1:4010"},
    "our host on another port": {"Origin": "http://127.0.0.1:8080"},
    "our host by another scheme": {"Origin": "https://127.0.0.1:4010"},
    "another local name of ours": {"Origin": "http://localhost:4010"},
    "no origin but another site": {"Sec-Fetch-Site": "cross-site"},
    "no origin but a neighbouring site": {"Sec-Fetch-Site": "same-site"},
    "our origin from another site": {"Origin": "http://127.0.0.1:4010", "Sec-Fetch-Site": "cross-site"},
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
@pytest.mark.parametrize("path", [CLOCK, f"/{CLOCK}"], ids=["one slash", "two slashes"])
def test_a_foreign_page_steers_nothing(listening: Console, attack: Mapping[str, str], path: str) -> None:
    """Whatever a page of another origin can make a browser send."""
    answer = listening.call("PUT", "/", FREEZE, headers=attack, environ_overrides={"PATH_INFO": path})
    refused(answer, 403, "origin-not-allowed")
    assert is_untouched(listening)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_steers_nothing(listening: Console, media_type: str) -> None:
    """Where a browser tells no origin, the media type of a form still gives it away."""
    refused(listening.call("PUT", CLOCK, data=b'{"action": "freeze"}', content_type=media_type), 415, "media-type")
    assert is_untouched(listening)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/__admin/reset"), ("DELETE", f"{BEHAVIOURS}/x"), ("PUT", CLOCK)]
)
def test_every_unsafe_method_is_guarded(listening: Console, method: str, path: str) -> None:
    """With or without a body."""
    refused(listening.call(method, path, headers={"Origin": "https://evil.example"}), 403, "origin-not-allowed")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:4010"},
        {"Origin": "http://127.0.0.1:4010", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_our_own_page_and_plain_clients(listening: Console, headers: dict[str, str]) -> None:
    """The dashboard, a typed address, and whatever is no browser."""
    assert listening.call("PUT", CLOCK, FREEZE, headers=headers).status_code == 200


def test_reading_needs_no_origin(listening: Console) -> None:
    """A browser keeps the answer from a foreign page by itself, for no CORS header lets it through."""
    answer = listening.call("GET", CLOCK, headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN} x"},
        {"Authorization": "Bearer tökén"},
        {"Cookie": f"token={TOKEN}"},
        BEARER,
    ],
)
def test_a_caller_without_the_token(clock: Clock, sent: dict[str, str]) -> None:
    """With `--admin-token` the whole control plane asks for it, unknown paths too; health stays open."""
    mock = Console(new_app(clock, admin_token=TOKEN), clock)
    for path in (CLOCK, "/__admin/nothing", f"{CLOCK}?token={TOKEN}"):
        answer = mock.call("GET", path, headers=sent)
        refused(answer, 401, "token-required")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert mock.call("GET", HEALTH, headers=sent).status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_caller_with_the_token(clock: Clock, scheme: str) -> None:
    """The token steers; the API goes on asking for its own keys."""
    mock = Console(new_app(clock, admin_token=TOKEN), clock, {"Authorization": f"{scheme} {TOKEN}"})
    assert mock.move("freeze")["mode"] == "frozen"
    assert mock.call("GET", "/v1/content/classrooms").status_code == 401
    assert mock.call("GET", "/v1/content/classrooms", headers=BEARER).status_code == 200
