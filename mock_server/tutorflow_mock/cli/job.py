"""`tutorflow-mock job`: the jobs of a session, and moving one by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import examples, flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.remote import Remote

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
_SHOWN = ("id", "status", "sourceType", "requestedOutputs", "idempotencyKey", "error", "createdAt", "completedAt")


@click.group(
    short_help="List, show, move or await jobs.",
    epilog=examples(
        "tutorflow-mock job list --status processing",
        "tutorflow-mock job show JOB",
        "tutorflow-mock job transition JOB failed --error content_internal_error",
        "tutorflow-mock job timeline JOB",
        "tutorflow-mock job wait JOB --advance-clock",
    ),
)
def job() -> None:
    """List, show, move or await the jobs of a session."""


@job.command(
    "list",
    short_help="List the jobs.",
    epilog=examples("tutorflow-mock job list", "tutorflow-mock job list --status failed --json"),
)
@flag("--status", help="Only those in this state.")
@flag("--organization", help="Only those of this organization.")
@flag("--limit", type=click.IntRange(1, 1000), help="At most so many; 100 if left out.")
@_json
@at_a_mock
def list_(remote: Remote, *, status: str | None, organization: str | None, limit: int | None, as_json: bool) -> None:
    """List the jobs of a session, newest first."""
    found = remote.jobs.list(status, organization, limit)
    if as_json:
        showing.as_json(found)
        return
    members = ("id", "status", "createdAt", "nextTransitionAt", "reads", "requestedOutputs", "idempotencyKey")
    headings = ("job", "status", "created", "next", "reads", "outputs", "idempotency key")
    rows = [[each[name] for name in members] for each in found["jobs"]]
    showing.table(headings, rows, "no jobs")


@job.command(
    short_help="Show a job.", epilog=examples("tutorflow-mock job show JOB", "tutorflow-mock job show JOB --json")
)
@click.argument("id", metavar="JOB")
@_json
@at_a_mock
def show(remote: Remote, *, id: str, as_json: bool) -> None:
    """Show a job: what its client sees, how it goes, and its deliveries."""
    _told(remote.jobs.show(id), as_json=as_json)


@job.command(
    short_help="Move a job by hand.",
    epilog=examples(
        "tutorflow-mock job transition JOB processing",
        "tutorflow-mock job transition JOB failed --error content_internal_error --failed-output summary_video",
    ),
)
@click.argument("id", metavar="JOB")
@click.argument("to", metavar="STATE")
@flag("--error", help="Code of the error of a job that fails.")
@flag("--failed-output", multiple=True, help="Output that fails, where not all do; repeatable.")
@_json
@at_a_mock
def transition(
    remote: Remote, *, id: str, to: str, error: str | None, failed_output: tuple[str, ...], as_json: bool
) -> None:
    """Move a job to processing, completed or failed, as far as its lifecycle allows."""
    members: dict[str, object] = {}
    if error is not None:
        members["error"] = {"code": error}
    if failed_output:
        members["failedOutputs"] = list(failed_output)
    _told(remote.jobs.transition(id, to, **members), as_json=as_json)


@job.command(
    short_help="Tell what happened to a job.",
    epilog=examples("tutorflow-mock job timeline JOB", "tutorflow-mock job timeline JOB --json"),
)
@click.argument("id", metavar="JOB")
@_json
@at_a_mock
def timeline(remote: Remote, *, id: str, as_json: bool) -> None:
    """Tell what happened to a job, in order: calls, transitions and what brought them about."""
    if as_json:
        showing.as_json(remote.jobs.timeline(id))
        return
    for line in remote.jobs.timeline_text(id).splitlines():
        click.echo(showing.cell(line))


@job.command(
    short_help="Wait until a job has ended.",
    epilog=examples(
        "tutorflow-mock job wait JOB --timeout 30", "tutorflow-mock job wait JOB --status processing --advance-clock"
    ),
)
@click.argument("id", metavar="JOB")
@flag("--status", multiple=True, help="State to wait for, repeatable; the end of the job if left out.")
@click.option("--advance-clock", is_flag=True, help="Step the session's clock to the job's instants.")
@flag("--timeout", default="5", show_default=True, type=values.seconds, help="Seconds, or a duration such as 2m.")
@_json
@at_a_mock
def wait(
    remote: Remote, *, id: str, status: tuple[str, ...], advance_clock: bool, timeout: float, as_json: bool
) -> None:
    """Wait until a job has ended, or has one of these states; exit code 1 if it does not in time."""
    found = remote.jobs.wait(id, status or None, advance_clock=advance_clock, within=timeout)
    _told(found, as_json=as_json)


def _told(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        showing.as_json(shown)
        return
    body: dict[str, Any] = shown["job"]
    members: dict[str, Any] = {**body.get("job", body), "requestedOutputs": body["requestedOutputs"]}
    told: dict[str, Any] = {name: members[name] for name in _SHOWN}
    for row in body["outputs"]:
        manifest: Mapping[str, Any] | None = row["manifest"]
        url = "" if manifest is None else manifest["urls"].get("publicUrl", "")
        told[row["outputType"]] = f"{row['status']} {url}".rstrip()
    showing.facts({**told, "programme": shown["programme"], "reads": shown["reads"], "deliveries": shown["deliveries"]})
