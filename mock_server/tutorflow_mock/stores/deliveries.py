"""Deliveries in the store in memory: the job ends still to be told, the attempts that are due, those under way."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import deliveries
from tutorflow_mock.domain.misbehaviours.catalogue import BEFORE_RESPONSE, REORDER
from tutorflow_mock.stores.base import Claimed, LimitReached
from tutorflow_mock.stores.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.misbehaviours.orders import Order
    from tutorflow_mock.domain.model import Subscription
    from tutorflow_mock.stores.base import Expand
    from tutorflow_mock.stores.room import Room

_AT_ONCE = 4
"""How many attempts of one subscription are under way at a time (B8): a dead target delays nobody else."""


class Deliveries(Sessions):
    """The verbs of deliveries."""

    def settle_due(self, session_id: str, real: Instant, expand: Expand) -> None:
        """Turn each job end that the session's clock has reached into a delivery for each who hears of it, once."""
        room = self._rooms[session_id]
        with room.changed:
            until = room.session.clock.now(real)  # under the lock: a reset may have put the clock back just now
            while room.ends and room.ends[0][0] <= until:
                at, job_id = room.ends[0]
                job = room.jobs.get(job_id)
                made: list[Delivery] = []
                if job is not None and job.finished_at == at and job_id not in room.told:
                    own = (each for each in room.subscriptions.values() if each.organization_id == job.organization_id)
                    made = [told for each in own if (told := expand(room.session, job, each)) is not None]
                    room.told.add(job_id)
                heappop(room.ends)  # not before: an end that cannot be told now must not be lost
                for each in made:
                    _keep(room, each)
                if made:
                    room.stir()

    def next_due(self, session_id: str) -> Instant | None:
        """Return the instant of the earliest job end to tell or attempt to make, as far as any is known."""
        room = self._rooms[session_id]
        with room.changed:
            while room.due and not _is_due(room, *room.due[0]):
                heappop(room.due)
            return min((heap[0][0] for heap in (room.ends, room.due) if heap), default=None)

    def claim_due_deliveries(self, session_id: str, real: Instant) -> tuple[Claimed, ...]:
        """Take what is due by the session's clock for attempts that begin now, at most four of a subscription."""
        room = self._rooms[session_id]
        with room.changed:
            until = room.session.clock.now(real)
            claimed: list[Claimed] = []
            while room.due and room.due[0][0] <= until:
                entry = heappop(room.due)
                if not _is_due(room, *entry):
                    continue
                found = room.deliveries[entry[1]]
                if room.sending[found.subscription_id] >= _AT_ONCE:
                    heappush(room.parked[found.subscription_id], entry)
                    continue
                order = _taken(room, found)
                if order is not None and order.name == REORDER:
                    _keep(room, deliveries.postponed(found, until + cast("int", order.options["after"]), order.name))
                    _unpark(room, found.subscription_id)
                    continue
                room.sending[found.subscription_id] += 1
                begun = room.deliveries[found.id] = deliveries.begun(found)
                room.under_way[begun.id] = begun
                subscription = room.subscriptions.get(found.subscription_id) or room.deleted[found.subscription_id]
                claimed.append(Claimed(room.session, begun, subscription, entry[0], order))
            if claimed:
                room.stir()
            return tuple(claimed)

    def finish_attempt(self, claimed: Claimed, attempt: Attempt, schedule: Sequence[float]) -> None:
        """Record an attempt and plan the next; what went with a reset meanwhile is left alone, or met its like."""
        session_id, delivery_id = claimed.session.id, claimed.delivery.id
        room = self._rooms[session_id]
        with room.changed:
            if room.under_way.get(delivery_id) is not claimed.delivery:  # after a reset ids come again: not by value
                return
            del room.under_way[delivery_id]
            found = room.deliveries[delivery_id]
            room.sending[found.subscription_id] -= 1
            room.attempts[delivery_id] = (*room.attempts.get(delivery_id, ()), attempt)
            _keep(room, deliveries.after_attempt(found, attempt, schedule))
            _unpark(room, found.subscription_id)
            room.stir()
        self._tell(session_id)

    def attempts(self, session_id: str, delivery_id: str) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery, in their order."""
        return self._rooms[session_id].attempts.get(delivery_id, ())

    def change_subscription(
        self, session_id: str, subscription_id: str, change: Callable[[Subscription], Subscription]
    ) -> Subscription | None:
        """Replace a subscription by what `change` makes of it and return it; None if it is not there any more."""
        room = self._rooms[session_id]
        with room.changed:
            found = room.subscriptions.get(subscription_id)
            if found is None:
                return None
            changed = room.subscriptions[subscription_id] = change(found)
            return changed

    def save_delivery(self, session_id: str, delivery: Delivery) -> None:
        """Keep a delivery that was made by hand."""
        room = self._rooms[session_id]
        with room.changed:
            _keep(room, delivery)
            room.stir()
        self._tell(session_id)

    def change_delivery(
        self, session_id: str, delivery_id: str, change: Callable[[Delivery, Subscription | None], Delivery]
    ) -> Delivery | None:
        """Replace a delivery by what `change` makes of it and of its subscription, if that is there; return it."""
        room = self._rooms[session_id]
        with room.changed:
            found = room.deliveries.get(delivery_id)
            if found is None:
                return None
            changed = change(found, room.subscriptions.get(found.subscription_id))
            _keep(room, changed)
            room.stir()
        self._tell(session_id)
        return changed

    def save_order(self, session_id: str, order: Order) -> None:
        """Keep an order to misbehave, behind those that are there; raise LimitReached."""
        room = self._rooms[session_id]
        with room.changed:
            if len(room.orders) >= room.caps.orders:
                raise LimitReached("orders to misbehave", room.caps.orders)
            room.orders[order.id] = order
            room.stir()

    def orders(self, session_id: str) -> tuple[Order, ...]:
        """Return the orders to misbehave, oldest first, those that are used up too."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(room.orders.values())

    def drop_orders(self, session_id: str, order_id: str | None = None) -> bool:
        """Forget an order to misbehave, or all of them; tell whether there was one."""
        room = self._rooms[session_id]
        with room.changed:
            dropped = [each for each in room.orders if order_id in {None, each}]
            for each in dropped:
                del room.orders[each]
            room.stir()
            return bool(dropped)

    def tell_early(self, session_id: str, job_id: str) -> bool:
        """Note that a new job is told before its create is answered, if that is ordered; tell whether it is."""
        room = self._rooms[session_id]
        if not room.orders:
            return False
        with room.changed:
            order = next((each for each in room.orders.values() if each.name == BEFORE_RESPONSE and each.left), None)
            if order is not None:
                room.early[job_id] = cast("int", order.options["timeoutMillis"])
            return order is not None

    def early_wait(self, session_id: str, job_id: str) -> int | None:
        """Return how many milliseconds the answer to a create may wait for its job's deliveries; None if not at all."""
        return self._rooms[session_id].early.get(job_id)

    def deliveries(self, session_id: str) -> tuple[Delivery, ...]:
        """Return all deliveries of a session, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(reversed(room.deliveries.values()))

    def delivery(self, session_id: str, delivery_id: str) -> Delivery | None:
        """Return one delivery."""
        return self._rooms[session_id].deliveries.get(delivery_id)

    def wait_until_idle(self, session_id: str, timeout: float) -> bool:
        """Wait until no attempt of a session is under way, at most so many seconds; tell whether that is so."""
        room = self._rooms[session_id]
        with room.changed:
            return room.changed.wait_for(lambda: room.is_closed or not room.under_way, timeout)

    def wait_for_deliveries(
        self, session_id: str, is_enough: Callable[[Iterable[Delivery]], bool], timeout: float
    ) -> bool:
        """Wait until the deliveries of a session are as wanted, at most so many seconds; tell whether they are."""
        room = self._rooms[session_id]
        with room.changed:
            return room.changed.wait_for(lambda: room.is_closed or is_enough(room.deliveries.values()), timeout)

    @staticmethod
    def _drop_deliveries(room: Room, subscription_id: str) -> None:
        """Let nothing start any more for a subscription that is deleted (B13); the caller holds the lock."""
        for each in [each for each in room.deliveries.values() if each.subscription_id == subscription_id]:
            room.deliveries[each.id] = deliveries.dropped(each)
        room.stir()


def _keep(room: Room, delivery: Delivery) -> None:
    room.deliveries[delivery.id] = delivery
    if delivery.next_attempt_at is not None:
        heappush(room.due, (delivery.next_attempt_at, delivery.id))


def _unpark(room: Room, subscription_id: str) -> None:
    """Let the first delivery that waits for a place among its subscription's attempts be due again."""
    parked = room.parked[subscription_id]
    while parked:
        entry = heappop(parked)
        if _is_due(room, *entry):
            heappush(room.due, entry)
            return


def _taken(room: Room, delivery: Delivery) -> Order | None:
    """Take the first order that means a delivery, once; an attempt that a misbehaviour has brought about meets none."""
    if not room.orders or delivery.owed_to is not None:
        return None
    is_early = delivery.job_id in room.early
    for order in room.orders.values():
        if order.means(delivery) and (is_early or order.name != BEFORE_RESPONSE):
            room.orders[order.id] = order.used()
            return order
    return None


def _is_due(room: Room, at: Instant, delivery_id: str) -> bool:
    found = room.deliveries.get(delivery_id)
    return found is not None and found.next_attempt_at == at
