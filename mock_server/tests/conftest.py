"""Fixtures for tests that need the shipped server as a process."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from mock_server.tests.process import TOUR_FLAGS, RunningServer, start_process


class StartServer(Protocol):
    """Starts a server with `--port 0 --json --self-check --seed 42` and these further flags."""

    def __call__(self, *flags: str, env: Mapping[str, str] | None = None) -> RunningServer:
        """Return the running server; it is stopped, and its end is checked, when the test is over."""
        ...


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the whole run, with the default behaviours and a running clock."""
    running = start_process(tmp_path_factory.mktemp("server") / "stderr.txt", *TOUR_FLAGS)
    yield running
    running.close()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """A function that starts servers with flags of the test's own."""
    running: list[RunningServer] = []

    def start(*flags: str, env: Mapping[str, str] | None = None) -> RunningServer:
        stderr_path = tmp_path / f"stderr-{len(running)}.txt"
        running.append(start_process(stderr_path, *TOUR_FLAGS, *flags, env=env))
        return running[-1]

    yield start
    for each in running:
        each.close()
