"""`Relay`: the listening part, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress
from threading import Event, Thread

from tutorflow_mock.relay.link import Address, ClientSide, Side

_BACKLOG = 1024
_WITHIN = 5.0
_PAUSE = 0.005
_TURNS = 8  # of the loop: what was just accepted needs some until it can be broken off


class Relay:
    """Listens on an address, a free port for 0, and passes what comes to the server at `upstream`.

    Start it after the server's process was forked, which would inherit its sockets and go on without its thread.
    """

    def __init__(self, upstream: Address, address: Address = ("127.0.0.1", 0)) -> None:
        self._upstream = upstream
        self._address = address
        self._open_sides: set[Side] = set()
        self._patience = 0.0
        self._is_up = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> int:
        """Listen, and return the port; raise OSError if the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        # the port may be held by a socket that never listens, see server/port.py
        is_shared = sys.platform == "linux"
        is_dual = family is socket.AF_INET6 and socket.has_dualstack_ipv6()
        self._listener = socket.create_server(
            self._address, family=family, backlog=_BACKLOG, reuse_port=is_shared, dualstack_ipv6=is_dual
        )
        self._thread.start()
        self._is_up.wait(_WITHIN)
        return int(self._listener.getsockname()[1])

    def stop(self, within: float = 0.0) -> None:
        """Stop listening and break off what is still open; stopping twice, or before the start, is no error.

        What a server has said that is gone by now is delivered first, as far as so many seconds suffice.
        """
        if self._loop is not None and self._thread.is_alive():
            self._patience = within
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(_WITHIN + within)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(
            lambda: ClientSide(self._upstream, self._open_sides), sock=self._listener, backlog=_BACKLOG
        )
        self._is_up.set()
        await self._stopping.wait()
        await self._deliver()
        with suppress(NotImplementedError):  # on Windows
            self._loop.remove_reader(self._listener)  # a server that closes forgets whom it is just accepting
        for _ in range(_TURNS):
            for side in tuple(self._open_sides):
                side.transport.abort()
            await asyncio.sleep(0)
        server.close()

    async def _deliver(self) -> None:
        for _ in range(round(self._patience / _PAUSE)):
            if not any(side.is_busy for side in self._open_sides):
                return
            await asyncio.sleep(_PAUSE)
