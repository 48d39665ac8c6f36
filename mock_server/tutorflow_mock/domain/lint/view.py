"""What the rules look at: the calls of a session prepared once, by job, by operation and by key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from tutorflow_mock.domain import strict_json
from tutorflow_mock.domain.clock import Instant
from tutorflow_mock.domain.deliveries import Attempt, Delivery
from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.domain.journal import PATH, QUERY
from tutorflow_mock.domain.model import ApiKey, Entry, Exchange, Job
from tutorflow_mock.domain.near_misses import Route

Scheme: TypeAlias = Literal["key", "admin"]
Sign: TypeAlias = tuple[object, ...]

CREATE, EXPORT, STATUS, RESULT = "createExpansion", "exportContent", "getExpansion", "getExpansionResult"
KEYED = (CREATE, EXPORT)
"""The operations that take an idempotency key."""

_SUCCESS, _REFUSAL, _FAILURE = 2, 4, 5
_STATUS = re.compile(rb'"status":"([a-z]+)"')  # within a text of a client's the quotes would be escaped
_FORCED = ("code=", "example=")
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, eq=False)
class Call:
    """One call of the journal; what has to be read out of its texts is read once, when a rule asks for it."""

    entry: Entry
    exchange: Exchange

    @property
    def id(self) -> str:
        """Its id in the journal."""
        return self.entry.id

    @property
    def is_success(self) -> bool:
        """Whether it was answered with 2xx."""
        return self.entry.status // 100 == _SUCCESS

    @property
    def is_refusal(self) -> bool:
        """Whether it was answered with 4xx."""
        return self.entry.status // 100 == _REFUSAL

    @property
    def is_failure(self) -> bool:
        """Whether it was answered with 5xx."""
        return self.entry.status // 100 == _FAILURE

    @property
    def is_forced(self) -> bool:
        """Whether an example of the contract was answered, by the client's own wish."""
        applied = self.exchange.applied
        return applied is not None and any(item.startswith(_FORCED) for item in applied.split(", "))

    @property
    def ended(self) -> float:
        """When its answer left, in seconds of the monotonic clock."""
        return self.exchange.began + (self.exchange.millis + self.exchange.delay) / 1000

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """What came with the call by lower-case name: headers, credentials redacted, and the path and query."""
        sent = zip(self.exchange.names, self.exchange.values, strict=True)
        return {name.lower(): value for name, value in (*sent, *self.exchange.hidden)}

    @property
    def path(self) -> str:
        """The whole path, redacted."""
        return self.facts.get(PATH, self.entry.path)

    @property
    def query(self) -> str:
        """The query, redacted."""
        return self.facts.get(QUERY, "")

    @property
    def has_bearer(self) -> bool:
        """Whether it carried an `Authorization` header."""
        return "authorization" in self.facts

    @property
    def has_cookie(self) -> bool:
        """Whether it carried the cookie of an admin session."""
        pairs = self.facts.get("cookie", "").split(";")
        return any(pair.partition("=")[0].strip() == "jwt" for pair in pairs)

    @property
    def is_identified(self) -> bool:
        """Whether it is known whose it is: by a key of ours, or because it carried no credential at all."""
        return self.exchange.key_prefix is not None or not (self.has_bearer or "cookie" in self.facts)

    @cached_property
    def members(self) -> Mapping[str, Any]:
        """The members of the body; none if it is no JSON object."""
        return _object(self.exchange.body)

    @cached_property
    def job_status(self) -> str | None:
        """The status of the job that the answer showed, whether nested or not; None if it did not arrive.

        It is looked for and not parsed, since answers are many and long; it stands before the statuses of outputs. Only
        where a fault acted must the whole be readable.
        """
        if self.exchange.is_lost or not self.is_success:
            return None
        body = self.exchange.reply_body
        found = _STATUS.search(body) if self.exchange.fault is None or _object(body) else None
        return None if found is None else found[1].decode()

    @cached_property
    def key(self) -> str | None:
        """The idempotency key: that of the header, else that of the body (F-037)."""
        header = self.facts.get("idempotency-key")
        if header is not None:
            return header
        member = self.members.get("idempotencyKey")
        return member if isinstance(member, str) else None

    @cached_property
    def content(self) -> object:
        """What makes two bodies the same, whatever their key; of one that was not kept whole, its length."""
        body = self.exchange.body
        if self.exchange.is_cut or not body:
            return self.facts.get("content-length")
        if not self.members:
            return body
        return strict_json.canonical({name: value for name, value in self.members.items() if name != "idempotencyKey"})

    @cached_property
    def sign(self) -> Sign:
        """What makes two requests the same, credential and key included, as far as the journal can tell."""
        names = ("authorization", "cookie", "idempotency-key", "content-type", "content-length")
        headers = tuple(self.facts.get(name) for name in names)
        return self.entry.method, self.path, self.query, headers, self.exchange.body


class Facts(NamedTuple):
    """What the rules must know besides calls: the contract's words, the session's keys, and what time it is.

    `schemes` holds the credential of each operation, `members` the known members of each body; `statuses` is by error
    code. `now` is the session's instant, `elapsed` the monotonic clock's, `stands` tells whether the session's stands.
    """

    schemes: Mapping[str, Scheme | None]
    members: Mapping[str, frozenset[str]]
    routes: Sequence[Route]
    statuses: Mapping[str, int]
    terminal: tuple[str, ...]
    keys: Sequence[ApiKey]
    now: Instant
    elapsed: float
    stands: bool


class Sent(NamedTuple):
    """One attempt of a delivery."""

    delivery: Delivery
    attempt: Attempt


@dataclass(frozen=True, eq=False)
class View:
    """A session as it is graded: its calls, oldest first, the jobs that they made, and what receivers were sent.

    `is_whole` tells whether the journal still holds every call that counts.
    """

    facts: Facts
    calls: Sequence[Call]
    jobs: Mapping[str, Job]
    sent: Sequence[Sent]
    is_whole: bool = True

    def of(self, *operations: str) -> list[Call]:
        """Return the calls of some operations, oldest first."""
        if len(operations) == 1:
            return self._by_operation.get(operations[0], [])
        return [call for call in self.calls if call.entry.operation in operations]

    @cached_property
    def reads(self) -> Mapping[str, list[Call]]:
        """The reads of a job's status, by job."""
        return _by_job(self.of(STATUS))

    @cached_property
    def results(self) -> Mapping[str, list[Call]]:
        """The reads of a job's result, by job."""
        return _by_job(self.of(RESULT))

    @cached_property
    def by_job(self) -> Mapping[str, list[Call]]:
        """The calls by the job that they are about."""
        return _by_job(self.calls)

    @cached_property
    def by_key(self) -> Mapping[str, list[Call]]:
        """The calls by the prefix of the API key that they carried."""
        found: dict[str, list[Call]] = {}
        for call in self.calls:
            if call.exchange.key_prefix is not None:
                found.setdefault(call.exchange.key_prefix, []).append(call)
        return found

    @cached_property
    def prefixes(self) -> Mapping[str, ApiKey | None]:
        """The keys by their prefixes; None for one that was rotated away and is known by its calls only."""
        return {**dict.fromkeys(self.by_key), **{key.prefix: key for key in self.facts.keys}}

    @cached_property
    def told(self) -> frozenset[str | None]:
        """The jobs of whose end a receiver has accepted the news."""
        return frozenset(each.delivery.job_id for each in self.sent if each.attempt.is_success)

    def organization(self, call: Call) -> str | None:
        """Return whose call it is, as far as its key tells."""
        key = self.prefixes.get(call.exchange.key_prefix or "")
        return None if key is None else key.organization_id

    def is_limited(self, call: Call) -> bool:
        """Tell whether a call was answered with 429."""
        return call.entry.status == self.facts.statuses["content_rate_limit_exceeded"]

    def shows_end(self, call: Call) -> bool:
        """Tell whether the answer that arrived showed a terminal state."""
        return call.job_status in self.facts.terminal

    @cached_property
    def _by_operation(self) -> Mapping[str | None, list[Call]]:
        found: dict[str | None, list[Call]] = {}
        for call in self.calls:
            found.setdefault(call.entry.operation, []).append(call)
        return found


def gap(before: Call, after: Call) -> float:
    """Return how long a client waited, in milliseconds from arrival to arrival.

    Session time and real time both count, the longer of the two: a test that moves a clock waits as well as one that
    really sleeps.
    """
    return max(after.entry.at - before.entry.at, (after.exchange.began - before.exchange.began) * 1000)


def _by_job(calls: Sequence[Call]) -> Mapping[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in calls:
        if call.entry.job_id is not None:
            found.setdefault(call.entry.job_id, []).append(call)
    return found


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = strict_json.loads(raw, unique_keys=False) if raw else None
    except ApiError:
        return _NOTHING
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else _NOTHING
