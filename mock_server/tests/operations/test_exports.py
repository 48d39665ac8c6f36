"""Exports: completed at once, idempotent, readable; only lessons of the classroom, only for its admin."""

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    CLASSROOM,
    EXPORTS,
    FOREIGN_ADMIN,
    FOREIGN_CLASSROOM,
    FOREIGN_LESSON,
    LESSON,
    Mock,
)

from tutorflow_mock.domain.programme import Programme


@pytest.mark.requirement("EXP-002", "EXP-006", "EXP-007", "EXP-003")
def test_an_export_is_completed_at_once() -> None:
    """The job is never seen unfinished, its resource is the lesson itself, and status and result agree with it."""
    mock = Mock()
    exported = mock.export().json()
    job_id = exported["job"]["id"]
    status, result = mock.status(job_id).json(), mock.result(job_id).json()
    assert (exported["job"]["status"], exported["job"]["sourceType"]) == ("completed", "tutorflow_ui")
    assert exported["job"]["createdAt"] == exported["job"]["completedAt"] == "2026-07-06T09:00:00.000Z"
    assert [(row["outputType"], row["resourceId"]) for row in exported["outputs"]] == [("interactive_module", LESSON)]
    assert exported["outputs"][0]["manifest"]["title"] == exported["manifest"]["title"] == "Ordering coffee"
    assert result == exported
    assert status == {**exported["job"], "outputs": exported["outputs"]}


@pytest.mark.requirement("EXP-002")
def test_the_base_texts_own_export() -> None:
    """The lesson that the base text names is there, and its answer has no public address of another product."""
    answer = Mock().export("standalone-lesson:standalone-lesson-id", lesson="standalone-lesson-id")
    row = answer.json()["outputs"][0]
    assert (answer.job["status"], row["resourceType"], row["resourceId"]) == (
        "completed",
        "module",
        "standalone-lesson-id",
    )
    assert row["manifest"]["urls"]["publicUrl"].startswith("https://tutorflow.io/share/module/")


@pytest.mark.requirement("EXP-007")
@pytest.mark.parametrize("programme", ["held", "polls=9", "after=1h"])
def test_no_programme_holds_an_export_up(programme: str) -> None:
    """What exists is not generated: a session's programme is for expansions."""
    mock = Mock(programme=programme)
    mock.let_jobs_go(Programme(progression="held", outcome="failed"))
    assert mock.export().job["status"] == "completed"


@pytest.mark.requirement("IDEM-015")
def test_an_export_is_idempotent() -> None:
    """A key brings the same job back, from body or header, also a day later; without one every call is a job."""
    mock = Mock()
    first = mock.export("k")
    mock.clock.advance(86_400)
    again = [mock.export("k"), mock.send("POST", EXPORTS, ADMIN, {"Idempotency-Key": "k"}, body={"lessonId": LESSON})]
    assert [answer.body for answer in again] == [first.body] * 2
    assert mock.export().job["id"] != mock.export().job["id"]


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("replay", (200, None)), ("conflict-409", (409, "content_conflict")), ("reject-422", (422, "content_conflict"))],
)
def test_another_lesson_under_a_known_key(value: str, outcome: tuple[int, str | None]) -> None:
    """A key that stands for one lesson never exports another."""
    mock = Mock({"idempotency.same-key-other-body": value})
    first = mock.export("k")
    other = mock.export("k", lesson="standalone-lesson-id")
    assert other.outcome == outcome
    assert outcome[0] != 200 or other.body == first.body


@pytest.mark.requirement("EXP-004")
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/lessonId"),
        ({"lessonId": ""}, "#/lessonId"),
        ({"lessonId": None}, "#/lessonId"),
        ({"lessonId": 30}, "#/lessonId"),
        ({"lessonId": LESSON, "idempotencyKey": ""}, "#/idempotencyKey"),
    ],
)
def test_a_lesson_has_to_be_named(body: object, pointer: str) -> None:
    """Without a lesson there is nothing to export: 400 that names the field."""
    refused = Mock().send("POST", EXPORTS, ADMIN, body=body)
    assert (refused.outcome, refused.headers["X-Mock-Error-Pointer"]) == ((400, "content_invalid_request"), pointer)


@pytest.mark.requirement("EXP-005")
def test_each_admin_exports_its_own() -> None:
    """The other organization's admin exports its lesson, and nobody else's."""
    mock = Mock()
    theirs = EXPORTS.replace(CLASSROOM, FOREIGN_CLASSROOM)
    assert mock.send("POST", theirs, FOREIGN_ADMIN, body={"lessonId": FOREIGN_LESSON}).job["status"] == "completed"
    assert mock.send("POST", theirs, FOREIGN_ADMIN, body={"lessonId": LESSON}).outcome == (404, "content_not_found")
    assert mock.send("POST", EXPORTS, FOREIGN_ADMIN, body={"lessonId": LESSON}).outcome == (403, "content_forbidden")


def test_an_export_that_is_no_expansion_is_not_read_as_one() -> None:
    """Under `job-readable=not-found-404` only exports are hidden, and they still replay."""
    mock = Mock({"export.job-readable": "not-found-404"})
    exported, expanded = mock.export("e"), mock.create()
    assert mock.status(exported.job["id"]).outcome == (404, "content_not_found")
    assert mock.status(expanded.job["id"]).outcome == (200, None)
    assert mock.export("e").body == exported.body


def test_a_flat_export_shows_an_expansion_under_its_key() -> None:
    """Under `export.body=job` a key that an expansion holds brings its flat job."""
    mock = Mock({"export.body": "job"})
    created = mock.create("k")
    assert mock.export("k").body == created.body
