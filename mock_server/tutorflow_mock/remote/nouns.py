"""The nouns of the control plane, each a few verbs over the plane; answers are those of the plane, parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tutorflow_mock.remote.plane import Plane

Json = dict[str, Any]
Rows = list[Json]
USUAL_WAIT = 5.0
"""How many seconds a wait takes at most unless told otherwise, as on the control plane."""

_LONGEST_ADVANCE = 60.0


class Noun:
    """Something on the control plane that one can speak of."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane


class Sessions(Noun):
    """The tenants of the server."""

    def create(self, **members: object) -> Json:
        """Open a session with these members of the create body; only this answer has its secrets."""
        return dict(self._plane.post("sessions", body=members))

    def list(self, limit: int | None = None) -> Json:
        """Return the sessions, newest first, without secrets."""
        return dict(self._plane.get("sessions", limit=limit))

    def show(self, session: str) -> Json:
        """Return one session, without secrets; those of the default one are no secrets and are told."""
        return dict(self._plane.get("sessions", session))

    def delete(self, session: str) -> None:
        """End a session."""
        self._plane.delete("sessions", session)


class Clock(Noun):
    """The clock of the session."""

    def show(self, limit: int | None = None) -> Json:
        """Return what the clock shows, and what it will bring about."""
        return dict(self._plane.get("clock", limit=limit))

    def now(self) -> str:
        """Return the instant that the clock shows."""
        return str(self.show()["now"])

    def freeze(self, instant: str | None = None) -> Json:
        """Stop the clock, where it stands or at a later instant."""
        return self._move("freeze", instant=instant)

    def advance(self, by: str, within: float = _LONGEST_ADVANCE) -> Json:
        """Move the clock on by a duration such as 30s or PT5M and return what that brought about.

        An advance that takes more real time than `within` seconds goes on in the background: `status` tells.
        """
        return self._move("advance", within, by=by)

    def advance_to(self, instant: str, within: float = _LONGEST_ADVANCE) -> Json:
        """Move the clock on to an instant."""
        return self._move("advance", within, to=instant)

    def set(self, instant: str, within: float = _LONGEST_ADVANCE) -> Json:
        """Put the clock to an instant; backwards only while the session has recorded none."""
        return self._move("set", within, instant=instant)

    def resume(self) -> Json:
        """Let the clock run on from what it shows."""
        return self._move("resume")

    def reset(self) -> Json:
        """Let the clock show real time again."""
        return self._move("reset")

    def _move(self, action: str, within: float | None = None, **members: object) -> Json:
        body = {"action": action, **{name: value for name, value in members.items() if value is not None}}
        if within is not None:
            body["timeoutMillis"] = round(within * 1000)
        return dict(self._plane.put("clock", body=body, within=within or 0.0))


class Jobs(Noun):
    """The jobs of the session."""

    def list(self, status: str | None = None, organization: str | None = None, limit: int | None = None) -> Json:
        """Return the jobs, newest first, and how many there are."""
        return dict(self._plane.get("jobs", status=status, organizationId=organization, limit=limit))

    def show(self, job: str) -> Json:
        """Return one job with its result, its programme and its deliveries."""
        return dict(self._plane.get("jobs", job))

    def transition(self, job: str, to: str, **members: object) -> Json:
        """Move a job by hand; `error` and `failedOutputs` say how it fails."""
        return dict(self._plane.post("jobs", job, "transition", body={"to": to, **members}))

    def timeline(self, job: str) -> Json:
        """Return what happened to a job, in order."""
        return dict(self._plane.get("jobs", job, "timeline"))

    def timeline_text(self, job: str) -> str:
        """Return the same, a line for each."""
        return self._plane.text("jobs", job, "timeline", format="text")

    def wait(
        self,
        job: str,
        status: Iterable[str] | None = None,
        *,
        advance_clock: bool = False,
        within: float = USUAL_WAIT,
    ) -> Json:
        """Return a job as soon as it has one of these states, the terminal ones unless named."""
        body: Json = {"advanceClock": advance_clock, "timeoutMillis": round(within * 1000)}
        if status is not None:
            body["status"] = list(status)
        return dict(self._plane.post("jobs", job, "wait", body=body, within=within))


class Requests(Noun):
    """The journal of the session; a pattern is WireMock's RequestPattern with `operation`, `status`, `jobId`."""

    def list(self, limit: int | None = None, since: str | None = None) -> Json:
        """Return the calls, newest first, and how many there are."""
        return dict(self._plane.get("requests", limit=limit, since=since))

    def find(self, pattern: Mapping[str, Any] | None = None) -> Rows:
        """Return the calls that match."""
        return list(self._plane.post("requests", "find", body=dict(pattern or {}))["requests"])

    def count(self, pattern: Mapping[str, Any] | None = None) -> int:
        """Return how many calls match."""
        return int(self._plane.post("requests", "count", body=dict(pattern or {}))["count"])

    def wait(
        self,
        pattern: Mapping[str, Any] | None = None,
        count: int = 1,
        within: float = USUAL_WAIT,
        since: str | None = None,
    ) -> Rows:
        """Return the calls that match as soon as there are so many."""
        body: Json = {"pattern": dict(pattern or {}), "count": count, "timeoutMillis": round(within * 1000)}
        if since is not None:
            body["since"] = since
        return list(self._plane.post("requests", "wait", body=body, within=within)["requests"])

    def unmatched(self) -> Rows:
        """Return the calls that matched no operation."""
        return list(self._plane.get("requests", "unmatched")["requests"])

    def clear(self) -> None:
        """Forget all calls."""
        self._plane.delete("requests")


class Faults(Noun):
    """The fault rules of the session, the first enabled match in order of creation acts."""

    def add(self, fault: str | None = None, operation: str = "*", **members: object) -> Json:
        """Add a rule: a fault on an operation, and further members such as `times`, `skip`, `probability`."""
        named = {} if fault is None else {"fault": fault}
        return dict(self._plane.post("faults", body={"operation": operation, **named, **members}))

    def list(self) -> Json:
        """Return the rules."""
        return dict(self._plane.get("faults"))

    def remove(self, rule: str) -> None:
        """Take one rule away."""
        self._plane.delete("faults", rule)

    def clear(self) -> None:
        """Take all rules away."""
        self._plane.delete("faults")


class Behaviours(Noun):
    """The open decisions of the contract."""

    def list(self) -> Json:
        """Return every decision with its value, who set it, and what it may be."""
        return dict(self._plane.get("behaviours"))

    def set(self, name: str, value: object) -> Json:
        """Decide in the session."""
        return dict(self._plane.put("behaviours", name, body={"value": value}))

    def unset(self, name: str) -> None:
        """Let go of the session's decision."""
        self._plane.delete("behaviours", name)


class Snapshots(Noun):
    """The session as it was, under names."""

    def list(self) -> Json:
        """Return the snapshots, newest first."""
        return dict(self._plane.get("snapshots"))

    def save(self, name: str) -> Json:
        """Keep the session as it is."""
        return dict(self._plane.post("snapshots", name))

    def restore(self, name: str) -> None:
        """Go back to a snapshot."""
        self._plane.post("snapshots", name, "restore")

    def delete(self, name: str) -> None:
        """Forget a snapshot."""
        self._plane.delete("snapshots", name)
