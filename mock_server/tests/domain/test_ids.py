"""Forms of ids, tokens and secrets."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.domain import ids
from tutorflow_mock.system import SeededIds

VERSION_4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Zeros:
    """A source that always draws the same: zeros, or with `ones` only ones."""

    def __init__(self, *, ones: bool = False) -> None:
        self.ones = ones
        self.drawn: list[tuple[str, int]] = []

    def bits(self, stream: str, count: int) -> int:
        """Return the bits of a public stream."""
        self.drawn.append((stream, count))
        return (1 << count) - 1 if self.ones else 0

    def copied(self, session_id: str | None = None) -> Zeros:
        """Return the same source: it repeats itself for whatever session."""
        return Zeros(ones=self.ones) if session_id is None else self

    def secret_bits(self, stream: str, count: int) -> int:
        """Return the bits of a secret stream."""
        return self.bits(f"secret {stream}", count)


@given(bits=st.integers(0, 2**128 - 1))
@PROPERTY
def test_any_bits_make_a_uuid_of_version_4(bits: int) -> None:
    """All bits but version and variant come through."""
    text = ids.shape_uuid(f"{bits:032x}")
    assert VERSION_4.fullmatch(text)
    parsed = uuid.UUID(text)
    assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)
    mask = ~(0xF << 76) & ~(0x3 << 62)
    assert parsed.int & mask == bits & mask


def test_tokens_drawn_together_are_cut_apart() -> None:
    """Several tokens come from one draw: 32 digits each, leading zeros kept."""
    chance = Zeros()
    assert ids.tokens(chance, "shares", 3) == ["0" * 32] * 3
    assert chance.drawn == [("shares", 384)]
    assert len(set(ids.tokens(SeededIds("42", "default"), "shares", 3))) == 3


@pytest.mark.requirement("KEY-019")
def test_no_uuid_comes_twice() -> None:
    """J6: a hundred thousand ids of one stream, none of them repeated."""
    chance = SeededIds("42", "default")
    drawn = {ids.uuid(chance, "jobs") for _ in range(100_000)}
    assert len(drawn) == 100_000
    assert all(VERSION_4.fullmatch(text) for text in drawn)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("00000000-0000-4000-8000-000000000010", True), ("ABCDEF00-0000-0000-0000-00000000000f", True)),
        *(("", False), ("00000000000040008000000000000010", False), ("{00000000-0000-4000-8000-000000000010}", False)),
        *(("00000000-0000-4000-8000-00000000001", False), ("00000000-0000-4000-8000-0000000000100", False)),
        *(("00000000-0000-4000-8000-00000000001g", False), ("00000000-0000-4000-8000-000000000010\n", False)),
        *(
            ("\u06600000000-0000-4000-8000-000000000010", False),
            ("urn:uuid:00000000-0000-4000-8000-000000000010", False),
        ),
    ],
)
def test_what_has_the_form_of_a_uuid(text: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """Any version, either case, hyphens in their places, nothing around it."""
    assert ids.is_uuid(text) is expected


def test_secrets_have_their_forms_and_streams() -> None:
    """S48, S65: leading zeros are kept; secrets are drawn from streams that no other session shares."""
    chance = Zeros()
    assert ids.api_key(chance) == "tf_content_" + "0" * 32
    assert ids.webhook_secret(chance) == "0" * 64
    assert ids.cookie_value(chance) == "0" * 64
    assert ids.token(chance, "shares") == "0" * 32
    secret = [("secret api-keys", 128), ("secret webhook-secrets", 256), ("secret admin-sessions", 256)]
    assert chance.drawn == [*secret, ("shares", 128)]


def test_secrets_are_lowercase_hexadecimal() -> None:
    """S48: 32 and 64 characters of 0-9 and a-f."""
    chance = Zeros(ones=True)
    assert ids.api_key(chance) == "tf_content_" + "f" * 32
    assert ids.webhook_secret(chance) == "f" * 64
    assert ids.token(chance, "shares") == "f" * 32
