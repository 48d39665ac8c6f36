"""The journal in the store in memory, and waits for whatever a session will do next."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tutorflow_mock.domain.keys import digest
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.stores.base import SessionEnded
from tutorflow_mock.stores.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from tutorflow_mock.domain.model import Credential, Entry


class Journals(Sessions):
    """The verbs of the journal and of waits."""

    def append_journal(self, session_id: str, entry: Entry) -> None:
        """Remember a call in the session's ring, if the session is still there."""
        if (room := self._rooms.get(session_id)) is not None:
            with room.changed:
                room.appended += 1
                room.journal.append((room.appended, entry))
                room.touch()

    def read_journal(self, session_id: str) -> tuple[Entry, ...]:
        """Return the remembered calls, oldest first."""
        return tuple(entry for _, entry in self.numbered_journal(session_id))

    def numbered_journal(self, session_id: str) -> tuple[tuple[int, Entry], ...]:
        """Return the remembered calls, each with its number among all that the session had, oldest first."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(room.journal)

    def forget_entries(self, session_id: str, entry_ids: Container[str]) -> None:
        """Drop these calls from the journal."""
        room = self._rooms[session_id]
        with room.changed:
            kept = (line for line in room.journal if line[1].id not in entry_ids)
            room.journal = deque(kept, room.caps.journal)

    def secrets(self, session_id: str) -> Mapping[bytes, str]:
        """Return the SHA-256 of every secret of a session, each with the part of it that may be shown."""
        room = self._rooms[session_id]
        with room.changed:
            hooks = [*room.subscriptions.values(), *room.deleted.values()]
            hidden = {digest(hook.secret): "" for hook in hooks}
            hidden |= {admin.password_digest: "" for admin in room.session.directory.admins.values()}
            shown = {hashed: _shown(credential) for hashed, credential in room.credentials.items()}
        return {**hidden, **shown}

    def version(self, session_id: str) -> int:
        """Return the number of changes that a wait may be for."""
        return self._rooms[session_id].version

    def await_change(self, session_id: str, version: int, seconds: float) -> int:
        """Wait so long, in real time, for a change after this version; return the version then.

        A session that ends meanwhile, or was put back since that version, raises SessionEnded.
        """
        room = self._rooms[session_id]
        with room.changed:
            if room.is_later_than(version):
                raise SessionEnded
            room.watchers += 1
            try:
                room.changed.wait_for(lambda: room.is_closed or room.version != version, seconds)
            finally:
                room.watchers -= 1
            if room.is_closed:
                raise SessionEnded
            return room.version


def _shown(credential: Credential) -> str:
    return credential.key.prefix if isinstance(credential, KeyCredential) else ""
