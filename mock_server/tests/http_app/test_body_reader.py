"""How a body is read: by its length or in chunks, no byte more than it takes to know, and never again."""

import io

import pytest
from mock_server.tests.http_app.wsgi import CREATE, Drip, call
from mock_server.tests.operations.in_process import LOGIN, Mock

from tutorflow_mock.http.wire import BodyReader

LIMIT = 1_000
BODY = b'{"payload":{}}'
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": None}


@pytest.fixture
def mock() -> Mock:
    """A mock that takes bodies of a thousand bytes."""
    return Mock({"request.max-body-bytes": LIMIT})


@pytest.mark.parametrize("piece", [1, 3, 7, 1_000])
@pytest.mark.parametrize("framing", [{"CONTENT_LENGTH": str(len(BODY))}, CHUNKED], ids=["length", "chunked"])
def test_a_body_may_come_in_pieces(mock: Mock, piece: int, framing: dict[str, str | None]) -> None:
    """A server hands over what has arrived; the reader asks until it has the whole."""
    assert call(mock.app, CREATE, framing, body=Drip(BODY, piece)).outcome == (200, None)


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        ({"CONTENT_LENGTH": str(LIMIT)}, 200),
        ({"CONTENT_LENGTH": str(LIMIT + 1)}, 413),
        ({"CONTENT_LENGTH": "99999999999"}, 413),
        ({"CONTENT_LENGTH": "9" * 5_000}, 413),
    ],
)
def test_the_length_is_compared_before_anything_is_read(mock: Mock, framing: dict[str, str], status: int) -> None:
    """A body whose announced length is too much is refused without a look at it."""
    body = Drip(BODY.ljust(LIMIT + 1), 64)
    answer = call(mock.app, CREATE, framing, body=body)
    assert (answer.status, body.taken) == (status, LIMIT if status == 200 else 0)


@pytest.mark.parametrize(
    ("size", "status", "taken"), [(LIMIT, 200, LIMIT), (LIMIT + 1, 413, LIMIT + 1), (10**6, 413, LIMIT + 1)]
)
def test_of_a_chunked_body_one_byte_more_than_allowed_is_read(mock: Mock, size: int, status: int, taken: int) -> None:
    """Without a length the reader stops as soon as it knows that there is too much."""
    body = Drip(BODY.ljust(size), 64)
    answer = call(mock.app, CREATE, CHUNKED, body=body)
    assert (answer.status, body.taken) == (status, taken)


@pytest.mark.parametrize("sent", [0, 1, 13])
def test_a_body_shorter_than_announced_is_refused(mock: Mock, sent: int) -> None:
    """A connection that ends in the middle of a body is a bad request, not a shorter one."""
    answer = call(mock.app, CREATE, {"CONTENT_LENGTH": str(len(BODY))}, body=BODY[:sent])
    assert (answer.outcome, answer.reason) == ((400, "content_invalid_request"), "short-body")


LENGTHS = ["-1", "+14", "1_4", "14.0", "0x0e", " 14", "14 ", "14,14", "\uff11\uff14", "٣", "e", "²"]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_length_is_digits(mock: Mock, length: str) -> None:
    """Anything but ASCII digits is refused, signs, blanks and other scripts' digits included."""
    answer = call(mock.app, CREATE, {"CONTENT_LENGTH": length}, body=BODY)
    assert (answer.outcome, answer.reason) == ((400, "content_invalid_request"), "content-length")


@pytest.mark.parametrize(
    "framing",
    [
        {"CONTENT_LENGTH": "5", "HTTP_TRANSFER_ENCODING": "chunked"},
        {"CONTENT_LENGTH": "99999", "HTTP_TRANSFER_ENCODING": "Chunked"},
        {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "gzip, chunked"},
        {"CONTENT_LENGTH": "junk", "HTTP_TRANSFER_ENCODING": "chunked"},
    ],
)
def test_with_chunks_the_length_does_not_count(mock: Mock, framing: dict[str, str]) -> None:
    """A length beside chunks is ignored (RFC 9112 §6.3)."""
    assert call(mock.app, CREATE, framing, body=BODY).outcome == (200, None)


@pytest.mark.parametrize("length", [None, "", "0"])
def test_without_a_length_there_is_no_body(mock: Mock, length: str | None) -> None:
    """Nothing announced is nothing sent, and that is no JSON."""
    body = Drip(BODY, 64)
    answer = call(mock.app, CREATE, {"CONTENT_LENGTH": length}, body=body)
    assert (answer.outcome, answer.reason, body.taken) == ((400, "content_invalid_request"), "malformed-json", 0)


def test_a_length_under_its_other_name_counts(mock: Mock) -> None:
    """Some servers leave the length among the headers."""
    given = {"CONTENT_LENGTH": None, "HTTP_CONTENT_LENGTH": str(len(BODY))}
    assert call(mock.app, CREATE, given, body=BODY).outcome == (200, None)


def test_bytes_beyond_the_length_are_left_alone(mock: Mock) -> None:
    """What follows on the connection is the next request's."""
    body = Drip(BODY + b"GET / HTTP/1.1", 64)
    assert call(mock.app, CREATE, {"CONTENT_LENGTH": str(len(BODY))}, body=body).status == 200
    assert body.taken == len(BODY)


@pytest.mark.parametrize("size", [100, 70_000, 1 << 20])
def test_a_login_is_read_twice_and_taken_once(size: int) -> None:
    """The e-mail is looked for in the body before the body's turn comes; nothing is lost, with chunks neither."""
    words = b'{"email":"admin@harbour.example","password":"a-long-passphrase","timezone":"Asia/Seoul"}'.ljust(size)
    for framing in ({"CONTENT_LENGTH": str(len(words))}, CHUNKED):
        body = Drip(words, 4_096)
        given = {"REQUEST_METHOD": "POST", "PATH_INFO": LOGIN, "CONTENT_TYPE": "application/json"}
        assert call(Mock().app, given, framing, body=body).status == 200
        assert body.taken == len(words)


def test_a_reader_can_be_asked_for_more() -> None:
    """A body that was too long for one asker is there for the next, from its first byte."""
    reader = BodyReader({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"x" * 100)})
    for limit in (10, 50):
        with pytest.raises(Exception, match=f"larger than {limit} bytes"):
            reader(limit)
    assert reader(100) == b"x" * 100
    assert reader(1_000) == b"x" * 100


def test_a_call_without_a_body_never_touches_it(mock: Mock) -> None:
    """A GET leaves its body alone, whatever it announces."""
    body = Drip(BODY, 64)
    given = {**CREATE, "REQUEST_METHOD": "GET", "PATH_INFO": "/v1/content/classrooms", "CONTENT_LENGTH": "junk"}
    assert call(mock.app, given, body=body).status == 200
    assert body.taken == 0
