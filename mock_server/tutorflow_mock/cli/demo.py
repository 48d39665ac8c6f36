"""`tutorflow-mock demo`: the base text's own requests, on a mock of its own, shown call by call."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tutorflow_mock.cli.stage import Stage

_FAILED = 1
_PIPED = 140  # columns: what reads a pipe does not fold


@click.command(
    short_help="Run a whole content job and show it call by call.",
    epilog="\b\nExamples:\n  tutorflow-mock demo\n  NO_COLOR=1 tutorflow-mock demo | less",
)
def demo() -> None:
    """Run a whole content job: create, poll to the end, results, replay, export.

    It starts a mock on a free port, moves its clock instead of waiting, and stops it. Exit code 1 if anything is not as
    the contract says.
    """
    from rich.console import Console

    from tutorflow_mock.cli import base_text
    from tutorflow_mock.cli.stage import Stage, Unexpected
    from tutorflow_mock.server import MockServer, ServerError
    from tutorflow_openapi import load

    console = Console(highlight=False, soft_wrap=True)
    console.width = console.width if console.is_terminal else _PIPED
    try:
        with MockServer("--clock", base_text.INSTANT, "--seed", "42", "--self-check") as mock:
            stage = Stage(console, load(mock.ready["revision"]), mock.url, mock.ready)
            _play(stage)
    except (ServerError, Unexpected) as error:
        click.echo(f"The demo failed: {error}", err=True)
        sys.exit(_FAILED)


def _play(stage: Stage) -> None:
    from tutorflow_mock.cli import acts

    stage.open()
    job_id = acts.create(stage)
    acts.poll(stage, job_id)
    acts.results(stage, job_id)
    acts.replay(stage, job_id)
    acts.export(stage)
    acts.close(stage)
