"""A run on the terminal: the bill, progress, a table of sections, the findings, and what was not tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tutorflow_conformance.outcome import Outcome, Verdict
from tutorflow_conformance.planner import Plan
from tutorflow_conformance.report.reproduction import script
from tutorflow_conformance.results import INCONCLUSIVE, REPORTED, SKIPPED, STATES, UNSUPPORTED, Finding, Result
from tutorflow_conformance.run import Events
from tutorflow_openapi import load_requirements

_COLOURS = {"passed": "green", "failed": "bold red", "error": "bold red", "mismatch": "yellow", "warning": "yellow"}
_PIPED = 140
_PROOFS = 4


def console(*, stderr: bool = False) -> Console:
    """Return a console that is wide enough where nobody looks at a terminal."""
    found = Console(stderr=stderr, highlight=False)
    found.width = found.width if found.is_terminal else _PIPED
    return found


def bill(plan: Plan) -> str:
    """Return what a plan costs, in a line."""
    due = plan.bill
    reserve = f" (reserve {due.reserve})" if due.reserve else ""
    polls = f", up to {due.polls} of them polls" if due.polls else ""
    tested = f"{len(plan.claims)} requirements in {len(plan.steps)} steps"
    return f"{tested} · jobs {due.jobs}{reserve} · at most {due.requests} requests{polls}"


@contextmanager
def live(to: Console) -> Generator[Events]:
    """Show progress while a run lasts; yield the events that drive it. Without a terminal only the bill is shown."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=to, transient=True, disable=not to.is_terminal) as progress:
        task = progress.add_task("starting", total=None)
        yield Events(
            planned=lambda plan: to.print(f"plan: {bill(plan)}"),
            step=lambda step, number, total: progress.update(
                task, description=step.name, completed=number - 1, total=total
            ),
            waiting=lambda text: progress.update(task, description=text),
        )


def show(verdict: Verdict, to: Console) -> None:
    """Print what came of a run."""
    outcome = verdict.outcome
    if outcome.headline:
        to.print(f"[bold red]{escape(outcome.headline)}[/]\n")
    to.print(_sections(outcome))
    for result in outcome.results.values():
        if result.state in REPORTED or result.state == "error":
            _finding(result, outcome, to)
    _untested(outcome, to)
    spend = outcome.spend
    to.print(
        f"spent: jobs {spend.jobs} · creates sent {spend.creates} · requests {spend.requests}"
        f" · {outcome.seconds:.1f} s   (planned: jobs {outcome.bill.jobs}, requests {outcome.bill.requests})"
    )
    for left in outcome.left:
        to.print(f"[yellow]left behind:[/] {escape(left)}")
    counts = " · ".join(f"{count} {state}" for state, count in outcome.counts.items() if count)
    to.print(f"\n[bold]{verdict.word}[/]: {outcome.target.url} against {outcome.target.contract.revision}: {counts}")


def _sections(outcome: Outcome) -> Table:
    requirements = load_requirements()
    table = Table(box=SIMPLE_HEAD)
    table.add_column("section")
    shown = [state for state in STATES if outcome.counts[state]]
    for state in shown:
        table.add_column(state, justify="right", style=_COLOURS.get(state, ""))
    counts: dict[str, Counter[str]] = {}
    for result in outcome.results.values():
        counts.setdefault(requirements[result.requirement].section, Counter())[result.state] += 1
    for section, found in counts.items():
        table.add_row(section, *(str(found[state] or "·") for state in shown))
    return table


def _finding(result: Result, outcome: Outcome, to: Console) -> None:
    requirement = load_requirements()[result.requirement]
    clause = requirement.revisions[outcome.target.contract.revision]
    colour = _COLOURS.get(result.state, "")
    to.print(f"[{colour}]{result.state}[/] [bold]{requirement.id}[/] {escape(requirement.sentence)}")
    to.print(f"    {requirement.level}, {clause.provenance} ({', '.join(clause.source)})", style="dim")
    if result.reason:
        to.print(f"    {escape(result.reason)}")
    for finding in result.findings[:3]:
        for line in _lines(finding):
            to.print(f"    {escape(line)}", soft_wrap=True)
    shown = [x for x in outcome.evidence.exchanges if any(x.id in finding.proof for finding in result.findings[:1])]
    for line in script(shown[:_PROOFS]).splitlines():
        to.print(f"      {escape(line)}", style="dim", soft_wrap=True)
    if len(result.findings) > 3:  # noqa: PLR2004 - three show what is wrong; the reports hold all
        to.print(f"    … and {len(result.findings) - 3} more")
    to.print()


def _lines(finding: Finding) -> Iterator[str]:
    yield f"expected {finding.expected}"
    yield f"observed {_printable(finding.observed)}"
    if finding.alternative:
        yield f"as under {finding.alternative}"
    if finding.proof:
        yield f"shown by {', '.join(finding.proof)}"


def _untested(outcome: Outcome, to: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for result in outcome.results.values():
        if result.state in {SKIPPED, UNSUPPORTED, INCONCLUSIVE}:
            reasons.setdefault(f"{result.state}: {result.reason}", []).append(result.requirement)
    for reason, names in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")  # noqa: PLR2004
        to.print(f"[dim]{escape(reason)}: {shown}[/]")
    if reasons:
        to.print()


def _printable(text: str) -> str:
    """Return a target's free text so that it cannot move the cursor or forge a line."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
