"""What the nouns of the control plane share: the session they speak of, strict bodies and queries, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import request

from tutorflow_mock.domain import strict_json
from tutorflow_mock.domain.clock import parse_instant
from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.http.errors import JSON_TYPE, Problem
from tutorflow_mock.operations import find, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.domain.programme import ProgrammeError
    from tutorflow_mock.operations.world import World

Item = TypeVar("Item")

_MOST = 1000
_USUAL = 100
_ECHO = 64
_USUAL_WAIT, _LONGEST_WAIT = 5_000, 600_000
_NO_MEMBERS: Mapping[str, Any] = {}


def session_of(world: World) -> Session:
    """Return the session that a call speaks of: `X-Mock-Session`, `?session=`, else the default one."""
    named = request.headers.get("X-Mock-Session") or request.args.get("session")
    try:
        return find.named_session(world, named) or find.default_session(world)
    except find.UnknownSession as error:
        raise Problem("unknown-session", f"There is no session {echo(str(error))}") from error


def now_of(world: World, session: Session) -> Instant:
    """Return a session's instant."""
    return session.clock.now(world.clock.now())


def body(*names: str, required: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """Return the members of a JSON body, none if it is absent; one of another name is refused as a likely typo."""
    raw = request.get_data(cache=True)
    members = _members(raw) if raw else _NO_MEMBERS
    _check_names("members", members, names)
    for name in required:
        if name not in members:
            raise Problem("invalid-field", f"{name} is required", field=name)
    return members


def query(*names: str) -> Mapping[str, str]:
    """Return the parameters of the query; one of another name is refused as a likely typo."""
    _check_names("parameters", request.args, (*names, "session"))
    return request.args


def limit(least: int = 1) -> int:
    """Return how many items a list may show: 100 unless the query says otherwise."""
    text = request.args.get("limit", str(_USUAL))
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= _MOST):
        raise Problem("invalid-field", f"limit must be a whole number from {least} to {_MOST}", field="limit")
    return int(text)


def page(noun: str, items: Sequence[Item], show: Callable[[Item], object]) -> dict[str, object]:
    """Return a list as the control plane shows it: at most `limit` items, and how many there are."""
    return {noun: [show(item) for item in items[: limit()]], "meta": {"total": len(items)}}


def instant(name: str, value: object) -> Instant:
    """Read a member that holds an instant."""
    try:
        return parse_instant(text(name, value))
    except ValueError as error:
        raise Problem("invalid-field", f"{name}: {error}", field=name) from error


def text(name: str, value: object) -> str:
    """Read a member that holds a text."""
    if not isinstance(value, str):
        raise Problem("invalid-field", f"{name} must be a string", field=name)
    return value


def choice(name: str, value: object, alternatives: Iterable[str]) -> str:
    """Read a member that holds one of a closed list."""
    known = list(alternatives)
    if value not in known:
        detail = f"{name} must be one of {', '.join(known)}"
        raise Problem("invalid-field", detail, field=name, alternatives=known)
    return str(value)


def whole(name: str, value: object, least: int, most: int) -> int:
    """Read a member that holds a whole number."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Problem("invalid-field", f"{name} must be a whole number from {least} to {most}", field=name)
    return value


def timeout(members: Mapping[str, Any]) -> float:
    """Read `timeoutMillis`, how long a call may wait in real time, as seconds; five unless it says otherwise."""
    return whole("timeoutMillis", members.get("timeoutMillis", _USUAL_WAIT), 0, _LONGEST_WAIT) / 1000


def waited(wait: Callable[[], Item]) -> Item:
    """Return what a wait brings."""
    try:
        return wait()
    except waiting.TooManyWaits as error:
        detail = f"{waiting.MOST_WAITS} calls wait already, and each takes a thread of the server"
        raise Problem("too-many-waits", detail) from error


def unknown_key(key_id: str) -> Problem:
    """Return the problem of a key that the session does not have."""
    return Problem("unknown-key", f"There is no API key {echo(key_id)} in this session")


def echo(told: str) -> str:
    """Quote what a caller sent, bounded."""
    return repr(told[:_ECHO])


def refused_programme(error: ProgrammeError, place: str = "") -> Problem:
    """Return the problem of a programme that cannot be read; `place` is the member that holds it, if it is one."""
    field = error.field if not place or error.field == place else f"{place}.{error.field}"
    return Problem("invalid-field", str(error), field=field)


def _check_names(noun: str, given: Iterable[str], names: tuple[str, ...]) -> None:
    for name in given:
        if name not in names:
            known = f"known {noun} are {', '.join(names)}" if names else f"no {noun} are taken"
            raise Problem("unknown-field", f"{echo(name)} is unknown here; {known}", field=name[:_ECHO])


def _members(raw: bytes) -> Mapping[str, Any]:
    if request.mimetype != JSON_TYPE:
        raise Problem("media-type", f"A body must be sent as {JSON_TYPE}")
    try:
        value = strict_json.loads(raw)
    except ApiError as error:
        raise Problem("malformed-json", error.message) from error
    if not isinstance(value, dict):
        raise Problem("malformed-json", "The body must be a JSON object")
    return cast("Mapping[str, Any]", value)
