"""`tutorflow-mock openapi`: the contract that a mock serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote


@click.command(
    short_help="Print the contract as OpenAPI.",
    epilog=examples(
        "tutorflow-mock openapi > tutorflow.yaml",
        "tutorflow-mock openapi --revision 2026-07 --json",
    ),
)
@flag("--revision", help="The revision to print; that of the session if left out.")
@click.option("--control", is_flag=True, help="Print the document of the control plane instead; it is JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON on one line.")
@at_a_mock
def openapi(remote: Remote, *, revision: str | None, control: bool, as_json: bool) -> None:
    """Print the OpenAPI document of a revision as the mock serves it: YAML, comments included, or JSON."""
    if control:
        text = remote.text("docs", "openapi.json")
    else:
        wanted = revision or remote.sessions.show(remote.session or "default")["revision"]
        text = remote.text("contract", f"{wanted}.yaml")
    if as_json:
        from tutorflow_openapi.document import read_yaml

        showing.as_json(read_yaml(text))
    else:
        click.echo(text, nl=False)
