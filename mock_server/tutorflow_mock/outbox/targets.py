"""From the URL of a subscription to the addresses that one attempt may connect to."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Literal, cast
from urllib.parse import quote

from tutorflow_mock.outbox.addresses import Policy, Refusal, ascii_name, read_address

Resolve = Callable[[str, int], Sequence[str]]
"""Finds the addresses of a host, best first; raises OSError where there are none, TimeoutError where they are late."""

LONGEST = 2_048
"""Characters of a URL."""
PATIENCE = 5.0
"""Seconds that the system's resolver may take."""

_URL = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s\[\]/?#@:\\%]+))"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?"
)
_DOUBTFUL = re.compile(r"[\x00-\x20\x7f-\xa0#\ud800-\udfff]")
_STAYS = "/?:@!$&'()*+,;=%[]"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where an attempt goes: its host in ASCII for Host and SNI, its path with the query, its judged addresses."""

    scheme: Literal["http", "https"]
    host: str
    addresses: tuple[str, ...]
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return the Host header: the port only where it is not the scheme's own."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why an attempt goes nowhere: one word, and the address it is about; beside it the host and port of the URL."""

    reason: Refusal | Literal["invalid-url"]
    address: str | None = None
    host: str = field(default="", compare=False)
    port: int = field(default=0, compare=False)


def choose(url: str, policy: Policy, resolve: Resolve) -> Target | Blocked:
    """Resolve a URL's host once and judge every address; one that is refused blocks them all.

    Raises OSError where the name leads nowhere, as the resolver says it.
    """
    target = read_url(url)
    if target is None:
        return Blocked("invalid-url")
    found = tuple(dict.fromkeys(map(read_address, resolve(target.host, target.port))))
    for address in found:
        if (reason := policy.refusal(target.host, address, target.port)) is not None:
            return Blocked(reason, str(address), target.host, target.port)
    if not found:
        raise OSError(f"{target.host} has no address")
    return Target(target.scheme, target.host, tuple(map(str, found)), target.port, target.path)


def read_url(url: str) -> Target | None:
    """Return a URL's parts, its addresses still open; None where it is no plain http or https URL."""
    parts = None if len(url) > LONGEST or _DOUBTFUL.search(url) else _URL.fullmatch(url)
    if parts is None:
        return None
    scheme = cast("Literal['http', 'https']", parts["scheme"].lower())
    port = int(parts["port"] or _PORTS[scheme])
    try:
        host = str(IPv6Address(parts["six"])) if parts["six"] else ascii_name(parts["host"])
    except ValueError:
        return None
    rest = quote(parts["rest"] or "/", safe=_STAYS)
    return Target(scheme, host, (), port, rest if rest.startswith("/") else f"/{rest}") if 0 < port < 1 << 16 else None


def look_up(host: str, port: int, *, patience: float = PATIENCE) -> tuple[str, ...]:
    """Ask the system's resolver, within seconds that it has no bound for itself; a `Resolve`."""
    answers: SimpleQueue[tuple[str, ...] | OSError] = SimpleQueue()
    Thread(target=_ask, args=(host, port, answers), name="tutorflow-resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except Empty:
        raise TimeoutError(f"{host} was not resolved within {patience:g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _ask(host: str, port: int, answers: SimpleQueue[tuple[str, ...] | OSError]) -> None:
    try:
        answers.put(tuple(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except OSError as error:
        answers.put(error)
    except ValueError as error:
        answers.put(OSError(str(error)))
