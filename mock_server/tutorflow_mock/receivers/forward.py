"""Handing a webhook on: the bytes and headers as they came, and the answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import urllib3
from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import SKIP_HEADER, Timeout, parse_url

from tutorflow_mock.receivers.listen import Answer, Headers, unanswered
from tutorflow_mock.remote.errors import reason

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITHIN = 10.0  # seconds, as long as the mock waits by default
_READ = 64 * 1024
_EXPECTED = "give a URL such as http://127.0.0.1:9000/hook"
_OWN = frozenset(("host", "connection", "content-length", "expect", "keep-alive", "te", "transfer-encoding", "upgrade"))


class ForwardTo:
    """Hands attempts on to a URL, with further headers; no redirect, no proxy, no header of its own.

    Raises ValueError for what is no http or https address; one without a scheme, `localhost:9000/hook`, is http.
    """

    def __init__(self, url: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        self.url = _checked(url)
        self._more = dict(headers)
        self._pool = urllib3.PoolManager(retries=False)

    def __call__(self, headers: Headers, body: bytes) -> Answer:
        """Return what the receiver answers."""
        try:
            answer = self._pool.request(
                "POST",
                self.url,
                body=body,
                headers=self._fields(headers),
                timeout=Timeout(total=_WITHIN),
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            read = answer.read(_READ)
            answer.close()
        except HTTPError as error:
            return unanswered(reason(error))
        return Answer(answer.status, tuple(answer.headers.items()), read)

    def _fields(self, headers: Headers) -> HTTPHeaderDict:
        fields = HTTPHeaderDict()
        for name, value in headers:
            if name.lower() not in _OWN:
                fields.add(name, value)
        for name, value in self._more.items():
            fields[name] = value
        for name in ("User-Agent", "Accept-Encoding"):
            fields.setdefault(name, SKIP_HEADER)
        return fields


def _checked(url: str) -> str:
    told = url if "://" in url else f"http://{url}"
    try:
        parts = parse_url(told)
    except LocationParseError as error:
        raise ValueError(_EXPECTED) from error
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ValueError(_EXPECTED)
    return parts.url
