"""The settings of a session that make calls fail or say how jobs to come go: its fault rules, its next programmes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import fault_rules, hiding, ids, next_programmes
from tutorflow_mock.domain.fault_rules import Known
from tutorflow_mock.domain.next_programmes import NextProgramme
from tutorflow_mock.domain.steering_errors import NeedsWireFaults
from tutorflow_mock.domain.strict_json import compact, loads
from tutorflow_mock.operations.journal import vault_of
from tutorflow_mock.operations.matching import Arriving, reader
from tutorflow_mock.stores.base import LimitReached

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from tutorflow_mock.domain.fault_rules import Rule
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.world import World

MOST = 1_000
"""How many fault rules, and how many programmes for the next jobs, one session may hold."""

_RULES, _PROGRAMMES = "fault-rules", "next-programmes"
"""The streams of their ids."""


def read(world: World, session: Session, value: object, statuses: Collection[int]) -> Rule:
    """Read a rule of a session and give it an id; raise SteeringError with the member at fault."""
    known = Known(tuple(world.contract_of(session).operations), statuses, reader(world, session))
    rule = fault_rules.from_json(value, "", known)
    if rule.fault is not None and rule.fault.needs_wire and world.settings.wire_faults == "off":
        raise NeedsWireFaults("fault", rule.fault.name)
    return rule


def shown(world: World, session: Session, rule: Rule) -> dict[str, object]:
    """Return a rule as it may be shown: its body may repeat a secret of the session."""
    row = fault_rules.to_json(rule)
    error = rule.error
    if error is None or error.body is None:
        return row
    safe = hiding.body(compact(error.body).encode(), vault_of(world, session))
    return {**row, "error": {**cast("dict[str, object]", row["error"]), "body": loads(safe.encode())}}


def put(world: World, session: Session, rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Let a session have these rules and no others; return them with their ids."""
    return _changed(world, session, lambda _: _named(world, session, rules))


def add(world: World, session: Session, rule: Rule) -> Rule:
    """Give a session one more rule, behind those that it has, and return it with its id."""
    return _changed(world, session, lambda present: (*present, *_named(world, session, (rule,))))[-1]


def remove(world: World, session: Session, rule_id: str | None = None) -> bool:
    """Take a rule away from a session, or all of them; tell whether there was one."""
    before = 0

    def rest(present: tuple[Rule, ...]) -> tuple[Rule, ...]:
        nonlocal before
        before = len(present)
        return tuple(rule for rule in present if rule_id not in {None, rule.id})

    return len(_changed(world, session, rest)) < before


def _changed(
    world: World, session: Session, change: Callable[[tuple[Rule, ...]], tuple[Rule, ...]]
) -> tuple[Rule, ...]:
    def changed(latest: Session) -> Session:
        rules = change(latest.fault_rules)
        if len(rules) > MOST:
            raise LimitReached("fault rules", MOST)
        return replace(latest, fault_rules=rules)

    return world.store.change_session(session.id, changed).fault_rules


def _named(world: World, session: Session, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    chance = world.ids_of(session)
    return tuple(replace(rule, id=ids.uuid(chance, _RULES)) for rule in rules)


def add_next(world: World, session: Session, order: NextProgramme) -> NextProgramme:
    """Let the next creates of a session take a programme, behind those that wait already; return it with its id."""
    order = replace(order, id=ids.uuid(world.ids_of(session), _PROGRAMMES))

    def changed(latest: Session) -> Session:
        if len(latest.next_programmes) >= MOST:
            raise LimitReached("programmes", MOST)
        return replace(latest, next_programmes=(*latest.next_programmes, order))

    world.store.change_session(session.id, changed)
    return order


def remove_next(world: World, session: Session, order_id: str | None = None) -> bool:
    """Take a programme away from the next creates, or all of them; tell whether there was one."""
    before = 0

    def changed(latest: Session) -> Session:
        nonlocal before
        before = len(latest.next_programmes)
        rest = tuple(each for each in latest.next_programmes if order_id not in {None, each.id})
        return replace(latest, next_programmes=rest)

    return len(world.store.change_session(session.id, changed).next_programmes) < before


def take_next(world: World, request: Request) -> tuple[NextProgramme, ...]:
    """Return the programme that a create is the next to take, or none; it is taken in one step of the store."""
    waiting = request.session.next_programmes
    if not waiting:
        return ()
    subject = Arriving(world, request.visit)
    meant = {each.id for each in waiting if each.means(subject)}
    taken: NextProgramme | None = None

    def changed(latest: Session) -> Session:
        nonlocal taken
        taken, rest = next_programmes.take(latest.next_programmes, meant)
        return replace(latest, next_programmes=rest)

    world.store.change_session(request.session.id, changed)
    return () if taken is None else (taken,)


def give_back(world: World, session: Session, taken: Iterable[NextProgramme]) -> None:
    """Leave a programme to the next create after all: the one that took it was refused."""
    for order in taken:
        world.store.change_session(session.id, partial(_given_back, order))


def _given_back(order: NextProgramme, latest: Session) -> Session:
    return replace(latest, next_programmes=next_programmes.give_back(latest.next_programmes, order))
