"""Hand-made WSGI calls, for what no client sends and no server would let through."""

import io
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from flask import Flask
from mock_server.tests.operations.in_process import CLASSROOMS, EXPANSIONS, KEY, Answer
from werkzeug.datastructures import Headers

from tutorflow_mock.operations import registry

CREATE: Mapping[str, Any] = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": EXPANSIONS,
    "HTTP_AUTHORIZATION": KEY["Authorization"],
    "CONTENT_TYPE": "application/json",
}
"""A create that lacks its body."""
FUNCTIONS: dict[str, Any] = vars(registry)["_functions"]
"""The operations of every application that is made from now on."""
READ: Mapping[str, Any] = {"PATH_INFO": CLASSROOMS, "HTTP_AUTHORIZATION": KEY["Authorization"]}
"""A call that succeeds."""


class Input(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""
        ...


class Drip:
    """A body that comes in pieces of one size, and remembers how much of it was asked for."""

    def __init__(self, body: bytes, piece: int) -> None:
        self._rest = io.BytesIO(body)
        self._piece = piece
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        """Return a piece, however much was asked for."""
        part = self._rest.read(min(size, self._piece))
        self.taken += len(part)
        return part


def environ(*parts: Mapping[str, Any], body: Input | bytes = b"") -> dict[str, Any]:
    """Return the environment of a GET to this machine, changed by `parts`; None takes a variable out."""
    whole: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "4010",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:4010",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if isinstance(body, bytes) and body:
        whole["CONTENT_LENGTH"] = str(len(body))
    for part in parts:
        whole |= part
    return {name: value for name, value in whole.items() if value is not None}


def call(app: Flask, *parts: Mapping[str, Any], body: Input | bytes = b"") -> Answer:
    """Answer one hand-made call."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        begun.append((status, headers))

    pieces: Iterable[bytes] = app.wsgi_app(environ(*parts, body=body), start_response)
    whole = b"".join(pieces)
    [(status, headers)] = begun
    assert all(type(name) is str and type(value) is str for name, value in headers)
    assert "\n" not in repr(headers).replace("\\n", "\n"), headers
    for _, value in headers:
        value.encode("latin-1")
    return Answer(int(status.partition(" ")[0]), Headers(headers), whole)
