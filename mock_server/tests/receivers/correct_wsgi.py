"""A correct receiver as a plain WSGI application: `python correct_wsgi.py SECRET` prints its port and serves."""

import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Lock
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

LIMIT = 4_000_000
SECRET = sys.argv[1].encode()
done: set[tuple[str, str]] = set()
lock = Lock()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer deliveries on /hook and the number of effects on /count."""
    if environ["PATH_INFO"] == "/count":
        return answered(start_response, "200 OK", json.dumps({"count": len(done)}).encode())
    if environ["REQUEST_METHOD"] != "POST":
        return answered(start_response, "405 Method Not Allowed")
    return answered(start_response, taken(environ))


def taken(environ: dict[str, Any]) -> str:
    """Verify a delivery, let it have its effect once, and return the status."""
    body = read(environ)
    if body is None:
        return "413 Content Too Large"
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    given = environ.get("HTTP_X_CONTENT_INTEGRATION_SIGNATURE", "").encode("latin-1")
    if not hmac.compare_digest(expected, given):
        return "401 Unauthorized"
    try:
        job_id = json.loads(body)["jobId"]
    except (ValueError, TypeError, KeyError):
        return "400 Bad Request"
    event = environ.get("HTTP_X_CONTENT_INTEGRATION_EVENT", "")
    if isinstance(job_id, str) and event in {"content.completed", "content.failed"}:
        with lock:
            done.add((job_id, event))
    return "204 No Content"


def read(environ: dict[str, Any]) -> bytes | None:
    """Return the body, chunked or not, or None where it is too large."""
    source = environ["wsgi.input"]
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        chunks = bytearray()
        while size := int(source.readline().split(b";")[0], 16):
            chunks += source.read(size)
            source.readline()
        source.readline()
        return bytes(chunks) if len(chunks) <= LIMIT else None
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = source.read(length)
    return body if length <= LIMIT else None


def answered(start_response: Callable[..., Any], status: str, body: bytes = b"") -> Iterable[bytes]:
    """Answer."""
    start_response(status, [("Content-Length", str(len(body)))])
    return [body]


class Server(ThreadingMixIn, WSGIServer):
    """Serves each connection in a thread."""

    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, application, Server, Quiet) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
