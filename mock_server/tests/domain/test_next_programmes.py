"""Programmes for the next jobs: taken in their order by the creates that they mean, as often as they remain."""

from collections.abc import Container

import pytest

from tutorflow_mock.domain import next_programmes
from tutorflow_mock.domain.fault_rules import Match
from tutorflow_mock.domain.next_programmes import NextProgramme
from tutorflow_mock.domain.programme import Programme

FAILED, HELD = Programme(outcome="failed"), Programme(progression="held")
ALL = frozenset("abc")


def waiting(*items: tuple[str, int]) -> tuple[NextProgramme, ...]:
    """Return what waits: ids, and how often each remains."""
    return tuple(NextProgramme(name, FAILED, remaining) for name, remaining in items)


@pytest.mark.parametrize(
    ("before", "meant", "taken", "after"),
    [
        ((), ALL, None, ()),
        ((("a", 1), ("b", 1)), ALL, "a", (("b", 1),)),
        ((("a", 3), ("b", 1)), ALL, "a", (("a", 2), ("b", 1))),
        ((("a", 1), ("b", 2), ("c", 1)), {"b", "c"}, "b", (("a", 1), ("b", 1), ("c", 1))),
        ((("a", 1),), frozenset[str](), None, (("a", 1),)),
    ],
)
def test_taking(
    before: tuple[tuple[str, int], ...], meant: Container[str], taken: str | None, after: tuple[tuple[str, int], ...]
) -> None:
    """The first one that means the create is taken once; what is used up waits no longer."""
    found, left = next_programmes.take(waiting(*before), meant)
    assert (None if found is None else found.id, left) == (taken, waiting(*after))


@pytest.mark.parametrize("before", [(("a", 1), ("b", 2)), (("a", 3), ("b", 2))])
def test_giving_back(before: tuple[tuple[str, int], ...]) -> None:
    """After a create that was refused all is as before."""
    found, left = next_programmes.take(waiting(*before), ALL)
    assert found is not None
    assert next_programmes.give_back(left, found) == waiting(*before)


def test_which_creates_are_meant() -> None:
    """All of them, unless there is a match."""
    assert NextProgramme("a", HELD).means("anything")
    chosen = NextProgramme("a", HELD, match=Match({}, "this".__eq__))
    assert (chosen.means("this"), chosen.means("that")) == (True, False)


def test_how_one_is_shown() -> None:
    """With its id, what remains of it, and its match where it has one."""
    shown = {"id": "a", "programme": {"progression": "held", "outcome": "completed"}, "remaining": 2}
    assert next_programmes.to_json(NextProgramme("a", HELD, 2)) == shown
    chosen = NextProgramme("a", HELD, 2, Match({"jobId": "x"}, bool))
    assert next_programmes.to_json(chosen) == {**shown, "match": {"jobId": "x"}}
