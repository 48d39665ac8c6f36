"""A run as SARIF 2.1.0: a rule is a requirement, its place the sentence in the contract's list."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tutorflow_conformance import __version__
from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report.escaping import visible
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import ERROR, FAILED, REPORTED, WARNING, Finding, Result
from tutorflow_openapi import Requirement, load_requirements, load_sources

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FILE = "openapi/tutorflow_openapi/requirements.yaml"
_GUIDES = "https://tutorflow.io/resources/integrations/"
_PAGES = {
    "api": "content-integration-api",
    "ref": "content-integration-api-reference",
    "qs": "content-integration-quickstart",
    "ex": "content-integration-examples",
    "faq": "content-integration-faq",
    "test": "content-integration-testing-guide",
    "wh": "content-integration-webhooks",
    "err": "content-integration-errors",
    "sec": "content-integration-security",
    "keys": "content-api-key-management",
    "src": "source-json-payload",
    "floco": "floco-json-payload",
    "chk": "integration-confirmation-checklist",
    "res": "content-resource-api",
    "run": "developer-ai-agent-runbook",
    "over": "overview",
}


def write(verdict: Verdict) -> str:
    """Return a run as SARIF; only findings are in it, those of the baseline suppressed."""
    outcome = verdict.outcome
    results = [result for result in outcome.results.values() if result.state in REPORTED]
    requirements, reproductions = load_requirements(), Reproductions(outcome)
    revision = outcome.target.contract.revision
    driver = {
        "name": "tutorflow-conformance",
        "version": __version__,
        "rules": [_rule(requirements[result.requirement], revision) for result in results],
    }
    rows = [
        _row(number, finding, verdict, reproductions)
        for number, result in enumerate(results)
        for finding in result.findings
    ]
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(verdict)],
        "results": rows,
        "columnKind": "utf16CodeUnits",
        "properties": {"target": outcome.target.url, "revision": revision, "mode": outcome.target.mode},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(requirement: Requirement, revision: str) -> dict[str, Any]:
    clause = requirement.revisions[revision]
    told = {
        "id": requirement.id,
        "shortDescription": {"text": requirement.sentence},
        "help": {"text": f"{requirement.level}, {clause.provenance}; {', '.join(clause.source)}"},
        "properties": {"section": requirement.section, "provenance": clause.provenance, "source": list(clause.source)},
    }
    page = _page(clause.source)
    return {**told, "helpUri": page} if page else told


def _page(source: tuple[str, ...]) -> str | None:
    """Return the first page of the vendor that says so."""
    known = load_sources()
    guides = [guide for name in source if name in known for guide in known[name].guides]
    return next((_GUIDES + _PAGES[guide] for guide in guides if guide in _PAGES), None)


def _row(rule: int, finding: Finding, verdict: Verdict, reproductions: Reproductions) -> dict[str, Any]:
    level = "error" if finding.state == FAILED else "warning" if finding.state == WARNING else "note"
    region = {"startLine": _lines()[finding.requirement]}
    place = {"physicalLocation": {"artifactLocation": {"uri": _FILE}, "region": region}}
    told = {
        "ruleId": finding.requirement,
        "ruleIndex": rule,
        "level": level,
        "message": {"text": visible(f"expected {finding.expected}; observed {finding.observed}")},
        "locations": [place],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {
            "state": finding.state,
            "proof": list(finding.proof),
            "alternative": finding.alternative,
            "curl": reproductions.script(finding),
        },
    }
    entry = verdict.known(finding)
    if entry is None:
        return told
    reason = f"{entry.reason} (until {entry.expires.isoformat()})"
    return {**told, "suppressions": [{"kind": "external", "status": "accepted", "justification": reason}]}


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same of a finding from run to run: not the ids and dates in what was observed."""
    return sha256(visible(f"{finding.requirement}\n{finding.state}\n{finding.expected}").encode()).hexdigest()[:32]


def _invocation(verdict: Verdict) -> dict[str, Any]:
    """Tell whether the run came to its end, and what did not work in it."""
    outcome = verdict.outcome
    ours: list[Result] = [result for result in outcome.results.values() if result.state == ERROR]
    notes = [
        {"level": "error", "message": {"text": visible(f"{result.requirement}: {result.reason}")}} for result in ours
    ]
    return {
        "executionSuccessful": not (outcome.is_interrupted or outcome.is_lost or ours),
        "exitCode": verdict.exit_code,
        "exitCodeDescription": verdict.word,
        "endTimeUtc": verdict.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": notes,
    }


@cache
def _lines() -> dict[str, int]:
    """Return the line on which each requirement begins."""
    text = files("tutorflow_openapi").joinpath("requirements.yaml").read_text(encoding="utf-8")
    names = load_requirements()
    stripped = ((number, line.strip().rstrip(":")) for number, line in enumerate(text.splitlines(), 1))
    return {word: number for number, word in stripped if word in names}
