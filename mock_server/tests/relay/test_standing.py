"""How a relay begins and ends."""

import socket
from contextlib import closing
from threading import Thread

import pytest
from mock_server.tests.relay.conftest import Stage
from mock_server.tests.relay.upstream import HANG_GUARD, LOOPBACK, is_over, read_all, says

from tutorflow_mock.relay import Relay

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_a_free_port(stage: Stage) -> None:
    """Port 0 is one that nobody has."""
    assert stage(says(OK)).port != stage(says(OK)).port > 0


def test_a_taken_port() -> None:
    """Whoever wants a taken one is told so at once."""
    with closing(socket.create_server((LOOPBACK, 0))) as taken, pytest.raises(OSError, match="in use"):
        Relay((LOOPBACK, 1), (LOOPBACK, taken.getsockname()[1])).start()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine speaks IPv4 only")
def test_both_families(stage: Stage) -> None:
    """It may listen on IPv6 for a server that does not."""
    relay = Relay(stage(says(OK)).upstream.address, ("::1", 0))
    port = relay.start()
    with closing(socket.create_connection(("::1", port), HANG_GUARD)) as client:
        client.sendall(GET)
        assert read_all(client) == OK
    relay.stop()


def test_stopping(stage: Stage) -> None:
    """Open connections are broken off, and nobody listens any more; a second stop is no error."""
    setting = stage(read_all)
    setting.client.sendall(GET)
    setting.relay.stop()
    setting.relay.stop()
    assert is_over(setting.client)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, setting.port), HANG_GUARD)


def test_what_was_said_is_delivered_first(stage: Stage) -> None:
    """A relay that is told to stop with patience passes on what a server has left behind, at a slow reader's pace."""
    answer = OK.replace(b"5", b"10000000").replace(b"hello", bytes(10_000_000))
    setting = stage(says(answer))
    setting.client.sendall(GET)
    begin = setting.client.recv(9)
    stopping = Thread(target=setting.relay.stop, args=(HANG_GUARD,))
    stopping.start()
    assert begin + read_all(setting.client) == answer
    stopping.join(HANG_GUARD)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, setting.port), HANG_GUARD)


def test_patience_ends(stage: Stage) -> None:
    """A server that does not end is broken off after a while."""
    setting = stage(read_all)
    setting.client.sendall(GET)
    setting.relay.stop(0.05)
    assert is_over(setting.client)


def test_stopping_before_the_start() -> None:
    """There is nothing to stop."""
    Relay((LOOPBACK, 1)).stop()


def test_a_port_can_be_had_again(stage: Stage) -> None:
    """After a stop the next relay may have the same port."""
    setting = stage(says(OK))
    setting.client.close()
    setting.relay.stop()
    again = Relay(setting.upstream.address, (LOOPBACK, setting.port))
    assert again.start() == setting.port
    again.stop()
