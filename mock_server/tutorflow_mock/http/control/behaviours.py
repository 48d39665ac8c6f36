"""The effective behaviours of a session, and its overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import NO_CONTENT, Problem
from tutorflow_mock.operations import steering
from tutorflow_openapi import BehaviourError, as_json

if TYPE_CHECKING:
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Behaviour, Contract


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("behaviours", __name__)

    @routes.get("/behaviours")
    def show() -> Response:
        """Show every decision that the contract leaves open, as it stands in the session."""
        common.query()
        session = common.session_of(world)
        contract = world.contract_of(session)
        rows = [_row(world, session, behaviour, contract) for behaviour in contract.behaviours.values()]
        return jsonify({"revision": session.revision, "behaviours": rows})

    @routes.put("/behaviours/<name>")
    def put(name: str) -> Response:
        """Override a behaviour in the session."""
        common.query()
        session = common.session_of(world)
        behaviour = _known(world.contract_of(session), name)
        value = common.body("value", required=("value",))["value"]
        try:
            changed = steering.set_behaviour(world, session, name, behaviour.check(value))
        except BehaviourError as error:
            raise Problem("invalid-field", str(error), field="value", **_choices(behaviour)) from error
        return jsonify(_row(world, changed, behaviour, world.contract_of(changed)))

    @routes.delete("/behaviours/<name>")
    def delete(name: str) -> Response:
        """Let go of the session's override."""
        common.query()
        session = common.session_of(world)
        _known(world.contract_of(session), name)
        steering.set_behaviour(world, session, name, None)
        return Response(status=NO_CONTENT)

    return routes


def _known(contract: Contract, name: str) -> Behaviour:
    if name not in contract.behaviours:
        detail = f"There is no behaviour {common.echo(name)}; GET /__admin/behaviours lists them"
        raise Problem("unknown-behaviour", detail)
    return contract.behaviours[name]


def _row(world: World, session: Session, behaviour: Behaviour, contract: Contract) -> dict[str, object]:
    return {
        "name": behaviour.name,
        "value": as_json(contract.values[behaviour.name]),
        **_choices(behaviour),
        "provenance": behaviour.provenance,
        "source": list(behaviour.source),
        "setBy": steering.set_by(world, session, behaviour.name),
    }


def _choices(behaviour: Behaviour) -> dict[str, object]:
    """Return what a behaviour may be: its alternatives, or the type and bounds of a number or a list of numbers."""
    if behaviour.alternatives is not None:
        return {"alternatives": as_json(behaviour.alternatives)}
    bounds: dict[str, object] = {"minimum": behaviour.minimum, "maximum": behaviour.maximum}
    if behaviour.type == "array":
        bounds = {"items": {"type": behaviour.item_type, **bounds}, "maxItems": behaviour.max_items}
    return {"type": behaviour.type, **bounds, "unit": behaviour.unit}
