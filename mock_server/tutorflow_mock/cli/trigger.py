"""`tutorflow-mock trigger`: bring an event about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import Refusal, examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote


@click.command(
    short_help="Bring an event about by a real job.",
    epilog=examples(
        "tutorflow-mock trigger content.completed",
        "tutorflow-mock trigger content.failed --override job.error.code=content_timeout",
    ),
)
@click.argument("event")
@flag("--override", multiple=True, type=values.assignment, metavar="PATH=VALUE", help="job.error.code=CODE.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@at_a_mock
def trigger(remote: Remote, *, event: str, override: tuple[tuple[str, str], ...], as_json: bool) -> None:
    """Bring an event about: a real job is driven to it, so that a later GET finds the job."""
    from tutorflow_mock.remote import RemoteError

    try:
        made = remote.webhooks.trigger(event, dict(override))
    except RemoteError as error:
        if error.members.get("field") == "event":
            raise Refusal(f"{error.detail}; known are {', '.join(_events())}") from error
        raise
    if as_json:
        showing.as_json(made)
        return
    showing.facts({"job": made["jobId"], "deliveries": made["deliveries"]})
    if not made["deliveries"]:
        click.echo("Nobody is subscribed to it: tutorflow-mock listen is a receiver, and prints what comes")


def _events() -> list[str]:
    from tutorflow_mock.operations.plan import event_types
    from tutorflow_openapi import load, revisions

    return list(dict.fromkeys(event for revision in revisions() for event in event_types(load(revision))))
