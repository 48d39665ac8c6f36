"""What an expansion may ask for: dialects, defaults, unknown fields, and messages that name what is wrong."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from mock_server.tests.operations.in_process import (
    CLASSROOM,
    EXPANSIONS,
    KEY,
    NOBODYS,
    ORGANIZATION,
    OUTPUTS,
    Json,
    Mock,
)

from tutorflow_mock.domain.model import Classroom, Session

GENERIC = {"id": "k1", "type": "vocabulary", "title": "Tools", "items": [{"term": "ladle", "meaning": "a deep spoon"}]}
FLOCO = {"id": "k1", "type": "term", "title": "Tools", "terms": [{"term": "ladle", "meaning": "a deep spoon"}]}


def level(*lessons: Json, **members: Json) -> Mapping[str, Json]:
    """Return a payload of these lessons."""
    return {"level": {"id": "kitchen-a1", "title": "Kitchen A1", "lessons": list(lessons), **members}}


@pytest.mark.requirement("CRE-017", "CRE-018", "CRE-007")
@pytest.mark.parametrize(
    "payload",
    [
        {"category": "Home", **level(FLOCO)},
        {"category": {"id": "home", "title": "Home"}, "language": "en", **level(GENERIC)},
        level(GENERIC, FLOCO),
        {"language": "ko", "source_system": {"nested": [1, {"deep": None}]}, **level({**GENERIC, "audio": "a.mp3"})},
        level({"id": "x", "type": "karaoke"}),
        {"level": 5},
        {},
    ],
)
def test_dialects_and_unknown_fields_are_taken(payload: Json) -> None:
    """Both dialects, both forms of `category`, no `language`, fields that no guide knows, odd payloads: all taken."""
    created = Mock().create(payload=payload, sourceType="floco")
    assert created.outcome == (200, None)
    assert created.job["sourceType"] == "floco"


@pytest.mark.requirement("CRE-005", "CRE-006")
def test_what_is_left_out_is_filled_in() -> None:
    """Only a payload: the source type is `source_json`, the outputs are all three, there is no key."""
    job = Mock().create().job
    assert (job["sourceType"], job["requestedOutputs"], job["idempotencyKey"]) == ("source_json", OUTPUTS, None)


@pytest.mark.requirement("STAT-007", "LIFE-010", "RES-016", "CRE-011")
@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        (["expanded_quiz", "interactive_module"], ["interactive_module", "expanded_quiz"]),
        (["summary_video", "summary_video"], ["summary_video"]),
        (list(reversed(OUTPUTS)), OUTPUTS),
    ],
)
def test_outputs_stand_in_priority_order(wanted: list[str], made: list[str]) -> None:
    """Whatever the order of the request, rows come in the order in which they are generated, each once."""
    job = Mock().create(requestedOutputs=wanted).json()
    assert job["requestedOutputs"] == made
    assert [row["outputType"] for row in job["outputs"]] == made


@pytest.mark.requirement("CRE-012", "CRE-022")
def test_what_belongs_to_the_server_has_no_effect() -> None:
    """Members such as `id` or `status` in a request are unknown fields like any other."""
    theirs: dict[str, Json] = {
        "id": NOBODYS,
        "status": "completed",
        "organizationId": NOBODYS,
        "outputs": [],
        "completedAt": "now",
    }
    sent = Mock().create(**theirs, colour="blue").json()
    plain = Mock().create().json()
    assert sent == plain
    assert sent["organizationId"] == ORGANIZATION


@pytest.mark.requirement("HTTP-002", "LIFE-012")
@pytest.mark.parametrize("title", ["الدرس الأول", "第一課 キッチン", "Cuisine 👩‍🍳", "e\u0301te\u0301", "שיעור"])
def test_text_comes_back_unchanged(title: str) -> None:
    """Source type, key and title are repeated character by character, in raw UTF-8."""
    mock = Mock()
    job = mock.create(idempotencyKey=title, sourceType=title, payload={"level": {"title": title}}).job
    mock.clock.advance(4)
    result = mock.result(job["id"])
    assert (job["sourceType"], job["idempotencyKey"], result.json()["manifest"]["title"]) == (title, title, title)
    assert title.encode() in result.body
    assert b"mp4" not in result.body.lower()


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ({"level": {"title": "Kitchen A1", "id": "a1"}, "category": "Home"}, "Kitchen A1"),
        ({"level": {"title": " ", "id": "a1"}, "category": "Home"}, "a1"),
        ({"level": {"title": 5}, "category": {"id": "home", "title": "At home"}}, "At home"),
        ({"level": [], "category": "Home"}, "Home"),
        ({}, "Untitled source"),
    ],
)
def test_the_source_title(payload: Json, title: str) -> None:
    """The manifest bears the level's title, else its id, else the category."""
    mock = Mock(programme="immediate")
    manifest = mock.result(mock.create(payload=payload).job["id"]).json()["manifest"]
    assert (manifest["title"], manifest["outputs"][0]["title"]) == (title, f"{title} module")


@pytest.mark.requirement(
    "CRE-008", "CRE-009", "CRE-010", "CRE-004", "ERR-012", "ERR-001", "ERR-002", "ERR-003", "ERR-004"
)
@pytest.mark.parametrize(
    ("body", "message", "pointer"),
    [
        ({}, "payload is required", "#/payload"),
        ({"payload": None}, "payload must be an object", "#/payload"),
        ({"payload": []}, "payload must be an object", "#/payload"),
        ({"payload": "{}"}, "payload must be an object", "#/payload"),
        ({"payload": {}, "requestedOutputs": []}, "requestedOutputs must not be empty", "#/requestedOutputs"),
        (
            {"payload": {}, "requestedOutputs": ["summary_video", "mp4"]},
            "requestedOutputs[1] must be one of interactive_module, summary_video, expanded_quiz, not 'mp4'",
            "#/requestedOutputs/1",
        ),
        ({"payload": {}, "requestedOutputs": "all"}, "requestedOutputs must be an array", "#/requestedOutputs"),
        ({"payload": {}, "sourceType": ""}, "sourceType must not be empty", "#/sourceType"),
        ({"payload": {}, "sourceType": None}, "sourceType must be a string", "#/sourceType"),
        ({"payload": {}, "idempotencyKey": ""}, "idempotencyKey must not be empty", "#/idempotencyKey"),
        ({"payload": {}, "classroomId": 10}, "classroomId must be a string", "#/classroomId"),
        ([], "body must be an object", "#"),
        ("text", "body must be an object", "#"),
    ],
)
def test_a_refusal_names_the_field(body: Json, message: str, pointer: str) -> None:
    """The message says what is wrong where; the mock's own header points at it."""
    refused = Mock().send("POST", EXPANSIONS, KEY, body=body)
    assert refused.error == {
        "code": "content_invalid_request",
        "message": f"Validation failed: {message}",
        "status": refused.status,
    }
    assert (refused.status, refused.headers["X-Mock-Error-Pointer"]) == (400, pointer)


NOT_JSON = {
    "nothing": (b"", "malformed-json"),
    "cut": (b'{"payload":{}', "malformed-json"),
    "a tail": (b'{"payload":{}}x', "malformed-json"),
    "single quotes": (b"{'payload':{}}", "malformed-json"),
    "NaN": (b'{"payload":{"a":NaN}}', "malformed-json"),
    "-Infinity": (b'{"payload":{"a":-Infinity}}', "malformed-json"),
    "1e400": (b'{"payload":{"a":1e400}}', "number-out-of-range"),
    "5000 digits": (b'{"payload":{"a":' + b"9" * 5_000 + b"}}", "number-out-of-range"),
    "a name twice": (b'{"payload":{"a":1,"a":1}}', "duplicate-key"),
    "half an escape": (b'{"payload":{"a":"\\ud800"}}', "invalid-encoding"),
    "a raw surrogate": (b'{"payload":{"a":"\xed\xa0\x80"}}', "invalid-encoding"),
    "a byte order mark": (b'\xef\xbb\xbf{"payload":{}}', "malformed-json"),
    "UTF-16": ('{"payload":{}}'.encode("utf-16"), "invalid-encoding"),
    "65 levels": (b'{"payload":' + b"[" * 64 + b"]" * 64 + b"}", "too-deep"),
    "100 000 levels": (b"[" * 100_000, "too-deep"),
}


@pytest.mark.requirement("CRE-013", "HTTP-003", "ERR-011")
@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_no_json_is_refused(name: str) -> None:
    """400 in the envelope with the reason, no job, and an ordinary create works next."""
    raw, reason = NOT_JSON[name]
    mock = Mock()
    refused = mock.send("POST", EXPANSIONS, KEY, raw=raw)
    assert (refused.outcome, refused.reason) == ((400, "content_invalid_request"), reason)
    assert mock.world.store.jobs("default") == ()
    assert mock.create().outcome == (200, None)


def test_the_first_of_several_faults_is_told() -> None:
    """The message is about the first fault in the order of the text; the pointers name them all, in that order."""
    mock = Mock()
    raw = b'{"idempotencyKey":5,"requestedOutputs":[],"payload":{},"sourceType":""}'
    refused = mock.send("POST", EXPANSIONS, KEY, raw=raw)
    assert refused.error is not None
    assert refused.error["message"] == "Validation failed: idempotencyKey must be a string"
    assert refused.headers["X-Mock-Error-Pointer"] == "#/idempotencyKey, #/requestedOutputs, #/sourceType"


@pytest.mark.requirement("CRE-023")
def test_a_classroom_of_the_organization_is_taken() -> None:
    """A classroom is found by its UUID, whose letters have no case."""
    mock, room = Mock(), Classroom("abcdef00-0000-4000-8000-0000000000ab", ORGANIZATION, "Late readers")

    def add_room(session: Session) -> Session:
        rooms = {**session.directory.classrooms, room.id: room}
        return replace(session, directory=replace(session.directory, classrooms=rooms))

    mock.world.store.change_session("default", add_room)
    for classroom_id in (CLASSROOM, room.id, room.id.upper()):
        assert mock.create(classroomId=classroom_id).status == 200
    assert [job.classroom_id for job in mock.world.store.jobs("default")] == [room.id, room.id, CLASSROOM]


def test_without_a_classroom_the_first_one_is_meant() -> None:
    """The organization's default classroom takes the job, also where the field is ignored."""
    for behaviour in ("optional", "ignored"):
        mock = Mock({"create.classroom-id": behaviour})
        mock.create()
        assert [job.classroom_id for job in mock.world.store.jobs("default")] == [CLASSROOM]


def test_unknown_outputs_alone_are_no_request() -> None:
    """Where unknown outputs are ignored, one that names nothing else is still refused."""
    refused = Mock({"create.unknown-output": "ignore"}).create(requestedOutputs=["mp4"])
    assert (refused.outcome, refused.headers["X-Mock-Error-Pointer"]) == (
        (400, "content_invalid_request"),
        "#/requestedOutputs",
    )


def test_an_empty_list_that_counts_as_omitted_is_refused_where_omitting_is() -> None:
    """`empty-outputs=as-omitted` hands the question on to `omitted-outputs`."""
    given = {"create.empty-outputs": "as-omitted"}
    for omitted, outcome in (("all", 200), ("module-only", 200), ("reject-400", 400)):
        mock = Mock({**given, "create.omitted-outputs": omitted})
        assert mock.create(requestedOutputs=[]).status == outcome, omitted


@pytest.mark.requirement("KEY-014", "KEY-015", "HOOK-016")
def test_failed_validation_has_one_number() -> None:
    """Under `validation.status=reject-422` every `reject-400` is a 422, and what cannot be read stays a 400."""
    mock = Mock(
        {
            "validation.status": "reject-422",
            "idempotency.missing-key": "reject-400",
            "create.foreign-classroom": "reject-400",
            "job.malformed-id": "reject-400",
            "export.unknown-lesson": "reject-400",
            "request.too-large": "reject-400",
        }
    )
    failed = [
        mock.create("k", payload=5),
        mock.create(),
        mock.create("k", classroomId="00000000-0000-4000-8000-000000000011"),
        mock.status("job-7"),
        mock.export("k", lesson="no-such-lesson"),
        mock.create("k", {"Content-Type": "text/plain"}),
        mock.send("POST", EXPANSIONS, KEY, raw=b" " * ((1 << 20) + 1)),
        mock.send("POST", EXPANSIONS, KEY, raw=b'{"payload":{},"payload":{}}'),
        mock.create(None, {"Idempotency-Key": ""}),
        mock.new_key(""),
        mock.subscribe("nowhere"),
        mock.subscribe("http://hooks.example/"),
    ]
    assert [answer.outcome for answer in failed] == [(422, "content_invalid_request")] * len(failed)
    unreadable = [
        mock.send("POST", EXPANSIONS, KEY, raw=b"{"),
        mock.create("k", {"Content-Encoding": "gzip"}),
        mock.send("POST", EXPANSIONS, KEY, raw=b'"\xff"'),
    ]
    assert [answer.outcome for answer in unreadable] == [(400, "content_invalid_request")] * len(unreadable)


@pytest.mark.requirement("CRE-014")
@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json;charset="UTF-8"', 200),
        ("application/json; charset=utf8; version=1", 200),
        ("application/json; version=1", 200),
        ("application/json; charset=utf-16", 400),
        ("application/json; charset=latin-1", 400),
        ("application/problem+json", 400),
        ("application/jsonp", 400),
        ("text/json", 400),
        ("application/x-www-form-urlencoded", 400),
        ("", 400),
    ],
)
def test_which_media_types_are_json(media_type: str, status: int) -> None:
    """`application/json` in any case counts, with any parameters but another charset."""
    assert Mock().create(None, {"Content-Type": media_type}).status == status


@pytest.mark.parametrize(
    ("coding", "status"), [("identity", 200), ("Identity", 200), ("gzip", 400), ("br", 400), ("", 400)]
)
def test_which_codings_are_taken(coding: str, status: int) -> None:
    """A body comes as it is; nothing is inflated."""
    assert Mock().create(None, {"Content-Encoding": coding}).status == status


def test_a_call_without_a_body_needs_no_media_type() -> None:
    """Where no body is expected, what comes is not looked at."""
    mock = Mock()
    key_id = mock.new_key().json()["keyId"]
    answer = mock.send(
        "POST",
        f"/v1/content/organizations/{ORGANIZATION}/api-keys/{key_id}/revoke",
        {"Cookie": "jwt=demo-admin", "Content-Type": "text/plain"},
        raw=b"please",
    )
    assert answer.outcome == (200, None)
