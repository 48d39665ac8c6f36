"""What a log may show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.domain.redaction import on_one_line, redacted

KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /v1/content/organizations 200", "GET /v1/content/organizations 200"),
        (f"key {KEY} refused", "key tf_content_5e1f0c2a9b7d… refused"),
        (f"{KEY},{KEY}", "tf_content_5e1f0c2a9b7d…,tf_content_5e1f0c2a9b7d…"),
        (f"/x?key={KEY}&y=1", "/x?key=tf_content_5e1f0c2a9b7d…&y=1"),
        (f"Authorization: Bearer {KEY}", "Authorization: Bearer tf_content_5e1f0c2a9b7d…"),
        ("Authorization: Bearer workspace_api_key", "Authorization: Bearer …"),
        ("authorization: basic YWRtaW46cGFzcw==, x", "authorization: basic …, x"),
        ("Cookie: a=b; jwt=demo-admin; c=d", "Cookie: a=b; jwt=…; c=d"),
        ("tutorflow_admin_session=demo-admin", "tutorflow_admin_session=…"),
        ("{'Cookie': 'jwt=demo-admin'}", "{'Cookie': 'jwt=…'}"),
        (f"KeyError: '{'0a1b2c3d' * 8}'", "KeyError: '…'"),
        (f"password {'0a1b2c3d' * 4} refused", "password … refused"),
        ("request 00112233445566ff of 00000000-0000-4000-8000-000000000001", None),
    ],
)
def test_secrets_are_cut_short(text: str, shown: str | None) -> None:
    """F-092: a key is known by its prefix; cookies and other credentials are gone, and the rest of the text stays."""
    assert redacted(text) == (text if shown is None else shown)


@given(before=st.text(max_size=12), after=st.text(max_size=12))
@PROPERTY
def test_no_key_survives_in_any_text(before: str, after: str) -> None:
    """F-099: whatever stands around a key, more than its prefix is never shown."""
    assert KEY[:24] not in redacted(before + KEY + after)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("café 😀 ladle", "café 😀 ladle"),
        ("a\r\n2026-07-06 forged", "a\\r\\n2026-07-06 forged"),
        ("a\x00\x1b[31m\x85\u2028", "a\\x00\\x1b[31m\\x85\\u2028"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_a_record_keeps_to_its_line(text: str, shown: str) -> None:
    """Row 50: what breaks the line, moves the cursor or turns the direction is escaped."""
    assert on_one_line(text) == shown


@given(text=st.text(st.characters(), max_size=30))
@PROPERTY
def test_any_text_becomes_one_printable_line(text: str) -> None:
    """Lone surrogates included: what comes out can be written anywhere."""
    shown = on_one_line(text)
    assert shown.isprintable()
    assert len(shown.encode().splitlines()) <= 1
