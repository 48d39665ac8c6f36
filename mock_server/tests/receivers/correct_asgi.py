"""A correct receiver as an ASGI application, on granian: `python correct_asgi.py SECRET` prints its port and serves."""

import asyncio
import hashlib
import hmac
import json
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server

Message = MutableMapping[str, Any]
SECRET = sys.argv[1].encode()
HIGHEST = 2_000_000
done: set[tuple[str, str]] = set()


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer deliveries on /hook and the number of effects on /count."""
    if scope["type"] != "http":
        return
    status, told = 200, b""
    if scope["path"] == "/count":
        told = json.dumps({"count": len(done)}).encode()
    elif scope["method"] != "POST":
        status = 405
    else:
        status = taken(scope["headers"], await body_of(receive))
    headers = [(b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": told})


async def body_of(receive: Callable[[], Awaitable[Message]]) -> bytes | None:
    """Return the raw body; None where it is too large or was broken off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body) if len(body) <= HIGHEST else None


def taken(headers: list[tuple[bytes, bytes]], body: bytes | None) -> int:
    """Verify a delivery, let it have its effect once, and return the status."""
    if body is None:
        return 413
    given = [value for name, value in headers if name.lower() == b"x-content-integration-signature"]
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    if len(given) != 1 or not hmac.compare_digest(expected, given[0]):
        return 401
    try:
        job_id = json.loads(body)["jobId"]
    except (ValueError, TypeError, KeyError):
        return 400
    if not isinstance(job_id, str):
        return 400
    event = next((value for name, value in headers if name.lower() == b"x-content-integration-event"), b"").decode()
    if event in {"content.completed", "content.failed"}:
        done.add((job_id, event))
    return 202


async def main() -> None:
    """Serve, and print the port once somebody listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(app, "127.0.0.1", port, interface=Interfaces.ASGINL, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    for _ in range(500):
        with suppress(OSError):
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            break
        await asyncio.sleep(0.02)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await serving


if __name__ == "__main__":
    asyncio.run(main())
