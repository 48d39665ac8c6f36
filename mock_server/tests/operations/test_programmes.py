"""How jobs go: by time, by reads, at once or not at all; completed, failed or in part; in status and result."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from mock_server.tests.operations.in_process import EXPANSIONS, KEY, OUTPUTS, Json, Mock, bearer

from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.programme import Programme

ORDER = ["queued", "processing", "completed", "failed"]


def rows(job: Mapping[str, Json]) -> list[str]:
    """Return the states of a body's outputs."""
    return [row["status"] for row in job["outputs"]]


@pytest.mark.requirement("LIFE-001", "LIFE-002", "LIFE-004", "LIFE-006", "LIFE-007", "LIFE-008", "LIFE-013", "CRE-021")
def test_by_time() -> None:
    """A second queued, three processing, one row after another; times and states never go back."""
    mock = Mock()
    job_id = mock.create().job["id"]
    seen = list[tuple[str, list[str], str, str | None]]()
    for _ in range(26):
        body = mock.status(job_id).json()
        seen.append((body["status"], rows(body), body["updatedAt"], body["completedAt"]))
        mock.clock.advance(0.2)
    assert [seen[0][0], seen[4][0], seen[5][0], seen[19][0], seen[20][0]] == [
        "queued", "queued", "processing", "processing", "completed",
    ]  # fmt: skip
    assert [seen[index][1] for index in (5, 10, 15, 20)] == [
        ["processing", "queued", "queued"],
        ["completed", "processing", "queued"],
        ["completed", "completed", "processing"],
        ["completed", "completed", "completed"],
    ]
    assert all(earlier[2] <= later[2] for earlier, later in pairwise(seen))
    assert all(
        ORDER.index(before) <= ORDER.index(after)
        for earlier, later in pairwise(seen)
        for before, after in zip([earlier[0], *earlier[1]], [later[0], *later[1]], strict=True)
    )
    assert {each[3] for each in seen[:20]} == {None}
    assert {each[3] for each in seen[20:]} == {"2026-07-06T09:00:04.000Z"}


@pytest.mark.requirement("STAT-006", "LIFE-009")
def test_reading_moves_nothing() -> None:
    """A job that is read a hundred times is where its twin is that nobody read."""
    mock, twin = Mock(), Mock()
    job_id = mock.create().job["id"]
    assert twin.create().job["id"] == job_id
    mock.clock.advance(2)
    for _ in range(25):
        mock.status(job_id)
        mock.result(job_id)
    twin.clock.advance(2)
    assert mock.status(job_id).body == twin.status(job_id).body


@pytest.mark.requirement("STAT-008", "LIFE-002")
def test_readers_side_by_side_see_one_job() -> None:
    """Whoever reads while time goes on sees the job go forward only, and all see its end."""
    mock = Mock({"key.max-rate-limit": 100_000})
    key = bearer(mock.new_key(rateLimitPerMinute=100_000))
    job_id = mock.create().job["id"]

    def read() -> list[int]:
        return [ORDER.index(mock.status(job_id, key).job["status"]) for _ in range(40)]

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        for _ in range(40):
            mock.clock.advance(0.1)
    assert all(reader.result() == sorted(reader.result()) for reader in readers)
    assert read() == [ORDER.index("completed")] * 40


def test_after_a_duration() -> None:
    """`after=8s` is a quarter queued, and ends at eight seconds."""
    mock = Mock(programme="after=8s")
    job_id = mock.create().job["id"]
    states = list[str]()
    for step in (0, 1.999, 0.001, 5.999, 0.001):
        mock.clock.advance(step)
        states.append(mock.status(job_id).job["status"])
    assert states == ["queued", "queued", "processing", "processing", "completed"]


@pytest.mark.requirement("LIFE-008")
def test_immediate() -> None:
    """Create shows the job queued, whatever it becomes; the first read already shows its end."""
    mock = Mock(programme="immediate")
    created = mock.create("k")
    assert created.job["status"] == "queued"
    assert mock.status(created.job["id"]).job["status"] == "completed"
    assert mock.create("k").job["status"] == "completed"


def test_held() -> None:
    """A held job stays queued for as long as nobody moves it."""
    mock = Mock(programme="held")
    job_id = mock.create().job["id"]
    mock.clock.advance(86_400 * 365)
    assert (mock.status(job_id).job["status"], mock.result(job_id).job["status"]) == ("queued", "queued")


@pytest.mark.parametrize(
    ("polls", "states"),
    [
        (1, ["completed"] * 3),
        (2, ["processing", "completed", "completed"]),
        (3, ["queued", "processing", "completed"]),
        (4, ["queued", "processing", "processing", "completed"]),
        (6, ["queued", "queued", "processing", "processing", "processing", "completed"]),
    ],
)
def test_by_reads(polls: int, states: list[str]) -> None:
    """The job ends with the told read of its status, time or no time; create, result and HEAD are no reads."""
    mock = Mock(programme=f"polls={polls}")
    job_id = mock.create("k").job["id"]
    seen = list[str]()
    for _ in states:
        mock.clock.advance(600)
        mock.result(job_id)
        mock.create("k")
        assert mock.send("HEAD", f"{EXPANSIONS}/{job_id}", KEY).status == 200
        seen.append(mock.status(job_id).job["status"])
    assert seen == states


def test_others_reads_do_not_count() -> None:
    """A read that is refused, as another organization's is, does not move a job that counts reads."""
    mock = Mock(programme="polls=2")
    job_id = mock.create().job["id"]
    for _ in range(3):
        assert (
            mock.status(job_id, {"Authorization": "Bearer tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"}).status == 404
        )
    assert mock.status(job_id).job["status"] == "processing"


def test_a_new_programme_leaves_older_jobs_alone() -> None:
    """A session's programme holds for the jobs that are made under it."""
    mock = Mock()
    old = mock.create().job["id"]
    mock.let_jobs_go(Programme(progression="held"))
    new = mock.create().job["id"]
    mock.clock.advance(4)
    assert [mock.status(each).job["status"] for each in (old, new)] == ["completed", "queued"]


@pytest.mark.requirement("LIFE-005", "RES-011", "IDEM-008")
def test_failed() -> None:
    """A failed job says why, for itself and for each output; nothing was made; the key brings it back."""
    mock = Mock()
    mock.let_jobs_go(Programme(outcome="failed", error_code="content_invalid_request"))
    job_id = mock.create("k").job["id"]
    mock.clock.advance(4)
    result = mock.result(job_id).json()
    assert (result["job"]["status"], result["job"]["completedAt"]) == ("failed", "2026-07-06T09:00:04.000Z")
    assert result["job"]["error"] == {
        "code": "content_invalid_request",
        "message": "Generation failed for interactive_module, summary_video, expanded_quiz",
    }
    assert [row["error"]["message"] for row in result["outputs"]] == [
        f"Generation failed for {name}" for name in OUTPUTS
    ]
    assert [(row["resourceId"], row["manifest"]) for row in result["outputs"]] == [(None, None)] * 3
    assert result["manifest"]["outputs"] == []
    assert mock.create("k").body == mock.status(job_id).body


@pytest.mark.requirement("RES-012", "LIFE-005")
@pytest.mark.parametrize(
    ("named", "states"),
    [
        ((), ["completed", "completed", "failed"]),
        (("summary_video",), ["completed", "failed", "completed"]),
        (("interactive_module", "expanded_quiz"), ["failed", "completed", "failed"]),
        (tuple(OUTPUTS), ["failed", "failed", "failed"]),
    ],
)
def test_partial(named: tuple[str, ...], states: list[str]) -> None:
    """The named outputs fail, or the last one; the finished ones keep their manifests, alone and combined."""
    mock = Mock(programme="immediate")
    mock.let_jobs_go(Programme(progression="immediate", outcome="partial", failed_outputs=named))
    result = mock.result(mock.create().job["id"]).json()
    assert (result["job"]["status"], rows(result)) == ("failed", states)
    assert result["job"]["error"]["code"] == "content_internal_error"
    made = [row["outputType"] for row in result["outputs"] if row["manifest"]]
    assert made == [name for name, state in zip(OUTPUTS, states, strict=True) if state == "completed"]
    assert [line["outputType"] for line in result["manifest"]["outputs"]] == made
    assert [row["error"] is None for row in result["outputs"]] == [state == "completed" for state in states]


def test_partial_of_one_output_is_a_failure() -> None:
    """Where every output fails, a partial failure is a failure, also under `partial-failure=completed`."""
    mock = Mock({"job.partial-failure": "completed"})
    mock.let_jobs_go(Programme(progression="immediate", outcome="partial"))
    assert mock.result(mock.create(requestedOutputs=["summary_video"]).job["id"]).job["status"] == "failed"


@pytest.mark.requirement("RES-010")
def test_the_result_is_never_ahead_of_the_status() -> None:
    """Before the end no row of the result has a resource or a manifest, whatever its state."""
    mock = Mock()
    job_id = mock.create().job["id"]
    for _ in range(8):
        status, result = mock.status(job_id).json(), mock.result(job_id).json()
        assert result["job"] == {name: value for name, value in status.items() if name != "outputs"}
        assert result["outputs"] == status["outputs"]
        if status["status"] != "completed":
            assert {(row["resourceId"], row["manifest"]) for row in result["outputs"]} == {(None, None)}
            assert result["manifest"]["outputs"] == []
        mock.clock.advance(0.5)
    assert mock.status(job_id).job["status"] == "completed"


@pytest.mark.requirement("LIFE-003", "RES-006", "STAT-002", "STAT-005")
def test_the_end_is_final() -> None:
    """Ten years later status and result are what they were, byte for byte."""
    mock = Mock()
    created = mock.create().job
    mock.clock.advance(4)
    status, result = mock.status(created["id"]), mock.result(created["id"])
    mock.clock.advance(86_400 * 3650)
    assert (mock.status(created["id"]).body, mock.result(created["id"]).body) == (status.body, result.body)
    kept = ("id", "sourceType", "requestedOutputs", "createdAt")
    assert {name: status.job[name] for name in kept} == {name: created[name] for name in kept}
    assert timestamp(mock.clock.instant) > status.job["completedAt"]


@pytest.mark.requirement("RES-017", "CRE-016", "RES-005")
def test_no_two_jobs_share_anything() -> None:
    """Thirty jobs have ninety rows with ids, resources and addresses of their own."""
    mock = Mock(programme="immediate")
    results = [mock.result(mock.create().job["id"]).json() for _ in range(30)]
    jobs = {result["job"]["id"] for result in results}
    made = [row for result in results for row in result["outputs"]]
    assert len(jobs) == 30
    for names in (
        {row["id"] for row in made},
        {row["resourceId"] for row in made},
        {row["manifest"]["urls"]["publicUrl"] for row in made},
    ):
        assert len(names) == 90
