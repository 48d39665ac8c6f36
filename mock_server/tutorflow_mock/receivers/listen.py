"""A receiver on a free loopback port that verifies what comes, shows it, and may hand it on to another receiver."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol, Self, cast

from tutorflow_mock.domain.deliveries import EVENT_HEADER, SIGNATURE_HEADER
from tutorflow_mock.http.errors import BAD_GATEWAY, OK
from tutorflow_mock.receivers.verify import Verdict, verify
from tutorflow_mock.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

Headers = tuple[tuple[str, str], ...]

LARGEST = 16 * 1024 * 1024
"""Bytes of a body that are read; with more, the connection is closed."""

_HOST = "127.0.0.1"
_ARMED_WITHIN = 10.0
_IDLE = 30.0  # seconds after which a connection that sends nothing is given up
_LONGEST_LINE = 1024
_FRAMING = frozenset(("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"))


@dataclass(frozen=True, slots=True)
class Received:
    """One attempt as it came; `number` counts what this receiver got."""

    number: int
    event: str | None
    headers: Headers
    body: bytes
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to an attempt; `error` tells why the other receiver gave none."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    error: str | None = None
    duration: int = 0


class Forward(Protocol):
    """Hands an attempt on to another receiver."""

    def __call__(self, headers: Headers, body: bytes) -> Answer:
        """Return what it answers."""
        ...


class Listener:
    """A receiver; `heard` is called when an attempt has come, `answered` with what goes back. A context manager.

    It answers nothing before `arm` has told it the secret, which is known only when its address has been subscribed.
    `ends_within` is how many seconds its end may take.
    """

    def __init__(
        self,
        heard: Callable[[Received], None],
        answered: Callable[[Received, Answer], None],
        forward: Forward | None = None,
        *,
        ends_within: float = 0.5,
    ) -> None:
        self._heard, self._answered, self._forward = heard, answered, forward
        self._secret = ""
        self._armed = Event()
        self._clock = SystemClock()
        self._count = 0
        self._server = _Server(self)
        self._thread = Thread(
            target=self._server.serve_forever, args=(ends_within,), name="tutorflow-listen", daemon=True
        )

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://{_HOST}:{self._server.server_address[1]}/"

    def arm(self, secret: str) -> None:
        """Tell the secret of the subscription."""
        self._secret = secret
        self._armed.set()

    def receive(self, headers: Headers, body: bytes) -> Answer:
        """Take one attempt and return what to answer."""
        self._armed.wait(_ARMED_WITHIN)
        told = {name.lower(): value for name, value in reversed(headers)}
        self._count += 1
        verdict = verify(body, told.get(SIGNATURE_HEADER.lower()), self._secret)
        received = Received(self._count, told.get(EVENT_HEADER.lower()), headers, body, verdict)
        self._heard(received)
        began = self._clock.elapsed()
        answer = Answer(OK) if self._forward is None else self._forward(headers, body)
        took = round(1000 * (self._clock.elapsed() - began))
        self._answered(received, Answer(answer.status, answer.headers, answer.body, answer.error, took))
        return answer

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; what is under way is not waited for."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, listener: Listener) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.receive = listener.receive

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave a connection that broke; the mock records it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE

    def do_POST(self) -> None:
        """Take an attempt."""
        self.close_connection = True
        try:
            body = self._chunks() if self._is_chunked() else self._whole()
        except (ValueError, OSError):
            body = None
        if body is not None:
            self._reply(cast("_Server", self.server).receive(tuple(self.headers.items()), body))

    def version_string(self) -> str:
        """Return what the Server header says."""
        return "tutorflow-mock"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing by itself."""

    def _reply(self, answer: Answer) -> None:
        with suppress(OSError):  # the mock may have given up meanwhile
            self.send_response(answer.status)
            for name, value in answer.headers:
                if name.lower() not in _FRAMING:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer.body)

    def _is_chunked(self) -> bool:
        return "chunked" in self.headers.get("Transfer-Encoding", "").lower()

    def _whole(self) -> bytes | None:
        """Return a body of a known length; None if it is too long or ends early."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length) if 0 <= length <= LARGEST else b""
        return body if len(body) == length else None

    def _chunks(self) -> bytes | None:
        """Return a body that comes in chunks; None if it is too long."""
        found = bytearray()
        while size := int(self.rfile.readline(_LONGEST_LINE).partition(b";")[0], 16):
            if size < 0 or len(found) + size > LARGEST:
                return None
            found += self.rfile.read(size)
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():
            pass  # trailers
        return bytes(found)


def unanswered(error: str) -> Answer:
    """Return what is answered where the other receiver gave no answer: the mock tries again."""
    return Answer(BAD_GATEWAY, error=error)
