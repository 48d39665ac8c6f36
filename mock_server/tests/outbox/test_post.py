"""Where deliveries may go, said in words: of an attempt that was blocked, and of a webhook as it is created."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from mock_server.tests.control.console import COOKIE, Clock, new_app
from mock_server.tests.outbox.receivers import OK, make_certificates, receiver, says
from mock_server.tests.webhooks.desk import WEBHOOKS, Desk

from tutorflow_mock import Settings
from tutorflow_mock.outbox.post import ORDINARY, Manner, doubter, poster

WARNING = "webhook-target-not-allowed"


@pytest.mark.parametrize(
    ("url", "found", "diagnosis"),
    [
        ("http://10.0.0.1/", "10.0.0.1", "10.0.0.1:80 is not allowed; --allow-webhook-target 10.0.0.1:80 would"),
        (
            "https://hooks.example/",
            "10.0.0.1",
            "10.0.0.1:443, to which hooks.example leads, is not allowed; --allow-webhook-target 10.0.0.1:443 would",
        ),
        ("https://[2001:4860::1]/", "2001:4860::1", "--allow-webhook-target [2001:4860::1]:443 would allow it"),
        ("http://169.254.169.254/", "169.254.169.254", "169.254.169.254:80 is never a target; nothing allows it"),
        ("http://127.0.0.1:4010/", "127.0.0.1", "127.0.0.1:4010 is the mock's own port; nothing allows it"),
        ("http://127.0.0.1:4011/", "127.0.0.1", "127.0.0.1:4011 is the mock's own port; nothing allows it"),
        ("ftp://127.0.0.1/", "127.0.0.1", "the URL is none that deliveries are sent to"),
    ],
)
def test_a_blocked_attempt_says_which_address_and_what_would_allow_it(url: str, found: str, diagnosis: str) -> None:
    """It was connected to nothing."""
    post = poster(Settings(port=4010, inner_port=4011), lambda host, port: (found,))
    outcome = post(url, (), b"{}", 1)
    assert (outcome.error, outcome.connected_to, outcome.status) == ("blocked", None, None)
    assert diagnosis in str(outcome.diagnosis)


DOUBTED = [
    ("https://10.0.0.1/", ()),
    ("https://169.254.169.254/", ("public",)),
    ("http://127.0.0.1:4010/", ("public",)),
    ("http://localhost:4010/", ()),
    ("https://hooks.example/", ()),
    ("https://hooks.example/", ("other.example",)),
    ("https://hooks.example:8443/", ("hooks.example:443",)),
    ("https://[::1]:4010/", ()),
]
TRUSTED: list[tuple[str, tuple[str, ...]]] = [
    ("http://127.0.0.1:9000/", ()),
    ("http://localhost:9000/", ()),
    ("http://LOCALHOST.:9000/", ()),
    ("https://[::1]/", ()),
    ("https://10.0.0.1/", ("10.0.0.0/8",)),
    ("https://hooks.example/", ("public",)),
    ("https://hooks.example/", ("hooks.example",)),
    ("https://hooks.example/", ("10.0.0.0/8",)),
]


@pytest.mark.parametrize(("url", "rules"), DOUBTED)
def test_a_target_that_would_be_refused_is_doubted(url: str, rules: tuple[str, ...]) -> None:
    """By the URL alone: nobody is asked for an address."""
    assert doubter(Settings(port=4010, webhook_targets=rules))(url) is not None


@pytest.mark.parametrize(("url", "rules"), TRUSTED)
def test_a_target_that_may_go_is_not(url: str, rules: tuple[str, ...]) -> None:
    """Where a rule for networks might open a name, it is left to the attempt."""
    assert doubter(Settings(port=4010, webhook_targets=rules))(url) is None


def test_a_doubtful_url_that_the_contract_takes() -> None:
    """It is told apart from an address."""
    assert "none that deliveries" in str(doubter(Settings())("https://user@hooks.example/"))


def test_a_create_warns_and_is_made_all_the_same(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """The contract says what is valid; the log names the flag; a good target warns of nothing."""
    desk = Desk(new_app(clock), clock)
    body = {"url": "https://hooks.example/tutorflow", "events": ["content.completed"]}
    answer = desk.call("POST", WEBHOOKS, body, headers=COOKIE)
    assert (answer.status_code, answer.headers["X-Mock-Warnings"]) == (201, WARNING)
    assert "--allow-webhook-target hooks.example:443 would allow it" in caplog.text
    good = desk.call("POST", WEBHOOKS, {**body, "url": "http://127.0.0.1:9000/"}, headers=COOKIE)
    assert (good.status_code, "X-Mock-Warnings" in good.headers) == (201, False)


def test_a_blocked_attempt_shows_its_diagnosis(clock: Clock) -> None:
    """On the control plane, with `connectedTo: null`."""
    desk = Desk(new_app(clock), clock)
    desk.subscribe("https://10.0.0.1/")
    desk.create()
    desk.pass_time()
    attempt: Any = desk.attempts()[0]
    assert (attempt["error"], attempt["connectedTo"]) == ("blocked", None)
    assert "--allow-webhook-target 10.0.0.1:443" in attempt["diagnosis"]


def test_verification_of_tls_can_be_left_out(tmp_path: Path) -> None:
    """For one subscription: a certificate of nobody's is taken then, and only then (B15)."""
    certificates = make_certificates(tmp_path, "DNS:localhost")
    context: ssl.SSLContext = certificates.server()
    post = poster(Settings())
    for manner, error in ((ORDINARY, "tls"), (Manner(verifies_tls=False), None)):
        with receiver(says(OK), tls=context) as running:
            outcome = post(f"https://127.0.0.1:{running.port}/", (), b"{}", 5, manner)
        assert outcome.error == error


@pytest.fixture
def clock() -> Clock:
    """Real time as the test says it is."""
    return Clock()
