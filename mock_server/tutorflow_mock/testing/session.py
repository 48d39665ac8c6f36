"""One isolated session of a mock, as a test holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeAlias

from tutorflow_mock.remote import RemoteError, Unreachable
from tutorflow_mock.remote.nouns import Behaviours, Clock, Faults
from tutorflow_mock.testing.findings import Finding
from tutorflow_mock.testing.nouns import MOST, SessionJobs, SessionRequests, SessionWebhooks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.remote import Remote

SessionClock: TypeAlias = Clock
"""`.now() .advance("30s") .freeze() .set() .resume()`"""

_GONE = "unknown-session"
_SUBSCRIBE = "createWebhook"


class Environment(dict[str, str]):
    """Variables and their values; failing tests print it, so it names the variables only."""

    def __repr__(self) -> str:
        """Return the names."""
        return f"<{', '.join(self)}>"


class TutorflowSession:
    """A tenant of its own: what the client under test needs to be given, and what a test wants to steer and to see.

    `admin_cookie` is the value of a Cookie header; `remote` speaks to the whole control plane. A context manager that
    ends the session.
    """

    def __init__(self, mock: Remote, told: Mapping[str, Any]) -> None:
        self.id: str = told["id"]
        self.revision: str = told["revision"]
        self.base_url: str = mock.url
        self.api_key: str = told["apiKey"]
        self.key_id: str = told["keyId"]
        self.admin_cookie: str = told["adminCookie"]
        self.organization_id: str = told["organizationId"]
        self.classroom_id: str = told["classroomId"]
        self.lesson_ids: tuple[str, ...] = tuple(told["lessonIds"])
        self.remote = mock.of(self.id)
        self.jobs = SessionJobs(self.remote)
        self.requests = SessionRequests(self.remote)
        self.webhooks = SessionWebhooks(self.remote)
        self.faults: Faults = self.remote.faults
        self.behaviours: Behaviours = self.remote.behaviours
        self.clock: SessionClock = self.remote.clock
        self.own_subscriptions: set[str] = set()

    @property
    def lesson_id(self) -> str:
        """Return the first lesson of the classroom."""
        return self.lesson_ids[0]

    @property
    def environment(self) -> Environment:
        """Return the variables that the guides' examples read."""
        return Environment(
            TUTORFLOW_API_BASE_URL=self.base_url,
            TUTORFLOW_CONTENT_API_KEY=self.api_key,
            TUTORFLOW_ORGANIZATION_ID=self.organization_id,
            TUTORFLOW_CLASSROOM_ID=self.classroom_id,
        )

    def lint(self) -> list[Finding]:
        """Return what is wrong with the clients and receivers of this session.

        What our own webhook sinks were told to answer is not held against anybody.
        """
        rows: Any = self.remote.lint()["findings"]
        ours = self._ids_of_sinks() if rows and self.own_subscriptions else set[str]()
        return [finding for finding in map(Finding.of, rows) if not finding.is_about(ours)]

    def end(self) -> None:
        """End the session: its credentials are dead, what is pending is dropped.

        Ending twice is no error, nor is a mock that has gone: Ctrl-C stops a run's server at the same time as the run.
        """
        try:
            self.remote.sessions.delete(self.id)
        except Unreachable:
            pass
        except RemoteError as error:
            if error.token != _GONE:
                raise

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the session."""
        self.end()

    def __repr__(self) -> str:
        """Return what it is, without its secrets: failing tests print this."""
        return f"<{type(self).__name__} {self.id} at {self.base_url}>"

    def _ids_of_sinks(self) -> set[str]:
        """Return the deliveries to our own sinks, and the calls that subscribed them."""
        calls = self.requests.find({"operation": _SUBSCRIBE})
        sent = (self.webhooks.deliveries(MOST, subscriptionId=each) for each in self.own_subscriptions)
        return {
            *(call["id"] for call in calls if self._is_ours(call)),
            *(delivery["id"] for found in sent for delivery in found),
        }

    def _is_ours(self, call: Mapping[str, Any]) -> bool:
        told = str(call["responseDefinition"]["body"])
        return any(subscription in told for subscription in self.own_subscriptions)
