"""The states of a job and the moves between them, as the document declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a job, the one it begins in, those it never leaves, and the moves that a reader may observe."""

    states: tuple[str, ...]
    initial: str
    terminal: tuple[str, ...]
    transitions: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Lifecycle:
        """Read an `x-lifecycle` object; an empty one makes a lifecycle without states."""
        transitions = {state: tuple(targets) for state, targets in node.get("transitions", {}).items()}
        return cls(
            tuple(node.get("states", ())),
            node.get("initial", ""),
            tuple(node.get("terminal", ())),
            MappingProxyType(transitions),
        )

    def is_terminal(self, state: str) -> bool:
        """Tell whether a job in this state is over."""
        return state in self.terminal

    def may_become(self, earlier: str, later: str) -> bool:
        """Tell whether a reader who saw one state may see the other next; seeing the same one again is always legal."""
        return earlier == later or later in self.transitions.get(earlier, ())
