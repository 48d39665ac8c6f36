"""Fixtures for tests of the command line: commands in process, servers whose stdout is read."""

import gc
import json
import logging
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result
from mock_server.tests.process import COMMAND, STOPPED_WITHIN, environment, kill_group

from tutorflow_mock.cli import main, showing
from tutorflow_mock.remote import Remote, RemoteError
from tutorflow_mock.server import MockServer

INSTANT = "2026-07-06T09:00:00Z"
NOWHERE = "http://127.0.0.1:1"


class Invoke(Protocol):
    """Runs a command in this process."""

    def __call__(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        """Return what came of it."""
        ...


class Spawn(Protocol):
    """Starts a command as a process whose stdout is a pipe."""

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Return the process; it is killed after the test if it still runs."""
        ...


class Run(Protocol):
    """Runs a command in this process, at a mock, in a session of the test's own."""

    def __call__(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        """Return what came of it."""
        ...


class Told(Protocol):
    """Runs a command with `--json`, at a mock, in a session of the test's own."""

    def __call__(self, *arguments: str) -> Any:
        """Return the object that it prints; it must succeed."""
        ...


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """A mock whose clock stands still."""
    with MockServer("--seed", "42", "--clock", INSTANT, "--self-check") as server:
        yield server


@pytest.fixture
def opened(mock: MockServer) -> Iterator[Mapping[str, Any]]:
    """A session of the test's own, with its secrets."""
    with Remote(mock.url) as remote:
        made = remote.sessions.create()
        yield made
        with suppress(RemoteError):  # the test may have ended it
            remote.sessions.delete(made["id"])


@pytest.fixture
def remote(mock: MockServer, opened: Mapping[str, Any]) -> Iterator[Remote]:
    """The mock, spoken to in that session, past the command line."""
    with Remote(mock.url, opened["id"]) as found:
        yield found


@pytest.fixture
def run(invoke: Invoke, mock: MockServer, opened: Mapping[str, Any]) -> Run:
    """A function that runs a command at the mock, in that session."""
    place = {"TUTORFLOW_MOCK_URL": mock.url, "TUTORFLOW_MOCK_SESSION": opened["id"]}

    def start(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        return invoke(*arguments, stdin=stdin, env={**place, **(env or {})})

    return start


@pytest.fixture
def told(run: Run) -> Told:
    """A function that returns what a command tells programs."""

    def start(*arguments: str) -> Any:
        result = run(*arguments, "--json")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.count("\n") == 1
        return json.loads(result.stdout)

    return start


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is shown to a person."""
    monkeypatch.setattr(showing, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")


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

    def run(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), stdin, env=dict(env or {}), prog_name="tutorflow-mock")

    return run


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """A function that starts commands."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment(env),
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
