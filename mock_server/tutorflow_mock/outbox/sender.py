"""One attempt on the wire: exactly the given headers and bytes, one connection, one deadline for all of it."""

from __future__ import annotations

import io
import select
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, TypeVar, cast

from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.util import SKIP_HEADER

from tutorflow_mock.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from _typeshed import WriteableBuffer

    from tutorflow_mock.outbox.targets import Target

Headers = tuple[tuple[str, str], ...]
_Result = TypeVar("_Result")

READ = 64 * 1024
"""Bytes of an answer that are read, its head included."""
KEPT = 2 * 1024
"""Bytes of an answer's body, and characters of its headers, that are kept."""

_SLICE = 0.1
"""Seconds between two looks at the deadline and at `stop`."""
_CHUNK = 8 * 1024
_REDIRECT = 3  # the class of the statuses that say so
_elapsed = SystemClock().elapsed


@dataclass(frozen=True, slots=True)
class Terms:
    """How an attempt is made: seconds to connect and in all, whom TLS trusts besides the system, what cuts it short."""

    timeout: float = 10.0
    connect_timeout: float = 1.0
    ca_file: str | None = None
    verify: bool = True
    stop: Event | None = None
    elapsed: Callable[[], float] = _elapsed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt; `error` is None where a whole answer came in time, `duration` counts milliseconds.

    Its words: `timeout`, `refused`, `unreachable`, `tls`, `reset`, `incomplete`, `malformed`, `redirect`, `stopped`;
    `blocked`, and `unresolved`, where nothing was sent, and `closed` where the sender itself hung up.
    """

    status: int | None
    headers: Headers
    body: str
    error: str | None
    connected_to: str | None
    duration: int
    diagnosis: str | None = None


def send(
    target: Target, headers: Iterable[tuple[str, str]], body: bytes, terms: Terms, *, method: str = "POST"
) -> Outcome:
    """Make one request and read its answer; whatever goes wrong on the way is a word in the outcome."""
    return made(Exchange(target, terms), lambda exchange: exchange.run(method, _fields(target, headers, body), body))


def made(exchange: Exchange, act: Callable[[Exchange], None]) -> Outcome:
    """Let an exchange take place and return what came of it."""
    try:
        act(exchange)
    except (OSError, HTTPError, HTTPException) as failure:
        return exchange.outcome(_word(failure))
    finally:
        exchange.close()
    return exchange.outcome("redirect" if (exchange.status or 0) // 100 == _REDIRECT else None)


@lru_cache(maxsize=16)
def tls_context(ca_file: str | None, *, verify: bool = True) -> ssl.SSLContext:
    """Return how TLS judges receivers, made once, because reading the system's authorities takes a while.

    Raises OSError where the file of further authorities cannot be read.
    """
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _fields(target: Target, headers: Iterable[tuple[str, str]], body: bytes) -> HTTPHeaderDict:
    """Return the given headers between what HTTP needs, and tell urllib3 to add none of its own."""
    fields = HTTPHeaderDict({"Host": target.authority})
    for name, value in headers:
        fields.add(name, value)
    if "Transfer-Encoding" not in fields:
        fields.setdefault("Content-Length", str(len(body)))
    fields.setdefault("User-Agent", SKIP_HEADER)
    fields.setdefault("Accept-Encoding", SKIP_HEADER)
    return fields


class Exchange:
    """One attempt under way, and what is known of it so far."""

    def __init__(self, target: Target, terms: Terms) -> None:
        self._target = target
        self._terms = terms
        self._began = terms.elapsed()
        self.patience = _Patience(terms)
        self._socket: socket.socket | None = None
        self._connection = HTTPConnection(target.host, target.port)
        self._connected_to: str | None = None
        self.status: int | None = None
        self._headers: Headers = ()
        self._body = bytearray()

    def run(self, method: str, fields: HTTPHeaderDict, body: bytes) -> None:
        """Connect, send, and read the answer as far as it is wanted."""
        self._connection.sock = cast("socket.socket", self.opened())
        with suppress(BrokenPipeError):  # who closes early may have answered all the same
            self._connection.request(method, self._target.path, body, fields, preload_content=False)
        self._read()

    def opened(self) -> Line:
        """Connect, by TLS where the URL says so, and return the line to the other side."""
        self._socket = self._connect()
        if self._target.scheme == "https":
            self._socket = self._secured(self._socket)
        return Line(self._socket, self.patience)

    def _connect(self) -> socket.socket:
        """Connect to the first address that takes us; those that remain share what is left of the time."""
        end = self._began + min(self._terms.connect_timeout, self._terms.timeout)
        failure = OSError("no address")
        for left, address in zip(range(len(self._target.addresses), 0, -1), self._target.addresses, strict=True):
            share = max((end - self._terms.elapsed()) / left, 0.001)
            try:
                connected = socket.create_connection((address, self._target.port), share)
            except OSError as error:
                failure = error
                continue
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            name = f"[{address}]" if ":" in address else address
            self._connected_to = f"{name}:{self._target.port}"
            return connected
        raise failure

    def _secured(self, plain: socket.socket) -> ssl.SSLSocket:
        """Return the connection after TLS has been agreed on with whoever can prove the host's name."""
        context = tls_context(self._terms.ca_file, verify=self._terms.verify)
        name = self._target.host.removesuffix(".")
        self._socket = secured = context.wrap_socket(plain, server_hostname=name, do_handshake_on_connect=False)
        self.patience.spend(secured, secured.do_handshake)
        return secured

    def _read(self) -> None:
        response = self._connection.getresponse()
        self.take(response.status, response.headers.items(), lambda: response.read1(_CHUNK, decode_content=False))

    def take(self, status: int, headers: Iterable[tuple[str, str]], read: Callable[[], bytes]) -> None:
        """Keep an answer, reading its body as far as it is wanted."""
        self.status, self._headers = status, _kept(headers)
        self._body.clear()
        try:
            while chunk := read():
                self._body += chunk[: KEPT - len(self._body)]
        except TooLong:
            return
        except ProtocolError as error:
            if not isinstance(error.__cause__, TooLong):
                raise

    def outcome(self, error: str | None) -> Outcome:
        """Return what came of the attempt."""
        duration = round((self._terms.elapsed() - self._began) * 1000)
        text = self._body.decode(errors="replace")
        return Outcome(self.status, self._headers, text, error, self._connected_to, duration)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
        if self._socket is not None:
            self._socket.close()


class _Stopped(OSError):
    """The attempt was cut short by us."""


class HungUp(OSError):
    """The sender hung up, as it was to do."""


class TooLong(OSError):
    """More of an answer came than is read."""


class _Patience:
    """The time that is left for an attempt, whatever part of it is under way."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._deadline = terms.elapsed() + terms.timeout

    def spend(self, connected: socket.socket, act: Callable[[], _Result]) -> _Result:
        """Do what may have to wait for the other side, in slices; raise TimeoutError when time is up."""
        while True:
            left = self._deadline - self._terms.elapsed()
            if self._terms.stop is not None and self._terms.stop.is_set():
                raise _Stopped
            if left <= 0:
                raise TimeoutError
            connected.settimeout(min(left, _SLICE))
            with suppress(TimeoutError):
                return act()


class Line:
    """As much of a socket as http.client uses; each wait is within the attempt's time, closing is the exchange's."""

    def __init__(self, connected: socket.socket, patience: _Patience) -> None:
        self._socket = connected
        self._patience = patience

    def sendall(self, data: bytes) -> None:
        """Send bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._patience.spend(self._socket, partial(self._socket.send, rest)) :]

    def is_answering(self, seconds: float) -> bool:
        """Wait so long for the other side to say something, and tell whether it does."""
        return bool(select.select((self._socket,), (), (), seconds)[0])

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what the other side sends as a file."""
        return io.BufferedReader(_Answer(self._socket, self._patience))

    def settimeout(self, _timeout: float | None) -> None:
        """Do nothing: the patience sets it for each wait."""

    def close(self) -> None:
        """Do nothing: http.client closes before the body is read."""


class _Answer(io.RawIOBase):
    """What the other side sends, up to the bytes that are read of it."""

    def __init__(self, connected: socket.socket, patience: _Patience) -> None:
        self._socket = connected
        self._patience = patience
        self._left = READ

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._left == 0:
            raise TooLong
        view = memoryview(buffer)[: self._left]
        count = self._patience.spend(self._socket, partial(self._socket.recv_into, view))
        self._left -= count
        return count


def _kept(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return the headers of an answer as far as they are kept."""
    kept: list[tuple[str, str]] = []
    left = KEPT
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            break
        kept.append((name, value))
    return tuple(kept)


_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (_Stopped, "stopped"),
    (HungUp, "closed"),
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "reset"),
    (IncompleteRead, "incomplete"),
    ((TooLong, HTTPException, HTTPError), "malformed"),
)


def _word(failure: BaseException) -> str:
    """Return the word for a failure, or for the one that urllib3 has wrapped."""
    cause = failure.__cause__ if isinstance(failure, HTTPError) and failure.__cause__ is not None else failure
    return next((word for kinds, word in _WORDS if isinstance(cause, kinds)), "unreachable")
