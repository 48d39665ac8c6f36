"""`tutorflow-mock snapshot`: a session as it was, under names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="Save a session or go back to it.",
    epilog=examples(
        "tutorflow-mock snapshot save before", "tutorflow-mock snapshot restore before", "tutorflow-mock snapshot list"
    ),
)
def snapshot() -> None:
    """Save a session under a name, and go back to it as often as needed."""


@snapshot.command(short_help="Keep a session as it is.", epilog=examples("tutorflow-mock snapshot save before"))
@click.argument("name")
@_json
@at_a_mock
def save(remote: Remote, *, name: str, as_json: bool) -> None:
    """Keep a session as it is, under a NAME."""
    row = remote.snapshots.save(name)
    if as_json:
        showing.as_json(row)
    else:
        click.echo(f"saved: {row['name']} ({row['jobs']} jobs)")


@snapshot.command(short_help="Go back to a snapshot.", epilog=examples("tutorflow-mock snapshot restore before"))
@click.argument("name")
@_json
@at_a_mock
def restore(remote: Remote, *, name: str, as_json: bool) -> None:
    """Put a session back to what it was, its clock included."""
    remote.snapshots.restore(name)
    if as_json:
        showing.as_json({"restored": name})
    else:
        click.echo(f"restored: {name}")


@snapshot.command("list", short_help="List the snapshots.", epilog=examples("tutorflow-mock snapshot list"))
@_json
@at_a_mock
def list_(remote: Remote, *, as_json: bool) -> None:
    """List the snapshots of a session, newest first."""
    found = remote.snapshots.list()
    if as_json:
        showing.as_json(found)
        return
    rows = [(each["name"], each["at"], each["jobs"], each["bytes"]) for each in found["snapshots"]]
    showing.table(("snapshot", "at", "jobs", "bytes"), rows, "no snapshots")
