"""Grading of the client: findings as JSON, as text, or as JUnit XML for continuous integration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify
from markupsafe import escape

from tutorflow_mock.domain.lint import rules
from tutorflow_mock.domain.lint.rules import RULES
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import NO_CONTENT
from tutorflow_mock.operations import lint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutorflow_mock.domain.lint.finding import Finding, Rule
    from tutorflow_mock.operations.world import World

_FORMATS = ("json", "junit", "text")


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("lint", __name__)

    @routes.get("/lint")
    def grade() -> Response:
        """Tell what the session's client and receivers did wrong since it was last cleared."""
        format = common.choice("format", common.query("format").get("format", "json"), _FORMATS)
        session = common.session_of(world)
        findings = lint.grade(world, session)
        if format == "text":
            return Response(_text(findings), mimetype="text/plain")
        if format == "junit":
            return Response(_junit(session.id, findings), mimetype="application/xml")
        shown = [finding.as_json() for finding in findings]
        return jsonify({"findings": shown, "summary": rules.summary(findings)})

    @routes.delete("/lint")
    def clear() -> Response:
        """Let nothing that has happened up to now count any more."""
        common.query()
        lint.clear(world, common.session_of(world))
        return Response(status=NO_CONTENT)

    return routes


def _text(findings: Sequence[Finding]) -> str:
    lines = [f"{each.rule} {each.severity}: {each.message}{_where(each)}" for each in findings]
    counts = rules.summary(findings)
    return "\n".join([*lines, ", ".join(f"{count} {severity}" for severity, count in counts.items()), ""])


def _where(finding: Finding) -> str:
    """Return where to look: the job or the delivery, and the calls, the first three of many."""
    about = [("job", finding.job_id), ("delivery", finding.delivery_id)]
    words = [f"{noun} {name}" for noun, name in about if name is not None]
    if finding.request_ids:
        few, count = finding.request_ids[:3], len(finding.request_ids)
        words.append(f"{'call' if count == 1 else 'calls'} {', '.join(few)}{', …' if count > len(few) else ''}")
    return f" ({'; '.join(words)})" if words else ""


def _junit(session_id: str, findings: Sequence[Finding]) -> str:
    """Return a test suite with a case for each rule; what is only information fails none."""
    cases = [_case(rule, [each for each in findings if each.rule == rule.id]) for rule in RULES.values()]
    failed = sum("<failure" in case for case in cases)
    suite = f'<testsuite name={_quoted(f"lint {session_id}")} tests="{len(cases)}" failures="{failed}" errors="0"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{suite} skipped="0">\n{"".join(cases)}</testsuite>\n'


def _case(rule: Rule, findings: Sequence[Finding]) -> str:
    name = f'  <testcase classname="tutorflow-mock.lint" name={_quoted(f"{rule.id} {rule.summary}")}'
    graver = [each for each in findings if each.severity != "info"]
    if not graver:
        return f"{name}/>\n"
    told = "\n".join(f"{each.severity}: {each.message}{_where(each)}" for each in findings)
    message = _quoted(graver[0].message)
    failure = f'<failure type="{graver[0].severity}" message={message}>{escape(told)}</failure>'
    return f"{name}>\n    {failure}\n  </testcase>\n"


def _quoted(text: str) -> str:
    return f'"{escape(text)}"'
