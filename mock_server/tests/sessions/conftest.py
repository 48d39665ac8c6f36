"""Fixtures for tests of sessions: a mock in process on a clock that only the test moves."""

import pytest
from mock_server.tests.control.console import Clock, Console, new_app


@pytest.fixture
def clock() -> Clock:
    """Real time, standing at 2026-07-06T09:00:00Z until the test moves it."""
    return Clock()


@pytest.fixture
def mock(clock: Clock) -> Console:
    """A mock whose sessions' clocks run with the test's."""
    return Console(new_app(clock), clock)
