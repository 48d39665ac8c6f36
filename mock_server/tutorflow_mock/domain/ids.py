"""Shapes of the ids, secrets and tokens that the mock gives out."""

from __future__ import annotations

import re
from typing import Protocol

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Ids(Protocol):
    """One session's source of chance: named streams, each repeatable from the session's seed."""

    def bits(self, stream: str, count: int) -> int:
        """Return the next `count` random bits of a stream."""
        ...

    def secret_bits(self, stream: str, count: int) -> int:
        """Return the next bits of a stream that no other session shares, whatever its seed."""
        ...


def uuid(ids: Ids, stream: str) -> str:
    """Return the next UUID of a stream, version 4 in form (F-020)."""
    return shape_uuid(ids.bits(stream, 128))


def shape_uuid(bits: int) -> str:
    """Write 128 bits as a UUID of version 4."""
    text = f"{bits & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid(text: str) -> bool:
    """Tell whether a text has the form of a UUID."""
    return _UUID.fullmatch(text) is not None


def token(ids: Ids, stream: str) -> str:
    """Return the next share token: 32 lowercase hexadecimal digits (S19)."""
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
