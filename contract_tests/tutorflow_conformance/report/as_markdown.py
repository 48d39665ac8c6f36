"""A run as a Markdown step summary: verdict, detection power, findings, mismatches; the rest as counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report.escaping import cut, line, visible
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import FAILED, REPORTED, SKIPPED, STATES, UNSUPPORTED, WARNING, Finding, Result
from tutorflow_openapi import load_requirements

MOST = 1_000_000  # bytes; GitHub takes 1 MiB a step
_SHOWN = 3
_CUT = 1000
_ORDER = (FAILED, WARNING)
_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|<>~&@:$-]")


def write(verdict: Verdict) -> str:
    """Return a run as Markdown of at most 1 MB; free text of the target is in code spans, where nothing acts."""
    rows = list(_head(verdict))
    size = sum(len(row.encode()) + 1 for row in rows)
    reproductions = Reproductions(verdict.outcome)
    results = sorted(_reported(verdict), key=lambda result: (verdict.is_known(result), _rank(result)))
    for number, result in enumerate(results):
        part = "\n".join(_result(result, verdict, reproductions))
        size += len(part.encode()) + 1
        if size > MOST:
            rows.append(f"\n… and {len(results) - number} more: see the other reports.")
            break
        rows.append(part)
    return "\n".join(rows) + "\n"


def escaped(text: str) -> str:
    """Return free text so that it stays text, and in one line."""
    return _SPECIAL.sub(r"\\\g<0>", " ".join(visible(text).split())).replace("http", "http\u200b")


def code(text: str) -> str:
    """Return free text as a code span, in one line."""
    shown = cut(line(text), _CUT)
    if not shown.strip():
        return "*nothing*"
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    return f"{fence} {shown} {fence}"


def _reported(verdict: Verdict) -> list[Result]:
    return [each for each in verdict.outcome.results.values() if each.state in REPORTED or verdict.fails(each)]


def _rank(result: Result) -> int:
    return _ORDER.index(result.state) if result.state in _ORDER else len(_ORDER)


def _head(verdict: Verdict) -> Iterator[str]:
    outcome = verdict.outcome
    yield f"## Contract {outcome.target.contract.revision}: {verdict.word}\n"
    if outcome.headline:
        yield f"**{escaped(outcome.headline)}**\n"
    counts = [(state, outcome.counts[state]) for state in STATES if outcome.counts[state]]
    if counts:
        yield f"| {' | '.join(state for state, _ in counts)} |"
        yield f"|{'---:|' * len(counts)}"
        yield f"| {' | '.join(str(count) for _, count in counts)} |\n"
    spend, bill = outcome.spend, outcome.bill
    yield (
        f"{code(outcome.target.url)}, mode {outcome.target.mode}: {spend.jobs} of {bill.jobs} jobs, "
        f"{spend.requests} of {bill.requests} requests, {outcome.seconds:.1f} s\n"
    )
    if outcome.power:
        yield f"{outcome.power}\n"
        yield from (f"- {escaped(str(hint))}" for hint in outcome.power.looks_like)
    for entry in verdict.unused:
        yield f"- the baseline's entry {code(str(entry))} explains nothing any more"
    for left in outcome.left:
        yield f"- left behind: {code(left)}"
    untested = [result for result in outcome.results.values() if result.state in {SKIPPED, UNSUPPORTED}]
    if untested:
        yield from _untested(untested)


def _untested(results: list[Result]) -> Iterator[str]:
    reasons: dict[str, int] = {}
    for result in results:
        reasons[str(result.reason)] = reasons.get(str(result.reason), 0) + 1
    yield "<details><summary>Not tested</summary>\n"
    for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        yield f"- {count}: {escaped(reason)}"
    yield "\n</details>"


def _result(result: Result, verdict: Verdict, reproductions: Reproductions) -> Iterator[str]:
    requirement = load_requirements()[result.requirement]
    clause = requirement.revisions[verdict.outcome.target.contract.revision]
    state = f"{result.state}, known" if verdict.is_known(result) else result.state
    yield f"\n### {state}: {requirement.id} {escaped(requirement.sentence)}\n"
    yield f"{requirement.level}, {clause.provenance} ({escaped(', '.join(clause.source))})"
    if result.reason:
        yield f"\n{code(result.reason)}"
    for finding in result.findings[:_SHOWN]:
        yield from _finding(finding, verdict, reproductions)
    if len(result.findings) > _SHOWN:
        yield f"\n… and {len(result.findings) - _SHOWN} more"


def _finding(finding: Finding, verdict: Verdict, reproductions: Reproductions) -> Iterator[str]:
    yield f"\n- expected: {escaped(finding.expected)}"
    yield f"- observed: {code(finding.observed)}"
    if finding.alternative:
        yield f"- as under {code(finding.alternative)}"
    if entry := verdict.known(finding):
        yield f"- known until {entry.expires}: {escaped(entry.reason)}"
    shown = reproductions.script(finding)
    if shown:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
        yield f"\n<details><summary>Reproduce</summary>\n\n{fence}sh\n{visible(shown)}{fence}\n\n</details>"
