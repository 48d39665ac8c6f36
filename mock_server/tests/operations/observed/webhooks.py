"""Observations of webhook subscriptions: `webhook.*`, as far as nothing is sent."""

from mock_server.tests.operations.in_process import ADMIN, EVENTS, WEBHOOKS, Json, Mock
from mock_server.tests.operations.observed.observation import CONFLICT, INVALID, observes


@observes("webhook.create-status", {"created-201": 201, "ok-200": 200})
def create_status(mock: Mock) -> Json:
    """A subscription that is made."""
    return mock.subscribe().status


@observes("webhook.delete-status", {"ok-200": (200, b""), "no-content-204": (204, b"")})
def delete_status(mock: Mock) -> Json:
    """A subscription that is dropped."""
    answer = mock.send("DELETE", f"{WEBHOOKS}/{mock.subscribe().json()['id']}", ADMIN)
    return answer.status, answer.body


@observes("webhook.unknown-event", {"reject-400": INVALID, "ignore": ["content.failed"]})
def unknown_event(mock: Mock) -> Json:
    """A subscription to an event that nobody sends, and to one that is sent."""
    return mock.subscribe(events=["content.started", "content.failed"]).told("events")


@observes("webhook.duplicate-events", {"deduplicate": EVENTS, "reject-400": INVALID})
def duplicate_events(mock: Mock) -> Json:
    """A subscription that names an event twice."""
    return mock.subscribe(events=["content.failed", "content.completed", "content.failed"]).told("events")


@observes(
    "webhook.plain-http",
    {
        "loopback-only": {"https": (201, None), "loopback": (201, None), "elsewhere": INVALID},
        "allow": {"https": (201, None), "loopback": (201, None), "elsewhere": (201, None)},
        "reject-400": {"https": (201, None), "loopback": INVALID, "elsewhere": INVALID},
    },
)
def plain_http(mock: Mock) -> Json:
    """Subscriptions with and without TLS."""
    return {
        "https": mock.subscribe("https://hooks.harbour.example/").outcome,
        "loopback": mock.subscribe("http://127.0.0.1:8799/tutorflow").outcome,
        "elsewhere": mock.subscribe("http://hooks.harbour.example/").outcome,
    }


@observes("webhook.duplicate-url", {"allow": (201, None), "conflict-409": CONFLICT})
def duplicate_url(mock: Mock) -> Json:
    """A second subscription for one address."""
    mock.subscribe()
    return mock.subscribe().outcome
