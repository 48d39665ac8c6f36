"""`list` and `explain`: the requirements, and how each is tested."""

from __future__ import annotations

import json
from typing import Any

import click

_REVISION = click.option("--revision", default=None, help="The revision of the contract; the default one if left out.")
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")


@click.command(
    "list",
    short_help="List the requirements.",
    epilog="\b\nExamples:\n  tutorflow-conformance list\n  tutorflow-conformance list --json",
)
@_REVISION
@_JSON
def list_requirements(*, revision: str | None, as_json: bool) -> None:
    """List the requirements of a revision: id, level, where it comes from, whether it is tested, its sentence."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from tutorflow_conformance.report.terminal import console

    rows = _rows(revision)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table(box=SIMPLE_HEAD)
    for heading in ("id", "level", "provenance", "tested", "sentence"):
        table.add_column(heading, no_wrap=heading != "sentence")
    for row in rows:
        table.add_row(row["id"], row["level"], row["provenance"], "yes" if row["steps"] else "no", row["sentence"])
    console().print(table)


@click.command(
    short_help="Explain one requirement.",
    epilog="\b\nExamples:\n  tutorflow-conformance explain IDEM-003\n  tutorflow-conformance explain IDEM-003 --json",
)
@click.argument("requirement")
@_REVISION
@_JSON
def explain(*, requirement: str, revision: str | None, as_json: bool) -> None:
    """Show the sentence of a requirement, its sources in words, what it needs, and the steps that it looks at."""
    from tutorflow_openapi import load_sources

    known = {row["id"]: row for row in _rows(revision)}
    row = known.get(requirement.upper())
    if row is None:
        raise click.UsageError(f"{requirement} is no requirement; see `tutorflow-conformance list`")
    sources = load_sources()
    told = {name: sources[name].text if name in sources else name for name in row["source"]}
    if as_json:
        click.echo(json.dumps({**row, "sources": told}, ensure_ascii=False, indent=1))
        return
    click.echo(f"{row['id']}  {row['section']}\n\n  {row['sentence']}\n")
    click.echo(f"  {row['level']}, {row['provenance']}")
    for name, text in told.items():
        click.echo(f"    {name}: {text}" if text != name else f"    {name}")
    click.echo(f"\n  needs    {' '.join(row['needs'])}    stands in: {row['reach']}")
    if row["tied"]:
        click.echo(f"  tied to  {', '.join(row['tied'])}")
    click.echo(f"  steps    {', '.join(row['steps']) or 'none: not tested yet'}")


def _rows(revision: str | None) -> list[dict[str, Any]]:
    from tutorflow_conformance.suites import load
    from tutorflow_openapi import DEFAULT_REVISION, load_requirements, revisions

    wanted = revision or DEFAULT_REVISION
    if wanted not in revisions():
        raise click.UsageError(f"--revision: there is no revision {wanted!r}; known are {', '.join(revisions())}")
    tests = load()
    return [
        {
            "id": name,
            "section": found.section,
            "level": found.level,
            "sentence": found.sentence,
            "provenance": clause.provenance,
            "source": list(clause.source),
            "needs": list(clause.needs),
            "reach": clause.plan.reach,
            "tied": [tie.behaviour for tie in clause.tied],
            "steps": list(tests[name].sees) if name in tests else [],
        }
        for name, found in load_requirements().items()
        if (clause := found.revisions.get(wanted)) is not None
    ]
