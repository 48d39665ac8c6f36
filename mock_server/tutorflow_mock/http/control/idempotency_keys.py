"""Idempotency keys that are held: which job each stands for, and how often it came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain import idempotency
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import NO_CONTENT, Problem
from tutorflow_mock.operations import making

if TYPE_CHECKING:
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.watching import Held


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("idempotency-keys", __name__)

    @routes.get("/idempotency-keys")
    def listed() -> Response:
        """List the keys that are held, newest first."""
        common.query("limit")
        session = common.session_of(world)
        held = world.store.held_keys(session.id)
        return jsonify(common.page("idempotencyKeys", held, lambda each: _row(world, session, each)))

    @routes.delete("/idempotency-keys")
    def clear() -> Response:
        """Free all keys."""
        common.query()
        world.store.forget_keys(common.session_of(world).id)
        return Response(status=NO_CONTENT)

    @routes.delete("/idempotency-keys/<path:key>")
    def delete(key: str) -> Response:
        """Free a key, in whichever organization it is held."""
        common.query()
        if not world.store.forget_keys(common.session_of(world).id, key):
            raise Problem("unknown-idempotency-key", f"No request holds the key {common.echo(key)}")
        return Response(status=NO_CONTENT)

    return routes


def _row(world: World, session: Session, held: Held) -> dict[str, object]:
    claim, holding = held.claim, held.holding
    job = world.store.read_job(session.id, holding.job_id, None, holding.since)
    retention = idempotency.policy(world.contract_of(session).values).retention
    return {
        "key": claim.key,
        "organizationId": claim.organization_id,
        "operation": None if job is None else making.operation_of(job),
        "jobId": holding.job_id,
        "fingerprint": f"sha256:{holding.body.fingerprint().hex()}",
        "firstSeenAt": timestamp(holding.since),
        "replays": held.replays,
        "mismatches": held.mismatches,
        "expiresAt": None if retention is None else timestamp(holding.since + retention),
    }
