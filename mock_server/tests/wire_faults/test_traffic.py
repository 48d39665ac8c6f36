"""Normal traffic through the relay of the shipped server: nothing is different, whatever shape it has."""

import json
import re
import socket
from contextlib import ExitStack, closing
from threading import Thread

import pytest
import urllib3
from mock_server.tests.http.answer import check_created, check_refused
from mock_server.tests.http.api import CLASSROOMS, EXPANSIONS
from mock_server.tests.http.wire import CHUNK, chunked, deliver, end, receive, wait_for_end, written
from mock_server.tests.process import RunningServer
from mock_server.tests.wire_faults.tenant import Tenant

BODY = json.dumps({"payload": {"level": {"title": "A1"}}}).encode()
LIMIT = 1 << 20
CROWD = 30
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


def test_a_kept_connection(tenant: Tenant) -> None:
    """One connection carries call after call."""
    with urllib3.HTTPConnectionPool("127.0.0.1", tenant.port, maxsize=1) as pool:
        headers = {"Authorization": f"Bearer {tenant.key}", "Idempotency-Key": "one"}
        ids = {pool.request("POST", EXPANSIONS, json={"payload": {}}, headers=headers).json()["id"] for _ in range(20)}
        assert (pool.num_connections, len(ids)) == (1, 1)


def test_pipelined_requests(tenant: Tenant) -> None:
    """Requests of all kinds sent at once are answered one by one, in order; the answer to HEAD has no body."""
    wire = tenant.wire
    head = wire.request("HEAD", CLASSROOMS)
    rest = (
        wire.whole_create(body=BODY),
        wire.create("Transfer-Encoding: chunked", body=chunked(BODY[:9], BODY[9:])),
        wire.request("GET", CLASSROOMS),
        wire.request("GET", "/nothing"),
        wire.request("GET", CLASSROOMS, "Connection: close"),
    )
    with wire.connection() as link:
        deliver(link, head + b"".join(rest))
        answers = receive(link, 1 + len(rest), heads=1)
        assert [answer.status for answer in answers] == [200, 200, 200, 200, 404, 200]
        assert [answer.body for answer in answers[:1]] == [b""]
        assert answers[0].headers["content-length"] == str(len(answers[3].body))
        assert wait_for_end(link) == b""


def test_leave_to_send(tenant: Tenant) -> None:
    """`Expect: 100-continue` gets its interim answer, or the refusal at once."""
    with tenant.wire.connection() as link:
        deliver(link, tenant.wire.create("Expect: 100-continue", f"Content-Length: {len(BODY)}"))
        assert link.recv(25).startswith(b"HTTP/1.1 100 ")
        deliver(link, BODY)
        check_created(receive(link)[0])
    refused = tenant.wire.create("Expect: 100-continue", f"Content-Length: {LIMIT + 1}")
    check_refused(tenant.wire.ask(refused), 413)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_large_bodies(in_chunks: bool, tenant: Tenant) -> None:  # noqa: FBT001 - a column
    """A megabyte goes through, by length and in chunks."""
    whole = BODY.ljust(LIMIT)
    pieces = [whole[start : start + 70_000] for start in range(0, LIMIT, 70_000)]
    if in_chunks:
        request = tenant.wire.create("Transfer-Encoding: chunked", body=chunked(*pieces))
    else:
        request = tenant.wire.whole_create(body=whole)
    check_created(tenant.wire.ask(request))


def test_large_answers(tenant: Tenant) -> None:
    """Half a megabyte of a listing arrives whole."""
    for _ in range(20):
        tenant.wire.ask(tenant.wire.whole_create(body=BODY.ljust(25_000)))
    assert len(tenant.control.get("/__admin/requests", X_Mock_Session=tenant.id).body) > LIMIT // 2
    assert len(tenant.calls()) == 20


def test_events_arrive_as_they_happen(tenant: Tenant) -> None:
    """An answer that never ends is passed on piece by piece."""
    with tenant.wire.connection() as link:
        deliver(link, tenant.wire.request("GET", "/__admin/events", f"X-Mock-Session: {tenant.id}"))
        read_to(link, b"retry: ")
        check_created(tenant.wire.ask(tenant.wire.whole_create(body=BODY)))
        read_to(link, b"event: ")


def read_to(link: socket.socket, mark: bytes) -> None:
    """Read until this has come."""
    data = b""
    while mark not in data:
        more = link.recv(CHUNK)
        assert more, f"the connection ended before {mark!r}"
        data += more


@pytest.mark.parametrize("size", [LIMIT + 1, 8 * LIMIT])
def test_a_refusal_before_the_end_of_a_large_body(size: int, tenant: Tenant) -> None:
    """413 arrives though the client still sends what nobody reads; then the connection ends."""
    with tenant.wire.connection() as link:
        sender = Thread(target=deliver, args=(link, tenant.wire.create(f"Content-Length: {size}") + bytes(size)))
        sender.start()
        check_refused(receive(link)[0], 413)
        wait_for_end(link)
        sender.join(10.0)


def test_half_a_connection(tenant: Tenant) -> None:
    """That a client has said everything gets through: after an answer it ends, within a body it is the body's end."""
    with tenant.wire.connection() as link:
        deliver(link, tenant.wire.whole_create(body=BODY))
        check_created(receive(link)[0])
        end(link)
        assert wait_for_end(link) == b""
    short = tenant.wire.create(f"Content-Length: {len(BODY) + 1}", body=BODY)
    check_refused(tenant.wire.ask(short, half_close=True), 400)


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(PREFACE, id="http_2"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), id="tls"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", id="a_bad_header"),
        pytest.param(b"GARBAGE\r\n\r\n", id="no_request"),
    ],
)
def test_what_is_no_http_1_ends_soon(nonsense: bytes, relayed: RunningServer) -> None:
    """It is refused as without the relay; HTTP/2, which could not be broken here, is refused as well."""
    with closing(socket.create_connection(("127.0.0.1", relayed.port), 10.0)) as link:
        deliver(link, nonsense)
        assert re.match(rb"HTTP/1.1 400 |\Z", wait_for_end(link))


def test_an_upgrade_to_http_2_is_not_taken(tenant: Tenant) -> None:
    """The answer comes by HTTP/1.1, as from any server that does not upgrade."""
    lines = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA")
    assert tenant.wire.ask(tenant.wire.request("GET", CLASSROOMS, *lines)).status == 200


def hold_up(tenant: Tenant, count: int) -> None:
    """Let half of so many clients never end their headers, the others never their bodies; meanwhile others are served.

    Each of their calls is bounded by the deadline of its connection.
    """
    with ExitStack() as stack:
        for number in range(count):
            link = stack.enter_context(tenant.wire.connection())
            slow = (
                written("POST /x HTTP/1.1")[:-2] if number % 2 else tenant.wire.create("Content-Length: 9", body=b"{")
            )
            deliver(link, slow)
        for _ in range(5):
            with tenant.wire.connection(deadline=5.0) as link:
                deliver(link, tenant.wire.whole_create(body=BODY))
                check_created(receive(link)[0])
    check_created(tenant.wire.ask(tenant.wire.whole_create(body=BODY)))


def test_slow_clients_delay_nobody(tenant: Tenant) -> None:
    """Unfinished headers and bodies stand in nobody's way, and leave nothing behind."""
    hold_up(tenant, CROWD)


@pytest.mark.soak
def test_a_crowd_of_slow_clients(tenant: Tenant) -> None:
    """Two hundred of either kind."""
    hold_up(tenant, 400)
