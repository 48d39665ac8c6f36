"""The invariants J1 to J4 of jobs, over random programmes, outputs, reads, pushes and clock moves."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_server.tests.domain.samples import NOW, OUTPUT_TYPES, PROPERTY, a_job, output_subsets, programmes

from tutorflow_mock.domain import jobs, results
from tutorflow_mock.domain.clock import SessionClock
from tutorflow_mock.domain.jobs import Progress, Status
from tutorflow_mock.domain.model import Job
from tutorflow_mock.domain.programme import Programme

pytestmark = pytest.mark.requirement("LIFE-002", "LIFE-003", "LIFE-005", "LIFE-006", "LIFE-007", "LIFE-010", "LIFE-013")

RANK = {"queued": 0, "processing": 1, "completed": 2, "failed": 2}
LEGAL: dict[str, tuple[Status, ...]] = {
    "queued": ("processing", "completed", "failed"),
    "processing": ("completed", "failed"),
}
FIXED = ("id", "organizationId", "sourceType", "requestedOutputs", "idempotencyKey", "createdAt")

Step = tuple[Literal["wait", "freeze", "advance", "resume", "read", "push"], int]
steps = st.lists(
    st.tuples(
        st.sampled_from(("wait", "wait", "freeze", "advance", "resume", "read", "read", "push")), st.integers(0, 3_000)
    ),
    max_size=30,
)


def closed_form(job: Job, rows: int, reads: list[int], now: int) -> Progress:
    """Return what a job shows, told once more from its programme and its reads alone, without any state."""
    programme, created = job.programme, job.created_at
    begin: int | None = None
    end: int | None = None
    through: list[int] = []
    match programme.progression:
        case "time":
            begin, end = created + programme.queued, created + programme.queued + programme.processing
            through = [begin + -(-row * programme.processing // rows) for row in range(1, rows + 1)]
        case "immediate":
            begin = end = created
        case "manual":
            first, last = -(-programme.polls // 2), programme.polls
            begin = reads[first - 1] if len(reads) >= first else None
            end = reads[last - 1] if len(reads) >= last else None
            done = 0 if begin is None or first == last else (len(reads) - first) * rows // (last - first)
            through = [] if begin is None else [begin] * done
        case "held":
            pass
    if end is not None and now >= end:
        return Progress("completed" if programme.outcome == "completed" else "failed", rows, end)
    if begin is not None and now >= begin:
        passed = [at for at in through if at <= now]
        return Progress("processing", len(passed), max([begin, *passed]))
    return Progress("queued", 0, created)


@given(programme=programmes, outputs=output_subsets, data=st.data())
@PROPERTY
def test_state_is_a_pure_function_of_programme_creation_instant_and_reads(
    programme: Programme, outputs: tuple[str, ...], data: st.DataObject
) -> None:
    """J2: any interleaving of looks and counted reads shows the closed form, and looking alters nothing."""
    events = data.draw(st.lists(st.tuples(st.integers(0, 1_500), st.booleans()), max_size=20))
    job, now, reads = a_job(programme, outputs), NOW, list[int]()
    for wait, is_read in events:
        now += wait
        if is_read:
            job = jobs.read(job, now)
            reads.append(now)
        assert jobs.progress(job, now) == closed_form(job, len(outputs), reads, now)


@given(
    programme=programmes,
    outputs=output_subsets,
    waits=st.lists(st.integers(1, 1_500), max_size=12),
    read_every=st.integers(1, 4),
)
@PROPERTY
def test_asking_late_gives_the_history_that_was_shown(
    programme: Programme, outputs: tuple[str, ...], waits: list[int], read_every: int
) -> None:
    """J2: once all is over, every past instant still has the status that was seen then, and the last change as well.

    Where reads count, the rows of a past instant are no longer known: only the status, and the changes of it, are.
    """
    job, now, shown = a_job(programme, outputs), NOW, list[tuple[int, Status, int]]()
    for number, wait in enumerate(waits):
        now += wait
        job = jobs.read(job, now) if number % read_every == 0 else job
        progress = jobs.progress(job, now)
        shown.append((now, progress.status, progress.since))
    late = [(at, jobs.progress(job, at).status, jobs.progress(job, at).since) for at, _, _ in shown]
    if programme.progression == "manual":
        late, shown = ([row for row in rows if row[1] != "processing"] for rows in (late, shown))
    assert late == shown


@dataclass
class Observer:
    """A client that looks at one job after each step, while time passes and others move job and clock."""

    job: Job
    real: int = NOW
    clock: SessionClock = field(default_factory=SessionClock)

    @property
    def now(self) -> int:
        """The session's instant."""
        return self.clock.now(self.real)

    def take(self, step: Step) -> None:
        """Let one thing happen."""
        action, amount = step
        match action:
            case "wait":
                self.real += amount
            case "freeze":
                self.clock = self.clock.frozen(self.now)
            case "advance":
                self.clock = self.clock.moved(self.now + amount, self.real)
            case "resume":
                self.clock = self.clock.running(self.real)
            case "read":
                self.job = jobs.read(self.job, self.now)
            case "push":
                self._push(amount)

    def look(self) -> dict[str, Any]:
        """Return the body of the status operation."""
        return results.job_body(self.job, jobs.progress(self.job, self.now))

    def _push(self, amount: int) -> None:
        legal = LEGAL.get(jobs.status(self.job, self.now))
        if legal is not None:
            to = legal[amount % len(legal)]
            outcome = (
                self.job.programme.outcome if to == "processing" else "completed" if to == "completed" else "failed"
            )
            self.job = jobs.forced(self.job, to, self.now, replace(self.job.programme, outcome=outcome))


def history(programme: Programme, outputs: tuple[str, ...], taken: list[Step]) -> Iterator[dict[str, Any]]:
    """Yield what create shows, then what the status operation shows after each step."""
    observer = Observer(a_job(programme, outputs))
    yield results.job_body(observer.job, jobs.at_creation(observer.job))
    for step in taken:
        observer.take(step)
        yield observer.look()


@given(programme=programmes, outputs=output_subsets, taken=steps)
@settings(PROPERTY, max_examples=1_000)
def test_a_job_begins_queued_and_never_goes_back(
    programme: Programme, outputs: tuple[str, ...], taken: list[Step]
) -> None:
    """J1, J3: status and `updatedAt` only grow, identity never changes, and what is terminal stays to the last byte."""
    before, *later = history(programme, outputs, taken)
    assert (before["status"], before["updatedAt"], before["completedAt"]) == ("queued", before["createdAt"], None)
    for after in later:
        assert RANK[before["status"]] <= RANK[after["status"]]
        assert before["createdAt"] <= before["updatedAt"] <= after["updatedAt"]
        assert [after[name] for name in FIXED] == [before[name] for name in FIXED]
        if before["completedAt"] is not None:
            assert after == before
        before = after


@given(programme=programmes, outputs=output_subsets, taken=steps)
@PROPERTY
def test_rows_follow_their_job(programme: Programme, outputs: tuple[str, ...], taken: list[Step]) -> None:
    """J4: one row per output in canonical order, done in turn; `completed` iff every row is, `failed` has an error."""
    before = [0] * len(outputs)
    for body in history(programme, outputs, taken):
        rows = body["outputs"]
        assert (
            [row["outputType"] for row in rows] == body["requestedOutputs"] == [o for o in OUTPUT_TYPES if o in outputs]
        )
        statuses = [row["status"] for row in rows]
        ranks = [RANK[status] for status in statuses]
        assert ranks == sorted(ranks, reverse=True)
        assert body["status"] != "queued" or set(statuses) == {"queued"}
        assert statuses.count("processing") == (1 if body["status"] == "processing" else 0)
        assert all(earlier <= later for earlier, later in zip(before, ranks, strict=True))
        assert (body["status"] == "completed") == all(status == "completed" for status in statuses)
        assert (body["status"] == "failed") == (body["error"] is not None)
        check_row_contents(body)
        before = ranks


def check_row_contents(body: dict[str, Any]) -> None:
    """Assert that only finished rows of an ended job show what they made, only failed ones an error, none an MP4."""
    is_over = body["completedAt"] is not None
    assert is_over == (RANK[body["status"]] == RANK["failed"])
    for row in body["outputs"]:
        is_shown = is_over and row["status"] == "completed"
        assert (row["resourceId"] is not None, row["manifest"] is not None) == (is_shown, is_shown)
        assert (row["error"] is not None) == (row["status"] == "failed")
        assert is_over is False or row["status"] in {"completed", "failed"}
    assert "mp4" not in str(body)
