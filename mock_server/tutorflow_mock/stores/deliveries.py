"""Deliveries in the store in memory: the job ends still to be told, the attempts that are due, those under way."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from tutorflow_mock.domain import deliveries
from tutorflow_mock.stores.base import Claimed
from tutorflow_mock.stores.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.model import Job, Subscription
    from tutorflow_mock.stores.room import Room

_AT_ONCE = 4
"""How many attempts of one subscription are under way at a time (B8): a dead target delays nobody else."""


class Deliveries(Sessions):
    """The verbs of deliveries."""

    def settle_due(
        self, session_id: str, until: Instant, expand: Callable[[Job, Subscription], Delivery | None]
    ) -> None:
        """Turn each job end up to an instant into one delivery for each subscription that hears of it, once."""
        room = self._rooms[session_id]
        with room.changed:
            while room.ends and room.ends[0][0] <= until:
                at, job_id = heappop(room.ends)
                job = room.jobs.get(job_id)
                if job is None or job.finished_at != at or job_id in room.told:
                    continue
                room.told.add(job_id)
                own = (each for each in room.subscriptions.values() if each.organization_id == job.organization_id)
                for made in (expand(job, each) for each in own):
                    if made is not None:
                        _keep(room, made)
                        room.changed.notify_all()

    def next_due(self, session_id: str) -> Instant | None:
        """Return the instant of the earliest job end to tell or attempt to make, as far as any is known."""
        room = self._rooms[session_id]
        with room.changed:
            while room.due and not _is_due(room, *room.due[0]):
                heappop(room.due)
            return min((heap[0][0] for heap in (room.ends, room.due) if heap), default=None)

    def claim_due_deliveries(self, session_id: str, until: Instant) -> tuple[Claimed, ...]:
        """Take what is due up to an instant for attempts that begin now, at most four of a subscription at a time."""
        room = self._rooms[session_id]
        with room.changed:
            claimed: list[Claimed] = []
            waiting: list[tuple[Instant, str]] = []
            while room.due and room.due[0][0] <= until:
                entry = heappop(room.due)
                if not _is_due(room, *entry):
                    continue
                found = room.deliveries[entry[1]]
                if room.sending[found.subscription_id] >= _AT_ONCE:
                    waiting.append(entry)
                    continue
                room.sending[found.subscription_id] += 1
                begun = room.deliveries[found.id] = deliveries.begun(found)
                room.under_way.add((begun.id, begun.attempts))
                subscription = room.subscriptions.get(found.subscription_id) or room.deleted[found.subscription_id]
                claimed.append(Claimed(begun, subscription, entry[0]))
            for entry in waiting:
                heappush(room.due, entry)
            if claimed:
                room.changed.notify_all()
            return tuple(claimed)

    def finish_attempt(self, session_id: str, delivery_id: str, attempt: Attempt, schedule: Sequence[float]) -> None:
        """Record an attempt and plan the next; what went with a reset meanwhile is left alone."""
        room = self._rooms[session_id]
        with room.changed:
            if (delivery_id, attempt.number) not in room.under_way:
                return
            room.under_way.remove((delivery_id, attempt.number))
            found = room.deliveries[delivery_id]
            room.sending[found.subscription_id] -= 1
            room.attempts[delivery_id] = (*room.attempts.get(delivery_id, ()), attempt)
            _keep(room, deliveries.after_attempt(found, attempt, schedule))
            room.changed.notify_all()
        self._tell(session_id)

    def attempts(self, session_id: str, delivery_id: str) -> tuple[Attempt, ...]:
        """Return the attempts of a delivery, in their order."""
        return self._rooms[session_id].attempts.get(delivery_id, ())

    def change_subscription(self, session_id: str, subscription: Subscription) -> None:
        """Replace a subscription, if it is still there."""
        room = self._rooms[session_id]
        with room.changed:
            if subscription.id in room.subscriptions:
                room.subscriptions[subscription.id] = subscription

    def save_delivery(self, session_id: str, delivery: Delivery) -> None:
        """Keep a delivery that was made or made due by hand."""
        room = self._rooms[session_id]
        with room.changed:
            _keep(room, delivery)
            room.changed.notify_all()
        self._tell(session_id)

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
        room.changed.notify_all()


def _keep(room: Room, delivery: Delivery) -> None:
    room.deliveries[delivery.id] = delivery
    if delivery.next_attempt_at is not None:
        heappush(room.due, (delivery.next_attempt_at, delivery.id))


def _is_due(room: Room, at: Instant, delivery_id: str) -> bool:
    found = room.deliveries.get(delivery_id)
    return found is not None and found.next_attempt_at == at
