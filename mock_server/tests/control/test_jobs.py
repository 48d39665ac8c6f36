"""Jobs on the control plane: the list, one job, and a transition by hand."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mock_server.tests.control.console import (
    BEARER,
    COOKIE,
    DEFAULT_PROGRAMME,
    EXPANSIONS,
    EXPORTS,
    JOBS,
    OTHER_BEARER,
    Clock,
    Console,
    new_app,
    refused,
)

HELD = {"progression": "held"}
ALL = ["interactive_module", "summary_video", "expanded_quiz"]
HARBOUR = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def held(mock: Console) -> str:
    """A job that moves only when it is told to."""
    mock.put(DEFAULT_PROGRAMME, HELD)
    return mock.create()


def ids(listed: Any) -> list[str]:
    """Return the ids of a list of jobs."""
    return [job["id"] for job in listed["jobs"]]


def test_a_row_of_the_list(mock: Console, clock: Clock) -> None:
    """A row says what the job is, where it stands, what comes next, how it goes and under which key it was made."""
    job_id = mock.create(sourceType="glossary", requestedOutputs=["summary_video"], idempotencyKey="k-1")
    clock.instant += 1_000
    mock.read(job_id)
    row = {
        "id": job_id,
        "status": "processing",
        "sourceType": "glossary",
        "requestedOutputs": ["summary_video"],
        "createdAt": "2026-07-06T09:00:00.000Z",
        "nextTransitionAt": "2026-07-06T09:00:04.000Z",
        "reads": 1,
        "programme": {"progression": "time", "queued": "PT1S", "processing": "PT3S", "outcome": "completed"},
        "idempotencyKey": "k-1",
    }
    assert mock.get(JOBS) == {"jobs": [row], "meta": {"total": 1}}
    clock.instant += 3_000
    done = mock.get(JOBS)["jobs"][0]
    assert (done["status"], done["nextTransitionAt"]) == ("completed", None)


def test_the_list_is_newest_first_and_bounded(mock: Console) -> None:
    """`limit` bounds the rows, not the total."""
    first, second, third = mock.create(), mock.create(), mock.create()
    assert ids(mock.get(JOBS)) == [third, second, first]
    bounded = mock.get(f"{JOBS}?limit=2")
    assert (ids(bounded), bounded["meta"]) == ([third, second], {"total": 3})


def test_the_list_can_be_filtered(mock: Console, clock: Clock) -> None:
    """By status as of now, by organization, and by both."""
    old = mock.create()
    clock.instant += 4_000
    own, foreign = mock.create(), mock.create(OTHER_BEARER)
    assert ids(mock.get(f"{JOBS}?status=completed")) == [old]
    assert ids(mock.get(f"{JOBS}?status=queued")) == [foreign, own]
    assert ids(mock.get(f"{JOBS}?organizationId={HARBOUR}")) == [own, old]
    assert ids(mock.get(f"{JOBS}?organizationId={HARBOUR}&status=queued")) == [own]
    assert mock.get(f"{JOBS}?organizationId=nobody") == {"jobs": [], "meta": {"total": 0}}


def test_a_filter_that_cannot_be_read(mock: Console) -> None:
    """An unknown status tells the known ones, an unknown parameter is a likely typo."""
    states = ["queued", "processing", "completed", "failed"]
    answer = mock.call("GET", f"{JOBS}?status=done")
    refused(answer, 422, "invalid-field", field="status", alternatives=states)
    refused(mock.call("GET", f"{JOBS}?state=failed"), 422, "unknown-field", field="state")
    refused(mock.call("GET", f"{JOBS}?limit=0"), 422, "invalid-field", field="limit")


def test_one_job_before_its_end(mock: Console, held: str) -> None:
    """`job` is what a status read of the API would answer; there is no result yet."""
    seen = mock.read(held)
    programme = {"progression": "held", "outcome": "completed"}
    expected: Any = {"job": seen, "result": None, "programme": programme, "reads": 1, "deliveries": []}
    assert mock.get(f"{JOBS}/{held}") == expected


def test_one_job_after_its_end(mock: Console, clock: Clock) -> None:
    """`result` is what the API answers, too."""
    job_id = mock.create()
    clock.instant += 4_000
    shown = mock.get(f"{JOBS}/{job_id}")
    assert shown["result"] == mock.get(f"{EXPANSIONS}/{job_id}/result", headers=BEARER)
    assert shown["job"] == mock.read(job_id)


def test_one_job_in_the_shape_of_the_session(clock: Clock) -> None:
    """Under `job.body=nested` the control plane shows what such a client sees."""
    mock = Console(new_app(clock, behaviours={"job.body": "nested"}), clock)
    created = mock.post(EXPANSIONS, {"payload": {}}, headers=BEARER)
    assert mock.get(f"{JOBS}/{created['job']['id']}")["job"] == created


def test_an_export_is_a_job_too(mock: Console) -> None:
    """It is over from the start."""
    lesson = {"lessonId": "standalone-lesson-id"}
    exported = mock.post(EXPORTS, lesson, headers=COOKIE)
    shown = mock.get(f"{JOBS}/{exported['job']['id']}")
    assert (shown["job"]["status"], shown["result"]) == ("completed", exported)


def test_admin_reads_move_nothing(mock: Console) -> None:
    """A job that is counted in reads does not notice the control plane."""
    mock.put(DEFAULT_PROGRAMME, {"progression": "manual", "polls": 2})
    job_id = mock.create()
    for _ in range(3):
        assert mock.get(f"{JOBS}/{job_id}")["reads"] == 0
        mock.get(JOBS)
    assert (mock.read(job_id)["status"], mock.read(job_id)["status"]) == ("processing", "completed")
    mock.read(job_id)
    assert mock.get(f"{JOBS}/{job_id}")["reads"] == 3


def test_what_counts_as_a_read(mock: Console) -> None:
    """HEAD, refused reads, results and replays do not."""
    job_id = mock.create(idempotencyKey="k")
    mock.create(idempotencyKey="k")
    mock.call("HEAD", f"{EXPANSIONS}/{job_id}", headers=BEARER)
    mock.call("GET", f"{EXPANSIONS}/{job_id}")
    mock.call("GET", f"{EXPANSIONS}/{job_id}/result", headers=BEARER)
    assert mock.get(f"{JOBS}/{job_id}")["reads"] == 0


def test_a_job_by_hand_through_its_life(mock: Console, clock: Clock, held: str) -> None:
    """Each transition happens at the session's now and answers the job as it is then."""
    clock.instant += 10_000
    started = mock.transition(held, "processing")
    assert (started["job"]["status"], started["job"]["updatedAt"]) == ("processing", "2026-07-06T09:00:10.000Z")
    clock.instant += 10_000
    ended = mock.transition(held, "completed")
    assert ended == mock.get(f"{JOBS}/{held}")
    assert (ended["job"]["status"], ended["job"]["completedAt"]) == ("completed", "2026-07-06T09:00:20.000Z")
    assert [row["outputType"] for row in ended["result"]["manifest"]["outputs"]] == ALL
    assert mock.read(held) == ended["job"]


def test_a_queued_job_may_end_at_once(mock: Console, held: str) -> None:
    """An observer may miss `processing`."""
    assert mock.transition(held, "completed")["job"]["status"] == "completed"


def test_a_timed_job_started_by_hand_works_its_time(mock: Console, clock: Clock) -> None:
    """The start is moved, and the end with it."""
    job_id = mock.create()
    clock.instant += 500
    mock.transition(job_id, "processing")
    assert mock.get(JOBS)["jobs"][0]["nextTransitionAt"] == "2026-07-06T09:00:03.500Z"


def test_a_timed_job_started_by_hand_may_have_no_work(mock: Console) -> None:
    """It is over with its start."""
    mock.put(DEFAULT_PROGRAMME, {"processing": 0})
    assert mock.transition(mock.create(), "processing")["job"]["status"] == "completed"


def test_a_job_that_fails_as_a_whole(mock: Console, held: str) -> None:
    """Without more, every output fails for an internal error."""
    ended = mock.transition(held, "failed")
    assert ended["job"]["error"]["code"] == "content_internal_error"
    assert [row["status"] for row in ended["job"]["outputs"]] == ["failed"] * 3
    assert ended["result"]["manifest"]["outputs"] == []


def test_a_job_that_fails_in_part(mock: Console, held: str) -> None:
    """The named outputs fail with the given error, the others keep their manifests (S14)."""
    error = {"code": "content_quota", "message": "No minutes left"}
    ended = mock.transition(held, "failed", failedOutputs=["summary_video"], error=error)
    assert [row["status"] for row in ended["job"]["outputs"]] == ["completed", "failed", "completed"]
    assert (ended["job"]["error"]["code"], ended["job"]["outputs"][1]["error"]) == ("content_quota", error)
    assert [row["outputType"] for row in ended["result"]["manifest"]["outputs"]] == [ALL[0], ALL[2]]
    assert mock.read(held)["status"] == "failed"


def test_a_job_keeps_the_error_of_its_programme(mock: Console) -> None:
    """Where the call names none."""
    mock.put(DEFAULT_PROGRAMME, {**HELD, "outcome": "failed", "error": {"code": "content_scripted"}})
    assert mock.transition(mock.create(), "failed")["job"]["error"]["code"] == "content_scripted"


def test_a_job_bound_to_fail_can_be_completed(mock: Console) -> None:
    """What is told by hand wins over the programme."""
    mock.put(DEFAULT_PROGRAMME, {"outcome": "partial", "failedOutputs": ["expanded_quiz"]})
    ended = mock.transition(mock.create(), "completed")
    assert (ended["job"]["error"], len(ended["result"]["manifest"]["outputs"])) == (None, 3)


def test_a_completed_job_with_failures(clock: Clock) -> None:
    """Under `job.partial-failure=completed` a completed job may name outputs that failed, but not all of them."""
    mock = Console(new_app(clock, behaviours={"job.partial-failure": "completed"}, programme="held"), clock)
    ended = mock.transition(mock.create(), "completed", failedOutputs=["summary_video"], error={"code": "content_late"})
    assert (ended["job"]["status"], ended["job"]["outputs"][1]["error"]["code"]) == ("completed", "content_late")
    everything = mock.call("POST", f"{JOBS}/{mock.create()}/transition", {"to": "completed", "failedOutputs": ALL})
    refused(everything, 422, "invalid-field", field="failedOutputs")


def test_of_many_transitions_at_once_one_happens(mock: Console, held: str) -> None:
    """A job ends once, whoever else wants to end it."""

    def end(to: str) -> int:
        return mock.call("POST", f"{JOBS}/{held}/transition", {"to": to}).status_code

    with ThreadPoolExecutor(8) as crowd:
        statuses = list(crowd.map(end, ["completed", "failed"] * 8))
    assert sorted(statuses) == [200] + [409] * 15


@pytest.mark.parametrize(
    ("path", "to", "legal"),
    [
        pytest.param([], "queued", ["processing", "completed", "failed"], id="never back to queued"),
        pytest.param(["processing"], "processing", ["completed", "failed"], id="processing is not begun twice"),
        pytest.param(["processing"], "queued", ["completed", "failed"], id="processing never goes back"),
        pytest.param(["completed"], "failed", [], id="completed is final"),
        pytest.param(["failed"], "processing", [], id="failed is final"),
    ],
)
def test_an_illegal_transition(mock: Console, held: str, path: list[str], to: str, legal: list[str]) -> None:
    """The lifecycle of the contract decides, and the problem says what it allows."""
    for status in path:
        mock.transition(held, status)
    before = mock.get(f"{JOBS}/{held}")
    refused(mock.call("POST", f"{JOBS}/{held}/transition", {"to": to}), 409, "illegal-transition", legal=legal)
    assert mock.get(f"{JOBS}/{held}") == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "to"),
        ({"to": "done"}, "to"),
        ({"to": None}, "to"),
        ({"to": "failed", "failedOutputs": "summary_video"}, "failedOutputs"),
        ({"to": "failed", "failedOutputs": ["mp4"]}, "failedOutputs"),
        ({"to": "completed", "failedOutputs": ["summary_video"]}, "failedOutputs"),
        ({"to": "processing", "failedOutputs": ["summary_video"]}, "failedOutputs"),
        ({"to": "processing", "error": {"code": "content_late"}}, "error"),
        ({"to": "completed", "error": {"code": "content_late"}}, "error"),
        ({"to": "failed", "error": "content_late"}, "error"),
        ({"to": "failed", "error": {"code": ""}}, "error"),
    ],
)
def test_a_transition_that_cannot_be_read(mock: Console, held: str, body: dict[str, object], field: str) -> None:
    """The member at fault is named and the job stays as it is."""
    answer = mock.call("POST", f"{JOBS}/{held}/transition", body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field), answer.text
    assert mock.read(held)["status"] == "queued"


def test_an_unknown_job(mock: Console) -> None:
    """Every route of one job says so; an overlong id is not echoed in full."""
    paths = [("GET", f"{JOBS}/nobody"), ("POST", f"{JOBS}/nobody/transition"), ("GET", f"{JOBS}/nobody/timeline")]
    for method, path in paths:
        answer = mock.call(method, path, {"to": "failed"} if method == "POST" else None)
        assert refused(answer, 404, "unknown-job") == "There is no job 'nobody' in this session"
    assert len(refused(mock.call("GET", f"{JOBS}/{'x' * 500}"), 404, "unknown-job")) < 120
