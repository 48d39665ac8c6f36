"""What a step works with: the target's operations by name, credentials by label, and what earlier steps learnt."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tutorflow_conformance.client import Client, job_id
from tutorflow_conformance.control import Control
from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.exchange import Exchange, Headers
from tutorflow_conformance.ledger import Ledger
from tutorflow_conformance.receiver import Receiver
from tutorflow_conformance.redaction import Redactor
from tutorflow_conformance.system import Clock
from tutorflow_conformance.target import Target
from tutorflow_conformance.traffic.stopping import OutOfTime, Stopped, check_presence
from tutorflow_openapi.document import is_object

JSON: Headers = (("Content-Type", "application/json"),)
ABSENT: Any = object()
KEY, ADMIN, OTHER, OTHER_ADMIN, NONE = "key", "admin", "other key", "other admin", "none"


OWN = frozenset((KEY, "M's key", OTHER))  # keys that are not minted to be used up
MINUTE, LEAST_WAIT, MOST_WAIT, MOST_LIMITED = 60.0, 30.0, 120.0, 5


class NotLearnt(Exception):
    """A step needs what an earlier one could not get; the message says what."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How a job is waited for: seconds between polls, until the deadline, and how many polls there may be."""

    interval: float = 2.0
    deadline: float = 600.0
    polls: int = 200


@dataclass
class Run:
    """One run's tools. Steps send through it and leave what they learn in `notes`."""

    token: str
    target: Target
    client: Client
    evidence: Evidence
    ledger: Ledger
    redactor: Redactor
    clock: Clock
    patience: Patience
    control: Control | None = None
    receiver: Receiver | None = None
    tell: Callable[[str], None] = lambda _: None
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    step: str = ""
    until: float | None = None  # seconds since the run began
    _moved: float = 0.0
    _limited: int = 0

    @property
    def notes(self) -> dict[str, Any]:
        """What steps have learnt."""
        return self.evidence.notes

    def learnt(self, name: str) -> Any:
        """Return what an earlier step learnt; NotLearnt if it did not."""
        value = self.notes.get(name)
        if value is None:
            raise NotLearnt(str(self.notes.get(f"no {name}", f"{name} is not known")))
        return value

    def key(self, name: str) -> str:
        """Return an idempotency key of this run."""
        return f"ct-{self.token}-{name}"

    @contextmanager
    def under(self, step: str) -> Generator[None]:
        """Send under another step's name for a while."""
        before, self.step = self.step, step
        try:
            yield
        finally:
            self.step = before

    def call(  # noqa: PLR0913 - an exchange has many sides
        self,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        body: Any = ABSENT,
        key: str | None = None,
        credential: str = KEY,
        headers: Headers = (),
        query: str = "",
        facts: Callable[[Exchange], Mapping[str, Any]] | None = None,
        step: str | None = None,
    ) -> Exchange:
        """Call an operation of the contract. `body` is plain JSON, or bytes that are sent as they are.

        `step` names another step than the present one: for calls that a receiver makes while the run goes on.
        """
        known = self.target.contract.operations[operation]
        target = known.path
        for name, value in {**self._ids(), **(path or {})}.items():
            target = target.replace(f"{{{name}}}", quote(value, safe=""))
        if operation == "createExpansion" and is_object(body):
            body = self.filled(body)
        if body is not ABSENT and not any(name.lower() == "content-type" for name, _ in headers):
            headers = (*JSON, *headers)
        if key is not None:
            headers = (*headers, ("Idempotency-Key", key))
        return self.send(
            known.method,
            target + query,
            headers=headers,
            body=as_bytes(body),
            credential=credential,
            facts=facts,
            step=step,
        )

    def filled(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of a create with the classroom that it has to name, where the target is known to ask so."""
        classroom = self.target.credentials.classroom_id or self.notes.get("classroomId")
        is_required = self.target.contract.values["create.classroom-id"] == "required-400"
        return {"classroomId": classroom, **body} if is_required and classroom else dict(body)

    def send(  # noqa: PLR0913 - as above
        self,
        method: str,
        target: str,
        *,
        headers: Headers = (),
        body: bytes = b"",
        credential: str = NONE,
        facts: Callable[[Exchange], Mapping[str, Any]] | None = None,
        step: str | None = None,
    ) -> Exchange:
        """Send anything, with the credential of a label; headers that hold one already are sent as they are."""
        self._check_time(0.0)
        exchange = self.client.send(
            step or self.step,
            method,
            target,
            headers=headers if _has_credential(headers) else (*self._credential(credential), *headers),
            body=body,
            credential=credential,
            facts=facts,
            limited=self._wait_after_429 if credential in OWN else None,
        )
        check_presence(self.target.url, self.evidence.exchanges)
        return exchange

    def note_job(self, name: str, exchange: Exchange) -> str:
        """Keep the id of a job that a create made; NotLearnt if it made none."""
        found = job_id(exchange.json) if exchange.is_success else None
        if found is None:
            what = exchange.status or exchange.error
            self.notes[f"no {name}"] = f"{exchange.id}, which should have made {name}, was answered {what}"
            raise NotLearnt(self.notes[f"no {name}"])
        self.notes[name], self.notes[f"{name} began"] = found, self.time
        return found

    @property
    def time(self) -> float:
        """Seconds of the target's time since the run began: of real time, and of what its clock was moved by."""
        return self.clock.elapsed() + self._moved

    def wait_until(self, instant: float) -> None:
        """Let time pass until an instant of `time`."""
        self.pause(max(0.0, instant - self.time))

    def pause(self, seconds: float) -> None:
        """Let time pass: on the mock by its clock, elsewhere by waiting."""
        if self.control is not None:
            began = self.clock.elapsed()
            self.control.advance(seconds)
            self._moved += max(0.0, seconds - (self.clock.elapsed() - began))  # what it took was part of the way
        else:
            self._check_time(seconds)
            self.clock.pause(seconds)

    def _check_time(self, ahead: float) -> None:
        """Raise OutOfTime if the run's time would be over after so many seconds more."""
        if self.until is not None and self.clock.elapsed() + ahead > self.until:
            raise OutOfTime(f"the run's time of {self.until:.0f} s is over")

    def _wait_after_429(self, refused: Exchange) -> bool:
        """Wait for as long as a 429 asks, on a real endpoint at least half a minute, and there only once a run."""
        self._limited += 1
        if self._limited > (MOST_LIMITED if self.target.is_loopback else 1):
            raise Stopped(f"the target refused for the {self._limited}th time with 429")
        told = refused.retry_after
        asked = MINUTE if told is None else told
        if asked > max(self.patience.deadline, MOST_WAIT):
            raise Stopped(f"the target refused with 429 and asks to wait for {asked:.0f} s")
        self.tell(f"429: waiting for {asked:.0f} s")
        self.pause(asked if self.target.is_loopback else max(asked, LEAST_WAIT))
        return True

    def _ids(self) -> dict[str, str]:
        given = self.target.credentials
        ids = {"organizationId": given.organization_id, "classroomId": given.classroom_id}
        known = {name: value or self.notes.get(name) for name, value in ids.items()}
        return {name: str(value) for name, value in known.items() if value}

    def _credential(self, label: str) -> Headers:
        if label == NONE:
            return ()
        if label not in self.secrets:
            raise NotLearnt(f"the run has no {label}")
        secret = self.secrets[label]
        return (("Cookie", f"jwt={secret}"),) if "admin" in label else (("Authorization", f"Bearer {secret}"),)


def _has_credential(headers: Headers) -> bool:
    return any(name.lower() in {"authorization", "cookie"} for name, _ in headers)


def as_bytes(body: Any) -> bytes:
    """Return a body as it is sent: plain JSON as UTF-8, bytes as they are."""
    if body is ABSENT:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
