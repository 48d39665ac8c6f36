"""A run as JUnit XML: one testcase a requirement, so that every CI shows it."""

from __future__ import annotations

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, tostring

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.results import ERROR, INCONCLUSIVE, SKIPPED, UNSUPPORTED, Finding, Result
from tutorflow_openapi import load_requirements

_UNTESTED = frozenset((SKIPPED, UNSUPPORTED, INCONCLUSIVE))
_ILLEGAL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")  # what XML 1.0 cannot hold


def write(verdict: Verdict) -> str:
    """Return a run as XML."""
    requirements = load_requirements()
    root = Element("testsuites", name="tutorflow-conformance")
    results = verdict.outcome.results.values()
    for section, group in groupby(results, key=lambda result: requirements[result.requirement].section):
        members = list(group)
        suite = SubElement(root, "testsuite", name=section, tests=str(len(members)))
        suite.set("failures", str(sum(verdict.fails(result) for result in members)))
        suite.set("errors", str(sum(result.state == ERROR for result in members)))
        suite.set("skipped", str(sum(result.state in _UNTESTED and not verdict.fails(result) for result in members)))
        for result in members:
            _case(suite, section, result, verdict)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, section: str, result: Result, verdict: Verdict) -> None:
    requirement = load_requirements()[result.requirement]
    case = SubElement(suite, "testcase", name=_legal(f"{requirement.id} {requirement.sentence}"), classname=section)
    properties = SubElement(case, "properties")
    for name, value in (("state", result.state), ("level", requirement.level)):
        SubElement(properties, "property", name=name, value=value)
    told = "\n\n".join(_told(finding) for finding in result.findings)
    if verdict.fails(result):
        message = result.findings[0].expected if result.findings else str(result.reason)
        SubElement(case, "failure", message=_legal(message), type=result.state).text = _legal(told)
    elif result.state == ERROR:
        SubElement(case, "error", message=_legal(str(result.reason)), type=ERROR)
    elif result.state in _UNTESTED:
        SubElement(case, "skipped", message=_legal(f"{result.state}: {result.reason}"))
    elif told:
        SubElement(case, "system-out").text = _legal(told)


def _told(finding: Finding) -> str:
    return f"expected: {finding.expected}\nobserved: {finding.observed}\nshown by: {', '.join(finding.proof)}"


def _legal(text: str) -> str:
    return text.translate(_ILLEGAL).encode("utf-8", "replace").decode()
