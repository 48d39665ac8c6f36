"""A receiver of deliveries on a free loopback port: it keeps what comes, and answers as it is told."""

import hashlib
import hmac
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any

PATIENCE = 10.0
"""Seconds after which something that should have happened is given up."""
EVENT, SIGNATURE = "X-Content-Integration-Event", "X-Content-Integration-Signature"


@dataclass(frozen=True)
class Request:
    """One delivery as it came in: headers in their order and spelling, the raw body."""

    number: int
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of a header that came once."""
        (value,) = (value for known, value in self.headers if known == name)
        return value

    @property
    def told(self) -> Any:
        """Return the body as a JSON value."""
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Tell whether the legacy signature holds over the raw body, as the base text says it must be checked."""
        return self.header(SIGNATURE) == hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()


HOLD = 0
Answer = Callable[[Request], int | None]
"""The status with which a receiver answers, None to break the connection off, HOLD to wait until the sender does."""


@dataclass
class Receiver:
    """A running receiver."""

    answer: Answer
    port: int = 0
    requests: list[Request] = field(default_factory=list[Request])
    came: Condition = field(default_factory=Condition)

    @property
    def url(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}/tutorflow"

    def take(self, handler: BaseHTTPRequestHandler) -> Request:
        """Keep a request and wake those who wait for it."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        with self.came:
            headers = tuple(handler.headers.items())
            request = Request(len(self.requests) + 1, handler.command, handler.path, headers, body)
            self.requests.append(request)
            self.came.notify_all()
        return request

    def wait_for(self, count: int) -> list[Request]:
        """Return the requests as soon as there are so many."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.requests) >= count, PATIENCE), f"only {len(self.requests)} came"
            return list(self.requests)


@dataclass
class Gate:
    """An answer that is held back until the gate is opened."""

    status: int = 200
    opened: Event = field(default_factory=Event)

    def __call__(self, _: Request) -> int:
        """Answer when the gate opens."""
        self.opened.wait(PATIENCE)
        return self.status


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a sender that gave up."""


def always(status: int) -> Answer:
    """Answer with this status."""
    return lambda _: status


def in_turn(*statuses: int | None) -> Answer:
    """Answer the first request with the first status and so on, all later ones with the last."""
    return lambda request: statuses[min(request.number, len(statuses)) - 1]


@contextmanager
def receiving(answer: Answer) -> Generator[Receiver, None, None]:
    """Run a receiver."""
    running = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def handle_request(self) -> None:
            """Take a request and answer it; a redirect leads back here."""
            status = running.answer(running.take(self))
            self.close_connection = True
            if status == HOLD:
                self.rfile.read(1)
            if not status:
                return
            self.send_response_only(status)  # neither Date nor Server: the same answer gets the same bytes
            if status // 100 == 3:
                self.send_header("Location", f"{running.url}/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_POST = do_GET = handle_request  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        running.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        server.shutdown()
        thread.join(PATIENCE)
