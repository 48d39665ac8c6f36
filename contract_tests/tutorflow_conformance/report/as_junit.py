"""A run as JUnit XML: one testcase a requirement, so that every CI shows it."""

from __future__ import annotations

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, tostring

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report.escaping import line, visible
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import ERROR, INCONCLUSIVE, SKIPPED, UNSUPPORTED, Result
from tutorflow_conformance.suites import load
from tutorflow_openapi import Requirement, load_requirements

_UNTESTED = frozenset((SKIPPED, UNSUPPORTED, INCONCLUSIVE))
_NAME = 200
_TOLD = 5  # findings of one testcase: the other reports hold all


def write(verdict: Verdict) -> str:
    """Return a run as XML.

    What counts as a finding is a failure; what is known or does not count stands in `system-out`. No time is given: a
    requirement has none of its own, since many look at the same traffic.
    """
    outcome = verdict.outcome
    requirements, reproductions = load_requirements(), Reproductions(outcome)
    root = Element("testsuites", name=f"tutorflow-conformance {outcome.target.contract.revision}")
    _count(root, list(outcome.results.values()), verdict)
    root.set("time", f"{outcome.seconds:.3f}")
    results = outcome.results.values()
    for section, group in groupby(results, key=lambda result: requirements[result.requirement].section):
        members = list(group)
        suite = SubElement(root, "testsuite", name=section, timestamp=verdict.now.strftime("%Y-%m-%dT%H:%M:%S"))
        suite.set("hostname", line(outcome.target.url))
        suite.set("time", "0")
        _count(suite, members, verdict)
        for result in members:
            _case(suite, requirements[result.requirement], result, verdict, reproductions)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _count(element: Element, results: list[Result], verdict: Verdict) -> None:
    element.set("tests", str(len(results)))
    element.set("failures", str(sum(verdict.fails(result) for result in results)))
    element.set("errors", str(sum(result.state == ERROR for result in results)))
    element.set("skipped", str(sum(result.state in _UNTESTED and not verdict.fails(result) for result in results)))


def _case(
    suite: Element, requirement: Requirement, result: Result, verdict: Verdict, reproductions: Reproductions
) -> None:
    name = f"{requirement.id} {requirement.sentence}"
    case = SubElement(suite, "testcase", name=name[:_NAME], classname=_suite(requirement.id), time="0")
    _properties(case, requirement, result, verdict)
    told = _told(result, reproductions)
    if verdict.fails(result):
        message = result.findings[0].expected if result.findings else str(result.reason)
        SubElement(case, "failure", message=line(message), type=result.state).text = told
    elif result.state == ERROR:
        SubElement(case, "error", message=line(str(result.reason)), type=ERROR).text = told
    elif result.state in _UNTESTED:
        SubElement(case, "skipped", message=line(f"{result.state}: {result.reason}"))
    elif told:
        SubElement(case, "system-out").text = told


def _properties(case: Element, requirement: Requirement, result: Result, verdict: Verdict) -> None:
    clause = requirement.revisions[verdict.outcome.target.contract.revision]
    known = [entry for finding in result.findings if (entry := verdict.known(finding))]
    rows = [
        ("requirement", requirement.id),
        ("state", result.state),
        ("level", requirement.level),
        ("provenance", clause.provenance),
        ("source", ", ".join(clause.source)),
        *(("known", f"{entry.reason} (until {entry.expires})") for entry in known[:1]),
    ]
    properties = SubElement(case, "properties")
    for name, value in rows:
        SubElement(properties, "property", name=name, value=line(value))


def _suite(requirement: str) -> str:
    """Return the suite that tests a requirement, as the last part of its module's name."""
    claim = load().get(requirement)
    return claim.test.__module__.rpartition(".")[2] if claim else "untested"


def _told(result: Result, reproductions: Reproductions) -> str:
    return "\n\n".join(
        visible(
            f"expected: {finding.expected}\nobserved: {line(finding.observed)}\n"
            f"shown by: {', '.join(finding.proof)}\n\n{reproductions.script(finding)}"
        )
        for finding in result.findings[:_TOLD]
    )
