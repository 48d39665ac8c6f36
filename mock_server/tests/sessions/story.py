"""One client's day in a session of its own, told call by call, and what came back, byte by byte."""

from collections.abc import Iterator

from mock_server.tests.control.console import CLOCK, EXPANSIONS, JOBS, Console
from mock_server.tests.sessions.tenant import CLASSROOMS, ORGANIZATIONS, RESET, SESSIONS, SNAPSHOTS, Tenant
from werkzeug.test import TestResponse

Line = tuple[int, tuple[tuple[str, str], ...], bytes]


def transcript(mock: Console, session_id: str) -> list[Line]:
    """Live a day in a session and return every answer whole, but for the `Date` header."""
    return [
        (answer.status_code, tuple(each for each in answer.headers.items() if each[0] != "Date"), answer.data)
        for answer in _day(mock, session_id)
    ]


def _day(mock: Console, session_id: str) -> Iterator[TestResponse]:
    frozen = {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}
    created = mock.call("POST", SESSIONS, {"id": session_id, "seed": "7", "clock": frozen, "rateLimitPerMinute": 20})
    yield created
    tenant = Tenant(mock, created.get_json())
    yield from _morning(tenant)
    yield tenant.control("POST", f"{SNAPSHOTS}/noon")
    yield from _afternoon(tenant)
    yield tenant.control("POST", f"{SNAPSHOTS}/noon/restore")
    yield from _afternoon(tenant)
    yield tenant.control("POST", RESET)
    yield from _morning(tenant)
    for path in (f"{SESSIONS}/{session_id}", JOBS, SNAPSHOTS, CLOCK, "/__admin/behaviours"):
        yield tenant.control("GET", path)
    yield tenant.control("DELETE", f"{SESSIONS}/{session_id}")
    yield tenant.create()
    yield tenant.control("GET", JOBS)


def _morning(tenant: Tenant) -> Iterator[TestResponse]:
    mock = tenant.mock
    yield mock.call("GET", CLASSROOMS, headers=tenant.key)
    yield mock.call("GET", ORGANIZATIONS, headers=tenant.cookie)
    yield tenant.login()
    yield mock.call("POST", f"{tenant.organization}/api-keys", {"name": tenant.id}, headers=tenant.cookie)
    hook = {"url": f"http://127.0.0.1:9/{tenant.id}", "events": ["content.completed", "content.failed"]}
    yield mock.call("POST", f"{tenant.organization}/webhooks", hook, headers=tenant.cookie)
    for number in range(3):
        yield tenant.create(f"{tenant.id} {number}", idempotencyKey=f"{tenant.id} {number % 2}")
    yield mock.call("POST", tenant.exports, {"lessonId": "standalone-lesson-id"}, headers=tenant.cookie)
    yield tenant.create(sourceType="")
    yield tenant.control("PUT", CLOCK, {"action": "advance", "by": "1s"})  # whatever is under way is done by its answer


def _afternoon(tenant: Tenant) -> Iterator[TestResponse]:
    mock = tenant.mock
    job_ids = [each["id"] for each in tenant.control("GET", JOBS).get_json()["jobs"]]
    for _ in range(5):
        yield tenant.control("PUT", CLOCK, {"action": "advance", "by": "1s"})
        for job_id in job_ids:
            yield tenant.read(job_id)
    yield mock.call("GET", f"{EXPANSIONS}/{job_ids[-1]}/result", headers=tenant.key)
    yield tenant.control("GET", f"{JOBS}/{job_ids[-1]}/timeline")
    yield mock.call("POST", f"{tenant.organization}/api-keys/{tenant.told['keyId']}/rotate", headers=tenant.cookie)
    yield tenant.control("PUT", "/__admin/behaviours/login.success-status", {"value": "created-201"})
    yield tenant.login()
    yield tenant.create()
