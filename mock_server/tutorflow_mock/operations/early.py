"""Deliveries that come before the create of their job is answered, because that was ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import jobs
from tutorflow_mock.log import log
from tutorflow_mock.operations import telling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.deliveries import Delivery
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.operations.world import World

_UNTRIED = frozenset(("pending", "sending"))


def hastened(world: World, session: Session, job: Job, now: Instant) -> Job:
    """Return a new job as it is, or ended at once where its deliveries are to come before its create's answer."""
    if not world.store.tell_early(session.id, job.id):
        return job
    programme = replace(job.programme, progression="immediate")
    processing_at, finished_at = jobs.schedule(programme, now)
    return replace(job, programme=programme, processing_at=processing_at, finished_at=finished_at)


def hold(world: World, session: Session, job: Job) -> None:
    """Keep the answer to a create back until each delivery of its job was tried, or the order's time is over.

    The job is made by now, so nothing that goes wrong here may keep the answer from being given.
    """
    try:
        _hold(world, session, job)
    except Exception:  # noqa: BLE001 - see above
        log.exception("the answer to the create of job %s was not held back", job.id)


def _hold(world: World, session: Session, job: Job) -> None:
    milliseconds = world.store.early_wait(session.id, job.id)
    if milliseconds is None:
        return

    def are_tried(found: Iterable[Delivery]) -> bool:
        return not any(each.job_id == job.id and each.status in _UNTRIED for each in found)

    world.store.settle_due(session.id, world.clock.now(), telling.expansion(world))
    world.store.wait_for_deliveries(session.id, are_tried, milliseconds / 1000)
