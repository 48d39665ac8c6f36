"""A correct receiver as strict as servers in Go are about what HTTP says: `python correct_strict.py SECRET`."""

import hashlib
import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

SECRET = sys.argv[1].encode()
LIMIT = 1 << 16
done: set[tuple[str, str]] = set()
lock = Lock()


class Refused(Exception):
    """A request is not taken; the status says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """Takes a header for what it is: once or not at all, and a body as it is framed."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Take a delivery."""
        try:
            self.answer(self.taken())
        except Refused as refusal:
            self.close_connection = True
            self.answer(refusal.status)

    def do_GET(self) -> None:
        """Say how many effects there were, and nothing else."""
        if self.path == "/count":
            self.answer(200, str(len(done)).encode())
        else:
            self.answer(405)

    do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the names that http.server calls

    def taken(self) -> int:
        """Verify a delivery, let it have its effect once, and return the status."""
        media_type = self.only("Content-Type").partition(";")[0].strip().lower()
        if self.path != "/hook" or "Content-Encoding" in self.headers or media_type != "application/json":
            raise Refused(415 if self.path == "/hook" else 404)
        body, event, given = self.body(), self.only("X-Content-Integration-Event"), self.signature()
        if not hmac.compare_digest(hmac.digest(SECRET, body, hashlib.sha256), given):
            raise Refused(401)
        key = (self.job_of(body), event)
        if event in {"content.completed", "content.failed"}:
            with lock:
                done.add(key)
        return 200

    def only(self, name: str) -> str:
        """Return the one value of a header."""
        values: list[Any] = self.headers.get_all(name) or []
        if len(values) != 1:
            raise Refused(400)
        return str(values[0])

    def signature(self) -> bytes:
        """Return the bytes that the signature's digits stand for; there are 64 of them, in lower case."""
        text = self.only("X-Content-Integration-Signature")
        if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
            raise Refused(400)
        return bytes.fromhex(text)

    def body(self) -> bytes:
        """Return the body, framed in one of the two ways and not in both; what is too large is read and refused."""
        length = self.headers.get_all("Content-Length") or []
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked" and not length:
            body = self.chunks()
        elif len(length) == 1 and length[0].isdigit():
            body = self.rfile.read(int(length[0]))
        else:
            raise Refused(400)
        if len(body) > LIMIT:
            raise Refused(413)
        return body

    def chunks(self) -> bytes:
        """Return a body that came in chunks."""
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            if self.rfile.readline() != b"\r\n":
                raise Refused(400)
        self.rfile.readline()
        return bytes(body)

    @staticmethod
    def job_of(body: bytes) -> str:
        """Return the job of a delivery that is an object in UTF-8."""
        try:
            job_id = json.loads(body.decode())["jobId"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Refused(400) from None
        if not isinstance(job_id, str):
            raise Refused(400)
        return job_id

    def answer(self, status: int, body: bytes = b"") -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a sender that hung up."""


if __name__ == "__main__":
    with Server(("127.0.0.1", 0), Handler) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
