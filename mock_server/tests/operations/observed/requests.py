"""Observations of how requests are taken: `create.*`, `request.*`, `validation.*`."""

from mock_server.tests.operations.in_process import (
    CLASSROOM,
    EXPANSIONS,
    FOREIGN_CLASSROOM,
    KEY,
    OUTPUTS,
    PAYLOAD,
    Json,
    Mock,
)
from mock_server.tests.operations.observed.observation import CONFLICT, CREATED, FORBIDDEN, INVALID, MISSING, observes

MIB = 1 << 20


def sent_as(mock: Mock, media_type: str) -> tuple[int, str | None]:
    """Create an expansion whose body is declared as this."""
    return mock.create(None, {"Content-Type": media_type}).outcome


def sent_with_length(mock: Mock, length: int) -> tuple[int, str | None]:
    """Create an expansion with a body of exactly so many bytes."""
    return mock.send("POST", EXPANSIONS, KEY, raw=b'{"payload":{}}'.ljust(length)).outcome


@observes(
    "create.classroom-id",
    {
        "optional": {"left out": CREATED, "own": CREATED, "foreign": MISSING, "no UUID": INVALID},
        "required-400": {"left out": INVALID, "own": CREATED, "foreign": MISSING, "no UUID": INVALID},
        "ignored": {"left out": CREATED, "own": CREATED, "foreign": CREATED, "no UUID": CREATED},
    },
)
def classroom_id(mock: Mock) -> Json:
    """Expansions without a classroom, into one's own, into a foreign one, and into something that is none."""
    return {
        "left out": mock.create().outcome,
        "own": mock.create(classroomId=CLASSROOM).outcome,
        "foreign": mock.create(classroomId=FOREIGN_CLASSROOM).outcome,
        "no UUID": mock.create(classroomId="room 7").outcome,
    }


@observes("create.omitted-outputs", {"all": OUTPUTS, "module-only": OUTPUTS[:1], "reject-400": INVALID})
def omitted_outputs(mock: Mock) -> Json:
    """An expansion that names no outputs."""
    return mock.create().told("requestedOutputs")


@observes("create.empty-outputs", {"reject-400": INVALID, "as-omitted": OUTPUTS})
def empty_outputs(mock: Mock) -> Json:
    """An expansion that names an empty list of outputs."""
    return mock.create(requestedOutputs=[]).told("requestedOutputs")


@observes("create.unknown-output", {"reject-400": INVALID, "ignore": ["summary_video"]})
def unknown_output(mock: Mock) -> Json:
    """An expansion that asks for an MP4 besides a video."""
    return mock.create(requestedOutputs=["mp4", "summary_video"]).told("requestedOutputs")


@observes("create.duplicate-outputs", {"deduplicate": ["interactive_module", "expanded_quiz"], "reject-400": INVALID})
def duplicate_outputs(mock: Mock) -> Json:
    """An expansion that asks for a quiz twice, and for the module last."""
    return mock.create(requestedOutputs=["expanded_quiz", "expanded_quiz", "interactive_module"]).told(
        "requestedOutputs"
    )


@observes(
    "create.payload-validation",
    {
        "lenient": {"no level": CREATED, "odd level": CREATED, "no lessons": CREATED, "whole": CREATED},
        "strict": {"no level": INVALID, "odd level": INVALID, "no lessons": INVALID, "whole": CREATED},
    },
)
def payload_validation(mock: Mock) -> Json:
    """Payloads without a level, with a level that is a number, without lessons, and with everything."""
    level = {"id": "a1", "title": "A1", "lessons": [{"id": "l", "type": "quiz", "title": "Check"}]}
    return {
        "no level": mock.create(payload={}).outcome,
        "odd level": mock.create(payload={"level": 5}).outcome,
        "no lessons": mock.create(payload=PAYLOAD).outcome,
        "whole": mock.create(payload={"level": level}).outcome,
    }


@observes("create.unknown-lesson-type", {"accept": (CREATED, CREATED), "reject-400": (INVALID, CREATED)})
def unknown_lesson_type(mock: Mock) -> Json:
    """A lesson of a type that no guide knows, and one of FLOCO's."""
    lessons = ({"id": "l", "type": kind, "title": "Lesson"} for kind in ("karaoke", "term"))
    first, second = (mock.create(payload={"level": {"lessons": [lesson]}}).outcome for lesson in lessons)
    return first, second


@observes("create.unknown-fields", {"ignore": (200, None), "reject-400": (400, "#/colour")})
def unknown_fields(mock: Mock) -> Json:
    """An expansion with a colour beside its payload."""
    answer = mock.create(colour="blue")
    return answer.status, answer.headers.get("X-Mock-Error-Pointer")


@observes("create.foreign-classroom", {"not-found-404": MISSING, "forbidden-403": FORBIDDEN, "reject-400": INVALID})
def foreign_classroom(mock: Mock) -> Json:
    """An expansion into another organization's classroom."""
    return mock.create(classroomId=FOREIGN_CLASSROOM).outcome


@observes("create.same-content-open", {"allow": (CREATED, CREATED), "conflict-409": (CONFLICT, CREATED)})
def same_content_open(mock: Mock) -> Json:
    """The same payload under a second key, while its first job runs and when it has ended."""
    mock.create("first")
    while_open = mock.create("second").outcome
    mock.clock.advance(4)
    return while_open, mock.create("second").outcome


@observes(
    "request.max-body-bytes",
    {
        MIB: {"200": CREATED, "201": CREATED, "limit": CREATED, "above": (413, "content_invalid_request")},
        200: {
            "200": CREATED,
            "201": (413, "content_invalid_request"),
            "limit": (413, "content_invalid_request"),
            "above": (413, "content_invalid_request"),
        },
    },
)
def max_body_bytes(mock: Mock) -> Json:
    """Bodies of 200 bytes and one more, of a mebibyte and one more."""
    lengths = {"200": 200, "201": 201, "limit": MIB, "above": MIB + 1}
    return {name: sent_with_length(mock, length) for name, length in lengths.items()}


@observes("request.too-large", {"reject-413": (413, "content_invalid_request"), "reject-400": INVALID})
def too_large(mock: Mock) -> Json:
    """A body of a byte more than a mebibyte."""
    return sent_with_length(mock, MIB + 1)


@observes(
    "request.bad-media-type",
    {"reject-400": INVALID, "reject-415": (415, "content_invalid_request"), "accept": CREATED},
)
def bad_media_type(mock: Mock) -> Json:
    """A JSON body that is declared as plain text."""
    return sent_as(mock, "text/plain")


@observes(
    "request.wrong-method",
    {"not-found-404": (*MISSING, None), "method-not-allowed-405": (405, "content_invalid_request", "POST")},
)
def wrong_method(mock: Mock) -> Json:
    """A PUT where only POST is known, and what `Allow` says about it."""
    answer = mock.send("PUT", EXPANSIONS, KEY)
    return *answer.outcome, answer.headers.get("Allow")


@observes("request.duplicate-keys", {"reject-400": INVALID, "last-wins": "floco"})
def duplicate_keys(mock: Mock) -> Json:
    """A body that names its source type twice."""
    raw = b'{"payload":{},"sourceType":"source_json","sourceType":"floco"}'
    return mock.send("POST", EXPANSIONS, KEY, raw=raw).told("sourceType")


@observes("validation.status", {"reject-400": INVALID, "reject-422": (422, "content_invalid_request")})
def validation_status(mock: Mock) -> Json:
    """An expansion whose payload is a text."""
    return mock.create(payload="Kitchen A1").outcome
