"""The session's clock: what it shows, what it will bring about, and how it is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, jsonify

from tutorflow_mock.domain.clock import LATEST, parse_duration, timestamp
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.operations import agenda, steering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.agenda import Event
    from tutorflow_mock.operations.courier import Courier
    from tutorflow_mock.operations.steering import Action
    from tutorflow_mock.operations.world import World

_MEMBERS = {
    "freeze": ("instant",),
    "advance": ("by", "to", "timeoutMillis"),
    "set": ("instant", "timeoutMillis"),
    "resume": (),
    "reset": (),
}
_ALL = ("action", "instant", "by", "to", "timeoutMillis")
_LONGEST_TIMEOUT = 600_000
_USUAL_TIMEOUT = 60_000


def blueprint(world: World, courier: Courier) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("clock", __name__)

    @routes.get("/clock")
    def show() -> Response:
        """Show the clock and, as far as `limit` goes, what it will bring about."""
        common.query("limit")
        session = common.session_of(world)
        return jsonify({**_shown(world, session, world.clock.now()), **_status(courier, session)})

    @routes.put("/clock")
    def move() -> Response:
        """Move the clock and tell, as far as `limit` goes, what that brought about; `limit=0` spares the search."""
        common.query("limit")
        common.limit(0)
        wanted = _move(common.body(*_ALL, required=("action",)))
        session = common.session_of(world)
        try:
            moved = steering.travel(world, courier, session.id, wanted)
        except steering.ClockBackwards as error:
            raise Problem("clock-backwards", _backwards(wanted.action)) from error
        except steering.ClockOutOfRange as error:
            detail = f"The clock goes no further than {timestamp(LATEST)}"
            raise Problem("invalid-field", detail) from error
        return jsonify({**_shown(world, moved.session, moved.real, moved.before), **_status(courier, session)})

    return routes


def _status(courier: Courier, session: Session) -> dict[str, str]:
    return {"status": "advancing" if courier.is_advancing(session.id) else "ready"}


def _shown(world: World, session: Session, real: Instant, before: Instant | None = None) -> dict[str, object]:
    """Return the clock; where it was moved, with what happened since the instant before."""
    now, most = session.clock.now(real), common.limit(0)
    pending = agenda.pending(world, session, now, most)
    meta = {"pending": pending.total}
    shown: dict[str, object] = {
        "mode": session.clock.mode,
        "now": timestamp(now),
        "offsetMillis": now - real,
        "status": "ready",
        "pending": [_event(event) for event in pending.events],
    }
    if before is not None:
        fired = agenda.fired(world, session, before, now, most)
        shown["fired"] = [{**_event(event), "result": event.result} for event in fired.events]
        meta["fired"] = fired.total
    return {**shown, "meta": meta}


def _event(event: Event) -> dict[str, object]:
    return {"at": timestamp(event.at), "type": event.kind, "ref": event.ref}


def _move(members: Mapping[str, Any]) -> steering.Move:
    action = cast("Action", common.choice("action", members["action"], _MEMBERS))
    for name in members:
        if name not in {"action", *_MEMBERS[action]}:
            raise Problem("unknown-field", f"{name} does not go with {action}", field=name)
    seconds = _timeout(members.get("timeoutMillis", _USUAL_TIMEOUT)) / 1000
    if action == "advance":
        return _advance(members)._replace(seconds=seconds)
    if action == "set" and "instant" not in members:
        raise Problem("invalid-field", "instant is required", field="instant")
    instant = common.instant("instant", members["instant"]) if "instant" in members else None
    return steering.Move(action, instant, seconds=seconds)


def _advance(members: Mapping[str, Any]) -> steering.Move:
    if ("by" in members) == ("to" in members):
        raise Problem("invalid-field", "advance takes either by, a duration, or to, an instant", field="by")
    if "to" in members:
        return steering.Move("advance", common.instant("to", members["to"]))
    try:
        return steering.Move("advance", by=parse_duration(common.text("by", members["by"])))
    except ValueError as error:
        raise Problem("invalid-field", f"by: {error}", field="by") from error


def _timeout(value: object) -> int:
    """Return the bound on the real time that an advance may take before it is answered, in milliseconds."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LONGEST_TIMEOUT:
        detail = f"timeoutMillis must be a whole number from 0 to {_LONGEST_TIMEOUT}"
        raise Problem("invalid-field", detail, field="timeoutMillis")
    return value


def _backwards(action: Action) -> str:
    if action in {"freeze", "advance"}:
        return f"{action} never goes back; set does, while the session has no job, key use or subscription"
    return "The session has recorded instants; POST /__admin/reset puts it back to its creation"
