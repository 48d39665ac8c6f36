"""What is wrong with the steering of the mock, as opposed to the use of the API: told as a problem document."""

from __future__ import annotations

from typing import ClassVar


class SteeringError(Exception):
    """A wish that cannot be granted; `problem` names its type, `field` the member or preference at fault."""

    problem: ClassVar[str] = "invalid-field"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class PreferenceError(SteeringError):
    """A known preference has a value that it cannot have."""

    problem = "invalid-preference"


class NoResponseDefined(SteeringError):
    """The contract declares no answer such as the one that was asked for."""

    problem = "no-response-defined"


class NeedsWireFaults(SteeringError):
    """A fault of the connection was asked for, and nothing stands on the port that could bring it about."""

    problem = "needs-wire-faults"

    def __init__(self, field: str, name: str) -> None:
        super().__init__(field, f"{name} acts on the connection: start the server with --wire-faults")


class UnknownMember(SteeringError):
    """A member has a name that means nothing here: a likely typo."""

    problem = "unknown-field"
