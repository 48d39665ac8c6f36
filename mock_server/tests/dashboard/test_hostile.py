"""G14: forty hostile strings in title, term, URL, header and receiver body, in Chromium: nothing of them acts."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote

import pytest
from mock_server.tests.dashboard.browser import Hand, Watched
from mock_server.tests.dashboard.hostile import HOSTILE
from playwright.sync_api import expect

UI = "/__admin/ui"
WEBHOOKS = "/__admin/webhooks/deliveries"


@pytest.fixture
def hostile_receiver() -> Iterator[str]:
    """A receiver that answers every delivery with all of the strings, in its body and in its headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Refuse, so that it is sent again."""
            self.rfile.read(int(self.headers["Content-Length"]))
            body = "\n".join(HOSTILE).encode()
            self.send_response_only(500)
            for number, text in enumerate(HOSTILE):
                self.send_header(f"X-Hostile-{number}", text.encode("ascii", "replace").decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


def test_forty_hostile_strings_are_only_seen(hand: Hand, watched: Watched, hostile_receiver: str) -> None:
    """On every page that shows one, first as the server made it, then as the script has put it there."""
    hand.call("PUT", "/__admin/ratelimits/00000000-0000-4000-8000-000000000019", {"limit": None})
    hand.subscribe(hostile_receiver)
    page = watched.page
    page.goto(f"{hand.url}{UI}/requests")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "on")
    jobs = [_write(hand, text) for text in HOSTILE]
    hand.advance("PT5S")
    expect(page.locator("#calls tbody tr")).to_have_count(50)
    page.goto(f"{hand.url}{UI}/jobs")
    expect(page.locator("#jobs tbody tr")).to_have_count(len(HOSTILE))
    shown = [" ".join(each.split()) for each in page.locator("td.text").all_inner_texts()]
    assert shown[::-1] == [" ".join(text.split()) for text in HOSTILE]
    for path in _pages(hand, jobs):
        page.goto(f"{hand.url}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.goto(f"{hand.url}{UI}/clock")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "on")
    page.get_by_role("button", name="+1 min").click()
    expect(page.locator("#told .told-one")).to_have_count(1)
    assert (watched.dialogs, watched.violations, watched.errors) == ([], [], [])


def _write(hand: Hand, text: str) -> str:
    """Put a string wherever a client can, and return the job that has it."""
    key = {"Authorization": f"Bearer {hand.server.api_key}"}
    plain = text.encode("ascii", "replace").decode()
    headers = {**key, "User-Agent": plain, "X-Client": plain, "Idempotency-Key": quote(text)[:200]}
    body = {"payload": {"level": {"title": text}, "terms": [{"term": text, text: text}]}}
    made = hand.call("POST", "/v1/content/integrations/expansions", body, **headers)
    hand.call("GET", f"/v1/{quote(text, safe='')}?{quote(text)}={quote(text)}", **headers)
    return str(made["id"])


def _pages(hand: Hand, jobs: list[str]) -> list[str]:
    calls = [each["id"] for each in hand.call("GET", "/__admin/requests?limit=200")["requests"]]
    deliveries = [each["id"] for each in hand.call("GET", f"{WEBHOOKS}?limit=2")["deliveries"]]
    return [
        "/__admin/",
        *(f"{UI}/{area}" for area in ("near-misses", "findings", "deliveries", "sessions")),
        *(f"{UI}/jobs/{each}" for each in jobs),
        *(f"{UI}/requests/{each}" for each in calls[::4]),
        *(f"{UI}/deliveries/{each}" for each in deliveries),
    ]
