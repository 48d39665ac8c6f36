"""What only a mock can show: jobs that fail on demand, and days that pass in a moment."""

from __future__ import annotations

from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.job_m import CREATE, RESULT, STATUS
from tutorflow_conformance.traffic.run import Run
from tutorflow_conformance.traffic.step import step

DAY = 86_400.0
ERROR = {"code": "content_internal_error", "message": "Failed on demand"}


@step("f.create", "clock", needs="C", jobs=1)
def create_failing(run: Run) -> None:
    """Make F."""
    run.note_job("F", run.call(CREATE, body=bodies.job_m("A glossary that fails"), key=run.key("f")))


@step("f.failed", "clock", needs="C", after=("f.create",), requests=3)
def fail(run: Run) -> None:
    """Let F fail; read its status and result, and send it again."""
    _end(run, "F", {"to": "failed", "error": ERROR})
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.learnt("F")})
    run.call(CREATE, body=bodies.job_m("A glossary that fails"), key=run.key("f"))


@step("partial.create", "clock", needs="C", jobs=1)
def create_partial(run: Run) -> None:
    """Make a job that will fail in part."""
    run.note_job("partial", run.call(CREATE, body=bodies.job_m("A glossary in part"), key=run.key("partial")))


@step("partial.failed", "clock", needs="C", after=("partial.create",), requests=2)
def fail_in_part(run: Run) -> None:
    """Let its video fail; read its status and result."""
    _end(run, "partial", {"to": "failed", "error": ERROR, "failedOutputs": [bodies.VIDEO]})
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.learnt("partial")})


@step("old.create", "clock", needs="C", jobs=1)
def create_old(run: Run) -> None:
    """Make a job that will be replayed long after."""
    run.note_job("old", run.call(CREATE, body=bodies.small(), key=run.key("old")))


@step("old.replays", "clock", needs="C", after=("old.create", "f.failed", "partial.failed"), requests=2, jobs=2)
def replay_old(run: Run) -> None:
    """Send it again a day later, and thirty days later."""
    for days in (1, 29):
        run.pause(days * DAY + 1)
        run.call(CREATE, body=bodies.small(), key=run.key("old"))


def _end(run: Run, name: str, transition: dict[str, object]) -> None:
    if run.control is not None:
        run.control.ask("POST", f"/jobs/{run.learnt(name)}/transition", transition)
