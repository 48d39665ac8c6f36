"""`tutorflow-mock check-receiver`: fires the catalogue of traps at a receiver of deliveries and judges it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import FINDINGS, UNREACHABLE, remote_of, say, told_apart
from tutorflow_mock.cli.usage import Refusal, examples, flag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tutorflow_mock.outbox.traps.catalogue import Trap
    from tutorflow_mock.outbox.traps.runner import Run
    from tutorflow_mock.remote import Remote

    Row = Mapping[str, str]

_USAGE = 2
_PAUSE = 0.1
"""Seconds between two questions to a mock."""
_COLOURS = {"pass": "green", "fail": "red", "warning": "yellow", "skipped": "cyan"}
_UNKNOWN_TO_IT = """\
A receiver takes what is signed with a secret that it knows, and no secret was given. Here is a new one:

  {secret}

Let the receiver know it, as the secret of its webhook, and start again with

  TUTORFLOW_WEBHOOK_SECRET={secret} tutorflow-mock check-receiver {url}

Or give the one that the receiver has by --secret or TUTORFLOW_WEBHOOK_SECRET. Nothing was sent."""


@click.command(
    "check-receiver",
    short_help="Try a receiver of webhooks with everything that can go wrong.",
    epilog=examples(
        "tutorflow-mock check-receiver http://127.0.0.1:9000/hook --secret $SECRET",
        "tutorflow-mock check-receiver http://127.0.0.1:9000/hook --probe http://127.0.0.1:9000/count",
        "tutorflow-mock check-receiver http://127.0.0.1:9000/hook --traps W3,W4,W5 --json",
        "tutorflow-mock check-receiver http://127.0.0.1:9000/hook --junit receiver.xml",
        "tutorflow-mock check-receiver http://127.0.0.1:9000/hook --url http://127.0.0.1:4010",
        "tutorflow-mock check-receiver --list",
    ),
)
@click.argument("target", metavar="URL", required=False)
@click.option(
    "--secret",
    envvar="TUTORFLOW_WEBHOOK_SECRET",
    help="The secret that the receiver verifies with; also TUTORFLOW_WEBHOOK_SECRET.",
)
@click.option(
    "--second-secret",
    envvar="TUTORFLOW_WEBHOOK_SECOND_SECRET",
    help="Another one that it knows: a second subscription's, beside the first (W23).",
)
@flag("--traps", default="*", show_default=True, help="Which traps to fire: W1,W3 or * for all.")
@flag("--probe", metavar="URL", help='Answers how many effects there were: a number, or {"count": number}.')
@flag(
    "--allow-webhook-target",
    multiple=True,
    metavar="RULE",
    help="Open a target beside loopback: host[:port], CIDR[:port] or public; repeatable.",
)
@flag("--webhook-ca", metavar="FILE", help="Further certificate authorities for an https receiver.")
@flag(
    "--url",
    metavar="MOCK",
    help="Let the mock there do it, with the secret of its subscription: W14, W15, W28 need one.",
)
@flag("--session", help="With --url: the session to speak of.")
@flag("--admin-token", help="With --url: the token of the control plane, where it asks for one.")
@flag("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the verdicts to this file as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--list", "is_list", is_flag=True, help="Say which traps there are, and send nothing.")
def check_receiver(
    target: str | None,
    *,
    secret: str | None,
    second_secret: str | None,
    traps: str,
    probe: str | None,
    allow_webhook_target: tuple[str, ...],
    webhook_ca: str | None,
    url: str | None,
    session: str | None,
    admin_token: str | None,
    junit: Path | None,
    as_json: bool,
    is_list: bool,
) -> None:
    """Send a receiver good and bad deliveries, and tell what a correct one does with each and what this one did.

    No mock has to run; with --url one fires the traps, and also those that want the receiver's own program to speak to
    it. Exit code 1 if a trap caught the receiver, 3 if it cannot be reached.
    """
    chosen = _chosen(traps)
    if is_list:
        _list(chosen, as_json=as_json)
        return
    if target is None:
        raise Refusal("the URL of the receiver is missing, such as http://127.0.0.1:9000/hook")
    _check_secrets(secret, second_secret)
    if url is not None:
        with remote_of(url, session, admin_token) as remote:
            wanted = {"url": target, "traps": [trap.id for trap in chosen], "probe": probe}
            secrets = {"secret": secret, "secondSecret": second_secret}
            told_apart(remote, lambda: _finish(target, _by_mock(remote, {**wanted, **secrets}), junit, as_json=as_json))
        return
    if secret is None:
        from tutorflow_mock.domain.redaction import on_one_line
        from tutorflow_mock.system import fresh_token

        click.echo(_UNKNOWN_TO_IT.format(secret=fresh_token(), url=on_one_line(target)), err=True)
        sys.exit(_USAGE)
    from tutorflow_mock.outbox.traps.sitting import Subject

    run = _run_of(chosen, Subject(target, probe, second_secret), secret, allow_webhook_target, webhook_ca)
    _go(run, is_quiet=as_json)
    _finish(target, [each.row() for each in run.results()], junit, as_json=as_json)


def _by_mock(remote: Remote, wanted: Mapping[str, Any]) -> Sequence[Row]:
    """Let a mock fire the traps and return what they have shown; exit where the receiver is not there."""
    from threading import Event

    begun = remote.post("webhooks", "check", body={name: each for name, each in wanted.items() if each is not None})
    while True:
        found = remote.get("webhooks", "checks", begun["id"])
        if found["status"] == "done":
            break
        Event().wait(_PAUSE)
    if found["error"] is not None:
        say(f"the check came to nothing: {found['error']}")
        sys.exit(UNREACHABLE)
    rows: list[Row] = found["results"]
    return rows


def _finish(target: str, rows: Sequence[Row], junit: Path | None, *, as_json: bool) -> None:
    if junit is not None:
        _write(junit, target, rows)
    if as_json:
        showing.as_json({"url": target, "results": rows, "summary": _counts(rows)})
    else:
        _tell(rows)
    if any(row["verdict"] == "fail" for row in rows):
        sys.exit(FINDINGS)


def _check_secrets(*secrets: str | None) -> None:
    for each in secrets:
        if each is not None and (not each or not each.isprintable()):
            raise Refusal("--secret and --second-secret: a secret is one or more printable characters")


def _chosen(text: str) -> tuple[Trap, ...]:
    from tutorflow_mock.outbox.traps.catalogue import catalogue, chosen

    wanted = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    if not wanted:
        raise Refusal("--traps names none: give W1,W3 or *")
    try:
        return chosen(catalogue(), wanted)
    except KeyError as error:
        known = ", ".join(trap.id for trap in catalogue())
        raise Refusal(f"--traps: there is no trap {str(error.args[0])[:16]!r}; there are {known}") from None


def _run_of(
    traps: tuple[Trap, ...], subject: Any, secret: str, allowed: tuple[str, ...], webhook_ca: str | None
) -> Run:
    from tutorflow_mock.outbox.post import poster
    from tutorflow_mock.outbox.sender import tls_context
    from tutorflow_mock.outbox.traps.runner import Run
    from tutorflow_mock.outbox.traps.sitting import Sitting
    from tutorflow_mock.outbox.traps.styles import style_of
    from tutorflow_mock.settings import Settings
    from tutorflow_mock.system import SystemClock, fresh_token

    try:
        post = poster(Settings(webhook_targets=allowed, webhook_ca=webhook_ca))
    except ValueError as error:
        raise Refusal(f"--allow-webhook-target: {error}") from error
    try:
        tls_context(webhook_ca)
    except OSError as error:
        raise Refusal(f"--webhook-ca {webhook_ca}: the file cannot be read: {error.strerror or error}") from error
    return Run(traps, Sitting(subject, style_of(fresh_token(), secret), post, SystemClock()))


def _go(run: Run, *, is_quiet: bool) -> None:
    """Fire the traps with a bar that goes along; exit where the receiver or the probe is not what it should be."""
    from tutorflow_mock.outbox.traps.runner import NotThere
    from tutorflow_mock.outbox.traps.sitting import ProbeFailed

    try:
        with ExitStack() as shown:
            if not is_quiet and is_watched():
                run.on_trap = _bar(run, shown)
            run.go()
    except NotThere as error:
        say(f"the receiver cannot be reached: {error}")
        sys.exit(UNREACHABLE)
    except ProbeFailed as error:
        raise Refusal(f"--probe: {error}") from error


def _bar(run: Run, shown: ExitStack) -> Callable[[Trap], None]:
    from rich.console import Console
    from rich.progress import Progress

    progress = shown.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = progress.add_task("", total=len(run.traps))

    def on_trap(trap: Trap) -> None:
        progress.update(task, description=f"{trap.id} {trap.name}", advance=1)

    return on_trap


def _list(traps: Sequence[Trap], *, as_json: bool) -> None:
    if as_json:
        told = [{"trap": each.id, "name": each.name, "sent": each.sent, "expected": each.expected} for each in traps]
        showing.as_json({"traps": told})
        return
    rows = [(each.id, each.name, each.sent, each.expected) for each in traps]
    showing.table(("trap", "name", "what is sent", "a correct receiver"), rows, "")


def _tell(rows: Sequence[Row]) -> None:
    told = [(row["trap"], row["name"], row["verdict"], row["got"], row["why"]) for row in rows]
    showing.table(("trap", "name", "verdict", "got", "why"), told, "")
    click.echo(", ".join(f"{number} {verdict}" for verdict, number in _counts(rows).items()))


def _counts(rows: Sequence[Row]) -> dict[str, int]:
    return {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in _COLOURS}


def _write(path: Path, url: str, rows: Sequence[Row]) -> None:
    from tutorflow_mock.outbox.traps.junit import junit

    try:
        path.write_text(junit(url, rows), encoding="utf-8")
    except OSError as error:
        raise Refusal(f"--junit {path}: the file cannot be written: {error.strerror}") from error


def is_watched() -> bool:
    """Tell whether a person reads stderr."""
    return sys.stderr.isatty()
