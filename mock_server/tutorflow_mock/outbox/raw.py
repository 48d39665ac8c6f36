"""One attempt on the wire in a way that no HTTP client has: chunked, byte by byte, by an old version, cut short."""

from __future__ import annotations

from functools import partial
from http.client import HTTPResponse
from threading import Event
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain.misbehaviours.letters import PLAIN, Send
from tutorflow_mock.outbox.sender import Exchange, HungUp, Line, Outcome, Terms, made, send

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tutorflow_mock.domain.misbehaviours.letters import Wire
    from tutorflow_mock.outbox.targets import Target

_CHUNK = 64
"""Bytes of a chunk of a chunked body."""
_READ = 8 * 1024
_CONTINUES_WITHIN = 0.5
"""Seconds that a sender waits for `100 Continue` before it goes on anyway (RFC 9110, 10.1.1)."""


def deliver(target: Target, letter: Send, terms: Terms) -> Outcome:
    """Make one request as its wire says and read its answer, the last one where it is repeated."""
    if letter.wire == PLAIN:
        return send(target, letter.headers, letter.body, terms)
    return made(Exchange(target, terms), partial(_run, letter, target, terms))


def _run(letter: Send, target: Target, terms: Terms, exchange: Exchange) -> None:
    line = exchange.opened()
    head, body = _head(letter, target), _framed(letter)
    for _ in range(letter.wire.repeats):
        _speak(line, head, body, letter.wire, terms)
        response = HTTPResponse(cast("socket.socket", line), method=letter.wire.method)
        response.begin()
        exchange.take(response.status, response.getheaders(), partial(response.read1, _READ))
        if response.will_close:
            break


def _speak(line: Line, head: bytes, body: bytes, wire: Wire, terms: Terms) -> None:
    """Send a request, in packets and with pauses where its wire says so."""
    if wire.expects_continue:
        line.sendall(head)
        line.is_answering(_CONTINUES_WITHIN)
        head = b""
    packets = list(_packets(head + body, wire.packet))
    pause = wire.span / len(packets)
    for packet in packets:
        line.sendall(packet)
        if pause:
            _rest(pause, terms)
    if wire.close_after is not None:
        _rest(wire.close_after, terms)
        raise HungUp


def _rest(seconds: float, terms: Terms) -> None:
    (terms.stop or Event()).wait(seconds)


def _packets(data: bytes, size: int) -> Iterator[bytes]:
    step = size or len(data)
    return (data[start : start + step] for start in range(0, len(data), step))


def _head(letter: Send, target: Target) -> bytes:
    wire = letter.wire
    fields = [("Host", target.authority), *letter.headers]
    if wire.is_chunked:
        fields.append(("Transfer-Encoding", "chunked"))
    elif letter.body:
        fields.append(("Content-Length", str(len(letter.body))))
    if wire.expects_continue:
        fields.append(("Expect", "100-continue"))
    lines = (f"{_spelt(name, wire.case)}: {value}\r\n" for name, value in fields)
    return f"{wire.method} {target.path} HTTP/{wire.version}\r\n{''.join(lines)}\r\n".encode("latin-1")


def _spelt(name: str, case: str) -> str:
    match case:
        case "lower":
            return name.lower()
        case "odd":
            return "".join(each.upper() if index % 2 else each.lower() for index, each in enumerate(name))
        case _:
            return name


def _framed(letter: Send) -> bytes:
    if not letter.wire.is_chunked:
        return letter.body
    chunks = _packets(letter.body, _CHUNK) if letter.body else iter(())
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
