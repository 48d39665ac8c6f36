"""The documentation that a server carries: of its control plane, of problems and rules, and the contract itself."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, render_template, request

from tutorflow_mock.domain.lint.rules import RULES
from tutorflow_mock.http.control import common
from tutorflow_mock.http.dashboard.security import secured
from tutorflow_mock.http.docs import description, reading
from tutorflow_mock.http.errors import PROBLEM_STATUS, Problem

if TYPE_CHECKING:
    from tutorflow_mock.operations.world import World


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("docs", __name__, template_folder="pages")
    routes.after_request(secured)

    @routes.get("/docs")
    def page() -> str:
        """Show the control plane's document as a page."""
        common.query()
        whole = description.document()
        groups = reading.groups(request.host_url.rstrip("/"))
        return render_template("docs/control.html", info=whole["info"], groups=groups)

    @routes.get("/docs/openapi.json")
    def openapi() -> Response:
        """Return the control plane's document."""
        common.query()
        return jsonify(description.document())

    @routes.get("/docs/errors")
    def errors() -> str:
        """Show every problem: what it means, and what to do."""
        common.query()
        return render_template("docs/errors.html", problems=description.problems(), statuses=PROBLEM_STATUS)

    @routes.get("/docs/lint")
    def lint() -> str:
        """Show every rule of grading."""
        common.query()
        return render_template("docs/lint.html", rules=sorted(RULES.values()))

    @routes.get("/contract/<revision>.yaml")
    def contract(revision: str) -> Response:
        """Return the contract as it is shipped."""
        common.query()
        if revision not in world.contracts:
            detail = f"There is no revision {common.echo(revision)}; there are {', '.join(world.contracts)}"
            raise Problem("unknown-revision", detail)
        text = (files("tutorflow_openapi") / "contracts" / f"{revision}.yaml").read_bytes()
        return Response(text, mimetype="text/yaml")

    return routes
