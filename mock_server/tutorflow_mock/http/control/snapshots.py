"""Snapshots of a session: saved, listed, gone back to and forgotten under a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import CREATED, NO_CONTENT, Problem
from tutorflow_mock.operations import tenancy
from tutorflow_mock.stores.base import LimitReached, SnapshotExists

if TYPE_CHECKING:
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.records import Snapshot

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("snapshots", __name__)

    @routes.get("/snapshots")
    def show_all() -> Response:
        """List the session's snapshots, newest first."""
        common.query("limit")
        found = world.store.snapshots(common.session_of(world).id)
        return jsonify(common.page("snapshots", found, _row))

    @routes.post("/snapshots/<name>")
    def save(name: str) -> Response:
        """Keep the session as it is."""
        common.query()
        common.body()
        if _NAME.fullmatch(name) is None:
            detail = "A snapshot's name is 1 to 64 letters, digits, dots, hyphens and underscores, the first no mark"
            raise Problem("invalid-field", detail, field="name")
        try:
            found = world.store.save_snapshot(common.session_of(world).id, name, world.clock.now())
        except SnapshotExists as error:
            raise Problem("snapshot-exists", f"The session has a snapshot {common.echo(name)} already") from error
        except LimitReached as error:
            raise Problem("snapshot-limit", error.message) from error
        response = jsonify(_row(found))
        response.status_code = CREATED
        return response

    @routes.post("/snapshots/<name>/restore")
    def restore(name: str) -> Response:
        """Put the session back to what it was, its clock included."""
        common.query()
        common.body()
        if not tenancy.restore(world, common.session_of(world).id, name):
            raise _unknown(name)
        return jsonify({"restored": name})

    @routes.delete("/snapshots/<name>")
    def delete(name: str) -> Response:
        """Forget a snapshot."""
        common.query()
        if not world.store.drop_snapshot(common.session_of(world).id, name):
            raise _unknown(name)
        return Response(status=NO_CONTENT)

    return routes


def _row(snapshot: Snapshot) -> dict[str, object]:
    return {
        "name": snapshot.name,
        "session": snapshot.session.id,
        "at": timestamp(snapshot.at),
        "jobs": len(snapshot.records.jobs),
        "bytes": snapshot.records.size(),
    }


def _unknown(name: str) -> Problem:
    detail = f"The session has no snapshot {common.echo(name)}; GET /__admin/snapshots lists them"
    return Problem("unknown-snapshot", detail)
