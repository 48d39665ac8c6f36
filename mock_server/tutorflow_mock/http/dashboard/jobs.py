"""The jobs of a session, and one of them with its life drawn over time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from flask import request

from tutorflow_mock.domain import jobs, results
from tutorflow_mock.domain.programme import to_json
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.http.control import common
from tutorflow_mock.http.dashboard.frame import Frame, pages
from tutorflow_mock.http.dashboard.history import history
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.operations import steering

if TYPE_CHECKING:
    from flask import Blueprint, Response

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.jobs import Status
    from tutorflow_mock.domain.model import Job
    from tutorflow_mock.operations.world import World


class Row(NamedTuple):
    """A job as the list shows it."""

    job: Job
    status: Status
    next_at: Instant | None
    reads: int
    legal: tuple[str, ...]


def add(routes: Blueprint, world: World) -> None:
    """Add the pages to the dashboard's routes."""

    @routes.get("/ui/jobs", endpoint="jobs")
    def listed() -> Response:
        """List the jobs, newest first, of one state or of all."""
        common.query("status", "page")
        frame = Frame.of(world)
        states = frame.contract.lifecycle.states
        wanted = request.args.get("status") or None
        if wanted is not None:
            common.choice("status", wanted, states)
        found = [(job, jobs.status(job, frame.now)) for job in world.store.jobs(frame.session.id)]
        counts = Counter(status for _, status in found)
        shown = [each for each in found if wanted in {None, each[1]}]
        page = pages(shown)
        rows = [_row(frame, job) for job, _ in shown[page.items]]
        return frame.render(
            "jobs.html", "jobs", "Jobs", rows=rows, page=page, counts=counts, states=states, wanted=wanted
        )

    @routes.get("/ui/jobs/<job_id>")
    def job(job_id: str) -> Response:
        """Show one job with its life, its outputs and what it was made from."""
        common.query()
        frame = Frame.of(world)
        try:
            found = steering.find_job(world, frame.session, job_id, frame.now)
        except steering.UnknownJob as error:
            raise Problem("unknown-job", f"There is no job {common.echo(job_id)} in this session") from error
        progress = jobs.progress(found, frame.now)
        return frame.render(
            "job.html",
            "jobs",
            "Job",
            row=_row(frame, found),
            programme=to_json(found.programme),
            outputs=results.job_body(found, progress)["outputs"],
            result=frame.safe_body(compact(results.result_body(found, progress)).encode())
            if progress.is_terminal
            else None,
            history=history(frame, found),
            source=frame.safe_body(found.source),
        )


def _row(frame: Frame, job: Job) -> Row:
    status = jobs.status(job, frame.now)
    reads = frame.world.store.read_count(frame.session.id, job.id)
    legal = frame.contract.lifecycle.transitions.get(status, ())
    return Row(job, status, jobs.next_transition(job, frame.now), reads, legal)
