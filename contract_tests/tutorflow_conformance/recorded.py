"""Judge what was recorded: a report of ours again, or a HAR of anybody's traffic."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tutorflow_conformance.client import job_id
from tutorflow_conformance.evidence import Evidence, arrival_of, remark_of
from tutorflow_conformance.exchange import NOTHING, Answer, Exchange, Headers, Request, from_json, header, items, member
from tutorflow_conformance.judge import Claim, judged
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.results import ERROR, INCONCLUSIVE, SKIPPED, Result
from tutorflow_conformance.suites import load
from tutorflow_conformance.traffic.job_m import TERMINAL, status
from tutorflow_openapi import Contract, Requirement, load_requirements
from tutorflow_openapi.document import is_object

CREATE, STATUS, RESULT = "createExpansion", "getExpansion", "getExpansionResult"
_KEEP = frozenset((SKIPPED, ERROR))
_BEYOND = frozenset(("W", "N", "C", "R", "2o"))  # needs that no list of exchanges can show to be met
_NOT_FOUND = 404


class Unreadable(ValueError):
    """A file is not what it should be; the message says how."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A requirement whose recorded state does not follow from the recorded exchanges."""

    requirement: str
    recorded: str
    recomputed: str


def evidence_of(found: Mapping[str, Any], contract: Contract) -> Evidence:
    """Return the evidence that a JSON report holds; Unreadable if it holds none."""
    evidence = Evidence(contract)
    try:
        for node in found["exchanges"]:
            evidence.add(from_json(node))
        evidence.arrivals.extend(arrival_of(node) for node in found["arrivals"])
        evidence.remarks.extend(remark_of(node) for node in found.get("remarks", ()))
        evidence.notes.update(found["notes"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"the report's evidence cannot be read: {type(error).__name__} {error}") from error
    return evidence


def doubts(found: Mapping[str, Any], contract: Contract) -> list[Doubt]:
    """Judge a JSON report's evidence again; return where another state comes of it than the report says."""
    evidence, claims, requirements = evidence_of(found, contract), load(), load_requirements()
    wrong: list[Doubt] = []
    for row in items(found.get("requirements")):
        name, recorded = str(member(row, "id")), str(member(row, "result"))
        if recorded in _KEEP or name not in claims:
            continue
        again = judged(claims[name], requirements[name], evidence, dict(found.get("unsent", {})))
        if again.state != recorded:
            wrong.append(Doubt(name, recorded, again.state))
    return wrong


def replayed(text: str, contract: Contract) -> tuple[Evidence, dict[str, Result]]:
    """Judge a HAR by all requirements; those that it does not decide are inconclusive. Unreadable if it is none."""
    evidence = Evidence(contract)
    for exchange in _named(_exchanges(text, contract)):
        evidence.add(exchange)
    _note_job(evidence)
    requirements = load_requirements()
    claims = load()
    return evidence, {
        name: _judged(claims[name], requirements[name], evidence) for name in requirements if name in claims
    }


def _judged(claim: Claim, requirement: Requirement, evidence: Evidence) -> Result:
    clause = requirement.revisions.get(evidence.contract.revision)
    if clause is None or _BEYOND & set(clause.needs):
        return Result(requirement.id, INCONCLUSIVE, "recorded exchanges alone do not decide it")
    return _quiet(judged(claim, requirement, evidence, {}))


def _quiet(result: Result) -> Result:
    """Return a result without the words of a run that never was."""
    if result.state == ERROR or (result.state == INCONCLUSIVE and "sent nothing" in str(result.reason)):
        return Result(result.requirement, INCONCLUSIVE, "the recorded exchanges do not show what it takes")
    return result


def _exchanges(text: str, contract: Contract) -> list[Exchange]:
    """Return the exchanges of a HAR with the contract's operations, secrets hidden."""
    try:
        entries = json.loads(text)["log"]["entries"]
        began = [datetime.fromisoformat(entry["startedDateTime"]) for entry in entries]
        first = min(began, default=None)
        redactor = Redactor()
        found = [
            _exchange(number, entry, (at - first).total_seconds() if first else 0.0, contract)
            for number, (entry, at) in enumerate(zip(entries, began, strict=True), 1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"this is no HAR: {type(error).__name__} {error}") from error
    for exchange in found:
        for name in ("Authorization", "Cookie"):
            redactor.learn("credential", (exchange.sent(name) or "").rpartition(" ")[2].removeprefix("jwt="))
    return [redactor.exchange(exchange) for exchange in found]


def _exchange(number: int, entry: Any, at: float, contract: Contract) -> Exchange:
    request, response = entry["request"], entry["response"]
    parts = urlsplit(str(request["url"]))
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    match = contract.match(parts.path)
    operation = match.operations.get(request["method"].upper()) if match else None
    headers = _headers(request["headers"])
    return Exchange(
        number=number,
        step="",
        operation=operation.id if operation else None,
        credential=_credential(headers),
        at=at,
        ended=at + float(entry.get("time") or 0) / 1000,
        request=Request(request["method"], target, headers, _content(request.get("postData"))),
        answer=Answer(int(response["status"]), _headers(response["headers"]), _content(response.get("content"))),
    )


def _headers(node: Iterable[Mapping[str, str]]) -> Headers:
    return tuple((str(each["name"]), str(each["value"])) for each in node if not str(each["name"]).startswith(":"))


def _content(node: Any) -> bytes:
    text = member(node, "text")
    if not isinstance(text, str):
        return b""
    return b64decode(text) if member(node, "encoding") == "base64" else text.encode()


def _credential(headers: Headers) -> str:
    if header(headers, "Authorization") is not None:
        return "key"
    return "admin" if "jwt=" in (header(headers, "Cookie") or "") else "none"


def _named(exchanges: list[Exchange]) -> list[Exchange]:
    """Give exchanges the names of the steps that they could have been, so that requirements find them.

    The first job that was made is M; what the run's own recording says of its steps is not looked at.
    """
    first = next((each for each in exchanges if each.operation == CREATE and each.is_success), None)
    wanted = job_id(first.json) if first else None
    ended = False
    named: list[Exchange] = []
    for exchange in exchanges:
        step = _step(exchange, first, wanted, ended=ended)
        ended = ended or (step == "m.finish" and status(exchange) in TERMINAL)
        named.append(replace(exchange, step=step))
    return named


def _step(exchange: Exchange, first: Exchange | None, wanted: str | None, *, ended: bool) -> str:
    if exchange.operation is not None and exchange.credential == "none" and exchange.operation != "login":
        return "look.no-credential"
    if exchange.operation == "listClassrooms":
        return "look.classrooms" if exchange.is_success else "other"
    if first is None or exchange.number < first.number:
        return "other"
    if exchange.operation in {STATUS, RESULT}:
        return _read(exchange, wanted, ended=ended)
    if exchange is first:
        return "m.create"
    same_caller = exchange.sent("Authorization") == first.sent("Authorization")
    return _replay(exchange, first, ended=ended) if exchange.operation == CREATE and same_caller else "other"


def _read(exchange: Exchange, wanted: str | None, *, ended: bool) -> str:
    if wanted is not None and f"/{wanted}" in exchange.request.path:
        return ("m.ended" if ended else "m.finish") if exchange.is_success else "read"
    return "look.unknown-job" if exchange.status == _NOT_FOUND else "read"


def _replay(exchange: Exchange, first: Exchange, *, ended: bool) -> str:
    key, media = exchange.sent("Idempotency-Key"), exchange.sent("Content-Type") or ""
    if key is None or key != first.sent("Idempotency-Key") or "application/json" not in media.lower():
        return "create"
    if exchange.request.body == first.request.body:
        return "m.ended" if ended else "m.replay"
    same = exchange.sent_json == first.sent_json
    return "m.reserialised" if same and exchange.sent_json is not NOTHING else "m.other-body"


def _note_job(evidence: Evidence) -> None:
    made = evidence.at("m.create")
    name = job_id(made[0].json) if made else None
    if name is None:
        return
    evidence.notes["M"] = name
    last = [status(each) for each in (*evidence.at("m.finish"), *evidence.at("m.ended")) if status(each) in TERMINAL]
    if last:
        evidence.notes["M ended"] = last[0]


def report_of(text: str) -> Mapping[str, Any]:
    """Read a JSON report; Unreadable if it is none."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Unreadable(f"this is no JSON: {error}") from error
    if not is_object(found) or "requirements" not in found or "exchanges" not in found:
        raise Unreadable("this is no report of `tutorflow-conformance run --json`")
    return found
