"""A run as SARIF 2.1.0: a rule is a requirement, its place the sentence in the contract's list."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.results import FAILED, REPORTED, WARNING, Finding, Result
from tutorflow_openapi import Requirement, load_requirements

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_FILE = "openapi/tutorflow_openapi/requirements.yaml"


def write(verdict: Verdict) -> str:
    """Return a run as SARIF; only findings are in it."""
    results = [result for result in verdict.outcome.results.values() if result.state in REPORTED]
    requirements = load_requirements()
    revision = verdict.outcome.target.contract.revision
    driver = {
        "name": "tutorflow-conformance",
        "version": "0.1.0",
        "rules": [_rule(requirements[result.requirement], revision) for result in results],
    }
    rows = [_row(result, finding) for result in results for finding in result.findings]
    run = {"tool": {"driver": driver}, "results": rows, "columnKind": "utf16CodeUnits"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(requirement: Requirement, revision: str) -> dict[str, Any]:
    clause = requirement.revisions[revision]
    help_text = f"{requirement.level}, {clause.provenance}; {', '.join(clause.source)}"
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.sentence},
        "help": {"text": help_text},
        "properties": {"section": requirement.section, "provenance": clause.provenance},
    }


def _row(result: Result, finding: Finding) -> dict[str, Any]:
    level = "error" if finding.state == FAILED else "warning" if finding.state == WARNING else "note"
    region = {"startLine": _lines()[result.requirement]}
    place = {"physicalLocation": {"artifactLocation": {"uri": _FILE}, "region": region}}
    return {
        "ruleId": result.requirement,
        "level": level,
        "message": {"text": f"expected {finding.expected}; observed {finding.observed}"},
        "locations": [place],
    }


@cache
def _lines() -> dict[str, int]:
    """Return the line on which each requirement begins."""
    text = files("tutorflow_openapi").joinpath("requirements.yaml").read_text(encoding="utf-8")
    names = load_requirements()
    stripped = ((number, line.strip().rstrip(":")) for number, line in enumerate(text.splitlines(), 1))
    return {word: number for number, word in stripped if word in names}
