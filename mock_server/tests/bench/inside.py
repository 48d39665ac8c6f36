"""What is measured without a socket, each in a process of its own.

`python -m mock_server.tests.bench.inside reads|memory|advance COUNT` prints a number.

`reads`: status reads a second through the WSGI callable. `memory`: bytes that a stored job takes beyond its body.
`advance`: seconds that the clock takes to move by an hour over so many queued jobs.
"""

import gc
import io
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from flask import Flask

from tutorflow_mock import Settings, create_app
from tutorflow_mock.domain.idempotency import policy
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.operations.world import World

MANY = 1 << 40
EXPANSIONS = "/v1/content/integrations/expansions"
BODY = (Path(__file__).parent / "create.json").read_bytes()
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0


def application(clock: str = "running") -> Flask:
    """Return the mock with its two bounds lifted."""
    app = create_app(Settings(seed="42", clock=clock, job_limit=MANY))
    world: World = app.extensions["tutorflow_mock"]
    world.store.change_key("default", HARBOUR.key_id, lambda key: replace(key, rate_limit=MANY))
    return app


def environ(method: str, path: str, body: bytes = b"", **more: str) -> dict[str, Any]:
    """Return a WSGI environment as the server makes it."""
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_AUTHORIZATION": f"Bearer {HARBOUR.api_key}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        **more,
    }


def call(app: Flask, request: dict[str, Any]) -> bytes:
    """Return the body of an answer, which must be a success."""
    statuses: list[str] = []
    body = b"".join(app(request, lambda status, _: statuses.append(status)))  # type: ignore[arg-type]  # a WSGI server's
    if not statuses[0].startswith("2"):
        raise RuntimeError(f"{request['PATH_INFO']} answered {statuses[0]}: {body!r}")
    return body


def create(app: Flask, number: int) -> str:
    """Create a job under a key of its own, and return its id."""
    request = environ("POST", EXPANSIONS, BODY, HTTP_IDEMPOTENCY_KEY=f"inside-{number}")
    return str(json.loads(call(app, request))["id"])


def reads(count: int) -> float:
    """Return how many status reads a second the WSGI callable answers."""
    app = application()
    path = f"{EXPANSIONS}/{create(app, 0)}"
    requests = [environ("GET", path) for _ in range(count)]
    began = time.perf_counter()
    for request in requests:
        call(app, request)
    return count / (time.perf_counter() - began)


def memory(count: int) -> float:
    """Return how many bytes a job and its idempotency key take beyond the body that made it."""
    app = application()
    for number in range(2000):  # fills the journal, and whatever is made once
        create(app, number)
    before = resident()
    for number in range(2000, 2000 + count):
        create(app, number)
    return (resident() - before) / count - len(BODY)


def advance(count: int) -> float:
    """Return how many seconds the clock takes to move by an hour over so many queued jobs."""
    app = application(clock="2026-07-06T09:00:00Z")
    world: World = app.extensions["tutorflow_mock"]
    job = world.store.read_job("default", create(app, 0), None, 0)
    session = world.store.session("default")
    if job is None or session is None:
        raise RuntimeError("the job that was just created is not there")
    rules = policy(world.contract_of(session).values)
    numbers = iter(range(1, count))

    def twin() -> Job:
        return replace(job, id=f"{next(numbers):032x}", idempotency_key=None)

    for _ in range(1, count):
        world.store.create_job_once("default", twin, None, job.created_at, rules)
    body = b'{"action": "advance", "by": "PT1H"}'
    request = environ("PUT", "/__admin/clock", body)
    began = time.perf_counter()
    call(app, request)
    return time.perf_counter() - began


def resident() -> int:
    """Return the bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


if __name__ == "__main__":
    click.echo(json.dumps({"reads": reads, "memory": memory, "advance": advance}[sys.argv[1]](int(sys.argv[2]))))
