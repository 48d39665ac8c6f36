"""`tutorflow-mock version`: what is installed here."""

from __future__ import annotations

import json
import platform

import click

from tutorflow_mock.version import VERSION


@click.command(
    short_help="Show what is installed.",
    epilog="\b\nExamples:\n  tutorflow-mock version\n  tutorflow-mock version --json",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def version(*, as_json: bool) -> None:
    """Show the version of the mock, of Python and of the contract."""
    from tutorflow_openapi import DEFAULT_REVISION, revisions

    if as_json:
        members = {
            "version": VERSION,
            "python": platform.python_version(),
            "revisions": list(revisions()),
            "defaultRevision": DEFAULT_REVISION,
        }
        click.echo(json.dumps(members))
        return
    click.echo(f"tutorflow-mock {VERSION} · Python {platform.python_version()} · contract {', '.join(revisions())}")
