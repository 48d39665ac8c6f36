"""A target that does one thing wrong: a proxy in front of a mock, which may spoil what passes through."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

_HOP = frozenset(("connection", "content-length", "transfer-encoding", "keep-alive", "host"))


@dataclass(frozen=True)
class Passing:
    """A request on its way to the mock."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Passed:
    """An answer on its way back."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    def saying(self, body: bytes) -> Passed:
        """Return it with another body."""
        return replace(self, body=body)


_METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE")

Ask = Callable[[Passing], Passed]
Defect = Callable[[Passing, Ask], Passed]


class Dead(Exception):
    """The target dies: it hangs up without an answer."""


@contextmanager
def faulty(mock: str, defect: Defect) -> Generator[str]:
    """Serve a mock with a defect; yield the address."""
    where = urlsplit(mock)

    def ask(call: Passing) -> Passed:
        connection = HTTPConnection(where.hostname or "", where.port or 0, timeout=30)
        headers = {name: value for name, value in call.headers.items() if name.lower() not in _HOP}
        connection.request(call.method, call.target, call.body or None, headers)
        response = connection.getresponse()
        kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP}
        found = Passed(response.status, kept, response.read())
        connection.close()
        return found

    class Handler(BaseHTTPRequestHandler):
        """Passes every method on."""

        protocol_version = "HTTP/1.1"
        timeout = 30

        def forward(self) -> None:
            """Pass one request on."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Passing(self.command, self.path, dict(self.headers.items()), body)
            try:
                found = defect(call, ask)
            except Dead:
                self.close_connection = True
                return
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else found.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    for method in _METHODS:
        setattr(Handler, f"do_{method}", Handler.forward)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
