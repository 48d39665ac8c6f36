"""The whole of a run as JSON, for programs, and for `verify`, which reads it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tutorflow_conformance.evidence import arrival_json
from tutorflow_conformance.exchange import to_json
from tutorflow_conformance.outcome import Known, Verdict
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import Finding, Power, Result
from tutorflow_openapi import Requirement, load_requirements

FORMAT = 1


def document(verdict: Verdict) -> dict[str, Any]:
    """Return a run as plain JSON, as `data/report.schema.json` describes it; nothing in it is secret."""
    outcome = verdict.outcome
    requirements = load_requirements()
    reproductions = Reproductions(outcome)
    rows = [
        _requirement(requirements[name], result, verdict, reproductions) for name, result in outcome.results.items()
    ]
    text = outcome.redactor.text
    return {
        "format": FORMAT,
        "verdict": verdict.word,
        "exitCode": verdict.exit_code,
        "headline": outcome.headline,
        "revision": outcome.target.contract.revision,
        "target": outcome.target.url,
        "mode": outcome.target.mode,
        "run": outcome.token,
        "at": verdict.now.isoformat(timespec="seconds"),
        "isInterrupted": outcome.is_interrupted,
        "failOn": sorted(verdict.named),
        "counts": dict(outcome.counts),
        "spend": {**asdict(outcome.spend), "seconds": round(outcome.seconds, 3)},
        "bill": asdict(outcome.bill),
        "power": outcome.power and power_json(outcome.power),
        "behaviours": dict(outcome.target.contract.values),
        "requirements": rows,
        "unusedBaseline": [_entry(entry) for entry in verdict.unused],
        "jobs": list(outcome.evidence.jobs),
        "left": list(outcome.left),
        "unsent": dict(outcome.unsent),
        "notes": {
            name: text(value) if isinstance(value, str) else value
            for name, value in outcome.evidence.notes.items()
            if _is_plain(value)
        },
        "remarks": [asdict(remark) for remark in outcome.evidence.remarks],
        "arrivals": [arrival_json(arrival) for arrival in outcome.evidence.arrivals],
        "exchanges": [to_json(exchange) for exchange in outcome.evidence.exchanges],
    }


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a report."""
    found: dict[str, Any] = json.loads(
        files("tutorflow_conformance").joinpath("data/report.schema.json").read_text(encoding="utf-8")
    )
    return found


def sealed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the digest of all the rest of it, by which `verify` notices an edited byte."""
    return {**found, "digest": digest(found)}


def digest(found: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document in canonical form, its own digest left out."""
    rest = {name: value for name, value in found.items() if name != "digest"}
    text = json.dumps(rest, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=list)
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def write(verdict: Verdict) -> str:
    """Return a run as text in JSON, in ASCII: whatever a target said, no reader stumbles over it."""
    return json.dumps(sealed(document(verdict)), indent=1, default=list) + "\n"


def power_json(power: Power) -> dict[str, Any]:
    """Return what a run could have exposed, and which known faults it looks like, as plain JSON."""
    tiers = {str(tier): {"could_expose": could, "of": of} for tier, (could, of) in sorted(power.by_tier.items())}
    alike = [{**asdict(hint), "similarity": round(hint.similarity, 2)} for hint in power.looks_like]
    return {"could_expose": power.could_expose, "of": power.of, "by_tier": tiers, "looks_like": alike}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _requirement(
    requirement: Requirement, result: Result, verdict: Verdict, reproductions: Reproductions
) -> dict[str, Any]:
    clause = requirement.revisions[verdict.outcome.target.contract.revision]
    shared = {
        "sentence": requirement.sentence,
        "level": requirement.level,
        "provenance": clause.provenance,
        "source": list(clause.source),
    }
    return {
        "id": requirement.id,
        "section": requirement.section,
        **shared,
        "result": result.state,
        "reason": result.reason,
        "isKnown": verdict.is_known(result),
        "findings": [{**_finding(each, verdict, reproductions), **shared} for each in result.findings],
    }


def _finding(finding: Finding, verdict: Verdict, reproductions: Reproductions) -> dict[str, Any]:
    entry = verdict.known(finding)
    return {
        "requirement": finding.requirement,
        "state": finding.state,
        "expected": finding.expected,
        "observed": finding.observed,
        "alternative": finding.alternative,
        "exchanges": [name for name in finding.proof if name.startswith("x-")],
        "deliveries": [name for name in finding.proof if name.startswith("d-")],
        "curl": reproductions.script(finding),
        "known": entry and _entry(entry),
    }


def _entry(entry: Known) -> dict[str, str]:
    return {**asdict(entry), "expires": entry.expires.isoformat()}
