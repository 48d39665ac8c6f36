"""A relay in front of a server that says what a test wants."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import NamedTuple

import pytest
from mock_server.tests.relay.upstream import HANG_GUARD, LOOPBACK, Talk, Upstream

from tutorflow_mock.relay import Relay


class Setting(NamedTuple):
    """A server, the relay before it, and a client of the relay."""

    upstream: Upstream
    relay: Relay
    port: int
    client: socket.socket


Stage = Callable[[Talk], Setting]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A function that sets up all three; they are gone when the test is over."""
    with ExitStack() as stack:

        def build(talk: Talk) -> Setting:
            upstream = Upstream(talk)
            stack.callback(upstream.close)
            relay = Relay(upstream.address)
            port = relay.start()
            stack.callback(relay.stop)
            client = stack.enter_context(closing(socket.create_connection((LOOPBACK, port), HANG_GUARD)))
            return Setting(upstream, relay, port, client)

        yield build
