"""Outcomes for the tests of reports: made by hand, or by a run in this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tutorflow_conformance.evidence import Arrival, Evidence
from tutorflow_conformance.exchange import Answer, Exchange, Request
from tutorflow_conformance.ledger import Spend
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.planner import Bill, Plan
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.results import Finding, Hint, Power, Result
from tutorflow_conformance.target import Credentials, Target
from tutorflow_openapi import load, load_requirements

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
JOB = "5b0d0d0e-0000-4000-8000-000000000001"
HINT = Hint("M071", "A replay answers 201 instead of the first status", 2 / 3)
POWER = Power(43, 71, {4: (12, 12), 5: (12, 14), 8: (0, 10)}, (HINT,))
KEY = ("Authorization", "Bearer ⟨key 1⟩")
JSON = ("Content-Type", "application/json")


def exchange(number: int, method: str = "GET", target: str = "/v1/content/classrooms", **more: Any) -> Exchange:
    """Return an exchange; `body`, `answered` (status, body), `step`, `headers`, `operation` as wanted."""
    status, answer = more.get("answered", (200, b"[]"))
    return Exchange(
        number=number,
        step=more.get("step", "look.classrooms"),
        operation=more.get("operation", "listClassrooms"),
        credential=more.get("credential", "key"),
        at=number / 10,
        ended=number / 10 + 0.01,
        request=Request(method, target, more.get("headers", (KEY,)), more.get("body", b"")),
        answer=Answer(status, (("Content-Type", "application/json"),), answer) if status else None,
        error=None if status else "refused",
    )


def outcome(
    *findings: Finding,
    exchanges: Iterable[Exchange] = (),
    arrivals: Iterable[Arrival] = (),
    results: Mapping[str, Result] | None = None,
    mode: str = "safe",
    **more: Any,
) -> Outcome:
    """Return an outcome in which all requirements passed but those that are told."""
    contract = load()
    evidence = Evidence(contract)
    for each in exchanges:
        evidence.add(each)
    evidence.arrivals.extend(arrivals)
    evidence.notes.update(more.pop("notes", {}))
    found = {name: Result(name, "passed") for name in load_requirements() if contract.revision}
    for finding in findings:
        known = found[finding.requirement]
        found[finding.requirement] = Result(
            finding.requirement, finding.state, None, (*known.findings, finding) if known.findings else (finding,)
        )
    return Outcome(
        target=Target("http://127.0.0.1:4010", contract, mode, Credentials(api_key="tf_content_" + "0" * 32)),
        token="7f21abcd",
        plan=Plan((), {}, {}, Bill(60, 1, 1, 3)),
        results={**found, **(results or {})},
        evidence=evidence,
        spend=Spend(1, 2, 58),
        seconds=6.25,
        redactor=more.pop("redactor", Redactor()),
        unsent={},
        **more,
    )
