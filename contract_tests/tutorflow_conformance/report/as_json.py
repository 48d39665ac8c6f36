"""The whole of a run as JSON, for programs, and for `verify`, which reads it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from tutorflow_conformance.evidence import arrival_json
from tutorflow_conformance.exchange import to_json
from tutorflow_conformance.outcome import Outcome, Verdict
from tutorflow_conformance.results import Result
from tutorflow_openapi import Requirement, load_requirements

FORMAT = 1


def document(verdict: Verdict) -> dict[str, Any]:
    """Return a run as plain JSON; nothing in it is secret."""
    outcome = verdict.outcome
    requirements = load_requirements()
    spend = outcome.spend
    return {
        "format": FORMAT,
        "verdict": verdict.word,
        "headline": outcome.headline,
        "revision": outcome.target.contract.revision,
        "target": outcome.target.url,
        "mode": outcome.target.mode,
        "run": outcome.token,
        "at": verdict.now.isoformat(timespec="seconds"),
        "counts": dict(outcome.counts),
        "spend": {**asdict(spend), "seconds": round(outcome.seconds, 3)},
        "bill": asdict(outcome.bill),
        "behaviours": dict(outcome.target.contract.values),
        "requirements": [_requirement(requirements[name], each, outcome) for name, each in outcome.results.items()],
        "left": list(outcome.left),
        "unsent": dict(outcome.unsent),
        "notes": {name: value for name, value in outcome.evidence.notes.items() if _is_plain(value)},
        "arrivals": [arrival_json(arrival) for arrival in outcome.evidence.arrivals],
        "exchanges": [to_json(exchange) for exchange in outcome.evidence.exchanges],
    }


def sealed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the digest of all the rest of it, by which `verify` notices an edited byte."""
    return {**found, "digest": digest(found)}


def digest(found: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document in canonical form, its own digest left out."""
    rest = {name: value for name, value in found.items() if name != "digest"}
    text = json.dumps(rest, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=list)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def write(verdict: Verdict) -> str:
    """Return a run as text in JSON."""
    return json.dumps(sealed(document(verdict)), ensure_ascii=False, indent=1, default=list) + "\n"


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _requirement(requirement: Requirement, result: Result, outcome: Outcome) -> dict[str, Any]:
    clause = requirement.revisions[outcome.target.contract.revision]
    return {
        "id": requirement.id,
        "section": requirement.section,
        "sentence": requirement.sentence,
        "level": requirement.level,
        "provenance": clause.provenance,
        "source": list(clause.source),
        "result": result.state,
        "reason": result.reason,
        "findings": [asdict(finding) for finding in result.findings],
    }
