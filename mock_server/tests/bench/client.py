"""A load generator for where there is no wrk: one process, keep-alive connections, one request at a time on each.

Run as a file it reads a JSON object from stdin (`host port head body seconds connections`; `{n}` in `head` becomes a
number of its own in each request) and prints `{"rate": …, "refused": …}`.
"""

import json
import select
import socket
import sys
import time
from typing import Any

import click

END = b"\r\n\r\n"
LENGTH = b"content-length: "
PIECE = 1 << 16


class Exchange:
    """A connection with a request on its way, and what has come back of the answer."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def is_answered(self) -> bool:
        """Read what is there, and tell whether the answer is whole."""
        self.received += self.socket.recv(PIECE)
        head, end, body = self.received.partition(END)
        if not end:
            return False
        at = head.lower().index(LENGTH) + len(LENGTH)
        return len(body) >= int(head[at:].split(b"\r\n", 1)[0])


def run(order: dict[str, Any]) -> dict[str, float]:
    """Send requests for so many seconds, and return answers a second and how many were no 2xx."""
    head, body = order["head"], order["body"].encode()
    exchanges = [Exchange(order["host"], order["port"]) for _ in range(order["connections"])]
    by_number = {exchange.socket.fileno(): exchange for exchange in exchanges}
    poll = select.poll()
    sent = refused = 0

    def send(exchange: Exchange) -> None:
        nonlocal sent
        sent += 1
        exchange.received = b""
        exchange.socket.sendall(head.replace("{n}", str(sent)).encode() + body)

    for exchange in exchanges:
        poll.register(exchange.socket, select.POLLIN)
        send(exchange)
    began = time.perf_counter()
    while time.perf_counter() - began < order["seconds"]:
        for number, _ in poll.poll(1000):
            exchange = by_number[number]
            if exchange.is_answered():
                refused += not exchange.received.startswith(b"HTTP/1.1 2")
                send(exchange)
    answered = sent - len(exchanges)
    return {"rate": answered / (time.perf_counter() - began), "refused": refused}


if __name__ == "__main__":
    click.echo(json.dumps(run(json.load(sys.stdin))))
