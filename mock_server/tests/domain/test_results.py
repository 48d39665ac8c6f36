"""What a client sees of a job: the example documents of the contract, member by member."""

import json
from dataclasses import replace
from typing import cast

import pytest
from mock_server.tests.domain.samples import HARBOUR, MODULE, NOW, OUTPUT_TYPES, QUIZ, VIDEO, a_job, an_id, an_output

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.results import job_body, result_body, source_title

TOKENS = ("22884db148f0ffb0d830ba431102b0b5", "421b47ffd946ca083b65cd668c6b17e6", "098f6bcd4621d373cade4e832627b4f6")
KITCHEN = replace(
    a_job(),
    idempotency_key="harbour:kitchen-a1:v1",
    outputs=tuple(
        an_output(kind, 110 + n, token=token) for n, (kind, token) in enumerate(zip(OUTPUT_TYPES, TOKENS, strict=True))
    ),
)
GARDEN = replace(
    a_job(Programme(outcome="failed", error_message="No question could be written"), (QUIZ,), created_at=NOW + 600_000),
    id=an_id(101),
    source_title="Garden A1",
    outputs=(an_output(QUIZ, 120, "Garden A1"),),
    idempotency_key="harbour:garden-a1:v1",
)
MARKET = replace(
    a_job(Programme(outcome="partial", error_message="Scene plan could not be built"), created_at=NOW + 1_200_000),
    id=an_id(102),
    source_type="floco",
    source_title="Market A1",
    outputs=(
        an_output(MODULE, 130, "Market A1", token="fd04ad205f751c1f0c0e994b58ac4fc7"),
        an_output(VIDEO, 131, "Market A1"),
    ),
    idempotency_key="harbour:market-a1:v1",
)
COFFEE = replace(
    a_job(Programme(progression="immediate"), (MODULE,), created_at=NOW + 1_800_000),
    id=an_id(103),
    source_type="tutorflow_ui",
    source_title="Ordering coffee",
    outputs=(
        replace(
            an_output(MODULE, 140, token="6220a030be5f7a8c4760d3e9b4d5d9ee"),
            resource_id=an_id(30),
            title="Ordering coffee",
        ),
    ),
    idempotency_key=f"standalone-lesson:{an_id(30)}",
)


def shown(text: str) -> object:
    """Read a document in which `#n` stands for an example id and `@` for the host of share links."""
    for number in (1, 30, 100, 101, 102, 103, 110, 111, 112, 120, 130, 131, 140, 210, 211, 212, 230):
        text = text.replace(f'"#{number}"', f'"{an_id(number)}"')
    return json.loads(text.replace("@", "https://tutorflow.io/share"))


CREATED = """
{"id":"#100","organizationId":"#1","sourceType":"source_json","status":"queued",
 "requestedOutputs":["interactive_module","summary_video","expanded_quiz"],"idempotencyKey":"harbour:kitchen-a1:v1","error":null,
 "createdAt":"2026-07-06T09:00:00.000Z","updatedAt":"2026-07-06T09:00:00.000Z","completedAt":null,"outputs":[
  {"id":"#110","outputType":"interactive_module","status":"queued","resourceType":"module",
   "resourceId":null,"manifest":null,"error":null},
  {"id":"#111","outputType":"summary_video","status":"queued","resourceType":"video",
   "resourceId":null,"manifest":null,"error":null},
  {"id":"#112","outputType":"expanded_quiz","status":"queued","resourceType":"test",
   "resourceId":null,"manifest":null,"error":null}]}
"""
PROCESSING = CREATED.replace('"queued"', '"processing"', 2).replace(
    '"updatedAt":"2026-07-06T09:00:00', '"updatedAt":"2026-07-06T09:00:01'
)
COMPLETED = """
{"job":{"id":"#100","organizationId":"#1","sourceType":"source_json","status":"completed",
  "requestedOutputs":["interactive_module","summary_video","expanded_quiz"],"idempotencyKey":"harbour:kitchen-a1:v1",
  "error":null,"createdAt":"2026-07-06T09:00:00.000Z","updatedAt":"2026-07-06T09:00:04.000Z",
  "completedAt":"2026-07-06T09:00:04.000Z"},
 "outputs":[
  {"id":"#110","outputType":"interactive_module","status":"completed","resourceType":"module","resourceId":"#210",
   "error":null,
   "manifest":{"title":"Kitchen A1 module","urls":{"publicUrl":"@/module/22884db148f0ffb0d830ba431102b0b5"}}},
  {"id":"#111","outputType":"summary_video","status":"completed","resourceType":"video","resourceId":"#211",
   "error":null,
   "manifest":{"title":"Kitchen A1 video","urls":{"publicUrl":"@/video/421b47ffd946ca083b65cd668c6b17e6"}}},
  {"id":"#112","outputType":"expanded_quiz","status":"completed","resourceType":"test","resourceId":"#212",
   "error":null,
   "manifest":{"title":"Kitchen A1 quiz","urls":{"publicUrl":"@/test/098f6bcd4621d373cade4e832627b4f6"}}}],
 "manifest":{"jobId":"#100","sourceType":"source_json","title":"Kitchen A1","outputs":[
  {"outputType":"interactive_module","resourceType":"module","resourceId":"#210","title":"Kitchen A1 module",
   "urls":{"publicUrl":"@/module/22884db148f0ffb0d830ba431102b0b5"}},
  {"outputType":"summary_video","resourceType":"video","resourceId":"#211","title":"Kitchen A1 video",
   "urls":{"publicUrl":"@/video/421b47ffd946ca083b65cd668c6b17e6"}},
  {"outputType":"expanded_quiz","resourceType":"test","resourceId":"#212","title":"Kitchen A1 quiz",
   "urls":{"publicUrl":"@/test/098f6bcd4621d373cade4e832627b4f6"}}]}}
"""
FAILED = """
{"job":{"id":"#101","organizationId":"#1","sourceType":"source_json","status":"failed",
  "requestedOutputs":["expanded_quiz"],"idempotencyKey":"harbour:garden-a1:v1",
  "error":{"code":"content_internal_error","message":"Generation failed for expanded_quiz"},
  "createdAt":"2026-07-06T09:10:00.000Z","updatedAt":"2026-07-06T09:10:04.000Z","completedAt":"2026-07-06T09:10:04.000Z"},
 "outputs":[
  {"id":"#120","outputType":"expanded_quiz","status":"failed","resourceType":"test","resourceId":null,"manifest":null,
   "error":{"code":"content_internal_error","message":"No question could be written"}}],
 "manifest":{"jobId":"#101","sourceType":"source_json","title":"Garden A1","outputs":[]}}
"""
PARTIAL = """
{"job":{"id":"#102","organizationId":"#1","sourceType":"floco","status":"failed",
  "requestedOutputs":["interactive_module","summary_video"],"idempotencyKey":"harbour:market-a1:v1",
  "error":{"code":"content_internal_error","message":"1 of 2 outputs failed"},
  "createdAt":"2026-07-06T09:20:00.000Z","updatedAt":"2026-07-06T09:20:04.000Z","completedAt":"2026-07-06T09:20:04.000Z"},
 "outputs":[
  {"id":"#130","outputType":"interactive_module","status":"completed","resourceType":"module","resourceId":"#230",
   "error":null,
   "manifest":{"title":"Market A1 module","urls":{"publicUrl":"@/module/fd04ad205f751c1f0c0e994b58ac4fc7"}}},
  {"id":"#131","outputType":"summary_video","status":"failed","resourceType":"video","resourceId":null,"manifest":null,
   "error":{"code":"content_internal_error","message":"Scene plan could not be built"}}],
 "manifest":{"jobId":"#102","sourceType":"floco","title":"Market A1","outputs":[
  {"outputType":"interactive_module","resourceType":"module","resourceId":"#230","title":"Market A1 module",
   "urls":{"publicUrl":"@/module/fd04ad205f751c1f0c0e994b58ac4fc7"}}]}}
"""
EXPORTED = """
{"job":{"id":"#103","organizationId":"#1","sourceType":"tutorflow_ui","status":"completed",
  "requestedOutputs":["interactive_module"],"idempotencyKey":"standalone-lesson:00000000-0000-4000-8000-000000000030",
  "error":null,"createdAt":"2026-07-06T09:30:00.000Z","updatedAt":"2026-07-06T09:30:00.000Z",
  "completedAt":"2026-07-06T09:30:00.000Z"},
 "outputs":[
  {"id":"#140","outputType":"interactive_module","status":"completed","resourceType":"module","resourceId":"#30",
   "error":null,
   "manifest":{"title":"Ordering coffee","urls":{"publicUrl":"@/module/6220a030be5f7a8c4760d3e9b4d5d9ee"}}}],
 "manifest":{"jobId":"#103","sourceType":"tutorflow_ui","title":"Ordering coffee","outputs":[
  {"outputType":"interactive_module","resourceType":"module","resourceId":"#30","title":"Ordering coffee",
   "urls":{"publicUrl":"@/module/6220a030be5f7a8c4760d3e9b4d5d9ee"}}]}}
"""


@pytest.mark.requirement("CRE-001", "STAT-001", "STAT-007")
def test_the_example_of_create_and_of_a_processing_job() -> None:
    """12.3: the flat job with its rows, at its creation and one second later."""
    assert job_body(KITCHEN, jobs.at_creation(KITCHEN)) == shown(CREATED)
    assert job_body(KITCHEN, jobs.progress(KITCHEN, NOW + 1_000)) == shown(PROCESSING)


@pytest.mark.requirement("RES-001", "RES-003", "RES-004", "RES-011", "RES-012", "RES-013", "RES-016")
@pytest.mark.parametrize(
    ("job", "document"),
    [
        pytest.param(KITCHEN, COMPLETED, id="completed"),
        pytest.param(GARDEN, FAILED, id="failed"),
        pytest.param(MARKET, PARTIAL, id="partial"),
        pytest.param(COFFEE, EXPORTED, id="exported"),
    ],
)
def test_the_example_results(job: Job, document: str) -> None:
    """12.4 and 12.5: job, rows and combined manifest of a completed, a failed, a partly failed and an exported job."""
    assert result_body(job, jobs.progress(job, job.created_at + 4_000)) == shown(document)


@pytest.mark.requirement("RES-010")
def test_a_result_before_the_end_shows_nothing_finished() -> None:
    """S2: rows that are through show no resource yet, and the combined manifest lists none."""
    progress = jobs.progress(KITCHEN, NOW + 3_000)
    body = result_body(KITCHEN, progress)
    assert body["job"] == {
        **_job_of(shown(COMPLETED)),
        "status": "processing",
        "completedAt": None,
        "updatedAt": "2026-07-06T09:00:03.000Z",
    }
    assert body["outputs"] == job_body(KITCHEN, progress)["outputs"]
    assert [row["status"] for row in _rows_of(body)] == ["completed", "completed", "processing"]
    assert {row[name] for row in _rows_of(body) for name in ("resourceId", "manifest")} == {None}
    assert body["manifest"] == {"jobId": an_id(100), "sourceType": "source_json", "title": "Kitchen A1", "outputs": []}


def test_the_status_of_an_ended_job_agrees_with_its_result() -> None:
    """RES-002: the flat job has the fields and rows of the result."""
    progress = jobs.progress(KITCHEN, NOW + 4_000)
    result = result_body(KITCHEN, progress)
    assert job_body(KITCHEN, progress) == {**_job_of(result), "outputs": result["outputs"]}


def test_the_nested_shape_parts_the_job_from_its_rows() -> None:
    """C9: under `job.body=nested` the same members stand in `job` and `outputs`."""
    progress = jobs.progress(KITCHEN, NOW + 4_000)
    result = result_body(KITCHEN, progress)
    assert job_body(KITCHEN, progress, nested=True) == {"job": result["job"], "outputs": result["outputs"]}


def test_a_partial_failure_that_counts_as_completed_has_no_job_error() -> None:
    """S14, the other way: the job is completed, the row says what went wrong."""
    job = replace(MARKET, partial_is="completed")
    body = result_body(job, jobs.progress(job, job.created_at + 4_000))
    assert (_job_of(body)["status"], _job_of(body)["error"]) == ("completed", None)
    assert [row["status"] for row in _rows_of(body)] == ["completed", "failed"]


def test_errors_without_a_message_of_their_own_say_what_failed() -> None:
    """S15: code and message; the programme may set the code, and the message names the outputs at fault."""
    job = a_job(
        Programme(outcome="failed", failed_outputs=(MODULE, VIDEO), error_code="source_too_short"), (MODULE, VIDEO)
    )
    body = job_body(job, jobs.progress(job, NOW + 4_000))
    assert body["error"] == {
        "code": "source_too_short",
        "message": "Generation failed for interactive_module, summary_video",
    }
    assert [row["error"] for row in _rows_of(body)] == [
        {"code": "source_too_short", "message": "Generation failed for interactive_module"},
        {"code": "source_too_short", "message": "Generation failed for summary_video"},
    ]


def test_a_failed_row_of_a_processing_job_shows_its_error_at_once() -> None:
    """While the job works on, a row that failed says so; the job has no error before its end."""
    job = a_job(Programme(outcome="failed", failed_outputs=(MODULE,)))
    before = job_body(job, jobs.progress(job, NOW + 1_999))
    assert (_rows_of(before)[0]["status"], _rows_of(before)[0]["error"]) == ("processing", None)
    body = job_body(job, jobs.progress(job, NOW + 2_000))
    assert (body["status"], body["error"]) == ("processing", None)
    assert [row["status"] for row in _rows_of(body)] == ["failed", "processing", "queued"]
    assert [row["error"] is None for row in _rows_of(body)] == [False, True, True]


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ({"level": {"id": "kitchen-a1", "title": "Kitchen A1"}, "category": {"title": "At home"}}, "Kitchen A1"),
        ({"level": {"id": "kitchen-a1", "title": " "}, "category": "At home"}, "kitchen-a1"),
        ({"level": {"id": 5, "title": None}, "category": {"id": "home", "title": "At home"}}, "At home"),
        ({"level": "A1", "category": "At home"}, "At home"),
        ({"level": {}, "category": {}}, "Untitled source"),
        ({"level": [], "category": ["At home"]}, "Untitled source"),
        ({"level": None, "category": ""}, "Untitled source"),
        ({}, "Untitled source"),
    ],
)
def test_the_title_of_a_source(payload: dict[str, object], title: str) -> None:
    """S17: the level's title, else its id, else the category in either form; an odd payload still has a title."""
    assert source_title(payload) == title


def test_no_secret_of_the_source_reaches_a_body() -> None:
    """RES-015: neither the payload nor the organization's classroom is part of any answer."""
    text = json.dumps(
        [result_body(KITCHEN, jobs.progress(KITCHEN, NOW + 4_000)), job_body(KITCHEN, jobs.at_creation(KITCHEN))]
    )
    assert "level" not in text
    assert str(KITCHEN.classroom_id) not in text
    assert HARBOUR in text


def _job_of(body: object) -> dict[str, object]:
    """Return the job of a result body."""
    return cast("dict[str, dict[str, object]]", body)["job"]


def _rows_of(body: dict[str, object]) -> list[dict[str, object]]:
    """Return the rows of a body."""
    return cast("list[dict[str, object]]", body["outputs"])
