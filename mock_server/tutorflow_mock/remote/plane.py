"""One mock at an address, and one session of it: calls that return parsed JSON or raise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import quote, urlencode

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Timeout, parse_url

from tutorflow_mock.remote.errors import Unreachable, reason, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse, PoolManager

ADMIN = "/__admin"
"""Where the control plane lives."""

_CONNECT_WITHIN = 5.0
_ANSWER_WITHIN = 10.0
_SUCCESS = 2
_SCHEMES = ("http", "https")
_CONNECTIONS = 64


class Plane:
    """The control plane of a mock, spoken to in one session; safe to share among threads.

    Paths are given in pieces below `/__admin`, each of which is quoted; `within` is how many seconds a call may wait
    for something, on top of what an answer takes anyway. Proxies of the environment are not used. A context manager.
    """

    def __init__(
        self, url: str, session: str | None = None, token: str | None = None, *, pool: PoolManager | None = None
    ) -> None:
        self.url = _checked(url)
        self.session = session
        headers = {"X-Mock-Session": session, "Authorization": None if token is None else f"Bearer {token}"}
        self._headers = {name: _one_word(name, value) for name, value in headers.items() if value is not None}
        self._token = token
        self._pool = pool or urllib3.PoolManager(retries=False, maxsize=_CONNECTIONS)

    def get(self, *path: str, **query: object) -> Any:
        """Return the JSON of a GET."""
        return self._json("GET", path, None, query, 0.0)

    def text(self, *path: str, **query: object) -> str:
        """Return the body of a GET as it is."""
        return self._answer("GET", _admin(path, query), None, self._headers, _timeout()).data.decode()

    def health(self, patience: float) -> Any:
        """Return what the server says of its health, asked with less patience than usual, in seconds."""
        target = _admin(("health",), {})
        answer = self._answer("GET", target, None, {}, Timeout(total=patience))
        return _parsed(answer, f"GET {self.url}{target}")

    def post(self, *path: str, body: Mapping[str, Any] | None = None, within: float = 0.0, **query: object) -> Any:
        """Return the JSON of a POST."""
        return self._json("POST", path, body, query, within)

    def put(self, *path: str, body: object = None, within: float = 0.0, **query: object) -> Any:
        """Return the JSON of a PUT."""
        return self._json("PUT", path, body, query, within)

    def delete(self, *path: str, **query: object) -> Any:
        """Return the JSON of a DELETE, None where it has no body."""
        return self._json("DELETE", path, None, query, 0.0)

    def api(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON of a call of the API itself, with its credential in `headers`."""
        answer = self._answer(method, path, body, dict(headers or {}), _timeout())
        return _parsed(answer, f"{method} {self.url}{path}")

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()

    def __enter__(self) -> Self:
        """Return the plane."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the connections."""
        self.close()

    def _json(
        self, method: str, path: tuple[str, ...], body: object, query: Mapping[str, object], within: float
    ) -> Any:
        target = _admin(path, query)
        answer = self._answer(method, target, body, self._headers, _timeout(within))
        return _parsed(answer, f"{method} {self.url}{target}")

    def _answer(
        self, method: str, target: str, body: object, headers: Mapping[str, str], timeout: Timeout
    ) -> BaseHTTPResponse:
        tried = f"{method} {self.url}{target}"
        sent, told = None, {"Accept": "application/json", **headers}
        if body is not None:
            sent, told["Content-Type"] = json.dumps(body), "application/json"
        try:
            answer = self._pool.request(
                method, f"{self.url}{target}", body=sent, headers=told, timeout=timeout, redirect=False
            )
        except HTTPError as error:
            raise Unreachable(f"{tried}: {reason(error)}") from error
        if answer.status // 100 != _SUCCESS:
            told_by = _parsed(answer, tried)
            raise refusal(answer.status, cast("Mapping[str, Any]", told_by) if isinstance(told_by, dict) else {})
        return answer


def _timeout(within: float = 0.0) -> Timeout:
    return Timeout(connect=_CONNECT_WITHIN, read=_ANSWER_WITHIN + within)


def _checked(url: str) -> str:
    """Return an address without a slash at its end; raise ValueError for what is none."""
    try:
        parts = parse_url(url)
    except LocationParseError as error:
        raise ValueError("the address must be a URL such as http://127.0.0.1:4010") from error
    if parts.scheme not in _SCHEMES or not parts.host or parts.query or parts.fragment:
        raise ValueError("the address must be a URL such as http://127.0.0.1:4010")
    if parts.auth is not None:
        raise ValueError("the address must hold no password; a token goes with --admin-token")
    return parts.url.rstrip("/")


def _one_word(name: str, value: str) -> str:
    if not (value and value.isascii() and value.isprintable()):
        raise ValueError(f"what goes into the header {name} must be printable ASCII characters")
    return value


def _admin(path: tuple[str, ...], query: Mapping[str, object]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    target = "/".join((ADMIN, *(quote(piece, safe="") for piece in path)))
    return f"{target}?{urlencode(given)}" if given else target


def _parsed(answer: BaseHTTPResponse, tried: str) -> Any:
    if not answer.data:
        return None
    try:
        return json.loads(answer.data)
    except ValueError as error:
        raise Unreachable(f"{tried}: what answers there is no tutorflow-mock") from error
