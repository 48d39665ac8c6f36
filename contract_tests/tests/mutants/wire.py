"""How an answer of a bench goes over the wire: silently, and compressed or in chunks if its headers say so."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from werkzeug.serving import WSGIRequestHandler

PIECE = 50  # bytes of a chunk
_NO_LENGTH = ("Content-Length", "0")
_FRAMING = frozenset(("content-length", "transfer-encoding"))


class Handler(WSGIRequestHandler):
    """Speaks HTTP/1.1 and says nothing: neither in a log nor in headers of its own that would hide an answer's."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status line alone; `Date` is the answer's."""
        self.log_request(code)
        self.send_response_only(code, message)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def written(
    status: int, headers: tuple[tuple[str, str], ...], body: bytes, method: str, start_response: Callable[..., Any]
) -> list[bytes]:
    """Start an answer and return its body in pieces; one without a length is sent in chunks by the server."""
    said = {name.lower(): (name, value) for name, value in headers}
    sent = [pair for pair in headers if pair[0].lower() not in _FRAMING]
    if "date" not in said:
        sent.append(("Date", formatdate(usegmt=True)))
    if body and said.get("content-encoding", ("", ""))[1] == "gzip":
        body = gzip.compress(body)
    is_chunked = "transfer-encoding" in said
    if not is_chunked and (status not in {204, 304} or body):
        name, length = said.get("content-length", _NO_LENGTH)
        sent.append((name, length if method == "HEAD" else str(len(body))))
    start_response(f"{status} Status", sent)
    return [body[at : at + PIECE] for at in range(0, len(body), PIECE)] if is_chunked else [body]
