"""Events of the shipped server: over a real connection, while it runs and when it stops; behind the relay, too."""

import json
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
from mock_server.tests.conftest import StartServer
from mock_server.tests.process import RunningServer

PATIENCE = 20.0
_MOST_QUIET = 10
"""Heartbeats during which nothing is told before a test gives up."""

BODY = json.dumps({"payload": {"level": {"title": "A1"}}})


class Listener:
    """Reads a stream in a thread of its own, line by line; lines that are no event's are chunks' and do no harm."""

    def __init__(self, connection: socket.socket) -> None:
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._thread = Thread(target=self._read, args=(connection,), daemon=True)
        self._thread.start()

    def _read(self, connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("r", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                self._lines.put(line.rstrip())
        self._lines.put(None)

    def until(self, kind: str, **data: object) -> Any:
        """Return the data of the next event of a kind that holds these members."""
        last, quiet = "", 0
        while (line := self._lines.get(timeout=PATIENCE)) is not None and quiet < _MOST_QUIET:
            quiet += line.startswith(":")
            if line.startswith("event: "):
                last = line.removeprefix("event: ")
            if line.startswith("data: ") and last == kind:
                told = json.loads(line.removeprefix("data: "))
                if data.items() <= told.items():
                    return told
        raise AssertionError(f"the stream has not told {kind} {data}")

    def to_its_end(self) -> None:
        """Return when the stream has ended."""
        while self._lines.get(timeout=PATIENCE) is not None:
            pass


@contextmanager
def listening(server: RunningServer) -> Generator[Listener, None, None]:
    """Listen to the default session's events."""
    with socket.create_connection((server.host, server.port), PATIENCE) as connection:
        connection.sendall(f"GET /__admin/events HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n\r\n".encode())
        listener = Listener(connection)
        listener.until("open")
        yield listener
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


def make_job(server: RunningServer) -> str:
    """Make a job that ends by itself after a third of a second, and return its id."""
    connection = HTTPConnection(server.host, server.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json", "Prefer": "after=300ms"}
    connection.request("POST", "/v1/content/integrations/expansions", BODY, headers)
    told = json.loads(connection.getresponse().read())
    connection.close()
    return str(told["id"])


@pytest.mark.parametrize("flags", [(), ("--wire-faults",)], ids=["plain", "relay"])
def test_a_job_is_seen_going_by_itself(start_server: StartServer, flags: tuple[str, ...]) -> None:
    """Made, working, done: each is told while nobody asks anything; the server's end is the stream's."""
    server = start_server(*flags)
    with listening(server) as listener:
        job_id = make_job(server)
        while listener.until("job", id=job_id)["status"] != "completed":
            pass  # a busy machine may look late, and then tells two steps as one
        assert server.stop() == 0
        listener.to_its_end()


def test_whoever_goes_away_gives_the_place_back(start_server: StartServer) -> None:
    """The next thing that happens shows the server that nobody listens any more, and others may."""
    server = start_server()
    for _ in range(3):
        for _ in range(16):
            with listening(server):
                pass
        make_job(server)
    with listening(server) as listener:
        listener.until("job", id=make_job(server))
