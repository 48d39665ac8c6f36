"""The store in memory: dictionaries under one lock a session; nothing to install, gone at exit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import idempotency, jobs
from tutorflow_mock.domain.errors import Conflict
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.stores.base import Created, InFlight, LimitReached, SessionEnded
from tutorflow_mock.stores.deliveries import Deliveries
from tutorflow_mock.stores.journals import Journals
from tutorflow_mock.stores.meters import Meters

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.idempotency import Claim, Policy
    from tutorflow_mock.domain.model import ApiKey, Job, Subscription
    from tutorflow_mock.stores.base import Rotation
    from tutorflow_mock.stores.records import Slot as KeySlot
    from tutorflow_mock.stores.room import Room


class MemoryStore(Deliveries, Journals, Meters):
    """`Store` on dictionaries; every verb holds its session's lock, and none holds two sessions' locks."""

    def save_key(self, session_id: str, key: ApiKey, digest: bytes, *, unique_name: bool) -> None:
        """Keep a new key under the digest of its secret; raise Conflict for a second name if that is not allowed."""
        room = self._rooms[session_id]
        with room.changed:
            self._check_room_for_key(room)
            name = (key.organization_id, key.name)
            if unique_name and any((other.organization_id, other.name) == name for other in room.keys.values()):
                raise Conflict("An API key with this name already exists", reason="duplicate-name")
            room.keys[key.id] = key
            self._put(room, KeyCredential(session_id, digest, key))

    def rotate_key(self, session_id: str, old: ApiKey, rotation: Rotation) -> bool:
        """Replace a key's secret in one step; False, and nothing done, if the key is no longer `old`."""
        room = self._rooms[session_id]
        with room.changed:
            if room.keys.get(old.id) != old:
                return False
            left = rotation.retired or rotation.key
            if rotation.retired is not None:
                self._check_room_for_key(room)
            for credential in self._credentials_of(room, old.id):
                ends = (rotation.old_until, credential.valid_until)
                until = min(end for end in ends if end is not None)
                self._put(room, replace(credential, key=left, valid_until=until))
            room.keys[left.id] = left
            room.keys[rotation.key.id] = rotation.key
            self._put(room, KeyCredential(session_id, rotation.digest, rotation.key))
            return True

    def change_key(self, session_id: str, key_id: str, change: Callable[[ApiKey], ApiKey]) -> ApiKey | None:
        """Replace a key by what `change` makes of it and return it; None if there is none."""
        room = self._rooms[session_id]
        with room.changed:
            if key_id not in room.keys:
                return None
            key = room.keys[key_id] = change(room.keys[key_id])
            for credential in self._credentials_of(room, key_id):
                self._put(room, replace(credential, key=key))
            return key

    def keys(self, session_id: str, organization_id: str) -> tuple[tuple[ApiKey, Instant | None], ...]:
        """Return the keys of an organization with their last use, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            own = [key for key in room.keys.values() if key.organization_id == organization_id]
            return tuple((key, room.last_used.get(key.id)) for key in reversed(own))

    def create_job_once(
        self, session_id: str, make: Callable[[], Job], claim: Claim | None, now: Instant, rules: Policy
    ) -> Created:
        """Make a job and take its key in one step, or return the job that holds the key."""
        room = self._rooms[session_id]
        if claim is None:
            job = make()
            with room.changed:
                room.admit(job, now, rules)
            created = Created(job, "new")
        else:
            created = self._reserve(room, claim, now, rules) or self._fulfil(room, make, claim, now, rules)
        self._tell(session_id)
        return created

    def read_job(
        self, session_id: str, job_id: str, organization_id: str | None, now: Instant, *, counted: bool = False
    ) -> Job | None:
        """Return a job of an organization, or of any; a counted read moves it if its programme counts reads."""
        job = self._rooms[session_id].jobs.get(job_id)
        if job is None or organization_id not in {None, job.organization_id}:
            return None
        return self._counted(session_id, job, now) if counted else job

    def _counted(self, session_id: str, job: Job, now: Instant) -> Job:
        room = self._rooms[session_id]
        with room.changed:
            room.reads[job.id] += 1
            latest = room.jobs.get(job.id, job)
            if latest.programme.progression == "manual":
                latest = room.jobs[job.id] = jobs.read(latest, now)
                room.note_end(latest)
        self._tell(session_id)
        return latest

    def read_count(self, session_id: str, job_id: str) -> int:
        """Return how often a job's status was read."""
        return self._rooms[session_id].reads[job_id]

    def hide_read(self, session_id: str, job_id: str, hides: Callable[[int], bool]) -> bool:
        """Tell whether a read does not find a job, as `hides` says of the number of those before; count it then."""
        room = self._rooms[session_id]
        with room.changed:
            is_hidden = hides(room.hidden[job_id])
            room.hidden[job_id] += is_hidden
            return is_hidden

    def change_job(self, session_id: str, job_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Replace a job by what `change` makes of it and return it; None if there is none."""
        room = self._rooms[session_id]
        with room.changed:
            if job_id not in room.jobs:
                return None
            job = room.jobs[job_id] = change(room.jobs[job_id])
            room.note_end(job)
            room.touch()
        self._tell(session_id)
        return job

    def jobs(self, session_id: str) -> tuple[Job, ...]:
        """Return all jobs of a session, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(reversed(room.jobs.values()))

    def save_subscription(self, session_id: str, subscription: Subscription, *, unique_url: bool) -> None:
        """Keep a subscription; raise Conflict for the organization's second one with its URL if that is not allowed."""
        room = self._rooms[session_id]
        with room.changed:
            if len(room.subscriptions) >= room.caps.subscriptions:
                raise LimitReached("webhooks", room.caps.subscriptions)
            address = (subscription.organization_id, subscription.url)
            if unique_url and any((s.organization_id, s.url) == address for s in room.subscriptions.values()):
                msg = "A webhook with this url already exists"
                raise Conflict(msg, reason="duplicate-url")
            room.subscriptions[subscription.id] = subscription
            room.be_heard(subscription.created_at)
        self._tell(session_id)

    def subscriptions(self, session_id: str, organization_id: str) -> tuple[Subscription, ...]:
        """Return the subscriptions of an organization, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            own = [s for s in room.subscriptions.values() if s.organization_id == organization_id]
            return tuple(reversed(own))

    def delete_subscription(
        self, session_id: str, organization_id: str, subscription_id: str, *, keep_pending: bool = False
    ) -> bool:
        """Drop a subscription, with its deliveries to come unless they are kept; tell whether there was one."""
        room = self._rooms[session_id]
        with room.changed:
            found = room.subscriptions.get(subscription_id)
            if found is None or found.organization_id != organization_id:
                return False
            room.deleted[subscription_id] = room.subscriptions.pop(subscription_id)
            if not keep_pending:
                self._drop_deliveries(room, subscription_id)
            return True

    @staticmethod
    def _reserve(room: Room, claim: Claim, now: Instant, rules: Policy) -> Created | None:
        """Return the job that holds a key, or put the key in flight; wait for its present holder, or refuse."""
        slot = _slot(claim)
        with room.changed:
            while (found := room.held(slot, claim, now, rules)) is None and slot in room.in_flight:
                if room.is_closed:
                    raise SessionEnded
                if rules.refuse_in_flight:
                    raise InFlight
                room.changed.wait()
            if found is None:
                room.in_flight.add(slot)
            else:
                room.repeats[slot, found.verdict] += 1
            return found

    @staticmethod
    def _fulfil(room: Room, make: Callable[[], Job], claim: Claim, now: Instant, rules: Policy) -> Created:
        """Make the job for a reserved key; whatever happens, the key is in flight no more."""
        slot = _slot(claim)
        try:
            job = make()
            with room.changed:
                room.admit(job, now, rules)
                room.hold(slot, claim, idempotency.Holding(job.id, claim.body, now))
            return Created(job, "new")
        finally:
            with room.changed:
                room.in_flight.discard(slot)
                room.changed.notify_all()

    def _credentials_of(self, room: Room, key_id: str) -> list[KeyCredential]:
        known = (self._credentials.get(digest) for digest in room.secrets.get(key_id, ()))
        return [found for found in known if isinstance(found, KeyCredential)]

    @staticmethod
    def _check_room_for_key(room: Room) -> None:
        if len(room.keys) >= room.caps.keys:
            raise LimitReached("API keys", room.caps.keys)


def _slot(claim: Claim) -> KeySlot:
    return claim.namespace, claim.organization_id, claim.key
