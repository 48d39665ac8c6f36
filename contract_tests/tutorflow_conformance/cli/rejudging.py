"""`verify` and `replay`: judge what was recorded, without a target."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    short_help="Judge a report's exchanges again.",
    epilog="\b\nExamples:\n  tutorflow-conformance run --target mock --json report.json\n"
    "  tutorflow-conformance verify report.json",
)
@click.argument("report", type=_FILE)
@click.pass_context
def verify(context: click.Context, /, *, report: Path) -> None:
    """Recompute every verdict of a JSON report from the exchanges in it; an edited byte or a flipped verdict shows."""
    from tutorflow_conformance.recorded import Unreadable, doubts, report_of
    from tutorflow_conformance.report.as_json import digest
    from tutorflow_openapi import BehaviourError, UnknownRevision, load

    try:
        found = report_of(_text(report))
        contract = load(str(found.get("revision")))
        told = found.get("behaviours", {})
        changed = {name: value for name, value in told.items() if not _same(value, contract.values.get(name))}
        wrong = doubts(found, contract.under(changed) if changed else contract)
    except (Unreadable, UnknownRevision, BehaviourError) as error:
        raise click.UsageError(f"{report}: {error}") from error
    edited = digest(found) != found.get("digest")
    if edited:
        click.echo("the report was edited after it was written: its digest does not fit")
    for doubt in wrong:
        click.echo(f"{doubt.requirement}: recorded as {doubt.recorded}, the exchanges say {doubt.recomputed}")
    if not edited and not wrong:
        click.echo(f"{len(found['requirements'])} verdicts follow from {len(found['exchanges'])} exchanges")
    context.exit(1 if edited or wrong else 0)


@click.command(
    short_help="Judge recorded traffic (HAR).",
    epilog="\b\nExamples:\n  tutorflow-conformance replay traffic.har\n"
    "  tutorflow-conformance replay traffic.har --json > judged.json",
)
@click.argument("file", type=_FILE)
@click.option("--revision", help="The revision of the contract to judge by.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
@click.pass_context
def replay(context: click.Context, /, *, file: Path, revision: str | None, as_json: bool) -> None:
    """Judge a HAR, one of ours or anybody's, by every requirement that exchanges alone can decide."""
    from tutorflow_conformance.recorded import Unreadable, replayed
    from tutorflow_conformance.results import FAILED, REPORTED, TESTED
    from tutorflow_openapi import DEFAULT_REVISION, UnknownRevision, load, load_requirements

    try:
        evidence, results = replayed(_text(file), load(revision or DEFAULT_REVISION))
    except (Unreadable, UnknownRevision) as error:
        raise click.UsageError(f"{file}: {error}") from error
    counts = Counter(result.state for result in results.values())
    if as_json:
        click.echo(json.dumps({"exchanges": len(evidence.exchanges), "counts": counts, "requirements": _rows(results)}))
    else:
        requirements = load_requirements()
        for name, result in results.items():
            if result.state in REPORTED:
                click.echo(f"{result.state} {name} {requirements[name].sentence}")
                for finding in result.findings[:3]:
                    click.echo(f"    expected {finding.expected}\n    observed {finding.observed}")
        told = " · ".join(f"{count} {state}" for state, count in counts.items())
        click.echo(f"{len(evidence.exchanges)} exchanges: {told}")
    tested = sum(counts[state] for state in TESTED)
    context.exit(1 if counts[FAILED] else 0 if tested else 2)


def _rows(results: Any) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [
        {"id": name, "result": each.state, "reason": each.reason, "findings": [asdict(one) for one in each.findings]}
        for name, each in results.items()
    ]


def _same(told: Any, known: Any) -> bool:
    return json.dumps(told) == json.dumps(known)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} cannot be read: {error}") from error
