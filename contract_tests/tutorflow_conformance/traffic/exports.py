"""Exports of content that was authored by hand: finished when they are made."""

from __future__ import annotations

from tutorflow_conformance.client import job_id
from tutorflow_conformance.traffic.job_m import RESULT, STATUS
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.run import ADMIN, KEY, NotLearnt, Run
from tutorflow_conformance.traffic.step import step

EXPORT = "exportContent"


@step("exports.make", "exports", needs="K", after=("admin.organizations", "look.classrooms"))
def make(run: Run) -> None:
    """Export the lesson that the run was told."""
    made = run.call(EXPORT, body={"lessonId": _lesson(run), "idempotencyKey": run.key("export")}, credential=ADMIN)
    run.note_job("export", made)


@step("exports.again", "exports", needs="K", after=("exports.make",))
def again(run: Run) -> None:
    """Export it again under the same key."""
    run.call(EXPORT, body={"lessonId": _lesson(run), "idempotencyKey": run.key("export")}, credential=ADMIN)


@step("exports.by-key", "exports", needs="K", after=("exports.make",))
def by_key(run: Run) -> None:
    """Try to export with a bearer key."""
    run.call(EXPORT, body={"lessonId": _lesson(run), "idempotencyKey": run.key("export-by-key")}, credential=KEY)


@step("exports.read", "exports", needs="K", after=("exports.make",), requests=2)
def read(run: Run) -> None:
    """Read the export's job, status and result, with a bearer key."""
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.learnt("export")}, credential=KEY)


@step("exports.refused", "exports", needs="K", after=("exports.make",), requests=2)
def refused(run: Run) -> None:
    """Export without a lesson, and a lesson that does not exist."""
    run.call(EXPORT, body={"idempotencyKey": run.key("no-lesson")}, credential=ADMIN)
    run.call(EXPORT, body={"lessonId": UNKNOWN_ID, "idempotencyKey": run.key("unknown-lesson")}, credential=ADMIN)


@step("exports.under-m", "exports", needs="K", after=("exports.make", "m.create"))
def under_m(run: Run) -> None:
    """Export under the key that made M."""
    answer = run.call(EXPORT, body={"lessonId": _lesson(run), "idempotencyKey": run.key("m")}, credential=ADMIN)
    run.notes["namespace"] = "shared" if job_id(answer.json) == run.learnt("M") else "separate"


def _lesson(run: Run) -> str:
    lesson = run.target.credentials.lesson_id
    if lesson is None:
        raise NotLearnt("not configured: TUTORFLOW_LESSON_ID")
    return lesson
