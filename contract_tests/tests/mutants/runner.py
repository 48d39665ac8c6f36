"""Runs the judge against mutants and says which requirements noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module

from contract_tests.tests.mutants.bench import CONTRACT, Answering, Delivering, judge, serving
from contract_tests.tests.mutants.catalogue import MUTANTS, Mutant

from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.target import MODES

SECTIONS = ("access", "keys", "creating", "repeating", "running", "results", "answers", "limits", "deliveries")
NOTICED = frozenset(("failed", "warning", "mismatch"))
STILLBORN = frozenset(("ERR-011",))


@dataclass(frozen=True)
class Fate:
    """What became of one mutant in one mode: the requirements that noticed, those that broke, and why it stopped."""

    mutant: str
    mode: str
    noticed: tuple[str, ...]
    broken: tuple[str, ...]
    headline: str | None

    @property
    def killers(self) -> tuple[str, ...]:
        """The requirements that it violates and that noticed."""
        return tuple(name for name in self.noticed if name in MUTANTS[self.mutant].violates)

    @property
    def is_killed(self) -> bool:
        """Tell whether a requirement that it violates noticed: not by a mere 500, unless that is the defect."""
        violated = set(MUTANTS[self.mutant].violates)
        return bool(set(self.killers) - (STILLBORN - (violated if len(violated) == 1 else set())))

    @property
    def overkill(self) -> tuple[str, ...]:
        """The requirements that noticed though they have no reason to."""
        known = MUTANTS[self.mutant]
        if known.also == ("*",):
            return ()
        return tuple(name for name in self.noticed if name not in {*known.violates, *known.also})


def catalogue() -> Mapping[str, Mutant]:
    """Return all mutants by id."""
    for name in SECTIONS:
        import_module(f"contract_tests.tests.mutants.{name}")
    return dict(sorted(MUTANTS.items()))


def fate(name: str, mode: str, only: Iterable[str] | None = None) -> Fate:
    """Run the judge against one mutant, in a server and a session of its own."""
    known = catalogue()[name]
    outcome = met(known.answering, known.delivering, mode, known.behaviours, only)
    states = {each: result.state for each, result in outcome.results.items()}
    return Fate(
        name,
        mode,
        tuple(each for each, state in states.items() if state in NOTICED),
        tuple(each for each, state in states.items() if state == "error"),
        outcome.headline,
    )


def met(
    answering: Answering,
    delivering: Delivering,
    mode: str,
    behaviours: Mapping[str, object] | None = None,
    only: Iterable[str] | None = None,
) -> Outcome:
    """Judge a mock behind a way of answering and one of delivering."""
    with serving(answering, delivering) as bench:
        contract = CONTRACT.under(dict(behaviours)) if behaviours else CONTRACT
        return judge(bench, mode, only=only, behaviours=behaviours, contract=contract)


def fates(names: Iterable[str], modes: Iterable[str] = MODES, workers: int = 3) -> Iterator[Fate]:
    """Run the judge against some mutants in some modes, several at a time."""
    pairs = [(name, mode) for name in names for mode in modes]
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(fate, *zip(*pairs, strict=True))
