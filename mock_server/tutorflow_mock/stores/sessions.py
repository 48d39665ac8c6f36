"""The sessions of the store in memory: which are open, whose a credential is, what was saved of them."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeVar

from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.stores.base import Caps, LimitReached, Presence, SessionEnded, SessionExists, SnapshotExists
from tutorflow_mock.stores.records import Snapshot
from tutorflow_mock.stores.room import Opening, Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import AdminCredential, Credential, Session
    from tutorflow_mock.stores.records import Records

Key = TypeVar("Key")
Value = TypeVar("Value")

_MOST_ENDED, _MOST_GONE = 10_000, 1_000
"""Of how many credentials of dropped sessions, and of how many of these sessions, the store still knows."""


class _Rooms(dict[str, Room]):
    def __missing__(self, session_id: str) -> Room:
        raise SessionEnded


class Sessions:
    """Rooms by session id and credentials by digest; rooms come and go under one lock, and each has its own."""

    def __init__(self, caps: Caps | None = None) -> None:
        self._caps = caps or Caps()
        self._rooms = _Rooms()
        self._credentials: dict[bytes, Credential] = {}
        self._ended: dict[bytes, Credential] = {}
        self._gone: dict[str, Session] = {}
        self._opening = Lock()
        self._told: Callable[[str], None] | None = None

    def listen(self, told: Callable[[str], None]) -> None:
        """Tell this function of each session in which something new may be due."""
        self._told = told

    def open_session(
        self,
        session: Session,
        credentials: tuple[Credential, ...],
        records: Records | None = None,
        *,
        seen_at: float = 0.0,
        is_new: bool = False,
    ) -> None:
        """Open a session with its first credentials, or put it back to this state; everything else in it is dropped."""
        opening = Opening(session.kept(), credentials, records)
        with self._opening:
            if is_new and session.id in self._rooms:
                raise SessionExists(session.id)
            if is_new and len(self._rooms) > self._caps.sessions:
                raise LimitReached("sessions", self._caps.sessions, of="server")
            self._install(_begun(session, self._caps, opening, seen_at))

    def reset_session(self, session_id: str, begin: Callable[[Session], Session]) -> None:
        """Put a session back to how it was opened, its record to what `begin` makes of the one that it had then."""
        with self._opening:
            old = self._rooms[session_id]
            self._install(_begun(begin(old.opening.session), self._caps, old.opening, old.seen_at))

    def drop_session(self, session_id: str) -> bool:
        """Drop a session with all that it holds, and tell whether there was one; its credentials stay recognised."""
        with self._opening:
            return session_id in self._rooms and self._drop(self._rooms[session_id])

    def drop_idle(self, elapsed: float) -> None:
        """Drop the sessions that idled longer than they may."""
        with self._opening:
            for room in [room for room in self._rooms.values() if room.session.ttl and room.is_idle(elapsed)]:
                self._drop(room)

    def session(self, session_id: str) -> Session | None:
        """Return a session as it is now."""
        room = self._rooms.get(session_id)
        return None if room is None else room.session

    def enter(self, session_id: str, elapsed: float, digest: bytes | None = None) -> Session | None:
        """Return a session for a call and note that it came; None if it is gone, or does not know the credential."""
        room = self._rooms.get(session_id)
        if room is None or (digest is not None and digest not in room.credentials):
            return None
        if room.is_idle(elapsed):
            self.drop_idle(elapsed)
            return None
        room.seen_at = elapsed
        return room.session

    def gone_session(self, session_id: str) -> Session | None:
        """Return a session that was dropped as it was at last, as long as the store remembers."""
        return self._gone.get(session_id)

    def sessions(self) -> tuple[Presence, ...]:
        """Return all sessions, newest first."""
        newest_first = reversed(list(self._rooms.values()))
        return tuple(Presence(room.session, room.seen_at, room.opening.credentials) for room in newest_first)

    def change_session(self, session_id: str, change: Callable[[Session], Session]) -> Session:
        """Replace a session by what `change` makes of it and return it; an exception leaves it as it was."""
        room = self._rooms[session_id]
        with room.changed:
            changed = room.session = change(room.session)
            room.touch()
        self._tell(session_id)
        return changed

    def is_untouched(self, session_id: str) -> bool:
        """Tell whether no job, key use or subscription has recorded an instant yet."""
        room = self._rooms[session_id]
        return not (room.jobs or room.last_used or room.subscriptions)

    def find_credential(self, digest: bytes) -> Credential | None:
        """Find a credential by the SHA-256 of its secret, over all sessions, dead ones included."""
        return self._credentials.get(digest) or self._ended.get(digest)

    def find_admin_session(self, email: str) -> str | None:
        """Return the session whose directory holds an admin with this e-mail."""
        rooms = list(self._rooms.values())
        return next((room.session.id for room in rooms if email in room.session.directory.admins), None)

    def find_owner(self, record_id: str) -> str | None:
        """Return the session that alone knows a job or a subscription of this id."""
        rooms = list(self._rooms.values())
        owners = [room.session.id for room in rooms if record_id in room.jobs or record_id in room.subscriptions]
        return owners[0] if len(owners) == 1 else None

    def save_login(self, credential: AdminCredential) -> None:
        """Keep the credential of a new admin session; beyond the cap the oldest login ends."""
        room = self._rooms[credential.session_id]
        with room.changed:
            if room.is_closed:
                raise SessionEnded
            self._put(room, credential)
            room.logins.append(credential.digest)
            if len(room.logins) > room.caps.logins:
                oldest = room.logins.popleft()
                room.credentials.pop(oldest, None)
                self._credentials.pop(oldest, None)

    def save_snapshot(self, session_id: str, name: str, real: Instant) -> Snapshot:
        """Keep a session under a name of its own; raise SnapshotExists, or LimitReached where the server has enough."""
        with self._opening:
            room = self._rooms[session_id]
            if name in room.snapshots:
                raise SnapshotExists(name)
            if sum(len(each.snapshots) for each in self._rooms.values()) >= self._caps.snapshots:
                raise LimitReached("snapshots", self._caps.snapshots, of="server")
            with room.changed:
                found = Snapshot(name, room.session.clock.now(real), room.session.kept(), room.copied())
            room.snapshots[name] = found
            return found

    def snapshots(self, session_id: str) -> tuple[Snapshot, ...]:
        """Return what was saved of a session, newest first."""
        return tuple(reversed(list(self._rooms[session_id].snapshots.values())))

    def drop_snapshot(self, session_id: str, name: str) -> bool:
        """Forget a snapshot; tell whether there was one."""
        return self._rooms[session_id].snapshots.pop(name, None) is not None

    def restore_snapshot(self, session_id: str, name: str, begin: Callable[[Snapshot], Session]) -> bool:
        """Put a session back to a snapshot, its record to what `begin` makes of it; tell whether there was one."""
        with self._opening:
            old = self._rooms[session_id]
            if name not in old.snapshots:
                return False
            found = old.snapshots[name]
            room = Room(begin(found), self._caps, old.opening, old.seen_at)
            room.fill(found.records)
            room.snapshots = old.snapshots
            self._install(room)
            return True

    def _install(self, room: Room) -> None:
        """Let a room take the place of the one that its session had; no reader meets a gap between the two."""
        old = self._rooms.get(room.session.id)
        if old is not None:
            self._close(old)
        self._rooms[room.session.id] = room
        self._credentials.update(room.credentials)
        self._tell(room.session.id)
        for digest in () if old is None else old.credentials.keys() - room.credentials.keys():
            self._credentials.pop(digest, None)

    def _drop(self, room: Room) -> Literal[True]:
        self._close(room)
        del self._rooms[room.session.id]
        for digest, credential in room.credentials.items():
            _remember(self._ended, digest, replace(credential, has_ended=True), _MOST_ENDED)
            self._credentials.pop(digest, None)
        _remember(self._gone, room.session.id, room.session, _MOST_GONE)
        return True

    def _tell(self, session_id: str) -> None:
        """Say that something new may be due; nobody needs to know before the first subscription."""
        if self._told is not None and self._rooms[session_id].is_heard:
            self._told(session_id)

    @staticmethod
    def _close(room: Room) -> None:
        with room.changed:
            room.is_closed = True
            room.changed.notify_all()

    def _put(self, room: Room, credential: Credential) -> None:
        """Keep a credential where all sessions are searched, unless its session was put back meanwhile."""
        if room.is_closed:
            return
        room.admit_credential(credential)
        self._credentials[credential.digest] = credential


def _remember(memory: dict[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keep the latest values under their keys, the oldest make room."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > most:
        del memory[next(iter(memory))]


def _begun(session: Session, caps: Caps, opening: Opening, seen_at: float) -> Room:
    room = Room(session, caps, opening, seen_at)
    if opening.records is not None:
        room.fill(opening.records)
    for credential in opening.credentials:
        room.admit_credential(credential)
        if isinstance(credential, KeyCredential):
            room.keys[credential.key.id] = credential.key
    return room
