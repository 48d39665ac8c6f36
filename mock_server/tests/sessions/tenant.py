"""A created session as its client sees it: what the 201 said, and short ways to call the API with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.tests.control.console import ADMIN, EXPANSIONS, Console, done
from werkzeug.test import TestResponse

SESSIONS = f"{ADMIN}/sessions"
SNAPSHOTS = f"{ADMIN}/snapshots"
RESET = f"{ADMIN}/reset"
CLASSROOMS, ORGANIZATIONS, LOGIN = "/v1/content/classrooms", "/v1/content/organizations", "/auth/login"
HOOK = {"url": "http://127.0.0.1:9/tutorflow", "events": ["content.completed"]}


@dataclass
class Tenant:
    """One session of a mock."""

    mock: Console
    told: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Return the session's id."""
        return str(self.told["id"])

    @property
    def named(self) -> dict[str, str]:
        """Return the header that names the session."""
        return dict(self.told["headers"])

    @property
    def key(self) -> dict[str, str]:
        """Return the header that carries the session's key."""
        return {"Authorization": f"Bearer {self.told['apiKey']}"}

    @property
    def cookie(self) -> dict[str, str]:
        """Return the header that carries the session's admin cookie."""
        return {"Cookie": str(self.told["adminCookie"])}

    @property
    def organization(self) -> str:
        """Return the path of the session's first organization."""
        return f"{ORGANIZATIONS}/{self.told['organizationId']}"

    @property
    def exports(self) -> str:
        """Return the path of the first classroom's exports."""
        return f"{CLASSROOMS}/{self.told['classroomId']}/integrations/exports"

    def create(self, title: str = "A1", **members: object) -> TestResponse:
        """Create an expansion with the session's key."""
        body = {"payload": {"level": {"title": title}}, **members}
        return self.mock.call("POST", EXPANSIONS, body, headers=self.key)

    def job(self, title: str = "A1", **members: object) -> str:
        """Create an expansion and return its id."""
        return str(done(self.create(title, **members))["id"])

    def read(self, job_id: str) -> TestResponse:
        """Read a job's status with the session's key."""
        return self.mock.call("GET", f"{EXPANSIONS}/{job_id}", headers=self.key)

    def status(self, job_id: str) -> str:
        """Return a job's status."""
        return str(done(self.read(job_id))["status"])

    def control(self, method: str, path: str, body: object = None) -> TestResponse:
        """Call the control plane for this session."""
        return self.mock.call(method, path, body, headers=self.named)

    def login(self) -> TestResponse:
        """Sign the session's admin in, without naming the session."""
        return self.mock.call("POST", LOGIN, {**self.told["admin"], "timezone": "Asia/Seoul"})


def open_tenant(mock: Console, **members: object) -> Tenant:
    """Create a session."""
    return Tenant(mock, mock.post(SESSIONS, members))


def reason(answer: TestResponse) -> tuple[int, str | None]:
    """Return the status of an answer and why it was refused."""
    return answer.status_code, answer.headers.get("X-Mock-Error")
