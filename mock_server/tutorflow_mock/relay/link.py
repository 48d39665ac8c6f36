"""One client's connection through the relay: two sides, what goes between them, and what a fault makes of it."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeAlias, cast

from tutorflow_mock.domain.faults import WIRE_HEADER
from tutorflow_mock.relay.messages import Requests, Responses

GARBAGE = b"{lost in the harbour: 0x1f9e5]#;'~*\r\n"
"""What stands where the size of a chunk, or a status line, belongs."""

Address: TypeAlias = "tuple[str, int]"

_MARK = f"\r\n{WIRE_HEADER.lower()}:".encode()
_FAULT = re.compile(re.escape(_MARK) + rb"[ \t]*([^\r\n]*)", re.IGNORECASE)
_FRAMING = re.compile(rb"\r\n(?:content-length|transfer-encoding):[^\r\n]*", re.IGNORECASE)
_DRIBBLE = re.compile(rb"dribble ([1-9][0-9]{0,3}) ([0-9]{1,5})")
_RESETS = frozenset({b"lost-response", b"connection-reset-by-peer"})
_LINGER_OFF = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_HIGH_WATER = 1 << 18
_LISTEN_ON = 2.0  # seconds in which a client may still send what nobody reads; a reset would destroy what it was sent


class Side(asyncio.Protocol):
    """One end of a link, in `open_sides` while it lasts. What it cannot write fast enough, the other does not read."""

    other: Side
    transport: asyncio.Transport

    def __init__(self, open_sides: set[Side]) -> None:
        self._open_sides = open_sides

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(_HIGH_WATER)
        # asyncio does this by itself only for sockets that know their protocol, and accepted ones do not: without it
        # the second part of an answer waits 40 ms for the client's kernel to acknowledge the first
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open_sides.add(self)

    @property
    def is_busy(self) -> bool:
        """Tell whether something is still to be written."""
        return self.transport.get_write_buffer_size() > 0

    def pause_writing(self) -> None:
        """Let the other side wait."""
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Let the other side go on."""
        self.other.transport.resume_reading()


class ClientSide(Side):
    """The end towards the client; the one towards the server at `upstream` is its making."""

    _connecting: asyncio.Task[None]

    def __init__(self, upstream: Address, open_sides: set[Side]) -> None:
        super().__init__(open_sides)
        self._upstream = upstream
        self._is_deaf = False
        self._heads: deque[bool] = deque()
        self._requests = Requests(self._heads)
        self._closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read nothing before there is somebody to tell."""
        super().connection_made(transport)
        self.transport.pause_reading()
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: ServerSide(self, self._open_sides, self._heads), *self._upstream)
        except OSError:
            self.reset()
        else:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Pass bytes on, and note what they ask for."""
        if self._is_deaf or self.other.transport.is_closing():
            return
        self._requests.feed(data)
        while self._requests.next() is not None:
            pass
        self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Pass on that no more will come; answers still may."""
        if not self._is_deaf:
            self.other.transport.write_eof()
        return not self._is_deaf

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the other side go, once it has got everything that an orderly client has sent."""
        self._open_sides.discard(self)
        self._connecting.cancel()
        if self._closing is not None:
            self._closing.cancel()
        if hasattr(self, "other"):
            ends = self.other.transport.close if exc is None else self.other.transport.abort
            ends()

    def reset(self) -> None:
        """Break the connection off with a reset; what was not sent yet is lost."""
        connection = cast("socket.socket", self.transport.get_extra_info("socket"))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self.transport.abort()

    def hang_up(self) -> None:
        """Say that nothing more comes, and close when the client has, too, or after a while."""
        if self._is_deaf or self.transport.is_closing():
            return
        self._is_deaf = True
        self.transport.write_eof()
        self.transport.resume_reading()
        self._closing = asyncio.get_running_loop().call_later(_LISTEN_ON, self.transport.close)


class ServerSide(Side):
    """The end towards the server: here answers are looked at."""

    def __init__(self, client: ClientSide, open_sides: set[Side], heads: deque[bool]) -> None:
        super().__init__(open_sides)
        self.other = self._client = client
        self._responses = Responses(heads)
        self._ready: list[bytes] = []
        self._kept: list[bytes] = []
        self._dribble: tuple[int, int] | None = None
        self._is_dripping = False
        self._has_ended = False
        self._is_over = False

    @property
    def is_busy(self) -> bool:
        """Tell whether the server may still say something, or has said something that is not passed on yet."""
        return not self._is_over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Meet the client."""
        super().connection_made(transport)
        self._client.other = self

    def data_received(self, data: bytes) -> None:
        """Pass answers on, as their heads ask for."""
        self._responses.feed(data)
        self._work()

    def eof_received(self) -> bool:
        """Pass on that no more will come, behind everything that has."""
        self._has_ended = True
        self._work()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take it as the end; of a server that did not hear the client out, its last words count all the same."""
        self._open_sides.discard(self)
        if exc is not None:
            self._hear_out()
        self.eof_received()

    def _hear_out(self) -> None:
        """Read what has arrived: a transport that cannot write any more gives it up unread."""
        with suppress(OSError), self.transport.get_extra_info("socket").dup() as connection:
            connection.setblocking(False)  # noqa: FBT003 - the socket's signature
            while piece := connection.recv(_HIGH_WATER):
                self._responses.feed(piece)

    def _work(self) -> None:
        """Pass on what is there; a dribble stops it, and calls again when it is through."""
        while not self._is_dripping and not self._is_over and (event := self._responses.next()) is not None:
            self._take(*event)
        self._flush()
        if self._has_ended and not self._is_dripping and not self._is_over:
            self._end()

    def _take(self, kind: str, data: bytes) -> None:
        if kind == "head":
            data = self._heed(data)
        if kind == "end" and self._dribble is not None:
            self._begin_to_drip()
        elif data:
            (self._ready if self._dribble is None else self._kept).append(data)

    def _flush(self) -> None:
        if self._ready:
            self.other.transport.write(b"".join(self._ready))
            self._ready.clear()

    def _heed(self, head: bytes) -> bytes:
        """Do what a head asks for, and return what is left of it to pass on; nobody is to see what was asked."""
        if _MARK not in head.lower():
            return head
        fault = _FAULT.findall(head)[0].strip().lower()
        head = _FAULT.sub(b"", head)
        if dribble := _DRIBBLE.fullmatch(fault):
            self._dribble = int(dribble[1]), int(dribble[2])
        elif fault in _RESETS:
            return self._break_off(b"", self._client.reset)
        elif fault == b"empty-response":
            return self._break_off(b"", self._client.hang_up)
        elif fault == b"random-data-then-close":
            return self._break_off(GARBAGE, self._client.hang_up)
        elif fault == b"malformed-response-chunk":
            return self._break_off(_in_chunks(head) + GARBAGE, self._client.hang_up)
        return head

    def _break_off(self, last_words: bytes, leave: Callable[[], None]) -> bytes:
        self._is_over = True
        self._ready.append(last_words)
        self._flush()
        leave()
        self.transport.abort()
        return b""

    def _begin_to_drip(self) -> None:
        pieces, milliseconds = cast("tuple[int, int]", self._dribble)
        whole = b"".join(self._kept)
        size = -(-len(whole) // pieces)
        self._kept.clear()
        self._dribble, self._is_dripping = None, True
        self._flush()
        parts = (whole[start : start + size] for start in range(0, len(whole), size))
        self._drip(parts, milliseconds / 1000 / pieces)

    def _drip(self, parts: Iterator[bytes], pause: float) -> None:
        part = None if self.other.transport.is_closing() else next(parts, None)
        if part is None:
            self._is_dripping = False
            self._work()
        else:
            self.other.transport.write(part)
            asyncio.get_running_loop().call_later(pause, self._drip, parts, pause)

    def _end(self) -> None:
        self._is_over = True
        self._ready += [*self._kept, self._responses.rest()]
        self._flush()
        self._client.hang_up()


def _in_chunks(head: bytes) -> bytes:
    """Return a head that announces chunks, whatever it said of the length of its body."""
    return _FRAMING.sub(b"", head)[: -len(b"\r\n")] + b"Transfer-Encoding: chunked\r\n\r\n"
