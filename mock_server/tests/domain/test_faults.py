"""The catalogue of faults, and what each makes of an answer or of the state that a read shows."""

import json
from typing import Any

import pytest
from mock_server.tests.domain.samples import NOW, OUTPUT_TYPES, QUIZ, SECOND, a_job

from tutorflow_mock.domain import jobs, spoiling, views
from tutorflow_mock.domain.errors import InternalError, RateLimitExceeded
from tutorflow_mock.domain.faults import BY_KEBAB, FAULTS, GATEWAY_PAGES, Injected, read_options, wire_value
from tutorflow_mock.domain.jobs import Progress
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.results import job_body, result_body
from tutorflow_mock.domain.steering_errors import NeedsWireFaults, SteeringError, UnknownMember
from tutorflow_mock.domain.strict_json import compact

WIRE = {
    *("LOST_RESPONSE", "CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE"),
    *("MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE", "DRIBBLE"),
}
END = NOW + 4 * SECOND
JOB = a_job()


def injected(name: str, **options: Any) -> Injected:
    """Return a fault with options as a rule would have them."""
    return Injected(FAULTS[name], read_options(FAULTS[name], options))


def spoilt(name: str, value: object) -> Any:
    """Return what a fault makes of a JSON answer."""
    return json.loads(spoiling.spoil(injected(name), compact(value).encode()).body)


def status_at(instant: int) -> dict[str, Any]:
    """Return the status answer at an instant."""
    return job_body(JOB, jobs.progress(JOB, instant))


def result_at(instant: int) -> dict[str, Any]:
    """Return the result at an instant."""
    return result_body(JOB, jobs.progress(JOB, instant))


def test_faults_of_the_connection() -> None:
    """These and no others need somebody who stands on the port."""
    assert {fault.name for fault in FAULTS.values() if fault.needs_wire} == WIRE


@pytest.mark.parametrize(
    ("keeps_job", "names"),
    [
        (
            False,
            {
                *("CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "RANDOM_DATA_THEN_CLOSE", "GATEWAY_ERROR", "TIMEOUT"),
                *("INTERNAL_ERROR", "RATE_LIMITED", "IDEMPOTENCY_IN_FLIGHT"),
            },
        ),
        (None, {"NOT_YET_VISIBLE", "STALE_READ", "RESULT_LATE", "STATUS_FLAPPING", "MISSING_MANIFEST"}),
    ],
)
def test_which_faults_keep_no_job(keeps_job: bool | None, names: set[str]) -> None:  # noqa: FBT001 - a column
    """A job is made where a fault acts on the answer, not where it acts before, and reads do not make any."""
    assert {fault.name for fault in FAULTS.values() if fault.keeps_job is keeps_job} == names
    assert all(fault.moment == "after" for fault in FAULTS.values() if fault.keeps_job)


def test_both_spellings() -> None:
    """Rules write capitals, preferences small letters."""
    assert {FAULTS[name].kebab: name for name in FAULTS} == {kebab: fault.name for kebab, fault in BY_KEBAB.items()}
    assert BY_KEBAB["lost-response"].name == "LOST_RESPONSE"


@pytest.mark.parametrize(
    ("name", "operation", "acts"),
    [
        *(("STALE_READ", "getExpansion", True), ("STALE_READ", "createExpansion", False)),
        *(("RESULT_LATE", "getExpansionResult", True), ("IDEMPOTENCY_IN_FLIGHT", "exportContent", True)),
        *(("TIMEOUT", "login", True), ("LOST_RESPONSE", "deleteWebhook", True)),
    ],
)
def test_where_a_fault_acts(name: str, operation: str, acts: bool) -> None:  # noqa: FBT001 - a column of the table
    """Some faults mean something on certain operations only."""
    assert FAULTS[name].acts_on(operation) is acts


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("DRIBBLE", {"numberOfChunks": 3, "totalDuration": 60_000}, {"numberOfChunks": 3, "totalDuration": 60_000}),
        ("GATEWAY_ERROR", {"status": "gateway-timeout"}, {"status": "gateway-timeout"}),
        ("NOT_YET_VISIBLE", {"reads": 2, "for": "PT5S"}, {"reads": 2, "for": 5_000}),
        ("RATE_LIMITED", {"retryAfter": 0}, {"retryAfter": 0}),
        ("STALE_READ", {}, {}),
    ],
)
def test_options(name: str, given: dict[str, Any], read: dict[str, Any]) -> None:
    """A fault has options of its own; durations become milliseconds."""
    assert read_options(FAULTS[name], given) == read


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        *(("DRIBBLE", [], "options"), ("DRIBBLE", {"numberOfChunks": 0}, "options.numberOfChunks")),
        *(("DRIBBLE", {"totalDuration": True}, "options.totalDuration"), ("TIMEOUT", {"milliseconds": 1.5}, None)),
        *(("GATEWAY_ERROR", {"status": 502}, "options.status"), ("GATEWAY_ERROR", {"status": "ok"}, "options.status")),
        *(("RESULT_LATE", {"for": 5}, "options.for"), ("RESULT_LATE", {"for": "5"}, "options.for")),
    ],
)
def test_bad_options_are_refused(name: str, given: object, field: str | None) -> None:
    """The error names the option."""
    with pytest.raises(SteeringError) as refusal:
        read_options(FAULTS[name], given)
    assert refusal.value.field == (field or "options.milliseconds")
    assert refusal.value.problem == "invalid-field"


@pytest.mark.parametrize(
    ("name", "told"),
    [("STALE_READ", "it has no options"), ("DRIBBLE", "its options are numberOfChunks, totalDuration")],
)
def test_unknown_options_are_refused(name: str, told: str) -> None:
    """A typo must not pass as a default."""
    with pytest.raises(UnknownMember, match=told) as refusal:
        read_options(FAULTS[name], {"chunks": 3})
    assert (refusal.value.problem, refusal.value.field) == ("unknown-field", "options.chunks")


@pytest.mark.parametrize(
    ("name", "options", "value"),
    [
        ("LOST_RESPONSE", {}, "lost-response"),
        ("DRIBBLE", {}, "dribble 5 1000"),
        ("DRIBBLE", {"numberOfChunks": 2, "totalDuration": 40}, "dribble 2 40"),
    ],
)
def test_what_the_relay_is_told(name: str, options: dict[str, Any], value: str) -> None:
    """A fault of the connection travels to the relay in one header."""
    assert wire_value(injected(name, **options)) == value


def test_the_missing_relay_is_named() -> None:
    """Who asks for such a fault without the relay is told the flag."""
    refusal = NeedsWireFaults("fault", "LOST_RESPONSE")
    assert (refusal.problem, refusal.field) == ("needs-wire-faults", "fault")
    assert "--wire-faults" in str(refusal)


def test_errors_of_the_api() -> None:
    """Two faults are the API's own refusals."""
    assert isinstance(spoiling.refusal(injected("INTERNAL_ERROR")), InternalError)
    limited = spoiling.refusal(injected("RATE_LIMITED", retryAfter=7))
    assert isinstance(limited, RateLimitExceeded)
    assert limited.headers == (("Retry-After", "7"),)
    assert spoiling.refusal(injected("TIMEOUT")) is None


@pytest.mark.parametrize("status", GATEWAY_PAGES)
def test_pages_of_a_gateway(status: str) -> None:
    """A gateway knows no envelope: it answers HTML."""
    page = spoiling.page(injected("GATEWAY_ERROR", status=status))
    assert page.status == status
    assert GATEWAY_PAGES[status].encode() in page.body
    assert spoiling.page(injected("GATEWAY_ERROR")).status == "bad-gateway"


def test_silence() -> None:
    """A timeout lasts a minute, or as long as it is told."""
    assert spoiling.silence(injected("TIMEOUT")) == 60_000
    assert spoiling.silence(injected("TIMEOUT", milliseconds=250)) == 250


def test_half_of_the_body() -> None:
    """What is left is no JSON any more."""
    body = compact(status_at(END)).encode()
    left, media_type = spoiling.spoil(injected("TRUNCATED_JSON"), body)
    assert body.startswith(left)
    assert (len(left), media_type) == (len(body) // 2, None)
    with pytest.raises(ValueError, match=r"utf-8|Unterminated|Expecting"):
        json.loads(left)


def test_another_content_type() -> None:
    """The body is right, and called HTML."""
    assert spoiling.spoil(injected("WRONG_CONTENT_TYPE"), b"{}") == (b"{}", "text/html; charset=utf-8")


@pytest.mark.parametrize("name", ["UNKNOWN_STATUS", "EXTRA_FIELDS", "MISSING_MANIFEST", "LOST_RESPONSE", "STALE_READ"])
@pytest.mark.parametrize("body", [b"", b"[]", b"5"])
def test_bodies_that_a_fault_cannot_hit(name: str, body: bytes) -> None:
    """They leave as they came."""
    assert spoiling.spoil(injected(name), body) == (body, None)


def test_an_unknown_status() -> None:
    """The job is paused, wherever it stands in the answer; an error has no such status."""
    assert spoilt("UNKNOWN_STATUS", status_at(NOW)) == {**status_at(NOW), "status": "paused"}
    result = result_at(END)
    assert spoilt("UNKNOWN_STATUS", result) == {**result, "job": {**result["job"], "status": "paused"}}
    assert spoilt("UNKNOWN_STATUS", {"error": {"status": 404}}) == {"error": {"status": 404}}


@pytest.mark.parametrize("answer", [status_at(NOW), status_at(END), result_at(END)])
def test_extra_fields(answer: dict[str, Any]) -> None:
    """Every object has a further field, there is a product of an unknown type, and nothing known is lost."""
    grown = spoilt("EXTRA_FIELDS", answer)
    assert [row["outputType"] for row in grown["outputs"]] == [*OUTPUT_TYPES, "future_output"]
    assert all("futureField" in each for each in (grown, grown.get("job", grown), *grown["outputs"]))
    assert {name: grown[name] for name in answer if name not in {"job", "outputs", "manifest"}} == {
        name: answer[name] for name in answer if name not in {"job", "outputs", "manifest"}
    }


@pytest.mark.parametrize("answer", [{"error": {"code": "x"}}, {"keys": [{"id": 1}], "events": ["a"]}, {"outputs": []}])
def test_extra_fields_of_other_answers(answer: dict[str, Any]) -> None:
    """Where there are no products, only fields are added."""
    grown = spoilt("EXTRA_FIELDS", answer)
    assert grown.pop("futureField")
    assert grown.keys() == answer.keys()
    assert grown.get("events") == answer.get("events")


def test_a_missing_manifest() -> None:
    """The last finished product has none in its row and no line in the combined one; the rest is there."""
    spoilt_result, whole = spoilt("MISSING_MANIFEST", result_at(END)), result_at(END)
    assert [row["manifest"] is None for row in spoilt_result["outputs"]] == [False, False, True]
    assert [line["outputType"] for line in spoilt_result["manifest"]["outputs"]] == list(OUTPUT_TYPES[:2])
    assert spoilt_result["job"] == whole["job"]


def test_no_manifest_yet() -> None:
    """What is not finished has nothing to lose."""
    assert spoilt("MISSING_MANIFEST", result_at(NOW)) == result_at(NOW)
    assert spoilt("MISSING_MANIFEST", {"error": {}}) == {"error": {}}


@pytest.mark.parametrize(
    ("options", "now", "hidden_reads", "is_hidden"),
    [
        *(({}, NOW, 0, True), ({}, END, 9, True)),
        *(({"reads": 2}, END, 0, True), ({"reads": 2}, END, 1, True), ({"reads": 2}, NOW, 2, False)),
        *(({"for": "2s"}, NOW + 1_999, 5, True), ({"for": "2s"}, NOW + 2_000, 0, False)),
        *(({"reads": 1, "for": "2s"}, NOW, 1, True), ({"reads": 1, "for": "2s"}, END, 0, True)),
        ({"reads": 1, "for": "2s"}, END, 1, False),
    ],
)
def test_a_job_that_is_not_visible_yet(options: dict[str, Any], now: int, hidden_reads: int, is_hidden: bool) -> None:  # noqa: FBT001 - a column of the table
    """It is hidden for so many reads, for so long, or whenever the fault acts."""
    assert views.is_hidden(injected("NOT_YET_VISIBLE", **options), JOB, now, hidden_reads) is is_hidden


QUEUED, WORKING, DONE = (jobs.progress(JOB, instant) for instant in (NOW, NOW + 2 * SECOND, END))


@pytest.mark.parametrize(
    ("now", "last", "status"),
    [
        *((NOW, None, "queued"), (NOW + 2 * SECOND, None, "queued"), (END, None, "processing")),
        *((END, QUEUED, "queued"), (END, WORKING, "queued"), (END + SECOND, DONE, "processing")),
    ],
)
def test_a_stale_read(now: int, last: Progress | None, status: str) -> None:
    """It shows the state before the one last shown, or before the present one if nobody knows."""
    view = views.shown(injected("STALE_READ"), JOB, now, last=last, reads=3)
    assert view.status == status
    assert view.since <= jobs.progress(JOB, now).since


def test_a_flapping_status() -> None:
    """Every second read shows the state before."""
    seen = [views.shown(injected("STATUS_FLAPPING"), JOB, END, last=DONE, reads=n).status for n in range(1, 6)]
    assert seen == ["completed", "processing", "completed", "processing", "completed"]


@pytest.mark.parametrize(
    ("options", "now", "status"),
    [
        *(({}, NOW, "queued"), ({}, END - 1, "processing"), ({}, END, "processing"), ({}, END + 99_999, "processing")),
        *(({"for": "5s"}, END + 4_999, "processing"), ({"for": "5s"}, END + 5_000, "completed")),
    ],
)
def test_a_late_result(options: dict[str, Any], now: int, status: str) -> None:
    """The result is as before the end for some time after it, or for good."""
    assert views.shown(injected("RESULT_LATE", **options), JOB, now, last=None, reads=0).status == status


def test_other_faults_show_the_truth() -> None:
    """A view is changed by its own faults only."""
    assert views.shown(injected("UNKNOWN_STATUS"), JOB, END, last=None, reads=2) == DONE


@pytest.mark.parametrize(
    "programme", [Programme(progression="immediate"), Programme(progression="manual", polls=1), Programme(queued=0)]
)
def test_before_is_always_a_state_of_the_lifecycle(programme: Programme) -> None:
    """A job that was never processing was queued before it ended, and no row is finished in what comes before."""
    job = jobs.read(a_job(programme, (QUIZ,)), NOW)
    view = views.before(job, jobs.progress(job, END))
    assert view.status == ("processing" if programme.progression == "time" else "queued")
    assert (views.before(job, view).status, view.rows_done) == ("queued", 0)
