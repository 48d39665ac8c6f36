"""`tutorflow-mock listen`: a receiver of webhooks that shows what comes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import values
from tutorflow_mock.cli.reach import at_a_mock, say
from tutorflow_mock.cli.usage import INTERRUPTED, Refusal, examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.cli.attending import Attendance
    from tutorflow_mock.receivers.forward import ForwardTo
    from tutorflow_mock.remote import Remote
    from tutorflow_mock.server.stop import Stop

_COOKIE = "TUTORFLOW_ADMIN_COOKIE"
_LOOK_EVERY = 2.0
_GONE = 1


@click.command(
    short_help="Receive webhooks, show them, pass them on.",
    epilog=examples(
        "tutorflow-mock listen",
        "tutorflow-mock listen --forward-to http://127.0.0.1:9000/hook --print-secret",
        "tutorflow-mock listen --events content.failed --json",
        "tutorflow-mock listen --session checkout-7 --headers X-Team:a --forward-to localhost:9000/hook",
    ),
)
@flag("--forward-to", metavar="URL", help="Pass each attempt on to this receiver, and its answer back.")
@flag("--events", help="Comma list of events; all of them if left out.")
@click.option("--print-secret", is_flag=True, help="Print the secret of the subscription.")
@flag("--headers", multiple=True, type=values.header, metavar="NAME:VALUE", help="Pass this on, too; repeatable.")
@click.option("--admin-cookie", envvar=_COOKIE, help=f"Of a session that exists already; better in {_COOKIE}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: ready, delivery, answer, summary.")
@at_a_mock
def listen(
    remote: Remote,
    *,
    forward_to: str | None,
    events: str | None,
    print_secret: bool,
    headers: tuple[tuple[str, str], ...],
    admin_cookie: str | None,
    as_json: bool,
) -> None:
    """Listen on a free loopback port, subscribed to a session's events, and show every attempt.

    It tells whether the signature verifies. A named session is created if there is none of that name, and its secrets
    are told. Ctrl-C or SIGTERM ends the subscription, sums up, and exits with code 130.
    """
    from tutorflow_mock.cli.attending import attend
    from tutorflow_mock.cli.narrating import Narrator
    from tutorflow_mock.server.stop import Stop

    stop = Stop()
    forward = None if forward_to is None else _forward(forward_to, headers)
    narrator = Narrator(stop, as_json=as_json)
    with attend(remote, narrator, forward, _names(events), admin_cookie) as attendance:
        narrator.ready(attendance, forward_to, show_secret=print_secret)
        is_gone = _watch(attendance, stop)
    narrator.summary()
    if is_gone:
        say("the subscription is gone: the session was reset, or has ended, or the webhook was deleted")
    sys.exit(_GONE if is_gone else INTERRUPTED)


def _watch(attendance: Attendance, stop: Stop) -> bool:
    """Wait for the end; tell whether it came because the subscription is gone."""
    while not stop.wait(_LOOK_EVERY):
        if not attendance.is_subscribed():
            return True
    return False


def _names(events: str | None) -> list[str] | None:
    return None if events is None else [name.strip() for name in events.split(",") if name.strip()]


def _forward(url: str, headers: tuple[tuple[str, str], ...]) -> ForwardTo:
    from tutorflow_mock.receivers.forward import ForwardTo

    try:
        return ForwardTo(url, headers)
    except ValueError as error:
        raise Refusal(f"--forward-to: {error}") from error
