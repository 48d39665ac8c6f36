"""`tutorflow-mock resend`: send deliveries once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import Refusal, examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote


@click.command(
    short_help="Send deliveries once more.",
    epilog=examples(
        "tutorflow-mock resend DELIVERY",
        "tutorflow-mock resend --since 10m",
        "tutorflow-mock resend --since 1h --status failed",
    ),
)
@click.argument("delivery", required=False)
@flag("--since", type=values.duration, help="All that were made in this last while, by the session's clock.")
@flag("--status", help="With --since: only those of this status.")
@flag("--job", help="With --since: only those of this job.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@at_a_mock
def resend(
    remote: Remote, *, delivery: str | None, since: str | None, status: str | None, job: str | None, as_json: bool
) -> None:
    """Send a DELIVERY once more, or all of some time: the same ids and the same bytes, at once."""
    if (delivery is None) == (since is None):
        raise Refusal("give either a delivery or --since: tutorflow-mock resend --since 10m")
    if delivery is None:
        filters = {"status": status, "jobId": job}
        told = {name: value for name, value in filters.items() if value is not None}
        found = remote.webhooks.redeliver_since(str(since), **told)
    else:
        found = [str(remote.webhooks.redeliver(delivery)["id"])]
    if as_json:
        showing.as_json({"redelivered": found})
    elif found:
        click.echo("\n".join(f"resent: {each}" for each in found))
    else:
        click.echo("nothing to send again")
