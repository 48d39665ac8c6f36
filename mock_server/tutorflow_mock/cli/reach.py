"""Commands that speak to a mock: the flags that say to which, and what they say when it refuses or is not there."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from tutorflow_mock.cli.usage import Refusal, flag

if TYPE_CHECKING:
    from tutorflow_mock.remote import Remote, RemoteError

DEFAULT_URL = "http://127.0.0.1:4010"
FINDINGS = 1
UNREACHABLE = 3

_OF_USAGE = ("unknown-", "invalid-", "malformed-", "token-", "host-")
_NEXT = {
    "unknown-session": "`tutorflow-mock session list` shows them all",
    "unknown-job": "`tutorflow-mock job list` shows its jobs",
    "unknown-behaviour": "`tutorflow-mock behaviours` shows them all",
    "unknown-delivery": "`tutorflow-mock resend --since 10m` sends the last ones again",
    "unknown-snapshot": "`tutorflow-mock snapshot list` shows them all",
    "unknown-fault": "`tutorflow-mock fault list` shows the rules",
    "token-required": "give it by --admin-token or TUTORFLOW_MOCK_ADMIN_TOKEN",
    "session-exists": "`tutorflow-mock session show` tells of it, without its secrets",
    "held": "`tutorflow-mock job transition` moves it by hand",
    "clock-backwards": "`tutorflow-mock reset` makes it forget them",
}
"""What helps after a refusal, by the name of the problem."""


def at_a_mock(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--url`, `--session` and `--admin-token`, and call it with the mock that they name."""

    @flag("--url", default=DEFAULT_URL, show_default=True, help="Where the mock is.")
    @flag("--session", help="The session to speak of; the default one if left out.")
    @flag("--admin-token", help="The token of the control plane, where it asks for one.")
    @functools.wraps(command)
    def run(*, url: str, session: str | None, admin_token: str | None, **options: Any) -> None:
        with remote_of(url, session, admin_token) as remote:
            told_apart(remote, lambda: command(remote, **options))

    return run


def remote_of(url: str, session: str | None, admin_token: str | None) -> Remote:
    """Return the mock that flags name; raise Refusal where they name none."""
    from tutorflow_mock.remote import Remote

    try:
        return Remote(url, session, admin_token)
    except ValueError as error:
        raise Refusal(f"{error}: look at --url, --session and --admin-token") from error


def told_apart(remote: Remote, act: Callable[[], None]) -> None:
    """Act; where the mock refuses or does not answer, say so in one sentence and exit by the kind of trouble."""
    from tutorflow_mock.remote import RemoteError, Unreachable

    try:
        act()
    except Unreachable as error:
        say(f"{error}. Start a mock with `tutorflow-mock serve`, or name another one by --url")
        sys.exit(UNREACHABLE)
    except RemoteError as error:
        sentence = _sentence(remote, error)
        if error.token.startswith(_OF_USAGE):
            raise Refusal(sentence) from error
        say(sentence)
        sys.exit(FINDINGS)


def say(sentence: str) -> None:
    """Say on stderr, in one line, what went wrong."""
    from tutorflow_mock.domain.redaction import on_one_line

    click.echo(f"Error: {on_one_line(sentence)}", err=True)


def _sentence(remote: Remote, error: RemoteError) -> str:
    pieces = [error.detail.rstrip(".")]
    if error.token == "unknown-session":  # noqa: S105 - the name of a problem
        pieces.append(_nearest(remote, str(remote.session)))
    if "legal" in error.members:
        pieces.append(f"it can become {' or '.join(error.members['legal']) or 'nothing else'}")
    pieces.append(_NEXT.get(error.token, ""))
    return "; ".join(filter(None, pieces))


def _nearest(remote: Remote, name: str) -> str:
    from difflib import get_close_matches

    from tutorflow_mock.remote import RemoteError, Unreachable

    try:
        known = [str(each["id"]) for each in remote.of(None).sessions.list()["sessions"]]
    except (RemoteError, Unreachable):
        return ""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else ""
