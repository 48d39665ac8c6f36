"""A server of a few lines on a plain socket: it says word for word what a test wants to be said."""

import socket
from collections.abc import Callable
from queue import Queue
from threading import Thread
from time import sleep

Talk = Callable[[socket.socket], object]

HANG_GUARD = 10.0
LOOPBACK = "127.0.0.1"


class Upstream:
    """Listens, and holds the `talk` with every connection in a thread of its own; `failures` has what went wrong."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listener = socket.create_server((LOOPBACK, 0))
        self.address: tuple[str, int] = (LOOPBACK, self._listener.getsockname()[1])
        self.ended: Queue[Exception | None] = Queue()
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(HANG_GUARD)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            Thread(target=self._hold, args=(connection,), daemon=True).start()

    def _hold(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(HANG_GUARD)
            try:
                self._talk(connection)
            except Exception as error:  # noqa: BLE001 - a test looks at it
                self.ended.put(error)
            else:
                self.ended.put(None)


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Read until these bytes have come; fewer if the other side ends before."""
    data = b""
    while not data.endswith(end) and (piece := connection.recv(1 << 16)):
        data += piece
    return data


def read_exactly(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes; fewer if the other side ends before."""
    data = bytearray()
    while len(data) < size and (piece := connection.recv(min(1 << 16, size - len(data)))):
        data += piece
    return bytes(data)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side ends."""
    data = bytearray()
    while piece := connection.recv(1 << 16):
        data += piece
    return bytes(data)


def says(*answers: bytes, to: bytes = b"\r\n\r\n") -> Talk:
    """Return a talk with one answer to each request, which ends with `to`; then the server hangs up."""

    def talk(connection: socket.socket) -> None:
        for answer in answers:
            read_until(connection, to)
            connection.sendall(answer)

    return talk


def after(request: bytes, *pieces: bytes) -> Talk:
    """Return a talk that reads exactly this much and then says the pieces, each in a packet of its own."""

    def talk(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        got = read_exactly(connection, len(request))
        if got != request:
            raise AssertionError(got)
        for piece in pieces:
            connection.sendall(piece)

    return talk


def is_over(connection: socket.socket, within: float = HANG_GUARD) -> bool:
    """Tell whether the other side breaks off, in order or by a reset, while nothing is read or written."""
    connection.settimeout(within)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def goes_on(connection: socket.socket) -> bool:
    """Send for a second what nobody asked for; tell whether the other side suffers it."""
    try:
        for _ in range(100):
            connection.sendall(b"more")
            sleep(0.01)
    except ConnectionError:
        return False
    return True
