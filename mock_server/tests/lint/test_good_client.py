"""A client that does as the guides say is blamed for nothing, whatever happens to it."""

from dataclasses import dataclass
from typing import Any

import pytest
from mock_server.tests.lint.graded import Client, findings, freeze
from mock_server.tests.operations.in_process import EXPANSIONS, KEY, PAYLOAD, Answer
from mock_server.tests.webhooks.receiver import Receiver

_SHORTEST_WAIT = 30.0
_MOST_READS = 60


@dataclass
class Model:
    """The client that the guides describe: one key per content, patience, backoff, a deadline."""

    mock: Client

    def expand(self, key: str) -> Any:
        """Create a job, follow it to its end and return its result; None if it has no end in time."""
        body = {"payload": PAYLOAD}
        job_id = self.call("POST", EXPANSIONS, {"Idempotency-Key": key}, body).job["id"]
        for _ in range(_MOST_READS):
            if self.call("GET", f"{EXPANSIONS}/{job_id}").job["status"] in {"completed", "failed"}:
                return self.call("GET", f"{EXPANSIONS}/{job_id}/result").json()
            self.sleep(2)
        return None

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, body: Any = None) -> Answer:
        """Send a call until it is answered: 429 asks for patience, a failure for growing patience."""
        pause = 1.0
        while True:
            answer = self.mock.send(method, path, KEY, headers or {}, body=body)
            if answer.status == 429:
                self.sleep(max(_SHORTEST_WAIT, float(answer.headers.get("Retry-After", "0"))))
            elif answer.status // 100 == 5 or "X-Mock-Wire-Fault" in answer.headers:
                self.sleep(pause)
                pause *= 2
            else:
                return answer

    def sleep(self, seconds: float) -> None:
        """Let time pass, for the session as well, whether its clock runs or stands."""
        self.mock.send("PUT", "/__admin/clock", body={"action": "advance", "by": f"PT{seconds:.0f}S"})


def fault(mock: Client, **rule: Any) -> None:
    """Let calls meet a fault."""
    assert mock.send("POST", "/__admin/faults", body=rule).status == 201


@pytest.mark.parametrize("is_frozen", [False, True])
def test_from_create_to_webhook(mock: Client, receiver: Receiver, *, is_frozen: bool) -> None:
    """Create, poll, 429, lost answers, failures, result, then webhooks: no finding, on either kind of clock."""
    if is_frozen:
        freeze(mock)
    client = Model(mock)
    assert client.expand("kitchen-a1-v1")["job"]["status"] == "completed"
    fault(mock, operation="createExpansion", fault="LOST_RESPONSE", times=1)
    fault(mock, operation="createExpansion", fault="INTERNAL_ERROR", times=2)
    fault(mock, operation="getExpansion", fault="RATE_LIMITED", times=1, options={"retryAfter": 5})
    fault(mock, operation="getExpansion", fault="GATEWAY_ERROR", times=3)
    mock.subscribe(receiver.url)
    assert client.expand("kitchen-a1-v2")["job"]["status"] == "completed"
    assert len(receiver.requests) == 1
    assert findings(mock) == []


def test_a_key_at_its_limit(mock: Client) -> None:
    """A key that allows four calls a minute: the client waits, and is blamed for nothing."""
    mock.send("PUT", f"/__admin/ratelimits/{mock.list_keys()[0]['id']}", body={"limit": 4})
    client = Model(mock)
    for number in range(3):
        assert client.expand(f"kitchen-a1-v{number}")["job"]["status"] == "completed"
    statuses = [
        each["responseDefinition"]["status"] for each in mock.send("GET", "/__admin/requests").json()["requests"]
    ]
    assert 429 in statuses
    assert findings(mock) == []


def test_a_job_that_fails(mock: Client) -> None:
    """A failed job is followed to its end, read, and mended under a new key."""
    mock.send("PUT", "/__admin/programmes/default", body={"outcome": "failed"})
    client = Model(mock)
    assert client.expand("kitchen-a1-v1")["job"]["status"] == "failed"
    mock.send("DELETE", "/__admin/programmes/default")
    assert client.expand("kitchen-a1-v2")["job"]["status"] == "completed"
    assert findings(mock) == []


def test_a_job_that_never_ends(mock: Client) -> None:
    """Giving up at a deadline is right."""
    mock.send("PUT", "/__admin/programmes/default", body={"progression": "held"})
    assert Model(mock).expand("kitchen-a1-v1") is None
    mock.clock.advance(3_600)
    assert findings(mock) == []
