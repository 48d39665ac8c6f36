"""Requests that no HTTP client would make, byte for byte as they go out."""

import socket
import threading
from contextlib import suppress

import pytest
from mock_server.tests.outbox.receivers import HEADERS, OK, Receiver, a_target, receiver, says

from tutorflow_mock.domain.misbehaviours.letters import Send, Wire
from tutorflow_mock.outbox.raw import deliver
from tutorflow_mock.outbox.sender import Outcome, Terms

BODY = b'{"jobId":"7"}'
TERMS = Terms(timeout=5)


def sent(wire: Wire, body: bytes = BODY, answer: bytes = OK) -> tuple[bytes, Outcome]:
    """Send one request this way to a receiver that answers so; return what it read."""
    with receiver(says(answer)) as running:
        outcome = deliver(a_target(running), Send(HEADERS, body, wire), TERMS)
    return b"".join(running.requests), outcome


def head_of(read: bytes) -> list[str]:
    """Return the lines of a request's head."""
    return read.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


def test_the_ordinary_way_is_the_senders() -> None:
    """With nothing but what is documented and what HTTP needs."""
    read, outcome = sent(Wire())
    assert head_of(read)[0] == "POST /hook?x=1 HTTP/1.1"
    assert (outcome.status, outcome.error) == (200, None)


def test_http_1_0() -> None:
    """Says so, and says how long the body is."""
    read, outcome = sent(Wire(version="1.0"))
    assert head_of(read)[0] == "POST /hook?x=1 HTTP/1.0"
    assert "Content-Length: 13" in head_of(read)
    assert read.endswith(BODY)
    assert (outcome.status, outcome.body) == (200, "ok")


@pytest.mark.parametrize(
    ("case", "name"),
    [("lower", "x-content-integration-event"), ("odd", "x-cOnTeNt-iNtEgRaTiOn-eVeNt")],
)
def test_header_names(case: str, name: str) -> None:
    """Names have no case in HTTP, values do."""
    read, _ = sent(Wire(case="lower" if case == "lower" else "odd"))
    assert f"{name}: content.completed" in head_of(read)


def test_methods_without_a_body() -> None:
    """Declare none; the answer to HEAD has none either."""
    answer = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 5\r\nAllow: POST\r\n\r\n"
    for method in ("GET", "HEAD", "OPTIONS"):
        with receiver(says(answer + (b"" if method == "HEAD" else b"never"))) as running:
            outcome = deliver(a_target(running), Send((), b"", Wire(method=method)), TERMS)
        assert head_of(running.requests[0]) == [f"{method} /hook?x=1 HTTP/1.1", head_of(running.requests[0])[1]]
        assert (outcome.status, outcome.body) == (405, "" if method == "HEAD" else "never")


def conversation(answers: list[bytes], wire: Wire, body: bytes = BODY) -> tuple[bytes, Outcome]:
    """Let a receiver answer after each pause of the sender, and return all that it read until the sender left."""
    read = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(ConnectionError):
                connection.settimeout(0.2)
                for answer in (*answers, b""):
                    with suppress(TimeoutError):
                        while part := connection.recv(65_536):
                            read.extend(part)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        target = a_target(Receiver("127.0.0.1", port))
        outcome = deliver(target, Send(HEADERS, body, wire), TERMS)
        thread.join(10)
    return bytes(read), outcome


def test_chunks() -> None:
    """Of 64 bytes, then the end; no length is declared."""
    read, outcome = conversation([OK], Wire(is_chunked=True), 100 * b"x")
    assert "Transfer-Encoding: chunked" in head_of(read)
    assert b"Content-Length" not in read
    assert read.partition(b"\r\n\r\n")[2] == b"40\r\n%b\r\n24\r\n%b\r\n0\r\n\r\n" % (64 * b"x", 36 * b"x")
    assert outcome.status == 200


def test_no_chunk_at_all() -> None:
    """An empty body is the end alone."""
    read, _ = conversation([OK], Wire(is_chunked=True), b"")
    assert read.endswith(b"\r\n\r\n0\r\n\r\n")


def test_the_body_waits_for_the_receiver_to_want_it() -> None:
    """`Expect: 100-continue`: the head alone, then the body."""
    read, outcome = conversation([b"HTTP/1.1 100 Continue\r\n\r\n", OK], Wire(expects_continue=True))
    assert "Expect: 100-continue" in head_of(read)
    assert read.endswith(b"\r\n\r\n" + BODY)
    assert (outcome.status, outcome.body) == (200, "ok")


def test_a_receiver_that_does_not_know_of_continuing_is_not_waited_for_long() -> None:
    """The body follows all the same."""
    read, outcome = conversation([b"", b"", b"", OK], Wire(expects_continue=True))
    assert read.endswith(b"\r\n\r\n" + BODY)
    assert outcome.status == 200


def test_a_connection_is_used_again() -> None:
    """As long as the receiver keeps it; the second answer counts."""
    second = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
    read, outcome = conversation([OK, second], Wire(repeats=2))
    assert read.count(BODY) == 2
    assert outcome.status == 201


def test_a_connection_that_is_closed_is_not() -> None:
    """The first answer counts."""
    read, outcome = conversation([OK.replace(b"X-Receiver: ours", b"Connection: close")], Wire(repeats=2))
    assert read.count(BODY) == 1
    assert outcome.status == 200


@pytest.mark.parametrize("wire", [Wire(packet=1), Wire(packet=16, span=0.05)], ids=["bytes", "slow"])
def test_packets_change_no_byte(wire: Wire) -> None:
    """What arrives is the request in one piece."""
    read, outcome = sent(wire)
    assert read.endswith(b"\r\n\r\n" + BODY)
    assert head_of(read)[0] == "POST /hook?x=1 HTTP/1.1"
    assert outcome.status == 200


def test_the_sender_hangs_up() -> None:
    """All was sent, no answer was read, and that is told apart from what a receiver does."""
    read, outcome = conversation([OK], Wire(close_after=0.05))
    assert read.endswith(BODY)
    assert (outcome.status, outcome.error, outcome.body) == (None, "closed", "")
    assert outcome.connected_to is not None


def test_an_answer_that_does_not_end_is_cut() -> None:
    """At 64 kB, as in the ordinary way."""
    _, outcome = sent(Wire(version="1.0"), answer=b"HTTP/1.0 200 OK\r\n\r\n" + 200_000 * b"x")
    assert (outcome.status, outcome.error, len(outcome.body)) == (200, None, 2_048)


def test_a_stop_ends_a_pause() -> None:
    """A server that ends does not wait for its slow senders."""
    stop = threading.Event()
    stop.set()
    with receiver(says(OK)) as running:
        outcome = deliver(a_target(running), Send(HEADERS, BODY, Wire(span=60, packet=1)), Terms(stop=stop))
    assert outcome.error == "stopped"
