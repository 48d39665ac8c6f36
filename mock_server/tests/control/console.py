"""A mock in process whose real time stands in the test's hand, and short ways to call both of its planes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tutorflow_mock import Settings, create_app
from tutorflow_mock.operations.world import World

ADMIN = "/__admin"
CLOCK, JOBS, BEHAVIOURS = f"{ADMIN}/clock", f"{ADMIN}/jobs", f"{ADMIN}/behaviours"
DEFAULT_PROGRAMME = f"{ADMIN}/programmes/default"
EXPANSIONS = "/v1/content/integrations/expansions"
EXPORTS = "/v1/content/classrooms/00000000-0000-4000-8000-000000000010/integrations/exports"
API_KEYS = "/v1/content/organizations/00000000-0000-4000-8000-000000000001/api-keys"
BEARER = {"Authorization": "Bearer tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"}
OTHER_BEARER = {"Authorization": "Bearer tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"}
COOKIE = {"Cookie": "jwt=demo-admin"}
SOURCE: Mapping[str, Any] = {"payload": {"level": {"title": "A1"}}}

NINE = 1_783_328_400_000
"""2026-07-06T09:00:00Z."""


@dataclass
class Clock:
    """Real time as the test says it is: milliseconds since 1970, and seconds since the start."""

    instant: int = NINE
    seconds: float = 0.0

    def now(self) -> int:
        """Return the present instant."""
        return self.instant

    def elapsed(self) -> float:
        """Return seconds of a monotonic clock."""
        return self.seconds


def new_app(real: Clock, **settings: Any) -> Flask:
    """Return a mock that checks its own answers and lives by this real time."""
    return create_app(Settings(self_check=True, seed="42", **settings), clock=real)


@dataclass
class Console:
    """Calls a mock in process: the control plane as JSON, the API with the demo key."""

    app: Flask
    clock: Clock
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def world(self) -> World:
        """Return what the mock is made of."""
        world: World = self.app.extensions["tutorflow_mock"]
        return world

    def call(self, method: str, path: str, body: object = None, **more: Any) -> TestResponse:
        """Send one call; a body goes as JSON."""
        headers = {**self.headers, **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        return self.app.test_client(use_cookies=False).open(path, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of a GET that succeeds."""
        return done(self.call("GET", path, **more))

    def put(self, path: str, body: object, **more: Any) -> Any:
        """Return the JSON of a PUT that succeeds."""
        return done(self.call("PUT", path, body, **more))

    def post(self, path: str, body: object, **more: Any) -> Any:
        """Return the JSON of a POST that succeeds."""
        return done(self.call("POST", path, body, **more))

    def delete(self, path: str) -> None:
        """Send a DELETE that succeeds and has no body."""
        answer = self.call("DELETE", path)
        assert (answer.status_code, answer.data) == (204, b"")

    def move(self, action: str, **members: object) -> Any:
        """Move the clock."""
        return self.put(CLOCK, {"action": action, **members})

    def create(self, key: Mapping[str, str] = BEARER, **members: object) -> str:
        """Create an expansion through the API and return its id."""
        return str(self.post(EXPANSIONS, {**SOURCE, **members}, headers=key)["id"])

    def read(self, job_id: str) -> Any:
        """Read a job's status through the API."""
        return self.get(f"{EXPANSIONS}/{job_id}", headers=BEARER)

    def transition(self, job_id: str, to: str, **members: object) -> Any:
        """Move a job by hand."""
        return self.post(f"{JOBS}/{job_id}/transition", {"to": to, **members})


def done(answer: TestResponse) -> Any:
    """Return the JSON of a success."""
    assert answer.status_code in {200, 201}, answer.text
    return answer.json


def refused(answer: TestResponse, status: int, token: str, **members: object) -> str:
    """Check that an answer is the problem of this name, with these members, and return its detail."""
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    problem: Any = answer.json
    title = token.replace("-", " ").capitalize()
    kind = f"{ADMIN}/docs/errors#{token}"
    assert problem == {"type": kind, "title": title, "status": status, "detail": problem["detail"], **members}
    return str(problem["detail"])
