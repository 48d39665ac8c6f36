"""What a job looks like to a client: the flat job, the result with its manifests, the shapes of S1, S2 and S17."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.jobs import Progress
    from tutorflow_mock.domain.model import Job, Output

Json = dict[str, object]


def source_title(payload: Mapping[str, object]) -> str:
    """Return the title of the source: the level's own, else its id, else the category's (S17)."""
    level, category = payload.get("level"), payload.get("category")
    candidates = (_member(level, "title"), _member(level, "id"), _member(category, "title"), category)
    return next((text for text in candidates if isinstance(text, str) and text.strip()), "Untitled source")


def _member(value: object, name: str) -> object:
    return cast("Mapping[str, object]", value).get(name) if isinstance(value, dict) else None


def job_body(job: Job, progress: Progress, *, nested: bool = False) -> Json:
    """Return the body of create and status: job fields at the top with their rows, or `{job, outputs}` (C9)."""
    rows = _rows(job, progress)
    return {"job": _job(job, progress), "outputs": rows} if nested else {**_job(job, progress), "outputs": rows}


def result_body(job: Job, progress: Progress) -> Json:
    """Return the body of the result: job, one row per output, and the combined manifest of what is finished."""
    rows = _rows(job, progress)
    finished = _finished(job) if progress.is_terminal else ()
    manifest = {
        "jobId": job.id,
        "sourceType": job.source_type,
        "title": job.source_title,
        "outputs": [_line(output) for output in finished],
    }
    return {"job": _job(job, progress), "outputs": rows, "manifest": manifest}


def _job(job: Job, progress: Progress) -> Json:
    return {
        "id": job.id,
        "organizationId": job.organization_id,
        "sourceType": job.source_type,
        "status": progress.status,
        "requestedOutputs": [output.output_type for output in job.outputs],
        "idempotencyKey": job.idempotency_key,
        "error": _job_error(job) if progress.status == "failed" else None,
        "createdAt": timestamp(job.created_at),
        "updatedAt": timestamp(progress.since),
        "completedAt": timestamp(progress.since) if progress.is_terminal else None,
    }


def _rows(job: Job, progress: Progress) -> list[Json]:
    failing = jobs.failing(job)
    return [_row(job, output, progress, index, fails=output in failing) for index, output in enumerate(job.outputs)]


def _row(job: Job, output: Output, progress: Progress, index: int, *, fails: bool) -> Json:
    is_through = index < progress.rows_done
    is_shown = progress.is_terminal and not fails
    return {
        "id": output.id,
        "outputType": output.output_type,
        "status": _row_status(progress, index, fails=fails),
        "resourceType": output.resource_type,
        "resourceId": output.resource_id if is_shown else None,
        "manifest": {"title": output.title, "urls": {"publicUrl": output.public_url}} if is_shown else None,
        "error": _row_error(job, output) if is_through and fails else None,
    }


def _row_status(progress: Progress, index: int, *, fails: bool) -> str:
    if index < progress.rows_done:
        return "failed" if fails else "completed"
    return "processing" if progress.status == "processing" and index == progress.rows_done else "queued"


def _line(output: Output) -> Json:
    return {
        "outputType": output.output_type,
        "resourceType": output.resource_type,
        "resourceId": output.resource_id,
        "title": output.title,
        "urls": {"publicUrl": output.public_url},
    }


def _finished(job: Job) -> tuple[Output, ...]:
    failing = jobs.failing(job)
    return tuple(output for output in job.outputs if output not in failing)


def _job_error(job: Job) -> Json:
    """Return why the job failed, in sum; a message of the programme's own belongs to the outputs."""
    failing = jobs.failing(job)
    if len(failing) < len(job.outputs):
        message = f"{len(failing)} of {len(job.outputs)} outputs failed"
    else:
        message = f"Generation failed for {', '.join(output.output_type for output in failing)}"
    return {"code": job.programme.error_code, "message": message}


def _row_error(job: Job, output: Output) -> Json:
    message = job.programme.error_message or f"Generation failed for {output.output_type}"
    return {"code": job.programme.error_code, "message": message}
