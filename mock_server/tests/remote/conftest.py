"""A mock elsewhere, and a server that is none."""

from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest

from tutorflow_mock.remote import Remote
from tutorflow_mock.server import MockServer


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A mock whose clock stands still."""
    with MockServer("--seed", "42", "--clock", "2026-07-06T09:00:00Z", "--self-check") as mock:
        yield mock.url


@pytest.fixture
def opened(url: str) -> Iterator[Mapping[str, Any]]:
    """A session of the test's own, with its secrets, whose clock stands still."""
    with Remote(url) as server:
        made = server.sessions.create(clock={"mode": "frozen", "instant": "2026-07-06T09:00:00Z"})
        yield made
        server.sessions.delete(made["id"])


@pytest.fixture
def remote(url: str, opened: Mapping[str, Any]) -> Iterator[Remote]:
    """The mock, spoken to in that session."""
    with Remote(url, opened["id"]) as found:
        yield found


class Stranger(BaseHTTPRequestHandler):
    """Answers everything with the bytes and the status of its path: `/__admin/500-broken`."""

    def do_GET(self) -> None:
        """Answer."""
        status, _, body = unquote(self.path).rpartition("/")[2].partition("-")
        self.send_response(int(status) if status.isdigit() else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a server that is no mock."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
