"""Grading a session: what its journal, jobs and deliveries tell about the client, computed when somebody asks."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tutorflow_mock.domain import hiding
from tutorflow_mock.domain.lint import rules
from tutorflow_mock.domain.lint.view import Call, Facts, Sent, View
from tutorflow_mock.domain.model import Cleared
from tutorflow_mock.operations import journal
from tutorflow_mock.operations.find import ADMIN_SCHEME, KEY_SCHEME
from tutorflow_openapi.document import find

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutorflow_mock.domain.lint.finding import Finding
    from tutorflow_mock.domain.lint.view import Scheme
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.domain.near_misses import Route
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract

_SCHEMES: Mapping[str, Scheme] = {KEY_SCHEME: "key", ADMIN_SCHEME: "admin"}


class _Words(NamedTuple):
    """What a contract says that the rules must know."""

    schemes: Mapping[str, Scheme | None]
    members: Mapping[str, frozenset[str]]


def grade(world: World, session: Session) -> list[Finding]:
    """Return the findings of a session since it was last cleared; what the mock was forced to answer is left out."""
    vault = journal.vault_of(world, session)
    found = rules.grade(_view(world, session))
    return [each._replace(message=hiding.scrubbed(each.message, vault)) for each in found]


def clear(world: World, session: Session) -> None:
    """Let nothing count any more that has happened in a session up to now."""
    lines = world.store.numbered_journal(session.id)
    attempts = {each.id: each.attempts for each in world.store.deliveries(session.id) if each.attempts}
    cleared = Cleared(lines[-1][0] if lines else session.cleared.number, attempts)
    world.store.change_session(session.id, lambda now: replace(now, cleared=cleared))


def _view(world: World, session: Session) -> View:
    lines = [line for line in world.store.numbered_journal(session.id) if line[0] > session.cleared.number]
    found = [Call(entry, entry.exchange) for _, entry in lines if entry.exchange is not None]
    calls = [call for call in found if not call.is_forced]
    is_whole = not lines or lines[0][0] == session.cleared.number + 1
    facts = _facts(world, session)
    return View(facts, calls, _jobs(world, session, calls, facts), _sent(world, session), is_whole)


def _facts(world: World, session: Session) -> Facts:
    contract = world.contract_of(session)
    schemes, members = _words(contract)
    organizations = session.directory.organizations
    real = world.clock.now()
    return Facts(
        schemes,
        members,
        _routes(world, session),
        contract.errors,
        contract.lifecycle.terminal,
        [key for each in organizations for key, _ in world.store.keys(session.id, each)],
        session.clock.now(real),
        world.clock.elapsed(),
        session.clock.frozen_at is not None,
    )


def _jobs(world: World, session: Session, calls: Sequence[Call], facts: Facts) -> dict[str, Job]:
    """Return the jobs that were made by these calls: only of them the journal knows everything."""
    made = [call.entry.job_id for call in calls if call.entry.note == "new" and call.entry.job_id is not None]
    found = (world.store.read_job(session.id, job_id, None, facts.now) for job_id in made)
    return {job.id: job for job in found if job is not None}


def _sent(world: World, session: Session) -> list[Sent]:
    counted = session.cleared.attempts
    return [
        Sent(delivery, attempt)
        for delivery in reversed(world.store.deliveries(session.id))
        for attempt in world.store.attempts(session.id, delivery.id)
        if attempt.number > counted.get(delivery.id, 0)
    ]


def _routes(world: World, session: Session) -> Sequence[Route]:
    return journal.routes(world, session)


@lru_cache(maxsize=64)
def _words(contract: Contract) -> _Words:
    schemes: dict[str, Scheme | None] = {
        each.id: _SCHEMES.get(each.security or "") for each in contract.operations.values()
    }
    members = {each.id: _members(contract, each.id) for each in contract.operations.values() if each.body is not None}
    return _Words(schemes, members)


def _members(contract: Contract, operation_id: str) -> frozenset[str]:
    body = contract.operations[operation_id].body
    schema: Mapping[str, Any] = {} if body is None else find(contract.document, body.schema.pointer)
    return frozenset(schema.get("properties", {}))
