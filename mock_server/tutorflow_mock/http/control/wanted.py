"""The body of `POST /__admin/sessions`, read member by member."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from tutorflow_mock.domain import programme as programmes
from tutorflow_mock.domain.clock import parse_duration, timestamp
from tutorflow_mock.domain.programme import ProgrammeError
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.operations import tenancy
from tutorflow_mock.operations.plan import output_kinds
from tutorflow_mock.operations.tenancy import ClockStart, Wanted
from tutorflow_openapi import BehaviourError, as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutorflow_mock.domain.model import Session, Value
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.records import Snapshot
    from tutorflow_openapi import Contract

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_INHERITED = ("revision", "organizations", "lessons")
_MOST_CALLS = 1_000_000
_MOST_ORGANIZATIONS = 100
_MOST_LESSONS = 1_000
_LONGEST_TEXT = 255


class _Ground(NamedTuple):
    """What the members are read against: the contract of the session, and the snapshot that it begins from."""

    contract: Contract
    snapshot: Snapshot | None


def read(world: World, addressed: Session) -> Wanted:
    """Return the session that a call asks for; `from` names a snapshot of the addressed session, or the only one."""
    members = common.body(*_READERS, "from")
    snapshot = _snapshot(world, addressed, members) if "from" in members else None
    ground = _Ground(_contract(world, members, snapshot), snapshot)
    told: dict[str, Any] = {}
    for name, value in members.items():
        if name in _READERS:
            member, reader = _READERS[name]
            told[member] = reader(ground, value)
    return Wanted(**told, snapshot=snapshot)


def _snapshot(world: World, addressed: Session, members: Mapping[str, Any]) -> Snapshot:
    name = common.text("from", members["from"])
    found = tenancy.find_snapshot(world, addressed.id, name)
    if found is None:
        detail = f"Neither the session {addressed.id} nor exactly one other has a snapshot {common.echo(name)}"
        raise Problem("unknown-snapshot", detail)
    for member in _INHERITED:
        if member in members:
            raise _invalid(member, "comes with the snapshot that from names")
    return found


def _contract(world: World, members: Mapping[str, Any], snapshot: Snapshot | None) -> Contract:
    if snapshot is not None:
        return world.contract_of(snapshot.session)
    revision = common.choice("revision", members.get("revision", world.settings.revision), world.contracts)
    return world.contracts[revision]


def _id(value: object) -> str:
    if _ID.fullmatch(common.text("id", value)) is None:
        raise _invalid("id", "must be 1 to 63 lower-case letters, digits and hyphens, and not begin with a hyphen")
    return str(value)


def _plain(name: str, value: object) -> str:
    told = common.text(name, value)
    if not 1 <= len(told) <= _LONGEST_TEXT or not told.isprintable():
        raise _invalid(name, f"must be 1 to {_LONGEST_TEXT} printable characters")
    return told


def _ttl(value: object) -> int | None:
    if value is None:
        return None
    try:
        ttl = parse_duration(common.text("ttl", value))
    except ValueError as error:
        raise Problem("invalid-field", f"ttl: {error}", field="ttl") from error
    if ttl == 0:
        raise _invalid("ttl", "must be longer than no time; leave it out for a session that does not end by itself")
    return ttl


def _clock(ground: _Ground, value: object) -> ClockStart:
    members = _object("clock", value, ("mode", "instant"))
    mode = common.choice("clock.mode", members.get("mode"), ("running", "frozen"))
    if "instant" not in members:
        return ClockStart("frozen" if mode == "frozen" else "running")
    instant = common.instant("clock.instant", members["instant"])
    if ground.snapshot is not None and instant < ground.snapshot.at:
        raise _invalid("clock.instant", f"must not lie before the snapshot's {timestamp(ground.snapshot.at)}")
    return ClockStart("frozen" if mode == "frozen" else "running", instant)


def _programme(contract: Contract, value: object) -> Programme:
    try:
        return programmes.from_json(value, tuple(output_kinds(contract)))
    except ProgrammeError as error:
        field = error.field if error.field == "programme" else f"programme.{error.field}"
        raise Problem("invalid-field", f"programme: {error}", field=field) from error


def _behaviours(contract: Contract, value: object) -> Mapping[str, Value]:
    told = _object("behaviours", value, tuple(contract.behaviours))
    found: dict[str, Value] = {}
    for name, wanted in told.items():
        behaviour = contract.behaviours[name]
        try:
            found[name] = behaviour.check(wanted)
        except BehaviourError as error:
            choices = {} if behaviour.alternatives is None else {"alternatives": as_json(behaviour.alternatives)}
            raise Problem("invalid-field", str(error), field=f"behaviours.{name}", **choices) from error
    return found


def _whole(name: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise _invalid(name, f"must be a whole number from 1 to {most}")
    return value


def _lessons(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(items := cast("list[object]", value)) > _MOST_LESSONS:
        raise _invalid("lessons", f"must be a list of at most {_MOST_LESSONS} ids")
    lessons = tuple(_plain(f"lessons[{index}]", item) for index, item in enumerate(items))
    if len(set(lessons)) < len(lessons):
        raise _invalid("lessons", "must not name a lesson twice")
    return lessons


def _object(name: str, value: object, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(name, "must be an object")
    members = cast("Mapping[str, Any]", value)
    for member in members:
        if member not in known:
            field = f"{name}.{member[:64]}"
            raise Problem("unknown-field", f"{common.echo(member)} is no member of {name}", field=field)
    return members


def _invalid(name: str, message: str) -> Problem:
    return Problem("invalid-field", f"{name} {message}", field=name)


_READERS: Mapping[str, tuple[str, Callable[[_Ground, object], object]]] = {
    "id": ("id", lambda _, value: _id(value)),
    "revision": ("revision", lambda ground, _: ground.contract.revision),
    "seed": ("seed", lambda _, value: _plain("seed", value)),
    "ttl": ("ttl", lambda _, value: _ttl(value)),
    "clock": ("clock", _clock),
    "programme": ("programme", lambda ground, value: _programme(ground.contract, value)),
    "behaviours": ("behaviours", lambda ground, value: _behaviours(ground.contract, value)),
    "webhookTimestamp": (
        "webhook_timestamp",
        lambda _, value: common.choice("webhookTimestamp", value, ("session", "real")),
    ),
    "rateLimitPerMinute": ("rate_limit", lambda _, value: _whole("rateLimitPerMinute", value, _MOST_CALLS)),
    "organizations": ("organizations", lambda _, value: _whole("organizations", value, _MOST_ORGANIZATIONS)),
    "lessons": ("lessons", lambda _, value: _lessons(value)),
}
"""By member of the body: which member of `Wanted` it makes, and how."""
