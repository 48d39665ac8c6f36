"""Between WSGI and plain values: environment → `Call`, `Reply` → bytes."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from tutorflow_mock.domain.errors import ApiError, InvalidRequest, PayloadTooLarge
from tutorflow_mock.domain.faults import WIRE_HEADER, wire_value
from tutorflow_mock.domain.hiding import BODY_LIMIT
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.http.errors import JSON_TYPE, NO_CONTENT, STATUS_LINES
from tutorflow_mock.http.inbound import announced
from tutorflow_mock.operations.call import Call

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

    from tutorflow_mock.domain.faults import Injected
    from tutorflow_mock.operations.call import Reply

Environ = dict[str, Any]
HeaderList = list[tuple[str, str]]

SERVER = ("Server", "tutorflow-mock")
"""Named here, so that the server in front need not put its own name."""

_PIECE = 1 << 16


class BrokenOff(ConnectionResetError):
    """What a caller in this process gets in place of an answer that would never have arrived as it is."""


class BodyReader:
    """Reads a request's body once and not beyond what it is told; what was read can be asked for again."""

    _FRAMING = ("CONTENT_LENGTH", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")
    _EMPTY = frozenset((None, "", "0"))

    def __init__(self, environ: Environ) -> None:
        self._environ = environ
        self._parts: list[bytes] = []
        self._size = 0
        self._is_complete = False

    def __call__(self, limit: int) -> bytes:
        """Return the whole body; raise PayloadTooLarge over the limit, InvalidRequest if it is cut short."""
        length = announced(self._environ)
        if length is not None and length > limit:
            raise _too_large(limit)
        wanted = limit + 1 if length is None else length
        while not self._is_complete and self._size < wanted:
            self._read(min(_PIECE, wanted - self._size))
        if length is None and self._size > limit:
            raise _too_large(limit)
        if length is not None and self._size < length:
            raise InvalidRequest("The body is shorter than its Content-Length", reason="short-body")
        return b"".join(self._parts)

    def so_far(self, *, reads_on: bool) -> bytes:
        """Return what came of the body; one that nobody asked for is read now, as far as the journal keeps it."""
        if reads_on and not self._parts and not self._EMPTY.issuperset(map(self._environ.get, self._FRAMING)):
            with suppress(ApiError):  # what is wrong with the body was told by the answer
                self._read_unwanted()
        return b"".join(self._parts)

    def _read_unwanted(self) -> None:
        length = announced(self._environ)
        if length is None or 0 < length <= BODY_LIMIT:
            self(BODY_LIMIT)

    def _read(self, size: int) -> None:
        part = self._environ["wsgi.input"].read(size)
        self._is_complete = not part
        self._size += len(part)
        self._parts.append(part)


def call_of(environ: Environ) -> Call:
    """Return the plain request of a WSGI environment."""

    def header(name: str) -> str | None:
        return environ.get(_variable(name))

    return Call(
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", ""),
        header,
        BodyReader(environ),
        environ.get("QUERY_STRING", ""),
    )


@cache
def _variable(name: str) -> str:
    """Return the CGI variable of a header; only names that our own code asks for come here."""
    variable = name.upper().replace("-", "_")
    return variable if name in {"content-type", "content-length"} else f"HTTP_{variable}"


def body_of(reply: Reply) -> bytes:
    """Return the bytes of an answer."""
    if reply.body is None:
        return b""
    return reply.body if isinstance(reply.body, bytes) else compact(reply.body).encode()


def sent(call: Call, *, reads_on: bool = True) -> bytes:
    """Return the body of a call as far as it was read, or is worth reading for the journal."""
    reader = call.read
    return reader.so_far(reads_on=reads_on) if isinstance(reader, BodyReader) else b""


def headers_of(reply: Reply, body: bytes, extra: HeaderList) -> HeaderList:
    """Return the headers of an answer."""
    headers = [SERVER, *reply.headers, *extra]
    if reply.status != NO_CONTENT:
        headers.insert(0, ("Content-Length", str(len(body))))
    if reply.body is not None:
        headers.insert(0, ("Content-Type", reply.media_type or JSON_TYPE))
    return headers


def mark(injected: Injected, how: str) -> tuple[str, str]:
    """Return the header that lets the relay break an answer; raise BrokenOff if its reader is in this process."""
    if how == "raise":
        raise BrokenOff(f"{injected.fault.name}: the answer breaks where a connection would be")
    return WIRE_HEADER, wire_value(injected)


def write(
    status: int, headers: HeaderList, body: bytes, start_response: StartResponse, *, is_head: bool
) -> list[bytes]:
    """Begin the answer and return its body; none for HEAD, whose headers are those of GET."""
    start_response(STATUS_LINES[status], headers)
    return [b"" if is_head else body]


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {limit} bytes", reason="body-too-large")
