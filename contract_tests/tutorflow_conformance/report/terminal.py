"""A run on the terminal: the bill, progress, a table of sections, the findings, and what was not tested."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tutorflow_conformance.outcome import Outcome, Verdict
from tutorflow_conformance.planner import Plan
from tutorflow_conformance.report.escaping import line, visible
from tutorflow_conformance.report.reproduction import Reproductions
from tutorflow_conformance.results import ERROR, INCONCLUSIVE, REPORTED, SKIPPED, STATES, UNSUPPORTED, Finding, Result
from tutorflow_conformance.run.options import Events
from tutorflow_openapi import load_requirements

_COLOURS = {"passed": "green", "failed": "bold red", "error": "bold red", "mismatch": "yellow", "warning": "yellow"}
_PIPED = 140
_FINDINGS = 3  # show what is wrong; the reports hold all
_NAMES = 6


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
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=to, transient=True, disable=not to.is_terminal) as progress:
        task = progress.add_task("starting", total=None)
        yield Events(
            noticed=lambda text: to.print(line(text), markup=False, soft_wrap=True),
            planned=lambda plan: to.print(f"plan: {bill(plan)}"),
            step=lambda step, number, total: progress.update(
                task, description=step.name, completed=number - 1, total=total
            ),
            waiting=(lambda text: progress.update(task, description=line(text))) if to.is_terminal else _once(to),
        )


def _once(to: Console) -> Callable[[str], None]:
    """Return what prints a line for each thing that is waited for, however often it is looked at meanwhile."""
    said: list[str] = []

    def say(text: str) -> None:
        what = text.partition(";")[0]
        if said[-1:] != [what]:
            said.append(what)
            to.print(f"… {line(what)}", markup=False)

    return say


def show(verdict: Verdict, to: Console) -> None:
    """Print what came of a run. Nothing that a target said is read as markup, or moves the cursor."""
    outcome = verdict.outcome
    if outcome.headline:
        _say(to, outcome.headline, "bold red")
        to.print()
    to.print(_sections(outcome))
    reproductions = Reproductions(outcome)
    for result in outcome.results.values():
        if result.state in REPORTED or result.state == ERROR or verdict.fails(result):
            _finding(result, verdict, reproductions, to)
    _untested(outcome, to)
    spend, due = outcome.spend, outcome.bill
    _say(
        to,
        f"spent: jobs {spend.jobs} · creates sent {spend.creates} · requests {spend.requests}"
        f" · {outcome.seconds:.1f} s{_seed(outcome)}   (planned: jobs {due.jobs}, requests {due.requests})",
    )
    if outcome.evidence.jobs:
        _say(to, f"jobs made, which cannot be deleted: {', '.join(outcome.evidence.jobs)}", "dim")
    if outcome.power:
        _say(to, str(outcome.power))
        for hint in outcome.power.looks_like:
            _say(to, str(hint), "yellow")
    for entry in verdict.unused:
        _say(to, f"unused in the baseline: {entry}: {entry.reason}", "yellow")
    for left in outcome.left:
        _say(to, f"left behind: {left}", "yellow")
    counts = " · ".join(f"{count} {state}" for state, count in outcome.counts.items() if count)
    to.print()
    _say(to, f"{verdict.word}: {outcome.target.url} against {outcome.target.contract.revision}: {counts}", "bold")


def _say(to: Console, text: str, style: str = "") -> None:
    to.print(Text(line(text), style=style), soft_wrap=True)


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


def _finding(result: Result, verdict: Verdict, reproductions: Reproductions, to: Console) -> None:
    requirement = load_requirements()[result.requirement]
    clause = requirement.revisions[verdict.outcome.target.contract.revision]
    head = Text(result.state, style=_COLOURS.get(result.state, ""))
    head.append(" (known)" if verdict.is_known(result) else "", style="dim")
    head.append(f" {requirement.id} ", style="bold").append(requirement.sentence)
    to.print(head, soft_wrap=True)
    _say(to, f"    {requirement.level}, {clause.provenance} ({', '.join(clause.source)})", "dim")
    if result.reason:
        _say(to, f"    {result.reason}")
    for finding in result.findings[:_FINDINGS]:
        for row in _lines(finding, verdict):
            _say(to, f"    {row}")
    if len(result.findings) > _FINDINGS:
        _say(to, f"    … and {len(result.findings) - _FINDINGS} more")
    if result.findings:
        for row in visible(reproductions.script(result.findings[0])).splitlines():
            to.print(Text(f"      {row}", style="dim"), soft_wrap=True)
    to.print()


def _seed(outcome: Outcome) -> str:
    """Return by which number what was sent around the suites can be sent again."""
    seed = outcome.evidence.notes.get("seed")
    return "" if seed is None else f" · seed {seed}"


def _lines(finding: Finding, verdict: Verdict) -> Iterator[str]:
    yield f"expected {finding.expected}"
    yield f"observed {finding.observed}"
    if finding.alternative:
        yield f"as under {finding.alternative}"
    if entry := verdict.known(finding):
        yield f"known until {entry.expires}: {entry.reason}"
    if finding.proof:
        yield f"shown by {', '.join(finding.proof)}"


def _untested(outcome: Outcome, to: Console) -> None:
    reasons: dict[str, list[str]] = {}
    for result in outcome.results.values():
        if result.state in {SKIPPED, UNSUPPORTED, INCONCLUSIVE}:
            reasons.setdefault(f"{result.state}: {result.reason}", []).append(result.requirement)
    for reason, names in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        _say(to, f"{reason}: {', '.join(names[:_NAMES])}{more}", "dim")
    if reasons:
        to.print()
