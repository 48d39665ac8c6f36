"""Fixtures for tests of the command line: commands in process, servers whose stdout is read."""

import gc
import logging
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Protocol

import pytest
from click.testing import CliRunner, Result
from mock_server.tests.process import COMMAND, STOPPED_WITHIN, environment, kill_group

from tutorflow_mock.cli import main


class Invoke(Protocol):
    """Runs a command in this process."""

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Return what came of it."""
        ...


class Spawn(Protocol):
    """Starts a command as a process whose stdout is a pipe."""

    def __call__(self, *arguments: str) -> "subprocess.Popen[str]":
        """Return the process; it is killed after the test if it still runs."""
        ...


@pytest.fixture
def process_as_it_was() -> Iterator[None]:
    """Signals, logs and the collector of this process as they were, after the test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    root, thresholds = logging.getLogger(), gc.get_threshold()
    logging_before = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = logging_before
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, process_as_it_was: None) -> Invoke:  # noqa: ARG001 - serve notes signals
    """A function that runs a command as a user's shell would, with no setting of ours in the environment."""
    for name in [name for name in os.environ if name.startswith("TUTORFLOW_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), env=dict(env or {}), prog_name="tutorflow-mock")

    return run


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """A function that starts commands."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment(),
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
    for process in started:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOPPED_WITHIN)
        kill_group(process)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
