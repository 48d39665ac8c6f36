"""`tutorflow-mock lint`: the mock grades the clients that have called it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import FINDINGS, at_a_mock
from tutorflow_mock.cli.usage import Refusal, examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote

_SEVERITIES = ("error", "warning", "info")
_NEVER = "never"


@click.command(
    short_help="Grade the clients that have called a mock.",
    epilog=examples(
        "tutorflow-mock lint",
        "tutorflow-mock lint --fail-on warning --junit lint.xml",
        "tutorflow-mock lint --session checkout-7 --json",
    ),
)
@flag(
    "--fail-on",
    default="error",
    show_default=True,
    type=click.Choice([*_SEVERITIES, _NEVER]),
    help="Exit code 1 if there are findings at least as severe.",
)
@flag("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write them to this file as JUnit XML, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@at_a_mock
def lint(remote: Remote, *, fail_on: str, junit: Path | None, as_json: bool) -> None:
    """Tell what is wrong with the clients of a session, by the rules TF001 to TF025."""
    if junit is not None:
        _write(junit, remote.text("lint", format="junit"))
    found = remote.lint()
    if as_json:
        showing.as_json(found)
    else:
        _told(found)
    severe = _SEVERITIES[: _SEVERITIES.index(fail_on) + 1] if fail_on != _NEVER else ()
    if any(found["summary"].get(severity, 0) for severity in severe):
        sys.exit(FINDINGS)


def _told(found: dict[str, Any]) -> None:
    rows = [(each["rule"], each["severity"], each["message"], each.get("jobId")) for each in found["findings"]]
    showing.table(("rule", "severity", "what", "job"), rows, "nothing to find fault with")
    if rows and showing.is_terminal():
        click.echo(", ".join(f"{number} {severity}" for severity, number in found["summary"].items()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refusal(f"--junit {path}: the file cannot be written: {error.strerror}") from error
