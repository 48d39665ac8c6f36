"""The journal of calls: look, count, find, remove, wait, and what came near to what was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain import hiding, near_misses, patterns, strict_json
from tutorflow_mock.domain.clock import parse_instant
from tutorflow_mock.domain.lint import rules
from tutorflow_mock.domain.steering_errors import SteeringError
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import NO_CONTENT, Problem
from tutorflow_mock.operations import journal, lint, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tutorflow_mock.domain.hiding import Vault
    from tutorflow_mock.domain.journal import Seen
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.domain.near_misses import Miss, Route
    from tutorflow_mock.domain.patterns import Pattern
    from tutorflow_mock.operations.world import World

_MOST_CALLS = 1000


class _Wanted(NamedTuple):
    """What a wait is for: so many calls as the pattern says, after a certain one, within so many seconds."""

    pattern: Pattern
    least: int
    after: int
    seconds: float


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("requests", __name__)
    _look(routes, world)
    _ask(routes, world)
    return routes


def _look(routes: Blueprint, world: World) -> None:
    @routes.get("/requests")
    def listed() -> Response:
        """List the session's calls, newest first, after the one or from the instant that `since` names."""
        wanted = common.query("limit", "since")
        session = common.session_of(world)
        found = journal.calls(world, session)
        if "since" in wanted:
            found = _since(found, wanted["since"])
        return jsonify({**common.page("requests", found, _shower(world, session)), **_enabled(world)})

    @routes.delete("/requests")
    def clear() -> Response:
        """Forget all calls."""
        common.query()
        session = common.session_of(world)
        journal.forget(world, session, journal.calls(world, session))
        return Response(status=NO_CONTENT)

    @routes.get("/requests/<entry_id>")
    def one(entry_id: str) -> Response:
        """Show one call."""
        common.query()
        session = common.session_of(world)
        return jsonify(_shower(world, session)(_find(world, session, entry_id)))

    @routes.delete("/requests/<entry_id>")
    def delete(entry_id: str) -> Response:
        """Forget one call."""
        common.query()
        session = common.session_of(world)
        journal.forget(world, session, [_find(world, session, entry_id)])
        return Response(status=NO_CONTENT)

    @routes.get("/requests/unmatched")
    def unmatched() -> Response:
        """List the calls that no operation of the session's revision took."""
        common.query("limit")
        session = common.session_of(world)
        found = _unmatched(world, session)
        return jsonify({**common.page("requests", found, _shower(world, session)), **_enabled(world)})

    @routes.get("/requests/unmatched/near-misses")
    def unmatched_near_misses() -> Response:
        """Tell for each of these calls to which operations it came nearest."""
        common.query("limit")
        session = common.session_of(world)
        known, found = journal.routes(world, session), _unmatched(world, session)[: common.limit()]
        misses = [
            _near_miss(seen, route, miss)
            for seen in found
            for route, miss in near_misses.of_call(seen.method, seen.path, known)
        ]
        return jsonify({"nearMisses": misses})


def _ask(routes: Blueprint, world: World) -> None:
    @routes.post("/requests/count")
    def count() -> Response:
        """Count the calls that are as a pattern says."""
        return jsonify({"count": len(_matching(world)), **_enabled(world)})

    @routes.post("/requests/find")
    def find() -> Response:
        """List the calls that are as a pattern says, newest first."""
        found, show = _matching(world, "limit"), _shower(world, common.session_of(world))
        return jsonify({**common.page("requests", found, show), **_enabled(world)})

    @routes.post("/requests/remove")
    def remove() -> Response:
        """Forget the calls that are as a pattern says, and show them."""
        found, session = _matching(world), common.session_of(world)
        show = _shower(world, session)
        journal.forget(world, session, found)
        return jsonify({"requests": list(map(show, found))})

    @routes.post("/requests/wait")
    def wait() -> Response:
        """Answer as soon as so many calls are as a pattern says; nothing is forgotten by it."""
        common.query()
        session = common.session_of(world)
        wanted = _wait(world, session)
        collector = journal.Collector(world, session, wanted.pattern, wanted.after)
        found = common.waited(lambda: waiting.until(world, session.id, _enough(collector, wanted), wanted.seconds))
        if found is None:
            raise _too_few(world, session, wanted, len(collector.found))
        return jsonify({"count": len(found), "requests": list(map(_shower(world, session), found))})

    @routes.post("/near-misses/request-pattern")
    def near_misses_of_pattern() -> Response:
        """Tell which calls came nearest to a pattern without being as it says."""
        common.query()
        session = common.session_of(world)
        pattern = _pattern(world, session, common.body(*patterns.MEMBERS))
        return jsonify({"nearMisses": _nearest(world, session, pattern, journal.calls(world, session))})


def _enough(collector: journal.Collector, wanted: _Wanted) -> Callable[[], Sequence[Seen] | None]:
    return lambda: collector.enough(wanted.least)


def _too_few(world: World, session: Session, wanted: _Wanted, count: int) -> Problem:
    fresh = (seen for seen in journal.calls(world, session) if seen.number > wanted.after)
    misses = _nearest(world, session, wanted.pattern, fresh)
    detail = f"{count} of {wanted.least} calls came in time"
    return Problem("wait-timeout", detail, count=count, nearMisses=misses)


def _wait(world: World, session: Session) -> _Wanted:
    members = common.body("pattern", "count", "timeoutMillis", "since", required=("pattern",))
    pattern = _pattern(world, session, members["pattern"], "pattern.")
    count = common.whole("count", members.get("count", 1), 1, _MOST_CALLS)
    seconds = common.timeout(members)
    since = members.get("since")
    after = 0 if since is None else _find(world, session, common.text("since", since)).number
    return _Wanted(pattern, count, after, seconds)


def _matching(world: World, *parameters: str) -> list[Seen]:
    common.query(*parameters)
    session = common.session_of(world)
    pattern = _pattern(world, session, common.body(*patterns.MEMBERS))
    return [seen for seen in journal.calls(world, session) if patterns.matches(pattern, seen)]


def _pattern(world: World, session: Session, members: object, place: str = "") -> Pattern:
    vault = journal.vault_of(world, session)

    def shown(name: str, value: str) -> str:
        return hiding.header(name, value, vault)

    try:
        return patterns.read(members, world.contract_of(session).operations, shown)
    except SteeringError as error:
        raise Problem(error.problem, str(error), field=f"{place}{error.field}") from error


def _since(found: Sequence[Seen], since: str) -> list[Seen]:
    """Return the calls after the one with this id, or from this instant on."""
    number = next((seen.number for seen in found if seen.entry.id == since), None)
    if number is not None:
        return [seen for seen in found if seen.number > number]
    try:
        at = parse_instant(since)
    except ValueError as error:
        detail = "since must be the id of a call in the journal, or an RFC 3339 date-time"
        raise Problem("invalid-field", detail, field="since") from error
    return [seen for seen in found if seen.entry.at >= at]


def _find(world: World, session: Session, entry_id: str) -> Seen:
    found = journal.find_call(world, session, entry_id)
    if found is None:
        raise Problem("unknown-request", f"The journal holds no call {common.echo(entry_id)}")
    return found


def _unmatched(world: World, session: Session) -> list[Seen]:
    return [seen for seen in journal.calls(world, session) if seen.operation is None]


def _nearest(world: World, session: Session, pattern: Pattern, found: Iterable[Seen]) -> list[Mapping[str, Any]]:
    known = {route.id: route for route in journal.routes(world, session)}
    vault = journal.vault_of(world, session)
    nearest = [(seen, _redacted(miss, vault)) for seen, miss in journal.nearest_calls(pattern, found)]
    return [_near_miss(seen, known.get(seen.operation or ""), miss) for seen, miss in nearest]


def _redacted(miss: Miss, vault: Vault) -> Miss:
    """Return a miss without the secrets that its pattern named."""
    shown = [
        each._replace(
            expected=strict_json.loads(hiding.body(strict_json.compact(each.expected).encode(), vault).encode()),
            hint=hiding.scrubbed(each.hint, vault),
        )
        for each in miss.differences
    ]
    return miss._replace(differences=tuple(shown))


def _near_miss(seen: Seen, route: Route | None, miss: Miss) -> dict[str, object]:
    operation = None if route is None else {"operationId": route.id, "method": route.method, "path": route.path}
    differences = [difference._asdict() for difference in miss.differences]
    result = {"distance": miss.distance, "differences": differences}
    return {"request": {"id": seen.entry.id, **seen.request()}, "operation": operation, "matchResult": result}


def _shower(world: World, session: Session) -> Callable[[Seen], dict[str, object]]:
    """Return what shows a call, with the rules that it breaks."""
    broken = rules.by_request(lint.grade(world, session))
    return lambda seen: seen.as_json(broken.get(seen.entry.id, ()))


def _enabled(world: World) -> dict[str, bool]:
    return {"requestJournalDisabled": world.settings.journal_limit == 0}
