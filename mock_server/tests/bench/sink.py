"""A receiver that answers every delivery at once, in a process of its own, and counts how late each one came.

Run as a file it takes a free port, prints it, and serves until it is terminated; a GET answers `{"late": […]}`: for
each delivery the milliseconds from the job's end, as its body tells it, to the arrival of its last byte.
"""

import asyncio
import json
import time
from datetime import datetime
from typing import Any

import click

END = b"\r\n\r\n"
LENGTH = b"content-length: "
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"

late: list[float] = []


def lateness(body: bytes) -> float:
    """Return the milliseconds since the job's end."""
    now = time.time()
    told: dict[str, Any] = json.loads(body)
    return (now - datetime.fromisoformat(str(told["completedAt"])).timestamp()) * 1000


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection."""
    head = await reader.readuntil(END)
    if head.startswith(b"GET"):
        told = json.dumps({"late": late}).encode()
        writer.write(OK % (len(told), told))
    else:
        at = head.lower().index(LENGTH) + len(LENGTH)
        late.append(lateness(await reader.readexactly(int(head[at:].split(b"\r\n", 1)[0]))))
        writer.write(OK % (0, b""))
    await writer.drain()
    writer.close()


async def main() -> None:
    """Serve."""
    server = await asyncio.start_server(take, "127.0.0.1", 0, backlog=1024)
    click.echo(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
