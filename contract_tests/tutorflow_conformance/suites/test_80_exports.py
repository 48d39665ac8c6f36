"""Exports: content that was authored by hand, finished when it is asked for."""

from __future__ import annotations

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.client import job_id
from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.suites.looks import (
    FORBIDDEN,
    INVALID_REQUEST,
    NOT_FOUND,
    invalid_status,
    job,
    outputs,
    refused,
)

_WRONG = {"reject-401": 401, "forbidden-403": 403}


@requirement("EXP-001", "exports.by-key", "exports.make")
def test_an_export_needs_the_session(judge: Judge) -> None:
    """Export never succeeds with a bearer key; with the session it does."""
    tried, made = judge.one("exports.by-key"), judge.supported(judge.one("exports.make"))
    if judge.must(not tried.is_success, tried, expected="no 2xx with a bearer key"):
        wanted = _WRONG[str(judge.values["auth.wrong-credential"])]
        judge.detail(tried.status == wanted, tried, expected=str(wanted))
    judge.must(made.is_success, made, expected="2xx with the session")


@requirement("EXP-002", "exports.make")
def test_an_export_is_finished_at_once(judge: Judge) -> None:
    """Export answers a job already `completed`, with a manifest."""
    made = _made(judge)
    judge.must(job(made).get("status") == "completed", made, expected="status completed")
    has_manifest = judge.values["export.body"] == "job" or any(member(row, "manifest") for row in outputs(made))
    judge.must(has_manifest, made, expected="a manifest")


@requirement("EXP-003", "exports.make")
def test_an_export_has_the_shape_of_a_result(judge: Judge) -> None:
    """The answer has the shape that RES-001 to RES-008 ask for."""
    made = _made(judge)
    whole = isinstance(member(made.json, "job"), dict) and bool(outputs(made))
    judge.must(whole, made, expected="`job` and `outputs`")
    for row in outputs(made):
        url = str(member(row, "manifest", "urls", "publicUrl"))
        judge.must(row.get("resourceId") and member(row, "manifest", "title"), made, expected="resourceId and title")
        right = url.startswith("https://") and "/platform/" not in url
        judge.must(right, made, expected="a public https URL", observed=url)


@requirement("EXP-004", "exports.refused")
def test_an_export_needs_a_lesson(judge: Judge) -> None:
    """Missing `lessonId` answers 400; an unknown lesson answers 404."""
    missing, unknown = judge.all("exports.refused")
    refused(judge, missing, INVALID_REQUEST, invalid_status(judge))
    if judge.values["export.unknown-lesson"] == "not-found-404":
        refused(judge, unknown, NOT_FOUND, 404)
    else:
        refused(judge, unknown, INVALID_REQUEST, invalid_status(judge))


@requirement("EXP-005", "tenancy.export")
def test_a_foreign_classroom_is_refused(judge: Judge) -> None:
    """Classroom of a foreign organization answers 403."""
    tried = judge.one("tenancy.export")
    if judge.values["export.foreign-classroom"] == "forbidden-403":
        refused(judge, tried, FORBIDDEN, 403)
    else:
        refused(judge, tried, NOT_FOUND, 404)


@requirement("EXP-006", "exports.make", "exports.read")
def test_an_export_can_be_read_like_a_job(judge: Judge) -> None:
    """Status and result accept the export's job id with a bearer of the organization."""
    _made(judge)
    for exchange in judge.all("exports.read"):
        judge.must(exchange.is_success, exchange, expected="2xx for the export's job")


@requirement("EXP-007", "exports.make", also=("exports.read", "exports.again"))
def test_an_export_generates_nothing(judge: Judge) -> None:
    """It is never seen `queued` or `processing`; `resourceId` is the lesson."""
    made = _made(judge)
    for exchange in (made, *judge.some("exports.read", "exports.again")):
        status = job(exchange).get("status")
        judge.must(status not in {"queued", "processing"}, exchange, expected="a job that has ended", observed=status)
    for row in outputs(made):
        lesson = member(made.sent_json, "lessonId")
        judge.detail(
            row.get("resourceId") == lesson, made, expected=f"resourceId {lesson}", observed=row.get("resourceId")
        )


def _made(judge: Judge) -> Exchange:
    made = judge.supported(judge.one("exports.make"))
    if not made.is_success or job_id(made.json) is None:
        raise Undecided(f"{made.id}, which should have exported a lesson, was answered {made.status}")
    return made
