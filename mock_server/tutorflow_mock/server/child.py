"""`MockServer`: the mock as a child process, for programs that want one of their own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, Self, cast

from tutorflow_mock.settings import foreign_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_READY_WITHIN = 30.0
_STOPPED_WITHIN = 5.0


class ServerError(Exception):
    """A child did not become ready; the message holds what it said."""


class MockServer:
    """A mock on a free port, in a process of its own; a context manager, or `start` and `stop`.

    Flags are those of `tutorflow-mock serve`. Settings of the environment do not reach it, so that it is the same
    everywhere. `ready` holds the members of its readiness line.
    """

    def __init__(self, *flags: str) -> None:
        self._command = [sys.executable, "-m", "tutorflow_mock", "serve", "--port", "0", "--json", *flags]
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self.ready: Mapping[str, Any] = {}

    @property
    def url(self) -> str:
        """Return the address of the API, without a slash at its end."""
        return str(self.ready["url"])

    def start(self) -> None:
        """Start the child and return when it has answered; raise ServerError if it does not."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed by `stop`
        self._process = subprocess.Popen(  # noqa: S603 - our own command, by its full path
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=foreign_environment(),
        )
        line = _first_line(cast("IO[bytes]", self._process.stdout))
        if not line:
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", "replace").strip()
            self.stop()
            raise ServerError(f"the mock did not start: {said or 'it said nothing'}")
        self.ready = json.loads(line)

    def stop(self) -> int:
        """Stop the child and return its exit code; stopping twice is no error."""
        process = self._process
        if process is None:
            return 0
        process.terminate()
        try:
            process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, self._errors):
            with suppress(AttributeError):
                cast("IO[bytes]", stream).close()
        return process.returncode

    def __enter__(self) -> Self:
        """Start the child."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the child."""
        self.stop()


def _first_line(stream: IO[bytes]) -> bytes:
    """Return the first line, or nothing if the writer ends before it or takes too long."""
    lines: list[bytes] = []
    reader = Thread(target=lambda: lines.append(stream.readline()), daemon=True)
    reader.start()
    reader.join(_READY_WITHIN)
    return lines[0] if lines else b""
