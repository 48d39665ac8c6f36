"""Where the messages of an HTTP/1.1 connection begin and end, as far as the relay must know it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

Event: TypeAlias = "tuple[Literal['head', 'body', 'end'], bytes]"
"""A whole head, a piece of a body as it came, or the end of a message; together they are the stream."""

State: TypeAlias = "Callable[[], Event | None]"

LONGEST_HEAD = 1 << 16
_LONGEST_SIZE_LINE = 1 << 10
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_VERSION = b"HTTP/1."
_BLANK = b"\r\n\r\n"


class Messages:
    """Reads a stream piece by piece; where it is no HTTP/1.1, the rest of it is one body without an end."""

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0
        self._state: State = self._head

    def feed(self, data: bytes) -> None:
        """Take bytes as they came."""
        self._buffer = self._buffer + data if self._buffer else data

    def next(self) -> Event | None:
        """Return what comes next, or None until there is more."""
        return self._state()

    def rest(self) -> bytes:
        """Return what was fed and means nothing yet; the stream has ended."""
        return self._taken(len(self._buffer))

    def _body_of(self, head: bytes) -> State:
        """Return how the body after a head (in small letters) is read."""
        if b"\r\ntransfer-encoding:" in head and _CHUNKED.search(head):
            return self._chunk_size
        found = _LENGTH.search(head)
        if found is None:
            return self._undelimited()
        self._left = int(found[1])
        return self._counted

    def _undelimited(self) -> State:
        """Return how a body without a length is read: until the stream ends."""
        return self._blind

    def _taken(self, size: int) -> bytes:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _head(self) -> Event | None:
        end = self._buffer.find(_BLANK)
        if 0 <= end <= LONGEST_HEAD:
            head = self._taken(end + len(_BLANK))
            self._state = self._body_of(head.lower())
            return "head", head
        if len(self._buffer) > LONGEST_HEAD:
            self._state = self._blind
            return self._blind()
        return None

    def _counted(self) -> Event | None:
        if not self._left:
            return self._end()
        if not self._buffer:
            return None
        piece = self._taken(self._left)
        self._left -= len(piece)
        return "body", piece

    def _end(self) -> Event:
        self._state = self._head
        return "end", b""

    def _chunk_size(self) -> Event | None:
        found = _CHUNK_SIZE.match(self._buffer)
        if found is None:
            if b"\r\n" in self._buffer or len(self._buffer) > _LONGEST_SIZE_LINE:
                self._state = self._blind
                return self._blind()
            return None
        self._left = int(found[1], 16) + len(b"\r\n")
        self._state = self._chunk if self._left > len(b"\r\n") else self._trailers
        return "body", self._taken(found.end())

    def _chunk(self) -> Event | None:
        if not self._left:
            self._state = self._chunk_size
            return self._chunk_size()
        return self._counted()

    def _trailers(self) -> Event | None:
        end = len(b"\r\n") if self._buffer[:2] == b"\r\n" else self._buffer.find(_BLANK) + len(_BLANK)
        if end < len(_BLANK) and self._buffer[:2] != b"\r\n":
            return None
        self._state = self._end
        return "body", self._taken(end)

    def _blind(self) -> Event | None:
        return ("body", self._taken(len(self._buffer))) if self._buffer else None


class Requests(Messages):
    """What a client sends; `heads` gets True for each request for a head, False for each other one."""

    def __init__(self, heads: deque[bool]) -> None:
        super().__init__()
        self._heads = heads

    def _head(self) -> Event | None:
        self._buffer = self._buffer.lstrip(b"\r\n")
        return super()._head()

    def _body_of(self, head: bytes) -> State:
        self._heads.append(head.startswith(b"head "))
        return super()._body_of(head)

    def _undelimited(self) -> State:
        return self._end


class Responses(Messages):
    """What a server answers; `heads` tells of each answer whether only its head comes."""

    def __init__(self, heads: deque[bool]) -> None:
        super().__init__()
        self._heads = heads

    def _head(self) -> Event | None:
        if self._buffer[: len(_VERSION)] != _VERSION[: len(self._buffer)]:
            self._state = self._blind
            return self._blind()
        return super()._head()

    def _body_of(self, head: bytes) -> State:
        status = head[9:12]
        if status == b"101":
            return self._blind
        if status[:1] == b"1":
            return self._end
        is_head = self._heads.popleft() if self._heads else False
        return self._end if is_head or status in {b"204", b"304"} else super()._body_of(head)
