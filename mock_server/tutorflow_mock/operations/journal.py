"""The journal of a session: what is kept of a call, and what can be asked about the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import hiding, journal, near_misses, patterns
from tutorflow_mock.domain.hiding import GONE
from tutorflow_mock.domain.journal import QUERY
from tutorflow_mock.domain.keys import digest
from tutorflow_mock.domain.model import Entry, Exchange, KeyCredential
from tutorflow_mock.operations import find
from tutorflow_mock.operations.call import Visit
from tutorflow_openapi import PathMatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tutorflow_mock.domain.hiding import Vault
    from tutorflow_mock.domain.journal import Seen
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.domain.near_misses import Miss, Route
    from tutorflow_mock.domain.patterns import Pattern
    from tutorflow_mock.operations.call import Call, Reply
    from tutorflow_mock.operations.world import World

_LONGEST_PATH = 512
_NOWHERE = PathMatch("", {}, {})
_KEY_MARK = b"tf_content_"
_MOST_HARMLESS = 512
_SLOW_ONLY = "DRIBBLE"
_harmless: set[str] = set()


class Received(NamedTuple):
    """What came with a call: names and values as an `Exchange` keeps them, and headers that are credentials."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    credentials: tuple[tuple[str, str], ...] = ()


class Answered(NamedTuple):
    """How a call was answered: under which id, by which reply in which bytes and headers, within how many milliseconds.

    `applied` tells the preferences that were heeded, `fault` the rule of the fault that acted, `began` when the call
    came, in seconds of the monotonic clock.
    """

    id: str
    reply: Reply
    body: bytes
    headers: Sequence[tuple[str, str]]
    millis: float
    applied: str | None = None
    fault: str | None = None
    began: float = 0.0


def entry_of(world: World, visit: Visit, received: Received, sent: bytes, answered: Answered) -> Entry:
    """Return what the journal keeps of a call, with no secret in it; `sent` is the body as far as it was read.

    Most calls are looked through in a microsecond; only what looks as if it might hold a secret costs more.
    """
    call, operation, credential, reply = visit.call, visit.operation, visit.credential, answered.reply
    prefix = credential.key.prefix if isinstance(credential, KeyCredential) else None
    names, values, credentials = received
    path, job_id = call.path, reply.job_id or visit.parameters.get("jobId")
    if _is_suspect("\n".join(values)):
        vault = vault_of(world, visit.session)
        values = tuple(map(_safe, names, values, (vault,) * len(names)))
        path, job_id = hiding.scrubbed(path, vault), job_id and hiding.scrubbed(job_id, vault)
    body, is_cut = hiding.kept_body(sent, vault_of(world, visit.session)) if sent else (sent, False)
    headers = answered.headers
    if reply.headers:
        vault = vault_of(world, visit.session)
        headers = tuple((name, hiding.header(name.lower(), value, vault)) for name, value in headers)
    told = answered.body
    # What is made of a job in advance is long and was validated: of secrets it could only repeat a key.
    is_made = type(reply.body) is bytes and reply.fault is None
    if told and (_KEY_MARK in told or (not is_made and hiding.is_suspect(told))):
        told = hiding.body(told, vault_of(world, visit.session)).encode()
    return Entry(
        answered.id,
        visit.now,
        call.method,
        path[:_LONGEST_PATH],
        None if operation is None else operation.id,
        reply.status,
        job_id,
        reply.idempotency,
        Exchange(
            names,
            values,
            _hidden(world, visit, credentials, prefix) if credentials else (),
            body,
            is_cut,
            headers,
            told[: hiding.BODY_LIMIT],
            len(told) > hiding.BODY_LIMIT,
            prefix,
            answered.millis,
            answered.applied,
            answered.fault,
            answered.began,
            visit.delay,
            visit.session.clock.frozen_at is not None,
            reply.injected is not None and reply.injected.fault.name != _SLOW_ONLY,
        ),
    )


def visit_elsewhere(world: World, call: Call) -> Visit:
    """Return the visit of a call to a path that no operation has; raise UnknownSession as any other call."""
    return find.visit(world, call, _NOWHERE)


def vault_of(world: World, session: Session) -> Vault:
    """Return what knows the secrets of a session, and the server's own."""
    known = dict[str, "str | None"]()
    secrets = dict[bytes, str]()

    def vault(text: str) -> str | None:
        if not secrets:
            secrets.update(_secrets(world, session))
        if text not in known:
            shown = secrets.get(digest(text))
            known[text] = None if shown is None else f"{shown}{GONE}"
        return known[text]

    return vault


def calls(world: World, session: Session) -> list[Seen]:
    """Return the calls of a session as they may be shown, newest first."""
    return _since(world, session, 0, vault_of(world, session))


def find_call(world: World, session: Session, entry_id: str) -> Seen | None:
    """Return one call."""
    return next((seen for seen in calls(world, session) if seen.entry.id == entry_id), None)


def forget(world: World, session: Session, seen: Iterable[Seen]) -> None:
    """Drop calls from the journal."""
    world.store.forget_entries(session.id, {each.entry.id for each in seen})


def routes(world: World, session: Session) -> list[Route]:
    """Return the operations of a session's contract."""
    operations = world.contract_of(session).operations.values()
    return [near_misses.Route(each.id, each.method, each.path) for each in operations]


def nearest_calls(pattern: Pattern, found: Iterable[Seen]) -> list[tuple[Seen, Miss]]:
    """Return the calls that came nearest to a pattern without being as it says."""
    misses = ((seen, patterns.miss(pattern, seen)) for seen in found)
    return near_misses.nearest(pair for pair in misses if pair[1].differences)


class Collector:
    """Gathers the calls after a certain one that are as a pattern says, each looked at once."""

    def __init__(self, world: World, session: Session, pattern: Pattern, after: int) -> None:
        self._world = world
        self._session = session
        self._pattern = pattern
        self._after = after
        self._vault = vault_of(world, session)
        self.found: list[Seen] = []

    def enough(self, count: int) -> list[Seen] | None:
        """Return the calls, newest first, once there are so many."""
        fresh = _since(self._world, self._session, self._after, self._vault)
        if fresh:
            self._after = fresh[0].number
        self.found[:0] = [seen for seen in fresh if patterns.matches(self._pattern, seen)]
        return self.found if len(self.found) >= count else None


def _is_suspect(text: str) -> bool:
    """Tell whether what came with a call may hold a secret; the same again, as when a client polls, is known."""
    if text in _harmless:
        return False
    if hiding.is_suspect(text.encode("utf-8", "replace")):
        return True
    if len(_harmless) >= _MOST_HARMLESS:
        _harmless.clear()
    _harmless.add(text)
    return False


def _since(world: World, session: Session, number: int, vault: Vault) -> list[Seen]:
    lines = reversed(world.store.numbered_journal(session.id))
    found = (journal.seen(index, entry, vault) for index, entry in lines if index > number)
    return [seen for seen in found if seen is not None]


def _secrets(world: World, session: Session) -> Mapping[bytes, str]:
    token = world.settings.admin_token
    own = {} if token is None else {digest(token): ""}
    return {**own, **world.store.secrets(session.id)}


def _hidden(
    world: World, visit: Visit, credentials: Iterable[tuple[str, str]], prefix: str | None
) -> tuple[tuple[str, str], ...]:
    """Return what is kept of credentials; the one by which the call was let in is known already."""
    return tuple([(name, _hidden_value(world, visit, name, value, prefix)) for name, value in credentials])


def _hidden_value(world: World, visit: Visit, name: str, value: str, prefix: str | None) -> str:
    if prefix is not None and name == "Authorization":
        return f"{value.partition(' ')[0]} {prefix}{GONE}"
    return hiding.header(name.lower(), value, vault_of(world, visit.session))


def _safe(name: str, value: str, vault: Vault) -> str:
    return hiding.query(value, vault) if name == QUERY else hiding.scrubbed(value, vault)
