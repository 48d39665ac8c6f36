"""`cleanup`: revoke and delete what a run made and could not clear away itself."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(
    short_help="Clear away what a run left.",
    epilog="\b\nExamples:\n  tutorflow-conformance cleanup --target https://api.tutorflow.io\n"
    "  tutorflow-conformance cleanup --run 7f21ab3c --env-file judge.env",
)
@click.option("--run", "run_name", metavar="RUN", help="The run; the last one that has not ended, if left out.")
@click.option("--target", help="The endpoint's address; else TUTORFLOW_API_BASE_URL.")
@click.option(
    "--ledger", type=_FILE, help="The file of the ledger; else TUTORFLOW_CONFORMANCE_LEDGER, or the usual one."
)
@click.option("--env-file", type=_FILE, help="A file of NAME=VALUE lines, over the environment.")
@click.pass_context
def cleanup(
    context: click.Context, /, *, run_name: str | None, target: str | None, ledger: Path | None, env_file: Path | None
) -> None:
    """Revoke the keys and delete the webhooks that a run made, by the ledger and by the target's lists.

    It needs an admin session (TUTORFLOW_ADMIN_COOKIE, or TUTORFLOW_ADMIN_EMAIL and TUTORFLOW_ADMIN_PASSWORD). Jobs
    cannot be deleted. Afterwards what the run spent counts no longer. May be repeated.
    """
    from tutorflow_conformance.cli.opening import Flags
    from tutorflow_conformance.cli.sweeping import swept
    from tutorflow_conformance.client import Unreachable
    from tutorflow_conformance.target import Misconfigured
    from tutorflow_conformance.traffic.stopping import Stopped

    try:
        found = swept(Flags(target=target, ledger=ledger, env_file=env_file), run_name)
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error
    except (Unreachable, Stopped) as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(3)
    if found is None:
        click.echo("nothing to clear away: no run at this target is unfinished")
        return
    for name in found.cleared:
        click.echo(f"cleared {name}")
    for name in found.left:
        click.echo(f"left    {name}")
    click.echo(f"run {found.run}: {len(found.cleared)} cleared away, {len(found.left)} left behind")
    context.exit(1 if found.left else 0)
