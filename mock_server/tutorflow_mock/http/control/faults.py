"""Fault rules: which calls fail, how often, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain import fault_rules
from tutorflow_mock.domain.steering_errors import SteeringError
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import CREATED, FAILURES, NO_CONTENT, Problem
from tutorflow_mock.operations import rules
from tutorflow_mock.stores.base import LimitReached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutorflow_mock.domain.fault_rules import Rule
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World

_LIST = "faults"


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("faults", __name__)
    _one(routes, world)
    _all(routes, world)
    return routes


def _one(routes: Blueprint, world: World) -> None:
    @routes.post("/faults")
    def add() -> Response:
        """Let some calls of the session fail or wait, as far as no earlier rule lets them."""
        common.query()
        session = common.session_of(world)
        rule = _read(world, session, common.body(*fault_rules.FIELDS))
        try:
            response = jsonify(rules.shown(world, session, rules.add(world, session, rule)))
        except LimitReached as error:
            raise _full(error) from error
        response.status_code = CREATED
        return response

    @routes.delete("/faults/<rule_id>")
    def delete(rule_id: str) -> Response:
        """Take a rule away."""
        common.query()
        if not rules.remove(world, common.session_of(world), rule_id):
            raise Problem("unknown-fault", f"The session has no fault rule {common.echo(rule_id)}")
        return Response(status=NO_CONTENT)


def _all(routes: Blueprint, world: World) -> None:
    @routes.get("/faults")
    def listed() -> Response:
        """List the rules in the order in which they act, each with how often it was met and acted."""
        common.query("limit")
        session = common.session_of(world)
        return jsonify(_shown(world, session, session.fault_rules))

    @routes.put("/faults")
    def put() -> Response:
        """Let the session have these rules and no others; their counters begin anew."""
        common.query()
        session = common.session_of(world)
        told = common.body(_LIST, required=(_LIST,))[_LIST]
        if not isinstance(told, list):
            raise Problem("invalid-field", f"{_LIST} must be a list of rules", field=_LIST)
        read = [
            _read(world, session, value, f"{_LIST}[{index}]") for index, value in enumerate(cast("list[object]", told))
        ]
        try:
            return jsonify(_shown(world, session, rules.put(world, session, read)))
        except LimitReached as error:
            raise _full(error) from error

    @routes.delete("/faults")
    def clear() -> Response:
        """Take all rules away."""
        common.query()
        rules.remove(world, common.session_of(world))
        return Response(status=NO_CONTENT)


def _read(world: World, session: Session, value: object, place: str = "") -> Rule:
    try:
        return rules.read(world, session, value, FAILURES)
    except SteeringError as error:
        field = error.field if not place else place if error.field == "rule" else f"{place}.{error.field}"
        raise Problem(error.problem, str(error), field=field) from error


def _shown(world: World, session: Session, found: Sequence[Rule]) -> dict[str, object]:
    return common.page(_LIST, found, lambda rule: rules.shown(world, session, rule))


def _full(error: LimitReached) -> Problem:
    return Problem("session-limit", error.message)
