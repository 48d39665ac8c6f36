"""Between WSGI and plain values: environment → `Call`, `Reply` → bytes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from tutorflow_mock.domain.errors import InvalidRequest, PayloadTooLarge
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.http.errors import JSON_TYPE, NO_CONTENT, STATUS_LINES
from tutorflow_mock.http.inbound import announced
from tutorflow_mock.operations.call import Call

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

    from tutorflow_mock.operations.call import Reply

Environ = dict[str, Any]
HeaderList = list[tuple[str, str]]

SERVER = ("Server", "tutorflow-mock")
"""Named here, so that the server in front need not put its own name."""

_PIECE = 1 << 16


class BodyReader:
    """Reads a request's body once and not beyond what it is told; what was read can be asked for again."""

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


def write(reply: Reply, body: bytes, extra: HeaderList, start_response: StartResponse, *, is_head: bool) -> list[bytes]:
    """Begin the answer and return its body; none for HEAD, whose headers are those of GET."""
    headers = [SERVER, *reply.headers, *extra]
    if reply.status != NO_CONTENT:
        headers.insert(0, ("Content-Length", str(len(body))))
    if reply.body is not None:
        headers.insert(0, ("Content-Type", reply.media_type or JSON_TYPE))
    start_response(STATUS_LINES[reply.status], headers)
    return [b"" if is_head else body]


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {limit} bytes", reason="body-too-large")
