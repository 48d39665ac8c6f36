"""The mock as a child process, for `--target mock`: started, read for its address, stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryFile

from tutorflow_conformance.system import without_settings

_STOPPED_WITHIN = 10.0


class NotStarted(Exception):
    """The mock did not start; the message holds what it said."""


@contextmanager
def mock(*flags: str) -> Generator[str]:
    """Start a mock on a free port of this machine, yield its address, and stop it."""
    command = [sys.executable, "-m", "tutorflow_mock", "serve", "--port", "0", "--json", *flags]
    with (
        TemporaryFile() as log,  # not a pipe: nobody reads it while the mock runs, and one that is full would stop it
        subprocess.Popen(  # noqa: S603 - our own command, by its full path
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=without_settings(),
            start_new_session=True,  # a Ctrl-C is for us alone: the run still has to clear away
        ) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                process.wait(_STOPPED_WITHIN)
                log.seek(0)
                said = log.read().decode("utf-8", "replace").strip()
                raise NotStarted(f"the mock did not start: {said or 'it said nothing'}")
            yield str(json.loads(line)["url"])
        finally:
            process.terminate()
            try:
                process.wait(_STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
