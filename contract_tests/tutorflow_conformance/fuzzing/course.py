"""Fuzzing as a step of a run: its purse, its record, and what it found as remarks for the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import requests
from urllib3.util import SKIP_HEADER

from tutorflow_conformance.evidence import Remark
from tutorflow_conformance.exchange import Answer, Exchange, Headers, Request
from tutorflow_conformance.fuzzing.engine import (
    ADMINISTRATION,
    EVERYTHING,
    Given,
    Manner,
    Trouble,
    transport,
    troubles,
)
from tutorflow_conformance.fuzzing.mapping import FITS, NOTES, POSSIBLE, expected, requirement, wrong_method
from tutorflow_conformance.ledger import Overspent
from tutorflow_conformance.traffic.run import ADMIN, KEY, MINUTE, NONE, Run
from tutorflow_conformance.traffic.step import Step
from tutorflow_openapi import Contract

STEP = "fuzz"
WIDE = Manner(refusals_only=False, examples=50, excluded=frozenset(EVERYTHING), seed=0, timeout=10)
NARROW = Manner(refusals_only=True, examples=10, excluded=frozenset(ADMINISTRATION), seed=0, timeout=30)
_LIMITED = 429
_METHODS = frozenset(("ST204", "ST205"))


@dataclass(frozen=True, slots=True)
class Purse:
    """What the engine may send, besides what the run's own purses allow."""

    requests: int
    creates: int


_MODES = {"mock": (WIDE, Purse(requests=4000, creates=1500)), "full": (NARROW, Purse(requests=200, creates=90))}


def fuzzing(mode: str, seed: int, wanted: Collection[str]) -> Step | None:
    """Return the step that fuzzes a target for the sake of some requirements; None where the mode does not."""
    known = POSSIBLE & frozenset(wanted)
    if mode not in _MODES or not known:
        return None
    manner, purse = _MODES[mode]
    return fuzzing_in(replace(manner, seed=seed), purse, known)


def fuzzing_in(manner: Manner, purse: Purse, wanted: frozenset[str]) -> Step:
    """Return a step that fuzzes in a manner of one's own."""
    send = partial(_fuzz, manner=manner, wanted=wanted, purse=purse)
    if manner.refusals_only:
        return Step(STEP, "around", send, requests=purse.requests, reserve=purse.creates)
    return Step(STEP, "alternatives", send, requests=purse.requests, jobs=purse.creates)


def _fuzz(run: Run, *, manner: Manner, wanted: frozenset[str], purse: Purse) -> None:
    run.notes["seed"] = manner.seed
    sender = _Sender(run, purse)
    with transport(run.target.url, sender.take), suppress(Overspent):
        found = (
            troubles(run.target.contract.document, _given(run), each, lambda: sender.is_over)
            for each in _passes(manner)
        )
        for trouble in chain.from_iterable(found):
            if trouble.code is None:
                if not sender.is_over:  # what is refused for want of money breaks in there as well
                    _remark(run, _fault(trouble))
            elif trouble.code not in NOTES and trouble.request is not None:
                _take_in(run, trouble, sender.sent(trouble.request), wanted)
    if sender.stopped:
        run.notes["fuzz stopped"] = sender.stopped


def _passes(manner: Manner) -> tuple[Manner, ...]:
    """Return the passes of the engine: where it sends everything it sends few creates that ought to be refused."""
    refused = replace(NARROW, seed=manner.seed, excluded=manner.excluded, timeout=manner.timeout)
    return (manner,) if manner.refusals_only else (manner, refused)


def _given(run: Run) -> Given:
    known = run.target.credentials
    secrets = {"contentApiKey": {"bearer": run.secrets.get(KEY)}, "adminSession": {"api_key": run.secrets.get(ADMIN)}}
    ids = {
        "organizationId": known.organization_id or run.notes.get("organizationId"),
        "classroomId": known.classroom_id or run.notes.get("classroomId"),
        "lessonId": known.lesson_id,
    }
    return Given(
        url=run.target.url,
        credentials={
            scheme: {kind: secret}
            for scheme, held in secrets.items()
            for kind, secret in held.items()
            if secret is not None
        },
        ids={name: str(value) for name, value in ids.items() if value is not None},
        prefix=run.key("fuzz-"),
        fits=partial(_fits, run.target.contract),
    )


def _fits(contract: Contract, operation: str, sent: Any) -> bool:
    """Tell whether a body is allowed, or may be: what only a header makes wrong, a faulty endpoint might accept."""
    body = contract.operations[operation].body
    if body is None or not isinstance(sent, dict | list | str | int | float | bool | None):
        return False  # no body at all, or bytes
    try:
        return body.schema.is_valid(sent)
    except (ValueError, RecursionError):
        return True


def _take_in(run: Run, trouble: Trouble, exchange: Exchange | None, wanted: frozenset[str]) -> None:
    """Keep a finding as a remark on its requirement, the first of each operation and code alone."""
    if exchange is None or trouble.code is None:
        return
    contract = run.target.contract
    if trouble.code in _METHODS:
        name = wrong_method(exchange.status, contract)
    else:
        name = requirement(trouble.code, exchange, contract)
    if name is None or name not in wanted:
        unmapped = run.notes.get("fuzz without a requirement", "")
        told = f"{trouble.code} {trouble.label}"
        if name is None and trouble.code not in _METHODS and told not in unmapped:
            run.notes["fuzz without a requirement"] = f"{unmapped}; {told}".removeprefix("; ")
        return
    shown = run.redactor.text(f"{exchange.id}: {exchange.status}; {' '.join(trouble.message.split())}")
    by = f"Schemathesis {trouble.code}, {trouble.title}"
    _remark(run, Remark(name, by, exchange.operation, expected(trouble.code), shown, (exchange.id,)))


def _fault(trouble: Trouble) -> Remark:
    told = f"fuzzing {trouble.label} broke: {trouble.title}: {' '.join(trouble.message.split())}"
    return Remark(FITS, "Schemathesis", None, "", told, is_ours=True)


def _remark(run: Run, remark: Remark) -> None:
    known = Counter((each.requirement, each.operation) for each in run.evidence.remarks)
    if not known[remark.requirement, remark.operation]:
        run.evidence.remarks.append(remark)


class _Sender:
    """Sends for the engine: through the run's meter and into its record, until a purse is empty."""

    def __init__(self, run: Run, purse: Purse) -> None:
        self._run = run
        self._purse = purse
        self._spent = Purse(0, 0)
        self._known: dict[int, tuple[requests.PreparedRequest, Exchange]] = {}
        self.stopped: str | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is sent."""
        return self.stopped is not None

    def sent(self, request: requests.PreparedRequest) -> Exchange | None:
        """Return the exchange of a request that went out."""
        found = self._known.get(id(request))
        return found[1] if found else None

    def take(self, request: requests.PreparedRequest, send: Callable[[], requests.Response]) -> requests.Response:
        """Send one request of the engine; Overspent, from then on each time, if that cannot be paid."""
        self._pay(request)
        started = self._run.clock.elapsed()
        try:
            response = self._metered(request, send)
        except requests.exceptions.RequestException as failure:
            self._note(request, started, None, type(failure).__name__)
            raise
        raw: Headers = tuple((str(name), str(value)) for name, value in response.raw.headers.items())
        self._note(request, started, Answer(response.status_code, raw, response.content), None)
        if response.status_code == _LIMITED:
            self._wait(response)
        return response

    def _pay(self, request: requests.PreparedRequest) -> None:
        is_create = self._run.client.operation(request.method or "", request.path_url) == "createExpansion"
        self._spent = Purse(self._spent.requests + 1, self._spent.creates + is_create)
        if self.stopped is None and self._spent.requests > self._purse.requests:
            self.stopped = f"after {self._purse.requests} requests, as planned"
        if self.stopped is None and self._spent.creates > self._purse.creates:
            self.stopped = f"after {self._purse.creates} creates, as planned"
        if self.stopped is not None:
            raise Overspent("fuzzing", self._purse.requests)

    def _metered(self, request: requests.PreparedRequest, send: Callable[[], requests.Response]) -> requests.Response:
        try:
            return self._run.client.adapter.through(request, send)
        except Overspent as empty:
            self.stopped = str(empty)
            raise

    def _wait(self, limited: requests.Response) -> None:
        """Let the minute pass on this machine; elsewhere nobody is asked twice after a 429."""
        if not self._run.target.is_loopback:
            self.stopped = "after a 429"
            return
        asked = limited.headers.get("Retry-After", "")
        self._run.pause(float(asked) if asked.isascii() and asked.isdigit() else MINUTE)

    def _note(
        self, request: requests.PreparedRequest, started: float, answer: Answer | None, error: str | None
    ) -> None:
        sent = Request(
            request.method or "",
            request.path_url,
            tuple((str(name), _text(value)) for name, value in request.headers.items() if value != SKIP_HEADER),
            _bytes(request.body),
        )
        exchange = self._run.client.noted(STEP, sent, self._credential(sent), started, answer, error)
        self._known[id(request)] = (request, exchange)

    def _credential(self, sent: Request) -> str:
        """Return the label of what a request carries; what the run does not know opens nothing."""
        carried = " ".join(value for name, value in sent.headers if name.lower() in {"authorization", "cookie"})
        return next((label for label, secret in self._run.secrets.items() if secret in carried), NONE)


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode("utf-8", "surrogateescape")
    return body if isinstance(body, bytes) else b""
