"""API keys: how they are made, shown, rotated and revoked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain.clock import timestamp

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import ApiKey

GRACE = 86_400_000
"""Milliseconds that a rotated key lives on under `key.rotate-old-key=grace-period`."""

_PREFIX_LENGTH = len("tf_content_") + 12


def digest(secret: str) -> bytes:
    """Return the SHA-256 under which a credential is kept and found."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def prefix(secret: str) -> str:
    """Return the part of a key that may be shown for ever (F-026)."""
    return secret[:_PREFIX_LENGTH]


def retired(key: ApiKey, now: Instant, *, grace: bool) -> ApiKey:
    """Return a rotated key's old record: revoked at once, or expiring after the grace period (S43)."""
    if not grace:
        return replace(key, revoked_at=now)
    return replace(key, expires_at=min(end for end in (now + GRACE, key.expires_at) if end is not None))


def revoked(key: ApiKey, now: Instant) -> ApiKey:
    """Return the key as revoked; a second time changes nothing."""
    return key if key.status(now) == "REVOKED" else replace(key, revoked_at=now)


def created_body(key: ApiKey, secret: str) -> dict[str, object]:
    """Return the answer of create and rotate, the only ones that hold the secret (F-021, F-027)."""
    return {
        "apiKey": secret,
        "keyId": key.id,
        "keyPrefix": key.prefix,
        "name": key.name,
        "rateLimitPerMinute": key.rate_limit,
    }


def listed_body(key: ApiKey, last_used_at: Instant | None, now: Instant) -> dict[str, object]:
    """Return one entry of the list (F-022)."""
    return {
        "id": key.id,
        "name": key.name,
        "keyPrefix": key.prefix,
        "status": key.status(now),
        "organizationId": key.organization_id,
        "rateLimitPerMinute": key.rate_limit,
        "lastUsedAt": None if last_used_at is None else timestamp(last_used_at),
        "expiresAt": None if key.expires_at is None else timestamp(key.expires_at),
    }
