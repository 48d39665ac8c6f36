"""The Flask application, with the gateway mounted in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, redirect, request
from werkzeug.exceptions import HTTPException

from tutorflow_mock.domain.errors import ApiError, InternalError, InvalidRequest, NotFound
from tutorflow_mock.http import control, dashboard, docs
from tutorflow_mock.http.errors import FOUND, reply_to
from tutorflow_mock.http.gateway import Gateway, unknown_session
from tutorflow_mock.http.hosts import Hosts
from tutorflow_mock.http.received import remember_elsewhere
from tutorflow_mock.http.wire import SERVER
from tutorflow_mock.log import log
from tutorflow_mock.operations import find
from tutorflow_mock.operations.registry import functions_for
from tutorflow_mock.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.operations.courier import Courier
    from tutorflow_mock.operations.world import World

_CONTROL_BODY_LIMIT = 1 << 20


def application(world: World, courier: Courier) -> Flask:
    """Return the Flask application of a world, its gateway in front; the `courier` does what falls due."""
    operation_ids = {name for contract in world.contracts.values() for name in contract.operations}
    server = world.contracts[world.settings.revision].server
    hosts = Hosts(world.settings.host, world.settings.port, world.settings.allowed_hosts, server)
    app = _flask(world, hosts, courier)
    app.wsgi_app = Gateway(app.wsgi_app, world, functions_for(operation_ids), hosts)  # type: ignore[method-assign]
    return app


def _flask(world: World, hosts: Hosts, courier: Courier) -> Flask:
    app = Flask("tutorflow_mock", static_folder=None)
    app.debug = False  # whatever FLASK_DEBUG says
    app.config["MAX_CONTENT_LENGTH"] = _CONTROL_BODY_LIMIT
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["tutorflow_mock"] = world
    control.register(app, world, hosts, courier)
    app.register_blueprint(dashboard.blueprint(world), url_prefix=control.PREFIX)
    app.register_blueprint(docs.blueprint(world), url_prefix=control.PREFIX)
    app.register_error_handler(Exception, _teller(world))
    app.before_request(_check(world, hosts))
    app.after_request(_named)
    app.get("/")(_front_page)
    return app


def _check(world: World, hosts: Hosts) -> Callable[[], None]:
    """Return what refuses, on paths of neither plane, another server's Host and a session that nobody has."""

    def check() -> None:
        if control.is_control(request.path):
            return
        if not hosts.allows_api(request.headers.get("Host")):
            raise InvalidRequest("The Host header names another server", reason="host-not-allowed")
        try:
            find.named_session(world, request.headers.get("X-Mock-Session"))
        except find.UnknownSession as error:
            raise unknown_session(error) from error

    return check


def _named(response: Response) -> Response:
    response.headers.setdefault(*SERVER)
    return response


def _front_page() -> Any:
    if "text/html" in request.headers.get("Accept", ""):
        return redirect("/__admin/", FOUND)
    raise _nothing_here()


def _teller(world: World) -> Callable[[Exception], Response]:
    """Return the handler of whatever no operation answers: the contract's envelope (S81), on `/__admin` a problem."""

    def tell(error: Exception) -> Response:
        if control.is_control(request.path):
            return control.answer_to(error)
        told = _as_api_error(error)
        reply = reply_to(told)
        response = jsonify(reply.body)
        response.status_code = reply.status
        if world.settings.mock_headers:
            response.headers["X-Mock-Server"] = VERSION
            response.headers["X-Mock-Error"] = str(told.reason)
        if isinstance(told, NotFound):
            remember_elsewhere(world, request.environ, reply, response.get_data(), list(response.headers.items()))
        return response

    return tell


def _as_api_error(error: Exception) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, HTTPException):
        return _nothing_here()
    error_id = f"{id(error):016x}"
    log.error("request %s: %s %s failed", error_id, request.method, request.path, exc_info=error)
    return InternalError(f"Unexpected error, request {error_id}", reason="internal-error")


def _nothing_here() -> NotFound:
    return NotFound("There is nothing here", reason="unknown-route")
