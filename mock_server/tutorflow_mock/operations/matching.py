"""Patterns held against calls on their way in: they mean the same there as in the journal, and keep no secret."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

from tutorflow_mock.domain import hiding, patterns
from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.domain.fault_rules import Match
from tutorflow_mock.domain.hiding import GONE
from tutorflow_mock.domain.steering_errors import SteeringError
from tutorflow_mock.domain.strict_json import compact, loads
from tutorflow_mock.operations.journal import vault_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutorflow_mock.domain.hiding import Vault
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.call import Visit
    from tutorflow_mock.operations.world import World

_STATUS = "status"


class Arriving:
    """A call before its answer, as the journal is going to show it; its body is read when a pattern asks for it."""

    status = None

    def __init__(self, world: World, visit: Visit) -> None:
        self._visit = visit
        self._vault = vault_of(world, visit.session)
        self.method = visit.call.method
        self.operation = None if visit.operation is None else visit.operation.id

    @property
    def path(self) -> str:
        """The path."""
        return hiding.scrubbed(self._visit.call.path, self._vault)

    @property
    def query(self) -> str:
        """The query."""
        return hiding.query(self._visit.call.query, self._vault)

    @property
    def job_id(self) -> str | None:
        """The job of the path."""
        return self._visit.parameters.get("jobId")

    def header(self, name: str) -> str | None:
        """Look a header up by its name in lower case."""
        value = self._visit.call.header(name)
        return None if value is None else hiding.header(name, value, self._vault)

    @cached_property
    def body(self) -> str:
        """The body as text."""
        return hiding.body(body_of(self._visit), self._vault)


def body_of(visit: Visit) -> bytes:
    """Return the body of a call ahead of its turn; what is wrong with it will be told when that comes."""
    try:
        return visit.call.read(cast("int", visit.values["request.max-body-bytes"]))
    except ApiError:
        return b""


def reader(world: World, session: Session) -> Callable[[object], Match]:
    """Return what reads a `match`; it raises SteeringError or UnknownMember with the member at fault."""
    vault = vault_of(world, session)
    operations = world.contract_of(session).operations

    def read(value: object) -> Match:
        try:
            pattern = patterns.read(value, operations, lambda name, text: hiding.header(name, text, vault))
        except SteeringError as error:
            raise type(error)(_place(error.field), str(error).removeprefix(f"{error.field}: ")) from error
        members = cast("Mapping[str, Any]", value)
        if _STATUS in members:
            raise SteeringError(_place(_STATUS), "is not known before the answer")
        return Match(_redacted(members, vault), partial(patterns.matches, pattern))

    return read


def _place(field: str) -> str:
    return "match" if field == "pattern" else f"match.{field}"


def _redacted(members: Mapping[str, Any], vault: Vault) -> dict[str, object]:
    """Return a pattern as it may be shown: what its matchers compare with may be a credential."""
    shown: dict[str, object] = {}
    for part, value in members.items():
        match part:
            case "headers" | "cookies" | "queryParameters":
                shown[part] = {name: _told(part, name, matcher, vault) for name, matcher in value.items()}
            case "bodyPatterns":
                shown[part] = [_told(part, "", matcher, vault) for matcher in value]
            case "url":
                path, mark, query = value.partition("?")
                shown[part] = f"{hiding.scrubbed(path, vault)}{mark}{hiding.query(query, vault)}"
            case _:
                shown[part] = hiding.scrubbed(value, vault)
    return shown


def _told(part: str, name: str, matcher: Mapping[str, object], vault: Vault) -> dict[str, object]:
    return {kind: _value(part, name, value, vault) for kind, value in matcher.items()}


def _value(part: str, name: str, value: object, vault: Vault) -> object:
    """Return what a matcher compares with as far as it may be shown; options are no texts."""
    if part == "bodyPatterns" and isinstance(value, dict | list):
        return loads(hiding.body(compact(value).encode(), vault).encode(), unique_keys=False)
    if not isinstance(value, str):
        return value
    match part:
        case "headers":
            return hiding.header(name.lower(), value, vault)
        case "cookies":
            return GONE
        case "queryParameters":
            return hiding.query(f"{name}={value}", vault).partition("=")[2]
        case _:
            return hiding.body(value.encode("utf-8", "replace"), vault)
