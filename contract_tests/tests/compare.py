"""`make compare`: a Schemathesis run as it comes, and ours, on the same mock and the same mutants.

Schemathesis gets the contract and both credentials, all its phases and checks, and nothing else. It has killed a mutant
if it reports anything that it does not report on the correct mock: more generous than what is asked of ours, which must
tell a requirement that the mutant is declared to violate.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, cast

import schemathesis
from contract_tests.tests.mutants.bench import CONTRACT, SESSION, Answer, Ask, Bench, Call, job, judge, plainly, serving
from contract_tests.tests.mutants.catalogue import TIERS, Mutant
from contract_tests.tests.mutants.runner import NOTICED, catalogue
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tutorflow_conformance.control import Control

EXAMPLES = 20
Reports = frozenset[tuple[str, str]]


class Counted:
    """Answers as a mutant does, and counts the requests and the jobs that they made."""

    def __init__(self, mutant: Mutant | None) -> None:
        self._answering = mutant.answering if mutant else plainly
        self._jobs: set[str] = set()
        self.requests = 0

    @property
    def jobs(self) -> int:
        """How many jobs were made."""
        return len(self._jobs)

    def __call__(self, call: Call, ask: Ask) -> Answer:
        """Answer and count."""
        self.requests += 1
        answer = self._answering(call, ask)
        if call.operation == "createExpansion" and answer.is_fine:
            self._jobs.add(str(job(answer.json).get("id")))
        return answer


def by_schemathesis(bench: Bench) -> Reports:
    """Run Schemathesis and return what it reports, by operation and code; its own errors count as reports too."""
    control = Control(bench.url)
    given = control.open_session({**SESSION, "rateLimitPerMinute": 1_000_000})
    bench.world.given, bench.world.session = given, str(control.session)
    auth = {"contentApiKey": {"bearer": given.api_key}, "adminSession": {"api_key": given.admin_cookie}}
    config = cast("Any", SchemathesisConfig).from_dict(
        {
            "base-url": bench.url,
            "seed": 7,
            "workers": 1,
            "auth": {"openapi": auth},
            "generation": {"max-examples": EXAMPLES, "database": "none"},
            "cache": {"enabled": False},
        }
    )
    schema = schemathesis.openapi.from_dict(plain(CONTRACT.document), config=config)
    found: set[tuple[str, str]] = set()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            for check in chain.from_iterable(event.recorder.checks.values()):
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    found.add((str(failure.operation), failure.code))
        elif isinstance(event, events.NonFatalError):
            found.add((event.label, event.info.title))
    return frozenset(found)


def plain(document: Mapping[str, Any]) -> Any:
    """Return a copy of a frozen document."""
    return json.loads(json.dumps(document, default=thawed))


def thawed(part: Any) -> Any:
    """Return a frozen part of a document as JSON knows it."""
    frozen: Any = part
    return {**frozen} if isinstance(part, Mapping) else [*frozen]


def compare(names: Iterable[str]) -> list[dict[str, Any]]:
    """Return for each mutant what both spent and whether they killed it."""
    with serving() as bench:
        usual = by_schemathesis(bench)
    rows: list[dict[str, Any]] = []
    for name in names:
        mutant = catalogue()[name]
        theirs, ours = Counted(mutant), Counted(mutant)
        with serving(theirs, mutant.delivering, mutant.behaviours) as bench:
            reported = by_schemathesis(bench) - usual
        with serving(ours, mutant.delivering, mutant.behaviours) as bench:
            contract = CONTRACT.under(dict(mutant.behaviours)) if mutant.behaviours else CONTRACT
            outcome = judge(bench, behaviours=mutant.behaviours, contract=contract)
        noticed = [each for each in mutant.violates if outcome.results[each].state in NOTICED]
        rows.append(
            {
                "mutant": name,
                "tier": mutant.tier,
                "schemathesis": {"requests": theirs.requests, "jobs": theirs.jobs, "killed": bool(reported)},
                "ours": {"requests": ours.requests, "jobs": ours.jobs, "killed": bool(noticed)},
            }
        )
        sys.stderr.write(f"{json.dumps(rows[-1])}\n")
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Return the comparison in Markdown: kills by tier, then what was spent on the average."""
    lines = ["| tier | mutants | default Schemathesis | ours |", "|---|---|---|---|"]
    for tier, what in TIERS.items():
        found = [row for row in rows if row["tier"] == tier]
        if found:
            kills = Counter(who for row in found for who in ("schemathesis", "ours") if row[who]["killed"])
            lines.append(f"| {tier} {what} | {len(found)} | {kills['schemathesis']} | {kills['ours']} |")
    sums = {(who, what): sum(row[who][what] for row in rows) for who in ("schemathesis", "ours") for what in ROWS}
    lines.append(f"| **killed** | {len(rows)} | {sums['schemathesis', 'killed']} | {sums['ours', 'killed']} |")
    lines += [
        f"| {what} a run | | {sums['schemathesis', what] // len(rows)} | {sums['ours', what] // len(rows)} |"
        for what in ("requests", "jobs")
    ]
    return "\n".join(lines)


ROWS = ("requests", "jobs", "killed")


def main(words: list[str] | None = None) -> None:
    """Compare over every N-th mutant of the catalogue and print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, help="take every N-th mutant alone")
    parser.add_argument("--json", type=Path, default=None, help="write the rows as JSON too")
    told = parser.parse_args(words)
    rows = compare(list(catalogue())[:: told.every])
    if told.json is not None:
        told.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    sys.stdout.write(f"{table(rows)}\n")


if __name__ == "__main__":
    main()
