"""Limits of keys: how much is used, another limit for a while, or one that is used up at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from flask import Blueprint, Response, jsonify

from tutorflow_mock.domain import rate_windows
from tutorflow_mock.domain.clock import duration, parse_duration, timestamp
from tutorflow_mock.domain.rate_windows import Algorithm, Limit
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import NO_CONTENT, Problem
from tutorflow_mock.operations import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.watching import Rate

_MEMBERS = ("limit", "window", "algorithm", "used")
_MOST_CALLS = 1_000_000
_LONGEST_WINDOW = 86_400_000


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("ratelimits", __name__)

    @routes.get("/ratelimits")
    def listed() -> Response:
        """List the limits of the session's keys, newest first, each with what is used of it."""
        common.query("limit")
        session = common.session_of(world)
        rows = [row for rate in world.store.rates(session.id) for row in _rows(world, session, rate)]
        return jsonify(common.page("rateLimits", rows, lambda row: row))

    @routes.put("/ratelimits/<key_id>")
    def put(key_id: str) -> Response:
        """Give a key another limit, or use its limit up."""
        common.query()
        session = common.session_of(world)
        changed = _changed(world, session, key_id, common.body(*_MEMBERS))
        rows = list(_rows(world, session, changed))
        return jsonify(rows[0] if len(rows) == 1 else {"rateLimits": rows, "meta": {"total": len(rows)}})

    @routes.delete("/ratelimits/<key_id>")
    def delete(key_id: str) -> Response:
        """Give a key its own limit back, unused."""
        common.query()
        if not limits.clear(world, common.session_of(world), key_id):
            raise common.unknown_key(key_id)
        return Response(status=NO_CONTENT)

    @routes.delete("/ratelimits")
    def clear() -> Response:
        """Give all keys their own limits back, unused."""
        common.query()
        session = common.session_of(world)
        for rate in world.store.rates(session.id):
            limits.clear(world, session, rate.key.id)
        return Response(status=NO_CONTENT)

    return routes


def _changed(world: World, session: Session, key_id: str, members: Mapping[str, Any]) -> Rate:
    if "used" in members:
        _check_used(members)
        changed = _used_up(world, session, key_id)
    elif not members:
        raise Problem("invalid-field", "limit, window, algorithm or used is required", field="limit")
    else:
        changed = limits.replace(world, session, key_id, lambda before: _limit(members, before))
    if changed is None:
        raise common.unknown_key(key_id)
    return changed


def _used_up(world: World, session: Session, key_id: str) -> Rate | None:
    try:
        return limits.use_up(world, session, key_id, common.now_of(world, session))
    except limits.NoLimit as error:
        raise Problem("invalid-field", "used: the key has no limit that could be used up", field="used") from error


def _check_used(members: Mapping[str, Any]) -> None:
    common.choice("used", members["used"], ("all",))
    for name in members:
        if name != "used":
            raise Problem("unknown-field", f"{name} does not go with used", field=name)


def _limit(members: Mapping[str, Any], before: Limit) -> Limit:
    calls = members.get("limit", before.calls)
    if calls is not None:
        calls = common.whole("limit", calls, 0, _MOST_CALLS)
    algorithm = common.choice("algorithm", members.get("algorithm", before.algorithm), get_args(Algorithm))
    length = _window(members["window"]) if "window" in members else before.length
    return Limit(calls, cast("Algorithm", algorithm), length)


def _window(value: object) -> int:
    try:
        length = parse_duration(common.text("window", value))
    except ValueError as error:
        raise Problem("invalid-field", f"window: {error}", field="window") from error
    if not 0 < length <= _LONGEST_WINDOW:
        raise Problem("invalid-field", "window must be longer than no time, and at most a day", field="window")
    return length


def _rows(world: World, session: Session, rate: Rate) -> Iterable[dict[str, object]]:
    now = common.now_of(world, session)
    limit = limits.in_force(world, session, rate)
    scopes = rate.windows or {"": rate_windows.EMPTY}
    return [_row(rate, limit, scope, now) for scope in scopes]


def _row(rate: Rate, limit: Limit, scope: str, now: Instant) -> dict[str, object]:
    window = rate.windows.get(scope, rate_windows.Window(length=limit.length))
    usage = rate_windows.usage(window, limit.calls, now, limit.algorithm)
    row: dict[str, object] = {
        "keyId": rate.key.id,
        "keyPrefix": rate.key.prefix,
        "limit": limit.calls,
        "window": duration(limit.length),
        "algorithm": limit.algorithm,
        "used": usage.used,
        "windowStart": None if usage.start is None else timestamp(usage.start),
        "resetAt": None if usage.resets_at is None else timestamp(usage.resets_at),
        "setBy": "key" if rate.limit is None else "session",
    }
    return {**row, "operation": scope} if scope else row
