"""The server itself: health, version, reset."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify

from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import OK, UNHEALTHY, Problem
from tutorflow_mock.log import log
from tutorflow_mock.operations import tenancy
from tutorflow_mock.operations.find import DEFAULT_SESSION
from tutorflow_mock.version import VERSION

if TYPE_CHECKING:
    from flask import Response

    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("server", __name__)
    began = world.clock.elapsed()

    @routes.get("/health")
    def health() -> Response:
        """Tell whether the server's store answers; that the server does is told by the answer."""
        is_healthy = _answers(world)
        response = jsonify(
            {
                "status": "healthy" if is_healthy else "unhealthy",
                "message": "The mock is ready" if is_healthy else "The store does not answer",
                "version": VERSION,
                "uptimeInSeconds": int(world.clock.elapsed() - began),
                "timestamp": timestamp(world.clock.now()),
            }
        )
        response.status_code = OK if is_healthy else UNHEALTHY
        return response

    @routes.get("/version")
    def version() -> Response:
        """Tell the versions of the mock, of Python and of the contract's documents."""
        common.query()
        return jsonify(
            {
                "version": VERSION,
                "python": platform.python_version(),
                "store": "memory",
                "revisions": list(world.contracts),
                "defaultRevision": world.settings.revision,
                "contractSha256": {name: _sha256(contract) for name, contract in world.contracts.items()},
            }
        )

    @routes.post("/reset")
    def reset() -> Response:
        """Put the addressed session back to its creation; with `all`, the default one too, and end every other."""
        common.query()
        members = common.body("all")
        is_all = members.get("all", False)
        if not isinstance(is_all, bool):
            raise Problem("invalid-field", "all must be true or false", field="all")
        put_back = tenancy.reset_all if is_all else tenancy.reset
        return jsonify({"reset": put_back(world, common.session_of(world).id)})

    return routes


def _answers(world: World) -> bool:
    try:
        is_open = world.store.session(DEFAULT_SESSION) is not None
    except Exception:  # noqa: BLE001 - whatever it is, a probe must be told
        log.exception("the store does not answer")
        is_open = False
    return is_open


@cache
def _sha256(contract: Contract) -> str:
    document: Any = contract.document
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
