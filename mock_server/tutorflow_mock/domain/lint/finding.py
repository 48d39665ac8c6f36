"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tutorflow_mock.domain.lint.view import Call, View

Severity: TypeAlias = Literal["error", "warning", "info"]
Provenance: TypeAlias = Literal["documented", "inferred", "assumed"]

_ECHO = 64


class Found(NamedTuple):
    """What a rule's function tells: one sentence, the calls that it is about, and a severity of its own."""

    message: str
    calls: Sequence[Call] = ()
    job_id: str | None = None
    severity: Severity | None = None
    delivery_id: str | None = None


class Rule(NamedTuple):
    """One rule: what it is about, why it matters, what a client does instead, and who says so.

    `source` names guides in the words of the contract's sources, or is empty where the rule is our own.
    """

    id: str
    severity: Severity
    summary: str
    why: str
    advice: str
    provenance: Provenance
    source: str
    find: Callable[[View], Iterable[Found]]


class Finding(NamedTuple):
    """One mistake of a client, or of its receiver, with the calls of the journal that show it."""

    rule: str
    severity: Severity
    message: str
    request_ids: tuple[str, ...]
    job_id: str | None
    source: str
    delivery_id: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the finding as the control plane tells it."""
        told: dict[str, object] = {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "requestIds": list(self.request_ids),
            "jobId": self.job_id,
            "source": self.source,
            "docs": f"/__admin/docs/lint#{self.rule}",
        }
        return told if self.delivery_id is None else {**told, "deliveryId": self.delivery_id}


def echo(told: str) -> str:
    """Quote what a client sent, bounded."""
    return repr(told[:_ECHO])


def counted(number: int, noun: str) -> str:
    """Write a number with its noun, in the plural where there are several."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def seconds(millis: float) -> str:
    """Write a duration in seconds."""
    return f"{millis / 1000:.1f} s"
