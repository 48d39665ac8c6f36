"""The only module that touches real time and chance."""

from __future__ import annotations

import random
import secrets
import time
from copy import copy


class SystemClock:
    """`Clock` of the machine; where the machine's clock steps back, it stands still until that has caught up."""

    def __init__(self) -> None:
        self._latest = 0

    def now(self) -> int:
        """Return milliseconds since 1970."""
        self._latest = max(self._latest, time.time_ns() // 1_000_000)
        return self._latest

    def elapsed(self) -> float:
        """Return seconds of a monotonic clock."""
        return time.perf_counter()


class SeededIds:
    """`Ids` of one session: named streams derived from its seed, those of secrets from its seed and id."""

    def __init__(self, seed: str, session_id: str) -> None:
        self._seed = seed
        self._session_id = session_id
        self._roots = (f"{seed}\0", f"{seed}\0{session_id}\0")
        self._streams: dict[tuple[bool, str], random.Random] = {}

    def bits(self, stream: str, count: int) -> int:
        """Return the next `count` random bits of a stream."""
        return self._stream(stream, is_secret=False).getrandbits(count)

    def secret_bits(self, stream: str, count: int) -> int:
        """Return the next bits of a stream that no other session shares, whatever its seed."""
        return self._stream(stream, is_secret=True).getrandbits(count)

    def copied(self, session_id: str | None = None) -> SeededIds:
        """Return a source that goes on from here by itself; one for another session begins its secret streams anew."""
        twin = SeededIds(self._seed, session_id or self._session_id)
        for (is_secret, name), stream in self._streams.copy().items():
            if not is_secret or twin._roots == self._roots:
                twin._streams[is_secret, name] = copy(stream)
        return twin

    def _stream(self, name: str, *, is_secret: bool) -> random.Random:
        found = self._streams.get((is_secret, name))
        if found is None:
            # setdefault: of two threads that meet a new stream at once, both must go on with the same one
            found = self._streams.setdefault((is_secret, name), random.Random(self._roots[is_secret] + name))
        return found


def fresh_seed() -> str:
    """Return a seed for a server that was given none; it is printed, so that a run can be repeated."""
    return str(secrets.randbelow(1_000_000))


def fresh_token() -> str:
    """Return a token for the control plane: 256 random bits."""
    return secrets.token_hex(32)
