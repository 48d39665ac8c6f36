"""What machines act on: a mock's sessions, each the world of one example, and the trail of what was sent there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tutorflow_conformance.control import Control
from tutorflow_conformance.exchange import Exchange, Headers
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.redaction import HIDDEN, Redactor
from tutorflow_conformance.target import Credentials
from tutorflow_conformance.traffic.run import ABSENT, ADMIN, JSON, KEY, OTHER, OTHER_ADMIN, Run, as_bytes
from tutorflow_openapi import Contract

SESSION = {
    "organizations": 2,
    "rateLimitPerMinute": 1000,
    "programme": {"progression": "time"},
    "clock": {"mode": "frozen"},
}
OURS, THEIRS = "ours", "theirs"


class Broken(Exception):
    """A sequence of calls shows something else than the model says."""

    def __init__(self, requirement: str, expected: str, observed: str) -> None:
        super().__init__(f"{requirement}: expected {expected}, observed {observed}")
        self.requirement = requirement
        self.expected = expected
        self.observed = observed


@dataclass
class Scene:
    """One example: a session with two organizations, and what was sent to it, raw and in order.

    `beside` tells what no call shows: that time passed, that a job was made to fail.
    """

    control: Control
    given: Credentials
    contract: Contract
    send: Callable[[str, str, Headers, bytes, str], Exchange]
    notice: Callable[[Broken, Scene], None]
    receiver: Receiver
    trail: list[Exchange] = field(default_factory=list[Exchange])
    beside: list[str] = field(default_factory=list[str])

    def call(  # noqa: PLR0913 - a call has many sides
        self,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        body: Any = ABSENT,
        key: str | None = None,
        who: str = OURS,
        bearer: str | None = None,
    ) -> Exchange:
        """Call an operation for one of the organizations, with its own credential unless told."""
        known = self.contract.operations[operation]
        target = known.path
        for name, value in {"organizationId": self.organization(who), **(path or {})}.items():
            target = target.replace(f"{{{name}}}", value)
        label, credential = self._credential(known.security, who, bearer)
        headers: Headers = (credential, *(() if body is ABSENT else JSON))
        if key is not None:
            headers = (*headers, ("Idempotency-Key", key))
        exchange = self.send(known.method, target, headers, as_bytes(body), label)
        self.trail.append(exchange)
        return exchange

    def organization(self, who: str) -> str:
        """Return the id of an organization."""
        found = self.given.organization_id if who == OURS else self.given.other_organization_id
        return str(found)

    def let_pass(self, seconds: float) -> None:
        """Move the session's clock; what falls due has happened when this returns."""
        self.control.advance(seconds)
        place = f" s pass before call {len(self.trail) + 1}"
        if self.beside and self.beside[-1].endswith(place):
            seconds += float(self.beside.pop().removesuffix(place))
        self.beside.append(f"{seconds:g}{place}")

    def fail(self, job: str) -> None:
        """Let a job fail."""
        told = {"to": "failed", "error": {"code": "content_internal_error", "message": "On demand"}}
        self.control.ask("POST", f"/jobs/{job}/transition", told)
        self.beside.append(f"the job fails before call {len(self.trail) + 1}")

    def end(self) -> None:
        """End the session."""
        self.control.close_session()

    def must(self, holds: object, requirement: str, expected: str, seen: object) -> None:
        """Say what the model says; Broken if the last call shows something else."""
        if not holds:
            last = self.trail[-1]
            broken = Broken(requirement, expected, f"{last.operation} {last.status}: {seen}")
            self.notice(broken, self)
            raise broken

    def _credential(self, security: str | None, who: str, bearer: str | None) -> tuple[str, tuple[str, str]]:
        given, ours = self.given, who == OURS
        if security == "adminSession":
            cookie = given.admin_cookie if ours else given.other_admin_cookie
            return (ADMIN if ours else OTHER_ADMIN), ("Cookie", f"jwt={cookie}")
        secret = bearer or (given.api_key if ours else given.other_api_key)
        return (KEY if ours else OTHER), ("Authorization", f"Bearer {secret}")


class Spent(BaseException):
    """The machines' purse is empty; derived so that no search takes it for a finding."""


class _Deaf(Redactor):
    """Learns nothing: of hundreds of sessions only those are remembered whose calls are shown."""

    def learn(self, kind: str, secret: str | None) -> str:  # noqa: ARG002 - as those learn that can
        """Return what stands for any secret."""
        return HIDDEN


def _unrecorded(_: Exchange) -> None:
    """Keep nothing: most examples show nothing."""


class Stage:
    """Opens a session for each example of a machine, and keeps the fewest calls that broke something."""

    def __init__(self, run: Run, limit: int, receiver: Receiver) -> None:
        self._run = run
        self._receiver = receiver
        self._client = replace(run.client, record=_unrecorded, redactor=_Deaf())
        self._left = limit
        self._endpoints = count(1)
        self._sessions = count(1)  # a seed for each, or all would have the same jobs
        self.broken: Broken | None = None
        self.trail: tuple[Exchange, ...] = ()
        self.beside: tuple[str, ...] = ()
        self._given = Credentials()

    @property
    def values(self) -> Mapping[str, Any]:
        """The behaviour values that the target is expected to have."""
        return self._run.target.contract.values

    def open(self) -> Scene:
        """Open a session for an example."""
        control = Control(self._run.target.url)
        contract = self._run.target.contract
        values = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in contract.values.items()
            if value != contract.behaviours[name].value
        }
        wanted = {**SESSION, "revision": contract.revision, "behaviours": values, "seed": f"{next(self._sessions)}"}
        given = control.open_session(wanted)
        return Scene(control, given, contract, self.send, self.notice, self._receiver)

    def endpoint(self) -> str:
        """Return the name of an endpoint that nothing was sent to yet."""
        return f"machine-{next(self._endpoints)}"

    def send(self, method: str, target: str, headers: Headers, body: Any, credential: str) -> Exchange:
        """Send through the run's meter; Spent if the machines have had their share."""
        self._left -= 1
        if self._left < 0:
            raise Spent
        return self._client.send("machines", method, target, headers=headers, body=body, credential=credential)

    def notice(self, broken: Broken, scene: Scene) -> None:
        """Keep what is shown by fewer calls than before."""
        if self.broken is None or len(scene.trail) < len(self.trail):
            self.broken, self.trail, self._given = broken, tuple(scene.trail), scene.given
            self.beside = tuple(scene.beside)

    def recorded(self) -> tuple[str, ...]:
        """Put the calls that broke something into the run's record, and return their names."""
        for kind, secret in self._given.secrets().items():
            self._run.redactor.learn(kind, secret)
        note = self._run.client.noted
        return tuple(
            note("machines", each.request, each.credential, each.at, each.answer, each.error).id for each in self.trail
        )
