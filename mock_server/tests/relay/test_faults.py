"""What an answer can ask of the relay, and what its client sees then."""

import socket
from contextlib import closing
from http.client import BadStatusLine, HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from time import monotonic

import pytest
from mock_server.tests.relay.conftest import Setting, Stage
from mock_server.tests.relay.upstream import HANG_GUARD, LOOPBACK, after, read_all, read_exactly, read_until, says

from tutorflow_mock.domain.faults import FAULTS, WIRE_HEADER, Injected, wire_value
from tutorflow_mock.relay import GARBAGE

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def marked(fault: str, *, header: str = WIRE_HEADER, first: bool = False) -> bytes:
    """Return the answer OK with the header that asks for a fault, as its last or its first one."""
    line = f"{header}: {fault}\r\n".encode()
    begin = b"HTTP/1.1 200 OK\r\n"
    return OK.replace(begin, begin + line) if first else OK.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n")


def raised(setting: Setting) -> Exception | None:
    """Return what an HTTP client makes of the answer, None if it is content with it."""
    with closing(HTTPConnection(LOOPBACK, setting.port, timeout=HANG_GUARD)) as connection:
        try:
            connection.request("GET", "/a")
            assert connection.getresponse().read() == b"hello"
        except (OSError, HTTPException) as error:
            return error
    return None


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("lost-response", ConnectionResetError),
        ("connection-reset-by-peer", ConnectionResetError),
        ("empty-response", RemoteDisconnected),
        ("malformed-response-chunk", IncompleteRead),
        ("random-data-then-close", BadStatusLine),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_a_client_sees(stage: Stage, fault: str, expected: type[Exception], first: bool) -> None:  # noqa: FBT001 - a column of the table
    """Each fault is an error of its own in an HTTP client."""
    setting = stage(says(marked(fault, first=first)))
    assert type(raised(setting)) is expected


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("empty-response", b""),
        ("malformed-response-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + GARBAGE),
        ("random-data-then-close", GARBAGE),
        ("dribble 3 30", OK),
        ("dribble 1 0", OK),
        ("dribble 1000 10", OK),
        *((other, OK) for other in ("nonsense", "", "dribble", "dribble 0 5", "dribble x y", "Empty-Response!")),
    ],
)
def test_what_arrives(stage: Stage, fault: str, seen: bytes) -> None:
    """Byte for byte; what is no fault is passed on, and the header never is."""
    setting = stage(says(marked(fault)))
    setting.client.sendall(GET)
    assert read_all(setting.client) == seen


@pytest.mark.parametrize("header", ["x-mock-wire-fault", "X-MOCK-WIRE-FAULT", WIRE_HEADER])
def test_headers_know_no_case(stage: Stage, header: str) -> None:
    """Servers write them as they like."""
    setting = stage(says(marked("EMPTY-response ", header=header)))
    setting.client.sendall(GET)
    assert read_all(setting.client) == b""


def test_none_of_several_headers_arrives(stage: Stage) -> None:
    """The first one counts, and all are taken out."""
    twice = marked("dribble 2 0").replace(b"\r\n\r\n", f"\r\n{WIRE_HEADER}: empty-response\r\n\r\n".encode())
    setting = stage(says(twice))
    setting.client.sendall(GET)
    assert read_all(setting.client) == OK


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS.values() if fault.needs_wire], ids=lambda fault: fault.name
)
def test_the_catalogue_is_understood(stage: Stage, fault: object) -> None:
    """Every fault of the catalogue that needs the relay does something to an answer."""
    assert isinstance(fault, type(FAULTS["DRIBBLE"]))
    setting = stage(says(marked(wire_value(Injected(fault, {"totalDuration": 200})))))
    begun = monotonic()
    assert raised(setting) is not None or monotonic() - begun > 0.15


@pytest.mark.parametrize("fault", ["lost-response", "empty-response", "random-data-then-close"])
def test_the_server_did_its_work_and_is_left_alone(stage: Stage, fault: str) -> None:
    """It has read the request, and is told that its client is gone."""

    def talk(connection: socket.socket) -> None:
        assert read_until(connection, b"\r\n\r\n") == GET
        connection.sendall(marked(fault))
        read_all(connection)

    setting = stage(talk)
    setting.client.sendall(GET)
    error = setting.upstream.ended.get(timeout=HANG_GUARD)
    assert error is None or isinstance(error, ConnectionError)


@pytest.mark.parametrize("split", range(1, len(marked("empty-response")) - 5, 7))
def test_a_head_in_packets(stage: Stage, split: int) -> None:
    """The fault is seen wherever its head is cut."""
    answer = marked("empty-response")
    setting = stage(after(GET, answer[:split], answer[split:]))
    setting.client.sendall(GET)
    assert read_all(setting.client) == b""


@pytest.mark.parametrize(
    ("requests", "answers", "seen"),
    [
        pytest.param([GET, GET], [OK, marked("empty-response")], OK, id="the_second_of_two"),
        pytest.param([GET, GET], [marked("empty-response"), OK], b"", id="the_first_of_two"),
        pytest.param(
            [GET.replace(b"GET", b"HEAD"), GET],
            [OK[:-5], marked("random-data-then-close")],
            OK[:-5] + GARBAGE,
            id="after_a_head",
        ),
        pytest.param(
            [GET, GET],
            [
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
                marked("random-data-then-close"),
            ],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" + GARBAGE,
            id="after_chunks",
        ),
        pytest.param(
            [GET] * 4, [marked("dribble 5 20"), OK, marked("dribble 2 20"), OK], OK * 4, id="dribbles_between"
        ),
    ],
)
def test_pipelined_answers(stage: Stage, requests: list[bytes], answers: list[bytes], seen: bytes) -> None:
    """Only the answer that asks for it is hit; those before it arrive, those behind it do if the connection lives."""
    setting = stage(after(b"".join(requests), b"".join(answers)))
    setting.client.sendall(b"".join(requests))
    assert read_all(setting.client) == seen


def test_a_dribble_takes_its_time(stage: Stage) -> None:
    """Pieces come one after another, about equally far apart, and together they are the answer."""
    setting = stage(says(marked("dribble 5 500")))
    setting.client.sendall(GET)
    begun, pieces, instants = monotonic(), list[bytes](), list[float]()
    while piece := setting.client.recv(4096):
        pieces.append(piece)
        instants.append(monotonic() - begun)
    assert b"".join(pieces) == OK
    assert len(pieces) == 5
    assert instants[0] < 0.2
    assert 0.35 < instants[-1] < 2


def test_a_dribble_of_a_large_answer(stage: Stage) -> None:
    """However many packets the answer came in, it is cut as it was asked for."""
    body = bytes(range(256)) * 4_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(body)
    setting = stage(says(head + b"%b: dribble 7 70\r\n\r\n" % WIRE_HEADER.encode() + body))
    setting.client.sendall(GET)
    assert read_all(setting.client) == head + b"\r\n" + body


@pytest.mark.parametrize(
    "answer", [marked("dribble 3 30")[:-2], marked("dribble 3 30").replace(b"Content-Length: 5", b"A: b")]
)
def test_a_dribble_that_has_no_end(stage: Stage, answer: bytes) -> None:
    """A server that hangs up in the middle of it ends the dribble: what has come is passed on."""
    setting = stage(says(answer))
    setting.client.sendall(GET)
    assert read_all(setting.client) == answer.replace(f"{WIRE_HEADER}: dribble 3 30\r\n".encode(), b"")


@pytest.mark.parametrize("wholly", [True, False])
def test_a_client_that_leaves_during_a_dribble(
    stage: Stage,
    wholly: bool,  # noqa: FBT001 - a column
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It misses the rest, and nobody else notices: nothing is written to a connection that is gone."""
    setting = stage(says(marked("dribble 40 200"), OK))
    setting.client.sendall(GET)
    assert setting.client.recv(1)
    if wholly:
        setting.client.close()
        assert setting.upstream.ended.get(timeout=HANG_GUARD) is None
    else:
        setting.client.shutdown(socket.SHUT_WR)
        assert read_all(setting.client).endswith(OK)
    with closing(socket.create_connection((LOOPBACK, setting.port), HANG_GUARD)) as later:
        later.sendall(GET)
        later.shutdown(socket.SHUT_WR)
        assert read_all(later) == OK + OK  # its own dribble ends after that of the one that left
    assert caplog.text == ""


def test_a_client_that_still_sends_sees_an_end_and_no_reset(stage: Stage) -> None:
    """An empty answer is not a reset, though much of the request was never read."""

    def talk(connection: socket.socket) -> None:
        read_exactly(connection, 40)
        connection.sendall(marked("empty-response"))
        read_all(connection)

    setting = stage(talk)
    setting.client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + bytes(500_000))
    assert read_all(setting.client) == b""
