"""`make mutants`: every mutant against the judge in every mode, and the kill matrix as data of the package.

`--behaviours` judges the mock in every alternative of every behaviour as well; ids after it restrict the mutants, and
then nothing is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from contract_tests.tests.mutants.behaviours import alternatives, told
from contract_tests.tests.mutants.bench import CONTRACT, duly, plainly
from contract_tests.tests.mutants.catalogue import TIERS
from contract_tests.tests.mutants.runner import Fate, catalogue, fates, met
from rich.console import Console
from rich.progress import track

from tutorflow_conformance.power import FORMAT, Fault
from tutorflow_conformance.results import TESTED
from tutorflow_conformance.target import MODES

KILLS = Path(__file__).parents[2] / "tutorflow_conformance" / "data" / "kills.json"
WORKERS = 4
AGREEMENT = 0.95


def main() -> int:
    """Print the kill matrix and write it down; 1 if a mutant survives in mode mock, or one is over-killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--behaviours", action="store_true")
    options = parser.parse_args()
    names = options.ids or list(catalogue())
    meetings = fates(names, workers=WORKERS)
    found = list(track(meetings, "mutants meet the judge", len(names) * len(MODES), console=Console(stderr=True)))
    print(shown(found))  # noqa: T201 - what the command is for
    problems = [*complaints(found), *disagreements(found)]
    if options.behaviours:
        problems += list(_behaviours())
    for line in problems:
        print(line)  # noqa: T201 - as above
    if not options.ids:
        KILLS.write_text(written(found), encoding="utf-8")
    return 1 if problems else 0


def shown(found: Iterable[Fate]) -> str:
    """Return the matrix as text: killed of all, by tier and mode."""
    table: dict[tuple[int, str], tuple[int, int]] = {}
    for each in found:
        for tier in (catalogue()[each.mutant].tier, 0):
            killed, total = table.get((tier, each.mode), (0, 0))
            table[tier, each.mode] = (killed + each.is_killed, total + 1)
    lines = [f"{'tier':<58}" + "".join(f"{mode:>12}" for mode in MODES[::-1])]
    for tier, text in [*sorted(TIERS.items(), reverse=True), (0, "all")]:
        cells = (table.get((tier, mode), (0, 0)) for mode in MODES[::-1])
        lines.append(f"{tier or ' '} {text:<56}" + "".join(f"{killed:>6} of {total:<3}" for killed, total in cells))
    return "\n".join(lines)


def complaints(found: Iterable[Fate]) -> Iterable[str]:
    """Yield what must not be: survivors in mode mock, accusations beyond the defect, tests of ours that broke."""
    for each in found:
        if each.mode == "mock" and not each.is_killed:
            yield f"{each.mutant} survives: {catalogue()[each.mutant].defect}"
        if each.overkill:
            yield f"{each.mutant} in mode {each.mode} is noticed by {', '.join(each.overkill)} as well"
        if each.broken and each.headline is None:
            yield f"{each.mutant} in mode {each.mode} breaks {', '.join(each.broken)}"


def disagreements(found: Iterable[Fate]) -> Iterable[str]:
    """Yield the modes for which the power that a clean run would report is not what was really killed."""
    every = list(found)
    for mode in MODES:
        ran = {name for name, result in met(plainly, duly, mode).results.items() if result.state in TESTED}
        rows = [each for each in every if each.mode == mode]
        same = sum(_fault(each).shows_to(mode, ran) == each.is_killed for each in rows)
        if same < AGREEMENT * len(rows):
            yield f"mode {mode}: the power predicted agrees with what was killed for {same} of {len(rows)} mutants"


def written(found: Iterable[Fate]) -> str:
    """Return the kill matrix as JSON, a mutant a line."""
    kills: dict[str, dict[str, tuple[str, ...]]] = {}
    for each in found:
        kills.setdefault(each.mutant, {})[each.mode] = each.killers if each.is_killed else ()
    rows = [json.dumps(_row(name, by_mode), ensure_ascii=False) for name, by_mode in sorted(kills.items())]
    head = f'{{"format": {FORMAT}, "revision": "{CONTRACT.revision}", "mutants": [\n'
    return head + ",\n".join(rows) + "\n]}\n"


def _row(name: str, kills: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    known = catalogue()[name]
    return {"id": name, "tier": known.tier, "defect": known.defect, "violates": known.violates, "kills": kills}


def _fault(each: Fate) -> Fault:
    known = catalogue()[each.mutant]
    return Fault(known.id, known.tier, known.defect, known.violates, {each.mode: each.killers})


def _behaviours() -> Iterable[str]:
    with ProcessPoolExecutor(WORKERS) as pool:
        for each in pool.map(told, *zip(*alternatives(), strict=True)):
            worse = [f"{name} {state}" for name, state in each.blind if state in {"failed", "error", "warning"}]
            if worse:
                yield f"{each.behaviour}={each.value} by the contract's own values: {', '.join(worse)}"
            if each.exit_code:
                yield f"{each.behaviour}={each.value}, told so: {', '.join(f'{n} {s}' for n, s in each.told)}"


if __name__ == "__main__":
    sys.exit(main())
