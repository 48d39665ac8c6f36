"""Who is told of a job's end, and with which bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain import deliveries, ids, jobs
from tutorflow_mock.operations.plan import event_types

if TYPE_CHECKING:
    from tutorflow_mock.domain.deliveries import Delivery, Event
    from tutorflow_mock.domain.model import Job, Session, Subscription
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.stores.base import Expand


def expansion(world: World) -> Expand:
    """Return the function that makes of a job's end the delivery for a subscription, or None if that hears nothing."""
    ends: dict[str, Event] = {}

    def expand(session: Session, job: Job, subscription: Subscription) -> Delivery | None:
        contract, chance = world.contract_of(session), world.ids_of(session)
        event_type = deliveries.event_of(jobs.outcome(job), event_types(contract))
        if event_type is None or not deliveries.hears(subscription, event_type, job, contract.values):
            return None
        if job.id not in ends:
            ends[job.id] = deliveries.end_of(job, ids.uuid(chance, "events"), event_type, contract.values)
        return deliveries.created(ids.uuid(chance, "deliveries"), ends[job.id], subscription)

    return expand
