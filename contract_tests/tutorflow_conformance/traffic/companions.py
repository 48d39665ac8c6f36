"""A and B beside M, and the second jobs: what one job cannot show."""

from __future__ import annotations

from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.job_m import CREATE, RESULT, STATUS, TERMINAL, status, wait_for_end
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.run import Run
from tutorflow_conformance.traffic.step import step

ODD = "' OR 1=1-- ../x %00 "


@step("a.create", "companions", jobs=1)
def create_a(run: Run) -> None:
    """Make A: no key, no outputs, no source type."""
    run.note_job("A", run.call(CREATE, body=bodies.job_a(), key=_needed_key(run, "a")))


@step("b.create", "companions", jobs=1)
def create_b(run: Run) -> None:
    """Make B, under the longest key that is allowed, made of odd characters."""
    given = run.target.credentials.classroom_id or run.notes.get("classroomId")
    classroom = given if run.target.contract.values["create.classroom-id"] != "ignored" else None
    values = run.target.contract.values
    body = bodies.job_b(
        classroom,
        unknown=values["create.unknown-fields"] == "ignore",
        doubled=values["create.duplicate-outputs"] == "deduplicate",
    )
    made = run.call(CREATE, body=body, key=longest_key(run))
    run.note_job("B", made)


@step("b.long-key", "alternatives", reserve=1)
def long_key(run: Run) -> None:
    """Use a key that is one character too long, and an empty one."""
    run.call(CREATE, body=bodies.small(), key=longest_key(run) + "x")


@step("b.empty-key", "alternatives", reserve=1)
def empty_key(run: Run) -> None:
    """Use an empty key."""
    run.call(CREATE, body=bodies.small(), key="")


@step("b.foreign-classroom", "alternatives", reserve=1)
def foreign_classroom(run: Run) -> None:
    """Create for a classroom that is not ours."""
    run.call(CREATE, body={**bodies.small(), "classroomId": UNKNOWN_ID}, key=run.key("foreign-classroom"))


@step("b.finish", "end of M", after=("b.create",), requests=0)
def finish_b(run: Run) -> None:
    """Read B's status until it has ended."""
    wait_for_end(run, "B")


@step("b.ended", "end of M", after=("b.finish",), requests=2)
def ended_b(run: Run) -> None:
    """Read B's status and result after its end."""
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.learnt("B")})


@step("c.create", "second", after=("m.create", "m.finish"), jobs=1)
def create_c(run: Run) -> None:
    """Make C: M again, under its key in capitals."""
    run.note_job("C", run.call(CREATE, body=bodies.job_m(), key=run.key("m").upper()))


@step("c.unread", "end of second", after=("c.create",), requests=2)
def leave_unread(run: Run) -> None:
    """Leave C alone for as long as M took, then read it, and M once more."""
    run.pause(run.notes.get("M took", run.patience.interval) + run.patience.interval)
    first = run.call(STATUS, path={"jobId": run.learnt("C")})
    run.call(STATUS, path={"jobId": run.learnt("M")})
    if status(first) in TERMINAL:
        run.notes["C ended"] = status(first)


@step("c.finish", "end of second", after=("c.unread",), requests=0)
def finish_c(run: Run) -> None:
    """Read C's status until it has ended, if it has not."""
    if "C ended" not in run.notes:
        wait_for_end(run, "C")


@step("c.ended", "end of second", after=("c.finish",), requests=2)
def ended_c(run: Run) -> None:
    """Read the results of C and of M."""
    for name in ("C", "M"):
        run.call(RESULT, path={"jobId": run.learnt(name)})


@step("a2.create", "second", after=("a.create",), jobs=1)
def create_a2(run: Run) -> None:
    """Make A again, without a key again."""
    run.note_job("A2", run.call(CREATE, body=bodies.job_a(), key=_needed_key(run, "a2")))


def _needed_key(run: Run, name: str) -> str | None:
    """Return a key for a create that ought to have none, where the target is known to ask for one."""
    return run.key(name) if run.target.contract.values["idempotency.missing-key"] == "reject-400" else None


def longest_key(run: Run) -> str:
    """Return a key of the greatest length that is allowed, which would hurt a server that reads it as code."""
    limit = int(str(run.target.contract.values["idempotency.max-key-length"]))
    start = f"{run.key('b')}{ODD}"
    return start + "z" * (limit - len(start))
