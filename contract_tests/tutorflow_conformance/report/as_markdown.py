"""A run as a Markdown step summary: verdict, findings, mismatches; the rest as counts."""

from __future__ import annotations

from collections.abc import Iterator

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.results import REPORTED, STATES, Finding
from tutorflow_openapi import load_requirements

_SPECIAL = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]()#+-!|<>~"})
_SHOWN = 3


def write(verdict: Verdict) -> str:
    """Return a run as Markdown; free text of the target is escaped."""
    return "\n".join(_lines(verdict)) + "\n"


def _lines(verdict: Verdict) -> Iterator[str]:
    outcome = verdict.outcome
    yield f"## Contract {outcome.target.contract.revision}: {verdict.word}"
    yield ""
    if outcome.headline:
        yield f"**{escaped(outcome.headline)}**"
        yield ""
    counts = [(state, outcome.counts[state]) for state in STATES if outcome.counts[state]]
    yield f"| {' | '.join(state for state, _ in counts)} |"
    yield f"|{'---:|' * len(counts)}"
    yield f"| {' | '.join(str(count) for _, count in counts)} |"
    yield ""
    spend = outcome.spend
    yield f"{escaped(outcome.target.url)}, mode {outcome.target.mode}: {spend.jobs} jobs, {spend.requests} requests"
    requirements = load_requirements()
    for result in outcome.results.values():
        if result.state in REPORTED:
            found = requirements[result.requirement]
            yield ""
            yield f"### {result.state}: {found.id} {escaped(found.sentence)}"
            for finding in result.findings[:_SHOWN]:
                yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"- expected: {escaped(finding.expected)}"
    yield f"- observed: {escaped(finding.observed)}"
    if finding.alternative:
        yield f"- as under `{finding.alternative}`"


def escaped(text: str) -> str:
    """Return free text so that it stays text, and in one line."""
    return " ".join(text.translate(_SPECIAL).split())
