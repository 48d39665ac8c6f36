"""A run in mode mock for all tests of reports that look at a whole one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract_tests.tests.report.hostile import HOSTILE
from contract_tests.tests.report.judged import NOW, POWER, exchange, outcome

from tutorflow_conformance.cli.opening import Flags, opened
from tutorflow_conformance.evidence import Arrival
from tutorflow_conformance.hosting import mock
from tutorflow_conformance.outcome import Outcome, Verdict
from tutorflow_conformance.results import Finding, Result
from tutorflow_conformance.run import execute
from tutorflow_conformance.run.options import Events


@pytest.fixture(scope="session")
def whole_run() -> Outcome:
    """Return the outcome of a run of everything against a mock."""
    with opened(Flags(target="mock", no_fuzz=True)) as (target, options):
        return execute(target, options, Events())


@pytest.fixture(scope="session")
def whole_verdict(whole_run: Outcome) -> Verdict:
    """Return the verdict on that run."""
    return whole_run.verdict(NOW)


@pytest.fixture
def fresh_mock() -> Iterator[str]:
    """Yield the address of a mock that nobody has spoken to."""
    with mock() as url:
        yield url


@pytest.fixture(scope="session")
def hostile() -> Verdict:
    """Return a verdict in which the target's texts stand wherever a target's text can stand."""
    bodies = [text.encode("utf-8", "surrogatepass") for text in HOSTILE]
    exchanges = [
        exchange(number, "POST", f"/v1/{number}", body=body, answered=(400, body), step="look.classrooms")
        for number, body in enumerate(bodies, 1)
    ]
    arrivals = [Arrival(number, "both", 1.0, (("X", "<b>"),), body, 200) for number, body in enumerate(bodies, 1)]
    names = ["IDEM-001", "IDEM-003", "LIFE-003", "CRE-001", "STAT-003"]
    findings = [
        Finding(names[number % 5], "failed", text, text, (f"x-{number + 1:04}", f"d-{number + 1:04}"), text)
        for number, text in enumerate(HOSTILE)
    ]
    reasons = {
        "HTTP-001": Result("HTTP-001", "skipped", HOSTILE[0] + HOSTILE[36]),
        "HTTP-002": Result("HTTP-002", "error", "".join(HOSTILE)),
        "HTTP-003": Result("HTTP-003", "inconclusive", HOSTILE[32]),
    }
    return outcome(
        *findings,
        exchanges=exchanges,
        arrivals=arrivals,
        results=reasons,
        headline=HOSTILE[3] + HOSTILE[32],
        left=HOSTILE,
        power=POWER,
        notes={"M": HOSTILE[0]},
    ).verdict(NOW)
