"""Bytes on a socket: for requests that no HTTP client would send, and answers read to the last byte."""

import socket
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from mock_server.tests.http.answer import Answer
from mock_server.tests.http.api import EXPANSIONS

HANG_GUARD = 15.0
CHUNK = 65536
JSON_LINE = "Content-Type: application/json"


@dataclass(frozen=True, slots=True)
class Wire:
    """Writes requests to one server, with a key that is good for 1000 calls a minute."""

    port: int
    key: str

    @property
    def host(self) -> str:
        """The `Host` line that the server expects."""
        return f"Host: 127.0.0.1:{self.port}"

    @property
    def bearer(self) -> str:
        """The `Authorization` line."""
        return f"Authorization: Bearer {self.key}"

    def request(self, method: str, target: str, *lines: str, body: bytes = b"") -> bytes:
        """Return a request with `Host`, `Authorization` and these further header lines; no length is added."""
        return written(f"{method} {target} HTTP/1.1", self.host, self.bearer, *lines) + body

    def create(self, *lines: str, body: bytes = b"") -> bytes:
        """Return a create request with a JSON media type; no length is added."""
        return self.request("POST", EXPANSIONS, JSON_LINE, *lines, body=body)

    def whole_create(self, *lines: str, body: bytes) -> bytes:
        """Return a create request with an honest length."""
        return self.create(*lines, f"Content-Length: {len(body)}", body=body)

    @contextmanager
    def connection(self, deadline: float = HANG_GUARD) -> Generator[socket.socket]:
        """Open a connection whose every step must end before the deadline."""
        with closing(socket.create_connection(("127.0.0.1", self.port), deadline)) as link:
            yield link

    def exchange(self, data: bytes, *, answers: int = 1, half_close: bool = False) -> list[Answer]:
        """Send the bytes and return up to `answers` answers; fewer when the server hangs up before."""
        with self.connection() as link:
            deliver(link, data)
            if half_close:
                end(link)
            return receive(link, answers)

    def ask(self, data: bytes, *, half_close: bool = False) -> Answer:
        """Send the bytes and return the one answer that there must be."""
        answers = self.exchange(data, half_close=half_close)
        assert answers, "the server hung up without an answer"
        return answers[0]


def written(*lines: str) -> bytes:
    """Return these lines as the top of a message."""
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(*pieces: bytes, extension: bytes = b"") -> bytes:
    """Return the pieces in chunked coding, with the end."""
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces]
    return b"".join(chunks) + b"0\r\n\r\n"


def deliver(link: socket.socket, data: bytes) -> None:
    """Send as much as the server takes: it may answer and hang up before the end."""
    with suppress(ConnectionError):
        link.sendall(data)


def end(link: socket.socket) -> None:
    """Tell the server that nothing more will come; it may have hung up already."""
    with suppress(OSError):
        link.shutdown(socket.SHUT_WR)


def receive(link: socket.socket, answers: int = 1, *, heads: int = 0) -> list[Answer]:
    """Read until that many answers are complete or the server hangs up; the first `heads` of them answer HEAD."""
    data = b""
    while True:
        more = read_some(link)
        data += more
        found = parse(data, ended=not more, heads=heads)
        if len(found) >= answers or not more:
            return found[:answers]


def wait_for_end(link: socket.socket) -> bytes:
    """Read until the server hangs up, and return what it still sent."""
    data = b""
    while more := read_some(link):
        data += more
    return data


def read_some(link: socket.socket) -> bytes:
    """Return what arrived, or nothing when the server has hung up; silence beyond the deadline fails the test."""
    with suppress(ConnectionError):
        return link.recv(CHUNK)
    return b""


def parse(data: bytes, *, ended: bool, heads: int = 0) -> list[Answer]:
    """Split bytes into complete answers; a rest that is no complete answer is left out."""
    answers: list[Answer] = []
    while data:
        top, blank, rest = data.partition(b"\r\n\r\n")
        if not blank:
            break
        status_line, *lines = top.decode("latin-1").split("\r\n")
        headers = joined(line.partition(":") for line in lines)
        body, data = take_body(headers, rest, ended=ended, head=len(answers) < heads)
        if body is None:
            break
        answers.append(Answer(int(status_line.split(" ")[1]), headers, body))
    return answers


def joined(fields: Iterable[tuple[str, str, str]]) -> Mapping[str, str]:
    """Return headers by name in lower case, repeated ones joined by a comma."""
    headers: dict[str, str] = {}
    for name, _, value in fields:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    return headers


def take_body(headers: Mapping[str, str], rest: bytes, *, ended: bool, head: bool) -> tuple[bytes | None, bytes]:
    """Return the body that the headers announce, or `None` while it is incomplete, and what follows it."""
    if head:
        return b"", rest
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return take_chunks(rest)
    if "content-length" in headers:
        length = int(headers["content-length"])
        return (rest[:length], rest[length:]) if len(rest) >= length else (None, rest)
    return (rest, b"") if ended else (None, rest)


def take_chunks(rest: bytes) -> tuple[bytes | None, bytes]:
    """Return a chunked body, or `None` while it is incomplete, and what follows it."""
    body = b""
    while True:
        size_line, line_end, rest = rest.partition(b"\r\n")
        if not line_end:
            return None, b""
        size = int(size_line.partition(b";")[0], 16)
        if len(rest) < size + 2:
            return None, b""
        body, rest = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, rest
