"""Programmes for the next few jobs: which create takes which, decided by functions of values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import programme as programmes
from tutorflow_mock.domain.programme import Programme

if TYPE_CHECKING:
    from collections.abc import Container

    from tutorflow_mock.domain.fault_rules import Match


@dataclass(frozen=True, slots=True)
class NextProgramme:
    """A programme that the next creates take which `match` means, as often as it remains."""

    id: str
    programme: Programme
    remaining: int = 1
    match: Match | None = None

    def means(self, request: object) -> bool:
        """Tell whether a create may take it."""
        return self.match is None or self.match.holds(request)


def take(
    waiting: tuple[NextProgramme, ...], meant: Container[str]
) -> tuple[NextProgramme | None, tuple[NextProgramme, ...]]:
    """Return the first of those with these ids, and what is left for later creates."""
    taken = next((each for each in waiting if each.id in meant), None)
    if taken is None:
        return None, waiting
    rest = (replace(each, remaining=each.remaining - 1) if each is taken else each for each in waiting)
    return taken, tuple(each for each in rest if each.remaining)


def give_back(waiting: tuple[NextProgramme, ...], taken: NextProgramme) -> tuple[NextProgramme, ...]:
    """Return what waits once a create has failed after it had taken one: the same as before, at its place."""
    if any(each.id == taken.id for each in waiting):
        return tuple(replace(each, remaining=each.remaining + 1) if each.id == taken.id else each for each in waiting)
    return (replace(taken, remaining=1), *waiting)


def to_json(waiting: NextProgramme) -> dict[str, object]:
    """Write one as the control plane shows it."""
    shown: dict[str, object] = {
        "id": waiting.id,
        "programme": programmes.to_json(waiting.programme),
        "remaining": waiting.remaining,
    }
    return shown if waiting.match is None else {**shown, "match": waiting.match.shown}
