"""The judge's own time, chance and environment: no other module of it touches them."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Event, current_thread, main_thread

_TOKEN_BYTES = 4


class Clock:
    """Real time. `now` is the date of reports, `elapsed` counts seconds since the clock was made."""

    def __init__(self) -> None:
        self._origin = time.monotonic()
        self._stopped = Event()

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """Return the seconds since this clock was made; it never goes backwards."""
        return time.monotonic() - self._origin

    def pause(self, seconds: float) -> None:
        """Return after so many seconds."""
        self._stopped.wait(max(0.0, seconds))

    def wait(self, changed: Condition, holds: Callable[[], bool], seconds: float) -> bool:
        """Return as soon as something holds, asked again at each change; False when time is up."""
        with changed:
            return changed.wait_for(holds, seconds)


def environment() -> Mapping[str, str]:
    """Return a copy of the process's environment."""
    return dict(os.environ)


def without_settings() -> dict[str, str]:
    """Return the environment for a child, without the settings that belong to the judge or to a mock."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TUTORFLOW_")}


def run_token() -> str:
    """Return eight hex digits that name a run, and all that it makes."""
    return secrets.token_hex(_TOKEN_BYTES)


def wall_clock() -> float:
    """Return the seconds since 1970, which several processes agree about."""
    return time.time()


def state_folder() -> Path:
    """Return where this user's programs keep what must outlive them, by the XDG base directory specification."""
    told = os.environ.get("XDG_STATE_HOME", "")
    return Path(told) if Path(told).is_absolute() else Path.home() / ".local" / "state"


@contextmanager
def interruptible() -> Generator[None]:
    """Take a SIGTERM for a Ctrl-C as long as this lasts, so that either ends in a report and a clean-up."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
