"""`tutorflow-mock clock`: what time it is in a session, and moving it."""

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
_patience = flag(
    "--timeout", default="60", show_default=True, type=values.seconds, help="Real time that it may take to answer."
)


@click.group(
    short_help="Show or move the clock of a session.",
    epilog=examples(
        "tutorflow-mock clock show",
        "tutorflow-mock clock freeze",
        "tutorflow-mock clock advance 5m",
        "tutorflow-mock clock set 2026-07-06T09:00:00Z",
        "tutorflow-mock clock resume",
    ),
)
def clock() -> None:
    """Show or move the clock of a session: jobs, retries, rate windows and every timestamp follow it."""


@clock.command(short_help="Show the clock and what it will bring.", epilog=examples("tutorflow-mock clock show"))
@_json
@at_a_mock
def show(remote: Remote, *, as_json: bool) -> None:
    """Show the instant, whether it stands, and what falls due next."""
    _told(remote.clock.show(), as_json=as_json)


@clock.command(
    short_help="Stop the clock.",
    epilog=examples("tutorflow-mock clock freeze", "tutorflow-mock clock freeze 2027-01-01T00:00:00Z"),
)
@click.argument("instant", required=False, type=values.instant)
@_json
@at_a_mock
def freeze(remote: Remote, *, instant: str | None, as_json: bool) -> None:
    """Stop the clock where it is, or at an INSTANT that is not before it."""
    _told(remote.clock.freeze(instant), as_json=as_json)


@clock.command(
    short_help="Move the clock on.",
    epilog=examples("tutorflow-mock clock advance 30s", "tutorflow-mock clock advance 2h --session checkout-7"),
)
@click.argument("by", metavar="DURATION", type=values.duration)
@_patience
@_json
@at_a_mock
def advance(remote: Remote, *, by: str, timeout: float, as_json: bool) -> None:
    """Move the clock on by 500ms, 30s, 5m, 2h, 1d or PT1M30S; all that falls due happens first, and is listed."""
    _told(remote.clock.advance(by, timeout), as_json=as_json)


@clock.command(
    "set", short_help="Put the clock to an instant.", epilog=examples("tutorflow-mock clock set 2026-07-06T09:00:00Z")
)
@click.argument("instant", type=values.instant)
@_patience
@_json
@at_a_mock
def set_(remote: Remote, *, instant: str, timeout: float, as_json: bool) -> None:
    """Put the clock to an INSTANT; backwards only while the session has recorded none."""
    _told(remote.clock.set(instant, timeout), as_json=as_json)


@clock.command(short_help="Let the clock run on.", epilog=examples("tutorflow-mock clock resume"))
@_json
@at_a_mock
def resume(remote: Remote, *, as_json: bool) -> None:
    """Let the clock run on from what it shows."""
    _told(remote.clock.resume(), as_json=as_json)


@clock.command(short_help="Show real time again.", epilog=examples("tutorflow-mock clock reset"))
@_json
@at_a_mock
def reset(remote: Remote, *, as_json: bool) -> None:
    """Let the clock show real time again."""
    _told(remote.clock.reset(), as_json=as_json)


def _told(shown: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        showing.as_json(shown)
        return
    click.echo(f"{shown['now']} {shown['mode']}")
    for name in ("fired", "pending"):
        events: list[Mapping[str, Any]] = shown.get(name, [])
        for event in events:
            words = (name, event["at"], event["type"], event["ref"], event.get("result") or "")
            click.echo(" ".join(map(showing.cell, filter(None, words))))
        if (more := shown["meta"].get(name, 0) - len(events)) > 0:
            click.echo(f"{name} {more} more")
    if shown["status"] == "advancing":
        click.echo("still on its way: it goes on in the background; tutorflow-mock clock show tells when it is there")
