"""A receiver that listens: how it reads what comes, what it answers, and how it hands on."""

import socket
from collections.abc import Iterator
from threading import Event

import pytest
from mock_server.tests.webhooks.receiver import HOLD, always, receiving

from tutorflow_mock.domain import signing
from tutorflow_mock.receivers import forward
from tutorflow_mock.receivers.forward import ForwardTo
from tutorflow_mock.receivers.listen import LARGEST, Answer, Forward, Listener, Received

SECRET = "a-secret"
BODY = b'{"jobId":"7"}'
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nX-Content-Integration-Event: content.failed\r\n"


class Ear:
    """A listener with what it was told."""

    def __init__(self, forward: Forward | None = None) -> None:
        self.heard: list[Received] = []
        self.answered: list[Answer] = []
        self.listener = Listener(self.heard.append, lambda _, answer: self.answered.append(answer), forward)

    def say(self, text: bytes) -> bytes:
        """Send bytes and return all that comes back."""
        port = int(self.listener.url.rstrip("/").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 10.0) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A listener that knows the secret."""
    found = Ear()
    with found.listener:
        found.listener.arm(SECRET)
        yield found


def test_a_whole_body_is_taken_as_it_came(ear: Ear) -> None:
    """With the headers in their order and spelling, and a verdict."""
    signature = signing.v1(SECRET, BODY).encode()
    head = HEAD + b"X-Content-Integration-Signature: " + signature + b"\r\nContent-Length: 13\r\n\r\n"
    assert ear.say(head + BODY).startswith(b"HTTP/1.1 200 ")
    [got] = ear.heard
    assert (got.number, got.event, got.body, got.verdict.is_valid) == (1, "content.failed", BODY, True)
    assert [name for name, _ in got.headers][1] == "X-Content-Integration-Event"
    assert [answer.status for answer in ear.answered] == [200]


def test_a_body_in_chunks_is_put_together(ear: Ear) -> None:
    """Extensions and trailers are read past."""
    text = (
        b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n" + BODY[:5] + b"\r\n8\r\n" + BODY[5:] + b"\r\n0\r\nX-A: b\r\n\r\n"
    )
    assert ear.say(HEAD + text).startswith(b"HTTP/1.1 200 ")
    assert [got.body for got in ear.heard] == [BODY]


@pytest.mark.parametrize(
    "text",
    [
        b"Content-Length: 20\r\n\r\n" + BODY,
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: %d\r\n\r\n" % (LARGEST + 1),
        b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (LARGEST + 1),
    ],
)
def test_what_cannot_be_read_is_not_answered(text: bytes, ear: Ear) -> None:
    """The connection is closed, as it would be by a receiver that broke down."""
    assert ear.say(HEAD + text) == b""
    assert ear.heard == []


def test_another_method_is_not_taken(ear: Ear) -> None:
    """Webhooks come by POST."""
    assert ear.say(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 501 ")


def test_what_comes_before_the_secret_waits_for_it(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock may be faster than the answer of the create: the secret comes while an attempt waits."""

    class Late(Event):
        def wait(self, timeout: float | None = None) -> bool:
            ear.listener.arm(SECRET)
            return super().wait(timeout)

    ear.listener.arm("not yet known")
    monkeypatch.setattr(ear.listener, "_armed", Late())
    head = HEAD + b"X-Content-Integration-Signature: " + signing.v1(SECRET, BODY).encode()
    ear.say(head + b"\r\nContent-Length: 13\r\n\r\n" + BODY)
    assert [got.verdict.is_valid for got in ear.heard] == [True]


def test_the_answer_of_another_receiver_goes_back() -> None:
    """Its status, headers and body, but what belongs to its own connection."""
    theirs = Answer(299, (("X-A", "1"), ("Transfer-Encoding", "chunked"), ("Content-Length", "9")), b"hi")
    ear = Ear(lambda headers, body: theirs)
    with ear.listener:
        ear.listener.arm(SECRET)
        head, _, body = ear.say(HEAD + b"Content-Length: 13\r\n\r\n" + BODY).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0].startswith("HTTP/1.1 299 ")
    assert [line for line in lines if line.startswith(("X-A", "Content-L", "Transfer"))] == [
        "X-A: 1",
        "Content-Length: 2",
    ]
    assert (body, ear.answered[0].body) == (b"hi", b"hi")


def test_a_sender_that_has_gone_is_no_trouble(ear: Ear) -> None:
    """Who hangs up in the middle is forgotten; the next one is heard."""
    port = int(ear.listener.url.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10.0) as connection:
        connection.sendall(HEAD + b"Content-Length: 13\r\n")
    assert ear.say(HEAD + b"Content-Length: 13\r\n\r\n" + BODY).startswith(b"HTTP/1.1 200 ")


def test_duplicate_headers_are_handed_on_twice() -> None:
    """And those of the connection are not; further ones replace their namesakes."""
    headers = (("X-A", "1"), ("X-A", "2"), ("Connection", "close"), ("Content-Length", "99"), ("X-B", "old"))
    with receiving(always(299)) as receiver:
        answer = ForwardTo(receiver.url, [("x-b", "new")])(headers, BODY)
        [got] = receiver.requests
    assert (answer.status, answer.body, answer.error) == (299, b"ok", None)
    told = [(name, value) for name, value in got.headers if name not in {"Host", "Content-Length"}]
    assert [value for name, value in told if name == "X-A"] in (["1", "2"], ["1, 2"])
    assert [value for name, value in told if name.lower() == "x-b"] == ["new"]
    assert got.body == BODY


def test_a_redirect_is_handed_back() -> None:
    """It is the mock's business that it follows none."""
    with receiving(always(302)) as receiver:
        answer = ForwardTo(receiver.url)((), BODY)
        assert len(receiver.requests) == 1
    assert answer.status == 302
    assert dict(answer.headers)["Location"] == f"{receiver.url}/elsewhere"


def test_a_receiver_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mock is told by a status; the reason goes into the line."""
    monkeypatch.setattr(forward, "_WITHIN", 0.2)
    with receiving(lambda _: HOLD) as receiver:
        answer = ForwardTo(receiver.url)((), BODY)
    assert (answer.status, answer.error) == (502, "timed out")


@pytest.mark.parametrize("url", ["", "ftp://host", "http://", "http://host:port", "http://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """The sentence shows what one looks like."""
    with pytest.raises(ValueError, match="such as http://127"):
        ForwardTo(url)
