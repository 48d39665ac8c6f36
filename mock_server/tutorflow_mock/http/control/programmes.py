"""How new jobs go, where nothing else says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain import programme as programmes
from tutorflow_mock.domain.programme import ProgrammeError
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import NO_CONTENT
from tutorflow_mock.operations import steering
from tutorflow_mock.operations.plan import output_kinds

if TYPE_CHECKING:
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.operations.world import World


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("programmes", __name__)

    @routes.get("/programmes")
    def show() -> Response:
        """Show how a new job of the session goes, and who said so."""
        common.query()
        programme, set_by = steering.default_programme(world, common.session_of(world))
        return jsonify({"default": programmes.to_json(programme), "setBy": set_by})

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

    return routes


def _read(world: World) -> Programme:
    output_types = tuple(output_kinds(world.contract_of(common.session_of(world))))
    try:
        return programmes.from_json(common.body(*programmes.FIELDS), output_types)
    except ProgrammeError as error:
        raise common.refused_programme(error) from error
