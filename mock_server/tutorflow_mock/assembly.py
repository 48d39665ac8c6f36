"""The parts put together: `create_app` joins the application, the outbox, real time and chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.http.app import application
from tutorflow_mock.operations.start import new_world
from tutorflow_mock.outbox.post import doubter, poster
from tutorflow_mock.outbox.pump import Pump
from tutorflow_mock.outbox.worker import Worker
from tutorflow_mock.settings import Settings
from tutorflow_mock.system import SeededIds, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tutorflow_mock.domain.clock import Clock
    from tutorflow_mock.domain.ids import Ids


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    make_ids: Callable[[str, str], Ids] | None = None,
) -> Flask:
    """Return the mock as a Flask application that test clients and any WSGI server take.

    `clock` and `make_ids(seed, session_id)` replace real time and chance. The `World` is found under
    `app.extensions["tutorflow_mock"]`. Webhooks are sent by a thread that begins with the first subscription;
    `app.extensions["tutorflow_outbox"].stop()` ends it.
    """
    settings = settings or Settings()
    world = new_world(settings, clock or SystemClock(), make_ids or SeededIds, doubter(settings))
    pump = Pump(world, poster(world.settings))
    worker = Worker(world, pump)
    world.store.listen(worker.wake)
    app = application(world, pump)
    app.extensions["tutorflow_outbox"] = worker
    return app
