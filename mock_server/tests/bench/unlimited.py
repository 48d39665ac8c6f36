"""The mock with everything on, but for two bounds that a bench would meet: calls a minute, and jobs of a session.

Run as a file it takes a free port, prints `{"url": …}` and serves until SIGTERM; with `--relay` behind the relay of
`--wire-faults`.
"""

import json
import sys
from dataclasses import replace
from functools import partial
from typing import Literal

import click

from tutorflow_mock.assembly import create_app
from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.operations.world import World
from tutorflow_mock.server.port import take
from tutorflow_mock.server.serving import Supervisor, in_worker
from tutorflow_mock.server.stop import Stop
from tutorflow_mock.settings import Settings

MANY = 1 << 40


def main() -> int:
    """Serve the mock; the demo key is counted, but never refused."""
    stopping, seat = Stop(), take("127.0.0.1", 0)
    inner = take("127.0.0.1", 0) if "--relay" in sys.argv else None
    wire_faults: Literal["off", "relay"] = "off" if inner is None else "relay"
    app = create_app(Settings(port=seat.port, seed="42", job_limit=MANY, wire_faults=wire_faults))
    world: World = app.extensions["tutorflow_mock"]
    world.store.change_key("default", HARBOUR.key_id, lambda key: replace(key, rate_limit=MANY))
    ready = partial(click.echo, json.dumps({"url": seat.url}))
    return Supervisor(seat, stopping, ready, inner=inner).run(partial(in_worker, app))


if __name__ == "__main__":
    sys.exit(main())
