"""`calibrate`: observe which alternatives an endpoint takes, and write them down as a profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tutorflow_conformance.cli.running import target_of

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    short_help="Observe a target's behaviours.",
    epilog="\b\nExamples:\n  tutorflow-conformance calibrate --target https://api.tutorflow.io --out profile.yaml\n"
    "  tutorflow-mock serve --profile profile.yaml",
)
@click.option("--target", help="The endpoint's address, or the word mock; else TUTORFLOW_API_BASE_URL.")
@click.option("--revision", help="The revision of the contract whose behaviours are observed.")
@click.option("--out", type=_FILE, help="Write the profile there; to stdout if left out.")
@click.option("--requests-per-minute", type=click.IntRange(1), help="Requests in any minute at most.")
@click.option("--job-timeout", type=click.FloatRange(0, min_open=True), help="Seconds that a job may take.")
@click.option("--poll-interval", type=click.FloatRange(0, min_open=True), help="Seconds between polls.")
@click.option("--max-time", type=click.FloatRange(0, min_open=True), help="Seconds that it may take.")
@click.option("--webhook-listen", metavar="HOST:PORT", help="Where to receive webhooks; port 0 is any free one.")
@click.option("--webhook-url", metavar="URL", help="The public address that leads to --webhook-listen.")
@click.option("--ledger", type=_FILE, help="The file of what was spent; else TUTORFLOW_CONFORMANCE_LEDGER.")
@click.option("--env-file", type=_FILE, help="A file of NAME=VALUE lines, over the environment.")
@click.pass_context
def calibrate(context: click.Context, /, *, out: Path | None, **flags: Any) -> None:
    """Observe which alternative of each behaviour a target takes, with two accepted jobs at most.

    An admin session, a second organization and a webhook receiver show more; what cannot be told is listed with the
    reason. Nothing secret, and nothing that the target said, gets into the profile.
    """
    from dataclasses import replace

    from tutorflow_conformance.calibrate import ALLOWANCE, write
    from tutorflow_conformance.calibrate import calibrate as observe
    from tutorflow_conformance.cli.writing import check_writable
    from tutorflow_conformance.outcome import INTERRUPTED, UNREACHABLE
    from tutorflow_conformance.report.terminal import console, live
    from tutorflow_conformance.system import Clock, interruptible

    if out is not None:
        check_writable({"out": out})
    given = {**flags, "mode": "mock" if flags["target"] == "mock" else "full"}
    with interruptible(), target_of(given) as (target, options), live(console(stderr=True)) as events:
        found = observe(target, replace(options, allowance=ALLOWANCE), events)
    outcome = found.outcome
    text = write(found, Clock().now())
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
    if outcome.headline:
        click.echo(outcome.headline, err=True)
    click.echo(
        f"{len(found.observed)} behaviours observed, {len(found.unidentified)} not identified,"
        f" {len(found.contradicted)} documented sentences contradicted; jobs {outcome.spend.jobs},"
        f" requests {outcome.spend.requests}",
        err=True,
    )
    for left in outcome.left:
        click.echo(f"left behind: {left}", err=True)
    if outcome.is_interrupted:
        context.exit(INTERRUPTED)
    if outcome.is_lost:
        context.exit(UNREACHABLE)
    context.exit(0 if found.observed and not outcome.was_refused else 1)
