"""The wish to stop: signals are noted, and acted on where it is safe; none is lost, none leaves a traceback."""

from __future__ import annotations

import signal
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event
from types import FrameType

_INTERRUPTED = 128  # and the number of the signal, as shells count
_HANGUP: int | None = getattr(signal, "SIGHUP", None)  # there is none on Windows
_ENDING = (signal.SIGINT, signal.SIGTERM) if _HANGUP is None else (signal.SIGINT, signal.SIGTERM, _HANGUP)


class Stop(Event):
    """An event that a signal handler may set wherever it finds the main thread: there is no lock to meet in it.

    From its making on the signals that end a process are noted in `signal` instead, the first one counting. SIGHUP is
    not if it was ignored before, as under nohup.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal: int | None = None
        self._is_deaf = _HANGUP is not None and signal.getsignal(_HANGUP) == signal.SIG_IGN
        self._is_set = False
        self._calls: SimpleQueue[None] = SimpleQueue()
        for number in _ENDING:
            signal.signal(number, self.note)

    def note(self, number: int, frame: FrameType | None = None) -> None:  # noqa: ARG002 - a signal handler's signature
        """Note a signal."""
        if number == _HANGUP and self._is_deaf:
            return
        self.signal = self.signal or number
        self.set()

    @property
    def exit_code(self) -> int:
        """Return what the noted signal makes of the exit code: 0 for SIGTERM, 130 for SIGINT."""
        return 0 if self.signal in {None, signal.SIGTERM} else _INTERRUPTED + int(self.signal or 0)

    def is_set(self) -> bool:
        """Tell whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set it, and wake who waits."""
        self._is_set = True
        self._calls.put(None)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or for so many seconds; tell whether it is set."""
        if not self._is_set:
            with suppress(Empty):
                self._calls.get(timeout=timeout)
        return self._is_set


def ignore() -> None:
    """Let further signals pass: the end has begun, and whoever is impatient must not spoil its exit code."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
