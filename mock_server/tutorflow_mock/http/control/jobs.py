"""Jobs as the mock sees them: list, one, transition by hand, timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, jsonify, request

from tutorflow_mock.domain import jobs, results
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.model import Entry
from tutorflow_mock.domain.programme import ProgrammeError, to_json
from tutorflow_mock.http.control import common, lines
from tutorflow_mock.http.errors import OK, Problem
from tutorflow_mock.operations import steering, timeline
from tutorflow_mock.operations.job_waits import Held, JobWait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Job, Session
    from tutorflow_mock.operations.courier import Courier
    from tutorflow_mock.operations.world import World

_FORMATS = ("json", "text")


def blueprint(world: World, courier: Courier) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("jobs", __name__)

    @routes.get("/jobs")
    def listed() -> Response:
        """List the session's jobs, newest first."""
        return jsonify(_list(world, common.session_of(world)))

    @routes.get("/jobs/<job_id>")
    def one(job_id: str) -> Response:
        """Show a job: what its client sees, and what steers it."""
        common.query()
        session = common.session_of(world)
        return jsonify(_one(world, session, _find(world, session, job_id)))

    @routes.post("/jobs/<job_id>/transition")
    def transition(job_id: str) -> Response:
        """Move a job by hand, as far as the lifecycle allows."""
        common.query()
        session = common.session_of(world)
        now = common.now_of(world, session)
        order = _order(world, session)
        job = _transition(world, session, job_id, order, now)
        _remember(world, session, job, order.to, now)
        return jsonify(_one(world, session, job))

    @routes.get("/jobs/<job_id>/timeline")
    def line(job_id: str) -> Response:
        """Tell what happened to a job, call by call and transition by transition."""
        format = common.choice("format", common.query("format").get("format", "json"), _FORMATS)
        session = common.session_of(world)
        job = _find(world, session, job_id)
        placed = timeline.whole(world, session, job, common.now_of(world, session))
        if format == "text":
            return Response("".join(map(lines.text, placed)), mimetype="text/plain")
        rows = [lines.row(sequence, each) for sequence, each in enumerate(placed, start=1)]
        return jsonify({"jobId": job.id, "timeline": rows, "meta": {"total": len(rows)}})

    @routes.post("/jobs/<job_id>/wait")
    def wait(job_id: str) -> Response:
        """Answer as soon as a job has one of these states, the terminal ones unless others are named."""
        common.query()
        session = common.session_of(world)
        _find(world, session, job_id)
        found = _awaited(world, courier, session, job_id)
        return jsonify(_one(world, common.session_of(world), found))  # its clock may have moved

    return routes


def _awaited(world: World, courier: Courier, session: Session, job_id: str) -> Job:
    members = common.body("status", "advanceClock", "timeoutMillis")
    wanted, seconds = _states(world, session, members), common.timeout(members)
    moves = members.get("advanceClock", False)
    if not isinstance(moves, bool):
        raise Problem("invalid-field", "advanceClock must be true or false", field="advanceClock")
    wait = JobWait(world, session.id, job_id, wanted)
    try:
        found = wait.advance(courier) if moves else common.waited(lambda: wait.run(seconds))
    except Held as error:
        detail = "No move of the clock brings this job any further"
        raise Problem("held", detail, job=_one(world, session, _find(world, session, job_id))) from error
    if found is None:
        session = common.session_of(world)
        late = _one(world, session, _find(world, session, job_id))
        raise Problem("wait-timeout", f"The job did not become {' or '.join(wanted)}", job=late)
    return found


def _states(world: World, session: Session, members: Mapping[str, Any]) -> list[str]:
    lifecycle = world.contract_of(session).lifecycle
    told = members.get("status", list(lifecycle.terminal))
    named = cast("list[object]", told) if isinstance(told, list) else [told]
    if not named:
        raise Problem("invalid-field", "status must name a state", field="status")
    return [common.choice("status", each, lifecycle.states) for each in named]


def _list(world: World, session: Session) -> dict[str, object]:
    wanted, now = common.query("status", "organizationId", "limit"), common.now_of(world, session)
    found = world.store.jobs(session.id)
    if "organizationId" in wanted:
        found = tuple(job for job in found if job.organization_id == wanted["organizationId"])
    if "status" in wanted:
        status = common.choice("status", wanted["status"], world.contract_of(session).lifecycle.states)
        found = tuple(job for job in found if jobs.status(job, now) == status)
    return common.page("jobs", found, lambda job: _listed(job, now, world.store.read_count(session.id, job.id)))


def _listed(job: Job, now: Instant, reads: int) -> dict[str, object]:
    following = jobs.next_transition(job, now)
    return {
        "id": job.id,
        "status": jobs.status(job, now),
        "sourceType": job.source_type,
        "requestedOutputs": [output.output_type for output in job.outputs],
        "createdAt": timestamp(job.created_at),
        "nextTransitionAt": None if following is None else timestamp(following),
        "reads": reads,
        "programme": to_json(job.programme),
        "idempotencyKey": job.idempotency_key,
    }


def _find(world: World, session: Session, job_id: str) -> Job:
    try:
        return steering.find_job(world, session, job_id, common.now_of(world, session))
    except steering.UnknownJob as error:
        raise _unknown(job_id) from error


def _one(world: World, session: Session, job: Job) -> dict[str, object]:
    progress = jobs.progress(job, common.now_of(world, session))
    is_nested = world.contract_of(session).values["job.body"] == "nested"
    return {
        "job": results.job_body(job, progress, nested=is_nested),
        "result": results.result_body(job, progress) if progress.is_terminal else None,
        "programme": to_json(job.programme),
        "reads": world.store.read_count(session.id, job.id),
        "deliveries": [each.id for each in world.store.deliveries(session.id) if each.job_id == job.id],
    }


def _order(world: World, session: Session) -> steering.Order:
    members = common.body("to", "error", "failedOutputs", required=("to",))
    to = common.choice("to", members["to"], world.contract_of(session).lifecycle.states)
    return steering.Order(to, members.get("failedOutputs", []), members.get("error"))


def _transition(world: World, session: Session, job_id: str, order: steering.Order, now: Instant) -> Job:
    try:
        return steering.transition(world, session, job_id, order, now)
    except steering.UnknownJob as error:
        raise _unknown(job_id) from error
    except steering.IllegalTransition as error:
        detail = f"A {error.current} job cannot become {order.to}"
        raise Problem("illegal-transition", detail, legal=list(error.legal)) from error
    except ProgrammeError as error:
        raise common.refused_programme(error) from error


def _remember(world: World, session: Session, job: Job, to: str, now: Instant) -> None:
    """Note the transition in the journal: on a clock that stands, nothing else tells its place among the calls."""
    request_id = f"{world.ids_of(session).bits('control', 64):016x}"
    entry = Entry(request_id, now, request.method, request.path, None, OK, job.id, to)
    world.store.append_journal(session.id, entry)


def _unknown(job_id: str) -> Problem:
    return Problem("unknown-job", f"There is no job {common.echo(job_id)} in this session")
