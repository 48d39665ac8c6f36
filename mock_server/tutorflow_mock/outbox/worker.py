"""The real-time thread that does what falls due by itself; it begins with the first session that has a subscription."""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from tutorflow_mock.log import log
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.outbox.pump import Pump

_LONGEST_SLEEP = 60.0
_AGAIN = 1.0


class Worker:
    """Runs the pump for each session in which something is due, woken by the store or by the passing of time."""

    def __init__(self, world: World, pump: Pump) -> None:
        self._world = world
        self._pump = pump
        self._woken = Event()
        self._is_stopping = False
        self._starting = Lock()
        self._thread: Thread | None = None

    def wake(self, _session_id: str) -> None:
        """Look again at what is due; the thread begins when it is first needed."""
        self._woken.set()
        with self._starting:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="tutorflow-outbox", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._is_stopping = True
        self._woken.set()

    def _work(self) -> None:
        sleep = 0.0
        while not self._is_stopping:
            self._woken.wait(sleep)
            self._woken.clear()
            sleep = self._round()

    def _round(self) -> float:
        """Look at every session once and return how many seconds remain until something is due in any."""
        try:
            found = self._world.store.sessions()
        except Exception:  # a store that fails now may answer later
            log.exception("the outbox cannot read the sessions")
            return _AGAIN
        return min((self._look(each.session.id) for each in found), default=_LONGEST_SLEEP)

    def _look(self, session_id: str) -> float:
        """Run what is due in a session and return how many seconds remain until the next."""
        try:
            self._pump.run(session_id)
            return self._seconds_left(session_id)
        except SessionEnded:
            return _LONGEST_SLEEP
        except Exception:  # one session's trouble must not keep the others from being told
            log.exception("the outbox stumbled over session %s", session_id)
            return _AGAIN

    def _seconds_left(self, session_id: str) -> float:
        due, session = self._world.store.next_due(session_id), self._world.store.session(session_id)
        if due is None or session is None or session.clock.mode == "frozen":
            return _LONGEST_SLEEP
        left = (due - session.clock.now(self._world.clock.now())) / 1000
        return min(_LONGEST_SLEEP, max(0.0, left)) if left > 0 else 0.05
