"""One client's day in a session of its own, told call by call, and what came back, byte by byte."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.tests.control.console import ADMIN, CLOCK, EXPANSIONS, JOBS, Console
from mock_server.tests.sessions.tenant import CLASSROOMS, ORGANIZATIONS, RESET, SESSIONS, SNAPSHOTS, Tenant
from mock_server.tests.webhooks.receiver import Request
from werkzeug.test import TestResponse

Line = tuple[int, tuple[tuple[str, str], ...], bytes]

FAULTS, DELIVERIES, REQUESTS = f"{ADMIN}/faults", f"{ADMIN}/webhooks/deliveries", f"{ADMIN}/requests"
RULES: tuple[Mapping[str, Any], ...] = (
    {"operation": "getExpansion", "probability": 0.5, "error": {"statusCode": 503, "body": "later"}},
    {
        "operation": "createExpansion",
        "skip": 1,
        "times": 1,
        "fault": "GATEWAY_ERROR",
        "options": {"status": "bad-gateway"},
    },
    {"operation": "getExpansion", "probability": 0.5, "fault": "STATUS_FLAPPING"},
    {"operation": "getExpansionResult", "fault": "MISSING_MANIFEST"},
)
WISHES = ("code=429", "job=failed, polls=2", "fault=truncated-json", "fault=internal-error", "job=maybe")
_MEASURED = re.compile(rb'"durationMillis":\d+')


def by_the_job(request: Request) -> int:
    """Answer a delivery by nothing but its bytes: every other job's is refused, again and again."""
    return 200 if int(request.told["jobId"][-1], 16) % 2 else 500


def transcript(mock: Console, session_id: str, receiver_url: str) -> list[Line]:
    """Live a day in a session and return every answer whole, but for the `Date` header and how long attempts took."""
    return [_line(answer) for answer in _day(mock, session_id, receiver_url)]


def _line(answer: TestResponse) -> Line:
    """Return an answer without what was measured in real time, its length that of what is left."""
    body = unhurried(_MEASURED.sub(b'"durationMillis":0', answer.data))
    lengths = {("Content-Length", str(len(answer.data))): ("Content-Length", str(len(body)))}
    headers = tuple(lengths.get(each, each) for each in answer.headers.items() if each[0] != "Date")
    return answer.status_code, headers, body


def unhurried(body: bytes) -> bytes:
    """Return an answer without TF011, the only rule about measured time: on a busy machine any receiver is slow."""
    if b'"TF011"' not in body:
        return body
    told = json.loads(body)
    if "timeline" in told:
        kept = [line for line in told["timeline"] if line.get("rule") != "TF011"]
        told["timeline"] = [{**line, "sequence": number} for number, line in enumerate(kept, start=1)]
        told["meta"]["total"] = len(kept)
    else:
        slow = [found for found in told["findings"] if found["rule"] == "TF011"]
        told["findings"] = [found for found in told["findings"] if found not in slow]
        for found in slow:
            told["summary"][found["severity"]] -= 1
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _day(mock: Console, session_id: str, receiver_url: str) -> Iterator[TestResponse]:
    frozen = {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}
    created = mock.call("POST", SESSIONS, {"id": session_id, "seed": "7", "clock": frozen, "rateLimitPerMinute": 20})
    yield created
    tenant = Tenant(mock, created.get_json())
    yield from _morning(tenant, receiver_url)
    yield tenant.control("POST", f"{SNAPSHOTS}/noon")
    yield from _afternoon(tenant)
    yield tenant.control("POST", f"{SNAPSHOTS}/noon/restore")
    yield from _afternoon(tenant)
    yield from _bad_hour(tenant)
    yield from _evening(tenant)
    yield tenant.control("POST", RESET)
    yield from _morning(tenant, receiver_url)
    for path in (f"{SESSIONS}/{session_id}", JOBS, SNAPSHOTS, CLOCK, "/__admin/behaviours", FAULTS, REQUESTS):
        yield tenant.control("GET", path)
    yield tenant.control("DELETE", f"{SESSIONS}/{session_id}")
    yield tenant.create()
    yield tenant.control("GET", JOBS)


def _morning(tenant: Tenant, receiver_url: str) -> Iterator[TestResponse]:
    mock = tenant.mock
    yield mock.call("GET", CLASSROOMS, headers=tenant.key)
    yield mock.call("GET", ORGANIZATIONS, headers=tenant.cookie)
    yield tenant.login()
    yield mock.call("POST", f"{tenant.organization}/api-keys", {"name": tenant.id}, headers=tenant.cookie)
    for url in (receiver_url, f"http://127.0.0.1:9/{tenant.id}"):
        hook = {"url": url, "events": ["content.completed", "content.failed"]}
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


def _bad_hour(tenant: Tenant) -> Iterator[TestResponse]:
    minted = tenant.mock.call("POST", f"{tenant.organization}/api-keys", {"name": "bad"}, headers=tenant.cookie)
    yield minted
    tenant = Tenant(tenant.mock, {**tenant.told, "apiKey": minted.get_json()["apiKey"]})
    yield tenant.control("PUT", CLOCK, {"action": "advance", "by": "1m"})
    yield tenant.control("PUT", FAULTS, {"faults": list(RULES)})
    order = {"programme": {"progression": "manual", "times": 2, "outcome": "failed"}, "times": 2}
    yield tenant.control("POST", f"{ADMIN}/programmes/next", order)
    made = [tenant.create(f"bad {number}") for number in range(4)]
    yield from made
    for wish in WISHES:
        body = {"payload": {"level": {"title": wish}}}
        yield tenant.mock.call("POST", EXPANSIONS, body, headers={**tenant.key, "Prefer": wish})
    yield tenant.control("PUT", CLOCK, {"action": "advance", "by": "1m"})
    for job_id in [answer.get_json()["id"] for answer in made if answer.status_code == 200]:
        for _ in range(4):
            yield tenant.read(job_id)
        yield tenant.mock.call("GET", f"{EXPANSIONS}/{job_id}/result", headers=tenant.key)
    yield tenant.control("GET", FAULTS)
    yield tenant.control("DELETE", FAULTS)
    yield tenant.control("PUT", CLOCK, {"action": "advance", "by": "10m"})


def _evening(tenant: Tenant) -> Iterator[TestResponse]:
    yield tenant.mock.call("GET", "/v1/content/integration/expansions", headers=tenant.key)
    deliveries = tenant.control("GET", DELIVERIES)
    yield deliveries
    for each in deliveries.get_json()["deliveries"]:
        yield tenant.control("GET", f"{DELIVERIES}/{each['id']}")
        yield tenant.control("GET", f"{DELIVERIES}/{each['id']}/attempts")
    for path in (JOBS, f"{REQUESTS}/unmatched", f"{REQUESTS}/unmatched/near-misses", f"{ADMIN}/idempotency-keys"):
        yield tenant.control("GET", path)
    for path in (f"{ADMIN}/ratelimits", f"{ADMIN}/webhooks/subscriptions", f"{ADMIN}/lint"):
        yield tenant.control("GET", path)
    for job in tenant.control("GET", JOBS).get_json()["jobs"]:
        yield tenant.control("GET", f"{JOBS}/{job['id']}/timeline")
    yield tenant.control("POST", f"{REQUESTS}/count", {"operation": "getExpansion"})
    yield tenant.control("GET", f"{REQUESTS}?limit=1000")
