"""`tutorflow-mock session`: the tenants of a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing, values
from tutorflow_mock.cli.reach import at_a_mock
from tutorflow_mock.cli.usage import Refusal, examples, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
_STANDING = "frozen"


@click.group(
    short_help="Create, list, show or end sessions.",
    epilog=examples(
        "tutorflow-mock session create checkout-7 --clock 2026-07-04T00:00:00Z --programme polls=2",
        "tutorflow-mock session list",
        "tutorflow-mock session show checkout-7",
        "tutorflow-mock session delete checkout-7",
    ),
)
def session() -> None:
    """Create, list, show or end sessions: isolated tenants of one server, with keys and a clock of their own."""


@session.command(
    short_help="Open a session and tell its secrets, this once.",
    epilog=examples(
        "tutorflow-mock session create",
        "tutorflow-mock session create checkout-7 --seed 42 --ttl 1h --clock frozen",
        "tutorflow-mock session create --behaviour idempotency.same-key-other-body=conflict-409",
    ),
)
@click.argument("id", required=False)
@flag("--revision", help="Revision of the contract; the server's if left out.")
@flag("--seed", help="Text that fixes its ids; the server's if left out.")
@flag("--ttl", type=values.duration, help="End it after so much idle real time, such as 1h.")
@flag("--clock", help="running, frozen, or an instant to stand at.")
@flag("--programme", help="How its jobs go: immediate, time, held, polls=3, after=30s.")
@flag("--behaviour", multiple=True, type=values.assignment, metavar="NAME=VALUE", help="Override one; repeatable.")
@flag("--webhook-timestamp", type=click.Choice(["session", "real"]), help="Which clock stamps signatures.")
@flag("--rate-limit", type=click.IntRange(1), help="Calls a minute of its keys; 1000 if left out.")
@flag("--organizations", type=click.IntRange(1), help="How many organizations; 2 if left out.")
@flag("--lesson", multiple=True, help="Id of a lesson of its first classroom; repeatable.")
@flag("--from", "snapshot", help="Name of a snapshot to begin with.")
@click.option("--json", "as_json", is_flag=True, help="The same on one line.")
@at_a_mock
def create(remote: Remote, *, as_json: bool, **options: Any) -> None:
    """Open a session (ID or a drawn one) and print the answer as JSON: the only one that holds its secrets."""
    made = remote.sessions.create(**_members(options))
    if as_json:
        showing.as_json(made)
    else:
        click.echo(json.dumps(made, indent=2))


@session.command("list", short_help="List the sessions.", epilog=examples("tutorflow-mock session list"))
@flag("--limit", type=click.IntRange(1, 1000), help="At most so many; 100 if left out.")
@_json
@at_a_mock
def list_(remote: Remote, *, limit: int | None, as_json: bool) -> None:
    """List the sessions, newest first, without their secrets."""
    found = remote.sessions.list(limit)
    if as_json:
        showing.as_json(found)
        return
    rows = [
        (each["id"], each["revision"], each["clock"]["now"], each["clock"]["mode"], each["seed"], each["expiresAt"])
        for each in found["sessions"]
    ]
    showing.table(("session", "revision", "clock", "mode", "seed", "expires"), rows, "no sessions")


@session.command(
    short_help="Show a session.",
    epilog=examples("tutorflow-mock session show checkout-7", "tutorflow-mock session show"),
)
@click.argument("id", required=False)
@_json
@at_a_mock
def show(remote: Remote, *, id: str | None, as_json: bool) -> None:
    """Show a session (ID, else that of --session, else the default one), without its secrets."""
    _told(remote.sessions.show(id or remote.session or "default"), as_json=as_json)


@session.command(short_help="End a session.", epilog=examples("tutorflow-mock session delete checkout-7"))
@click.argument("id", required=False)
@_json
@at_a_mock
def delete(remote: Remote, *, id: str | None, as_json: bool) -> None:
    """End a session (ID, else that of --session): its credentials are refused from now on."""
    name = id or remote.session
    if name is None:
        raise Refusal("name the session to end: tutorflow-mock session delete ID")
    remote.of(None).sessions.delete(name)
    if as_json:
        showing.as_json({"deleted": name})
    else:
        click.echo(f"ended: {name}")


def _told(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        showing.as_json(shown)
        return
    members = {name: value for name, value in shown.items() if name not in {"clock", "organizations", "admin"}}
    clock, admin = shown["clock"], shown["admin"]
    organizations = {
        f"organization {number}": f"{each['id']} {each['apiKey']} {each['adminCookie']} classroom {each['classroomId']}"
        for number, each in enumerate(shown["organizations"], 1)
    }
    told = {"clock": f"{clock['now']} {clock['mode']}", "admin": f"{admin['email']} / {admin['password']}"}
    showing.facts({**members, **told, **organizations})


def _members(options: dict[str, Any]) -> dict[str, Any]:
    """Return the create body that options make; what was left out stays out."""
    plain = {
        "id": options["id"],
        "revision": options["revision"],
        "seed": options["seed"],
        "ttl": options["ttl"],
        "webhookTimestamp": options["webhook_timestamp"],
        "rateLimitPerMinute": options["rate_limit"],
        "organizations": options["organizations"],
        "from": options["snapshot"],
    }
    built = {
        "clock": None if options["clock"] is None else _clock(options["clock"]),
        "programme": None if options["programme"] is None else _programme(options["programme"]),
        "behaviours": {name: values.json_or_text(text) for name, text in options["behaviour"]} or None,
        "lessons": list(options["lesson"]) or None,
    }
    return {name: value for name, value in {**plain, **built}.items() if value is not None}


def _clock(text: str) -> dict[str, str]:
    if text in {"running", _STANDING}:
        return {"mode": text}
    try:
        return {"mode": _STANDING, "instant": values.instant(text)}
    except click.BadParameter as error:
        instant = "an instant such as 2026-07-06T09:00:00Z"
        raise Refusal(f"--clock {text[:64]!r} is not known: give running, frozen or {instant}") from error


def _programme(text: str) -> dict[str, object]:
    from tutorflow_mock.domain.programme import ProgrammeError, parse_short, to_json

    try:
        return to_json(parse_short(text))
    except ProgrammeError as error:
        raise Refusal(f"--programme: {str(error).removeprefix('programme: ')}") from error
