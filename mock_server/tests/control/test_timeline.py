"""A job's timeline: calls and transitions in one list, each transition with its cause."""

from typing import Any

import pytest
from mock_server.tests.control.console import (
    BEARER,
    DEFAULT_PROGRAMME,
    EXPANSIONS,
    JOBS,
    OTHER_BEARER,
    Clock,
    Console,
    new_app,
    refused,
)


def timeline(mock: Console, job_id: str) -> list[str]:
    """Return the timeline as `second event detail`, one text a line, without what the rules find wrong."""
    answer = mock.get(f"{JOBS}/{job_id}/timeline")
    rows = answer["timeline"]
    assert (answer["jobId"], answer["meta"]) == (job_id, {"total": len(rows)})
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    return [" ".join([row["at"][17:19], row["event"], *details(row)]) for row in rows if row["event"] != "finding"]


def details(row: Any) -> list[str]:
    """Return what is told besides instant and event, without ids and paths."""
    if row["event"] == "transition":
        return [row["to"], f"({row['cause']})"]
    return [str(row[name]) for name in ("read", "status", "idempotency") if name in row]


def test_a_timed_job(mock: Console, clock: Clock) -> None:
    """Create, replays, reads and results from the journal; transitions where the clock brought them about."""
    job_id = mock.create(idempotencyKey="k")
    mock.create(idempotencyKey="k")
    clock.instant += 1_000
    mock.read(job_id)
    clock.instant += 1_000
    mock.create(idempotencyKey="k", sourceType="glossary")
    mock.get(f"{EXPANSIONS}/{job_id}/result", headers=BEARER)
    mock.call("GET", f"{EXPANSIONS}/{job_id}", headers=OTHER_BEARER)
    assert timeline(mock, job_id) == [
        "00 create 200 new",
        "00 replay 200 replayed",
        "01 transition processing (clock)",
        "01 read 1 200",
        "02 replay 200 replayed-other-body",
        "02 result 200",
        "02 read 404",
    ]
    clock.instant += 2_000
    mock.read(job_id)
    assert timeline(mock, job_id)[7:] == ["04 transition completed (clock)", "04 read 2 200"]


def test_the_members_of_a_call(mock: Console) -> None:
    """A call is told with the id under which the client got it, so that both sides can be joined."""
    answer = mock.call("POST", EXPANSIONS, {"payload": {}, "idempotencyKey": "k"}, headers=BEARER)
    row = {
        "sequence": 1,
        "at": "2026-07-06T09:00:00.000Z",
        "event": "create",
        "requestId": answer.headers["X-Mock-Request-Id"],
        "method": "POST",
        "path": EXPANSIONS,
        "status": 200,
        "idempotency": "new",
    }
    assert mock.get(f"{JOBS}/{answer.get_json()['id']}/timeline")["timeline"] == [row]


def test_a_job_counted_in_reads_on_a_clock_that_stands(mock: Console) -> None:
    """A transition stands right after the read that caused it, though all share one instant."""
    mock.move("freeze")
    mock.put(DEFAULT_PROGRAMME, {"progression": "manual", "polls": 3, "outcome": "failed"})
    job_id = mock.create()
    mock.call("HEAD", f"{EXPANSIONS}/{job_id}", headers=BEARER)
    for _ in range(4):
        mock.read(job_id)
    assert timeline(mock, job_id) == [
        "00 create 200 new",
        "00 read 200",
        "00 read 1 200",
        "00 read 2 200",
        "00 transition processing (read 2)",
        "00 read 3 200",
        "00 transition failed (read 3)",
        "00 read 4 200",
    ]


def test_one_read_that_ends_a_job(mock: Console) -> None:
    """Nobody can have seen it processing."""
    mock.put(DEFAULT_PROGRAMME, {"progression": "manual", "polls": 1})
    job_id = mock.create()
    mock.read(job_id)
    assert timeline(mock, job_id) == ["00 create 200 new", "00 read 1 200", "00 transition completed (read 1)"]


def test_a_job_moved_by_hand_on_a_clock_that_stands(mock: Console) -> None:
    """A transition by hand stands where it happened among the reads."""
    mock.move("freeze")
    mock.put(DEFAULT_PROGRAMME, {"progression": "held"})
    job_id = mock.create()
    mock.read(job_id)
    mock.transition(job_id, "processing")
    mock.read(job_id)
    mock.transition(job_id, "completed")
    mock.read(job_id)
    assert timeline(mock, job_id) == [
        "00 create 200 new",
        "00 read 1 200",
        "00 transition processing (admin)",
        "00 read 2 200",
        "00 transition completed (admin)",
        "00 read 3 200",
    ]


def test_a_job_that_nothing_has_moved(mock: Console) -> None:
    """What is still to come is not told."""
    mock.put(DEFAULT_PROGRAMME, {"progression": "held"})
    held = mock.create()
    mock.delete(DEFAULT_PROGRAMME)
    timed = mock.create()
    assert (timeline(mock, held), timeline(mock, timed)) == (["00 create 200 new"], ["00 create 200 new"])


def test_an_immediate_job(mock: Console) -> None:
    """It ends with its creation, which still answered queued."""
    mock.put(DEFAULT_PROGRAMME, {"progression": "immediate"})
    job_id = mock.create()
    mock.read(job_id)
    assert timeline(mock, job_id) == ["00 create 200 new", "00 transition completed (clock)", "00 read 1 200"]


def test_a_timed_job_forced_to_its_end(mock: Console, clock: Clock) -> None:
    """The clock began it, an admin ended it."""
    job_id = mock.create()
    clock.instant += 2_000
    mock.transition(job_id, "failed")
    assert timeline(mock, job_id)[1:] == ["01 transition processing (clock)", "02 transition failed (admin)"]


def test_a_timed_job_forced_to_begin(mock: Console, clock: Clock) -> None:
    """An admin began it, the clock ends it after its time of work."""
    mock.put(DEFAULT_PROGRAMME, {"queued": 10, "processing": 5})
    job_id = mock.create()
    clock.instant += 2_000
    mock.transition(job_id, "processing")
    clock.instant += 5_000
    assert timeline(mock, job_id)[1:] == ["02 transition processing (admin)", "07 transition completed (clock)"]


@pytest.mark.parametrize(
    ("programme", "transitions"),
    [
        ({"progression": "held"}, ["01 transition failed (admin)"]),
        ({"progression": "manual", "polls": 4}, ["01 transition failed (admin)"]),
        ({"queued": 0}, ["00 transition processing (clock)", "01 transition failed (admin)"]),
    ],
    ids=["held", "counted in reads", "timed"],
)
def test_what_the_journal_has_forgotten(clock: Clock, programme: dict[str, object], transitions: list[str]) -> None:
    """The create and the transitions are told from the job's record; a read that remains still has its number."""
    mock = Console(new_app(clock, journal_limit=1), clock)
    mock.put(DEFAULT_PROGRAMME, programme)
    job_id = mock.create()
    clock.instant += 1_000
    mock.transition(job_id, "failed")
    mock.read(job_id)
    assert timeline(mock, job_id) == ["00 create", *transitions, "01 read 1 200"]


def test_reads_that_the_journal_has_forgotten(clock: Clock) -> None:
    """A cause is known though the read itself is not."""
    mock = Console(new_app(clock, journal_limit=1), clock)
    mock.put(DEFAULT_PROGRAMME, {"progression": "manual", "polls": 2})
    job_id = mock.create()
    mock.read(job_id)
    mock.read(job_id)
    assert timeline(mock, job_id) == [
        "00 create",
        "00 transition processing (read 1)",
        "00 read 2 200",
        "00 transition completed (read 2)",
    ]


def test_a_call_that_no_operation_takes(mock: Console) -> None:
    """It is told as what it was: a call about this job."""
    job_id = mock.create()
    mock.call("PATCH", f"{EXPANSIONS}/{job_id}", headers=BEARER)
    assert timeline(mock, job_id)[1:] == ["00 call 404"]


def test_as_text(mock: Console, clock: Clock) -> None:
    """`format=text` tells the same for people, one line each."""
    job_id = mock.create(idempotencyKey="k")
    clock.instant += 1_000
    mock.read(job_id)
    answer = mock.call("GET", f"{JOBS}/{job_id}/timeline?format=text")
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text == (
        "2026-07-06T09:00:00.000Z create 200 new\n"
        "2026-07-06T09:00:01.000Z transition → processing (clock)\n"
        "2026-07-06T09:00:01.000Z read 1 200\n"
    )


def test_an_unknown_format(mock: Console) -> None:
    """The formats that exist are told."""
    answer = mock.call("GET", f"{JOBS}/{mock.create()}/timeline?format=har")
    refused(answer, 422, "invalid-field", field="format", alternatives=["json", "text"])
