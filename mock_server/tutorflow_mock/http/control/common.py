"""What the nouns of the control plane share: the session they speak of, strict bodies, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from tutorflow_mock.domain import strict_json
from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.http.errors import JSON_TYPE, Problem
from tutorflow_mock.operations import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World

_MOST = 1000
_USUAL = 100


def session_of(world: World) -> Session:
    """Return the session that a call speaks of: `X-Mock-Session`, `?session=`, else the default one."""
    named = request.headers.get("X-Mock-Session") or request.args.get("session")
    try:
        return find.named_session(world, named) or find.default_session(world)
    except find.UnknownSession as error:
        raise Problem("unknown-session", f"There is no session {str(error)[:64]!r}") from error


def now_of(world: World, session: Session) -> Instant:
    """Return a session's instant."""
    return session.clock.now(world.clock.now())


def body(*names: str, required: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return the members of a JSON body; an absent one is empty, a member of another name is refused as a likely typo."""
    raw = request.get_data(cache=True)
    members = _members(raw) if raw else {}
    for name in members:
        if name not in names:
            raise Problem("unknown-field", f"{name[:64]!r} is unknown here; known are {', '.join(names)}")
    for name in required:
        if name not in members:
            raise Problem("invalid-field", f"{name} is required")
    return members


def page(noun: str, items: Sequence[object]) -> dict[str, object]:
    """Return a list as the control plane shows it, at most `limit` items of it (100 unless told, 1000 at most)."""
    text = request.args.get("limit", str(_USUAL))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST):
        raise Problem("invalid-field", f"limit must be a whole number from 1 to {_MOST}")
    return {noun: list(items[: int(text)]), "meta": {"total": len(items)}}


def _members(raw: bytes) -> Mapping[str, Any]:
    if request.mimetype != JSON_TYPE:
        raise Problem("media-type", f"A body must be sent as {JSON_TYPE}")
    try:
        value = strict_json.loads(raw)
    except ApiError as error:
        raise Problem("malformed-json", error.message) from error
    if not isinstance(value, dict):
        raise Problem("malformed-json", "The body must be a JSON object")
    return value
