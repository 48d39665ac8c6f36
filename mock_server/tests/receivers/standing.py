"""A correct receiver in process, made of small parts, so that a broken one is this one with one part changed."""

import hashlib
import hmac
import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

SECRET = "5ec2e7" + 58 * "0"
EVENT, SIGNATURE = "X-Content-Integration-Event", "X-Content-Integration-Signature"
EVENTS = ("content.completed", "content.failed")
LIMIT = 4_000_000


class Refused(Exception):
    """A delivery is not taken; the status says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Receiver:
    """Takes deliveries, each once, and counts what it has done."""

    secrets: tuple[str, ...] = (SECRET,)
    port = 0

    def __init__(self) -> None:
        self.effects = 0
        self.done: dict[tuple[str, str], None] = {}
        self.lock = Lock()

    @property
    def url(self) -> str:
        """Where deliveries go."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def probe(self) -> str:
        """Where effects are counted."""
        return f"http://127.0.0.1:{self.port}/count"

    def answer(self, request: BaseHTTPRequestHandler) -> int:
        """Return the status for a request to the hook."""
        try:
            self.check_method(request)
            body = self.read(request)
            self.check_signature(self.signatures(request), body)
            return self.take(request.headers.get(EVENT, ""), self.job_of(body))
        except Refused as refusal:
            return refusal.status

    def check_method(self, request: BaseHTTPRequestHandler) -> None:
        """Refuse what is no POST."""
        if request.command != "POST":
            raise Refused(405)

    def read(self, request: BaseHTTPRequestHandler) -> bytes:
        """Return the raw body."""
        if request.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self.read_chunks(request)
        return request.rfile.read(int(request.headers.get("Content-Length", "0")))

    def read_chunks(self, request: BaseHTTPRequestHandler) -> bytes:
        """Return a body that came in chunks."""
        body = bytearray()
        while size := int(request.rfile.readline().split(b";")[0], 16):
            body += request.rfile.read(size)
            request.rfile.readline()
        request.rfile.readline()
        return bytes(body)

    def signatures(self, request: BaseHTTPRequestHandler) -> list[str]:
        """Return the signatures that came."""
        return request.headers.get_all(SIGNATURE) or []

    def check_signature(self, given: list[str], body: bytes) -> None:
        """Refuse what is not signed by one who knows a secret."""
        if len(given) != 1 or not any(self.is_signed(given[0], secret, body) for secret in self.secrets):
            raise Refused(401)

    def is_signed(self, given: str, secret: str, body: bytes) -> bool:
        """Tell whether a signature is that of the body; bytes are compared, since they may be of any length."""
        return hmac.compare_digest(given.encode("latin-1"), self.digest(secret, body).encode())

    def digest(self, secret: str, body: bytes) -> str:
        """Return the signature of a body."""
        return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()

    def job_of(self, body: bytes) -> dict[str, Any]:
        """Return what a delivery tells."""
        try:
            told: dict[str, Any] = json.loads(body)
            is_told = isinstance(told["jobId"], str)
        except (ValueError, TypeError, KeyError):
            raise Refused(400) from None
        if not is_told:
            raise Refused(400)
        return told

    def take(self, event: str, told: dict[str, Any]) -> int:
        """Let a delivery have its effect, if it is known and new."""
        if event in EVENTS:
            self.act_once((told["jobId"], event), told)
        return 204

    def act_once(self, key: tuple[str, str], told: dict[str, Any]) -> None:
        """Do what is to be done, once."""
        with self.lock:
            if key not in self.done:
                self.done[key] = None
                self.act(told)

    def act(self, told: dict[str, Any]) -> None:  # noqa: ARG002 - all effects count alike
        """Do what is to be done."""
        self.effects += 1

    def reply(self, request: BaseHTTPRequestHandler, status: int) -> None:
        """Send the answer."""
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a sender that hung up."""


@contextmanager
def standing(receiver: Receiver) -> Generator[Receiver]:
    """Run a receiver; whatever breaks in it is answered 500, as servers do."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_request(self) -> None:
            if self.path == "/count":
                self.count()
                return
            try:
                status = receiver.answer(self)
            except ConnectionError:
                raise
            except Exception:  # noqa: BLE001 - what a server does with a handler that raises
                status, self.close_connection = 500, True
            receiver.reply(self, status)

        do_POST = do_GET = do_HEAD = do_OPTIONS = handle_request  # noqa: N815 - the names that http.server calls

        def count(self) -> None:
            body = json.dumps({"count": receiver.effects}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join(10)
