"""F3: a page of another origin cannot steer the mock, whatever it tries; it cannot even look."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from mock_server.tests.dashboard.attacks import ATTACKS
from mock_server.tests.dashboard.browser import Hand
from playwright.sync_api import Browser, Page

NOUNS = (
    "sessions",
    "jobs",
    "clock",
    "requests",
    "faults",
    "behaviours",
    "programmes",
    "webhooks/deliveries",
    "snapshots",
)


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """A page of another origin: another port of the same machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with an empty page."""
            body = b"<!doctype html><title>Elsewhere</title><body></body>"
            self.send_response_only(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: Browser, foreign: str, hand: Hand) -> Iterator[Page]:
    """The foreign page in a browser that knows the admin's cookie of the mock."""
    context = browser.new_context()
    context.add_cookies([{"name": "jwt", "value": "demo-admin", "url": hand.url}])
    opened = context.new_page()
    opened.goto(foreign)
    yield opened
    context.close()


def state(hand: Hand) -> list[Any]:
    """Return all that there is to change."""
    told = [hand.call("GET", f"/__admin/{noun}") for noun in NOUNS]
    for each in told:
        each.pop("offsetMillis", None)  # of a clock that stands: real time goes on
    return told


def test_there_are_twenty_attacks() -> None:
    """Each by a way of its own."""
    assert len(set(ATTACKS.values())) == 20


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_changes_nothing(hand: Hand, page: Page, name: str) -> None:
    """All that there is is as it was, once the page has had its answer."""
    hand.call("POST", "/__admin/sessions", {"id": "kept"})
    job_id = hand.make_job("A1", Prefer="job=held")
    before = state(hand)
    attack = ATTACKS[name].replace("JOB", job_id)
    page.evaluate(f"async TARGET => {{ try {{ {attack} }} catch {{ }} }}", hand.url)
    page.close()  # what is still on its way is sent or given up
    assert state(hand) == before


def test_a_page_of_the_mock_itself_may(hand: Hand, browser: Browser) -> None:
    """The same call from the dashboard is heard: it is the origin that makes the difference."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{hand.url}/__admin/")
    hand.make_job("A1")
    status = page.evaluate("fetch('/__admin/reset', {method: 'POST'}).then(answer => answer.status)")
    context.close()
    assert status == 200
    assert hand.call("GET", "/__admin/jobs")["jobs"] == []


@pytest.mark.parametrize("path", ["/__admin/jobs", "/__admin/", "/__admin/events", "/__admin/sessions/default"])
def test_a_foreign_page_reads_nothing(hand: Hand, page: Page, path: str) -> None:
    """No answer says that it may be read elsewhere."""
    read = """async address => {
        try { await (await fetch(address, {credentials: 'include'})).text(); return true } catch { return false } }"""
    assert page.evaluate(read, f"{hand.url}{path}") is False


def test_a_foreign_page_frames_nothing(hand: Hand, page: Page) -> None:
    """There is nothing to click on in its frame."""
    page.evaluate(
        """target => { const frame = document.createElement('iframe'); frame.src = target; document.body.append(frame);
        return new Promise(done => { frame.onload = done }) }""",
        f"{hand.url}/__admin/",
    )
    framed = page.frames[1]
    assert framed.url.startswith("chrome-error:")
