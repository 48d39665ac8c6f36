"""How the jobs of a scenario of the catalogue go."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from tutorflow_mock.domain import programme as programmes
from tutorflow_mock.domain.redaction import redacted
from tutorflow_mock.operations.plan import output_kinds
from tutorflow_openapi import UnknownRevision, load_scenarios

if TYPE_CHECKING:
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_openapi import Contract

_ECHO = 64
_LIKENESS = 0.5


class UnknownScenario(ValueError):
    """The contract's revision has no scenario of this name; the message names the nearest ones."""


@lru_cache(maxsize=1024)
def programme_of(contract: Contract, name: str) -> Programme:
    """Return how the jobs of a scenario go; raise UnknownScenario."""
    try:
        known = load_scenarios(contract.revision)
    except UnknownRevision as error:
        raise UnknownScenario(str(error)) from error
    if name not in known:
        nearest = get_close_matches(name[:_ECHO], list(known), cutoff=_LIKENESS)
        hint = f"the nearest are {', '.join(nearest)}" if nearest else f"there are {', '.join(known)}"
        raise UnknownScenario(f"there is no scenario {redacted(name[:_ECHO])!r}; {hint}")
    return programmes.from_json(known[name].programme, tuple(output_kinds(contract)))
