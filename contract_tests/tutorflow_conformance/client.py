"""Send requests, through the meter and into the record: the one way out to the target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from itertools import count
from ssl import SSLCertVerificationError, SSLError
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER

from tutorflow_conformance.exchange import Answer, Exchange, Headers, Request, as_json, member
from tutorflow_conformance.ledger import ACCEPTED, ANSWERED, CREATE, READ, REFUSED, Ledger
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.system import Clock
from tutorflow_openapi import Contract

CONNECT, TOTAL = 5.0, 30.0  # seconds
LARGEST = 20 * 1024 * 1024  # bytes of an answer
_PIECE = 64 * 1024
_CONNECTIONS = 64  # as many as a step calls at once
LIMITED = "limited"  # the step of what was refused with 429 and tried again
_LIMITED = 429
_REFUSALS = range(400, 500)
_SUCCESSES = range(200, 300)


_STEP: ContextVar[str] = ContextVar("step", default="")  # for which step this thread sends


class Unreachable(Exception):
    """Nothing answered at the target's address; the message says what was tried."""


class Metered(HTTPAdapter):
    """A transport that asks the ledger before it sends, whoever is sending, and tells it what became of it."""

    def __init__(self, ledger: Ledger, contract: Contract, clock: Clock) -> None:
        super().__init__(max_retries=0, pool_maxsize=_CONNECTIONS)
        self._ledger = ledger
        self._contract = contract
        self._clock = clock

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send a prepared request, after a pause if the minute is full; Overspent if a purse is empty."""
        transport, started = super().send, self._clock.elapsed()

        def send() -> requests.Response:
            response = transport(request, *args, **options)
            response.raw = _Bounded(response.raw, lambda: self._clock.elapsed() - started > TOTAL)
            return response

        return self.through(request, send)

    def through(self, request: requests.PreparedRequest, send: Callable[[], requests.Response]) -> requests.Response:
        """Do the same for whoever has a transport of its own."""
        while (pause := self._ledger.pause_needed()) > 0:
            self._clock.pause(pause)
        is_create = _operation(self._contract, request.method or "", request.path_url) == "createExpansion"
        ticket = self._ledger.reserve(CREATE if is_create else READ, _STEP.get())
        response = send()
        if not is_create:
            self._ledger.settle(ticket, ANSWERED)
        elif response.status_code in _SUCCESSES:
            self._ledger.settle(ticket, ACCEPTED, job_id(as_json(response.content)))
        elif response.status_code in _REFUSALS:
            self._ledger.settle(ticket, REFUSED)
        return response


@dataclass
class Client:
    """Sends to one target and records every exchange.

    `record` gets each exchange redacted; callers get it as it was.
    """

    url: str
    contract: Contract
    adapter: Metered
    redactor: Redactor
    clock: Clock
    record: Callable[[Exchange], None]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False)
    _session: requests.Session = field(default_factory=requests.Session, init=False)

    def __post_init__(self) -> None:
        """Let nothing but the run decide what is sent: no proxies, no `.netrc`."""
        self._session.trust_env = False
        self._session.mount(self.url, self.adapter)

    def send(  # noqa: PLR0913 - an exchange has many sides
        self,
        step: str,
        method: str,
        target: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        credential: str = "none",
        facts: Callable[[Exchange], Mapping[str, Any]] | None = None,
        base: str | None = None,
        limited: Callable[[Exchange], bool] | None = None,
    ) -> Exchange:
        """Send a request and return the exchange, an error of the connection included; Overspent passes through.

        `target` is path and query, `base` another address than the target's own. No `User-Agent` tells who is asking:
        an endpoint must not know that it is tested. `limited` is asked after a 429 whether to
        try again; it does the waiting.
        """
        exchange = self._exchange(step, Request(method, target, headers, body), credential, base or self.url)
        while limited is not None and exchange.status == _LIMITED and limited(exchange):
            self.record(self.redactor.exchange(replace(exchange, step=LIMITED)))
            exchange = self._exchange(step, exchange.request, credential, base or self.url)
        if facts is not None:
            exchange = exchange.with_facts(**facts(exchange))
        self.record(self.redactor.exchange(exchange))
        return exchange

    def operation(self, method: str, target: str) -> str | None:
        """Return the operation that a request asks for, if the contract knows it."""
        return _operation(self.contract, method, target)

    def noted(  # noqa: PLR0913, PLR0917 - as above
        self,
        step: str,
        request: Request,
        credential: str,
        started: float,
        answer: Answer | None,
        error: str | None,
    ) -> Exchange:
        """Record what somebody else sent to the target through its meter; return the exchange as it was."""
        exchange = self._built(next(self._numbers), step, request, credential, started, answer, error)
        self.record(self.redactor.exchange(exchange))
        return exchange

    def _exchange(self, step: str, request: Request, credential: str, base: str) -> Exchange:
        number, started = next(self._numbers), self.clock.elapsed()
        _STEP.set(step)
        answer, error = self._sent(request.method, base + request.target, request.headers, request.body)
        return self._built(number, step, request, credential, started, answer, error)

    def _built(  # noqa: PLR0913, PLR0917 - as above
        self,
        number: int,
        step: str,
        request: Request,
        credential: str,
        started: float,
        answer: Answer | None,
        error: str | None,
    ) -> Exchange:
        """Return an exchange that has just ended, and hide from now on what it reveals."""
        exchange = Exchange(
            number=number,
            step=step,
            operation=_operation(self.contract, request.method, request.target),
            credential=credential,
            at=started,
            ended=self.clock.elapsed(),
            request=request,
            answer=answer,
            error=error,
        )
        self._learn(exchange)
        return exchange

    def _sent(self, method: str, address: str, headers: Headers, body: bytes) -> tuple[Answer | None, str | None]:
        request = requests.Request(method, self.url + "/", data=body or None)
        prepared = self._session.prepare_request(request)
        prepared.url = address  # as it is: no library may tidy up a path that is meant to be odd
        length = prepared.headers.get("Content-Length")
        prepared.headers.clear()
        prepared.headers.update({"User-Agent": SKIP_HEADER, "Accept-Encoding": "identity", **dict(headers)})
        if length is not None:
            prepared.headers["Content-Length"] = length
        try:
            response = self._session.send(prepared, timeout=(CONNECT, TOTAL), allow_redirects=False)
        except (requests.exceptions.RequestException, HTTPError, ValueError) as failure:
            return None, _kind(failure)
        raw: Headers = tuple((str(name), str(value)) for name, value in response.raw.headers.items())
        return Answer(response.status_code, raw, response.content), None

    def _learn(self, exchange: Exchange) -> None:
        """Hide from now on what an answer reveals: minted keys, a subscription's secret, the cookie of a login."""
        for name, kind in (("apiKey", "key"), ("secret", "secret")):
            value = member(exchange.json, name)
            if isinstance(value, str):
                self.redactor.learn(kind, value)
        cookie = exchange.header("Set-Cookie") or ""
        name, _, value = cookie.partition(";")[0].partition("=")
        if name == "jwt":
            self.redactor.learn("cookie", value)


def job_id(body: Any) -> str | None:
    """Return the id of the job that an answer tells of, in the flat form or under `job`."""
    found = member(body, "id") or member(body, "job", "id")
    return found if isinstance(found, str) else None


def _operation(contract: Contract, method: str, target: str) -> str | None:
    match = contract.match(urlsplit(target).path)
    operation = match.operations.get(method.upper()) if match else None
    return operation.id if operation else None


class _Bounded:
    """The body of an answer, as it comes: given up when time is up, or when it is far too long."""

    def __init__(self, raw: Any, is_late: Callable[[], bool]) -> None:
        self._raw = raw
        self._is_late = is_late

    def __getattr__(self, name: str) -> Any:
        """Be the wrapped body in everything else."""
        return getattr(self._raw, name)

    def stream(self, amount: int, *, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body piece by piece; each is read as soon as it is there."""
        size = 0
        while piece := self._raw.read1(min(amount, _PIECE), decode_content=decode_content):
            yield piece
            size += len(piece)
            if size > LARGEST:
                raise TooLong(f"an answer of more than {LARGEST} bytes")
            if self._is_late():
                raise requests.exceptions.ReadTimeout("the answer did not end in time")


_BROKEN = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


class TooLong(requests.exceptions.RequestException):
    """An answer that nobody would call one."""


def _kind(failure: Exception) -> str:
    """Say in a few words why no answer came."""
    text = str(failure).lower()
    reasons = (
        (isinstance(failure, requests.exceptions.SSLError), f"TLS: {_reason(failure)}"),
        (isinstance(failure, requests.exceptions.ConnectTimeout), f"no connection within {CONNECT:.0f} s"),
        (isinstance(failure, requests.exceptions.Timeout), f"no answer within {TOTAL:.0f} s"),
        (isinstance(failure, TooLong), text),
        ("refused" in text, "refused"),
        ("resolve" in text, "no such host"),
        (not isinstance(failure, _BROKEN) or not _is_http(failure), "what came back is no HTTP"),
    )
    return next((reason for holds, reason in reasons if holds), "connection broken")


def _is_http(failure: Exception) -> bool:
    """Tell whether a connection broke, as against an answer in another protocol."""
    causes = _causes(failure)
    return not any(isinstance(each, HTTPException) and not isinstance(each, ConnectionError) for each in causes)


def _reason(failure: Exception) -> str:
    """Return what the TLS library says, such as `self-signed certificate`."""
    for cause in _causes(failure):
        if isinstance(cause, SSLCertVerificationError):
            return cause.verify_message
        if isinstance(cause, SSLError):
            return (cause.reason or "handshake failed").lower().replace("_", " ")
    return "handshake failed"


def _causes(failure: BaseException) -> list[BaseException]:
    """Return a failure with all that it wraps, the outermost first; the libraries hold them in several places."""
    found: list[BaseException] = []
    waiting: list[Any] = [failure]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            waiting.extend((*each.args, getattr(each, "reason", None), each.__cause__, each.__context__))
    return found
