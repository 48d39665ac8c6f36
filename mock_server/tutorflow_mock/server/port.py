"""The port of a server: found or checked before anything else starts, and kept for it."""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"

_ANY = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - where a server on every address is spoken to
_BY_NAME = {"localhost": LOOPBACK}


class CannotListen(Exception):
    """An address cannot be listened on; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A numeric address and a port that are this server's alone.

    granian binds with SO_REUSEPORT, under which a second server would share a port without a word. So the port is first
    bound without it, which only one can do, and the bound socket, which never listens, is kept while the server runs.
    """

    address: str
    port: int
    _holder: socket.socket

    @property
    def url(self) -> str:
        """Return the address that a client of this machine uses."""
        host = _ANY.get(self.address, self.address)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def leave(self) -> None:
        """Let the port go."""
        self._holder.close()


def take(host: str, port: int) -> Seat:
    """Take a port of an address, a free one for 0; raise CannotListen with a sentence for the user."""
    try:
        family, _, _, _, (address, *_) = socket.getaddrinfo(_BY_NAME.get(host, host), port, type=socket.SOCK_STREAM)[0]
        holder = socket.socket(family)
    except (OSError, UnicodeError) as error:
        raise CannotListen(f"--host {host} is no address of this machine: give an IP address or localhost") from error
    try:
        return Seat(str(address), _bind(holder, str(address), port), holder)
    except (OSError, OverflowError) as error:
        holder.close()
        raise CannotListen(_sentence(host, port, error)) from error


def _bind(holder: socket.socket, address: str, port: int) -> int:
    is_linux = sys.platform == "linux"
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(is_linux))  # connections of the last run may linger
    holder.bind((address, port))
    number = int(holder.getsockname()[1])
    if is_linux:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    else:
        holder.close()  # elsewhere granian binds alone
    return number


def _sentence(host: str, port: int, error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"port {port} of {host} is in use: stop what listens there, or take a free port with --port 0"
    if number == errno.EACCES:
        return f"port {port} of {host} is not allowed for this user: take one above 1023, or a free one with --port 0"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"--host {host} --port {port} cannot be listened on ({reason}): give an address of this machine"
