"""Fixtures for tests of grading."""

from collections.abc import Iterator

import pytest
from mock_server.tests.lint.graded import Client
from mock_server.tests.webhooks.receiver import Receiver, always, receiving


@pytest.fixture
def mock() -> Client:
    """A mock whose time passes when the test says so."""
    return Client(wire_faults="relay")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with receiving(always(200)) as running:
        yield running
