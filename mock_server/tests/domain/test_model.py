"""What a key, a cookie and a record say of themselves."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import HARBOUR, NOW, a_job, a_key, a_subscription, an_id

from tutorflow_mock.domain.model import Admin, AdminCredential, KeyCredential, Session
from tutorflow_mock.domain.sessions import DEFAULT_TENANTS, directory_of
from tutorflow_mock.system import SeededIds

DIGEST = b"\x01" * 32


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "status"),
    [
        *((None, None, "ACTIVE"), (NOW + 1, None, "ACTIVE"), (NOW, None, "EXPIRED"), (NOW - 1, None, "EXPIRED")),
        *((None, NOW, "REVOKED"), (None, NOW - 1, "REVOKED"), (NOW - 9, NOW, "REVOKED"), (NOW + 9, NOW, "REVOKED")),
    ],
)
def test_what_a_key_is_worth(expires_at: int | None, revoked_at: int | None, status: str) -> None:
    """S42: the bound of an expiry counts as expired; revoked outweighs expired."""
    assert replace(a_key(), expires_at=expires_at, revoked_at=revoked_at).status(NOW) == status


def test_a_revoked_key_stays_revoked_whatever_the_clock_shows() -> None:
    """A clock that is set back revives no key: a revocation has happened, it is not a date."""
    assert replace(a_key(), revoked_at=NOW).status(NOW - 3_600_000) == "REVOKED"


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "valid_until", "reason"),
    [
        *((None, None, None, None), (None, None, NOW + 1, None), (NOW + 1, None, NOW + 1, None)),
        *((None, None, NOW, "rotated-key"), (None, None, NOW - 1, "rotated-key")),
        *((None, NOW, None, "revoked-key"), (NOW, None, None, "expired-key"), (None, NOW, NOW, "revoked-key")),
    ],
)
def test_why_a_bearer_key_is_refused(
    expires_at: int | None, revoked_at: int | None, valid_until: int | None, reason: str | None
) -> None:
    """A credential is as good as its key, and no longer than this very secret stands for it."""
    key = replace(a_key(), expires_at=expires_at, revoked_at=revoked_at)
    assert KeyCredential("default", DIGEST, key, valid_until).reason(NOW) == reason


@pytest.mark.parametrize(
    ("valid_until", "reason"), [(None, None), (NOW + 1, None), (NOW, "expired-session"), (NOW - 1, "expired-session")]
)
def test_why_an_admin_session_is_refused(valid_until: int | None, reason: str | None) -> None:
    """A cookie without an end opens for ever; the end itself counts as over."""
    admin = Admin(an_id(5), "admin@harbour.example", DIGEST, (HARBOUR,))
    assert AdminCredential("default", DIGEST, admin, valid_until).reason(NOW) == reason


def test_a_credential_of_a_session_that_is_gone_says_so() -> None:
    """Recognised, and refused for that, whatever else its key is worth."""
    admin = Admin(an_id(5), "admin@harbour.example", DIGEST, (HARBOUR,))
    revoked = replace(a_key(), revoked_at=NOW)
    assert KeyCredential("gone", DIGEST, revoked, has_ended=True).reason(NOW) == "session-ended"
    assert AdminCredential("gone", DIGEST, admin, NOW, has_ended=True).reason(NOW) == "session-ended"


def test_a_record_that_is_kept_draws_for_itself() -> None:
    """What is kept of a session repeats its ids from there, however much the session draws on."""
    directory = directory_of(DEFAULT_TENANTS)
    session = Session("default", "42", "2026-07", directory, chance=SeededIds("42", "default"))
    kept = session.kept()
    assert kept == session
    assert (session.chance, kept.chance) != (None, None)
    drawn = [chance.bits("jobs", 128) for chance in (session.chance, kept.chance) if chance is not None]
    assert drawn == [SeededIds("42", "default").bits("jobs", 128)] * 2
    assert replace(session, chance=None).kept().chance is None
    assert "chance" not in repr(session)


def test_records_do_not_print_what_is_confidential() -> None:
    """A record in a log line or a traceback shows neither the source nor a signing secret."""
    assert "payload" not in repr(a_job())
    assert "6dbf5efe" not in repr(a_subscription())
