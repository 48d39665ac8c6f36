"""Small servers that are no API, or a broken one."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

Answer = Callable[[BaseHTTPRequestHandler], None]
ENVELOPE = {"error": {"code": "content_not_found", "message": "There is nothing here", "status": 404}}


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, **headers: str) -> None:
    """Answer, whatever was asked."""
    length = int(handler.headers.get("Content-Length") or 0)
    handler.rfile.read(length)
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def say_json(handler: BaseHTTPRequestHandler, status: int, body: Any, **headers: str) -> None:
    """Answer in JSON."""
    say(handler, status, json.dumps(body).encode(), "application/json", **headers)


@contextmanager
def http_server(answer: Answer, certificate: Path | None = None) -> Generator[str]:
    """Serve every request by one function; with a certificate over TLS. Yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # the judge hung up, as it may
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return lambda: answer(self)
            raise AttributeError(name)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(speak: Callable[[socket.socket, Event], None]) -> Generator[str]:
    """Accept connections and let a function speak on each, until the event is set; yield the address."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as open_ones:

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                open_ones.enter_context(connection)
                Thread(target=_speak, args=(speak, connection, over), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


def _speak(speak: Callable[[socket.socket, Event], None], connection: socket.socket, over: Event) -> None:
    try:
        speak(connection, over)
    except OSError:
        pass
    finally:
        connection.close()


@pytest.fixture(name="http_server")
def http_server_fixture() -> Callable[..., Any]:
    """Return the maker of HTTP servers."""
    return http_server


@pytest.fixture(name="raw_server")
def raw_server_fixture() -> Callable[..., Any]:
    """Return the maker of servers that speak as they like."""
    return raw_server


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate that nobody trusts."""
    file = tmp_path_factory.mktemp("tls") / "self.pem"
    words = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1")
    made = subprocess.run((*words, "-keyout", "-"), capture_output=True, check=True)
    file.write_bytes(made.stdout)
    return file
