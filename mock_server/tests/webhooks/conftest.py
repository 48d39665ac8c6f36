"""Fixtures for tests of deliveries: a mock in process on a clock that only the test moves, and real receivers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from mock_server.tests.control.console import Clock, new_app
from mock_server.tests.webhooks.desk import Desk
from mock_server.tests.webhooks.receiver import Answer, Receiver, always, receiving

Receive = Callable[..., Receiver]


@pytest.fixture
def clock() -> Clock:
    """Real time, standing at 2026-07-06T09:00:00Z until the test moves it."""
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    """A mock whose session's clock runs with the test's."""
    return Desk(new_app(clock), clock)


@pytest.fixture
def receive() -> Iterator[Receive]:
    """A function that starts receivers, which answer 200 unless told otherwise."""
    with ExitStack() as running:

        def start(answer: Answer | None = None) -> Receiver:
            return running.enter_context(receiving(answer or always(200)))

        yield start


@pytest.fixture
def receiver(receive: Receive) -> Receiver:
    """A receiver that answers 200."""
    return receive()
