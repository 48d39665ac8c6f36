"""`tutorflow-mock version`: what is installed here, and what a mock elsewhere is."""

from __future__ import annotations

import json
import platform
from typing import Any

import click

from tutorflow_mock.cli.reach import remote_of, told_apart
from tutorflow_mock.cli.usage import examples, flag
from tutorflow_mock.version import VERSION


@click.command(
    short_help="Show what is installed.",
    epilog=examples(
        "tutorflow-mock version", "tutorflow-mock version --json", "tutorflow-mock version --url http://127.0.0.1:4010"
    ),
)
@flag("--url", help="Show what the mock there is, too.")
@flag("--session", help="Not needed here; taken as elsewhere.", expose_value=False)
@flag("--admin-token", help="The token of the control plane, where it asks for one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def version(*, url: str | None, admin_token: str | None, as_json: bool) -> None:
    """Show the version of the mock, of Python and of the contract; with --url those of a server, too."""
    from tutorflow_openapi import DEFAULT_REVISION, revisions

    members: dict[str, Any] = {
        "version": VERSION,
        "python": platform.python_version(),
        "revisions": list(revisions()),
        "defaultRevision": DEFAULT_REVISION,
    }
    if url is not None:
        with remote_of(url, None, admin_token) as remote:
            told_apart(remote, lambda: members.update(server=remote.get("version")))
    if as_json:
        click.echo(json.dumps(members))
        return
    click.echo(f"tutorflow-mock {_line(members)}")
    if "server" in members:
        click.echo(f"{url} {_line(members['server'])}")


def _line(members: dict[str, Any]) -> str:
    return f"{members['version']} · Python {members['python']} · contract {', '.join(members['revisions'])}"
