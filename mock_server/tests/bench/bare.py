"""The least that a Python server can do: a fixed JSON answer, the JSON of a POST parsed; served as the mock is.

The answer is an example of the contract's, so that both servers write about as many bytes.

Run as a file it takes a free port, prints `{"url": …}` and serves until SIGTERM.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from tutorflow_mock.server.port import take
from tutorflow_mock.server.serving import Supervisor, in_worker
from tutorflow_mock.server.stop import Stop
from tutorflow_openapi import load

EXAMPLES = load().operations["createExpansion"].responses[200].examples
BODY = max((json.dumps(example) for example in EXAMPLES.values()), key=len).encode()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    """Answer one WSGI call."""
    if environ["REQUEST_METHOD"] == "POST":
        json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    start_response("200 OK", HEADERS)
    return [BODY]


def main() -> int:
    """Serve the bare application."""
    stopping, seat = Stop(), take("127.0.0.1", 0)
    ready = partial(click.echo, json.dumps({"url": seat.url}))
    return Supervisor(seat, stopping, ready, health="/").run(partial(in_worker, application))


if __name__ == "__main__":
    sys.exit(main())
