"""Idempotency keys: what makes two requests the same, and what a known key answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.strict_json import canonical, loads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Job, Value

Verdict = Literal["new", "replayed", "replayed-other-body"]

_DAY = 86_400_000
_RETENTION: Mapping[str, int | None] = {"forever": None, "24h": _DAY, "30d": 30 * _DAY}


@dataclass(frozen=True, slots=True)
class SentBody:
    """A valid body as it came; its canonical form is made only if the bytes do not settle a comparison already."""

    raw: bytes
    by_bytes: bool = False

    def fingerprint(self) -> bytes:
        """Return the SHA-256 that the body is compared by."""
        return hashlib.sha256(self.raw).digest() if self.by_bytes else fingerprint(_members(self.raw))

    def is_same_as(self, other: SentBody) -> bool:
        """Tell whether both say the same, by this body's rule."""
        if self.by_bytes or self.raw == other.raw:
            return self.raw == other.raw
        return self.fingerprint() == fingerprint(_members(other.raw))


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as a request brings it: whose it is, in which namespace, and for which body."""

    namespace: str
    organization_id: str
    key: str
    body: SentBody


@dataclass(frozen=True, slots=True)
class Holding:
    """A key that made a job, for this body, at this instant."""

    job_id: str
    body: SentBody
    since: Instant


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a key is held, in milliseconds or None for ever, and what a second holder meets."""

    retention: int | None = None
    renew_failed: bool = False
    refuse_in_flight: bool = False
    refuse_open_twin: bool = False


def policy(values: Mapping[str, Value]) -> Policy:
    """Read the policy from the values of the behaviours (S9, S12, S13, S30)."""
    return Policy(
        retention=_RETENTION[cast("str", values["idempotency.retention"])],
        renew_failed=values["idempotency.after-failed"] == "new-job",
        refuse_in_flight=values["idempotency.in-flight"] == "conflict-409",
        refuse_open_twin=values["create.same-content-open"] == "conflict-409",
    )


def fingerprint(body: Mapping[str, object]) -> bytes:
    """Return the SHA-256 of a body's canonical form; the key itself is no part of what is compared."""
    return hashlib.sha256(canonical({k: v for k, v in body.items() if k != "idempotencyKey"}).encode()).digest()


def chosen_key(header: str | None, member: str | None, precedence: Value) -> str | None:
    """Return the key that counts when header and body may both carry one (S8)."""
    first, second = (header, member) if precedence == "header" else (member, header)
    return second if first is None else first


def is_held(holding: Holding, job: Job, now: Instant, rules: Policy) -> bool:
    """Tell whether a key still stands for its job; the bound of the retention itself counts as expired."""
    if rules.retention is not None and now >= holding.since + rules.retention:
        return False
    return not (rules.renew_failed and jobs.status(job, now) == "failed")


def verdict(holding: Holding, claim: Claim) -> Verdict:
    """Compare a request with the one that first used its key."""
    return "replayed" if claim.body.is_same_as(holding.body) else "replayed-other-body"


def same_payload(raw: bytes, other: bytes) -> bool:
    """Tell whether two bodies carry the same source, whatever else they ask for (S30)."""
    return raw == other or canonical(_members(raw).get("payload")) == canonical(_members(other).get("payload"))


def _members(raw: bytes) -> Mapping[str, object]:
    return cast("Mapping[str, object]", loads(raw, unique_keys=False))
