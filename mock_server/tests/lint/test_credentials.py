"""Rules about keys and admin sessions: each with a client that breaks it and one that does not."""

import pytest
from mock_server.tests.lint.graded import Client, blamed, call_id, messages, verdicts
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    DEMO_KEY,
    EXPANSIONS,
    KEY,
    ORGANIZATIONS,
    bearer,
)

EXPOSED = [("TF013", "error")]
MASKED = "tf_content_5e1f0c2a9b7d…"


@pytest.mark.parametrize(
    ("path", "place"), [(f"{CLASSROOMS}?api_key={DEMO_KEY}", "query"), (f"{EXPANSIONS}/{DEMO_KEY}", "path")]
)
def test_a_key_in_an_address(mock: Client, path: str, place: str) -> None:
    """TF013: told without telling the key once more."""
    mock.send("GET", path, KEY)
    assert (verdicts(mock, "TF013"), messages(mock, "TF013")) == (EXPOSED, [f"The key {MASKED} stood in the {place}"])


def test_a_key_in_a_body(mock: Client) -> None:
    """TF013: wherever in it."""
    mock.create("k", payload={"note": f"key {DEMO_KEY}."})
    assert (verdicts(mock, "TF013"), messages(mock, "TF013")) == (EXPOSED, [f"The key {MASKED} stood in the body"])


def test_keys_where_they_belong(mock: Client) -> None:
    """TF013 holds for the header, and for what only looks like a key."""
    mock.create("k", payload={"note": "tf_content_000000000000 is no key of ours, tf_content_ is none at all"})
    mock.send("GET", CLASSROOMS, KEY)
    assert verdicts(mock, "TF013") == []


def test_the_wrong_kind_of_credential(mock: Client) -> None:
    """TF014, in both directions."""
    by_key = mock.send("GET", ORGANIZATIONS, KEY)
    by_cookie = mock.send("GET", CLASSROOMS, ADMIN)
    assert verdicts(mock, "TF014") == [("TF014", "error")] * 2
    assert blamed(mock, "TF014") == [call_id(by_key), call_id(by_cookie)]


def test_the_right_kind_of_credential(mock: Client) -> None:
    """TF014 holds for each on its own routes, for both at once, and for none or another cookie."""
    mock.send("GET", ORGANIZATIONS, ADMIN)
    mock.send("GET", CLASSROOMS, KEY)
    mock.send("GET", ORGANIZATIONS, ADMIN, KEY)
    mock.send("GET", CLASSROOMS, {"Cookie": "theme=dark"})
    mock.login()
    mock.send("GET", "/v1/nothing", KEY)
    assert verdicts(mock, "TF014") == []


@pytest.mark.parametrize("verb", ["revoke", "rotate"])
@pytest.mark.parametrize("mock_headers", [True, False])
def test_a_dead_key_in_use(verb: str, *, mock_headers: bool) -> None:
    """TF023, told by the mock's own headers or without them."""
    mock = Client(mock_headers=mock_headers)
    made = mock.new_key()
    assert mock.send("GET", CLASSROOMS, bearer(made)).status == 200
    mock.key_call(made.json()["keyId"], verb)
    assert verdicts(mock, "TF023") == []
    assert mock.send("GET", CLASSROOMS, bearer(made)).status == 401
    assert verdicts(mock, "TF023") == [("TF023", "warning")]
    prefix = made.json()["keyPrefix"]
    assert messages(mock, "TF023") == [f"The key {prefix}… was used 1 time after it had been revoked or rotated"]


def test_a_rotated_key_that_keeps_its_id() -> None:
    """TF023: the new key has the id then, and the old one is in use."""
    mock = Client({"key.rotate-id": "same"})
    made = mock.new_key()
    mock.key_call(made.json()["keyId"], "rotate")
    assert mock.send("GET", CLASSROOMS, bearer(made)).status == 401
    assert verdicts(mock, "TF023") == [("TF023", "warning")]


@pytest.mark.parametrize("mock_headers", [True, False])
def test_keys_that_live_or_have_expired(*, mock_headers: bool) -> None:
    """TF023 is about keys that somebody ended: not about expiry, and not about the new key."""
    mock = Client(mock_headers=mock_headers)
    made = mock.new_key()
    rotated = mock.key_call(made.json()["keyId"], "rotate")
    assert mock.send("GET", CLASSROOMS, bearer(rotated)).status == 200
    expires = {"expiresAt": "2026-07-06T09:00:00Z"}
    assert mock.send("PUT", f"/__admin/keys/{rotated.json()['keyId']}", body=expires).status == 200
    assert mock.send("GET", CLASSROOMS, bearer(rotated)).status == 401
    mock.send("GET", API_KEYS, ADMIN)
    mock.send("GET", CLASSROOMS, {"Authorization": "Bearer nobodys"})
    assert verdicts(mock, "TF023") == []
