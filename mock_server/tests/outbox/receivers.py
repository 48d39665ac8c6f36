"""Receivers of deliveries on real sockets, good and bad, each with one way of its own."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tutorflow_mock.outbox.targets import Target

NAME = "hooks.harbour.example"
HEADERS = (
    ("X-Content-Integration-Event", "content.completed"),
    ("X-Content-Integration-Signature", "490788076afc9be39c16a899d8165acaa2d59430a754ba154d19fd7e26c0ebef"),
    ("Content-Type", "application/json"),
)
BODY = '{"jobId":"안녕"}'.encode()

Behaviour = Callable[[socket.socket, threading.Event], None]
"""What a receiver does with a connection whose request has been read; the event is set when the test is over."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Receiver: ours\r\n\r\nok"


@dataclass
class Receiver:
    """A running receiver: where it is, the requests that it read, how many connections it took."""

    address: str
    port: int
    requests: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0


def a_target(to: Receiver, *, scheme: str = "http", host: str = NAME, path: str = "/hook?x=1") -> Target:
    """Return a receiver under a name that nobody could resolve: only the judged address leads to it."""
    return Target("https" if scheme == "https" else "http", host, (to.address,), to.port, path)


@contextmanager
def receiver(
    behaviour: Behaviour, *, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Generator[Receiver, None, None]:
    """Run a receiver that treats each connection in the same way, one after another."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    is_over = threading.Event()
    with socket.create_server((address, 0), family=family) as server:
        running = Receiver(address, server.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, running, behaviour, is_over, tls))
        thread.start()
        try:
            yield running
        finally:
            is_over.set()
            with suppress(OSError):
                socket.create_connection((address, running.port), 1).close()
            thread.join(10)
        assert not thread.is_alive()


def _serve(
    server: socket.socket, running: Receiver, behaviour: Behaviour, is_over: threading.Event, tls: ssl.SSLContext | None
) -> None:
    while True:
        connection, _ = server.accept()
        with connection:
            if is_over.is_set():
                return
            running.connections += 1
            connection.settimeout(5)
            with suppress(OSError):
                _treat(connection, running, behaviour, is_over, tls)


def _treat(
    connection: socket.socket,
    running: Receiver,
    behaviour: Behaviour,
    is_over: threading.Event,
    tls: ssl.SSLContext | None,
) -> None:
    if tls is None:
        running.requests.append(read_request(connection))
        behaviour(connection, is_over)
        return
    with tls.wrap_socket(connection, server_side=True) as secured:
        running.requests.append(read_request(secured))
        behaviour(secured, is_over)


def read_request(connection: socket.socket) -> bytes:
    """Read a head and a body of the length that it declares."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65_536) or b"\r\n\r\n"
    head, _, body = read.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length and (part := connection.recv(65_536)):
        body += part
    return head + b"\r\n\r\n" + body


def says(answer: bytes) -> Behaviour:
    """Answer with these bytes and close."""
    return lambda connection, _is_over: connection.sendall(answer)


def dribbles(first: bytes, then: bytes, pause: float) -> Behaviour:
    """Answer a few bytes again and again, for as long as anybody listens."""

    def behaviour(connection: socket.socket, is_over: threading.Event) -> None:
        connection.sendall(first)
        while not is_over.wait(pause):
            connection.sendall(then)

    return behaviour


def hangs(_connection: socket.socket, is_over: threading.Event) -> None:
    """Never answer."""
    is_over.wait(20)


def resets(connection: socket.socket, _is_over: threading.Event) -> None:
    """Break the connection off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of our own, and what it has signed for one name."""

    authority: Path
    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """Return how a receiver proves its name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificates(folder: Path, names: str) -> Certificates:
    """Make an authority and a certificate for `DNS:…,IP:…` names, with the openssl of this machine."""
    authority, key, request, certificate, extensions = (
        folder / name for name in ("ca.pem", "key.pem", "request.pem", "certificate.pem", "extensions.txt")
    )
    extensions.write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
    subject = ("-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj")
    _openssl(
        "req",
        "-x509",
        *subject,
        "/CN=TutorFlow test authority",
        "-days",
        "2",
        "-keyout",
        folder / "ca.key",
        "-out",
        authority,
    )
    _openssl("req", *subject, "/CN=receiver", "-keyout", key, "-out", request)
    signing = ("-CA", authority, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2", "-extfile", extensions)
    _openssl("x509", "-req", "-in", request, *signing, "-out", certificate)
    return Certificates(authority, certificate, key)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(("openssl", *arguments), check=True, capture_output=True, timeout=30)
