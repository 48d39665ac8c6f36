"""API keys by hand: when one expires, which the API itself has no field for (S41)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from tutorflow_mock.domain.keys import listed_body
from tutorflow_mock.http.control import common

if TYPE_CHECKING:
    from flask import Response

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import ApiKey, Session
    from tutorflow_mock.operations.world import World


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("keys", __name__)

    @routes.put("/keys/<key_id>")
    def put(key_id: str) -> Response:
        """Let a key expire at an instant, or with null never."""
        common.query()
        session = common.session_of(world)
        wanted = common.body("expiresAt", required=("expiresAt",))["expiresAt"]
        expires_at = None if wanted is None else common.instant("expiresAt", wanted)
        key = world.store.change_key(session.id, key_id, lambda key: replace(key, expires_at=expires_at))
        if key is None:
            raise common.unknown_key(key_id)
        return jsonify(listed_body(key, _last_used(world, session, key), common.now_of(world, session)))

    return routes


def _last_used(world: World, session: Session, key: ApiKey) -> Instant | None:
    known = world.store.keys(session.id, key.organization_id)
    return next((last_used for each, last_used in known if each.id == key.id), None)
