"""Orders to misbehave: the next deliveries that match go out as no sender should send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain.misbehaviours import orders
from tutorflow_mock.domain.steering_errors import SteeringError
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import CREATED, NO_CONTENT, Problem
from tutorflow_mock.operations import misbehaving
from tutorflow_mock.stores.base import LimitReached

if TYPE_CHECKING:
    from tutorflow_mock.domain.misbehaviours.orders import Order
    from tutorflow_mock.operations.world import World

_LIST = "misbehaviours"


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("misbehave", __name__)
    _one(routes, world)

    @routes.get("/webhooks/misbehave")
    def listed() -> Response:
        """List the orders, oldest first, each with how often it acted and still will."""
        common.query("limit")
        session = common.session_of(world)
        return jsonify(common.page(_LIST, world.store.orders(session.id), orders.to_json))

    @routes.post("/webhooks/misbehave")
    def add() -> tuple[Response, int]:
        """Let the next matching attempts misbehave."""
        common.query()
        session = common.session_of(world)
        members = common.body(*orders.FIELDS, required=("name",))
        try:
            return jsonify(orders.to_json(misbehaving.order(world, session, members))), CREATED
        except SteeringError as error:
            raise Problem(error.problem, str(error), field=error.field) from error
        except LimitReached as error:
            raise Problem("session-limit", error.message) from error

    @routes.delete("/webhooks/misbehave")
    def clear() -> Response:
        """Take all orders back."""
        common.query()
        world.store.drop_orders(common.session_of(world).id)
        return Response(status=NO_CONTENT)

    return routes


def _one(routes: Blueprint, world: World) -> None:
    @routes.get("/webhooks/misbehave/<order_id>")
    def show(order_id: str) -> Response:
        """Show one order."""
        common.query()
        return jsonify(orders.to_json(_find(world, order_id)))

    @routes.delete("/webhooks/misbehave/<order_id>")
    def delete(order_id: str) -> Response:
        """Take one order back."""
        common.query()
        if not world.store.drop_orders(common.session_of(world).id, order_id):
            raise _unknown(order_id)
        return Response(status=NO_CONTENT)


def _find(world: World, order_id: str) -> Order:
    found = world.store.orders(common.session_of(world).id)
    order = next((each for each in found if each.id == order_id), None)
    if order is None:
        raise _unknown(order_id)
    return order


def _unknown(order_id: str) -> Problem:
    return Problem("unknown-misbehaviour", f"The session has no such order {common.echo(order_id)}")
