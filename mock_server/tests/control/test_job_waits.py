"""Waiting for a job: by the clock as it goes, or by moving it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mock_server.tests.control.console import DEFAULT_PROGRAMME, JOBS, Clock, Console, new_app, refused

from tutorflow_mock.domain.model import Session
from tutorflow_mock.operations import steering
from tutorflow_mock.system import SystemClock


def wait(mock: Console, job_id: str, **members: object) -> Any:
    """Wait, and return the answer."""
    return mock.call("POST", f"{JOBS}/{job_id}/wait", members)


def told(answer: Any) -> str:
    """Return the status of the job in an answer."""
    return str(answer.json["job"]["status"])


def late(answer: Any, status: int, token: str) -> str:
    """Check a refusal that shows the job, and return the job's status."""
    refused(answer, status, token, job=answer.json["job"])
    return str(answer.json["job"]["job"]["status"])


def test_a_job_that_is_there(mock: Console, clock: Clock) -> None:
    """It is answered at once."""
    job_id = mock.create()
    assert told(wait(mock, job_id, status="queued")) == "queued"
    clock.instant += 4_000
    assert told(wait(mock, job_id)) == "completed"


def test_the_clock_is_moved(mock: Console) -> None:
    """From one due instant to the next until the job is there, and no further."""
    job_id = mock.create()
    assert told(wait(mock, job_id, status=["processing"], advanceClock=True)) == "processing"
    assert mock.get("/__admin/clock")["now"] == "2026-07-06T09:00:01.000Z"
    assert told(wait(mock, job_id, advanceClock=True)) == "completed"
    assert mock.get("/__admin/clock")["now"] == "2026-07-06T09:00:04.000Z"
    assert late(wait(mock, job_id, status="failed", advanceClock=True), 408, "wait-timeout") == "completed"


def test_a_job_that_is_held(mock: Console) -> None:
    """No move of the clock helps it; somebody else may, and without that the time runs out."""
    mock.put(DEFAULT_PROGRAMME, {"progression": "held"})
    job_id = mock.create()
    assert late(wait(mock, job_id, advanceClock=True), 409, "held") == "queued"
    assert late(wait(mock, job_id, timeoutMillis=20), 408, "wait-timeout") == "queued"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait, mock, job_id, timeoutMillis=60_000)
        while not mock.world.store._rooms["default"].watchers:  # type: ignore[attr-defined]
            pass
        mock.transition(job_id, "failed")
        assert told(waiting.result(timeout=10)) == "failed"


def test_what_can_never_be(mock: Console, clock: Clock) -> None:
    """A job that has ended otherwise is not waited for."""
    job_id = mock.create()
    clock.instant += 4_000
    assert late(wait(mock, job_id, status="failed", timeoutMillis=60_000), 408, "wait-timeout") == "completed"


def test_a_clock_that_runs() -> None:
    """The wait is over when the job is due, though nobody does anything."""
    mock = Console(new_app(SystemClock(), programme="after=40ms"), Clock())  # type: ignore[arg-type]
    assert told(wait(mock, mock.create(), timeoutMillis=10_000)) == "completed"


def test_a_clock_that_stands(clock: Clock) -> None:
    """Only a move of it ends the wait."""
    mock = Console(new_app(clock, clock="frozen"), clock)
    job_id = mock.create()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait, mock, job_id, timeoutMillis=60_000)
        while not mock.world.store._rooms["default"].watchers:  # type: ignore[attr-defined]
            pass
        mock.move("advance", by="PT4S")
        assert told(waiting.result(timeout=10)) == "completed"


def test_a_clock_that_somebody_else_moves(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the job is looked at anew."""
    job_id = mock.create()
    real = steering.travel

    def overtaken(*args: Any) -> Any:
        real(*args)
        raise steering.ClockBackwards

    monkeypatch.setattr(steering, "travel", overtaken)
    assert told(wait(mock, job_id, advanceClock=True)) == "completed"


def test_a_session_that_ends(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait for a job of a session that is gone is over."""
    job_id = mock.create()
    real = mock.world.store.session
    answers = iter([real("default")] * 3)

    def answer(_: str) -> Session | None:
        return next(answers, None)

    monkeypatch.setattr(mock.world.store, "session", answer)
    assert wait(mock, job_id, advanceClock=True).status_code == 404


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"advanceClock": 1}, "advanceClock"),
        ({"status": []}, "status"),
        ({"timeoutMillis": -1}, "timeoutMillis"),
    ],
)
def test_a_wait_for_nothing_sensible(mock: Console, members: Any, field: str) -> None:
    """422 that names the member."""
    refused(wait(mock, mock.create(), **members), 422, "invalid-field", field=field)


def test_a_state_that_there_is_not(mock: Console) -> None:
    """The known ones are told; so is an unknown job."""
    known = ["queued", "processing", "completed", "failed"]
    refused(wait(mock, mock.create(), status="done"), 422, "invalid-field", field="status", alternatives=known)
    refused(wait(mock, "none"), 404, "unknown-job")
