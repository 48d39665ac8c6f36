"""`Remote`: a mock somewhere, with the nouns of its control plane."""

from __future__ import annotations

from functools import cached_property

from tutorflow_mock.remote.nouns import Behaviours, Clock, Faults, Jobs, Json, Requests, Sessions, Snapshots
from tutorflow_mock.remote.plane import Plane
from tutorflow_mock.remote.webhooks import Webhooks


class Remote(Plane):
    """A mock at a URL, spoken to in one of its sessions (the default one unless named).

    Raises RemoteError where the mock refuses, Unreachable where none answers, ValueError for an address that is none.
    """

    def of(self, session: str | None) -> Remote:
        """Return the same mock spoken to in another session, over the same connections."""
        return Remote(self.url, session, self._token, pool=self._pool)

    @cached_property
    def sessions(self) -> Sessions:
        """Return the sessions of the server."""
        return Sessions(self)

    @cached_property
    def clock(self) -> Clock:
        """Return the clock of the session."""
        return Clock(self)

    @cached_property
    def jobs(self) -> Jobs:
        """Return the jobs of the session."""
        return Jobs(self)

    @cached_property
    def requests(self) -> Requests:
        """Return the calls that the session remembers."""
        return Requests(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Return the subscriptions and deliveries of the session."""
        return Webhooks(self)

    @cached_property
    def faults(self) -> Faults:
        """Return the fault rules of the session."""
        return Faults(self)

    @cached_property
    def behaviours(self) -> Behaviours:
        """Return the open decisions of the contract, as they stand in the session."""
        return Behaviours(self)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Return the snapshots of the session."""
        return Snapshots(self)

    def reset(self, *, everything: bool = False) -> list[str]:
        """Put the session back to its creation, or the whole server; return the ids of what was put back."""
        told = self.post("reset", body={"all": True} if everything else {})
        return list(told["reset"])

    def lint(self) -> Json:
        """Return what is wrong with the clients of the session: findings and their summary."""
        return dict(self.get("lint", format="json"))
