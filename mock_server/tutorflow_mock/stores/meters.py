"""Rate windows and idempotency keys in the store in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain import rate_windows
from tutorflow_mock.stores.base import SessionEnded
from tutorflow_mock.stores.sessions import Sessions
from tutorflow_mock.stores.watching import Held, Rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.idempotency import Claim, Holding
    from tutorflow_mock.domain.model import ApiKey
    from tutorflow_mock.domain.rate_windows import Slot, Window
    from tutorflow_mock.stores.base import Meter
    from tutorflow_mock.stores.room import Room


class Meters(Sessions):
    """The verbs of limits, and those by which idempotency keys are looked at and freed."""

    def take_rate_slot(self, session_id: str, meter: Meter, now: Instant) -> Slot:
        """Count one call of a key, or refuse it; note the key's use."""
        room = self._rooms[session_id]
        with room.changed:
            key = room.keys.get(meter.key_id)
            if key is None:
                raise SessionEnded
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
            if key is None or slot_id not in room.windows:
                return
            limit = room.limits.get(key.id)
            calls, algorithm = (key.rate_limit, meter.algorithm) if limit is None else limit[:2]
            if calls:
                room.windows[slot_id] = rate_windows.give_back(room.windows[slot_id], calls, counted_at, algorithm)

    def windows(self, session_id: str) -> tuple[tuple[str, Window], ...]:
        """Return the used rate windows by key id."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple((key_id, window) for (key_id, _), window in room.windows.items())

    def rates(self, session_id: str) -> tuple[Rate, ...]:
        """Return how the keys of a session are limited, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(_rate(room, key) for key in reversed(room.keys.values()))

    def change_rate(self, session_id: str, key_id: str, change: Callable[[Rate], Rate]) -> Rate | None:
        """Replace a key's limit and windows by what `change` makes of them; None if there is no such key."""
        room = self._rooms[session_id]
        with room.changed:
            if key_id not in room.keys:
                return None
            changed = change(_rate(room, room.keys[key_id]))
            room.limits.pop(key_id, None)
            if changed.limit is not None:
                room.limits[key_id] = changed.limit
            for slot_id in [each for each in room.windows if each[0] == key_id]:
                del room.windows[slot_id]
            room.windows.update({(key_id, scope): window for scope, window in changed.windows.items()})
            return changed

    def holdings(self, session_id: str) -> tuple[tuple[Claim, Holding], ...]:
        """Return the idempotency keys that are held, each with the claim that took it."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(room.holdings.values())

    def held_keys(self, session_id: str) -> tuple[Held, ...]:
        """Return the idempotency keys that are held, newest first."""
        room = self._rooms[session_id]
        with room.changed:
            return tuple(
                Held(claim, holding, room.repeats[slot, "replayed"], room.repeats[slot, "replayed-other-body"])
                for slot, (claim, holding) in reversed(room.holdings.items())
            )

    def forget_keys(self, session_id: str, key: str | None = None) -> int:
        """Free an idempotency key, of whichever organization, or all of them; return how many there were."""
        room = self._rooms[session_id]
        with room.changed:
            slots = [slot for slot in room.holdings if key in {None, slot[2]}]
            for slot in slots:
                room.forget(slot)
            room.touch()
            return len(slots)


def _rate(room: Room, key: ApiKey) -> Rate:
    windows = {scope: window for (key_id, scope), window in room.windows.items() if key_id == key.id}
    return Rate(key, room.limits.get(key.id), windows)


def _take(room: Room, key: ApiKey, meter: Meter, now: Instant) -> Slot:
    limit = room.limits.get(key.id)
    if limit is None:
        calls, algorithm, length = key.rate_limit, meter.algorithm, rate_windows.WINDOW
    else:
        calls, algorithm, length = limit
    if calls is None:
        return rate_windows.Slot(allowed=True, used=0, limit=None, opens_at=now, at=now)
    slot_id = (meter.key_id, meter.scope)
    window = room.windows.get(slot_id, rate_windows.EMPTY)
    slot, room.windows[slot_id] = rate_windows.take(window, calls, now, algorithm, length)
    return slot
