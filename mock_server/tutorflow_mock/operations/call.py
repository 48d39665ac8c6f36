"""Plain requests and answers: what comes in, what the pipeline makes of it, what goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.domain.preferences import NONE, Preferences
from tutorflow_mock.operations.plan import success_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.errors import Headers
    from tutorflow_mock.domain.fault_rules import Failure
    from tutorflow_mock.domain.faults import Injected, Moment
    from tutorflow_mock.domain.model import AdminCredential, Session, Value
    from tutorflow_openapi import Contract, Operation


NO_STORE: Headers = (("Cache-Control", "no-store"),)
"""What an answer that holds a secret carries (HTTP-005)."""


class Call(NamedTuple):
    """A request as it came.

    `header` looks a header up by its lower-case name and answers None if it is absent; `read` returns the body of at
    most so many bytes and raises PayloadTooLarge or InvalidRequest.
    """

    method: str
    path: str
    header: Callable[[str], str | None]
    read: Callable[[int], bytes]
    query: str = ""


class Met(NamedTuple):
    """What a call meets by the will of somebody: a fault, or a ready answer; `by` is a rule's id, or `prefer`."""

    by: str
    injected: Injected | None = None
    failure: Failure | None = None

    def acts_at(self, moment: Moment) -> Injected | None:
        """Return the fault if this is its moment."""
        fault = self.injected
        return fault if fault is not None and fault.fault.moment == moment else None


class Visit(NamedTuple):
    """A call that has found its operation, its session and the session's instant; `delay` is in milliseconds."""

    call: Call
    operation: Operation | None
    parameters: Mapping[str, str]
    session: Session
    contract: Contract
    credential: KeyCredential | AdminCredential | None
    now: Instant
    warnings: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    wanted: Preferences = NONE
    met: Met | None = None
    delay: int = 0

    @property
    def values(self) -> Mapping[str, Value]:
        """Return the effective values of the behaviours."""
        return self.contract.values


class Request(NamedTuple):
    """A visit that may proceed: authenticated, within its limit, with a valid body."""

    visit: Visit
    operation: Operation
    body: Mapping[str, Any]
    raw: bytes

    @property
    def session(self) -> Session:
        """Return the session that the call belongs to."""
        return self.visit.session

    @property
    def values(self) -> Mapping[str, Value]:
        """Return the effective values of the behaviours."""
        return self.visit.contract.values

    @property
    def success(self) -> int:
        """Return the status of the operation's success."""
        return success_of(self.visit.contract, self.operation.id)

    @property
    def now(self) -> Instant:
        """Return the session's instant of this call."""
        return self.visit.now

    @property
    def parameters(self) -> Mapping[str, str]:
        """Return the path parameters."""
        return self.visit.parameters

    @property
    def organization_id(self) -> str:
        """Return the organization that the call acts for: the bearer key's, or that of the classroom in the path."""
        if isinstance(self.visit.credential, KeyCredential):
            return self.visit.credential.key.organization_id
        return self.visit.session.directory.classrooms[self.visit.parameters["classroomId"]].organization_id


class Reply(NamedTuple):
    """An answer: a JSON value or ready bytes, or None for no body at all.

    `media_type` is JSON's unless it says otherwise; `wanted` holds the wishes that were heeded, if there were any;
    `met` what its body, read by then, let it meet besides; `fault` names the rule of the fault that acted, or is
    `prefer`; `injected` is the fault of the connection that it meets on its way.
    """

    status: int
    body: object
    headers: Headers = ()
    job_id: str | None = None
    idempotency: str | None = None
    warnings: tuple[str, ...] = ()
    media_type: str | None = None
    wanted: Preferences | None = None
    met: Met | None = None
    fault: str | None = None
    injected: Injected | None = None
