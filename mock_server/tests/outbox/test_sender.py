"""One attempt against receivers on real sockets: what goes out, what is read, and what ends it."""

import socket
import threading
import time

import pytest
from mock_server.tests.outbox.receivers import (
    BODY,
    HEADERS,
    NAME,
    OK,
    Behaviour,
    Receiver,
    a_target,
    dribbles,
    hangs,
    receiver,
    resets,
    says,
)

from tutorflow_mock.outbox.sender import KEPT, Outcome, Terms, send
from tutorflow_mock.outbox.targets import Target

BRIEF = Terms(timeout=0.5)


def attempt(behaviour: Behaviour, terms: Terms = BRIEF) -> Outcome:
    """Send one delivery to a receiver of its own."""
    with receiver(behaviour) as running:
        return send(a_target(running), HEADERS, BODY, terms)


@pytest.mark.requirement("HOOK-006")
def test_exactly_what_is_given_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """B2: the documented headers, Host and Content-Length, the raw body; no proxy is asked and nothing is added."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiver(says(OK)) as running:
        outcome = send(a_target(running), HEADERS, BODY, Terms())
    head = (
        f"POST /hook?x=1 HTTP/1.1\r\nHost: {NAME}:{running.port}\r\nX-Content-Integration-Event: content.completed\r\n"
        "X-Content-Integration-Signature: 490788076afc9be39c16a899d8165acaa2d59430a754ba154d19fd7e26c0ebef\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    assert running.requests == [head.encode() + BODY]
    assert outcome == Outcome(
        status=200,
        headers=(("Content-Length", "2"), ("X-Receiver", "ours")),
        body="ok",
        error=None,
        connected_to=f"127.0.0.1:{running.port}",
        duration=outcome.duration,
    )
    assert 0 <= outcome.duration < 5_000


def test_headers_that_misbehave_go_out_as_they_are() -> None:
    """A header twice, none at all, letters beyond ASCII, a length or a framing of the caller's own."""
    repeated = (("X-Signature", "a"), ("x-signature", "é" + "a" * 63), ("User-Agent", "ours"))
    with receiver(says(OK)) as running:
        send(a_target(running), repeated, b"", BRIEF)
        send(a_target(running), (("content-length", "1"),), b"x", BRIEF)
        send(a_target(running), (("Transfer-Encoding", "chunked"),), b"xyz", BRIEF)
        send(a_target(running), (), b"", BRIEF, method="OPTIONS")
    first, second, third, fourth = (request.split(b"\r\n") for request in running.requests)
    assert first[2:] == [
        b"X-Signature: a",
        b"X-Signature: \xe9" + b"a" * 63,
        b"User-Agent: ours",
        b"Content-Length: 0",
        b"",
        b"",
    ]
    assert [line for line in second if line.lower().startswith(b"content-length")] == [b"content-length: 1"]
    assert (third[2:4], fourth[0]) == ([b"Transfer-Encoding: chunked", b""], b"OPTIONS /hook?x=1 HTTP/1.1")


@pytest.mark.requirement("HOOK-020")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
def test_a_redirect_is_not_followed(status: int) -> None:
    """B5: where it points to is never asked."""
    with receiver(says(OK)) as elsewhere:
        answer = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        outcome = attempt(says(answer.encode()))
    assert (outcome.status, outcome.error, elsewhere.connections) == (status, "redirect", 0)


@pytest.mark.parametrize("status", [200, 204, 299, 400, 410, 429, 500, 599])
def test_any_other_answer_is_an_answer(status: int) -> None:
    """What it is worth is judged elsewhere; the sender has heard it."""
    outcome = attempt(
        says(f"HTTP/1.1 {status} x\r\nRetry-After: 9\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n".encode())
    )
    assert (outcome.status, outcome.error) == (status, None)
    assert outcome.headers[:2] == (("Retry-After", "9"), ("Set-Cookie", "a=b"))


def test_no_cookie_comes_back() -> None:
    """Each attempt is alone: what one answer sets, the next request does not carry."""
    with receiver(says(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")) as running:
        for _ in range(2):
            send(a_target(running), HEADERS, BODY, BRIEF)
    assert (len(running.requests), running.connections) == (2, 2)
    assert not any(b"cookie" in request.lower() for request in running.requests)


@pytest.mark.parametrize(
    "behaviour",
    [
        hangs,
        dribbles(b"", b"H", 0.05),
        dribbles(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05),
        dribbles(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x", 0.05),
        dribbles(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
        dribbles(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    ],
    ids=["never", "status", "headers", "body", "chunks", "continue"],
)
def test_who_is_too_slow_is_cut_at_the_deadline(behaviour: Behaviour) -> None:
    """B6: the seconds are in all; a byte now and then does not buy more of them."""
    began = time.monotonic()
    outcome = attempt(behaviour, Terms(timeout=0.4))
    assert outcome.error == "timeout"
    assert 0.35 <= time.monotonic() - began < 2
    assert 380 <= outcome.duration < 2_000


def test_a_slow_receiver_within_its_time_is_heard() -> None:
    """Slices of waiting are no deadlines."""

    def slow(connection: socket.socket, is_over: threading.Event) -> None:
        for part in (OK[:5], OK[5:-1], OK[-1:]):
            is_over.wait(0.15)
            connection.sendall(part)

    outcome = attempt(slow, Terms(timeout=5))
    assert (outcome.status, outcome.body, outcome.error) == (200, "ok", None)
    assert outcome.duration >= 400


def test_what_a_late_answer_said_is_kept() -> None:
    """The status came, its body did not: a failure, with all that is known."""
    outcome = attempt(dribbles(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nstart", b"", 1), Terms(timeout=0.3))
    assert (outcome.status, outcome.body, outcome.error) == (200, "start", "timeout")


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_ANSWERS = {
    "nothing": (b"", "reset"),
    "half-a-body": (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "incomplete"),
    "half-a-chunk": (_CHUNKED + b"5\r\nha", "incomplete"),
    "no-chunk": (_CHUNKED + b"zz\r\nha", "incomplete"),
    "ssh": (b"SSH-2.0-OpenSSH_9.6\r\n", "malformed"),
    "no-number": (b"HTTP/1.1 2x0 OK\r\n\r\n", "malformed"),
    "noise": (b"\x00\xff" * 50 + b"\n", "malformed"),
    "http9": (b"HTTP/9.9 200 OK\r\n\r\n", "malformed"),
    "long-header": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 66_000 + b"\r\n\r\n", "malformed"),
    "many-headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "malformed"),
    "large-head": (b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 1_000 + b"\r\n") * 80 + b"\r\n", "malformed"),
    "two-lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nx", "malformed"),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_answers_that_are_none(name: str) -> None:
    """Broken off, cut, or no HTTP at all: one word each, never an exception."""
    answer, error = NO_ANSWERS[name]
    assert attempt(says(answer)).error == error


def test_a_reset() -> None:
    """The connection is broken off before a byte of the answer."""
    assert attempt(resets).error == "reset"


@pytest.mark.parametrize("framing", ["Content-Length: 3000000", "Connection: close", "Transfer-Encoding: chunked"])
def test_a_large_answer_is_read_to_its_limit(framing: str) -> None:
    """B7: of 3 MB at most 64 KiB are read and 2 KiB kept; the receiver has answered all the same."""
    sent: list[int] = []

    def floods(connection: socket.socket, _is_over: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        connection.sendall(f"HTTP/1.1 202 Accepted\r\n{framing}\r\n\r\n".encode())
        part = b"x" * 1_000
        for _ in range(3_000):
            connection.sendall(b"3e8\r\n%b\r\n" % part if "chunked" in framing else part)
            sent.append(len(part))

    outcome = attempt(floods, Terms(timeout=10))
    assert (outcome.status, outcome.error, outcome.body) == (202, None, "x" * KEPT)
    assert sum(sent) < 3_000_000


def test_what_is_kept_of_an_answer_is_little() -> None:
    """2 KiB of headers, and text whatever the bytes are, also under a coding: nothing is unpacked."""
    headers = b"".join(b"X-%d: %b\r\n" % (n, b"y" * 300) for n in range(20))
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + headers + b"Content-Length: 3\r\n\r\n\xff\x00a"
    outcome = attempt(says(answer))
    assert (outcome.body, outcome.error) == ("\ufffd\x00a", None)
    assert [name for name, _ in outcome.headers] == ["Content-Encoding", *(f"X-{n}" for n in range(6))]


def test_an_answer_before_the_body_is_read_counts() -> None:
    """A receiver that refuses by the head alone, and closes, is heard nevertheless."""
    refuses = says(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    def early(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(100)
            refuses(connection, threading.Event())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 20):
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=early, args=(server,))
        thread.start()
        running = Receiver("127.0.0.1", server.getsockname()[1])
        outcome = send(a_target(running), HEADERS, b"x" * 3_000_000, Terms(timeout=5))
        thread.join(10)
    assert (outcome.status, outcome.error) == (413, None)


def test_a_receiver_that_reads_nothing_is_cut_while_we_send() -> None:
    """The deadline holds for the way out as well."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        running = Receiver("127.0.0.1", server.getsockname()[1])
        outcome = send(a_target(running), HEADERS, b"x" * 20_000_000, Terms(timeout=0.4))
    assert (outcome.status, outcome.error) == (None, "timeout")
    assert 380 <= outcome.duration < 2_000


class _Scripted:
    """Stands for `socket.create_connection`: fails as told by address, else connects; and notes what it was asked."""

    def __init__(self, failures: dict[str, OSError]) -> None:
        self.asked: list[tuple[str, float]] = []
        self._failures = failures
        self._connect = socket.create_connection

    def __call__(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.asked.append((address[0], timeout))
        if address[0] in self._failures:
            raise self._failures[address[0]]
        return self._connect(address, timeout)


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        *(
            (ConnectionRefusedError(), "refused"),
            (TimeoutError(), "timeout"),
            (OSError(113, "No route to host"), "unreachable"),
        ),
        (PermissionError(), "unreachable"),
    ],
)
def test_a_target_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch, failure: OSError, error: str) -> None:
    """Nobody listens, nobody answers, no way leads there: no address was connected to."""
    script = _Scripted({"127.0.0.1": failure})
    monkeypatch.setattr(socket, "create_connection", script)
    outcome = send(Target("http", NAME, ("127.0.0.1",), 9, "/"), HEADERS, BODY, Terms())
    assert (outcome.status, outcome.error, outcome.connected_to) == (None, error, None)
    assert script.asked[0][1] == pytest.approx(1, abs=0.2)


def test_a_closed_port_refuses() -> None:
    """The same without a script; a target without an address leads nowhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert send(Target("http", NAME, ("127.0.0.1",), port, "/"), HEADERS, BODY, BRIEF).error == "refused"
    assert send(Target("http", NAME, (), port, "/"), HEADERS, BODY, BRIEF).error == "unreachable"


def test_the_judged_addresses_are_tried_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """`localhost` is `::1` before 127.0.0.1; a receiver on the second is found, within the one second of all."""
    script = _Scripted({"::1": ConnectionRefusedError(), "127.0.0.2": TimeoutError()})
    monkeypatch.setattr(socket, "create_connection", script)
    with receiver(says(OK)) as running:
        found = ("::1", "127.0.0.2", "127.0.0.1", "127.0.0.3")
        outcome = send(Target("http", "localhost", found, running.port, "/"), HEADERS, BODY, Terms())
    assert (outcome.status, outcome.connected_to) == (200, f"127.0.0.1:{running.port}")
    assert [address for address, _ in script.asked[:3]] == ["::1", "127.0.0.2", "127.0.0.1"]
    assert [share for _, share in script.asked[:3]] == pytest.approx([1 / 4, 1 / 3, 1 / 2], abs=0.1)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6() -> None:
    """An address in brackets in Host, and where it was connected to."""
    with receiver(says(OK), address="::1") as running:
        outcome = send(a_target(running, host="::1"), HEADERS, BODY, Terms())
    assert (outcome.status, outcome.connected_to) == (200, f"[::1]:{running.port}")
    assert f"\r\nHost: [::1]:{running.port}\r\n".encode() in running.requests[0]


@pytest.mark.parametrize("set_after", [0.0, 0.2])
def test_an_attempt_is_cut_short_when_we_stop(set_after: float) -> None:
    """Neither a server that ends nor a test waits for a receiver that hangs."""
    stop = threading.Event()
    timer = threading.Timer(set_after, stop.set)
    timer.start()
    outcome = attempt(hangs, Terms(timeout=20, stop=stop))
    timer.join()
    assert outcome.error == "stopped"
    assert outcome.duration < 5_000


def test_nothing_is_stopped_that_nobody_stops() -> None:
    """An event that is never set changes nothing."""
    assert attempt(says(OK), Terms(stop=threading.Event())).error is None
