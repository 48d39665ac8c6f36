"""Whether a signature verifies, and if not, at which step a receiver goes wrong and what to do about it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from tutorflow_mock.domain import signing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Step: TypeAlias = Literal["header", "encoding", "length", "timestamp", "raw body", "secret"]

TOLERANCE = 300
"""Seconds by which the time in a signature may be off."""

_DIGITS = 64
_HEX = re.compile(r"[0-9a-f]{64}")
_TIMED = re.compile(r"t=([0-9]{1,15}),(.+)")


class Verdict(NamedTuple):
    """What came of a verification: `step` is the one that failed, None where all passed."""

    step: Step | None
    why: str
    hint: str = ""

    @property
    def is_valid(self) -> bool:
        """Tell whether the signature verifies."""
        return self.step is None


def verify(body: bytes, header: str | None, secret: str, now: int | None = None) -> Verdict:
    """Judge the value of a signature header by the body as it came and the secret as it was issued.

    `now`, in unix seconds, is what the time of a signature `t=…,v1=…` is held against; None leaves it unjudged.
    """
    value = (header or "").strip()
    if not value:
        return Verdict("header", "there is no signature", "refuse the call: what is not signed is not from TutorFlow")
    if timed := _TIMED.fullmatch(value):
        return _verify_timed(body, int(timed[1]), timed[2], secret, now)
    if hmac.compare_digest(value.encode(), signing.v1(secret, body).encode()):
        return Verdict(None, "lowercase hex HMAC-SHA256 of the raw body under the secret")
    return _misfit(value, lambda text, key: hmac.new(key, text, hashlib.sha256).digest(), body, secret)


def _verify_timed(body: bytes, t: int, rest: str, secret: str, now: int | None) -> Verdict:
    """Judge `t=…,v1=…[,v1=…]`: any of the digests may be the right one, a rotation signs with two secrets."""
    digests = [each.removeprefix("v1=") for each in rest.split(",") if each.startswith("v1=")]
    if not digests:
        return Verdict("header", "there is a time and no v1= behind it", "the form is t=<unix seconds>,v1=<hex>")
    prefix = b"%d." % t
    right = signing.v1(secret, prefix + body).encode()
    if not any(hmac.compare_digest(each.encode(), right) for each in digests):
        return _misfit(
            digests[0], lambda text, key: hmac.new(key, prefix + text, hashlib.sha256).digest(), body, secret
        )
    if now is not None and abs(now - t) > TOLERANCE:
        hint = "an old call that is sent again, or a clock that is wrong: the mock's session can stamp real time"
        return Verdict("timestamp", f"the signature is right and {abs(now - t)} s off the present", hint)
    return Verdict(None, "hex HMAC-SHA256 of time and raw body under the secret")


def _misfit(value: str, digest: Callable[[bytes, bytes], bytes], body: bytes, secret: str) -> Verdict:
    """Tell why a value is not the right one: by its form, else by what would have made it."""
    key = secret.encode()
    if (misformed := _misformed(value, digest(body, key))) is not None:
        return misformed
    given = bytes.fromhex(value)
    for why, text in _bodies(body):
        if digest(text, key) == given:
            return Verdict("raw body", f"the signature is that of {why}", "verify the bytes as they came")
    for why, other in _keys(secret):
        if digest(body, other) == given:
            return Verdict("secret", f"the signature was made with {why}", "the key is the secret's text as issued")
    return _unexplained(given, body, key)


def _misformed(value: str, right: bytes) -> Verdict | None:
    """Tell what is wrong with the form of a value, and whether it would be the right digest otherwise."""
    bare = value.lower().removeprefix("sha256=").removeprefix("v1=")
    forms: tuple[tuple[bool, Step, str, str], ...] = (
        (value.lower() == right.hex(), "encoding", "the digits are right and in capitals", "it is lowercase hex"),
        (
            bare == right.hex(),
            "encoding",
            "the digest is right, with a prefix that does not belong there",
            "the header holds the bare hex digest, as the contract's examples do",
        ),
        (_unbased(value) == right, "encoding", "the digest is right and written as base64", "write lowercase hex"),
        (
            len(value) != _DIGITS,
            "length",
            f"it has {len(value)} characters instead of {_DIGITS}",
            "compare the byte lengths first: comparisons in constant time may throw where they differ",
        ),
        (_HEX.fullmatch(value) is None, "encoding", "it is no lowercase hex", "64 digits out of 0-9 and a-f"),
    )
    return next((Verdict(step, why, hint) for is_so, step, why, hint in forms if is_so), None)


def _unexplained(given: bytes, body: bytes, key: bytes) -> Verdict:
    plain = {hashlib.sha256(text).digest() for text in (body, key + body, body + key)}
    if given in plain:
        return Verdict("secret", "it is a plain SHA-256", "it has to be an HMAC, keyed with the secret")
    if _as_sent(body):
        hint = "a secret belongs to one subscription and is told once, when that is made; is this one of another?"
        return Verdict("secret", "the body is as the mock writes it, so the secret is another one's", hint)
    hint = "take the body before any parser does; an editor or a shell may have changed it"
    return Verdict("raw body", "no change of the body that we know of explains it, nor does the secret", hint)


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Tell the bodies that this one may have been: what shells, editors and parsers make of one."""
    yield "the body without the line break at its end", body.rstrip(b"\r\n")
    yield "the body with a line break at its end", body + b"\n"
    yield "the body with other line breaks", body.replace(b"\r\n", b"\n")
    yield "the body without its byte order mark", body.removeprefix(b"\xef\xbb\xbf")
    yield "an empty body", b""
    try:
        value = json.loads(body)
    except ValueError:
        return
    for text in _written(value):
        yield "the same JSON written otherwise", text.encode()
        yield "the same JSON written otherwise", f"{text}\n".encode()


def _written(value: object) -> Iterable[str]:
    separators = ((",", ":"), None)
    for escaped in (False, True):
        for is_sorted in (False, True):
            for pair in separators:
                yield json.dumps(value, ensure_ascii=escaped, sort_keys=is_sorted, separators=pair)
            for indent in (2, 4):
                yield json.dumps(value, ensure_ascii=escaped, sort_keys=is_sorted, indent=indent)


def _keys(secret: str) -> Iterator[tuple[str, bytes]]:
    """Tell the keys that this secret may have become on its way."""
    yield "the secret without the blanks around it", secret.strip().encode()
    yield "the secret with a line break at its end", f"{secret}\n".encode()
    yield "the secret without its quotes", secret.strip("'\"").encode()
    yield "the secret without its prefix", secret.rpartition("_")[2].encode()
    bare = secret.rpartition("_")[2]
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", bare):
        yield "the bytes that the secret's hex stands for", bytes.fromhex(bare)
    if (decoded := _unbased(bare)) is not None:
        yield "the bytes that the secret's base64 stands for", decoded
    yield "no secret at all", b""


def _unbased(text: str) -> bytes | None:
    """Return what base64 stands for, in either alphabet, with or without its padding."""
    padded = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _as_sent(body: bytes) -> bool:
    """Tell whether a body is JSON as the mock writes it: without a blank between its tokens."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode() == body
    except ValueError:
        return False
