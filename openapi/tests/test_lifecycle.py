"""The lifecycle: which states end, and what a reader may see after what."""

from __future__ import annotations

import pytest

from tutorflow_openapi.lifecycle import Lifecycle

LIFECYCLE = Lifecycle.of(
    {
        "states": ["queued", "running", "done"],
        "initial": "queued",
        "terminal": ["done"],
        "transitions": {"queued": ["running", "done"], "running": ["done"]},
    },
)


def test_it_is_read_in_order() -> None:
    """States keep the order of the document."""
    assert (LIFECYCLE.states, LIFECYCLE.initial, LIFECYCLE.terminal) == (
        ("queued", "running", "done"),
        "queued",
        ("done",),
    )
    assert LIFECYCLE.transitions == {"queued": ("running", "done"), "running": ("done",)}
    assert Lifecycle.of({}) == Lifecycle((), "", (), {})


def test_terminal_states_are_told_apart() -> None:
    """Only what the document calls terminal is."""
    assert [LIFECYCLE.is_terminal(state) for state in ("queued", "running", "done", "unheard-of")] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("earlier", "later", "legal"),
    [
        ("queued", "queued", True),
        ("queued", "done", True),
        ("running", "done", True),
        ("running", "queued", False),
        ("done", "running", False),
        ("done", "done", True),
    ],
)
def test_moves(earlier: str, later: str, *, legal: bool) -> None:
    """A state may be seen again, or be followed by what the document allows, never the other way round."""
    assert LIFECYCLE.may_become(earlier, later) is legal
