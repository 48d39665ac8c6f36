"""`tutorflow-mock wait`: until the mock is there."""

from __future__ import annotations

import sys
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import UNREACHABLE, at_a_mock, say
from tutorflow_mock.cli.usage import examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote

_PAUSE = 0.05
_SHORTEST_TRY = 0.05


@click.command(
    short_help="Wait until a mock is healthy.",
    epilog=examples(
        "tutorflow-mock wait --timeout 30",
        "tutorflow-mock wait --timeout 1",
    ),
)
@flag("--timeout", default="30", show_default=True, type=values.seconds, help="Seconds, or a duration such as 2m.")
@click.option("--json", "as_json", is_flag=True, help="Print what the server says of its health, as JSON.")
@at_a_mock
def wait(remote: Remote, *, timeout: float, as_json: bool) -> None:
    """Wait until the mock says that it is healthy; exit code 3 if it does not in time."""
    found, reason = _awaited(remote, timeout)
    if found is None:
        say(f"no healthy mock within {timeout:g} s: {reason}. Start one with `tutorflow-mock serve`")
        sys.exit(UNREACHABLE)
    if as_json:
        showing.as_json(found)
    else:
        click.echo(f"healthy: {remote.url}")


def _awaited(remote: Remote, timeout: float) -> tuple[Any, str]:
    """Return what the server says once it is healthy, or why it is not by the deadline; one try is always made."""
    from tutorflow_mock.remote import RemoteError, Unreachable
    from tutorflow_mock.system import SystemClock

    clock, pause = SystemClock(), Event()
    deadline = clock.elapsed() + timeout
    while True:
        try:
            return remote.health(max(_SHORTEST_TRY, deadline - clock.elapsed())), ""
        except (Unreachable, RemoteError) as error:
            reason = str(error)
        if clock.elapsed() + _PAUSE >= deadline:
            return None, reason
        pause.wait(_PAUSE)
