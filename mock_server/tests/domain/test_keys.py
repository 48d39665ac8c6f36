"""Digests and prefixes of keys, their rotation and revocation, and how they are shown."""

import hashlib
from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import DAY, HARBOUR, NOW, a_key, an_id

from tutorflow_mock.domain import keys

SECRET = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"


def test_a_secret_is_found_by_its_sha_256() -> None:
    """F-028: what is kept of a secret is its digest, the known one of these bytes."""
    assert keys.digest("demo-admin") == hashlib.sha256(b"demo-admin").digest()
    assert keys.digest(SECRET).hex() == "5b56a6d48b38f66c5e673f609f27cf0866d5776b275a2bb39be8e0cd16739550"


@pytest.mark.parametrize("secret", ["", "é", "\x00", "x" * 8_192, "\udc80\udcff", "\U0001f511"])
def test_whatever_a_header_holds_has_a_digest(secret: str) -> None:
    """No text that a server can pass on makes the lookup fail."""
    assert len(keys.digest(secret)) == 32


@pytest.mark.requirement("KEY-002")
def test_a_prefix_names_a_key_without_betraying_it() -> None:
    """F-026: `tf_content_` and the first 12 of the 32 characters."""
    assert keys.prefix(SECRET) == "tf_content_5e1f0c2a9b7d"
    assert SECRET.startswith(keys.prefix(SECRET))


@pytest.mark.requirement("KEY-007")
def test_a_rotated_key_is_revoked_at_once_by_default() -> None:
    """S43: the old record says since when."""
    assert keys.retired(a_key(), NOW + 5, grace=False) == replace(a_key(), revoked_at=NOW + 5)


@pytest.mark.parametrize(
    ("expires_at", "expected"),
    [(None, NOW + 5 + DAY), (NOW + 10 * DAY, NOW + 5 + DAY), (NOW + 60_000, NOW + 60_000), (NOW, NOW)],
)
def test_a_grace_period_lasts_a_day_and_prolongs_nothing(expires_at: int | None, expected: int) -> None:
    """`key.rotate-old-key=grace-period`: 24 hours more, unless the key would have ended sooner anyway."""
    key = replace(a_key(), expires_at=expires_at)
    assert keys.retired(key, NOW + 5, grace=True) == replace(key, expires_at=expected)


def test_a_revocation_is_kept_as_it_was() -> None:
    """S45: to revoke twice changes nothing, not even the instant."""
    once = keys.revoked(a_key(), NOW + 5)
    assert once.revoked_at == NOW + 5
    assert keys.revoked(once, NOW + 9) == once


def test_an_expired_key_can_still_be_revoked() -> None:
    """Whoever revokes a key wants it `REVOKED`, also after it has expired."""
    expired = replace(a_key(), expires_at=NOW)
    assert keys.revoked(expired, NOW + 5).status(NOW + 5) == "REVOKED"


@pytest.mark.requirement("KEY-001", "KEY-003", "KEY-004", "KEY-005")
def test_the_examples_of_create_and_list() -> None:
    """12.2: create shows the secret and calls the id `keyId`, the list does neither."""
    assert keys.created_body(a_key(), SECRET) == {
        "apiKey": SECRET,
        "keyId": an_id(20),
        "keyPrefix": "tf_content_5e1f0c2a9b7d",
        "name": "external-content-test",
        "rateLimitPerMinute": 60,
    }
    assert keys.listed_body(a_key(), None, NOW) == {
        "id": an_id(20),
        "name": "external-content-test",
        "keyPrefix": "tf_content_5e1f0c2a9b7d",
        "status": "ACTIVE",
        "organizationId": HARBOUR,
        "rateLimitPerMinute": 60,
        "lastUsedAt": None,
        "expiresAt": None,
    }


def test_the_list_tells_of_use_and_end() -> None:
    """Instants are shown as timestamps; an expired key says so."""
    shown = keys.listed_body(replace(a_key(), expires_at=NOW + 7), NOW + 5, NOW + 7)
    assert (shown["lastUsedAt"], shown["expiresAt"]) == ("2026-07-06T09:00:00.005Z", "2026-07-06T09:00:00.007Z")
    assert shown["status"] == "EXPIRED"
