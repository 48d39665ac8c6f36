"""One call of the journal as it is shown: WireMock's shape, without any secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tutorflow_mock.domain import hiding, patterns
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.hiding import Vault
from tutorflow_mock.domain.model import Entry, Exchange

PATH, QUERY, CLIENT, SCHEME = ":path", ":query", ":client", ":scheme"
"""The names of what comes with a call and is no header."""

KEY_VARIABLE, COOKIE_VARIABLE = "$TUTORFLOW_CONTENT_API_KEY", "$TUTORFLOW_ADMIN_COOKIE"
"""What stands in a copied command where the credential was."""

_NOT_COPIED = frozenset(("host", "connection", "content-length", "accept-encoding", "transfer-encoding"))
_NOBODY = "0.0.0.0"  # noqa: S104 - what is shown where a server does not tell who called


@dataclass(frozen=True)
class Seen:
    """A call of the journal, its texts made when they are asked for; it is a `Subject` of patterns.

    `number` is its place among all calls of the session. What was redacted before it was stored is looked through once
    more: a secret may have been stored after it was sent.
    """

    number: int
    entry: Entry
    exchange: Exchange
    vault: Vault

    @property
    def method(self) -> str:
        """The method."""
        return self.entry.method

    @property
    def operation(self) -> str | None:
        """The operation, None where the contract has none for this call."""
        return self.entry.operation

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.entry.status

    @property
    def job_id(self) -> str | None:
        """The job that the call is about."""
        job_id = self.entry.job_id  # of a path, thus whatever a client wrote there
        return None if job_id is None else hiding.scrubbed(job_id, self.vault)

    @property
    def path(self) -> str:
        """The path, whole."""
        return self._path

    @property
    def query(self) -> str:
        """The query."""
        return self._query

    @property
    def url(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers by the names in which they are usually written."""
        sent = {name: value for name, value in self._facts.items() if not name.startswith(":")}
        shown = {name: hiding.header(name.lower(), value, self.vault) for name, value in sent.items()}
        return {**shown, **dict(self.exchange.hidden)}

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies, whose values are gone."""
        return patterns.cookies(self.header("cookie"))

    @property
    def body(self) -> str:
        """The body as text."""
        return self._body

    def header(self, name: str) -> str | None:
        """Look a header up by its name in lower case."""
        return self._by_name.get(name)

    def as_json(self, findings: Iterable[str] = ()) -> dict[str, object]:
        """Return the call as the journal shows it; `findings` are the rules that it breaks."""
        entry, exchange = self.entry, self.exchange
        return {
            "id": entry.id,
            "request": self.request(),
            "responseDefinition": self._response(),
            "wasMatched": entry.operation is not None,
            "mock": {
                "sequence": self.number,
                "at": timestamp(entry.at),
                "operation": entry.operation,
                "keyPrefix": exchange.key_prefix,
                "jobId": self.job_id,
                "idempotency": entry.note,
                "applied": exchange.applied,
                "fault": exchange.fault,
                "durationMillis": round(exchange.millis, 3),
                "findings": list(findings),
                "curl": self.curl(),
            },
        }

    def request(self) -> dict[str, object]:
        """Return what was sent."""
        shown: dict[str, object] = {
            "url": self.url,
            "absoluteUrl": self._absolute_url,
            "method": self.method,
            "clientIp": self._facts.get(CLIENT, _NOBODY),
            "headers": self.headers,
            "cookies": self.cookies,
            "body": self.body,
            "loggedDate": self.entry.at,
            "loggedDateString": timestamp(self.entry.at),
        }
        return {**shown, "bodyTruncated": True} if self.exchange.is_cut else shown

    def curl(self) -> str:
        """Return a command that sends the call again, with variables of the shell where credentials were."""
        words = ["curl", "-X", self.method, _quoted(self._absolute_url)]
        for name, value in self.headers.items():
            if name.lower() not in _NOT_COPIED:
                words += ["-H", _copied(name, value)]
        return " ".join([*words, "--data-raw", _quoted(self.body)] if self.exchange.body else words)

    def _response(self) -> dict[str, object]:
        headers: dict[str, str | list[str]] = {}
        for name, value in self.exchange.reply_headers:
            safe = hiding.header(name.lower(), value, self.vault)
            before = headers.get(name)
            headers[name] = safe if before is None else [*([before] if isinstance(before, str) else before), safe]
        body = hiding.body(self.exchange.reply_body, self.vault)
        shown: dict[str, object] = {"status": self.status, "headers": headers, "body": body}
        return {**shown, "bodyTruncated": True} if self.exchange.is_reply_cut else shown

    @property
    def _absolute_url(self) -> str:
        return f"{self._facts.get(SCHEME, 'http')}://{self.header('host') or 'localhost'}{self.url}"

    @cached_property
    def _path(self) -> str:
        return hiding.scrubbed(self._facts.get(PATH, self.entry.path), self.vault)

    @cached_property
    def _query(self) -> str:
        return hiding.query(self._facts.get(QUERY, ""), self.vault)

    @cached_property
    def _body(self) -> str:
        return hiding.body(self.exchange.body, self.vault)

    @cached_property
    def _facts(self) -> Mapping[str, str]:
        return dict(zip(self.exchange.names, self.exchange.values, strict=True))

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}


def seen(number: int, entry: Entry, vault: Vault) -> Seen | None:
    """Return a call as it may be shown; None for a line that is no call."""
    return None if entry.exchange is None else Seen(number, entry, entry.exchange, vault)


def _copied(name: str, value: str) -> str:
    """Return a header as a word of a shell; only where a credential was is anything expanded."""
    lowered = name.lower()
    if lowered == "authorization":
        return f'"{name}: Bearer {KEY_VARIABLE}"'
    return f'"{name}: {COOKIE_VARIABLE}"' if lowered == "cookie" else _quoted(f"{name}: {value}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
