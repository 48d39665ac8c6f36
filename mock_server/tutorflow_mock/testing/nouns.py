"""What a session has: jobs and calls as collections, webhooks; each with the verbs of the control plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tutorflow_mock.remote.nouns import USUAL_WAIT, Jobs, Requests
from tutorflow_mock.remote.webhooks import Webhooks
from tutorflow_mock.testing.waits import told_late

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tutorflow_mock.remote.nouns import Json, Rows

MOST = 1_000
"""How many items the control plane lists at most; what is older is counted, not shown."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job at one moment."""

    id: str
    status: str
    requested_outputs: tuple[str, ...]
    idempotency_key: str | None
    reads: int
    created_at: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a row of `/__admin/jobs` as a job."""
        return cls(
            row["id"],
            row["status"],
            tuple(row["requestedOutputs"]),
            row["idempotencyKey"],
            row["reads"],
            row["createdAt"],
        )


class SessionJobs(Jobs):
    """The jobs of a session in the order of their creation: `len`, iteration and indices look each time."""

    def __len__(self) -> int:
        """Return how many jobs there are."""
        return int(self.list(limit=1)["meta"]["total"])

    def __iter__(self) -> Iterator[Job]:
        """Return the jobs, the last thousand if there are more."""
        return iter([Job.of(row) for row in reversed(self.list(limit=MOST)["jobs"])])

    def __getitem__(self, index: int) -> Job:
        """Return one job, counted from the first, or from the last if negative."""
        return list(self)[index]

    def __repr__(self) -> str:
        """Return whose they are; failing assertions print this."""
        return f"<jobs of session {self._plane.session}>"

    def wait(
        self,
        job: str,
        status: Iterable[str] | None = None,
        *,
        advance_clock: bool = False,
        within: float = USUAL_WAIT,
    ) -> Json:
        """Return a job as soon as it has one of these states, the terminal ones unless named; else WaitTimeout."""
        __tracebackhide__ = True
        with told_late("the job"):
            return super().wait(job, status, advance_clock=advance_clock, within=within)


class SessionRequests(Requests):
    """The calls that a session remembers in the order in which they came; patterns are WireMock's RequestPattern."""

    def __len__(self) -> int:
        """Return how many calls the session remembers."""
        return int(self.list(limit=1)["meta"]["total"])

    def __iter__(self) -> Iterator[Json]:
        """Return the calls, the last thousand if there are more."""
        return iter(self.list(limit=MOST)["requests"][::-1])

    def __getitem__(self, index: int) -> Json:
        """Return one call, counted from the first, or from the last if negative."""
        return list(self)[index]

    def __repr__(self) -> str:
        """Return whose they are; failing assertions print this."""
        return f"<calls of session {self._plane.session}>"

    def wait(
        self,
        pattern: Mapping[str, Any] | None = None,
        count: int = 1,
        within: float = USUAL_WAIT,
        since: str | None = None,
    ) -> Rows:
        """Return the calls that match as soon as there are so many; else WaitTimeout, which tells near misses."""
        __tracebackhide__ = True
        with told_late("the calls"):
            return super().wait(pattern, count, within, since)


class SessionWebhooks(Webhooks):
    """The subscriptions and deliveries of a session."""

    def wait(self, match: Mapping[str, Any] | None = None, count: int = 1, within: float = USUAL_WAIT) -> Rows:
        """Return the deliveries that match as soon as there are so many; else WaitTimeout."""
        __tracebackhide__ = True
        with told_late("the deliveries"):
            return super().wait(match, count, within)
