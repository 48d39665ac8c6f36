"""Where messages begin and end, however a stream is cut into pieces."""

from collections import deque
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorflow_mock.relay.messages import LONGEST_HEAD, Event, Messages, Requests, Responses

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
BARE = b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\ncontent-LENGTH:  5 \r\n\r\n"

ENDLESS = b"HTTP/1.1 200 " + b"x" * LONGEST_HEAD

END: Event = ("end", b"")


def events(messages: Messages, *pieces: bytes) -> Iterator[Event]:
    """Feed the pieces and return what they hold."""
    for piece in pieces:
        messages.feed(piece)
        while (event := messages.next()) is not None:
            yield event


def outline(stream: bytes, heads: list[bool] | None = None) -> list[Event]:
    """Return the events of a server's stream."""
    return list(events(Responses(deque(heads or [])), stream))


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (PLAIN + b"hello", [("head", PLAIN), ("body", b"hello"), END]),
        (PLAIN + b"hel", [("head", PLAIN), ("body", b"hel")]),
        (PLAIN.replace(b"5", b"0"), [("head", PLAIN.replace(b"5", b"0")), END]),
        (NO_CONTENT + PLAIN, [("head", NO_CONTENT), END, ("head", PLAIN)]),
        (BARE + PLAIN, [("head", BARE), ("body", PLAIN)]),
        (
            CHUNKED + b'3;a="b"\r\nabc\r\n0\r\n\r\n' + PLAIN,
            [
                *(("head", CHUNKED), ("body", b'3;a="b"\r\n'), ("body", b"abc\r\n"), ("body", b"0\r\n")),
                *(("body", b"\r\n"), END, ("head", PLAIN)),
            ],
        ),
        (CHUNKED + b"0\r\nA: b\r\n\r\n", [("head", CHUNKED), ("body", b"0\r\n"), ("body", b"A: b\r\n\r\n"), END]),
        (CHUNKED + b"0\r\nA: b\r", [("head", CHUNKED), ("body", b"0\r\n")]),
        (CHUNKED + b"zz\r\nabc", [("head", CHUNKED), ("body", b"zz\r\nabc")]),
        pytest.param(CHUNKED + b"5" * 2_000, [("head", CHUNKED), ("body", b"5" * 2_000)], id="endless_size"),
        (CHUNKED + b"5", [("head", CHUNKED)]),
        (b"HTTP/1.1 101 Switching\r\n\r\n" + PLAIN, [("head", b"HTTP/1.1 101 Switching\r\n\r\n"), ("body", PLAIN)]),
        (b"\x16\x03\x01" + PLAIN, [("body", b"\x16\x03\x01" + PLAIN)]),
        pytest.param(ENDLESS, [("body", ENDLESS)], id="endless_head"),
        (b"HTTP/", []),
        (b"", []),
    ],
)
def test_answers(stream: bytes, expected: list[Event]) -> None:
    """By length, by chunks, without a body, until the end; what is no HTTP is one body."""
    assert outline(stream) == expected


def test_answers_to_head() -> None:
    """They have a length and no body; an interim answer is not yet the answer."""
    stream = PLAIN + CONTINUE + PLAIN + b"hello"
    expected: list[Event] = [("head", PLAIN), END, ("head", CONTINUE), END, ("head", PLAIN), ("body", b"hello"), END]
    assert outline(stream, [True, False]) == expected


@pytest.mark.parametrize(
    ("stream", "heads"),
    [
        (GET, [False]),
        (HEAD + GET + POST + b"hello" + HEAD, [True, False, False, True]),
        (b"\r\n" + HEAD, [True]),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHEAD \r\n0\r\n\r\n" + HEAD, [False, True]),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" + HEAD, [False]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [False, False]),
        (b"\x16\x03\x01\x02", []),
        pytest.param(b"\x16" * (LONGEST_HEAD + 1) + HEAD, [], id="endless"),
    ],
)
def test_requests(stream: bytes, heads: list[bool]) -> None:
    """It is noted which of them want the head only; a body is none of them."""
    noted: deque[bool] = deque()
    list(events(Requests(noted), stream))
    assert list(noted) == heads


STREAM = (
    *(CONTINUE, PLAIN, b"hello", CHUNKED, b"A;x\r\n0123456789\r\n", b"1\r\n!\r\n", b"0\r\nA: b\r\n\r\n", NO_CONTENT),
    *(PLAIN, CHUNKED, b"0\r\n\r\n", BARE, b"HTTP/1.1 until the end"),
)
WHOLE = b"".join(STREAM)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.integers(0, len(WHOLE)), max_size=30).map(sorted))
def test_any_cut_is_the_same_stream(cuts: list[int]) -> None:
    """Heads are whole and bodies complete wherever packets end, and not a byte is lost."""
    pieces = [WHOLE[start:end] for start, end in zip([0, *cuts], [*cuts, len(WHOLE)], strict=True)]
    found = list(events(Responses(deque([False, False, False, True])), *pieces))
    assert b"".join(data for _, data in found) == WHOLE
    assert [data for kind, data in found if kind == "head"] == [
        data for data in STREAM if data[:9] == b"HTTP/1.1 " and b"\r" in data
    ]
    assert [kind for kind, _ in found].count("end") == 6


def test_byte_by_byte() -> None:
    """The smallest packets."""
    found = list(events(Responses(deque([False, False, False, True])), *(bytes([byte]) for byte in WHOLE)))
    assert b"".join(data for _, data in found) == WHOLE


def test_what_is_left() -> None:
    """When a stream ends in the middle of a head, what has come can still be had."""
    responses = Responses(deque())
    responses.feed(PLAIN[:20])
    assert responses.next() is None
    assert (responses.rest(), responses.rest()) == (PLAIN[:20], b"")
