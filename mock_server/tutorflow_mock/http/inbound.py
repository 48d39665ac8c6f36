"""A request's body on its way in: an answer that comes before its end must not break the connection without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tutorflow_mock.domain.errors import InvalidRequest
from tutorflow_mock.http.errors import TOO_LARGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from wsgiref.types import StartResponse

    _Headers = list[tuple[str, str]]
    _ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None

_DRAINED = 1 << 20
"""How many bytes of an unwanted body are read, so that the connection can go on."""

_PIECE = 1 << 16
_MOST_DIGITS = 18
_ENDLESS = 10**_MOST_DIGITS


class Stream(Protocol):
    """The one method of `wsgi.input` that is used."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Inbound:
    """`wsgi.input` that knows whether it was read to its end; `announced` is None for a chunked body."""

    def __init__(self, stream: Stream, announced: int | None) -> None:
        self._stream = stream
        self._announced = announced
        self._taken = 0
        self.is_complete = False

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes, or all of them."""
        part = self._stream.read() if size < 0 else self._stream.read(size)
        self._taken += len(part)
        self.is_complete = self._taken == self._announced or (size != 0 and len(part) == 0) or size < 0
        return part

    def drain(self) -> bool:
        """Read on to the end of the body as far as that is not too far; tell whether it was reached."""
        if self._announced is not None and self._announced > _DRAINED:
            return self.is_complete
        while not self.is_complete and self._taken <= _DRAINED:
            self.read(_PIECE)
        return self.is_complete


def announced(environ: dict[str, Any]) -> int | None:
    """Return the length of the body that counts; with chunked framing none does (RFC 9112 §6.3).

    Raises InvalidRequest unless it is digits only; more digits than any body has stand for an endless one.
    """
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text: str = environ.get("CONTENT_LENGTH") or environ.get("HTTP_CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequest("Content-Length must be digits only", reason="content-length")
    return int(text) if len(text) <= _MOST_DIGITS else _ENDLESS


def watched(environ: dict[str, Any], start_response: StartResponse) -> StartResponse:
    """Return a `start_response` that reads an unread body to its end first, or says that the connection ends."""
    try:
        length = announced(environ)
    except InvalidRequest:
        length = _ENDLESS
    if length == 0 or "wsgi.input" not in environ:
        return start_response
    inbound = environ["wsgi.input"] = Inbound(environ["wsgi.input"], length)

    def begin(status: str, headers: _Headers, exc_info: _ExcInfo = None, /) -> Callable[[bytes], object]:
        is_whole = inbound.is_complete if status == TOO_LARGE else inbound.drain()
        if not is_whole and environ.get("SERVER_PROTOCOL", "HTTP/1.1").startswith("HTTP/1"):
            headers = [*headers, ("Connection", "close")]
        return start_response(status, headers, exc_info) if exc_info is not None else start_response(status, headers)

    return begin
