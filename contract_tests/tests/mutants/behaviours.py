"""The mock in each alternative of each behaviour, judged by the contract's own values and by the same ones."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contract_tests.tests.mutants.bench import CONTRACT, judge, serving

NUMBERS: dict[str, tuple[Any, ...]] = {
    "idempotency.max-key-length": (64, 1000),
    "request.max-body-bytes": (4096,),
    "key.max-rate-limit": (100,),
    "webhook.retry-schedule": ((1, 2), (30,)),
    "webhook.timeout": (3,),
}


@dataclass(frozen=True)
class Told:
    """What the judge said of one alternative: `blind` by the contract's own values, `told` by the same ones."""

    behaviour: str
    value: Any
    blind: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...]
    exit_code: int


def alternatives() -> Iterator[tuple[str, Any]]:
    """Yield each behaviour with each value that is not the contract's own."""
    for name, behaviour in CONTRACT.behaviours.items():
        for value in behaviour.alternatives or NUMBERS.get(name, ()):
            if value != behaviour.value:
                yield name, value


def told(name: str, value: Any, mode: str = "mock") -> Told:
    """Judge the mock under one alternative, twice."""
    chosen = {name: value}
    given = {name: list(value) if isinstance(value, tuple) else value}
    with serving(behaviours=given) as bench:
        blind = judge(bench, mode, behaviours=given)
    with serving(behaviours=given) as bench:
        knowing = judge(bench, mode, behaviours=given, contract=CONTRACT.under(chosen))
    return Told(
        name,
        value,
        tuple((each, result.state) for each, result in blind.results.items() if result.state not in _QUIET),
        tuple((each, result.state) for each, result in knowing.results.items() if result.state not in _QUIET),
        knowing.verdict(datetime.now(UTC)).exit_code,
    )


_QUIET = frozenset(("passed", "skipped", "unsupported", "inconclusive"))
