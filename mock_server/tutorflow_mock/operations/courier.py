"""`Courier`: who takes a session through time and does what falls due on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutorflow_mock.domain.clock import Instant


class Trial(NamedTuple):
    """A receiver to be checked: where it is, which traps, where its effects are counted, what it verifies with."""

    url: str
    traps: tuple[str, ...]
    probe: str | None
    secret: str
    second_secret: str | None = None


class Checked(NamedTuple):
    """How far a check is, and what its traps have shown; `error` says why it came to nothing, if it did."""

    id: str
    url: str
    is_done: bool
    results: Sequence[Mapping[str, str]]
    error: str | None


class NoTarget(Exception):
    """A URL is none that anything is sent to; the member that holds it is the message."""


class CheckRunning(Exception):
    """Another check of the session is under way."""


class Courier(Protocol):
    """What the control plane needs of the outbox, which it must not import."""

    def is_advancing(self, session_id: str) -> bool:
        """Tell whether a session is still on its way to an instant."""
        ...

    def advance(self, session_id: str, target: Instant, seconds: float) -> bool:
        """Take a session to an instant, doing all that falls due on the way, each at its own instant and in order.

        False if that was not done within so many seconds of real time: it goes on all the same.
        """
        ...

    def trap_ids(self) -> tuple[str, ...]:
        """Return the traps that a receiver can be checked with."""
        ...

    def check(self, session_id: str, trial: Trial) -> Checked:
        """Begin to check a receiver; raise NoTarget or CheckRunning."""
        ...

    def checked(self, session_id: str, check_id: str) -> Checked | None:
        """Return how far a check of a session is; None if there is none."""
        ...
