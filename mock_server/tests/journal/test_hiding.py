"""What of a call may be kept and shown."""

import pytest

from tutorflow_mock.domain import hiding

KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
SHOWN = "tf_content_5e1f0c2a9b7d…"
COOKIE = "c0ffee12" * 8
TOKEN = "1234abcd" * 4
PASSWORD = "a-long-passphrase"
SECRETS = {COOKIE: "…", TOKEN: "…", PASSWORD: "…", "workspace_api_key": SHOWN}


def vault(text: str) -> str | None:
    """Know a few secrets."""
    return SECRETS.get(text)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", f"Bearer {KEY}", f"Bearer {SHOWN}"),
        ("authorization", "bearer workspace_api_key", f"bearer {SHOWN}"),
        ("authorization", "Bearer something else", "Bearer …"),
        ("authorization", "Basic dXNlcjpwYXNz", "Basic …"),
        ("authorization", "Bearer", "Bearer"),
        ("authorization", KEY, SHOWN),
        ("authorization", "nonsense", "…"),
        ("proxy-authorization", f"Bearer {KEY}", f"Bearer {SHOWN}"),
        ("cookie", "jwt=demo-admin; a=b; c", "jwt=…; a=…; …"),
        ("set-cookie", "jwt=demo-admin; Path=/; HttpOnly", "jwt=…; Path=/; HttpOnly"),
        ("x-content-integration-signature", "a" * 64, "…"),
        ("x-content-integration-signature-v2", "t=1,v1=a", "…"),
        ("x-api-key", KEY, "…"),
        ("api-key", "x", "…"),
        ("x-auth-token", "x", "…"),
        ("idempotency-key", "kitchen-a1", "kitchen-a1"),
        ("user-agent", f"me/{COOKIE}", "me/…"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    """The table of redactions, header by header; a second time changes nothing."""
    assert hiding.header(name, value, vault) == shown
    assert hiding.header(name, shown, vault) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("a=b&c=d", "a=b&c=d"),
        (f"key={KEY}", f"key={SHOWN}"),
        ("api_key=anything", "api_key=…"),
        ("x=tf%5Fcontent%5F5e1f0c2a9b7d4836a1c0ffee12ab34cd", f"x={SHOWN}"),
        (f"x={PASSWORD}", "x=…"),
        ("a%20b=c+d&flag&empty=", "a%20b=c+d&flag&empty="),
        (f"{KEY}=1&{KEY}", "…=1&…"),
    ],
)
def test_queries(query: str, shown: str) -> None:
    """Values that look like a key, that are a secret or are called one; all else stays as it came."""
    assert hiding.query(query, vault) == shown


def test_queries_are_decoded() -> None:
    """A name or value means the same in either spelling."""
    assert hiding.decoded("caf%C3%A9+au%20lait%zz") == "café au lait%zz"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{ "payload":  {} }', '{ "payload":  {} }'),
        (b'{"password": "p", "n": [1, "x"]}', '{"password":"…","n":[1,"x"]}'),
        (b'{"password": null}', '{"password": null}'),
        (b'{"secret": {"a": 1}}', '{"secret":"…"}'),
        (f'{{"apiKey": "{KEY}"}}'.encode(), f'{{"apiKey":"{SHOWN}"}}'),
        (f'{{"text": "say {PASSWORD}"}}'.encode(), '{"text":"say …"}'),
        (b'{"\\u0070assword": "p"}', '{"password":"…"}'),
        (b'{"a": "\\u0074f_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"}', f'{{"a":"{SHOWN}"}}'),
        (f'{{"a": "{KEY}", "a": 1}}'.encode(), f'{{"a": "{SHOWN}", "a": 1}}'),
        (b'{"password": "p', '{"password": "…"'),
        (b'{"password": p, "b', '{"password": "…", "b'),
        (b"user=me&password=p&x=1", "user=me&password=…&x=1"),
        (b"\\u0074f_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd", SHOWN),
        (b"\xff" + COOKIE.encode(), "�…"),
        (f"dead{COOKIE}{KEY[11:]}".encode(), "dead……"),
        (f"{TOKEN}".encode(), "…"),
        (f"dead{TOKEN}".encode(), "dead…"),
        (b"0" * 40, "0" * 40),
        (b"0" * 600, "0" * 600),
    ],
)
def test_bodies(body: bytes, shown: str) -> None:
    """Telling members, keys by their look, stored secrets by their value; JSON without any keeps its looks."""
    assert hiding.body(body, vault) == shown
    assert hiding.body(shown.encode(), vault) == shown


def test_a_body_is_cut() -> None:
    """64 KiB are kept; what is secret is gone before the cut, so that no half of it stays."""
    text = b"x" * (hiding.BODY_LIMIT - 10) + KEY.encode()
    kept, is_cut = hiding.kept_body(text, vault)
    assert (len(kept), is_cut) == (hiding.BODY_LIMIT, True)
    assert kept.endswith(b"tf_content")
    assert hiding.kept_body(b"short", vault) == (b"short", False)


@pytest.mark.parametrize(
    ("text", "suspect"),
    [
        (b"GET /v1/content/classrooms", False),
        (b'{"payload": {"title": "caf\\u00e9"}}', False),
        (b'{"Password": 1}', True),
        (b'{"APIKEY": 1}', True),
        (KEY.encode(), True),
        (COOKIE.upper().encode(), True),
        (b'"\\u0070"', True),
    ],
)
def test_what_is_suspect(text: bytes, *, suspect: bool) -> None:
    """Cheap, and rather too careful."""
    assert hiding.is_suspect(text) is suspect
