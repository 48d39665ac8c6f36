"""What the control plane does with webhooks: send again, ping, bring an event about by a real job."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import deliveries, ids
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.deliveries import Event
from tutorflow_mock.domain.idempotency import Policy
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.operations import making, telling
from tutorflow_mock.operations.plan import event_types, output_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Delivery
    from tutorflow_mock.domain.model import Job, Session, Subscription
    from tutorflow_mock.domain.programme import Outcome
    from tutorflow_mock.operations.world import World

PING = "webhook.ping"
_SOURCE = b'{"payload":{"level":{"id":"triggered","title":"Triggered"}}}'


class UnknownDelivery(Exception):
    """The session has no such delivery."""


class UnknownSubscription(Exception):
    """The session has no such subscription."""


class DeliveryRunning(Exception):
    """An attempt of the delivery is under way just now."""


class UnknownEvent(Exception):
    """No revision of the contract knows the event."""


def all_subscriptions(world: World, session: Session) -> tuple[Subscription, ...]:
    """Return the subscriptions of a session, organization by organization."""
    found = (world.store.subscriptions(session.id, each) for each in session.directory.organizations)
    return tuple(subscription for some in found for subscription in some)


def find_subscription(world: World, session: Session, subscription_id: str) -> Subscription:
    """Return one subscription; raise UnknownSubscription."""
    found = next((each for each in all_subscriptions(world, session) if each.id == subscription_id), None)
    if found is None:
        raise UnknownSubscription(subscription_id)
    return found


def find_delivery(world: World, session: Session, delivery_id: str) -> Delivery:
    """Return one delivery; raise UnknownDelivery."""
    found = world.store.delivery(session.id, delivery_id)
    if found is None:
        raise UnknownDelivery(delivery_id)
    return found


def redeliver(world: World, session: Session, delivery: Delivery, now: Instant) -> Delivery:
    """Send a delivery once more, at once, with its id and bytes; refuse while it runs, or with nobody subscribed."""

    def again(found: Delivery, subscription: Subscription | None) -> Delivery:
        if subscription is None:
            raise UnknownSubscription(found.subscription_id)
        if found.status == "sending":
            raise DeliveryRunning(found.id)
        return deliveries.redelivered(found, now)

    changed = world.store.change_delivery(session.id, delivery.id, again)
    if changed is None:
        raise UnknownDelivery(delivery.id)
    return changed


def set_tls(world: World, session: Session, subscription_id: str, *, verifies: bool) -> Subscription:
    """Say whether the certificate of an endpoint is verified; raise UnknownSubscription (B15)."""
    changed = world.store.change_subscription(
        session.id, subscription_id, lambda found: replace(found, verifies_tls=verifies)
    )
    if changed is None:
        raise UnknownSubscription(subscription_id)
    return changed


def ping(world: World, session: Session, subscription: Subscription, now: Instant) -> Delivery:
    """Send a `webhook.ping` to a subscription, in the shape that the later revision gives it (N-056)."""
    chance = world.ids_of(session)
    event_id = ids.uuid(chance, "events")
    told = {
        "endpointId": subscription.id,
        "message": "This is a ping; nothing has happened.",
        "event": {"id": event_id, "type": PING, "createdAt": timestamp(now)},
    }
    event = Event(event_id, PING, None, now, compact(told).encode())
    delivery = deliveries.created(ids.uuid(chance, "deliveries"), event, subscription)
    world.store.save_delivery(session.id, delivery)
    return delivery


def trigger(world: World, session: Session, event: str, now: Instant, programme: Programme | None) -> Job:
    """Bring an event about by a real job of the first organization, which ends at once; a later GET finds it."""
    contract = world.contract_of(session)
    if event not in event_types(contract):
        raise UnknownEvent(event)
    outcomes = ("completed", "failed")
    outcome = next(each for each in outcomes if deliveries.event_of(each, (event,)) is not None)
    ending: Outcome = "failed" if outcome == "failed" else "completed"
    goes = replace(programme or Programme(), progression="immediate", outcome=ending)
    organization_id = next(iter(session.directory.organizations))
    source = making.Source("source_json", "Triggered", None)
    order = making.Order(organization_id, source, tuple(output_kinds(contract)), goes, None, _SOURCE)
    made = world.store.create_job_once(
        session.id, lambda: making.assembled(world, session, order, now), None, now, Policy()
    )
    world.store.settle_due(session.id, world.clock.now(), telling.expansion(world))
    return made.job


def counts(found: Iterable[Delivery]) -> dict[str, int]:
    """Return how many deliveries there are of each status."""
    counted: dict[str, int] = {}
    for each in found:
        counted[each.status] = counted.get(each.status, 0) + 1
    return counted
