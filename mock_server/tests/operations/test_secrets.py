"""Secrets are shown once: in the answer that makes them, and nowhere else."""

import logging

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    DEMO_KEY,
    EXPANSIONS,
    EXPORTS,
    HOOK,
    KEY,
    LOGIN,
    ORGANIZATIONS,
    WEBHOOKS,
    Answer,
    Mock,
    bearer,
    cookie,
)

PASSWORD = "a-long-passphrase"


def everything_else(mock: Mock, *headers: dict[str, str]) -> list[Answer]:
    """Ask for everything that can be read, and for much that is refused, with these credentials."""
    job_id = mock.create("canary", *headers).told("id")
    asked = [
        mock.send(method, path, *headers, body=body)
        for method, path, body in (
            ("GET", ORGANIZATIONS, None),
            ("GET", CLASSROOMS, None),
            ("GET", API_KEYS, None),
            ("GET", WEBHOOKS, None),
            ("GET", f"{EXPANSIONS}/{job_id}", None),
            ("GET", f"{EXPANSIONS}/{job_id}/result", None),
            ("POST", EXPANSIONS, {"payload": 5}),
            ("POST", EXPORTS, {"lessonId": "standalone-lesson-id"}),
            ("POST", API_KEYS, {"name": ""}),
            ("PUT", API_KEYS, {}),
            ("GET", "/v1/nothing", None),
            ("POST", LOGIN, {"email": "admin@harbour.example", "password": 5}),
        )
    ]
    return [*asked, mock.export(), mock.send("GET", API_KEYS, ADMIN), mock.send("GET", WEBHOOKS, ADMIN)]


@pytest.mark.requirement("KEY-004", "HOOK-002", "ERR-009", "AUTH-016", "RES-015")
def test_no_secret_appears_twice(caplog: pytest.LogCaptureFixture) -> None:
    """Neither another answer, nor the journal, nor the log, nor the settings hold a secret that was shown once."""
    caplog.set_level(logging.DEBUG)
    mock = Mock(admin_token="the-token-of-the-control-plane")
    made, signed_in = mock.new_key(), mock.login()
    rotated = mock.key_call(made.json()["keyId"], "rotate")
    hook = mock.subscribe()
    secrets = [
        made.json()["apiKey"],
        rotated.json()["apiKey"],
        hook.json()["secret"],
        cookie(signed_in)["Cookie"].removeprefix("jwt="),
        PASSWORD,
        DEMO_KEY,
        "demo-admin",
        "the-token-of-the-control-plane",
    ]
    credentials = (KEY, ADMIN, dict(bearer(made)), dict(bearer(rotated)), dict(cookie(signed_in)))
    answers = [answer for each in credentials for answer in everything_else(mock, dict(each))]
    journal = mock.world.store.read_journal("default")
    told = "\n".join([*(f"{answer.headers}\n{answer.body.decode()}" for answer in answers), repr(journal), caplog.text])
    assert [secret for secret in secrets if secret in told or secret in repr(mock.world.settings)] == []


@pytest.mark.requirement("KEY-004")
def test_records_hold_no_secret_and_no_payload() -> None:
    """What a record says of itself when it is printed, as in a traceback, gives nothing away."""
    mock = Mock()
    made, hook = mock.new_key(), mock.subscribe()
    mock.create(payload={"level": {"title": "Kitchen A1", "note": "canary in the payload"}})
    store = mock.world.store
    organization = hook.json()["organizationId"]
    printed = repr(
        [store.keys("default", organization), store.subscriptions("default", organization), store.jobs("default")]
    )
    for secret in (made.json()["apiKey"], hook.json()["secret"], "canary in the payload"):
        assert secret not in printed


@pytest.mark.requirement("ERR-009")
def test_a_key_in_a_path_is_not_remembered() -> None:
    """A client that puts its key into the path reads it nowhere again."""
    mock = Mock()
    refused = mock.status(DEMO_KEY)
    assert refused.status == 404
    assert DEMO_KEY not in f"{refused.headers}{refused.body.decode()}{mock.world.store.read_journal('default')!r}"


@pytest.mark.requirement("HTTP-005")
def test_answers_with_a_secret_must_not_be_kept() -> None:
    """A new key, a rotated key, a new webhook and a login say `no-store`; nothing else needs to."""
    mock = Mock()
    made = mock.new_key()
    with_secret = [made, mock.key_call(made.json()["keyId"], "rotate"), mock.subscribe(), mock.login()]
    without = [mock.send("GET", API_KEYS, ADMIN), mock.create(), mock.export(), mock.send("GET", WEBHOOKS, ADMIN)]
    assert [answer.headers.get("Cache-Control") for answer in with_secret] == ["no-store"] * 4
    assert [answer.headers.get("Cache-Control") for answer in without] == [None] * 4


@pytest.mark.requirement("ERR-009", "ERR-012", "ERR-008")
@pytest.mark.parametrize(
    "body",
    [
        {"payload": {}, "sourceType": "x" * 5_000 + "\u0000"},
        {"payload": {}, "requestedOutputs": ["x" * 5_000]},
        {"payload": {}, "classroomId": "x" * 5_000},
        {"payload": {}, "idempotencyKey": "x" * 5_000},
        {"payload": "x" * 5_000},
    ],
)
def test_a_refusal_echoes_little(body: object) -> None:
    """A message repeats at most 64 characters of what was sent."""
    refused = Mock().send("POST", EXPANSIONS, KEY, body=body)
    assert refused.outcome == (400, "content_invalid_request")
    assert refused.error is not None
    assert "x" * 65 not in refused.error["message"]
    assert len(refused.error["message"]) <= 300


@pytest.mark.requirement("ERR-012")
def test_a_refusal_names_an_unknown_field_shortly() -> None:
    """A field's name is an echo too: at most 64 characters of it come back."""
    refused = Mock({"create.unknown-fields": "reject-400"}).create(None, **{"y" * 500: 1})
    assert refused.error is not None
    assert "y" * 65 not in refused.error["message"]


def test_a_subscription_keeps_its_secret_readable_for_signing() -> None:
    """The secret of a webhook stays in the store as it was issued: deliveries are signed with it."""
    mock = Mock()
    hook = mock.subscribe(HOOK).json()
    assert mock.world.store.subscriptions("default", hook["organizationId"])[0].secret == hook["secret"]
