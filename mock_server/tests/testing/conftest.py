"""Fixtures for tests of the plugin: suites of users, and one mock for those that need none of their own."""

from collections.abc import Iterator

import pytest
from mock_server.tests.testing.suites import Suite, new_suite

from tutorflow_mock.testing import MockApp, MockServer


@pytest.fixture(scope="session")
def running() -> Iterator[MockServer]:
    """A mock that runs for all tests."""
    with MockServer() as mock:
        yield mock


@pytest.fixture
def app() -> Iterator[MockApp]:
    """A mock in process."""
    with MockApp() as mock:
        yield mock


@pytest.fixture
def own(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """A suite that starts a mock of its own."""
    return new_suite(pytester, monkeypatch)


@pytest.fixture
def suite(own: Suite, running: MockServer) -> Suite:
    """A suite that uses the mock that runs."""
    own.attach(running.url)
    return own
