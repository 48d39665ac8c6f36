"""The nouns of the control plane: each verb does what the endpoint of its name does."""

from collections.abc import Mapping
from typing import Any

import pytest
from mock_server.tests.control.console import EXPANSIONS, SOURCE

from tutorflow_mock.remote import Remote, RemoteError

NEVER = "http://127.0.0.1:1/"


@pytest.fixture
def job(remote: Remote, opened: Mapping[str, Any]) -> str:
    """A job of the session, made through the API by its key."""
    return str(remote.api("POST", EXPANSIONS, SOURCE, {"Authorization": f"Bearer {opened['apiKey']}"})["id"])


def test_sessions(remote: Remote) -> None:
    """Made, listed, shown, ended."""
    server = remote.of(None)
    made = server.sessions.create(id="nouns-1", seed="7")
    assert (made["id"], made["seed"]) == ("nouns-1", "7")
    assert "nouns-1" in [each["id"] for each in server.sessions.list()["sessions"]]
    assert len(server.sessions.list(limit=1)["sessions"]) == 1
    assert server.sessions.show("nouns-1")["apiKey"].endswith("…")
    server.sessions.delete("nouns-1")
    with pytest.raises(RemoteError, match="no session 'nouns-1'"):
        server.sessions.show("nouns-1")


def test_the_clock(remote: Remote) -> None:
    """Every way to move it."""
    clock = remote.clock
    assert clock.advance("90s")["now"] == "2026-07-06T09:01:30.000Z"
    assert clock.advance_to("2026-07-06T10:00:00Z")["now"] == "2026-07-06T10:00:00.000Z"
    assert clock.set("2026-07-06T08:00:00Z")["now"] == "2026-07-06T08:00:00.000Z"
    assert clock.freeze("2026-07-06T08:30:00Z")["now"] == "2026-07-06T08:30:00.000Z"
    assert clock.freeze()["mode"] == "frozen"
    assert clock.resume()["mode"] == "running"
    assert clock.reset()["offsetMillis"] == 0
    assert clock.show(limit=1)["pending"] == []


def test_jobs(remote: Remote, job: str) -> None:
    """Listed, shown, awaited, moved, told of."""
    assert [each["id"] for each in remote.jobs.list(status="queued", limit=5)["jobs"]] == [job]
    assert remote.jobs.list(organization="nobody")["jobs"] == []
    assert remote.jobs.wait(job, ["queued"])["job"]["id"] == job
    assert remote.jobs.transition(job, "processing")["job"]["status"] == "processing"
    failed = remote.jobs.transition(job, "failed", error={"code": "a_code"}, failedOutputs=[])
    assert failed["job"]["error"]["code"] == "a_code"
    assert remote.jobs.wait(job, advance_clock=True)["job"]["status"] == "failed"
    assert remote.jobs.show(job)["result"]["outputs"][0]["status"] == "failed"
    rows = remote.jobs.timeline(job)["timeline"]
    assert [row["to"] for row in rows if row["event"] == "transition"] == ["processing", "failed"]
    assert remote.jobs.timeline_text(job).count("\n") == len(rows)


def test_requests(remote: Remote, job: str) -> None:
    """Listed, found, counted, awaited, forgotten."""
    created = {"operation": "createExpansion"}
    assert [each["mock"]["jobId"] for each in remote.requests.find(created)] == [job]
    assert (remote.requests.count(created), remote.requests.count()) == (1, 1)
    [waited] = remote.requests.wait(created)
    assert remote.requests.list(limit=1)["requests"] == [waited]
    assert remote.requests.unmatched() == []
    with pytest.raises(RemoteError) as caught:
        remote.requests.wait(created, within=0.0, since=waited["id"])
    assert caught.value.token == "wait-timeout"
    remote.requests.clear()
    assert remote.requests.count() == 0


def test_webhooks(remote: Remote, opened: Mapping[str, Any]) -> None:
    """Subscriptions and deliveries looked at, pinged, sent again."""
    path = f"/v1/content/organizations/{opened['organizationId']}/webhooks"
    hook = {"url": NEVER, "events": ["content.failed"]}
    remote.api("POST", path, hook, {"Cookie": opened["adminCookie"]})
    [subscription] = remote.webhooks.subscriptions()
    told = remote.webhooks.trigger("content.failed", {"job.error.code": "a_code"})
    [delivery] = told["deliveries"]
    assert remote.jobs.show(told["jobId"])["deliveries"] == [delivery]
    assert remote.webhooks.wait({"status": "retrying"})[0]["id"] == delivery
    assert [each["id"] for each in remote.webhooks.deliveries(limit=5, event="content.failed")] == [delivery]
    assert remote.webhooks.delivery(delivery)["status"] == "retrying"
    assert remote.webhooks.attempts(delivery)[0]["error"] == "refused"
    assert remote.webhooks.ping(subscription["id"])["event"] == "webhook.ping"
    assert remote.webhooks.redeliver(delivery)["id"] == delivery
    remote.clock.advance("10m")
    assert delivery in remote.webhooks.redeliver_since("PT1H", status="failed")


def test_behaviours_and_snapshots(remote: Remote) -> None:
    """Decided and undone; kept, gone back to, forgotten."""
    name = "idempotency.same-key-other-body"
    remote.snapshots.save("before")
    assert remote.behaviours.set(name, "conflict-409")["setBy"] == "session"
    values = {each["name"]: each["value"] for each in remote.behaviours.list()["behaviours"]}
    assert values[name] == "conflict-409"
    remote.behaviours.unset(name)
    remote.snapshots.restore("before")
    assert [each["name"] for each in remote.snapshots.list()["snapshots"]] == ["before"]
    remote.snapshots.delete("before")
    assert remote.snapshots.list()["snapshots"] == []


def test_faults(remote: Remote) -> None:
    """Added, listed, taken away by one or all at once."""
    rule = remote.faults.add("INTERNAL_ERROR", operation="getExpansion", times=1)
    remote.faults.add(error={"statusCode": 503})
    assert remote.faults.list()["faults"][0]["id"] == rule["id"]
    remote.faults.remove(rule["id"])
    assert len(remote.faults.list()["faults"]) == 1
    remote.faults.clear()
    assert remote.faults.list()["faults"] == []


def test_reset_and_lint(remote: Remote) -> None:
    """The whole server or one session; what is wrong with its clients."""
    assert remote.reset() == [remote.session]
    assert remote.lint()["findings"] == []
