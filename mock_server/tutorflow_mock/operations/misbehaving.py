"""Orders to misbehave: which they are, and fetches that fail behind a delivery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import ids
from tutorflow_mock.domain.misbehaviours import orders
from tutorflow_mock.operations import hooks, rules
from tutorflow_mock.operations.plan import event_types

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.deliveries import Delivery
    from tutorflow_mock.domain.misbehaviours.orders import Order
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Operation

_FETCHES = ("getExpansion", "getExpansionResult")


def order(world: World, session: Session, members: Mapping[str, object]) -> Order:
    """Keep an order to misbehave; raise SteeringError with the member at fault, LimitReached where there are enough."""
    events = (*event_types(world.contract_of(session)), hooks.PING)
    subscribed = tuple(each.id for each in hooks.all_subscriptions(world, session))
    read = orders.from_json(members, "", orders.Known(events, subscribed))
    kept = replace(read, id=ids.uuid(world.ids_of(session), "misbehaviours"))
    world.store.save_order(session.id, kept)
    return kept


def let_fetches_fail(world: World, session: Session, delivery: Delivery, ordered: Order) -> None:
    """Let the next fetches of a delivery's job, state and result each, fail with the statuses of an order in turn."""
    statuses = orders.failures(ordered.options)
    operations = world.contract_of(session).operations
    for operation in (operations[each] for each in _FETCHES):
        for status in statuses:
            rule = {
                "operation": operation.id,
                "match": {"jobId": delivery.job_id},
                "times": 1,
                "error": {"statusCode": status, "body": _example(operation, status)},
            }
            rules.add(world, session, rules.read(world, session, rule, statuses))


def _example(operation: Operation, status: int) -> object:
    """Return the contract's own answer of a status, None where it has none."""
    response = operation.responses.get(status)
    return None if response is None else next(iter(response.examples.values()), None)
