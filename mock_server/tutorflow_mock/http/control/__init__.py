"""The control plane `/__admin`: a blueprint per noun, errors as problem documents, nothing of the API's own plane."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, RequestEntityTooLarge

from tutorflow_mock.http.control import (
    behaviours,
    checks,
    clock,
    events,
    faults,
    idempotency_keys,
    jobs,
    keys,
    lint,
    misbehave,
    programmes,
    ratelimits,
    requests,
    server,
    sessions,
    snapshots,
    webhooks,
)
from tutorflow_mock.http.errors import PROBLEM_TYPE, Problem
from tutorflow_mock.log import log
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from tutorflow_mock.http.hosts import Hosts
    from tutorflow_mock.operations.courier import Courier
    from tutorflow_mock.operations.world import World

PREFIX = "/__admin"
HEALTH = f"{PREFIX}/health"
_STATIC = f"{PREFIX}/static/"

_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_SAME_SITE = frozenset(("same-origin", "none"))
_TOKEN_REQUIRED = "token-required"  # noqa: S105 - the name of a problem


def is_control(path: str) -> bool:
    """Tell whether a path belongs to the control plane."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def register(app: Flask, world: World, hosts: Hosts, courier: Courier) -> None:
    """Mount the control plane on an application."""
    app.url_map.merge_slashes = False  # a doubled slash is an unknown path and no redirect
    app.register_error_handler(Problem, _as_response)
    app.register_error_handler(SessionEnded, _session_ended)
    app.before_request(lambda: _guard(world, hosts))
    for moving in (clock, jobs, checks):
        app.register_blueprint(moving.blueprint(world, courier), url_prefix=PREFIX)
    for noun in (server, faults, programmes, behaviours, sessions, snapshots, webhooks, misbehave):
        app.register_blueprint(noun.blueprint(world), url_prefix=PREFIX)
    for watching in (events, requests, ratelimits, idempotency_keys, keys, lint):
        app.register_blueprint(watching.blueprint(world), url_prefix=PREFIX)


def answer_to(error: Exception) -> Response:
    """Tell whatever ended a call of the control plane as a problem document."""
    if isinstance(error, HTTPException):
        return _as_response(_problem_of(error))
    log.error("the control plane failed", exc_info=error)
    return _as_response(Problem("internal-error", "Unexpected error; the log has the details"))


def _session_ended(_: SessionEnded) -> Response:
    return _as_response(Problem("unknown-session", "The session has ended while the call was under way"))


def _problem_of(error: HTTPException) -> Problem:
    match error:
        case MethodNotAllowed():
            allowed = ", ".join(sorted(error.valid_methods or ()))
            return Problem("method-not-allowed", f"This path answers {allowed}", allow=allowed)
        case BadRequest():
            return Problem("malformed-json", "The request cannot be read")
        case RequestEntityTooLarge():
            return Problem("body-too-large", "The body is larger than the control plane reads")
        case _:
            return Problem("unknown-path", "There is no such path on the control plane")


def _as_response(problem: Problem) -> Response:
    response = jsonify(problem.body())
    response.status_code = problem.status
    response.content_type = PROBLEM_TYPE
    if "allow" in problem.members:
        response.headers["Allow"] = str(problem.members["allow"])
    if problem.token == _TOKEN_REQUIRED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _guard(world: World, hosts: Hosts) -> None:
    """Refuse what must not steer the mock: other Hosts, foreign pages, callers without the token; health is open."""
    if not is_control(request.path) or request.path == HEALTH:
        return
    if not hosts.allows_control(request.headers.get("Host")):
        raise Problem("host-not-allowed", "The Host header is not in the allow-list; see --allowed-host")
    if request.method not in _SAFE_METHODS and not _is_ours():
        raise Problem("origin-not-allowed", "A page of another origin must not steer the mock")
    token = world.settings.admin_token
    if token is not None and not request.path.startswith(_STATIC) and not _has_token(token):
        raise Problem(_TOKEN_REQUIRED, "Send the token of --admin-token as Authorization: Bearer <token>")


def _is_ours() -> bool:
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return False
    return request.headers.get("Sec-Fetch-Site", "none") in _SAME_SITE


def _has_token(token: str) -> bool:
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    return hmac.compare_digest(sent.encode("latin-1", "replace"), token.encode()) and scheme.lower() == "bearer"
