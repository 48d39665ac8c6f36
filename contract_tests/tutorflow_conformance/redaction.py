"""Hide secrets by their value, in every form that they take, behind tokens that keep equality visible."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from threading import Lock
from urllib.parse import quote

from tutorflow_conformance.exchange import Answer, Exchange, Headers, Request

HIDDEN = "…"
MARK = "⟨"  # begins every token; no answer holds one unless a secret stood there
_SHORTEST = 4
_WHOLE = frozenset(("authorization", "cookie", "set-cookie", "proxy-authorization"))


class Redactor:
    """Knows the secrets of a run. Thread-safe; what it has not learnt it cannot hide."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._pattern: re.Pattern[str] | None = None
        self._forms: dict[str, str] = {}
        self._lock = Lock()

    def learn(self, kind: str, secret: str | None) -> str:
        """Hide a secret from now on; return its token, such as `⟨key 1⟩`, the same for the same secret."""
        if secret is None or len(secret) < _SHORTEST:
            return HIDDEN
        with self._lock:
            known = self._tokens.get(secret)
            if known is not None:
                return known
            self._counts[kind] = self._counts.get(kind, 0) + 1
            token = self._tokens[secret] = f"{MARK}{kind} {self._counts[kind]}⟩"
            self._forms.update(dict.fromkeys(_forms(secret), token))
            longest_first = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))
            return token

    def text(self, text: str) -> str:
        """Return a text with every known secret replaced by its token."""
        pattern = self._pattern
        return pattern.sub(lambda found: self._forms[found[0]], text) if pattern else text

    def body(self, body: bytes) -> bytes:
        """Return bytes with every known secret replaced by its token, in UTF-8."""
        return self.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def exchange(self, exchange: Exchange) -> Exchange:
        """Return an exchange as a report may show it."""
        request, answer = exchange.request, exchange.answer
        return replace(
            exchange,
            request=Request(
                request.method, self.text(request.target), self._headers(request.headers), self.body(request.body)
            ),
            answer=answer and Answer(answer.status, self._headers(answer.headers), self.body(answer.body)),
            error=exchange.error and self.text(exchange.error),
        )

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self._value(name, value)) for name, value in headers)

    def _value(self, name: str, value: str) -> str:
        shown = self.text(value)
        return shown if name.lower() not in _WHOLE else _whole(shown)


def _whole(value: str) -> str:
    """Keep of a credential only its scheme or name, and its token where it is one that the run knows."""
    found = re.search(rf"{MARK}[^⟩]*⟩", value)
    head = re.match(r"[A-Za-z]+(?= )|[A-Za-z_]+=", value)
    kept = head[0] if head else ""
    return f"{kept}{'' if kept.endswith('=') else ' ' if kept else ''}{found[0] if found else HIDDEN}"


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret plain, in a URL, in JSON, and in base64 at each of the three places where it may begin."""
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    raw = secret.encode()
    for offset in range(3):
        encoded = b64encode(b"\0" * offset + raw).decode("ascii").rstrip("=")
        inner = encoded[(0, 2, 3)[offset] : -1]  # what neighbours before and after cannot change
        if len(inner) > _SHORTEST:
            yield inner
