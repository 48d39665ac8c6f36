"""Fixtures: a mock in process with webhooks, receivers, and Chromium for what only a browser can tell."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from mock_server.tests.control.console import Clock, new_app
from mock_server.tests.dashboard.browser import Hand, Watched, chromium, watching
from mock_server.tests.process import TOUR_FLAGS, RunningServer, start_process
from mock_server.tests.webhooks.desk import Desk
from mock_server.tests.webhooks.receiver import Answer, Receiver, always, receiving
from playwright.sync_api import Browser


@pytest.fixture
def clock() -> Clock:
    """Real time, standing at 2026-07-06T09:00:00Z until the test moves it."""
    return Clock()


@pytest.fixture
def mock(clock: Clock) -> Desk:
    """A mock whose session's clock stands at nine."""
    return Desk(new_app(clock, clock="2026-07-06T09:00:00Z"), clock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with receiving(always(200)) as running:
        yield running


class Receive:
    """Starts receivers."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def __call__(self, answer: Answer) -> Receiver:
        """Return a receiver that answers so."""
        return self._stack.enter_context(receiving(answer))


@pytest.fixture
def receive() -> Iterator[Receive]:
    """A function that starts receivers."""
    with ExitStack() as stack:
        yield Receive(stack)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for the module, whose clock stands."""
    stderr_path = tmp_path_factory.mktemp("served") / "stderr.txt"
    running = start_process(stderr_path, *TOUR_FLAGS, "--clock", "2026-07-06T09:00:00Z")
    yield running
    running.close()


@pytest.fixture
def hand(served: RunningServer) -> Hand:
    """The module's server, put back to its start."""
    hand = Hand(served)
    hand.call("POST", "/__admin/reset", {"all": True})
    return hand


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page in the browser, which at its end must have shown no dialog, broken no policy, and raised no error."""
    with watching(browser) as page:
        yield page
    assert (page.dialogs, page.violations, page.errors) == ([], [], [])
