"""The verbs of a store by which a session is watched and steered: its journal, its waits, its limits, its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from tutorflow_mock.domain.idempotency import Claim, Holding
    from tutorflow_mock.domain.model import ApiKey, Entry
    from tutorflow_mock.domain.rate_windows import Limit, Window


class Rate(NamedTuple):
    """How a key is limited: its record, the limit that takes the place of its own, and its windows by scope."""

    key: ApiKey
    limit: Limit | None
    windows: Mapping[str, Window]


class Held(NamedTuple):
    """An idempotency key that is held: the claim that took it, and how often it came back with which body."""

    claim: Claim
    holding: Holding
    replays: int
    mismatches: int


class Watching(Protocol):
    """Verbs beside those of the API's own operations; each is atomic."""

    def append_journal(self, session_id: str, entry: Entry) -> None:
        """Remember a call in the session's ring, if the session is still there."""
        ...

    def read_journal(self, session_id: str) -> tuple[Entry, ...]:
        """Return the remembered calls, oldest first."""
        ...

    def numbered_journal(self, session_id: str) -> tuple[tuple[int, Entry], ...]:
        """Return the remembered calls, each with its number among all that the session had, oldest first."""
        ...

    def forget_entries(self, session_id: str, entry_ids: Container[str]) -> None:
        """Drop these calls from the journal."""
        ...

    def secrets(self, session_id: str) -> Mapping[bytes, str]:
        """Return the SHA-256 of every secret of a session, each with the part of it that may be shown."""
        ...

    def version(self, session_id: str) -> int:
        """Return the number of changes that a wait may be for."""
        ...

    def await_change(self, session_id: str, version: int, seconds: float) -> int:
        """Wait so long, in real time, for a change after this version; return the version then.

        A session that ends meanwhile, or was put back since that version, raises SessionEnded.
        """
        ...

    def rates(self, session_id: str) -> tuple[Rate, ...]:
        """Return how the keys of a session are limited, newest first."""
        ...

    def change_rate(self, session_id: str, key_id: str, change: Callable[[Rate], Rate]) -> Rate | None:
        """Replace a key's limit and windows by what `change` makes of them; None if there is no such key."""
        ...

    def held_keys(self, session_id: str) -> tuple[Held, ...]:
        """Return the idempotency keys that are held, newest first."""
        ...

    def forget_keys(self, session_id: str, key: str | None = None) -> int:
        """Free an idempotency key, of whichever organization, or all of them; return how many there were."""
        ...
