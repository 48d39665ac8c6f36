"""`tutorflow-mock verify`: which step of verifying a signature fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tutorflow_mock.cli import showing
from tutorflow_mock.cli.reach import FINDINGS
from tutorflow_mock.cli.usage import Refusal, examples

if TYPE_CHECKING:
    from tutorflow_mock.receivers.verify import Verdict

_SECRET = "TUTORFLOW_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable


@click.command(
    short_help="Say which step of verifying a signature fails.",
    epilog=examples(
        f"export {_SECRET}=…",
        "tutorflow-mock verify --header 'X-Content-Integration-Signature: 5f2c…' < body.json",
        'printf %s "$BODY" | tutorflow-mock verify --header 5f2c… --json',
    ),
)
@click.option("--secret", envvar=_SECRET, help=f"The subscription's secret; better in {_SECRET} than in a history.")
@click.option("--header", default="", help="The signature header, with or without its name.")
@click.option("--ignore-time", is_flag=True, help="Do not hold the time of a signature t=…,v1=… against the present.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def verify(*, secret: str | None, header: str, ignore_time: bool, as_json: bool) -> None:
    """Verify the body on stdin: PASS, or the step that fails with what helps; exit code 1 if it fails.

    The steps: header, encoding, length, timestamp, raw body, secret. The body must be the bytes as they came.
    """
    from tutorflow_mock.receivers.verify import verify as judge
    from tutorflow_mock.system import SystemClock

    if not secret:
        raise Refusal(f"name the secret: set {_SECRET}, or give --secret")
    now = None if ignore_time else SystemClock().now() // 1000
    name, colon, value = header.partition(":")
    verdict = judge(sys.stdin.buffer.read(), value if colon and " " not in name.strip() else header, secret, now)
    _told(verdict, as_json=as_json)
    if not verdict.is_valid:
        sys.exit(FINDINGS)


def _told(verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        told = {"valid": verdict.is_valid, "step": verdict.step, "why": verdict.why, "hint": verdict.hint}
        showing.as_json(told)
    elif verdict.is_valid:
        click.echo(f"PASS: {verdict.why}")
    else:
        click.echo(f"FAIL at {verdict.step}: {verdict.why}\n{verdict.hint}")
