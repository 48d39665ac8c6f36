"""The dashboard `/__admin/`: pages that are made here and read without script, kept up to date by a little of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template
from jinja2 import StrictUndefined

from tutorflow_mock.http.dashboard import calls, deliveries, jobs, settings, start
from tutorflow_mock.http.dashboard.security import secured
from tutorflow_mock.http.dashboard.words import FILTERS
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState

    from tutorflow_mock.operations.world import World

STATIC = "/static"
"""Where the style sheet and the script lie below the control plane; nothing in them needs a token."""


def blueprint(world: World) -> Blueprint:
    """Return the pages, with the style and the script that they use."""
    routes = Blueprint(
        "dashboard", __name__, template_folder="templates", static_folder="static", static_url_path=STATIC
    )
    routes.record_once(_prepare)
    for area in (start, jobs, calls, deliveries, settings):
        area.add(routes, world)
    routes.register_error_handler(Problem, _told)
    routes.register_error_handler(SessionEnded, lambda _: _told(Problem("unknown-session", "The session has ended")))
    routes.after_request(secured)
    return routes


def _prepare(state: BlueprintSetupState) -> None:
    state.app.jinja_env.filters.update(FILTERS)
    state.app.jinja_env.undefined = StrictUndefined


def _told(problem: Problem) -> Response:
    """Return the page that tells a problem; without the token, the one that asks for it and shows nothing else."""
    asks = problem.token == "token-required"  # noqa: S105 - the name of a problem
    page = Response(render_template("dashboard/unlock.html" if asks else "dashboard/problem.html", problem=problem))
    page.status_code = problem.status
    if asks:
        page.headers["WWW-Authenticate"] = "Bearer"
    return page
