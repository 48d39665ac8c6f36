"""Server-sent events: what happens in a session, told while it happens."""

from __future__ import annotations

import json
import re
from threading import Lock
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.operations import following
from tutorflow_mock.operations.following import Follower, Happening, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tutorflow_mock.operations.world import World

_HEARTBEAT = 2.0
"""Seconds of real time after which a stream on which nothing happens says that it is still there.

That is also how a reader is missed who has gone away, so it is short: whoever leafs through pages opens many streams.
"""

_OURS = frozenset(("same-origin", "none"))
_ALIVE = ": nothing new\n\n"
_RETRY = "retry: 1000\n"
_ID = re.compile(r"([0-9a-z]{1,16})\.([0-9]{1,18})\.([0-9]{1,18})")


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("events", __name__)
    boot = f"{world.clock.now():x}"

    @routes.get("/events")
    def events() -> Response:
        """Tell what happens in the session, from now or from `Last-Event-ID` on, until it or the reader is gone."""
        common.query()
        session = common.session_of(world)
        if request.headers.get("Sec-Fetch-Site", "none") not in _OURS:
            raise Problem("origin-not-allowed", "A page of another origin must not hold threads of the server")
        if not following.places.acquire(blocking=False):
            detail = f"{following.MOST_FOLLOWERS} streams are open already, and each takes a thread of the server"
            raise Problem("too-many-waits", detail)
        place = _Place()
        try:
            response = Response(_stream(world, session.id, boot), mimetype="text/event-stream")
        except BaseException:
            place.leave()
            raise
        response.call_on_close(place.leave)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # a proxy must not collect what is to be seen at once
        return response

    return routes


class _Place:
    """One of the places for streams, given back once, however often its end is told."""

    def __init__(self) -> None:
        self._is_taken = True
        self._lock = Lock()

    def leave(self) -> None:
        with self._lock:
            if self._is_taken:
                self._is_taken = False
                following.places.release()


def _stream(world: World, session_id: str, boot: str) -> Iterator[str]:
    """Return a stream that goes on where the last one ended, or tells the reader to look at everything again."""
    told = request.headers.get("Last-Event-ID")
    since = None if told is None else _mark(told, boot)
    follower = Follower(world, session_id, since)
    is_new = told is None
    has_missed = not is_new and (since is None or follower.has_missed)
    first = Happening("reset" if has_missed else "open", {"session": session_id})
    return _written(follower, first, boot)


def _written(follower: Follower, first: Happening, boot: str) -> Iterator[str]:
    yield _RETRY + _event(first, follower.mark, boot)
    while not follower.has_ended:
        happenings = follower.next(_HEARTBEAT)
        yield "".join(_event(each, follower.mark, boot) for each in happenings) or _ALIVE


def _event(happening: Happening, mark: Mark, boot: str) -> str:
    data = json.dumps(happening.data)
    return f"id: {boot}.{mark.version}.{mark.instant}\nevent: {happening.kind}\ndata: {data}\n\n"


def _mark(told: str, boot: str) -> Mark | None:
    """Return what an id of ours stands for; None for one of another server, or of none."""
    found = _ID.fullmatch(told)
    return Mark(int(found[2]), int(found[3])) if found is not None and found[1] == boot else None
