"""Traffic whose every text names its session, so that a text in another session's answer tells of a leak."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from mock_server.tests.control.console import ADMIN, BEHAVIOURS, CLOCK, EXPANSIONS, JOBS, Console
from mock_server.tests.sessions.tenant import CLASSROOMS, ORGANIZATIONS, RESET, SESSIONS, SNAPSHOTS, Tenant
from werkzeug.test import TestResponse

_CANARY = re.compile(r"canary[-_][0-9]{2}")
ALLOWED = {200, 201, 204, 400, 401, 403, 404, 409, 429, 503}
FAULTS, DELIVERIES = f"{ADMIN}/faults", f"{ADMIN}/webhooks/deliveries"


def members(name: str) -> Mapping[str, Any]:
    """Return the body that creates a session; its seed is that of all others."""
    return {"id": name, "seed": "7", "lessons": [f"lesson of {name}"], "clock": {"mode": "frozen"}}


def names_in(text: str) -> set[str]:
    """Return the sessions that a text speaks of."""
    return {found.replace("_", "-") for found in _CANARY.findall(text)}


def check(answer: TestResponse, name: str) -> None:
    """Check that an answer speaks of no other session and that nothing broke."""
    text = f"{answer.headers}{answer.get_data(as_text=True)}"
    assert names_in(text) <= {name}, text
    assert answer.status_code in ALLOWED, text
    session = answer.headers.get("X-Mock-Session")
    assert session in {name, None} or answer.status_code == 401, text


def traffic(tenant: Tenant, round_: int) -> Iterator[TestResponse]:
    """Do a bit of everything in a session."""
    mock, name = tenant.mock, tenant.id
    created = tenant.create(f"{name} title", sourceType=f"{name} source", idempotencyKey=f"{name} key {round_ % 3}")
    yield created
    if created.status_code == 200:
        job_id = created.get_json()["id"]
        yield tenant.read(job_id)
        yield mock.call("GET", f"{EXPANSIONS}/{job_id}/result", headers=tenant.key)
        yield tenant.control("GET", f"{JOBS}/{job_id}/timeline")
        yield tenant.control("POST", f"{JOBS}/{job_id}/transition", {"to": "failed", "error": {"code": f"{name}"}})
    yield mock.call("GET", CLASSROOMS, headers=tenant.key)
    yield mock.call("GET", ORGANIZATIONS, headers=tenant.cookie)
    yield mock.call("POST", tenant.exports, {"lessonId": f"lesson of {name}"}, headers=tenant.cookie)
    yield mock.call("POST", f"{tenant.organization}/api-keys", {"name": f"{name} key"}, headers=tenant.cookie)
    yield mock.call("GET", f"{tenant.organization}/api-keys", headers=tenant.cookie)
    hook = {"url": f"http://127.0.0.1:9/{name}", "events": ["content.failed"]}
    yield mock.call("POST", f"{tenant.organization}/webhooks", hook, headers=tenant.cookie)
    yield mock.call("GET", f"{tenant.organization}/webhooks", headers=tenant.cookie)
    yield tenant.login()
    yield mock.call("GET", f"/v1/{name}/nothing", headers=tenant.key)
    yield from _faults(tenant)
    yield from _control(tenant, round_)
    yield from _looks(tenant)


def _faults(tenant: Tenant) -> Iterator[TestResponse]:
    name = tenant.id
    wish = {**tenant.key, "Prefer": f"job=failed, error={name.replace('-', '_')}, fault=extra-fields"}
    yield tenant.mock.call("POST", EXPANSIONS, {"payload": {"title": f"{name} wish"}}, headers=wish)
    rule = {"operation": "listClassrooms", "probability": 0.5, "error": {"statusCode": 503, "body": f"{name} fault"}}
    added = tenant.control("POST", FAULTS, rule)
    yield added
    for _ in range(3):
        yield tenant.mock.call("GET", CLASSROOMS, headers=tenant.key)
    yield tenant.control("GET", FAULTS)
    yield tenant.control("POST", f"{ADMIN}/programmes/next", {"programme": {"outcome": "failed"}, "times": 1})
    if added.status_code == 201:
        yield tenant.control("DELETE", f"{FAULTS}/{added.get_json()['id']}")


def _looks(tenant: Tenant) -> Iterator[TestResponse]:
    """Look at all that was remembered: journal, near misses, deliveries with their attempts, limits, keys, findings."""
    deliveries = tenant.control("GET", DELIVERIES)
    yield deliveries
    told: Any = deliveries.get_json()
    for each in told.get("deliveries", [])[:3]:
        yield tenant.control("GET", f"{DELIVERIES}/{each['id']}/attempts")
    for path in ("requests", "requests/unmatched", "requests/unmatched/near-misses", "ratelimits", "idempotency-keys"):
        yield tenant.control("GET", f"{ADMIN}/{path}")
    for path in ("webhooks/subscriptions", "programmes", "lint"):
        yield tenant.control("GET", f"{ADMIN}/{path}")
    yield tenant.control("POST", f"{ADMIN}/requests/find", {"urlPathTemplate": f"/v1/{tenant.id}/nothing"})


def _control(tenant: Tenant, round_: int) -> Iterator[TestResponse]:
    name = tenant.id
    yield tenant.control("GET", JOBS)
    yield tenant.control("PUT", CLOCK, {"action": "advance", "by": "1s"})
    yield tenant.control("GET", BEHAVIOURS)
    yield tenant.control("POST", f"{SNAPSHOTS}/{name}-{round_}")
    yield tenant.control("GET", SNAPSHOTS)
    yield tenant.control("POST", f"{SNAPSHOTS}/{name}-{round_}/restore")
    yield tenant.control("DELETE", f"{SNAPSHOTS}/{name}-{round_}")
    yield tenant.control("GET", f"{SESSIONS}/{name}")
    if round_ % 4 == 1:
        yield tenant.control("POST", RESET)


def kept(mock: Console, name: str) -> str:
    """Return all that the store keeps of a session, as text."""
    room: Any = vars(mock.world.store)["_rooms"][name]
    held = cast("dict[str, Any]", vars(room))
    return f"{held!r}{[json.loads(job.source) for job in held['jobs'].values()]}"
