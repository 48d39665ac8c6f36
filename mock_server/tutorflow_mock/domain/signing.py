"""The two signatures of a delivery, both lowercase hex HMAC-SHA256 under the secret's UTF-8 bytes as issued."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def v1(secret: str, body: bytes) -> str:
    """Return the digest of the raw body: 64 digits, no prefix (F-078)."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def v2(secrets: Iterable[str], body: bytes, t: int) -> str:
    """Return `t=<unix seconds>,v1=<hex>[,v1=<hex>]`: time and body under each secret, newest first (N-090, N-093)."""
    message = b"%d.%b" % (t, body)
    return ",".join((f"t={t}", *(f"v1={v1(secret, message)}" for secret in secrets)))
