"""What is measured of webhooks and sessions, each in a process of its own; the receiver is a process beside it.

`python -m mock_server.tests.bench.outbox deliveries|stepped|late|sessions COUNT` prints a number, for `late` two.

`deliveries`: deliveries a second while the clock runs, `stepped`: the same under `advance`; four subscriptions share
the jobs' ends. `late`: milliseconds from a job's end to the arrival of its first attempt, median and 95th percentile.
`sessions`: milliseconds to open a session and end it again, by the control plane.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen

import click
from flask import Flask
from mock_server.tests.bench.inside import application, call, create, environ

from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.operations.world import World

HERE = Path(__file__).parent
WEBHOOKS = f"/v1/content/organizations/{HARBOUR.organization.id}/webhooks"
SUBSCRIPTIONS = 4
PATIENCE = 600.0
APART = 0.01
"""Seconds between two ends of jobs where it is the delay that counts."""


@contextmanager
def receiving() -> Generator[str]:
    """Run the receiver, and give its address."""
    with subprocess.Popen([sys.executable, HERE / "sink.py"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.terminate()


def told(app: Flask, method: str, path: str, body: object) -> Any:
    """Return the JSON of a call with the demo admin's cookie that succeeds."""
    request = environ(method, path, json.dumps(body).encode(), HTTP_COOKIE=f"jwt={HARBOUR.cookie}")
    return json.loads(call(app, request))


def subscribed(url: str, subscriptions: int, **programme: str) -> Flask:
    """Return a mock whose jobs go this way and are heard by that many subscriptions."""
    app = application()
    for _ in range(subscriptions):
        told(app, "POST", WEBHOOKS, {"url": url, "events": ["content.completed"]})
    told(app, "PUT", "/__admin/programmes/default", {"progression": "time", "processing": "PT0S", **programme})
    return app


def wait_for_all(app: Flask, count: int) -> None:
    """Wait until so many deliveries have been made and sent."""
    world: World = app.extensions["tutorflow_mock"]
    store = world.store
    while not store.wait_until_idle("default", PATIENCE) or store.next_due("default") is not None:
        Event().wait(0.01)
    sent = sum(each.status == "sent" for each in store.deliveries("default"))
    if sent != count:
        raise RuntimeError(f"{sent} deliveries of {count} were sent")


def queued(url: str, count: int) -> Flask:
    """Return a mock with a frozen clock and that many deliveries to come, all at one instant."""
    app = subscribed(url, SUBSCRIPTIONS, queued="PT1S")
    told(app, "PUT", "/__admin/clock", {"action": "freeze"})
    for number in range(count // SUBSCRIPTIONS):
        create(app, number)
    return app


def deliveries(count: int) -> float:
    """Return deliveries a second while the clock runs, from the first job's end on."""
    with receiving() as url:
        app = queued(url, count)
        world: World = app.extensions["tutorflow_mock"]
        told(app, "PUT", "/__admin/clock", {"action": "resume"})
        world.store.wait_for_deliveries("default", any, PATIENCE)
        began = time.perf_counter()
        wait_for_all(app, count // SUBSCRIPTIONS * SUBSCRIPTIONS)
        return count / (time.perf_counter() - began)


def stepped(count: int) -> float:
    """Return deliveries a second under `advance`."""
    with receiving() as url:
        app = queued(url, count)
        began = time.perf_counter()
        told(app, "PUT", "/__admin/clock", {"action": "advance", "by": "PT1M", "timeoutMillis": 600_000})
        return count / (time.perf_counter() - began)


def late(count: int) -> list[float]:
    """Return how late first attempts arrive while the clock runs and ends come one by one."""
    with receiving() as url:
        app = subscribed(url, 1, queued="PT0.2S")
        for number in range(count):
            create(app, number)
            Event().wait(APART)
        wait_for_all(app, count)
        with urlopen(url) as answer:  # noqa: S310 - ours
            found = sorted(json.load(answer)["late"])
    return [statistics.median(found), found[len(found) * 95 // 100]]


def sessions(count: int) -> float:
    """Return the milliseconds that a session costs from its creation to its end."""
    app = application()
    began = time.perf_counter()
    for number in range(count):
        told(app, "POST", "/__admin/sessions", {"id": f"bench-{number}"})
        call(app, environ("DELETE", f"/__admin/sessions/bench-{number}"))
    return (time.perf_counter() - began) / count * 1000


if __name__ == "__main__":
    measure = {"deliveries": deliveries, "stepped": stepped, "late": late, "sessions": sessions}[sys.argv[1]]
    click.echo(json.dumps(measure(int(sys.argv[2]))))
