"""A run as one HTML page: it needs no script, no network and no other file."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from tutorflow_conformance import __version__
from tutorflow_conformance.evidence import Arrival
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report.drawing import COLUMN, LANES, WIDTH, bars, timeline, whole
from tutorflow_conformance.report.escaping import CUT, visible
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import ERROR, INCONCLUSIVE, REPORTED, SKIPPED, STATES, UNSUPPORTED, Result
from tutorflow_openapi import load_requirements, load_sources

_SHOWN = 10  # findings of one requirement, and exchanges of one finding; the JSON report holds all
_MOST = 2000  # rows of the list of exchanges
_KINDS = {"queued": "queued", "processing": "processing", "completed": "completed", "failed": "failed"}


def write(verdict: Verdict) -> str:
    """Return a run as HTML. Whatever a target said stays text."""
    outcome = verdict.outcome
    style = _file("report.css")
    results = list(outcome.results.values())
    failing = [each for each in results if each.state in REPORTED or each.state == ERROR or verdict.fails(each)]
    ranked = sorted(failing, key=lambda each: (verdict.is_known(each), -STATES.index(each.state)))
    reproductions = Reproductions(outcome)
    page: str = _template().render(
        style=style,
        style_hash=b64encode(sha256(style.encode()).digest()).decode("ascii"),
        version=__version__,
        verdict=verdict,
        outcome=outcome,
        states=[(state, outcome.counts[state]) for state in reversed(STATES) if outcome.counts[state]],
        whole=whole(outcome),
        bars=bars(outcome),
        bar_width=WIDTH,
        timeline=timeline(outcome),
        column=COLUMN,
        lanes=LANES,
        kinds=_KINDS,
        findings=[_result(each, verdict, reproductions) for each in ranked],
        sections=_sections(results, verdict),
        untested=_untested(results),
        exchanges=[_row(each) for each in outcome.evidence.exchanges[:_MOST]],
        omitted=max(0, len(outcome.evidence.exchanges) - _MOST),
    )
    return page


def _file(name: str) -> str:
    return files("tutorflow_conformance").joinpath("report", "page", name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["visible"] = lambda value: visible(str(value))
    return environment.from_string(_file("report.html.j2"))


def _sections(results: list[Result], verdict: Verdict) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        row = _requirement(result, verdict)
        found.setdefault(row["section"], []).append(row)
    return found


def _requirement(result: Result, verdict: Verdict) -> dict[str, Any]:
    requirement = load_requirements()[result.requirement]
    clause = requirement.revisions[verdict.outcome.target.contract.revision]
    return {
        "id": requirement.id,
        "section": requirement.section,
        "sentence": requirement.sentence,
        "level": requirement.level,
        "provenance": clause.provenance,
        "source": clause.source,
        "state": result.state,
        "reason": result.reason,
        "is_known": verdict.is_known(result),
        "has_more": bool(result.findings) or result.state == ERROR,
    }


def _result(result: Result, verdict: Verdict, reproductions: Reproductions) -> dict[str, Any]:
    evidence = verdict.outcome.evidence
    sources = load_sources()
    row = _requirement(result, verdict)
    proofs: dict[str, Exchange | Arrival] = {each.id: each for each in evidence.exchanges}
    proofs |= {each.id: each for each in evidence.arrivals}
    shown = [
        {
            **asdict(finding),
            "known": verdict.known(finding),
            "shown": [_proof(proofs[name]) for name in finding.proof[:_SHOWN] if name in proofs],
            "omitted": max(0, len(finding.proof) - _SHOWN),
            "script": reproductions.script(finding),
        }
        for finding in result.findings[:_SHOWN]
    ]
    told = [(name, sources[name].text if name in sources else "") for name in row["source"]]
    return {**row, "told": told, "findings": shown, "omitted": max(0, len(result.findings) - _SHOWN)}


def _proof(proof: Exchange | Arrival) -> dict[str, Any]:
    """Return a request with its answer, or a delivery, as lines of text."""
    if isinstance(proof, Arrival):
        head = f"{proof.id} delivery to {proof.endpoint}, answered {proof.answered}"
        return {"head": head, "parts": [("Delivery", _message("POST", proof.headers, proof.body))]}
    request, answer = proof.request, proof.answer
    line = f"{request.method} {request.target}"
    parts = [("Request", _message(line, request.headers, request.body))]
    parts.append(
        ("Answer", _message(f"HTTP {answer.status}", answer.headers, answer.body) if answer else f"none: {proof.error}")
    )
    return {"head": f"{proof.id} {proof.step}: {line} → {proof.status or proof.error}", "parts": parts}


def _message(first: str, headers: tuple[tuple[str, str], ...], body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    if len(text) > CUT:
        text = f"{text[:CUT]}… ({len(body)} bytes, sha256 {sha256(body).hexdigest()})"
    return "\n".join([first, *(f"{name}: {value}" for name, value in headers), "", text]).rstrip()


def _row(exchange: Exchange) -> dict[str, Any]:
    return {
        "id": exchange.id,
        "step": exchange.step,
        "credential": exchange.credential,
        "line": f"{exchange.request.method} {exchange.request.target}",
        "answered": exchange.status or exchange.error,
        "at": f"{exchange.at:.2f}",
        "took": f"{(exchange.ended - exchange.at) * 1000:.0f}",
    }


def _untested(results: list[Result]) -> list[tuple[str, str, list[str]]]:
    """Return what was not tested, by state and reason, most first."""
    found: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.state in {SKIPPED, UNSUPPORTED, INCONCLUSIVE}:
            found.setdefault((result.state, str(result.reason)), []).append(result.requirement)
    rows = [(state, reason, names) for (state, reason), names in found.items()]
    return sorted(rows, key=lambda row: -len(row[2]))
