"""Snapshots: a session saved under a name, gone back to, forgotten."""

from typing import Any

import pytest
from mock_server.tests.control.console import CLOCK, EXPANSIONS, JOBS, Clock, Console, done, refused
from mock_server.tests.sessions.tenant import CLASSROOMS, HOOK, RESET, SESSIONS, SNAPSHOTS, Tenant, open_tenant, reason

START = {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}


@pytest.fixture
def tenant(mock: Console) -> Tenant:
    """A session on a frozen clock."""
    return open_tenant(mock, id="checkout-7", clock=START)


def save(tenant: Tenant, name: str) -> Any:
    """Save a session and return the row."""
    return done(tenant.control("POST", f"{SNAPSHOTS}/{name}"))


def restore(tenant: Tenant, name: str) -> None:
    """Go back to a snapshot."""
    assert done(tenant.control("POST", f"{SNAPSHOTS}/{name}/restore")) == {"restored": name}


def advance(tenant: Tenant, by: str) -> None:
    """Advance a session's clock."""
    done(tenant.control("PUT", CLOCK, {"action": "advance", "by": by}))


def test_a_snapshot_is_a_row(tenant: Tenant) -> None:
    """201 with name, session, the session's instant, jobs and bytes; the list has the newest first."""
    empty = save(tenant, "empty")
    assert empty == {
        "name": "empty",
        "session": "checkout-7",
        "at": "2026-07-04T00:00:00.000Z",
        "jobs": 0,
        "bytes": empty["bytes"],
    }
    tenant.job()
    advance(tenant, "1s")
    one = save(tenant, "one-job.v1")
    assert (one["at"], one["jobs"], one["bytes"] > empty["bytes"]) == ("2026-07-04T00:00:01.000Z", 1, True)
    assert done(tenant.control("GET", SNAPSHOTS)) == {"snapshots": [one, empty], "meta": {"total": 2}}
    assert done(tenant.control("GET", f"{SNAPSHOTS}?limit=1"))["snapshots"] == [one]


def test_a_restore_brings_everything_back(tenant: Tenant) -> None:
    """Jobs as they were, held keys, webhooks, keys, behaviours, programme, clock; what came later is gone."""
    mock = tenant.mock
    job_id = tenant.job(idempotencyKey="k")
    hook = done(mock.call("POST", f"{tenant.organization}/webhooks", HOOK, headers=tenant.cookie))["id"]
    advance(tenant, "2s")
    save(tenant, "before")
    minted = done(mock.call("POST", f"{tenant.organization}/api-keys", {"name": "n"}, headers=tenant.cookie))
    mock.call("DELETE", f"{tenant.organization}/webhooks/{hook}", headers=tenant.cookie)
    mock.call("POST", f"{tenant.organization}/api-keys/{tenant.told['keyId']}/revoke", headers=tenant.cookie)
    done(tenant.control("PUT", "/__admin/behaviours/login.success-status", {"value": "created-201"}))
    advance(tenant, "1h")
    for _ in range(2):
        restore(tenant, "before")
        assert tenant.status(job_id) == "processing"
        assert done(tenant.create(idempotencyKey="k"))["id"] == job_id
        hooks = mock.get(f"{tenant.organization}/webhooks", headers=tenant.cookie)
        assert [each["id"] for each in hooks] == [hook]
        dead = mock.call("GET", CLASSROOMS, headers={"Authorization": f"Bearer {minted['apiKey']}"})
        assert reason(dead) == (401, "unknown-key")
        assert tenant.login().status_code == 200
        assert done(tenant.control("GET", CLOCK))["now"] == "2026-07-04T00:00:02.000Z"
        advance(tenant, "2s")
        assert tenant.status(job_id) == "completed"


def test_after_a_restore_the_same_calls_are_answered_as_before(tenant: Tenant) -> None:
    """Ids, secrets and request ids are drawn again from where they were, also twice."""
    tenant.job()
    tenant.login()

    def story() -> list[object]:
        headers = tenant.cookie
        answers = [
            tenant.create("later"),
            tenant.mock.call("POST", f"{tenant.organization}/api-keys", {"name": "n"}, headers=headers),
            tenant.mock.call("POST", f"{tenant.organization}/webhooks", HOOK, headers=headers),
            tenant.login(),
            tenant.control("GET", JOBS),
        ]
        return [(answer.status_code, answer.headers, answer.data) for answer in answers]

    save(tenant, "before")
    first = story()
    for _ in range(2):
        restore(tenant, "before")
        assert story() == first


def test_a_running_clock_goes_back_too(mock: Console, clock: Clock) -> None:
    """It shows what it showed, and runs on from there: jobs are as far as they were."""
    tenant = open_tenant(mock)
    job_id = tenant.job()
    clock.instant += 500
    save(tenant, "queued")
    clock.instant += 60_000
    restore(tenant, "queued")
    assert tenant.status(job_id) == "queued"
    clock.instant += 500
    assert tenant.status(job_id) == "processing"
    assert done(tenant.control("GET", CLOCK))["now"] == "2026-07-06T09:00:01.000Z"
    assert mock.get(CLOCK)["offsetMillis"] == 0


def test_snapshots_are_the_sessions_own(mock: Console, tenant: Tenant) -> None:
    """Two sessions may use one name; a session sees, restores and forgets only its own; they end with it."""
    other = open_tenant(mock, id="other")
    save(tenant, "base")
    save(other, "base")
    mock.delete(f"{SESSIONS}/other")
    again = open_tenant(mock, id="other")
    for method, path in (("POST", f"{SNAPSHOTS}/base/restore"), ("DELETE", f"{SNAPSHOTS}/base")):
        refused(again.control(method, path), 404, "unknown-snapshot")
    assert done(again.control("GET", SNAPSHOTS))["meta"] == {"total": 0}
    assert done(tenant.control("GET", SNAPSHOTS))["meta"] == {"total": 1}


def test_a_reset_forgets_the_snapshots(tenant: Tenant) -> None:
    """At its creation a session had none; a restore keeps them."""
    save(tenant, "one")
    save(tenant, "two")
    restore(tenant, "one")
    assert done(tenant.control("GET", SNAPSHOTS))["meta"] == {"total": 2}
    done(tenant.control("POST", RESET))
    assert done(tenant.control("GET", SNAPSHOTS))["meta"] == {"total": 0}


def test_what_is_refused_of_snapshots(tenant: Tenant) -> None:
    """A name twice, a name that cannot be, one that is not there, a body with members."""
    save(tenant, "one")
    refused(tenant.control("POST", f"{SNAPSHOTS}/one"), 409, "snapshot-exists")
    for name in ("-x", "a b", "x" * 65, "%C3%A9", "a%0A"):
        refused(tenant.control("POST", f"{SNAPSHOTS}/{name}"), 422, "invalid-field", field="name")
    for method, path in (("POST", f"{SNAPSHOTS}/two/restore"), ("DELETE", f"{SNAPSHOTS}/two")):
        refused(tenant.control(method, path), 404, "unknown-snapshot")
    for path in (f"{SNAPSHOTS}/two", f"{SNAPSHOTS}/one/restore"):
        refused(tenant.control("POST", path, {"force": True}), 422, "unknown-field", field="force")
    refused(tenant.control("GET", f"{SNAPSHOTS}/one"), 405, "method-not-allowed", allow="DELETE, OPTIONS, POST")
    assert done(tenant.control("GET", SNAPSHOTS))["meta"] == {"total": 1}
    assert tenant.control("DELETE", f"{SNAPSHOTS}/one").status_code == 204
    assert done(tenant.control("GET", SNAPSHOTS))["meta"] == {"total": 0}


def test_a_server_keeps_a_hundred_snapshots(mock: Console, tenant: Tenant) -> None:
    """Over all sessions; who forgets one, or ends a session, may save another."""
    for number in range(99):
        save(tenant, f"s{number}")
    other = open_tenant(mock)
    save(other, "last")
    assert "100" in refused(tenant.control("POST", f"{SNAPSHOTS}/more"), 409, "snapshot-limit")
    mock.delete(f"{SESSIONS}/{other.id}")
    save(tenant, "more")


def test_a_restore_beside_calls_leaves_the_old_state_alone(tenant: Tenant) -> None:
    """What is saved never changes: a job that is read and moved after a restore is as it was at the next."""
    done(tenant.control("PUT", "/__admin/programmes/default", {"progression": "manual", "polls": 3}))
    job_id = tenant.job()
    save(tenant, "unread")
    for _ in range(2):
        shown = [tenant.status(job_id) for _ in range(3)]
        assert shown == ["queued", "processing", "completed"]
        restore(tenant, "unread")
    assert tenant.mock.call("GET", f"{EXPANSIONS}/{job_id}").headers["X-Mock-Session"] == "checkout-7"
