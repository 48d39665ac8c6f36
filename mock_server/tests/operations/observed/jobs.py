"""Observations of jobs, their results and exports: `job.*`, `result.*`, `export.*`."""

from mock_server.tests.operations.in_process import (
    ADMIN,
    CLASSROOMS,
    EXPORTS,
    FOREIGN_CLASSROOM,
    FOREIGN_LESSON,
    LESSON,
    Json,
    Mock,
    Outcome,
)
from mock_server.tests.operations.observed.observation import CONFLICT, CREATED, FORBIDDEN, INVALID, MISSING, observes

from tutorflow_mock.domain.programme import Programme

JOB = [
    "id",
    "organizationId",
    "sourceType",
    "status",
    "requestedOutputs",
    "idempotencyKey",
    "error",
    "createdAt",
    "updatedAt",
    "completedAt",
]


@observes(
    "job.body",
    {
        "flat": {"create": [*JOB, "outputs"], "status": [*JOB, "outputs"], "result": ["job", "outputs", "manifest"]},
        "nested": {
            "create": ["job", "outputs"],
            "status": ["job", "outputs"],
            "result": ["job", "outputs", "manifest"],
        },
    },
)
def job_body(mock: Mock) -> Json:
    """The members of a create, a status and a result."""
    created = mock.create()
    job_id = created.job["id"]
    answers = {"create": created, "status": mock.status(job_id), "result": mock.result(job_id)}
    return {name: list(answer.json()) for name, answer in answers.items()}


@observes(
    "job.partial-failure",
    {
        "failed": ("failed", "content_internal_error", ["completed", "failed", "completed"]),
        "completed": ("completed", None, ["completed", "failed", "completed"]),
    },
)
def partial_failure(mock: Mock) -> Json:
    """The end of a job whose video failed, with the rows beside it."""
    mock.let_jobs_go(Programme(progression="immediate", outcome="partial", failed_outputs=("summary_video",)))
    result = mock.result(mock.create().job["id"]).json()
    error = result["job"]["error"]
    return result["job"]["status"], error and error["code"], [row["status"] for row in result["outputs"]]


@observes(
    "job.malformed-id",
    {
        "not-found-404": {"status": MISSING, "result": MISSING, "unknown": MISSING},
        "reject-400": {"status": INVALID, "result": INVALID, "unknown": MISSING},
    },
)
def malformed_id(mock: Mock) -> Json:
    """A job id that is no UUID, and one that is but stands for nothing."""
    unknown = "00000000-0000-4000-8000-000000000000"
    return {
        "status": mock.status("job-7").outcome,
        "result": mock.result("job-7").outcome,
        "unknown": mock.status(unknown).outcome,
    }


@observes(
    "result.before-terminal",
    {
        "state-200": {"queued": CREATED, "processing": CREATED, "completed": CREATED},
        "conflict-409": {"queued": CONFLICT, "processing": CONFLICT, "completed": CREATED},
        "not-found-404": {"queued": MISSING, "processing": MISSING, "completed": CREATED},
    },
)
def before_terminal(mock: Mock) -> Json:
    """The result of a job in each of its states."""
    job_id = mock.create().job["id"]
    seen: dict[str, Outcome] = {}
    for state in ("queued", "processing", "completed"):
        assert mock.status(job_id).job["status"] == state
        seen[state] = mock.result(job_id).outcome
        mock.clock.advance(2)
    return seen


@observes("export.success-status", {"ok-200": (200, 200), "created-201": (201, 201)})
def export_success_status(mock: Mock) -> Json:
    """An export and its replay."""
    return mock.export("k").status, mock.export("k").status


@observes("export.body", {"result": ["job", "outputs", "manifest"], "job": [*JOB, "outputs"]})
def export_body(mock: Mock) -> Json:
    """The members of an export's answer."""
    return list(mock.export().json())


@observes("export.unknown-lesson", {"not-found-404": (MISSING, MISSING), "reject-400": (INVALID, INVALID)})
def unknown_lesson(mock: Mock) -> Json:
    """A lesson that nobody has, and one of another classroom."""
    return mock.export(lesson="no-such-lesson").outcome, mock.export(lesson=FOREIGN_LESSON).outcome


@observes("export.foreign-classroom", {"forbidden-403": (FORBIDDEN, FORBIDDEN), "not-found-404": (MISSING, MISSING)})
def export_foreign_classroom(mock: Mock) -> Json:
    """An export from another organization's classroom, and from one that does not exist."""
    exports = EXPORTS.removeprefix(CLASSROOMS).partition("/")[2].partition("/")[2]
    paths = (f"{CLASSROOMS}/{room}/{exports}" for room in (FOREIGN_CLASSROOM, "no-such-classroom"))
    first, second = (mock.send("POST", path, ADMIN, body={"lessonId": LESSON}).outcome for path in paths)
    return first, second


@observes(
    "export.job-readable",
    {"readable": {"status": CREATED, "result": CREATED}, "not-found-404": {"status": MISSING, "result": MISSING}},
)
def export_job_readable(mock: Mock) -> Json:
    """The job of an export, read with a key of its organization."""
    job_id = mock.export().job["id"]
    return {"status": mock.status(job_id).outcome, "result": mock.result(job_id).outcome}
