"""Shapes of the ids, secrets and tokens that the mock gives out."""

from __future__ import annotations

import re
from typing import Protocol

_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Ids(Protocol):
    """One session's source of chance: named streams, each repeatable from the session's seed."""

    def bits(self, stream: str, count: int) -> int:
        """Return the next `count` random bits of a stream."""
        ...

    def secret_bits(self, stream: str, count: int) -> int:
        """Return the next bits of a stream that no other session shares, whatever its seed."""
        ...

    def copied(self, session_id: str | None = None) -> Ids:
        """Return a source that goes on from here by itself; one for another session begins its secret streams anew."""
        ...


def uuid(ids: Ids, stream: str) -> str:
    """Return the next UUID of a stream, version 4 in form (F-020)."""
    return shape_uuid(token(ids, stream))


def shape_uuid(digits: str) -> str:
    """Write 32 hexadecimal digits as a UUID of version 4."""
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def tokens(ids: Ids, stream: str, count: int) -> list[str]:
    """Return the next tokens of a stream, drawn in one go."""
    digits = f"{ids.bits(stream, 128 * count):0{32 * count}x}"
    return [digits[start : start + 32] for start in range(0, 32 * count, 32)]


def is_uuid(text: str) -> bool:
    """Tell whether a text has the form of a UUID."""
    return _UUID.fullmatch(text) is not None


def token(ids: Ids, stream: str) -> str:
    """Return the next token of a stream: 32 lowercase hexadecimal digits (S19)."""
    return f"{ids.bits(stream, 128):032x}"


def api_key(ids: Ids) -> str:
    """Return the next API key: `tf_content_` and 32 lowercase hexadecimal digits (S48)."""
    return f"tf_content_{ids.secret_bits('api-keys', 128):032x}"


def webhook_secret(ids: Ids) -> str:
    """Return the next webhook secret: 64 lowercase hexadecimal digits (S65)."""
    return f"{ids.secret_bits('webhook-secrets', 256):064x}"


def cookie_value(ids: Ids) -> str:
    """Return the next value of an admin session's cookie: 256 random bits."""
    return f"{ids.secret_bits('admin-sessions', 256):064x}"
