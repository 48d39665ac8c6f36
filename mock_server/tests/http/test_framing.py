"""How a message is cut and put together: cases 76 to 84 of the bad-input catalogue, and 98 to 101."""

import json
import socket
from contextlib import ExitStack, closing

import pytest
from mock_server.tests.http.answer import check_created, check_refused, check_refused_by_parser
from mock_server.tests.http.api import CLASSROOMS, EXPANSIONS, NORMAL, Api
from mock_server.tests.http.processes import descriptors, threads
from mock_server.tests.http.wire import (
    JSON_LINE,
    Wire,
    chunked,
    deliver,
    receive,
    wait_for_end,
    written,
)
from mock_server.tests.process import RunningServer

pytestmark = pytest.mark.usefixtures("then_a_normal_create_works")

LIMIT = 1_048_576
NORMAL_BODY = json.dumps(NORMAL).encode()
CONTINUE_SIZE = 25
CHUNKED = "Transfer-Encoding: chunked"
WHOLE = "Content-Length: {whole}"


@pytest.mark.requirement("CRE-020")
@pytest.mark.parametrize(
    "length",
    [
        pytest.param(LIMIT + 1, id="case_076_one_byte_over"),
        pytest.param(99_999_999_999, id="case_077_99999999999"),
        pytest.param(2**63 - 1, id="case_077_the_largest_signed"),
    ],
)
def test_an_honest_length_over_the_limit(wire: Wire, length: int) -> None:
    """413 comes at once, before a byte of the body was sent."""
    check_refused(wire.ask(wire.create(f"Content-Length: {length}")), 413)


def test_case_078_endless_chunks(wire: Wire) -> None:
    """A chunked body is read up to the limit and one byte; then 413, and the connection ends."""
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with wire.connection() as link:
        deliver(link, wire.create(CHUNKED))
        for _ in range(LIMIT // 65_536 + 1):
            deliver(link, chunk)
        (answer,) = receive(link)
        check_refused(answer, 413)
        wait_for_end(link)


def test_case_078_chunks_up_to_the_limit(wire: Wire) -> None:
    """The limit counts the bytes of the body, however they are cut."""
    whole = NORMAL_BODY.ljust(LIMIT)
    pieces = [whole[start : start + 100_000] for start in range(0, LIMIT, 100_000)]
    check_created(wire.ask(wire.create(CHUNKED, body=chunked(*pieces))))
    check_refused(wire.ask(wire.create(CHUNKED, body=chunked(*pieces, b" "))), 413)


def test_a_client_that_asks_before_it_sends(wire: Wire) -> None:
    """`Expect: 100-continue` is answered, or refused at once when the announced body is too long."""
    with wire.connection() as link:
        deliver(link, wire.create("Expect: 100-continue", f"Content-Length: {len(NORMAL_BODY)}"))
        assert link.recv(CONTINUE_SIZE).startswith(b"HTTP/1.1 100 ")
        deliver(link, NORMAL_BODY)
        check_created(receive(link)[0])
    check_refused(wire.ask(wire.create("Expect: 100-continue", f"Content-Length: {LIMIT + 1}")), 413)


def test_a_body_where_none_is_read(wire: Wire) -> None:
    """A GET may carry a body: it is skipped, and the next request on the connection is read from its beginning."""
    with_body = wire.request("GET", CLASSROOMS, "Content-Length: 30", body=b"GET /__admin/clock HTTP/1.1\r\n\r")
    answers = wire.exchange(with_body + wire.request("GET", "/nothing"), answers=2)
    assert [answer.status for answer in answers] == [200, 404]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(NORMAL_BODY, id="case_079_a_whole_document"),
        pytest.param(NORMAL_BODY[:20], id="case_079_half_a_document"),
        pytest.param(b"", id="case_079_nothing"),
    ],
)
def test_a_body_shorter_than_announced(wire: Wire, body: bytes) -> None:
    """What is cut off is refused, even when it could be read."""
    request = wire.create(f"Content-Length: {len(NORMAL_BODY) + 10}", body=body)
    check_refused(wire.ask(request, half_close=True), 400)


def test_case_080_a_body_that_never_ends(wire: Wire, api: Api) -> None:
    """A client that announces a body and falls silent holds up nobody else."""
    with wire.connection() as link:
        deliver(link, wire.create("Content-Length: 100", body=b"{"))
        for _ in range(20):
            check_created(api.create())


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["Content-Length: -1"], id="case_081_minus_one"),
        pytest.param(["Content-Length: +2"], id="case_081_plus_two"),
        pytest.param(["Content-Length: 1_0"], id="case_081_underscore"),
        pytest.param(["Content-Length: 0x10"], id="case_081_hexadecimal"),
        pytest.param(["Content-Length: 2.0"], id="case_081_fraction"),
        pytest.param(["Content-Length: ²"], id="case_081_superscript"),
        pytest.param(["Content-Length: 2, 3"], id="case_081_list"),
        pytest.param(["Content-Length: 2", "Content-Length: 3"], id="case_081_two_lengths"),
        pytest.param(["Content-Length: " + "9" * 100], id="case_081_a_hundred_digits"),
    ],
)
def test_a_length_that_is_none(wire: Wire, lines: list[str]) -> None:
    """A length is digits, once; anything else is 400 and nothing runs."""
    check_refused_by_parser(wire.ask(wire.create(*lines, body=b"{}")), 400)


@pytest.mark.parametrize("length", [0, 3, len(NORMAL_BODY), 5_000])
def test_case_082_length_and_chunked(wire: Wire, length: int) -> None:
    """The chunks count, the length is ignored, and the connection ends afterwards."""
    with wire.connection() as link:
        deliver(link, wire.create(f"Content-Length: {length}", CHUNKED, body=chunked(NORMAL_BODY)))
        (answer,) = receive(link)
        check_created(answer)
        assert wait_for_end(link) == b""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"zz\r\n" + NORMAL_BODY + b"\r\n0\r\n\r\n", id="case_083_letters"),
        pytest.param(b"-1\r\n" + NORMAL_BODY + b"\r\n0\r\n\r\n", id="case_083_negative"),
        pytest.param(b"\r\n" + NORMAL_BODY + b"\r\n0\r\n\r\n", id="case_083_no_size"),
        pytest.param(b"f" * 17 + b"\r\n" + NORMAL_BODY + b"\r\n0\r\n\r\n", id="case_083_too_large"),
        pytest.param(b"5\r\n" + NORMAL_BODY + b"\r\n0\r\n\r\n", id="case_083_longer_than_its_size"),
    ],
)
def test_a_bad_chunk(wire: Wire, body: bytes) -> None:
    """A chunk that cannot be read makes the body unreadable: 400."""
    check_refused_by_parser(wire.ask(wire.create(CHUNKED, body=body), half_close=True), 400)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(chunked(NORMAL_BODY), id="case_083_one_chunk"),
        pytest.param(chunked(*(NORMAL_BODY[n : n + 1] for n in range(len(NORMAL_BODY)))), id="case_083_single_bytes"),
        pytest.param(chunked(NORMAL_BODY, extension=b";a=b"), id="case_083_small_extension"),
        pytest.param(chunked(NORMAL_BODY, extension=b";" + b"x" * 16_000), id="case_083_extension_of_16_kb"),
        pytest.param(chunked(NORMAL_BODY)[:-2] + b"X-Trailer: 1\r\n\r\n", id="case_083_trailer"),
    ],
)
def test_odd_chunks_that_can_be_read(wire: Wire, body: bytes) -> None:
    """Chunks of any size, with extensions and trailers, are one body."""
    check_created(wire.ask(wire.create(CHUNKED, body=body)))


def test_case_083_a_chunk_extension_of_1_mb(wire: Wire) -> None:
    """An extension that the server's parser reads no further than 16 kB makes the body unreadable."""
    check_refused(wire.ask(wire.create(CHUNKED, body=chunked(NORMAL_BODY, extension=b";" + b"x" * 1_000_000))), 400)


@pytest.mark.parametrize(
    ("lines", "wrap"),
    [
        pytest.param([WHOLE, CHUNKED], b"0\r\n\r\n%b", id="case_084_cl_te"),
        pytest.param(["Content-Length: 4", CHUNKED], b"%x\r\n%b\r\n0\r\n\r\n", id="case_084_te_cl"),
        pytest.param([WHOLE, "Transfer-Encoding : chunked"], b"0\r\n\r\n%b", id="case_084_spaced"),
        pytest.param([WHOLE, "Transfer-Encoding:\r\n chunked"], b"0\r\n\r\n%b", id="case_084_folded"),
        pytest.param([WHOLE, "Transfer-Encoding: xchunked"], b"0\r\n\r\n%b", id="case_084_unknown"),
        pytest.param(["Content-Length: 0", WHOLE], b"%b", id="case_084_two_lengths"),
        pytest.param(["Content-Length : {whole}"], b"%b", id="case_084_spaced_length"),
        pytest.param([CHUNKED, "Transfer-Encoding: identity"], b"0\r\n\r\n%b", id="case_084_two_codings"),
    ],
)
def test_smuggling(wire: Wire, api: Api, lines: list[str], wrap: bytes) -> None:
    """A request hidden in another's body never runs, and there is one answer at most."""
    key = f"smuggled by {lines} in {wrap!r}"
    hidden = wire.whole_create(f"Idempotency-Key: {key}", body=NORMAL_BODY)
    body = wrap % ((len(hidden), hidden) if wrap.startswith(b"%x") else hidden)
    sent = wire.create(*(line.format(whole=len(body)) for line in lines), body=body)
    answers = wire.exchange(sent, answers=2, half_close=True)
    assert len(answers) <= 1, answers
    for answer in answers:
        check_refused_by_parser(answer, 400)
    assert api.create(Idempotency_Key=key).headers["x-mock-idempotency"] == "new"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(f"GET {CLASSROOMS}\r\n\r\n".encode(), id="case_098_http_0_9"),
        pytest.param(f"GET {CLASSROOMS} HTTP/2.0\r\nHost: 127.0.0.1\r\n\r\n".encode(), id="case_098_http_2_line"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)), id="case_098_tls_hello"),
        pytest.param(b"\x00" * 100 + b"\r\n\r\n", id="case_098_nuls"),
        pytest.param(b"\r\n\r\n\r\nhello\r\n\r\n", id="case_098_text"),
    ],
)
def test_what_is_no_http(wire: Wire, data: bytes) -> None:
    """The server says 400 or hangs up."""
    for answer in wire.exchange(data, half_close=True):
        check_refused_by_parser(answer, 400)


def test_case_098_bare_line_feeds(wire: Wire) -> None:
    """Lines may end without a carriage return."""
    request = wire.whole_create(body=NORMAL_BODY).replace(b"\r\n", b"\n")
    check_created(wire.ask(request))


def test_case_099_four_hundred_slow_clients(wire: Wire, api: Api) -> None:
    """200 unfinished headers and 200 unfinished bodies hold up nobody else, and leave nothing behind."""
    with ExitStack() as open_links:
        for beginning in (b"POST /v1/content", wire.create("Content-Length: 100", body=b"{")):
            for _ in range(200):
                deliver(open_links.enter_context(wire.connection()), beginning)
        for _ in range(10):
            check_created(api.create())
    for _ in range(10):
        check_created(api.create())


def test_case_100_a_thousand_dropped_connections(wire: Wire, api: Api, server: RunningServer) -> None:
    """Connections that are opened and dropped leave no descriptor and no thread behind."""
    check_created(api.create())
    before = descriptors(server.pid), threads(server.pid)
    for number in range(1_000):
        with closing(socket.create_connection(("127.0.0.1", wire.port))) as link:
            if number % 2:
                deliver(link, b"GET / HTTP/1.1\r\nHo")
    for _ in range(300):
        check_created(api.create())
        if descriptors(server.pid) <= before[0] + 10:
            break
    assert descriptors(server.pid) <= before[0] + 10
    assert threads(server.pid) <= before[1] + 10


def test_case_101_odd_case(wire: Wire) -> None:
    """Header names have no case."""
    lines = [wire.host.upper(), wire.bearer.replace("Authorization", "aUTHORIZATION"), JSON_LINE.replace("C", "c")]
    top = written(f"POST {EXPANSIONS} HTTP/1.1", *lines, f"CONTENT-LENGTH: {len(NORMAL_BODY)}")
    check_created(wire.ask(top + NORMAL_BODY))


def test_case_101_http_1_0(wire: Wire) -> None:
    """HTTP/1.0 is answered: the connection ends, or stays when the client asks for it."""
    lines = [f"GET {CLASSROOMS} HTTP/1.0", wire.host, wire.bearer]
    with wire.connection() as link:
        deliver(link, written(*lines))
        assert [answer.status for answer in receive(link)] == [200]
        assert wait_for_end(link) == b""
    with wire.connection() as link:
        for _ in range(3):
            deliver(link, written(*lines, "Connection: keep-alive"))
            assert [answer.status for answer in receive(link)] == [200]


def test_case_101_ten_pipelined_reads(wire: Wire, api: Api) -> None:
    """Requests sent in one go are answered in their order."""
    ids = [check_created(api.create())["id"] for _ in range(10)]
    data = b"".join(wire.request("GET", f"{EXPANSIONS}/{job_id}") for job_id in ids)
    assert [answer.json()["id"] for answer in wire.exchange(data, answers=10)] == ids


def test_case_101_pipelined_writes_and_errors(wire: Wire) -> None:
    """A refused request in the middle neither eats its neighbour nor moves the order."""
    parts = [NORMAL_BODY, b"{", NORMAL_BODY, b"[]", NORMAL_BODY]
    data = b"".join(wire.whole_create(body=part) for part in parts)
    assert [answer.status for answer in wire.exchange(data, answers=5)] == [200, 400, 200, 400, 200]
