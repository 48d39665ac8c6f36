"""A session in which everything that the control plane can show is there once, and calls of its documented examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask
from mock_server.tests.control.console import BEARER, COOKIE, EXPANSIONS, Clock, Console, new_app
from werkzeug.test import TestResponse

from tutorflow_mock.http.docs import description
from tutorflow_mock.http.docs.description import resolved

WEBHOOKS = "/v1/content/organizations/00000000-0000-4000-8000-000000000001/webhooks"
NOBODY_THERE = "http://127.0.0.1:9/hook"
"""A receiver that nobody runs: attempts are refused at once."""


_ALONE = frozenset(("checkReceiver",))
"""What one session does once at a time; here it does so already."""


class Sample(NamedTuple):
    """One documented way to call an operation: by which body, and which status it says is answered."""

    path: str
    method: str
    operation: Mapping[str, Any]
    name: str
    body: Any
    status: int

    @property
    def id(self) -> str:
        """Return the operation's id, and the example's name."""
        return f"{self.operation['operationId']}-{self.name}" if self.name else str(self.operation["operationId"])


@dataclass
class Scene(Console):
    """A mock with a completed and a queued job, a delivery, rules, orders, a snapshot and another session."""

    ids: dict[str, str] = field(default_factory=dict[str, str])

    def fill(self) -> None:
        """Let it all happen."""
        made = self.post(WEBHOOKS, {"url": NOBODY_THERE, "events": ["content.completed"]}, headers=COOKIE)
        done = self._job("kitchen-a1-v0")
        self.move("advance", by="PT4M")
        self.get(f"{EXPANSIONS}/{done}", headers=BEARER)
        self.call("GET", "/v1/content/nowhere", headers=BEARER)
        queued = self._job("kitchen-a1-v1")
        self.post("/__admin/snapshots/before", None)
        self.post("/__admin/sessions", {"id": "other", "seed": "7"})
        rule = self.post("/__admin/faults", {"operation": "exportContent", "fault": "INTERNAL_ERROR"})
        order = self.post("/__admin/webhooks/misbehave", {"name": "duplicate", "match": {"event": "content.failed"}})
        check = self.post("/__admin/webhooks/check", {"url": NOBODY_THERE, "traps": ["W3"], "secret": "s"})
        programme = self.post("/__admin/programmes/next", {"programme": {"outcome": "failed"}})
        self.ids = {
            "subscriptionId": made["id"],
            "jobId": queued,
            "deliveryId": self.get("/__admin/webhooks/deliveries")["deliveries"][0]["id"],
            "requestId": self.get("/__admin/requests")["requests"][0]["id"],
            "faultId": rule["id"],
            "misbehaviourId": order["id"],
            "checkId": check["id"],
            "programmeId": programme["id"],
            "keyId": self.get("/__admin/ratelimits")["rateLimits"][-1]["keyId"],
        }

    def send(self, sample: Sample) -> TestResponse:
        """Call an operation as its document says, with the ids of this scene."""
        path = sample.path
        for name in parameters(sample):
            path = path.replace(f"{{{name}}}", self.value(sample, name))
        elsewhere = {"X-Mock-Session": "other"} if sample.operation["operationId"] in _ALONE else {}
        return self.call(sample.method.upper(), path, sample.body, query_string=queries(sample), headers=elsewhere)

    def value(self, sample: Sample, name: str) -> str:
        """Return what a name in an operation's path stands for here."""
        if sample.operation["operationId"] == "saveSnapshot":
            return "after"
        item = description.document()["paths"][sample.path]
        example = next(each["example"] for each in map(resolved, item["parameters"]) if each["name"] == name)
        return self.ids.get(name, str(example))

    def _job(self, key: str) -> str:
        body = {"payload": {"level": {"title": "Kitchen A1"}}}
        return str(self.post(EXPANSIONS, body, headers={**BEARER, "Idempotency-Key": key})["id"])


def scene() -> Scene:
    """Return a filled scene; its clock stands."""
    clock = Clock()
    app: Flask = new_app(clock, clock="2026-07-06T09:00:00Z")
    made = Scene(app, clock)
    made.fill()
    return made


def samples() -> Iterator[Sample]:
    """Tell every documented example of a request, and each operation without a body once."""
    for path, method, operation, _ in description.operations():
        content: Mapping[str, Any] = resolved(operation.get("requestBody", {})).get("content", {})
        told: Mapping[str, Any] = content.get("application/json", {}).get("examples", {})
        success = int(next(iter(operation["responses"])))
        if not told:
            yield Sample(path, method, operation, "", None, success)
        for name, example in told.items():
            yield Sample(path, method, operation, name, example["value"], int(example.get("x-answer", success)))


def parameters(sample: Sample) -> list[str]:
    """Return the names in an operation's path."""
    return [part[1 : part.index("}")] for part in sample.path.split("/") if part.startswith("{")]


def queries(sample: Sample) -> dict[str, str]:
    """Return the parameters of the query that have an example."""
    found = map(resolved, sample.operation.get("parameters", ()))
    return {each["name"]: str(each["example"]) for each in found if each["in"] == "query" and "example" in each}
