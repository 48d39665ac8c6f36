"""A session on a server that breaks connections: what is sent to it, what is seen of its answers, what it has kept."""

import json
import socket
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

from mock_server.tests.http.api import Api
from mock_server.tests.http.wire import CHUNK, HANG_GUARD, Wire

SESSIONS = "/__admin/sessions"


class Seen(NamedTuple):
    """What came of a connection: its bytes as they arrived, and whether a reset ended it."""

    pieces: tuple[bytes, ...]
    was_reset: bool

    @property
    def data(self) -> bytes:
        """All bytes."""
        return b"".join(self.pieces)


@dataclass(frozen=True)
class Tenant:
    """One session, its key, and a client of the control plane."""

    port: int
    key: str
    id: str
    control: Api

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def wire(self) -> Wire:
        """A writer of raw requests with the session's key."""
        return Wire(self.port, self.key)

    def create(self, *lines: str, title: str = "A1") -> bytes:
        """Return a create, always with the same idempotency key."""
        body = json.dumps({"payload": {"level": {"title": title}}}).encode()
        return self.wire.whole_create("Idempotency-Key: one", *lines, body=body)

    def watch(self, request: bytes) -> Seen:
        """Send a request and read until the connection ends."""
        with closing(socket.create_connection(("127.0.0.1", self.port), HANG_GUARD)) as link:
            link.sendall(request)
            return watch(link)

    def jobs(self) -> list[dict[str, Any]]:
        """List the jobs that the session keeps."""
        found: list[dict[str, Any]] = self.control.get("/__admin/jobs", X_Mock_Session=self.id).json()["jobs"]
        return found

    def calls(self) -> list[dict[str, Any]]:
        """List the calls that the session's journal has, the latest first."""
        found: list[dict[str, Any]] = self.control.get("/__admin/requests", X_Mock_Session=self.id).json()["requests"]
        return found

    def rules(self) -> list[dict[str, Any]]:
        """List the session's rules."""
        found: list[dict[str, Any]] = self.control.get("/__admin/faults", X_Mock_Session=self.id).json()["faults"]
        return found

    def rule(self, fault: str, **members: object) -> None:
        """Let the next create meet a fault."""
        rule = {"operation": "createExpansion", "times": 1, "fault": fault, **members}
        answer = self.control.post("/__admin/faults", rule, X_Mock_Session=self.id)
        assert answer.status == 201, answer.body


def watch(link: socket.socket) -> Seen:
    """Read until a connection ends; silence beyond the deadline fails the test."""
    pieces: list[bytes] = []
    try:
        while piece := link.recv(CHUNK):
            pieces.append(piece)
    except ConnectionResetError:
        return Seen(tuple(pieces), was_reset=True)
    return Seen(tuple(pieces), was_reset=False)
