"""The command line of the judge, which has no commands yet and says so."""

from typing import NoReturn

import click

HELP = """Judge whether an endpoint keeps the contract of TutorFlow's Content Integration API.

The judge is not part of this version yet: there is no command to run, and nothing is tested.

Planned commands, in this order: run, list, explain, plan, calibrate, cleanup, verify, replay.

What is here already: the contract with all of its requirements (python -m tutorflow_openapi show)
and a server that keeps it (tutorflow-mock serve).
"""


@click.command(
    help=HELP,
    no_args_is_help=True,
    context_settings={"allow_interspersed_args": False, "help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="tutorflow-contract-kit", prog_name="tutorflow-conformance")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
def main(words: tuple[str, ...]) -> NoReturn:
    """Refuse every command: exit code 2, for nothing was judged."""
    raise click.UsageError(f"{words[0]!r} cannot run: the judge is not part of this version yet; see --help.")
