"""A webhook receiver: keeps raw bytes, answers as it is told, and is waited for by condition."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

import requests

from tutorflow_conformance.exchange import Headers
from tutorflow_conformance.system import Clock, run_token

OK = 200
_LARGEST = 1 << 20
_CHECK = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """One request to the receiver, as it came; `endpoint` is the last part of its path."""

    number: int
    endpoint: str
    at: float
    time: float
    headers: Headers
    body: bytes
    answered: int


class Receiver:
    """Listens on a port of this machine, or at an address that a tunnel leads to.

    `url` is where the target shall send to, without the endpoint's name. `on_receipt` runs before a delivery is
    answered, so that a read made there is a read on receipt.
    """

    def __init__(self, host: str, port: int, clock: Clock, public: str | None = None) -> None:
        self._clock = clock
        self._received: list[Received] = []
        self._orders: dict[str, deque[int]] = defaultdict(deque)
        self.is_reachable = False
        self.time: Callable[[], float] = clock.elapsed  # the target's time, where that is another
        self.on_receipt: Callable[[Received], None] = lambda _: None
        self.changed = Condition()
        self._server = ThreadingHTTPServer((host, port), self._handler())
        self._server.daemon_threads = True
        self.url = (public or f"http://{host}:{self._server.server_port}").rstrip("/")

    def start(self) -> None:
        """Begin to listen, and find out whether `url` leads here, as the target would have to go."""
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.is_reachable = self._leads_here()

    def _leads_here(self) -> bool:
        nonce = run_token()
        try:
            answer = requests.get(f"{self.url}/{nonce}", timeout=_CHECK, allow_redirects=False)
        except requests.exceptions.RequestException:
            return False
        return answer.text == nonce

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, endpoint: str, *statuses: int) -> None:
        """Answer the next deliveries to an endpoint so, then 200 again."""
        with self.changed:
            self._orders[endpoint].extend(statuses)

    def received(self, endpoint: str | None = None) -> tuple[Received, ...]:
        """Return what arrived, in order; at one endpoint or at all."""
        with self.changed:
            return tuple(one for one in self._received if endpoint in {None, one.endpoint})

    def wait(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Return as soon as a condition holds, asked again at each arrival; False when time is up."""
        return self._clock.wait(self.changed, holds, seconds)

    def _take(self, endpoint: str, headers: Headers, body: bytes) -> int:
        with self.changed:
            orders = self._orders[endpoint]
            status = orders.popleft() if orders else OK
            one = Received(len(self._received) + 1, endpoint, self._clock.elapsed(), self.time(), headers, body, status)
            self._received.append(one)
        self.on_receipt(one)
        with self.changed:
            self.changed.notify_all()
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """Answers POSTs with the status that the receiver was told."""

            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self) -> None:
                """Take a delivery."""
                body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), _LARGEST))
                headers = tuple((str(name), str(value)) for name, value in self.headers.items())
                status = receiver._take(self.path.strip("/").rpartition("/")[2], headers, body)
                self._answer(status)

            def do_GET(self) -> None:
                """Answer the run's own check that it can be reached."""
                self._answer(OK, self.path.rpartition("/")[2].encode())

            def _answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                if status in range(300, 400):
                    self.send_header("Location", f"{receiver.url}/redirected")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        return Handler
