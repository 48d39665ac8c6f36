"""`tutorflow-mock behaviours`: what the contract leaves open, as it stands in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.remote import Remote

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
_CONTRACT = "contract"


class _Listing(click.Group):
    """A group that lists where no command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line."""
        names = ctx.help_option_names
        if not args or (args[0].startswith("-") and args[0] not in names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    short_help="List or set what the contract leaves open.",
    cls=_Listing,
    epilog=examples(
        "tutorflow-mock behaviours",
        "tutorflow-mock behaviours list --changed",
        "tutorflow-mock behaviours set idempotency.same-key-other-body conflict-409",
        "tutorflow-mock behaviours unset idempotency.same-key-other-body",
    ),
)
def behaviours() -> None:
    """List or set what the contract leaves open, in a session; without a word more it lists."""


@behaviours.command(
    "list",
    short_help="List them with their values.",
    epilog=examples("tutorflow-mock behaviours list", "tutorflow-mock behaviours list --changed"),
)
@click.option("--changed", is_flag=True, help="Only those that are not as the contract has them.")
@_json
@at_a_mock
def list_(remote: Remote, *, changed: bool, as_json: bool) -> None:
    """List every decision: its value, who set it, how sure the source is of it, and what else it may be."""
    found = remote.behaviours.list()
    rows = [each for each in found["behaviours"] if not changed or each["setBy"] != _CONTRACT]
    if as_json:
        showing.as_json({**found, "behaviours": rows})
        return
    told = [(each["name"], each["value"], each["setBy"], each["provenance"], _choices(each)) for each in rows]
    showing.table(("behaviour", "value", "set by", "provenance", "may be"), told, "all are as the contract has them")


@behaviours.command(
    "set",
    short_help="Decide one in a session.",
    epilog=examples(
        "tutorflow-mock behaviours set idempotency.same-key-other-body conflict-409",
        "tutorflow-mock behaviours set webhook.retry-schedule '[1, 2]'",
    ),
)
@click.argument("name")
@click.argument("value")
@_json
@at_a_mock
def set_(remote: Remote, *, name: str, value: str, as_json: bool) -> None:
    """Set a behaviour to a VALUE: a word, a number, or JSON."""
    row = remote.behaviours.set(name, values.json_or_text(value))
    if as_json:
        showing.as_json(row)
    else:
        click.echo(f"{row['name']}={showing.cell(row['value'])}")


@behaviours.command(
    short_help="Let go of a session's decision.",
    epilog=examples("tutorflow-mock behaviours unset idempotency.same-key-other-body"),
)
@click.argument("name")
@_json
@at_a_mock
def unset(remote: Remote, *, name: str, as_json: bool) -> None:
    """Let a behaviour be as the server or the contract has it."""
    remote.behaviours.unset(name)
    if as_json:
        showing.as_json({"unset": name})
    else:
        click.echo(f"unset: {name}")


def _choices(row: Mapping[str, Any]) -> object:
    if "alternatives" in row:
        return row["alternatives"]
    bounds: Mapping[str, Any] = row.get("items", row)
    return f"{row['type']} {showing.cell(bounds.get('minimum'))}..{showing.cell(bounds.get('maximum'))}"
