"""The life of a subscription, as far as nothing is sent."""

import pytest
from mock_server.tests.operations.in_process import ADMIN, EVENTS, HOOK, ORGANIZATION, WEBHOOKS, Mock


@pytest.mark.requirement("HOOK-001", "HOOK-002", "HOOK-017")
def test_a_subscription_is_made_listed_and_dropped() -> None:
    """Create shows the secret this once; the list has all the rest; delete has no body, and finds it once."""
    mock = Mock()
    made = mock.subscribe()
    shown = made.json()
    listed = mock.send("GET", WEBHOOKS, ADMIN).json()
    assert {name: value for name, value in shown.items() if name not in {"id", "secret"}} == {
        "organizationId": ORGANIZATION,
        "url": HOOK,
        "events": EVENTS,
        "status": "ACTIVE",
    }
    assert listed == [
        {**{name: value for name, value in shown.items() if name != "secret"}, "createdAt": "2026-07-06T09:00:00.000Z"}
    ]
    dropped = [mock.send("DELETE", f"{WEBHOOKS}/{shown['id']}", ADMIN) for _ in range(2)]
    assert [(answer.status, answer.body == b"") for answer in dropped] == [(200, True), (404, False)]
    assert mock.send("GET", WEBHOOKS, ADMIN).json() == []


@pytest.mark.requirement("HOOK-018")
def test_subscriptions_are_told_apart() -> None:
    """Ten for one address have ids and secrets of their own, 64 hexadecimal digits each; the newest stands first."""
    mock = Mock()
    made = [mock.subscribe().json() for _ in range(10)]
    assert len({each["id"] for each in made}) == len({each["secret"] for each in made}) == 10
    assert {len(each["secret"]) for each in made} == {64}
    assert all(set(each["secret"]) <= set("0123456789abcdef") for each in made)
    assert [each["id"] for each in mock.send("GET", WEBHOOKS, ADMIN).json()] == [each["id"] for each in reversed(made)]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (["content.failed"], ["content.failed"]),
        (["content.failed", "content.completed"], EVENTS),
        (["content.failed", "content.failed"], ["content.failed"]),
    ],
)
def test_events_are_kept_once_in_order(wanted: list[str], kept: list[str]) -> None:
    """Events come back each once, in the contract's order."""
    assert Mock().subscribe(events=wanted).json()["events"] == kept


@pytest.mark.requirement("HOOK-016")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": HOOK}, "#/events"),
        ({"url": HOOK, "events": []}, "#/events"),
        ({"url": HOOK, "events": "content.failed"}, "#/events"),
        ({"url": HOOK, "events": ["content.started"]}, "#/events/0"),
        ({"url": HOOK, "events": [None]}, "#/events/0"),
        ({"events": EVENTS}, "#/url"),
        ({"url": "", "events": EVENTS}, "#/url"),
        ({"url": None, "events": EVENTS}, "#/url"),
        ({"url": "hooks.example", "events": EVENTS}, "#/url"),
        ({"url": "/hook", "events": EVENTS}, "#/url"),
        ({"url": "ftp://hooks.example/", "events": EVENTS}, "#/url"),
        ({"url": "javascript:alert(1)", "events": EVENTS}, "#/url"),
        ({"url": "http://hooks.example/", "events": EVENTS}, "#/url"),
        ({"url": "https://me:pw@hooks.example/", "events": EVENTS}, "#/url"),
        ({"url": "https://hooks.example/#part", "events": EVENTS}, "#/url"),
        ({"url": "https://hooks.example/a b", "events": EVENTS}, "#/url"),
        ({"url": "https://hooks.example/\r\nX: y", "events": EVENTS}, "#/url"),
        ({"url": "https://hooks.example:0/", "events": EVENTS}, "#/url"),
        ({"url": "https://hooks.example:65536/", "events": EVENTS}, "#/url"),
        ({"url": "http://0x7f.1/", "events": EVENTS}, "#/url"),
        ({"url": f"https://hooks.example/{'x' * 2048}", "events": EVENTS}, "#/url"),
    ],
    ids=lambda part: "" if isinstance(part, str) else repr(part)[:80],
)
def test_what_cannot_be_subscribed(body: object, pointer: str) -> None:
    """An address that is not absolute http(s) in plain notation, no event or an unknown one: 400, nothing is kept."""
    mock = Mock()
    refused = mock.send("POST", WEBHOOKS, ADMIN, body=body)
    assert (refused.outcome, refused.headers["X-Mock-Error-Pointer"]) == ((400, "content_invalid_request"), pointer)
    assert mock.send("GET", WEBHOOKS, ADMIN).json() == []


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.harbour.example/tutorflow?tenant=1",
        "HTTPS://hooks.harbour.example",
        "https://hooks.harbour.example:8443/",
        "https://192.0.2.7/hook",
        "https://[2001:db8::7]:8443/hook",
        "http://localhost:8799/hook",
        "http://127.0.0.1:8799/hook",
        "http://[::1]:8799/hook",
    ],
)
def test_what_can_be_subscribed(url: str) -> None:
    """Absolute https anywhere, and http to the same machine; the address comes back as it was sent."""
    assert Mock().subscribe(url).told("url") == url


def test_unknown_events_alone_are_no_subscription() -> None:
    """Where unknown events are ignored, one that names nothing else is still refused."""
    refused = Mock({"webhook.unknown-event": "ignore"}).subscribe(events=["content.started"])
    assert (refused.outcome, refused.headers["X-Mock-Error-Pointer"]) == ((400, "content_invalid_request"), "#/events")


def test_an_address_is_unique_within_its_organization_only() -> None:
    """Under `duplicate-url=conflict-409` another organization may have the address, oneself after it was dropped."""
    mock = Mock({"webhook.duplicate-url": "conflict-409"})
    path = WEBHOOKS.replace(ORGANIZATION, "00000000-0000-4000-8000-000000000002")
    made = mock.subscribe().json()
    assert mock.send("POST", path, {"Cookie": "jwt=demo-admin-2"}, body={"url": HOOK, "events": EVENTS}).status == 201
    assert mock.subscribe().outcome == (409, "content_conflict")
    mock.send("DELETE", f"{WEBHOOKS}/{made['id']}", ADMIN)
    assert mock.subscribe().status == 201
