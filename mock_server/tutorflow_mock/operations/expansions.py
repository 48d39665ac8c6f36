"""Expansions: create, status, result."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from tutorflow_mock.domain import jobs, results
from tutorflow_mock.domain.errors import ApiError, FailedValidation, NotFound, refusal
from tutorflow_mock.domain.ids import is_uuid
from tutorflow_mock.domain.preferences import NONE
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.operations import faults, making, rules, wishes
from tutorflow_mock.operations.call import Reply
from tutorflow_mock.operations.forced import forced
from tutorflow_mock.operations.plan import output_kinds, with_defaults
from tutorflow_mock.operations.registry import operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tutorflow_mock.domain.jobs import Progress
    from tutorflow_mock.domain.model import Job
    from tutorflow_mock.domain.next_programmes import NextProgramme
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.world import World


_KEPT = 1024
"""How many rendered bodies are kept: a job changes seldom and is read often."""


@operation("createExpansion")
def create_expansion(world: World, request: Request) -> Reply:
    """Accept source JSON as a job, or return the job that the idempotency key already made."""
    wanted, met = wishes.with_title(world, request), None
    if wanted is not request.visit.wanted:
        if wanted.is_forced:
            return forced(request.operation, request.values, wanted)._replace(wanted=wanted)
        if request.visit.met is None:
            met = faults.meet_title(world, request, wanted)
        request = request._replace(visit=request.visit._replace(wanted=wanted, met=met or request.visit.met))
    body = with_defaults(request.visit.contract, request.operation.id, request.body)
    outputs = _requested(request, body.get("requestedOutputs"))

    taken: list[NextProgramme] = []

    def make() -> Job:
        payload: Mapping[str, Any] = body["payload"]
        classroom_id = _classroom(request, body.get("classroomId"))
        title = results.source_title(payload)
        source = making.Source(body["sourceType"], title, classroom_id)
        taken.extend(rules.take_next(world, request))
        usual = taken[0].programme if taken else making.usual_programme(world, request)
        return making.new_job(world, request, source, outputs, wishes.programme(request.visit.contract, wanted, usual))

    try:
        created = making.create_once(world, request, make, "expansions")
    except ApiError:
        rules.give_back(world, request.session, taken)
        raise
    is_first_view = created.verdict == "new" or request.values["idempotency.replay-body"] == "original"
    progress = jobs.first_view(created.job) if is_first_view else jobs.progress(created.job, request.now)
    reply = making.reply(request, created, _job_text(created.job, progress, _is_nested(request)))
    return reply if wanted is NONE else reply._replace(wanted=wanted, met=met)


@operation("getExpansion")
def get_expansion(world: World, request: Request) -> Reply:
    """Answer the job and its rows as they are at this instant (F-042)."""
    counted = request.visit.call.method == request.operation.method
    if request.visit.met is None:
        job, fault = _own_job(world, request, counted=counted), None
        progress = jobs.progress(job, request.now)
    else:
        faults.hide(world, request)
        job = _own_job(world, request, counted=counted)
        progress, fault = faults.view(world, request, job)
    text = _job_text(job, progress, _is_nested(request))
    return Reply(request.success, text, job_id=job.id, fault=fault)


@operation("getExpansionResult")
def get_expansion_result(world: World, request: Request) -> Reply:
    """Answer the job, its outputs and the combined manifest; before the end as `result.before-terminal` says (S2)."""
    job = _own_job(world, request, counted=False)
    progress, fault = faults.view(world, request, job)
    if not progress.is_terminal and (kind := refusal(request.values["result.before-terminal"])):
        error = kind("The result is not available yet", reason="before-terminal")
        error.fault = fault
        raise error
    return Reply(request.success, _result_text(job, progress), job_id=job.id, fault=fault)


@lru_cache(maxsize=_KEPT)
def _job_text(job: Job, progress: Progress, is_nested: bool) -> bytes:  # noqa: FBT001 - a part of the cache's key
    return compact(results.job_body(job, progress, nested=is_nested)).encode()


@lru_cache(maxsize=_KEPT)
def _result_text(job: Job, progress: Progress) -> bytes:
    return compact(results.result_body(job, progress)).encode()


def _is_nested(request: Request) -> bool:
    return request.values["job.body"] == "nested"


def _own_job(world: World, request: Request, *, counted: bool) -> Job:
    """Return the job of the path; another organization's looks like none, unless a behaviour shows it (S32)."""
    job_id = request.parameters["jobId"]
    job = world.store.read_job(request.session.id, job_id, request.organization_id, request.now, counted=counted)
    if job is not None and _is_readable(job, request):
        return job
    if job is None and world.store.read_job(request.session.id, job_id, None, request.now) is not None:
        if (kind := refusal(request.values["auth.foreign-job"])) is not NotFound and kind is not None:
            raise kind("You cannot read this job", reason="foreign-job")
    elif (
        job is None
        and not is_uuid(job_id)
        and (kind := refusal(request.values["job.malformed-id"])) is FailedValidation
    ):
        raise kind("Validation failed: jobId must be a UUID", reason="malformed-id")
    raise NotFound("Job not found", reason="unknown-job")


def _is_readable(job: Job, request: Request) -> bool:
    return not job.exported or request.values["export.job-readable"] == "readable"


def _requested(request: Request, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the requested outputs once each, in the order in which they are generated (S3, S4, S5, S6)."""
    kinds = output_kinds(request.visit.contract)
    if not wanted:
        if wanted is not None and refusal(request.values["create.omitted-outputs"]):
            raise _no_outputs("is required, and must not be empty")
        is_short = request.values["create.omitted-outputs"] == "module-only"
        return tuple(kinds)[:1] if is_short else tuple(kinds)
    chosen = tuple(output_type for output_type in kinds if output_type in wanted)
    if not chosen:
        raise _no_outputs(f"must hold one of {', '.join(kinds)}")
    return chosen


def _no_outputs(message: str) -> FailedValidation:
    message = f"Validation failed: requestedOutputs {message}"
    return FailedValidation(message, reason="invalid-body", pointers=("#/requestedOutputs",))


def _classroom(request: Request, classroom_id: object) -> str | None:
    """Return the classroom of a create: the one it names, else the organization's first (S24)."""
    classrooms = request.session.directory.classrooms
    own = [room.id for room in classrooms.values() if room.organization_id == request.organization_id]
    if classroom_id is None or request.values["create.classroom-id"] == "ignored":
        return next(iter(own), None)
    found = cast("str", classroom_id).lower()
    if found in own:
        return found
    kind = cast("type[NotFound]", refusal(request.values["create.foreign-classroom"]))
    raise kind("Classroom not found", reason="foreign-classroom", pointers=("#/classroomId",))
