"""The journal of a session, one call of it, and what unmatched calls may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

from tutorflow_mock.domain import near_misses
from tutorflow_mock.http.control import common
from tutorflow_mock.http.dashboard.findings import rules_of
from tutorflow_mock.http.dashboard.frame import Frame, pages
from tutorflow_mock.http.errors import Problem, is_error
from tutorflow_mock.operations import journal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Blueprint, Response

    from tutorflow_mock.domain.journal import Seen
    from tutorflow_mock.domain.near_misses import Miss, Route
    from tutorflow_mock.operations.world import World

_SHOWN: Mapping[str, Callable[[Seen], bool]] = {
    "all": lambda _: True,
    "errors": lambda seen: is_error(seen.status),
    "unmatched": lambda seen: seen.operation is None,
}


def add(routes: Blueprint, world: World) -> None:
    """Add the pages to the dashboard's routes."""

    @routes.get("/ui/requests")
    def requests() -> Response:
        """List the calls, newest first: all, those answered with an error, or those that no operation took."""
        common.query("show", "page")
        frame = Frame.of(world)
        show = common.choice("show", request.args.get("show", "all"), _SHOWN)
        found = journal.calls(world, frame.session)
        counts = {name: sum(map(is_shown, found)) for name, is_shown in _SHOWN.items()}
        kept = [seen for seen in found if _SHOWN[show](seen)]
        page = pages(kept)
        rows = kept[page.items]
        told = {"rows": rows, "page": page, "counts": counts, "show": show, "rules": rules_of(frame)}
        return frame.render("requests.html", "requests", "Requests", is_error=is_error, **told)

    @routes.get("/ui/requests/<entry_id>", endpoint="request")
    def one(entry_id: str) -> Response:
        """Show one call with its answer; one that no operation took with those that it came near to."""
        common.query()
        frame = Frame.of(world)
        seen = journal.find_call(world, frame.session, entry_id)
        if seen is None:
            raise Problem("unknown-request", f"The journal holds no call {common.echo(entry_id)}")
        misses = _misses(frame, seen) if seen.operation is None else []
        rules = rules_of(frame).get(entry_id, ())
        told = {"seen": seen, "call": seen.as_json(), "misses": misses, "rules": rules}
        return frame.render("request.html", "requests", "Request", is_error=is_error, **told)

    @routes.get("/ui/near-misses")
    def near_misses() -> Response:
        """Show the calls that no operation took, each with the operations that it came nearest to."""
        common.query("page")
        frame = Frame.of(world)
        found = [seen for seen in journal.calls(world, frame.session) if seen.operation is None]
        page = pages(found)
        rows = [(seen, _misses(frame, seen)) for seen in found[page.items]]
        return frame.render("near_misses.html", "near_misses", "Near misses", rows=rows, page=page)


def _misses(frame: Frame, seen: Seen) -> list[tuple[Route, Miss]]:
    return near_misses.of_call(seen.method, seen.path, journal.routes(frame.world, frame.session))
