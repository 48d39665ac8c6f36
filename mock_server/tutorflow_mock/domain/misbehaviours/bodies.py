"""Bodies that a delivery may have and rarely has, and some that it never may."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Literal, cast

from tutorflow_mock.domain.ids import shape_uuid
from tutorflow_mock.domain.strict_json import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

NotJson = Literal["text", "array", "huge-integer", "duplicate-keys"]

_PRINTED_OTHERWISE = (
    '"formatting": {"one": 1.0, "hundred": 1e2, "letter": "\\u00e9", "slash": "\\/", "2": "second", "1": "first", '
    '"big": 9007199254740993, "line": "\u2028"}}'
)
_DOUBTFUL: Mapping[NotJson, bytes] = {
    "text": b"this is no JSON",
    "array": b'["jobId"]',
    "huge-integer": b'{"jobId":' + b"9" * 5_000 + b"}",
    "duplicate-keys": b'{"jobId":"a","jobId":"b"}',
}
_POLYNOMIAL = 0xEDB88320
_32_BITS = 0xFFFF_FFFF
_BLOCK = 0xFFFF
_GZIP_HEAD = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))


def reformatted(body: bytes) -> bytes:
    """Return a body that says what this one says, in a text that no parser prints again as it came."""
    text = json.dumps(_members(body))
    return f"{text[:-1]}{', ' if text != '{}' else ''}{_PRINTED_OTHERWISE}".encode()


def not_json(kind: NotJson) -> bytes:
    """Return bytes that are no JSON object, or a doubtful one."""
    return _DOUBTFUL[kind]


def with_more(body: bytes) -> bytes:
    """Return a body with members and an output type that a later version might bring."""
    members = {**_members(body), "schemaVersion": 2, "audit": {"tags": ["new", None], "note": None}}
    outputs = members.get("requestedOutputs")
    if isinstance(outputs, list):
        members["requestedOutputs"] = [*cast("list[object]", outputs), "hologram"]
    return _compact(members)


def of_size(body: bytes, size: int) -> bytes:
    """Return a JSON text of so many bytes; it says what this one says if that has room in it."""
    members = _members(body)
    bare = _compact({**members, "padding": ""})
    if size < len(bare):
        return b"1" * size
    return _compact({**members, "padding": "x" * (size - len(bare))})


def altered(body: bytes) -> bytes:
    """Return a body of the same length in which one byte is another: a digit if there is one, so that it stays JSON."""
    place = next((index for index in reversed(range(len(body))) if body[index : index + 1].isdigit()), len(body) - 1)
    digit = b"7" if body[place : place + 1] != b"7" else b"3"
    return body[:place] + digit + body[place + 1 :]


def of_another_job(body: bytes, job_id: str | None, other: str | None) -> bytes:
    """Return a body about another job, one that nobody has made unless it is named."""
    if job_id is None:
        return body
    other = shape_uuid(hashlib.sha256(job_id.encode()).hexdigest()[:32]) if other is None else other
    return body.replace(job_id.encode(), other.encode())


def gzipped(body: bytes) -> bytes:
    """Return a body in a gzip envelope of stored blocks (RFC 1951, 3.2.4; RFC 1952)."""
    blocks = [body[start : start + _BLOCK] for start in range(0, len(body), _BLOCK)] or [b""]
    stored = b"".join(
        bytes((index == len(blocks) - 1,)) + _two(len(block)) + _two(len(block) ^ _BLOCK) + block
        for index, block in enumerate(blocks)
    )
    return _GZIP_HEAD + stored + _crc32(body).to_bytes(4, "little") + (len(body) & _32_BITS).to_bytes(4, "little")


def _two(number: int) -> bytes:
    return number.to_bytes(2, "little")


def _crc32(data: bytes) -> int:
    value = _32_BITS
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value ^ _32_BITS


def _members(body: bytes) -> dict[str, object]:
    told: object = json.loads(body)
    return dict(cast("Mapping[str, object]", told)) if isinstance(told, dict) else {}


def _compact(value: object) -> bytes:
    return compact(value).encode()
