"""`run` and `plan`: judge a target, or say what that would cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_FILE = click.Path(dir_okay=False, path_type=Path)
_TARGET = [
    click.option("--target", help="The endpoint's address, or the word mock; else TUTORFLOW_API_BASE_URL."),
    click.option("--revision", help="The revision of the contract to judge by."),
    click.option("--mode", help="free, safe, full or mock; by the target if left out."),
    click.option("--only", multiple=True, metavar="ID|SECTION", help="Judge these alone; repeatable."),
    click.option("--skip", multiple=True, metavar="ID|SECTION", help="Leave these out; repeatable."),
    click.option("--seed", type=click.IntRange(0), help="Send around the suites what this number stands for."),
    click.option("--no-fuzz", is_flag=True, help="Send nothing around the suites: no Schemathesis, no machines."),
    click.option("--max-jobs", type=click.IntRange(0), help="Accepted jobs at most."),
    click.option("--max-requests", type=click.IntRange(1), help="Requests at most."),
    click.option("--requests-per-minute", type=click.IntRange(1), help="Requests in any minute at most."),
    click.option("--job-timeout", type=click.FloatRange(0, min_open=True), help="Seconds that a job may take."),
    click.option("--poll-interval", type=click.FloatRange(0, min_open=True), help="Seconds between polls."),
    click.option("--max-time", type=click.FloatRange(0, min_open=True), help="Seconds that the run may take."),
    click.option("--webhook-listen", metavar="HOST:PORT", help="Where to receive webhooks; port 0 is any free one."),
    click.option("--webhook-url", metavar="URL", help="The public address that leads to --webhook-listen."),
    click.option("--profile", type=_FILE, help="Behaviour values to expect instead of the contract's."),
    click.option("--env-file", type=_FILE, help="A file of NAME=VALUE lines, over the environment."),
]
_REPORTS = [
    click.option("--json", "json_file", type=_FILE, help="Write the whole run as JSON, for programs and `verify`."),
    click.option("--junit", "junit_file", type=_FILE, help="Write JUnit XML, a testcase a requirement."),
    click.option("--html", "html_file", type=_FILE, help="Write one page that shows all of it; it needs no network."),
    click.option("--sarif", "sarif_file", type=_FILE, help="Write the findings as SARIF 2.1.0."),
    click.option("--markdown", "markdown_file", type=_FILE, help="Write a step summary in Markdown."),
    click.option("--record", "record_file", type=_FILE, help="Write the exchanges as HAR; secrets are hidden."),
]
_FAIL_ON = "warning, mismatch, inconclusive, unsupported"


def _options(options: list[Any]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.command(
    short_help="Judge a target.",
    epilog="\b\nExamples:\n  tutorflow-conformance run --target mock\n"
    "  tutorflow-conformance run --target https://api.tutorflow.io --junit report.xml\n"
    "  tutorflow-conformance run --target http://127.0.0.1:4010 --mode full --only IDEM --json report.json",
)
@_options(_TARGET)
@click.option("--ledger", type=_FILE, help="The file of what was spent; else TUTORFLOW_CONFORMANCE_LEDGER.")
@click.option("--resume", metavar="RUN", help="Go on with a run that did not end: its purse, its jobs.")
@click.option("--fail-on", help=f"States that are findings too, as a comma list of {_FAIL_ON}.")
@click.option("--baseline", type=_FILE, help="Findings that are known and accepted, each until a day.")
@_options(_REPORTS)
@click.pass_context
def run(context: click.Context, /, *, fail_on: str | None, baseline: Path | None, **flags: Any) -> None:
    """Judge a target by the requirements of a revision, within a budget, and say what was found."""
    from tutorflow_conformance.cli.writing import check_writable, write_reports
    from tutorflow_conformance.outcome import FINE, MISUSED
    from tutorflow_conformance.report import WRITERS
    from tutorflow_conformance.report.terminal import console, live, show
    from tutorflow_conformance.run import execute
    from tutorflow_conformance.system import Clock, interruptible

    named = _named(fail_on)
    files = {form: file for form in WRITERS if (file := flags.pop(f"{form}_file")) is not None}
    check_writable(files)
    known = _known(baseline)
    with interruptible(), target_of(flags) as (target, options), live(console(stderr=True)) as events:
        outcome = execute(target, options, events)
    verdict = outcome.verdict(Clock().now(), named, known)
    wrong = write_reports(verdict, files)
    show(verdict, console())
    for trouble in wrong:
        click.echo(trouble, err=True)
    context.exit(verdict.exit_code or (MISUSED if wrong else FINE))


@click.command(
    short_help="Say what a run would test and cost.",
    epilog="\b\nExamples:\n  tutorflow-conformance plan --target https://api.tutorflow.io\n"
    "  tutorflow-conformance plan --target mock --json",
)
@_options(_TARGET)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def plan(*, as_json: bool, **flags: Any) -> None:
    """Say which requirements a run would test, which not and why, and what it would cost. Nothing is sent."""
    from dataclasses import asdict

    from tutorflow_conformance.report.terminal import bill
    from tutorflow_conformance.run.options import planned

    with target_of(flags) as (target, options):
        drawn = planned(target, options)
    if as_json:
        steps = [{"name": step.name, "requests": step.requests, "jobs": step.jobs} for step in drawn.steps]
        found = {
            "bill": asdict(drawn.bill),
            "steps": steps,
            "tested": list(drawn.claims),
            "skipped": dict(drawn.skipped),
        }
        click.echo(json.dumps(found, indent=1))
        return
    click.echo(bill(drawn))
    for step in drawn.steps:
        click.echo(f"  {step.name:<24} requests {step.requests}" + (f"  jobs {step.jobs}" if step.jobs else ""))
    reasons: dict[str, list[str]] = {}
    for name, reason in drawn.skipped.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        click.echo(f"skipped ({reason}): {', '.join(names)}")


def target_of(flags: dict[str, Any]) -> Any:
    """Return the context of `opened`, whose complaints become usage errors (2) or an unreachable target (3)."""
    from contextlib import contextmanager

    from tutorflow_conformance.cli.opening import Flags, opened
    from tutorflow_conformance.client import Unreachable
    from tutorflow_conformance.control import Refused
    from tutorflow_conformance.hosting import NotStarted
    from tutorflow_conformance.ledger import Unusable
    from tutorflow_conformance.target import Misconfigured

    @contextmanager
    def context() -> Any:
        try:
            with opened(Flags(**flags)) as found:
                yield found
        except Misconfigured as error:
            raise click.UsageError(str(error)) from error
        except Unreachable as error:
            raise _Lost(str(error)) from error
        except (Refused, NotStarted, Unusable) as error:
            raise click.UsageError(str(error)) from error
        except KeyboardInterrupt as error:
            raise _Interrupted("interrupted") from error

    return context()


class _Lost(click.ClickException):
    exit_code = 3


class _Interrupted(click.ClickException):
    exit_code = 130


def _named(fail_on: str | None) -> tuple[str, ...] | None:
    from tutorflow_conformance.outcome import NAMEABLE

    if fail_on is None:
        return None
    names = tuple(part.strip() for part in fail_on.split(",") if part.strip())
    unknown = [name for name in names if name not in NAMEABLE]
    if unknown:
        raise click.UsageError(f"--fail-on: {unknown[0]!r} is none of {', '.join(NAMEABLE)}")
    return names


def _known(baseline: Path | None) -> Any:
    from tutorflow_conformance.cli.baseline import read_baseline
    from tutorflow_conformance.system import Clock
    from tutorflow_conformance.target import Misconfigured

    try:
        return read_baseline(baseline, Clock().now().date()) if baseline else ()
    except Misconfigured as error:
        raise click.UsageError(str(error)) from error
