"""Which step of a verification failed: every way to go wrong that we know of is named."""

import base64
import hashlib
import hmac
import json

import pytest

from tutorflow_mock.domain import signing
from tutorflow_mock.receivers.verify import TOLERANCE, verify

SECRET = "whsec_6b1f0c2a9b7d4836"
BODY = b'{"jobId":"7","status":"completed","title":"caf\xc3\xa9"}'
RIGHT = signing.v1(SECRET, BODY)
NOW = 1_783_328_400
OTHERS_BODY = json.dumps(json.loads(BODY)).encode()


def digest(key: bytes, body: bytes = BODY) -> str:
    """Return a signature made with a key of bytes."""
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def test_the_right_signature_passes() -> None:
    """With blanks around it, too: HTTP does not count them."""
    assert verify(BODY, RIGHT, SECRET).is_valid
    assert verify(BODY, f" {RIGHT} ", SECRET).step is None


@pytest.mark.parametrize(
    ("header", "step", "why"),
    [
        (None, "header", "no signature"),
        (" ", "header", "no signature"),
        (RIGHT.upper(), "encoding", "in capitals"),
        (f"sha256={RIGHT}", "encoding", "prefix"),
        (f"v1={RIGHT.upper()}", "encoding", "prefix"),
        (base64.b64encode(bytes.fromhex(RIGHT)).decode(), "encoding", "base64"),
        (base64.urlsafe_b64encode(bytes.fromhex(RIGHT)).decode().rstrip("="), "encoding", "base64"),
        (RIGHT[:-1], "length", "63 characters instead of 64"),
        (f"{RIGHT}0", "length", "65 characters"),
        ("ü" * 64, "encoding", "no lowercase hex"),
        ("G" * 64, "encoding", "no lowercase hex"),
    ],
)
def test_what_is_wrong_with_the_form_is_named(header: str | None, step: str, why: str) -> None:
    """Before anything is said of body and secret."""
    verdict = verify(BODY, header, SECRET)
    assert (verdict.step, verdict.is_valid) == (step, False)
    assert why in verdict.why
    assert verdict.hint


@pytest.mark.parametrize(
    ("came", "signed", "why"),
    [
        (BODY + b"\n", BODY, "without the line break at its end"),
        (BODY, BODY + b"\n", "with a line break at its end"),
        (b'{\r\n"a":1}', b'{\n"a":1}', "other line breaks"),
        (b"\xef\xbb\xbf" + BODY, BODY, "byte order mark"),
        (BODY, b"", "an empty body"),
        (OTHERS_BODY, BODY, "same JSON written otherwise"),
        (json.dumps(json.loads(BODY), indent=2).encode(), BODY, "same JSON written otherwise"),
        (BODY, json.dumps(json.loads(BODY), sort_keys=True, indent=4).encode(), "same JSON written otherwise"),
        (BODY, b'{"jobId":"7","status":"completed","title":"caf\\u00e9"}\n', "same JSON written otherwise"),
    ],
)
def test_a_body_that_was_changed_is_named(came: bytes, signed: bytes, why: str) -> None:
    """What shells, editors and parsers make of one is tried."""
    verdict = verify(came, signing.v1(SECRET, signed), SECRET)
    assert verdict.step == "raw body"
    assert why in verdict.why


@pytest.mark.parametrize(
    ("secret", "key", "why"),
    [
        (f"{SECRET} ", SECRET.encode(), "without the blanks"),
        (SECRET, f"{SECRET}\n".encode(), "line break at its end"),
        (f"'{SECRET}'", SECRET.encode(), "without its quotes"),
        (SECRET, b"6b1f0c2a9b7d4836", "without its prefix"),
        (SECRET, bytes.fromhex("6b1f0c2a9b7d4836"), "secret's hex"),
        ("whsec_c2VjcmV0", b"secret", "secret's base64"),
        (SECRET, b"", "no secret at all"),
    ],
)
def test_a_secret_that_became_another_is_named(secret: str, key: bytes, why: str) -> None:
    """What variables, files and eager decoding make of one is tried."""
    verdict = verify(BODY, digest(key), secret)
    assert verdict.step == "secret"
    assert why in verdict.why


@pytest.mark.parametrize("text", [BODY, SECRET.encode() + BODY, BODY + SECRET.encode()])
def test_a_plain_hash_is_no_signature(text: bytes) -> None:
    """Anybody could make the first; the others are not what the contract says."""
    verdict = verify(BODY, hashlib.sha256(text).hexdigest(), SECRET)
    assert (verdict.step, verdict.why) == ("secret", "it is a plain SHA-256")


def test_where_nothing_explains_it_the_likelier_step_is_named() -> None:
    """A body that is as the mock writes it speaks against the secret; another one against the body."""
    assert verify(BODY, signing.v1("another", BODY), SECRET).step == "secret"
    assert verify(OTHERS_BODY, signing.v1("another", BODY), SECRET).step == "raw body"
    assert verify(b"no JSON", signing.v1("another", BODY), SECRET).step == "raw body"


def test_no_verdict_repeats_the_secret() -> None:
    """Nor the right signature, which would let others in."""
    for header in (RIGHT.upper(), "0" * 64, signing.v1("another", BODY), RIGHT[:-1], None):
        said = repr(verify(BODY, header, SECRET))
        assert SECRET not in said
        assert RIGHT not in said.lower()


def test_a_signature_with_a_time_is_held_against_the_present() -> None:
    """Within the tolerance it passes, on either side; without a present the time is not judged."""
    header = signing.v2([SECRET], BODY, NOW)
    assert verify(BODY, header, SECRET, NOW + TOLERANCE).is_valid
    assert verify(BODY, header, SECRET, NOW - TOLERANCE).is_valid
    assert verify(BODY, header, SECRET).is_valid
    late = verify(BODY, header, SECRET, NOW + TOLERANCE + 1)
    assert (late.step, late.why) == ("timestamp", "the signature is right and 301 s off the present")


def test_a_rotation_signs_with_two_secrets() -> None:
    """Either may be the receiver's."""
    header = signing.v2(["new", SECRET], BODY, NOW)
    assert verify(BODY, header, SECRET, NOW).is_valid
    assert verify(BODY, header, "new", NOW).is_valid
    assert verify(BODY, header, "third", NOW).step == "secret"


def test_a_time_needs_a_digest_of_its_own() -> None:
    """The time is part of what is signed; a header without v1= has none."""
    assert verify(BODY, f"t={NOW + 1},v1={signing.v1(SECRET, b'%d.' % NOW + BODY)}", SECRET, NOW).step == "secret"
    assert verify(BODY, f"t={NOW},v0=abc", SECRET, NOW).step == "header"
    body = verify(BODY + b"\n", signing.v2([SECRET], BODY, NOW), SECRET, NOW)
    assert (body.step, body.why) == ("raw body", "the signature is that of the body without the line break at its end")
