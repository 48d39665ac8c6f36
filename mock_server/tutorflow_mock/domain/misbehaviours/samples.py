"""Deliveries about jobs that nobody has made, to try a receiver with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tutorflow_mock.domain import deliveries
from tutorflow_mock.domain.ids import shape_uuid
from tutorflow_mock.domain.misbehaviours.letters import Letter
from tutorflow_mock.domain.model import Job, Output
from tutorflow_mock.domain.programme import Programme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Value

Ending = Literal["completed", "failed"]
_URL = "http://127.0.0.1/"


@dataclass(frozen=True, slots=True)
class Style:
    """What samples have in common: how ids are drawn, the contract's events, outputs and behaviours, the secret."""

    seed: str
    events: tuple[str, ...]
    output_types: tuple[str, ...]
    values: Mapping[str, Value]
    secret: str


def sample(style: Style, number: int, ending: Ending, at: Instant) -> Letter:
    """Return the delivery of the end of a job that nobody has made; the same number means the same job."""
    programme = Programme(progression="immediate", outcome=ending)
    job = Job(
        id=_drawn(style, f"job {number}"),
        organization_id=_drawn(style, "organization"),
        classroom_id=None,
        source_type="source_json",
        source_title="Sample",
        outputs=tuple(Output(each, each, each, each, each, _URL) for each in style.output_types),
        idempotency_key=None,
        source=b"",
        created_at=at,
        programme=programme,
        processing_at=at,
        finished_at=at,
    )
    event_type = deliveries.event_of(ending, style.events) or style.events[0]
    event = deliveries.end_of(job, _drawn(style, f"event {number}"), event_type, style.values)
    delivery = deliveries.Delivery(
        id=_drawn(style, f"delivery {number}"),
        subscription_id=_drawn(style, "subscription"),
        organization_id=job.organization_id,
        job_id=job.id,
        event=event.type,
        event_id=event.id,
        url=_URL,
        body=event.body,
        created_at=at,
    )
    return Letter(delivery, style.secret, style.values, at // 1000)


def _drawn(style: Style, name: str) -> str:
    return shape_uuid(hashlib.sha256(f"{style.seed} {name}".encode()).hexdigest()[:32])
