"""`python -m tutorflow_openapi`: check the documents of this package, or show what they rest on."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tutorflow_openapi.behaviours import Behaviour, as_json, as_text
from tutorflow_openapi.contract import Contract, load
from tutorflow_openapi.document import DocumentError, UnknownRevision, revisions
from tutorflow_openapi.lint import Finding, lint
from tutorflow_openapi.provenance import WORDS, counts, gaps
from tutorflow_openapi.requirements import RequirementError, load_requirements
from tutorflow_openapi.sources import load_sources


def findings(contract: Contract) -> tuple[Finding, ...]:
    """Return everything that keeps a revision from being published: house rules, provenance, requirements."""
    missing = [Finding(pointer, "provenance", fault) for pointer, fault in gaps(contract.document, load_sources())]
    try:
        load_requirements()
    except RequirementError as error:
        missing.append(Finding("requirements.yaml", "requirement", str(error)))
    return (*lint(contract), *missing)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check or show the contract of TutorFlow's Content Integration API."""


@main.command("lint")
@click.option("--revision", multiple=True, help="Check this revision only; may be repeated.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object per finding on stdout.")
def lint_command(*, revision: tuple[str, ...], as_lines: bool) -> None:
    """Check documents, examples, provenance and requirements.

    Exit code 0: all is well. 1: findings. 2: a document cannot be read. Example: lint --revision 2026-07
    """
    total = 0
    for name in revision or revisions():
        found = findings(_loaded(name))
        total += len(found)
        for finding in found:
            click.echo(_line(name, finding, as_lines=as_lines))
        click.echo(f"{name}: {len(found)} findings", err=as_lines)
    sys.exit(1 if total else 0)


def _line(revision: str, finding: Finding, *, as_lines: bool) -> str:
    if as_lines:
        return json.dumps(
            {"revision": revision, "where": finding.where, "rule": finding.rule, "message": finding.message},
            ensure_ascii=False,
        )
    return f"{finding.where}: {finding.message} [{finding.rule}]"


@main.command("show")
@click.option("--revision", default=None, help="The revision to show; the default one if left out.")
@click.option(
    "--section", default="", help="Only behaviours, operations and components whose name starts so, such as `webhook`."
)
@click.option("--json", "as_object", is_flag=True, help="One JSON object on stdout.")
def show_command(*, revision: str | None, section: str, as_object: bool) -> None:
    """Show how much of a revision is documented, inferred and assumed, and what it leaves open.

    Example: show --section idempotency
    """
    contract = _loaded(revision)
    places = {
        place: count for place, count in counts(contract.document).items() if place.lower().startswith(section.lower())
    }
    behaviours = [behaviour for name, behaviour in contract.behaviours.items() if name.startswith(section)]
    if as_object:
        click.echo(json.dumps(_summary(contract.revision, places, behaviours), ensure_ascii=False))
        return
    console = Console()
    console.print(_statements(contract.revision, places))
    console.print(_decisions(behaviours))


def _loaded(revision: str | None) -> Contract:
    try:
        return load() if revision is None else load(revision)
    except (UnknownRevision, DocumentError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


def _summary(revision: str, places: Mapping[str, Mapping[str, int]], behaviours: list[Behaviour]) -> dict[str, Any]:
    return {
        "revision": revision,
        "statements": {place: {word: count.get(word, 0) for word in WORDS} for place, count in places.items()},
        "behaviours": [
            {
                "name": behaviour.name,
                "value": as_json(behaviour.value),
                "alternatives": None
                if behaviour.alternatives is None
                else [as_json(value) for value in behaviour.alternatives],
                "accepts": behaviour.expectation(),
                "provenance": behaviour.provenance,
                "source": list(behaviour.source),
            }
            for behaviour in behaviours
        ],
    }


def _statements(revision: str, places: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(title=f"Statements of {revision}", title_justify="left")
    table.add_column("operation or component")
    for word in WORDS:
        table.add_column(word, justify="right")
    for place, count in places.items():
        table.add_row(place, *(str(count.get(word, 0) or "") for word in WORDS))
    table.add_section()
    table.add_row("all", *(str(sum(count.get(word, 0) for count in places.values())) for word in WORDS))
    return table


def _decisions(behaviours: list[Behaviour]) -> Table:
    table = Table(title="Behaviours: what the text leaves open", title_justify="left")
    for heading in ("name", "value", "may be", "provenance", "source"):
        table.add_column(heading)
    for behaviour in behaviours:
        table.add_row(
            behaviour.name,
            as_text(behaviour.value),
            behaviour.expectation().removeprefix("one of "),
            behaviour.provenance,
            ", ".join(behaviour.source),
        )
    return table


if __name__ == "__main__":
    main(prog_name="python -m tutorflow_openapi")
