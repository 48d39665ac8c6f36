"""How a job goes under each programme, read by read and instant by instant."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import MODULE, NOW, OUTPUT_TYPES, QUIZ, VIDEO, a_job

from tutorflow_mock.domain import jobs
from tutorflow_mock.domain.jobs import Progress
from tutorflow_mock.domain.programme import Outcome, Programme

HELD = Programme(progression="held")
FAILED = Programme(outcome="failed")

pytestmark = pytest.mark.requirement("LIFE-001", "LIFE-002", "LIFE-003")


def polls(count: int) -> Programme:
    """Return a programme that ends at the count-th read."""
    return Programme(progression="manual", polls=count)


@pytest.mark.parametrize(
    ("after", "progress"),
    [
        (0, Progress("queued", 0, NOW)),
        (999, Progress("queued", 0, NOW)),
        (1_000, Progress("processing", 0, NOW + 1_000)),
        (1_999, Progress("processing", 0, NOW + 1_000)),
        (2_000, Progress("processing", 1, NOW + 2_000)),
        (2_999, Progress("processing", 1, NOW + 2_000)),
        (3_000, Progress("processing", 2, NOW + 3_000)),
        (3_999, Progress("processing", 2, NOW + 3_000)),
        (4_000, Progress("completed", 3, NOW + 4_000)),
        (10**12, Progress("completed", 3, NOW + 4_000)),
    ],
)
def test_by_default_a_job_queues_one_second_and_works_three(after: int, progress: Progress) -> None:
    """S28: queued 1 s, then its three rows one after another in equal shares of 3 s, then completed for ever."""
    assert jobs.progress(a_job(), NOW + after) == progress


@pytest.mark.parametrize(
    ("programme", "instants"),
    [
        (Programme(queued=200, processing=50), (NOW + 200, NOW + 250)),
        (Programme(progression="immediate"), (NOW, NOW)),
        (polls(3), (None, None)),
        (HELD, (None, None)),
    ],
)
def test_what_is_known_of_a_job_at_its_creation(programme: Programme, instants: tuple[int | None, int | None]) -> None:
    """A programme by time, or of no time, fixes start and end; one by reads or by hand fixes neither."""
    assert jobs.schedule(programme, NOW) == instants


def test_shares_that_do_not_come_out_even_are_rounded_up() -> None:
    """Three rows in 1000 ms: each is through at the first whole millisecond after its third."""
    job = a_job(Programme(queued=0, processing=1_000))
    rows = [jobs.progress(job, NOW + at).rows_done for at in (0, 333, 334, 666, 667, 999)]
    assert rows == [0, 0, 1, 1, 2, 2]
    assert jobs.progress(job, NOW + 999) == Progress("processing", 2, NOW + 667)


@pytest.mark.parametrize(("queued", "processing"), [(0, 0), (0, 5), (5, 0)])
def test_a_stage_may_take_no_time(queued: int, processing: int) -> None:
    """A programme of zero milliseconds skips the stage and still ends."""
    job = a_job(Programme(queued=queued, processing=processing))
    assert jobs.status(job, NOW + 4) == (
        "completed" if queued + processing < 5 else "processing" if processing else "queued"
    )
    assert jobs.status(job, NOW + 5) == "completed"


@pytest.mark.parametrize("programme", [Programme(), Programme(progression="immediate"), HELD, polls(1)])
def test_a_create_shows_everything_queued(programme: Programme) -> None:
    """F-039: whatever the programme, the answer of create is a queued job with queued rows."""
    assert jobs.at_creation(a_job(programme)) == Progress("queued", 0, NOW)


def test_an_immediate_job_is_over_at_its_creation() -> None:
    """The first look after the create sees it completed, with the creation as its end."""
    job = a_job(Programme(progression="immediate"))
    assert jobs.progress(job, NOW) == Progress("completed", 3, NOW)
    assert jobs.progress(job, NOW).is_terminal


def test_whoever_looks_with_an_older_clock_sees_the_job_at_its_creation() -> None:
    """A parallel request may have taken its instant before the job was made; an export is completed for it, too."""
    assert jobs.progress(a_job(Programme(progression="immediate")), NOW - 5) == Progress("completed", 3, NOW)
    assert jobs.progress(a_job(), NOW - 5) == Progress("queued", 0, NOW)
    assert jobs.progress(a_job(Programme(queued=0)), NOW - 5) == Progress("processing", 0, NOW)


@pytest.mark.parametrize(
    ("count", "statuses"),
    [
        (1, ["completed"]),
        (2, ["processing", "completed"]),
        (3, ["queued", "processing", "completed"]),
        (5, ["queued", "queued", "processing", "processing", "completed"]),
        (6, ["queued", "queued", "processing", "processing", "processing", "completed"]),
    ],
)
def test_a_programme_in_reads_starts_halfway_and_ends_at_the_last(count: int, statuses: list[str]) -> None:
    """`polls=N`: processing at read ⌈N/2⌉, terminal at read N; a read is counted before it is answered."""
    job, shown = a_job(polls(count)), list[str]()
    for second in range(count):
        job = jobs.read(job, NOW + second)
        shown.append(jobs.status(job, NOW + second))
    assert shown == statuses
    assert (job.reads, job.finished_at) == (count, NOW + count - 1)


def test_rows_share_the_reads_of_the_processing_job() -> None:
    """With `polls=6` the three rows share the three reads between the third and the sixth."""
    job, rows = a_job(polls(6)), list[int]()
    for _ in range(6):
        job = jobs.read(job, NOW)
        rows.append(jobs.progress(job, NOW).rows_done)
    assert rows == [0, 0, 0, 1, 2, 3]


def test_no_read_moves_a_job_that_has_ended() -> None:
    """The end by reads is as final as any other."""
    ended = jobs.read(a_job(polls(1)), NOW)
    again = jobs.read(ended, NOW + 1_000)
    assert jobs.progress(again, NOW + 1_000) == jobs.progress(ended, NOW) == Progress("completed", 3, NOW)


@pytest.mark.requirement("STAT-006")
@pytest.mark.parametrize("programme", [Programme(), Programme(progression="immediate"), HELD])
def test_reads_move_only_programmes_that_count_them(programme: Programme) -> None:
    """Reading neither advances nor delays a job by time, nor one that waits to be told."""
    job = a_job(programme)
    after_reads = jobs.read(jobs.read(job, NOW + 5_000), NOW + 6_000)
    for at in (NOW, NOW + 1_000, NOW + 3_500, NOW + 4_000):
        assert jobs.progress(after_reads, at) == jobs.progress(job, at)


@pytest.mark.requirement("LIFE-013")
def test_reads_that_arrive_out_of_order_take_no_instant_back() -> None:
    """Of two readers the later may be counted first: the end does not lie before the start that was shown."""
    started = jobs.read(a_job(polls(2)), NOW + 5)
    assert jobs.progress(started, NOW + 5) == Progress("processing", 0, NOW + 5)
    ended = jobs.read(started, NOW)
    assert jobs.progress(ended, NOW + 5) == Progress("completed", 3, NOW + 5)


def test_a_held_job_waits_to_be_told() -> None:
    """Only a transition by hand moves it; then it is processing without a known end."""
    held = a_job(HELD)
    assert (jobs.status(held, NOW + 10**12), jobs.next_transition(held, NOW)) == ("queued", None)
    told = jobs.forced(held, "processing", NOW + 7, HELD)
    assert jobs.progress(told, NOW + 10**12) == Progress("processing", 0, NOW + 7)
    ended = jobs.forced(told, "completed", NOW + 9, HELD)
    assert jobs.progress(ended, NOW + 9) == Progress("completed", 3, NOW + 9)


def test_a_job_by_time_that_is_pushed_on_works_its_time_from_there() -> None:
    """A forced `processing` moves the end with it."""
    pushed = jobs.forced(a_job(), "processing", NOW + 200, Programme())
    assert jobs.progress(pushed, NOW + 200) == Progress("processing", 0, NOW + 200)
    assert (jobs.status(pushed, NOW + 3_199), jobs.status(pushed, NOW + 3_200)) == ("processing", "completed")


@pytest.mark.parametrize("at", [0, 500, 1_000, 2_500])
def test_a_job_can_be_made_to_fail_while_it_is_open(at: int) -> None:
    """The forced end is now, with the outcome that was asked for, whether the job had begun or not."""
    failed = jobs.forced(a_job(), "failed", NOW + at, FAILED)
    assert jobs.progress(failed, NOW + at) == Progress("failed", 3, NOW + at)
    assert jobs.next_transition(failed, NOW + at) is None


def test_a_job_in_reads_that_is_pushed_on_still_ends_by_reads() -> None:
    """Forced to `processing` before any read, it needs as many reads to its end as before."""
    job = jobs.forced(a_job(polls(2)), "processing", NOW, polls(2))
    once = jobs.read(job, NOW + 1)
    twice = jobs.read(once, NOW + 2)
    assert jobs.progress(once, NOW + 1) == Progress("processing", 0, NOW)
    assert jobs.progress(twice, NOW + 2) == Progress("completed", 3, NOW + 2)


@pytest.mark.parametrize(
    ("outcome", "named", "requested", "status", "failing"),
    [
        ("completed", (), OUTPUT_TYPES, "completed", ()),
        ("completed", (VIDEO,), OUTPUT_TYPES, "completed", ()),
        ("failed", (), OUTPUT_TYPES, "failed", OUTPUT_TYPES),
        ("failed", (VIDEO,), OUTPUT_TYPES, "failed", (VIDEO,)),
        ("failed", (VIDEO,), (QUIZ,), "failed", (QUIZ,)),
        ("partial", (), OUTPUT_TYPES, "failed", (QUIZ,)),
        ("partial", (MODULE, QUIZ), OUTPUT_TYPES, "failed", (MODULE, QUIZ)),
        ("partial", (VIDEO,), (MODULE, QUIZ), "failed", (QUIZ,)),
        ("partial", (), (MODULE,), "failed", (MODULE,)),
        ("partial", OUTPUT_TYPES, OUTPUT_TYPES, "failed", OUTPUT_TYPES),
    ],
)
def test_what_fails_in_the_end(
    outcome: Outcome, named: tuple[str, ...], requested: tuple[str, ...], status: str, failing: tuple[str, ...]
) -> None:
    """The named outputs fail, else all of a failed job and the last of a partial one; then the job has failed."""
    job = a_job(Programme(outcome=outcome, failed_outputs=named), requested)
    assert jobs.status(job, NOW + 4_000) == jobs.outcome(job) == status
    assert tuple(output.output_type for output in jobs.failing(job)) == failing


def test_a_partial_failure_may_count_as_completed() -> None:
    """`job.partial-failure=completed` is fixed with the job; one without a finished row fails all the same."""
    partial = replace(a_job(Programme(outcome="partial")), partial_is="completed")
    assert jobs.status(partial, NOW + 4_000) == "completed"
    hopeless = replace(a_job(Programme(outcome="partial"), (QUIZ,)), partial_is="completed")
    assert jobs.status(hopeless, NOW + 4_000) == "failed"


@pytest.mark.parametrize(
    ("after", "expected"), [(0, 1_000), (999, 1_000), (1_000, 4_000), (3_999, 4_000), (4_000, None)]
)
def test_the_next_transition_is_known_by_time(after: int, expected: int | None) -> None:
    """A clock that is moved to the next transition sees it happen."""
    assert jobs.next_transition(a_job(), NOW + after) == (None if expected is None else NOW + expected)
