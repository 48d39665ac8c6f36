"""The store in memory: dictionaries under one lock a session; nothing to install, gone at exit."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from threading import Condition, Lock
from typing import TYPE_CHECKING

from tutorflow_mock.domain import idempotency, jobs, rate_windows
from tutorflow_mock.domain.errors import Conflict
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.stores.base import Caps, Created, InFlight, LimitReached, OpenTwin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.idempotency import Claim, Holding, Policy
    from tutorflow_mock.domain.model import ApiKey, Credential, Entry, Job, Session, Subscription
    from tutorflow_mock.domain.rate_windows import Slot, Window
    from tutorflow_mock.stores.base import Meter, Rotation

_Slot = tuple[str, str, str]
_UNLIMITED = 1 << 62


class _Room:
    """All that one session remembers."""

    def __init__(self, session: Session, caps: Caps) -> None:
        self.session = session
        self.caps = caps
        self.changed = Condition(Lock())
        self.digests: set[bytes] = set()
        self.keys: dict[str, ApiKey] = {}
        self.last_used: dict[str, Instant] = {}
        self.windows: dict[tuple[str, str], Window] = {}
        self.jobs: dict[str, Job] = {}
        self.holdings: dict[_Slot, Holding] = {}
        self.in_flight: set[_Slot] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self.journal: deque[Entry] = deque(maxlen=caps.journal)

    def held(self, slot: _Slot, claim: Claim, now: Instant, rules: Policy) -> Created | None:
        """Return the job that holds a key, with the verdict on this request, or None while the key is free."""
        holding = self.holdings.get(slot)
        if holding is None:
            return None
        job = self.jobs[holding.job_id]
        if not idempotency.is_held(holding, job, now, rules):
            return None
        return Created(job, idempotency.verdict(holding, claim))

    def admit(self, job: Job, now: Instant, rules: Policy) -> None:
        """Keep a new job, unless the session is full or an open twin forbids it."""
        if len(self.jobs) >= self.caps.jobs:
            raise LimitReached("jobs", self.caps.jobs)
        if rules.refuse_open_twin and any(_is_open_twin(job, other, now) for other in self.jobs.values()):
            raise OpenTwin
        self.jobs[job.id] = job


def _slot(claim: Claim) -> _Slot:
    return claim.namespace, claim.organization_id, claim.key


def _is_open_twin(job: Job, other: Job, now: Instant) -> bool:
    if other.organization_id != job.organization_id or other.payload != job.payload:
        return False
    return jobs.status(other, now) in {"queued", "processing"}


class MemoryStore:
    """`Store` on dictionaries; every verb holds its session's lock, and none holds two."""

    def __init__(self, caps: Caps | None = None) -> None:
        self._caps = caps or Caps()
        self._rooms: dict[str, _Room] = {}
        self._credentials: dict[bytes, Credential] = {}
        self._opening = Lock()

    def open_session(self, session: Session, credentials: tuple[Credential, ...]) -> None:
        """Open a session with its first credentials, or put it back to this state; everything else in it is dropped."""
        room = _Room(session, self._caps)
        with self._opening:
            if (old := self._rooms.get(session.id)) is not None:
                for digest in old.digests:
                    self._credentials.pop(digest, None)
            for credential in credentials:
                room.digests.add(credential.digest)
                self._credentials[credential.digest] = credential
                if isinstance(credential, KeyCredential):
                    room.keys[credential.key.id] = credential.key
            self._rooms[session.id] = room

    def session(self, session_id: str) -> Session | None:
        """Return a session as it is now."""
        room = self._rooms.get(session_id)
        return None if room is None else room.session

    def change_session(self, session_id: str, change: Callable[[Session], Session]) -> Session:
        """Replace a session by what `change` makes of it and return it; an exception leaves it as it was."""
        room = self._rooms[session_id]
        with room.changed:
            room.session = change(room.session)
            return room.session

    def is_untouched(self, session_id: str) -> bool:
        """Tell whether no job, key use or subscription has recorded an instant yet."""
        room = self._rooms[session_id]
        return not (room.jobs or room.last_used or room.subscriptions)

    def find_credential(self, digest: bytes) -> Credential | None:
        """Find a credential by the SHA-256 of its secret, over all sessions, dead ones included."""
        return self._credentials.get(digest)

    def find_admin_session(self, email: str) -> str | None:
        """Return the session whose directory holds an admin with this e-mail."""
        rooms = list(self._rooms.values())
        return next((room.session.id for room in rooms if email in room.session.directory.admins), None)

    def save_credential(self, credential: Credential) -> None:
        """Keep a credential of an admin session."""
        with self._opening:
            self._rooms[credential.session_id].digests.add(credential.digest)
            self._credentials[credential.digest] = credential

    def take_rate_slot(self, session_id: str, meter: Meter, now: Instant) -> Slot:
        """Count one call of a key, or refuse it; note the key's use."""
        room = self._rooms[session_id]
        slot_id = (meter.key_id, meter.scope)
        with room.changed:
            limit = room.keys[meter.key_id].rate_limit
            window = room.windows.get(slot_id, rate_windows.EMPTY)
            most = _UNLIMITED if limit is None else limit
            slot, room.windows[slot_id] = rate_windows.take(window, most, now, meter.algorithm)
            if slot.allowed or meter.marks_refused:
                room.last_used[meter.key_id] = max(now, room.last_used.get(meter.key_id, now))
        return slot

    def give_rate_slot_back(self, session_id: str, meter: Meter) -> None:
        """Uncount the latest call of a key."""
        room = self._rooms[session_id]
        slot_id = (meter.key_id, meter.scope)
        with room.changed:
            limit = room.keys[meter.key_id].rate_limit or _UNLIMITED
            window = room.windows.get(slot_id, rate_windows.EMPTY)
            room.windows[slot_id] = rate_windows.give_back(window, limit, meter.algorithm)

    def save_key(self, session_id: str, key: ApiKey, digest: bytes) -> None:
        """Keep a new key under the digest of its secret."""
        room = self._rooms[session_id]
        with room.changed:
            if len(room.keys) >= room.caps.keys:
                raise LimitReached("API keys", room.caps.keys)
            room.keys[key.id] = key
            self._put(room, KeyCredential(session_id, digest, key))

    def rotate_key(self, session_id: str, old: ApiKey, rotation: Rotation) -> bool:
        """Replace a key's secret in one step; False, and nothing done, if the key is no longer `old`."""
        room = self._rooms[session_id]
        with room.changed:
            if room.keys.get(old.id) != old:
                return False
            left = rotation.retired or rotation.key
            for credential in self._credentials_of(room, old.id):
                self._put(room, replace(credential, key=left, valid_until=rotation.old_until))
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
            return Created(job, "new")
        return self._reserve(room, claim, now, rules) or self._fulfil(room, make, claim, now, rules)

    def read_job(
        self, session_id: str, job_id: str, organization_id: str | None, now: Instant, *, counted: bool = False
    ) -> Job | None:
        """Return a job of an organization, or of any; a counted read moves it if its programme counts reads."""
        job = self._rooms[session_id].jobs.get(job_id)
        if job is None or organization_id not in {None, job.organization_id}:
            return None
        if not counted or job.programme.progression != "manual":
            return job
        return self.change_job(session_id, job_id, lambda latest: jobs.read(latest, now))

    def change_job(self, session_id: str, job_id: str, change: Callable[[Job], Job]) -> Job | None:
        """Replace a job by what `change` makes of it and return it; None if there is none."""
        room = self._rooms[session_id]
        with room.changed:
            if job_id not in room.jobs:
                return None
            job = room.jobs[job_id] = change(room.jobs[job_id])
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

    def subscriptions(self, session_id: str, organization_id: str) -> tuple[Subscription, ...]:
        """Return the subscriptions of an organization, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            own = [s for s in room.subscriptions.values() if s.organization_id == organization_id]
            return tuple(reversed(own))

    def delete_subscription(self, session_id: str, organization_id: str, subscription_id: str) -> bool:
        """Drop a subscription; tell whether there was one."""
        room = self._rooms[session_id]
        with room.changed:
            found = room.subscriptions.get(subscription_id)
            if found is None or found.organization_id != organization_id:
                return False
            del room.subscriptions[subscription_id]
            return True

    def append_journal(self, session_id: str, entry: Entry) -> None:
        """Remember a call in the session's ring."""
        self._rooms[session_id].journal.append(entry)

    def read_journal(self, session_id: str) -> tuple[Entry, ...]:
        """Return the remembered calls, oldest first."""
        return tuple(self._rooms[session_id].journal.copy())

    @staticmethod
    def _reserve(room: _Room, claim: Claim, now: Instant, rules: Policy) -> Created | None:
        """Return the job that holds a key, or put the key in flight; wait for its present holder, or refuse."""
        slot = _slot(claim)
        with room.changed:
            while (found := room.held(slot, claim, now, rules)) is None and slot in room.in_flight:
                if rules.refuse_in_flight:
                    raise InFlight
                room.changed.wait()
            if found is None:
                room.in_flight.add(slot)
            return found

    @staticmethod
    def _fulfil(room: _Room, make: Callable[[], Job], claim: Claim, now: Instant, rules: Policy) -> Created:
        """Make the job for a reserved key; whatever happens, the key is in flight no more."""
        slot = _slot(claim)
        try:
            job = make()
            with room.changed:
                room.admit(job, now, rules)
                room.holdings[slot] = idempotency.Holding(job.id, claim.fingerprint, now)
            return Created(job, "new")
        finally:
            with room.changed:
                room.in_flight.discard(slot)
                room.changed.notify_all()

    def _put(self, room: _Room, credential: Credential) -> None:
        room.digests.add(credential.digest)
        self._credentials[credential.digest] = credential

    def _credentials_of(self, room: _Room, key_id: str) -> list[KeyCredential]:
        known = (self._credentials.get(digest) for digest in list(room.digests))
        return [found for found in known if isinstance(found, KeyCredential) and found.key.id == key_id]
