"""`tutorflow-mock reset`: back to the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote


@click.command(
    short_help="Put a session back to its creation.",
    epilog=examples(
        "tutorflow-mock reset",
        "tutorflow-mock reset --session checkout-7",
        "tutorflow-mock reset --all",
    ),
)
@click.option("--all", "everything", is_flag=True, help="The default session too, and end every other one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@at_a_mock
def reset(remote: Remote, *, everything: bool, as_json: bool) -> None:
    """Put a session back to its creation: same seed, same credentials, nothing else."""
    found = remote.reset(everything=everything)
    if as_json:
        showing.as_json({"reset": found})
    else:
        click.echo(f"reset: {', '.join(found)}")
