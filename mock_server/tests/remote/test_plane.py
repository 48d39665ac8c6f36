"""Speaking to a mock elsewhere: what is sent, what comes back, and what is said when nothing does."""

from collections.abc import Mapping
from threading import Thread
from typing import Any

import pytest
from mock_server.tests.control.console import EXPANSIONS, SOURCE

from tutorflow_mock.remote import Remote, RemoteError, Unreachable
from tutorflow_mock.server import MockServer

NOWHERE = "http://127.0.0.1:1"


def test_a_call_is_made_in_the_session(remote: Remote) -> None:
    """Each session has its own clock; another one is spoken to over the same connections."""
    remote.clock.advance("1h")
    assert remote.clock.now() == "2026-07-06T10:00:00.000Z"
    assert remote.of(None).clock.now() == "2026-07-06T09:00:00.000Z"


def test_pieces_of_a_path_are_quoted(remote: Remote) -> None:
    """What stands in an id does not become another path."""
    with pytest.raises(RemoteError) as caught:
        remote.get("jobs", "../clock?x=1")
    assert caught.value.token in {"unknown-path", "unknown-job"}


def test_a_refusal_tells_what_the_problem_tells(remote: Remote) -> None:
    """Name, status, title, detail, and the members beyond the standard ones."""
    job = remote.webhooks.trigger("content.completed")["jobId"]
    with pytest.raises(RemoteError, match="A completed job cannot become failed") as caught:
        remote.jobs.transition(job, "failed")
    error = caught.value
    assert (error.token, error.status, error.title) == ("illegal-transition", 409, "Illegal transition")
    assert error.members == {"legal": []}
    assert str(error) == error.detail


def test_the_api_refuses_in_its_own_words(remote: Remote) -> None:
    """The envelope's code is the token."""
    with pytest.raises(RemoteError) as caught:
        remote.api("POST", EXPANSIONS, {}, {"Authorization": "Bearer nobody"})
    assert (caught.value.token, caught.value.status) == ("content_invalid_api_key", 401)


def test_the_api_answers(remote: Remote, opened: Mapping[str, Any]) -> None:
    """A call with a credential of its own; the control plane's token and session are not sent there."""
    job = remote.api("POST", EXPANSIONS, SOURCE, {"Authorization": f"Bearer {opened['apiKey']}"})
    assert job["organizationId"] == opened["organizationId"]
    [entry] = remote.requests.find({"operation": "createExpansion"})
    assert "X-Mock-Session" not in entry["request"]["headers"]


def test_who_is_not_there_is_unreachable() -> None:
    """It tells what was tried, and why that failed, without an object's name in it."""
    with Remote(NOWHERE) as nobody, pytest.raises(Unreachable) as caught:
        nobody.clock.show()
    assert str(caught.value) == f"GET {NOWHERE}/__admin/clock: Connection refused"


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    """The resolver's word is told."""
    with Remote("http://no.such.host.invalid:4010") as nobody, pytest.raises(Unreachable, match=r"no\.such\.host"):
        nobody.clock.show()


@pytest.mark.parametrize("said", ["200-hello", "404-nothing"])
def test_who_is_no_mock_is_unreachable(said: str, stranger: str) -> None:
    """Something answers, and it is not what was looked for."""
    with Remote(stranger) as other, pytest.raises(Unreachable, match="what answers there is no tutorflow-mock"):
        other.get(said)


@pytest.mark.parametrize(
    ("said", "token", "detail"),
    [
        ("503-{}", "", ""),
        ("503-[]", "", ""),
        ("500", "", ""),
        ('401-{"message":"Unauthorized"}', "", "Unauthorized"),
        ('503-{"status":"unhealthy","message":"no"}', "unhealthy", "no"),
    ],
)
def test_an_error_without_a_form_is_a_refusal_all_the_same(said: str, token: str, detail: str, stranger: str) -> None:
    """Whatever can be read of it is told."""
    with Remote(stranger) as other, pytest.raises(RemoteError) as caught:
        other.api("GET", f"/{said}")
    assert (caught.value.token, caught.value.detail) == (token, detail)


def test_the_token_goes_along() -> None:
    """A mock that asks for one is steered with it and refuses without; health asks for none."""
    with MockServer("--admin-token", "sesame") as mock, Remote(mock.url, token="sesame") as known:
        assert known.of("default").clock.show()["mode"] == "running"
        with Remote(mock.url) as unknown:
            assert unknown.health(5.0)["status"] == "healthy"
            with pytest.raises(RemoteError) as caught:
                unknown.clock.show()
    assert caught.value.token == "token-required"


def test_proxies_of_the_environment_are_not_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loopback mock is asked directly."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NOWHERE)
    with Remote(url) as remote:
        assert remote.health(5.0)["status"] == "healthy"


def test_a_wait_ends_as_soon_as_it_is_so(remote: Remote, opened: Mapping[str, Any]) -> None:
    """Another thread waits for a delivery that this one then brings about."""
    path = f"/v1/content/organizations/{opened['organizationId']}/webhooks"
    hook = {"url": f"{NOWHERE}/", "events": ["content.failed"]}
    remote.api("POST", path, hook, {"Cookie": opened["adminCookie"]})
    found: list[str] = []
    waiting = Thread(target=lambda: found.extend(each["id"] for each in remote.webhooks.wait(within=20.0)))
    waiting.start()
    made = remote.webhooks.trigger("content.failed")["deliveries"]
    waiting.join(20.0)
    assert (waiting.is_alive(), found) == (False, made)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:4010",
        "ftp://127.0.0.1",
        "http://",
        "http://host:99999999",
        "http://user:pw@host",
        "http://h?q",
        "http://h#f",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """The sentence shows what one looks like, and repeats nothing."""
    with pytest.raises(ValueError, match="the address must") as caught:
        Remote(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(("session", "token"), [("a\r\nb", None), ("", None), (None, "ü"), (None, "a\nb")])
def test_what_fits_no_header_is_refused(session: str | None, token: str | None) -> None:
    """No call is made with it."""
    with pytest.raises(ValueError, match="printable ASCII"):
        Remote(NOWHERE, session, token)


def test_a_slash_at_the_end_is_dropped(url: str) -> None:
    """Either spelling is the same mock."""
    with Remote(f"{url}/") as remote:
        assert (remote.url, remote.health(5.0)["status"]) == (url, "healthy")
