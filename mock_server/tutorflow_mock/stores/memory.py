"""The store in memory: dictionaries under one lock a session; nothing to install, gone at exit."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from threading import Condition, Lock
from typing import TYPE_CHECKING

from tutorflow_mock.domain import idempotency, jobs, rate_windows
from tutorflow_mock.domain.errors import Conflict, InvalidApiKey
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.stores.base import Caps, Created, InFlight, LimitReached, OpenTwin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.idempotency import Claim, Holding, Policy
    from tutorflow_mock.domain.model import AdminCredential, ApiKey, Credential, Entry, Job, Session, Subscription
    from tutorflow_mock.domain.rate_windows import Slot, Window
    from tutorflow_mock.stores.base import Meter, Rotation

_Slot = tuple[str, str, str]


class _Room:
    """All that one session remembers; a closed one is on its way out and takes no credential any more."""

    def __init__(self, session: Session, caps: Caps) -> None:
        self.session = session
        self.caps = caps
        self.changed = Condition(Lock())
        self.is_closed = False
        self.digests: set[bytes] = set()
        self.logins: deque[bytes] = deque()
        self.secrets: dict[str, list[bytes]] = {}
        self.keys: dict[str, ApiKey] = {}
        self.last_used: dict[str, Instant] = {}
        self.windows: dict[tuple[str, str], Window] = {}
        self.latest_call: Instant = 0
        self.jobs: dict[str, Job] = {}
        self.reads: Counter[str] = Counter()
        self.holdings: dict[_Slot, tuple[Claim, Holding]] = {}
        self.in_flight: set[_Slot] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self.journal: deque[Entry] = deque(maxlen=caps.journal)

    def held(self, slot: _Slot, claim: Claim, now: Instant, rules: Policy) -> Created | None:
        """Return the job that holds a key, with the verdict on this request, or None while the key is free."""
        if slot not in self.holdings:
            return None
        _, holding = self.holdings[slot]
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
    if other.organization_id != job.organization_id or jobs.progress(other, now).is_terminal:
        return False
    return idempotency.same_payload(other.source, job.source)


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
                self._close(old)
            self._rooms[session.id] = room
            with room.changed:
                for credential in credentials:
                    self._put(room, credential)
                    if isinstance(credential, KeyCredential):
                        room.keys[credential.key.id] = credential.key

    def _close(self, room: _Room) -> None:
        with room.changed:
            room.is_closed = True
            for digest in room.digests:
                self._credentials.pop(digest, None)
            room.changed.notify_all()

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

    def save_login(self, credential: AdminCredential) -> None:
        """Keep the credential of a new admin session; beyond the cap the oldest login ends."""
        room = self._rooms[credential.session_id]
        with room.changed:
            self._put(room, credential)
            room.logins.append(credential.digest)
            if len(room.logins) > room.caps.logins:
                oldest = room.logins.popleft()
                room.digests.discard(oldest)
                self._credentials.pop(oldest, None)

    def take_rate_slot(self, session_id: str, meter: Meter, now: Instant) -> Slot:
        """Count one call of a key, or refuse it; note the key's use."""
        room = self._rooms[session_id]
        with room.changed:
            key = room.keys.get(meter.key_id)
            if key is None:
                raise InvalidApiKey("This key has ended with its session", reason="session-ended")
            # Threads bring their instants in any order; a step back of a whole window is a clock that was moved.
            is_late = room.latest_call - rate_windows.WINDOW < now < room.latest_call
            at = room.latest_call = room.latest_call if is_late else now
            slot = _take(room, key, meter, at)
            if slot.allowed or meter.marks_refused:
                room.last_used[key.id] = max(at, room.last_used.get(key.id, at))
        return slot

    def give_rate_slot_back(self, session_id: str, meter: Meter, counted_at: Instant) -> None:
        """Uncount a call of a key."""
        room = self._rooms[session_id]
        with room.changed:
            key, slot_id = room.keys.get(meter.key_id), (meter.key_id, meter.scope)
            if key is not None and key.rate_limit and slot_id in room.windows:
                window = room.windows[slot_id]
                room.windows[slot_id] = rate_windows.give_back(window, key.rate_limit, counted_at, meter.algorithm)

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
            return Created(job, "new")
        return self._reserve(room, claim, now, rules) or self._fulfil(room, make, claim, now, rules)

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
            return latest

    def read_count(self, session_id: str, job_id: str) -> int:
        """Return how often a job's status was read."""
        return self._rooms[session_id].reads[job_id]

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

    def windows(self, session_id: str) -> tuple[tuple[str, Window], ...]:
        """Return the used rate windows by key id."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple((key_id, window) for (key_id, _), window in room.windows.items())

    def holdings(self, session_id: str) -> tuple[tuple[Claim, Holding], ...]:
        """Return the idempotency keys that are held, each with the claim that took it."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(room.holdings.values())

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
                room.holdings[slot] = claim, idempotency.Holding(job.id, claim.body, now)
            return Created(job, "new")
        finally:
            with room.changed:
                room.in_flight.discard(slot)
                room.changed.notify_all()

    def _put(self, room: _Room, credential: Credential) -> None:
        """Keep a credential where all sessions are searched, unless its session was put back meanwhile."""
        if room.is_closed:
            return
        if isinstance(credential, KeyCredential) and credential.digest not in room.digests:
            room.secrets.setdefault(credential.key.id, []).append(credential.digest)
        room.digests.add(credential.digest)
        self._credentials[credential.digest] = credential

    def _credentials_of(self, room: _Room, key_id: str) -> list[KeyCredential]:
        known = (self._credentials.get(digest) for digest in room.secrets.get(key_id, ()))
        return [found for found in known if isinstance(found, KeyCredential)]

    @staticmethod
    def _check_room_for_key(room: _Room) -> None:
        if len(room.keys) >= room.caps.keys:
            raise LimitReached("API keys", room.caps.keys)


def _take(room: _Room, key: ApiKey, meter: Meter, now: Instant) -> Slot:
    if key.rate_limit is None:
        return rate_windows.Slot(allowed=True, used=0, limit=None, opens_at=now, at=now)
    slot_id = (meter.key_id, meter.scope)
    window = room.windows.get(slot_id, rate_windows.EMPTY)
    slot, room.windows[slot_id] = rate_windows.take(window, key.rate_limit, now, meter.algorithm)
    return slot
