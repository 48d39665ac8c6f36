"""What the relay passes: every byte of every exchange that asks for no fault, as it came."""

import asyncio
import socket
import struct
from contextlib import closing, suppress
from threading import Thread
from time import monotonic
from unittest.mock import Mock

import pytest
from mock_server.tests.relay.conftest import Stage
from mock_server.tests.relay.upstream import (
    HANG_GUARD,
    LOOPBACK,
    after,
    goes_on,
    is_over,
    read_all,
    read_exactly,
    read_until,
    says,
)

from tutorflow_mock.domain.faults import WIRE_HEADER
from tutorflow_mock.relay import Relay, link

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HEAD_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: z\r\n\r\n"
LARGE = bytes(range(256)) * 40_000  # 10 MB


@pytest.mark.parametrize(
    ("request_bytes", "pieces"),
    [
        pytest.param(GET, [OK], id="plain"),
        pytest.param(GET, [OK[:10], OK[10:37], OK[37:]], id="in_packets"),
        pytest.param(GET, [bytes([byte]) for byte in OK], id="byte_by_byte"),
        pytest.param(GET, [CHUNKED], id="chunked"),
        pytest.param(GET, [bytes([byte]) for byte in CHUNKED], id="chunked_byte_by_byte"),
        pytest.param(GET, [b"HTTP/1.1 204 No Content\r\n\r\n"], id="no_body"),
        pytest.param(GET, [b"HTTP/1.0 200 OK\r\n\r\nuntil ", b"the end"], id="until_the_end"),
        pytest.param(GET, [b"HTTP/1.1 101 Switching\r\n\r\n", b"\x00\xff\r\n\r\nanything"], id="another_protocol"),
        pytest.param(b"\x16\x03\x01\x00\xa5", [b"\x15\x03\x01\x00\x02"], id="not_http"),
        pytest.param(GET, [b"HTTP/1.1 200 O"], id="cut_off_in_its_head"),
        pytest.param(GET, [OK[:-2]], id="cut_off_in_its_body"),
        pytest.param(GET + HEAD + GET, [OK, HEAD_OK, OK], id="pipelined"),
        pytest.param(GET, [], id="no_answer"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", [OK], id="with_a_body"),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n", [OK], id="in_chunks"
        ),
        pytest.param(GET, [OK.replace(b"hello", b"\r\n\r\nx")], id="blank_lines_in_the_body"),
    ],
)
def test_exchanges(stage: Stage, request_bytes: bytes, pieces: list[bytes]) -> None:
    """The server reads what the client wrote, and the client what the server wrote, whatever it is."""
    setting = stage(after(request_bytes, *pieces))
    setting.client.sendall(request_bytes)
    assert read_all(setting.client) == b"".join(pieces)
    assert setting.upstream.ended.get(timeout=HANG_GUARD) is None


def send_all(client: socket.socket, body: bytes) -> None:
    """Send a request with this body, as far as the other side takes it."""
    with suppress(OSError):
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + body)


def test_the_header_in_a_body_is_text(stage: Stage) -> None:
    """Only a head can ask for a fault."""
    text = f"\r\n{WIRE_HEADER}: empty-response\r\n\r\nHTTP/1.1 200 OK\r\n{WIRE_HEADER}: lost-response\r\n\r\n".encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)
    setting = stage(says(answer))
    setting.client.sendall(GET)
    assert read_all(setting.client) == answer


def test_a_kept_connection(stage: Stage) -> None:
    """One connection after the other is not needed: both sides keep theirs."""
    setting = stage(says(*[OK] * 50))
    for _ in range(50):
        setting.client.sendall(GET)
        assert read_exactly(setting.client, len(OK)) == OK


def test_interim_answers(stage: Stage) -> None:
    """A client may wait for leave to send its body."""

    def talk(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert read_exactly(connection, 5) == b"hello"
        connection.sendall(OK)

    setting = stage(talk)
    setting.client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert read_until(setting.client, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    setting.client.sendall(b"hello")
    assert read_all(setting.client) == OK
    assert setting.upstream.ended.get(timeout=HANG_GUARD) is None


def test_large_bodies(stage: Stage) -> None:
    """Neither side waits for the other to have everything, and slow readers lose nothing."""
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(LARGE)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(LARGE) + LARGE

    def talk(connection: socket.socket) -> None:
        assert read_exactly(connection, len(head) + len(LARGE)) == head + LARGE
        connection.sendall(answer)

    setting = stage(talk)
    Thread(target=setting.client.sendall, args=(head + LARGE,), daemon=True).start()
    assert read_exactly(setting.client, len(answer)) == answer
    assert setting.upstream.ended.get(timeout=HANG_GUARD) is None


def test_a_side_that_does_not_read_stops_the_other(stage: Stage) -> None:
    """The relay keeps little of what nobody takes: in the end the server cannot write either."""

    def talk(connection: socket.socket) -> None:
        read_until(connection, b"\r\n\r\n")
        connection.settimeout(0.3)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1 << 26))

    setting = stage(talk)
    setting.client.sendall(GET)
    assert isinstance(setting.upstream.ended.get(timeout=HANG_GUARD), TimeoutError)


def test_a_client_that_ends_still_gets_its_answer(stage: Stage) -> None:
    """To have sent everything is not to be gone."""

    def talk(connection: socket.socket) -> None:
        assert read_all(connection) == GET
        connection.sendall(OK)

    setting = stage(talk)
    setting.client.sendall(GET)
    setting.client.shutdown(socket.SHUT_WR)
    assert read_all(setting.client) == OK


@pytest.mark.parametrize("linger", [None, struct.pack("ii", 1, 0)], ids=["in_order", "by_reset"])
def test_a_client_that_goes_away(stage: Stage, linger: bytes | None) -> None:
    """The server learns of it, and got what was sent before."""
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        seen.append(read_until(connection, b"\r\n\r\n"))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        read_all(connection)

    setting = stage(talk)
    setting.client.sendall(GET)
    read_until(setting.client, b"\r\n\r\n")
    if linger is not None:
        setting.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    setting.client.close()
    error = setting.upstream.ended.get(timeout=HANG_GUARD)
    assert error is None or isinstance(error, ConnectionError)
    assert seen == [GET]


@pytest.mark.parametrize("sent", [100_000, len(LARGE)])
def test_an_answer_before_the_whole_request(stage: Stage, sent: int) -> None:
    """A server that refuses early and hangs up is understood, though the client still sends and nobody reads it."""
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def talk(connection: socket.socket) -> None:
        read_exactly(connection, 40)
        connection.sendall(refusal)

    for _ in range(10):
        setting = stage(talk)
        Thread(target=send_all, args=(setting.client, LARGE[:sent]), daemon=True).start()
        assert read_all(setting.client) == refusal


def test_an_idle_connection_that_the_server_ends(stage: Stage) -> None:
    """The client sees the end at once."""
    setting = stage(lambda connection: None)
    begun = monotonic()
    assert read_all(setting.client) == b""
    assert monotonic() - begun < 1


def test_the_relay_lets_go_of_clients_that_do_not(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a server has ended, a client that only ever sends is closed after a while."""
    monkeypatch.setattr(link, "_LISTEN_ON", 0.05)
    setting = stage(lambda connection: None)
    assert read_all(setting.client) == b""
    assert not goes_on(setting.client)


def test_idle_connections_do_not_matter(stage: Stage) -> None:
    """Two hundred clients that say nothing take nothing from one that does."""
    setting = stage(says(OK))
    idle = [socket.create_connection((LOOPBACK, setting.port), HANG_GUARD) for _ in range(200)]
    try:
        begun = monotonic()
        setting.client.sendall(GET)
        assert read_all(setting.client) == OK
        assert monotonic() - begun < 1
    finally:
        for each in idle:
            each.close()


def test_no_server() -> None:
    """Nobody behind the relay is seen as nobody at all."""
    with closing(socket.create_server((LOOPBACK, 0))) as listener:
        address = LOOPBACK, listener.getsockname()[1]
    relay = Relay(address)
    port = relay.start()
    with suppress(ConnectionError), closing(socket.create_connection((LOOPBACK, port), HANG_GUARD)) as client:
        assert is_over(client)  # the reset may also come before the connection is ours
    relay.stop()


def test_neither_side_waits_to_fill_its_packets() -> None:
    """An answer in two parts is not held back until the client's kernel has acknowledged the first: 40 ms."""
    with socket.socket() as accepted:
        transport = Mock(asyncio.Transport)
        transport.get_extra_info.return_value = accepted
        link.Side(set()).connection_made(transport)
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
