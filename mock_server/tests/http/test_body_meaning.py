"""Well-formed JSON that says something else than it should: cases 35 to 56 of the bad-input catalogue."""

import json
from typing import Any

import pytest
from mock_server.tests.http.answer import check_created, check_refused
from mock_server.tests.http.api import EXPANSIONS, EXPORTS, NORMAL, UNKNOWN_ID, Api
from mock_server.tests.process import RunningServer

pytestmark = pytest.mark.usefixtures("then_a_normal_create_works")

ALL_OUTPUTS = ["interactive_module", "summary_video", "expanded_quiz"]
OWN_CLASSROOM = "00000000-0000-4000-8000-000000000010"
FOREIGN_CLASSROOM = "00000000-0000-4000-8000-000000000011"
FORGED_LINE = "2026-07-06T09:00:00Z ERROR a line that nobody logged"


def normal(**fields: Any) -> dict[str, Any]:
    """Return a request that is accepted as it is, with these fields changed."""
    return {**NORMAL, **fields}


def titled(title: str) -> dict[str, Any]:
    """Return a request for content with this title."""
    return normal(payload={"level": {"id": "a1", "title": title, "lessons": []}})


def finished_result(api: Api, admin: Api, document: dict[str, Any]) -> Any:
    """Create a job, move the clock to its end, and return its result."""
    job = check_created(api.create(document))
    assert admin.advance("PT5S").status == 200
    return api.get(f"{EXPANSIONS}/{job['id']}/result").json()


@pytest.mark.parametrize(
    "document",
    [
        pytest.param([], id="case_035_array"),
        pytest.param("x", id="case_035_string"),
        pytest.param(None, id="case_035_null"),
        pytest.param(1, id="case_035_number"),
        pytest.param(True, id="case_035_true"),
    ],
)
def test_the_body_is_an_object(api: Api, document: object) -> None:
    """Anything but an object at the top is refused, pointing at the whole document."""
    answer = api.create(document)
    check_refused(answer, 400)
    assert answer.headers["x-mock-error-pointer"] == "#"


@pytest.mark.requirement("CRE-004", "CRE-008", "CRE-009", "CRE-010", "IDEM-012")
@pytest.mark.parametrize(
    ("document", "naming"),
    [
        pytest.param({}, "payload", id="case_036_empty_object"),
        pytest.param(normal(sourceType=None), "sourceType", id="case_037_source_type_null"),
        pytest.param(normal(sourceType=1), "sourceType", id="case_037_source_type_number"),
        pytest.param(normal(sourceType=""), "sourceType", id="case_037_source_type_empty"),
        pytest.param(normal(requestedOutputs=[]), "requestedOutputs", id="case_038_outputs_empty"),
        pytest.param(normal(requestedOutputs=None), "requestedOutputs", id="case_038_outputs_null"),
        pytest.param(normal(requestedOutputs="summary_video"), "requestedOutputs", id="case_038_outputs_string"),
        pytest.param(normal(requestedOutputs=["podcast"]), "podcast", id="case_039_output_unknown"),
        pytest.param(normal(requestedOutputs=[*ALL_OUTPUTS, "podcast"]), "podcast", id="case_039_one_output_unknown"),
        pytest.param(normal(requestedOutputs=[1]), "requestedOutputs", id="case_039_output_number"),
        pytest.param(normal(requestedOutputs=[None]), "requestedOutputs", id="case_039_output_null"),
        pytest.param(normal(requestedOutputs=["Interactive_Module"]), "Interactive_Module", id="case_041_other_case"),
        pytest.param(normal(requestedOutputs=["interactive_module "]), "requestedOutputs", id="case_041_with_a_space"),
        pytest.param(normal(requestedOutputs=["summary_video"] * 9_999 + ["podcast"]), "podcast", id="case_042_last"),
        pytest.param(normal(requestedOutputs=["mp4"]), "mp4", id="case_043_mp4"),
        pytest.param(normal(requestedOutputs=["video_render"]), "video_render", id="case_043_video_render"),
        pytest.param({"sourceType": "floco"}, "payload", id="case_044_payload_missing"),
        pytest.param(normal(payload=None), "payload", id="case_044_payload_null"),
        pytest.param(normal(payload=[]), "payload", id="case_044_payload_array"),
        pytest.param(normal(payload="{}"), "payload", id="case_044_payload_string"),
        pytest.param(normal(payload=1), "payload", id="case_044_payload_number"),
        pytest.param(normal(payload=False), "payload", id="case_044_payload_false"),
        pytest.param(normal(idempotencyKey=1), "idempotencyKey", id="case_055_key_number"),
        pytest.param(normal(idempotencyKey=""), "idempotencyKey", id="case_055_key_empty"),
        pytest.param(normal(idempotencyKey="k" * 256), "idempotencyKey", id="case_055_key_of_256_characters"),
        pytest.param(normal(classroomId="evening"), "classroomId", id="case_056_classroom_no_uuid"),
        pytest.param(normal(classroomId=10), "classroomId", id="case_056_classroom_number"),
        pytest.param(normal(classroomId=f"{{{OWN_CLASSROOM}}}"), "classroomId", id="case_056_classroom_in_braces"),
        pytest.param(normal(classroomId=f"{OWN_CLASSROOM}\n"), "classroomId", id="case_056_classroom_line_feed"),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(api: Api, document: object, naming: str) -> None:
    """The message names the field, or the value that is not supported; the answer is the same every time."""
    answer = api.create(document)
    check_refused(answer, 400, naming=naming)
    assert answer.message.startswith("Validation failed: ")
    assert api.create(document).body == answer.body


def test_a_message_repeats_no_long_value(api: Api) -> None:
    """At most 64 characters of what was sent come back."""
    answer = api.create(normal(requestedOutputs=["x" * 5_000]))
    check_refused(answer, 400, naming="requestedOutputs")
    assert "x" * 65 not in answer.message


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, "source_json", id="case_037_missing"),
        pytest.param({"sourceType": "floco"}, "floco", id="case_037_floco"),
        pytest.param({"sourceType": "숙제 📝 v2"}, "숙제 📝 v2", id="case_037_any_other_text"),
    ],
)
@pytest.mark.requirement("CRE-006", "CRE-007", "HTTP-002")
def test_source_type_is_any_text_and_comes_back(api: Api, fields: dict[str, Any], expected: str) -> None:
    """`sourceType` is echoed unchanged and defaults to `source_json`."""
    assert check_created(api.create(normal(**fields)))["sourceType"] == expected


@pytest.mark.parametrize(
    ("outputs", "rows"),
    [
        pytest.param(None, ALL_OUTPUTS, id="case_038_missing"),
        pytest.param(["expanded_quiz", "interactive_module"], ["interactive_module", "expanded_quiz"], id="order"),
        pytest.param(["summary_video", "summary_video"], ["summary_video"], id="case_040_duplicate"),
        pytest.param(ALL_OUTPUTS * 3_333 + ["summary_video"], ALL_OUTPUTS, id="case_042_ten_thousand"),
    ],
)
@pytest.mark.requirement("CRE-003", "CRE-005", "CRE-011", "STAT-007")
def test_each_requested_output_has_one_row(api: Api, outputs: list[str] | None, rows: list[str]) -> None:
    """Rows stand in canonical order, one per type; without a choice there are all three."""
    document = normal(requestedOutputs=outputs)
    if outputs is None:
        del document["requestedOutputs"]
    job = check_created(api.create(document))
    assert [row["outputType"] for row in job["outputs"]] == rows
    assert job["requestedOutputs"] == rows


def lesson(kind: str, **content: Any) -> dict[str, Any]:
    """Return a payload with one lesson."""
    return {"level": {"id": "a1", "title": "A1", "lessons": [{"id": "l1", "type": kind, "title": "One", **content}]}}


@pytest.mark.requirement("CRE-017", "CRE-018")
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({}, id="case_045_empty_payload"),
        pytest.param({"level": 5}, id="case_045_level_number"),
        pytest.param({"level": {"lessons": []}}, id="case_045_no_lessons"),
        pytest.param(lesson("term", terms=[]), id="case_045_no_terms"),
        pytest.param(lesson("karaoke", songs=["La mer"]), id="case_045_unknown_lesson_type"),
        pytest.param(lesson("vocabulary", terms=[{"term": "x"}]), id="case_045_dialects_mixed"),
        pytest.param({"__proto__": {"admin": True}}, id="case_046_proto"),
        pytest.param({"constructor": {"prototype": {}}}, id="case_046_constructor"),
        pytest.param({"toString": "x", "hasOwnProperty": 1, "__class__": "x"}, id="case_046_to_string"),
        pytest.param({"level": {"title": "t" * 100_001}}, id="case_047_title_of_100001_characters"),
        pytest.param(lesson("review") | {"id": "../../etc/passwd"}, id="case_051_dots"),
        pytest.param(lesson("review", id="%2e%2e%2f%2e%2e"), id="case_051_encoded_dots"),
        pytest.param(lesson("review", id="C:\\Windows\\x"), id="case_051_drive"),
        pytest.param(lesson("review", id="i" * 300), id="case_051_id_of_300_characters"),
    ],
)
def test_inside_the_payload_anything_goes(api: Api, payload: object) -> None:
    """The payload is the input of record: its shape is not judged, and its names and ids are plain data."""
    job = check_created(api.create(normal(payload=payload)))
    assert api.get(f"{EXPANSIONS}/{job['id']}").status == 200


def test_case_047_a_title_beyond_the_limit_of_the_body(api: Api) -> None:
    """A body over the limit is 413, whatever it says."""
    check_refused(api.create(titled("t" * 1_048_576)), 413)


@pytest.mark.requirement("HTTP-002")
@pytest.mark.parametrize(
    "title",
    [
        pytest.param("<script>alert(1)</script>", id="case_048_script"),
        pytest.param("{{7*7}}", id="case_048_braces"),
        pytest.param("${7*7}", id="case_048_dollar"),
        pytest.param("=cmd|' /C calc'!A0", id="case_048_formula"),
        pytest.param("%s %d %(x)s {0} \\n", id="case_048_format_marks"),
        pytest.param("\u202eegg\u202c and \u2066isolated\u2069", id="case_049_right_to_left_override"),
        pytest.param("zero\u200bwidth\u200djoined\ufeff", id="case_049_zero_width"),
        pytest.param("a" + "\u0301" * 1_000, id="case_049_thousand_combining_marks"),
        pytest.param(
            "👩🏽\u200d🚀 🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f 🇰🇷", id="case_049_emoji"
        ),
        pytest.param("e\u0301 is not \u00e9", id="case_049_not_normalised"),
        pytest.param(f"A1\r\n{FORGED_LINE}", id="case_050_forged_log_line"),
        pytest.param("tab\there \u0085 \u2028 \u2029 \x1b[31mred\x07", id="case_050_controls"),
    ],
)
def test_a_title_comes_back_verbatim(api: Api, admin: Api, server: RunningServer, title: str) -> None:
    """A title is text: nothing in it is run, escaped, normalised or cut, and it forges no line of the log."""
    result = finished_result(api, admin, titled(title))
    assert result["manifest"]["title"] == title
    assert [title in row["manifest"]["title"] for row in result["outputs"]] == [True]
    assert not any(line.startswith(FORGED_LINE) for line in server.stderr().splitlines())


@pytest.mark.requirement("CRE-012", "CRE-022")
def test_case_052_fields_that_a_client_cannot_set(api: Api) -> None:
    """Unknown fields and fields of the answer are ignored: id, state and owner are the server's."""
    sent = {
        "colour": "blue",
        "id": UNKNOWN_ID,
        "status": "completed",
        "organizationId": UNKNOWN_ID,
        "completedAt": "2020-01-01T00:00:00.000Z",
        "createdAt": "2020-01-01T00:00:00.000Z",
        "error": {"code": "x", "message": "x"},
        "outputs": [{"outputType": "summary_video", "status": "completed"}],
    }
    job = check_created(api.create(normal(**sent)))
    assert {name: job[name] for name in ("status", "completedAt", "error")} == {
        "status": "queued",
        "completedAt": None,
        "error": None,
    }
    assert UNKNOWN_ID not in (job["id"], job["organizationId"])
    assert not job["createdAt"].startswith("2020")
    assert [row["outputType"] for row in job["outputs"]] == ["interactive_module"]
    assert "colour" not in job


def export_path(classroom: str) -> str:
    """Return the export route of a classroom."""
    return f"/v1/content/classrooms/{classroom}/integrations/exports"


@pytest.mark.requirement("EXP-004", "EXP-005")
@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        pytest.param(EXPORTS, {}, 400, id="case_053_lesson_missing"),
        pytest.param(EXPORTS, {"lessonId": 30}, 400, id="case_053_lesson_number"),
        pytest.param(EXPORTS, {"lessonId": ""}, 400, id="case_053_lesson_empty"),
        pytest.param(EXPORTS, {"lessonId": "no-such-lesson"}, 404, id="case_053_lesson_unknown"),
        pytest.param(EXPORTS, {"lessonId": "lighthouse-lesson-id"}, 404, id="case_053_lesson_of_another_classroom"),
        pytest.param(export_path(FOREIGN_CLASSROOM), {"lessonId": "lighthouse-lesson-id"}, 403, id="case_053_foreign"),
        pytest.param(export_path(UNKNOWN_ID), {"lessonId": "standalone-lesson-id"}, 403, id="case_053_unknown"),
    ],
)
def test_an_export_that_cannot_be(admin: Api, path: str, document: object, status: int) -> None:
    """A missing lesson field is 400, an unknown lesson 404, a classroom that is not the admin's 403."""
    check_refused(admin.post(path, document), status, naming="lessonId" if status == 400 else "")


def test_foreign_and_unknown_classrooms_cannot_be_told_apart(admin: Api) -> None:
    """The 403 is the same byte by byte, so that it says nothing about what exists."""
    foreign, unknown = (
        admin.post(export_path(classroom), {"lessonId": "standalone-lesson-id"})
        for classroom in (FOREIGN_CLASSROOM, UNKNOWN_ID)
    )
    assert foreign.body == unknown.body


@pytest.mark.requirement("IDEM-004")
def test_case_054_the_header_beats_the_body(api: Api) -> None:
    """With two different keys the header's is taken, and a warning says that they differ."""
    both = api.create(normal(idempotencyKey="case-054-body"), Idempotency_Key="case-054-header")
    job = check_created(both)
    assert "key-conflict" in both.headers["x-mock-warnings"]
    assert job["idempotencyKey"] == "case-054-header"
    assert check_created(api.create(normal(idempotencyKey="case-054-header")))["id"] == job["id"]
    assert check_created(api.create(Idempotency_Key="case-054-body"))["id"] != job["id"]


def test_case_055_a_key_of_255_characters(api: Api) -> None:
    """The longest key is accepted in the body as in the header."""
    first = check_created(api.create(normal(idempotencyKey="b" * 255)))
    assert check_created(api.create(Idempotency_Key="b" * 255))["id"] == first["id"]


@pytest.mark.requirement("CRE-023")
@pytest.mark.parametrize(
    "classroom",
    [
        pytest.param(FOREIGN_CLASSROOM, id="case_056_foreign"),
        pytest.param(UNKNOWN_ID, id="case_056_unknown"),
    ],
)
def test_a_classroom_of_nobody_here_makes_no_job(api: Api, classroom: str) -> None:
    """A classroom outside the organization is 404, and the key of the refused call stays free."""
    key = f"case-056-{classroom}"
    check_refused(api.create(normal(classroomId=classroom), Idempotency_Key=key), 404)
    assert api.create(Idempotency_Key=key).headers["x-mock-idempotency"] == "new"


def test_case_056_the_own_classroom(api: Api, server: RunningServer) -> None:
    """The organization's classroom is accepted; without one the create works as well."""
    check_created(api.create(normal(classroomId=server.classroom_id)))
    assert "classroomId" not in NORMAL
    check_created(api.create_raw(json.dumps(NORMAL).encode()))
