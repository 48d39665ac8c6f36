"""The judge's own verification of a delivery's signature: it shares no code with what it judges."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

EVENT_HEADER = "X-Content-Integration-Event"
SIGNATURE_HEADER = "X-Content-Integration-Signature"
VALID = "valid"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def expected(secret: str, body: bytes) -> str:
    """Return the signature that a body must carry: lowercase hex of HMAC-SHA256 with the secret as issued."""
    return hmac.new(secret.encode(), body, sha256).hexdigest()


def verdict(secret: str, body: bytes, sent: str | None) -> str:
    """Return `valid`, or what is wrong with a signature: `absent`, `malformed` or `wrong`."""
    if sent is None:
        return "absent"
    if not _DIGEST.fullmatch(sent):
        return "malformed"
    return VALID if hmac.compare_digest(expected(secret, body), sent) else "wrong"
