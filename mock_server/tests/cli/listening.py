"""`listen` as a process whose lines are read as they come."""

import json
import signal
import subprocess
from queue import Queue
from threading import Thread
from typing import Any

from mock_server.tests.process import READY_WITHIN, STOPPED_WITHIN


class Listening:
    """A running `listen`; a line that does not come in time fails the test."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self._lines: Queue[str] = Queue()
        Thread(target=self._read, daemon=True).start()

    def line(self) -> str:
        """Return the next line of stdout, nothing at its end."""
        return self._lines.get(timeout=READY_WITHIN)

    def told(self) -> Any:
        """Return the next line as JSON."""
        return json.loads(self.line())

    def until(self, start: str) -> list[str]:
        """Return the lines up to one that begins so."""
        found = [self.line()]
        while not found[-1].startswith(start):
            found.append(self.line())
        return found

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(STOPPED_WITHIN)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in iter(self.process.stdout.readline, ""):
            self._lines.put(line.rstrip("\n"))
        self._lines.put("")
