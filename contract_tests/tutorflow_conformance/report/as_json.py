"""The whole of a run as JSON, for programs, and for `verify`, which reads it back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from tutorflow_conformance.exchange import to_json
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.results import Result
from tutorflow_openapi import Requirement, load_requirements

FORMAT = 1


def document(outcome: Outcome, verdict: str, now: datetime) -> dict[str, Any]:
    """Return a run as plain JSON; nothing in it is secret."""
    requirements = load_requirements()
    spend = outcome.spend
    return {
        "format": FORMAT,
        "verdict": verdict,
        "headline": outcome.headline,
        "revision": outcome.target.contract.revision,
        "target": outcome.target.url,
        "mode": outcome.target.mode,
        "run": outcome.token,
        "at": now.isoformat(timespec="seconds"),
        "counts": dict(outcome.counts),
        "spend": {**asdict(spend), "seconds": round(outcome.seconds, 3)},
        "bill": asdict(outcome.bill),
        "behaviours": dict(outcome.target.contract.values),
        "requirements": [_requirement(requirements[name], each, outcome) for name, each in outcome.results.items()],
        "left": list(outcome.left),
        "exchanges": [to_json(exchange) for exchange in outcome.evidence.exchanges],
    }


def write(outcome: Outcome, verdict: str, now: datetime) -> str:
    """Return a run as text in JSON."""
    return json.dumps(document(outcome, verdict, now), ensure_ascii=False, indent=1, default=list) + "\n"


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
