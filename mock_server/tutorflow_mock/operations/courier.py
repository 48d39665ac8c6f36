"""`Courier`: who takes a session through time and does what falls due on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant


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
