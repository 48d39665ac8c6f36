"""`tutorflow-mock serve`: start a server and say when it answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli.usage import Refusal, flag

if TYPE_CHECKING:
    from tutorflow_mock.server.ready import Ready

EPILOG = """\b
Every flag --some-flag can be set as TUTORFLOW_MOCK_SOME_FLAG as well; the flag wins. In the environment
a repeatable flag is a comma list, and a switch is 1 true yes on or 0 false no off.

\b
Examples:
  tutorflow-mock serve
  tutorflow-mock serve --port 0 --json
  tutorflow-mock serve --seed 42 --clock 2026-07-06T09:00:00Z
  tutorflow-mock serve --programme polls=3
  tutorflow-mock serve --behaviour idempotency.same-key-other-body=conflict-409
  tutorflow-mock serve --wire-faults
  tutorflow-mock serve --host 0.0.0.0 --admin-token auto --allowed-host mock.test
"""


@click.command(short_help="Start a server on this machine.", epilog=EPILOG)
@flag("--host", default="127.0.0.1", show_default=True, help="Address to listen on; any but loopback needs a token.")
@flag(
    "--port", default=4010, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0: a free one."
)
@flag("--json", "as_json", is_flag=True, help="Say `ready` as exactly one JSON line on stdout.")
@flag("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Write that JSON line to this file, too.")
@flag("--revision", help="Revision of the contract; that of the profile, or the default one, if left out.")
@flag("--behaviour", multiple=True, metavar="NAME=VALUE", help="Override a behaviour of the contract; repeatable.")
@flag("--profile", type=click.Path(path_type=Path), help="Take the behaviours of this file; --behaviour wins.")
@flag("--seed", help="Text that fixes all ids and secrets; a random one, which is printed, if left out.")
@flag("--clock", default="running", show_default=True, help="running, frozen, or an instant to stand at.")
@flag("--programme", default="time", show_default=True, help="How jobs go: immediate, time, held, polls=3, after=30s.")
@flag("--store", default="memory", show_default=True, help="Where it remembers; only memory in this version.")
@flag("--workers", default=1, show_default=True, type=click.IntRange(1), help="Worker processes; 1 with memory.")
@flag("--admin-token", help="Token that the control plane asks for; auto makes one and prints it.")
@flag(
    "--allow-webhook-target",
    multiple=True,
    help="Send webhooks there as well: host[:port], CIDR[:port] or public; repeatable.",
)
@flag("--webhook-ca", help="File of certificate authorities that https receivers may have besides the system's.")
@flag("--allowed-host", multiple=True, help="Take this Host header as well; repeatable.")
@flag("--wire-faults", is_flag=True, help="Break connections where a fault asks for it: a relay takes the port.")
@flag("--no-magic-titles", is_flag=True, help="Leave mock:… in titles without meaning.")
@flag("--no-mock-headers", is_flag=True, help="Send the contract's headers only, no X-Mock-….")
@flag(
    "--journal-limit", default=1_000, show_default=True, type=click.IntRange(0), help="Calls that a session remembers."
)
@flag("--body-limit", help="Largest body in bytes: short for --behaviour request.max-body-bytes=N.")
@flag("--self-check", is_flag=True, help="Judge each answer by the contract; what breaks it becomes a 500.")
@flag("--log-format", default="text", show_default=True, type=click.Choice(["text", "json"]), help="Form of the logs.")
@flag(
    "--log-level",
    default="info",
    show_default=True,
    type=click.Choice(["debug", "info", "warning", "error", "critical"]),
    help="Least level that is logged on stderr.",
)
def serve(*, as_json: bool, ready_file: Path | None, port: int, **flags: Any) -> None:
    """Start a server on this machine; it forgets everything when it stops.

    It prints what is needed to use it and ends with `Ready: URL`; SIGTERM and Ctrl-C stop it.
    """
    from tutorflow_mock.server.stop import Stop

    stopping = Stop()
    from tutorflow_mock.cli.reading import settings_of
    from tutorflow_mock.server.port import LOOPBACK, CannotListen, take
    from tutorflow_mock.server.serving import serve as run

    settings = settings_of(flags)
    _check_place(ready_file)
    try:
        seat = take(settings.host, port)
        inner = take(LOOPBACK, 0) if settings.wire_faults == "relay" else None
    except CannotListen as error:
        raise Refusal(str(error)) from error

    def announce(ready: Ready) -> None:
        _announce(ready, as_json=as_json, ready_file=ready_file)

    sys.exit(run(settings, seat, stopping, announce, inner))


def _announce(ready: Ready, *, as_json: bool, ready_file: Path | None) -> None:
    from tutorflow_mock.server.ready import write_file

    if ready_file is not None:
        write_file(ready_file, f"{ready.line()}\n")
    click.echo(ready.line() if as_json else ready.screen())


def _check_place(ready_file: Path | None) -> None:
    if ready_file is not None and not ready_file.absolute().parent.is_dir():
        raise Refusal(f"--ready-file {ready_file}: its folder does not exist, make it first")
