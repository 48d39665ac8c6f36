"""`python -m tutorflow_openapi`: check the documents of this package, or show what they rest on."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tutorflow_openapi.behaviours import Behaviour, as_json, as_text
from tutorflow_openapi.contract import Contract, load
from tutorflow_openapi.document import DocumentError, UnknownRevision, revisions
from tutorflow_openapi.lint import Finding, lint
from tutorflow_openapi.provenance import WORDS, gaps, tally
from tutorflow_openapi.requirements import RequirementError, load_requirements
from tutorflow_openapi.scenarios import ScenarioError, load_catalogue
from tutorflow_openapi.sources import load_sources


def findings(contract: Contract) -> tuple[Finding, ...]:
    """Return what keeps a revision from being published: house rules, provenance, requirements, scenarios."""
    missing = [Finding(pointer, "provenance", fault) for pointer, fault in gaps(contract.document, load_sources())]
    try:
        load_requirements()
    except RequirementError as error:
        missing.append(Finding("requirements.yaml", "requirement", str(error)))
    try:
        load_catalogue(contract.revision)
    except ScenarioError as error:
        missing.append(Finding(f"{contract.revision}.yaml", "scenario", str(error)))
    return (*lint(contract), *missing)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Check or show the contract of TutorFlow's Content Integration API."""


@main.command("lint")
@click.option("--revision", multiple=True, help="Check this revision only; may be repeated.")
@click.option("--json", "as_lines", is_flag=True, help="One JSON object per finding on stdout.")
def lint_command(*, revision: tuple[str, ...], as_lines: bool) -> None:
    """Check documents, examples, provenance, requirements and scenarios.

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
@click.option("--section", default="", help="Only operations and behaviours of a section, such as `webhook`.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object on stdout.")
def show_command(*, revision: str | None, section: str, as_object: bool) -> None:
    """Show how much of a revision is documented, inferred and assumed, and what it leaves open.

    Example: show --section idempotency
    """
    contract = _loaded(revision)
    by_operation, total = tally(contract.document)
    by_operation = {name: count for name, count in by_operation.items() if section.lower() in name.lower()}
    behaviours = [behaviour for name, behaviour in contract.behaviours.items() if name.startswith(section.lower())]
    if as_object:
        click.echo(json.dumps(_summary(contract.revision, by_operation, total, behaviours), ensure_ascii=False))
        return
    console = Console()
    console.print(_statements(contract.revision, by_operation, total))
    console.print(_decisions(behaviours))


def _loaded(revision: str | None) -> Contract:
    try:
        return load() if revision is None else load(revision)
    except (UnknownRevision, DocumentError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


def _summary(
    revision: str, by_operation: Mapping[str, Counter[str]], total: Counter[str], behaviours: list[Behaviour]
) -> dict[str, Any]:
    return {
        "revision": revision,
        "operations": {name: _words(count) for name, count in by_operation.items()},
        "total": _words(total),
        "behaviours": [_decision(behaviour) for behaviour in behaviours],
    }


def _words(count: Counter[str]) -> dict[str, int]:
    return {word: count[word] for word in WORDS}


def _decision(behaviour: Behaviour) -> dict[str, Any]:
    alternatives = behaviour.alternatives
    return {
        "name": behaviour.name,
        "text": behaviour.text,
        "value": as_json(behaviour.value),
        "alternatives": None if alternatives is None else [as_json(value) for value in alternatives],
        "accepts": behaviour.expectation(),
        "provenance": behaviour.provenance,
        "source": list(behaviour.source),
    }


def _statements(revision: str, by_operation: Mapping[str, Counter[str]], total: Counter[str]) -> Table:
    table = Table(title=f"Statements of {revision}, by operation with all that it refers to", title_justify="left")
    table.add_column("operation")
    for word in WORDS:
        table.add_column(word, justify="right")
    for name, count in by_operation.items():
        table.add_row(name, *map(str, _words(count).values()))
    table.add_section()
    table.add_row("whole document, each once", *map(str, _words(total).values()))
    return table


def _decisions(behaviours: list[Behaviour]) -> Table:
    table = Table(title="Behaviours: what the text leaves open", title_justify="left")
    for heading in ("name", "value", "may be", "provenance", "source"):
        table.add_column(heading, overflow="fold")
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
