"""`tutorflow-mock fault`: rules by which calls of a session go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.group(
    short_help="List, add or clear fault rules.",
    epilog=examples(
        "tutorflow-mock fault add LOST_RESPONSE --operation createExpansion --times 1",
        "tutorflow-mock fault list",
        "tutorflow-mock fault clear",
    ),
)
def fault() -> None:
    """List, add or clear the rules by which calls of a session go wrong."""


@fault.command(
    short_help="Add a rule.",
    epilog=examples(
        "tutorflow-mock fault add GATEWAY_ERROR --operation getExpansion --times 2",
        "tutorflow-mock fault add INTERNAL_ERROR --probability 0.3",
    ),
)
@click.argument("name", metavar="FAULT")
@flag("--operation", default="*", show_default=True, help="On this operation; * means all.")
@flag("--probability", type=click.FloatRange(0, 1), help="How often, drawn from the session's seed.")
@flag("--times", type=click.IntRange(1), help="Only so often.")
@flag("--skip", type=click.IntRange(0), help="Not on the first so many.")
@flag("--option", multiple=True, type=values.assignment, metavar="NAME=VALUE", help="Shape the fault; repeatable.")
@_json
@at_a_mock
def add(
    remote: Remote, *, name: str, operation: str, option: tuple[tuple[str, str], ...], as_json: bool, **knobs: Any
) -> None:
    """Let calls go wrong by a FAULT; tutorflow-mock scenarios lists them."""
    members = {knob: value for knob, value in knobs.items() if value is not None}
    if option:
        members["options"] = {key: values.json_or_text(text) for key, text in option}
    row = remote.faults.add(name.upper().replace("-", "_"), operation, **members)
    if as_json:
        showing.as_json(row)
    else:
        click.echo(f"added: {row['id']}")


@fault.command("list", short_help="List the rules.", epilog=examples("tutorflow-mock fault list"))
@_json
@at_a_mock
def list_(remote: Remote, *, as_json: bool) -> None:
    """List the rules in the order in which they act."""
    found = remote.faults.list()
    if as_json:
        showing.as_json(found)
        return
    members = ("id", "operation", "fault", "probability", "skip", "times", "acted")
    rows = [[each.get(name) for name in members] for each in found["faults"]]
    showing.table(("rule", "operation", "fault", "probability", "skip", "times", "acted"), rows, "no rules")


@fault.command(short_help="Take rules away.", epilog=examples("tutorflow-mock fault clear"))
@click.argument("rule", required=False)
@_json
@at_a_mock
def clear(remote: Remote, *, rule: str | None, as_json: bool) -> None:
    """Take one RULE away, or all of them."""
    if rule is None:
        remote.faults.clear()
    else:
        remote.faults.remove(rule)
    if as_json:
        showing.as_json({"cleared": rule or "*"})
    else:
        click.echo(f"cleared: {rule or 'all'}")
