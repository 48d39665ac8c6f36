"""How new jobs go, where nothing else says so: the next few of them, and all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain import next_programmes
from tutorflow_mock.domain import programme as programmes
from tutorflow_mock.domain.next_programmes import NextProgramme
from tutorflow_mock.domain.programme import ProgrammeError
from tutorflow_mock.domain.steering_errors import SteeringError
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import CREATED, NO_CONTENT, Problem
from tutorflow_mock.operations import matching, rules, scenarios, steering
from tutorflow_mock.operations.plan import output_kinds
from tutorflow_mock.operations.scenarios import UnknownScenario
from tutorflow_mock.stores.base import LimitReached

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.fault_rules import Match
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract

_MEMBERS = ("programme", "times", "match")
_SCENARIO = "scenario"
_MOST_CREATES = 1_000_000


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("programmes", __name__)
    _default(routes, world)
    _next(routes, world)
    return routes


def _default(routes: Blueprint, world: World) -> None:
    @routes.get("/programmes")
    def show() -> Response:
        """Show how a new job of the session goes, who said so, and how the next ones go before that holds."""
        common.query()
        session = common.session_of(world)
        programme, set_by = steering.default_programme(world, session)
        waiting = [next_programmes.to_json(each) for each in session.next_programmes]
        return jsonify({"default": programmes.to_json(programme), "setBy": set_by, "next": waiting})

    @routes.put("/programmes/default")
    def put() -> Response:
        """Let new jobs of the session go another way."""
        common.query()
        programme = _read(world)
        steering.set_programme(world, common.session_of(world).id, programme)
        return jsonify(programmes.to_json(programme))

    @routes.delete("/programmes/default")
    def delete() -> Response:
        """Let new jobs of the session go as the server was told."""
        common.query()
        steering.set_programme(world, common.session_of(world).id, None)
        return Response(status=NO_CONTENT)


def _next(routes: Blueprint, world: World) -> None:
    @routes.post("/programmes/next")
    def add() -> Response:
        """Let the next creates that are as a pattern says make jobs that go this way."""
        common.query()
        session = common.session_of(world)
        try:
            order = rules.add_next(world, session, _order(world, session))
        except LimitReached as error:
            raise Problem("session-limit", error.message) from error
        response = jsonify({"id": order.id})
        response.status_code = CREATED
        return response

    @routes.delete("/programmes/next")
    def clear() -> Response:
        """Let the next jobs go as all others."""
        common.query()
        rules.remove_next(world, common.session_of(world))
        return Response(status=NO_CONTENT)

    @routes.delete("/programmes/next/<order_id>")
    def remove(order_id: str) -> Response:
        """Take a programme away from the next jobs."""
        common.query()
        if not rules.remove_next(world, common.session_of(world), order_id):
            raise Problem("unknown-programme", f"No programme {common.echo(order_id)} waits for the next creates")
        return Response(status=NO_CONTENT)


def _order(world: World, session: Session) -> NextProgramme:
    members = common.body(*_MEMBERS, required=("programme",))
    output_types = tuple(output_kinds(world.contract_of(session)))
    try:
        programme = programmes.from_json(members["programme"], output_types)
    except ProgrammeError as error:
        raise common.refused_programme(error, "programme") from error
    times = common.whole("times", members.get("times", 1), 1, _MOST_CREATES)
    return NextProgramme("", programme, times, _match(world, session, members))


def _match(world: World, session: Session, members: Mapping[str, Any]) -> Match | None:
    if members.get("match") is None:
        return None
    try:
        return matching.reader(world, session)(members["match"])
    except SteeringError as error:
        raise Problem(error.problem, str(error), field=error.field) from error


def _read(world: World) -> Programme:
    contract = world.contract_of(common.session_of(world))
    members = common.body(*programmes.FIELDS, _SCENARIO)
    if _SCENARIO in members:
        return _scenario(contract, members)
    try:
        return programmes.from_json(members, tuple(output_kinds(contract)))
    except ProgrammeError as error:
        raise common.refused_programme(error) from error


def _scenario(contract: Contract, members: Mapping[str, Any]) -> Programme:
    """Return how the jobs of the scenario go that is named, by itself."""
    name = members[_SCENARIO]
    if len(members) > 1 or not isinstance(name, str):
        raise Problem("invalid-field", "scenario: must be a name, and stand by itself", field=_SCENARIO)
    try:
        return scenarios.programme_of(contract, name)
    except UnknownScenario as error:
        raise Problem("invalid-field", f"scenario: {error}", field=_SCENARIO) from error
