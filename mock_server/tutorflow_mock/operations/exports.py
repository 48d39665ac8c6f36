"""Export of UI-authored content: a job that is completed from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain import jobs, results
from tutorflow_mock.domain.errors import ApiError, NotFound, refusal
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.strict_json import compact
from tutorflow_mock.operations import making
from tutorflow_mock.operations.plan import output_kinds
from tutorflow_mock.operations.registry import operation

if TYPE_CHECKING:
    from tutorflow_mock.domain.model import Job, Lesson
    from tutorflow_mock.operations.call import Reply, Request
    from tutorflow_mock.operations.world import World

SOURCE_TYPE = "tutorflow_ui"
"""The label of what was authored in the UI: assumed, no guide names one (S72)."""

_COMPLETED = Programme(progression="immediate")


@operation("exportContent")
def export_content(world: World, request: Request) -> Reply:
    """Answer a completed job whose one output is the lesson itself; nothing is generated (F-068, S72)."""

    def make() -> Job:
        lesson = _lesson(request)
        output_type = next(iter(output_kinds(request.visit.contract)))
        source = making.Source(SOURCE_TYPE, lesson.title, lesson.classroom_id)
        return making.exported(making.new_job(world, request, source, (output_type,), _COMPLETED), lesson)

    created = making.create_once(world, request, make, "exports")
    is_first_view = request.values["idempotency.replay-body"] == "original"
    progress = jobs.first_view(created.job) if is_first_view else jobs.progress(created.job, request.now)
    as_job = request.values["export.body"] == "job"
    body = results.job_body(created.job, progress) if as_job else results.result_body(created.job, progress)
    return making.reply(request, created, compact(body).encode())


def _lesson(request: Request) -> Lesson:
    lesson = request.session.directory.lessons.get(request.body["lessonId"])
    if lesson is not None and lesson.classroom_id == request.parameters["classroomId"]:
        return lesson
    kind: type[ApiError] = refusal(request.values["export.unknown-lesson"]) or NotFound
    raise kind("Lesson not found in this classroom", reason="unknown-lesson", pointers=("#/lessonId",))
