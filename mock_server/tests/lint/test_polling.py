"""Rules about following a job to its end: each with a client that breaks it and one that does not."""

import pytest
from mock_server.tests.lint.graded import (
    Client,
    blamed,
    by_reads,
    call_id,
    freeze,
    held,
    messages,
    move_on,
    prefer,
    verdicts,
)
from mock_server.tests.operations.in_process import EVENTS
from mock_server.tests.webhooks.receiver import Receiver

STOPPED = [("TF009", "warning")]


def poll(mock: Client, job_id: str, times: int, pause: float) -> None:
    """Read a job's status so often, with a pause after each read."""
    for _ in range(times):
        mock.status(job_id)
        mock.clock.advance(pause)


def without_limit(mock: Client) -> None:
    """Let the key be used as often as it likes."""
    assert mock.send("PUT", f"/__admin/ratelimits/{mock.list_keys()[0]['id']}", body={"limit": None}).status == 200


@pytest.mark.parametrize(("pause", "found"), [(0.999, [("TF004", "warning")]), (1, [])])
def test_a_status_read_every_second(mock: Client, pause: float, found: list[object]) -> None:
    """TF004: a second between two reads is enough, less is not."""
    mock.let_jobs_go(held())
    poll(mock, mock.create("k").job["id"], 4, pause)
    assert verdicts(mock, "TF004") == found


def test_the_median_of_three_gaps(mock: Client) -> None:
    """TF004: three reads are too few to tell, and one or two short gaps among long ones are nothing."""
    mock.let_jobs_go(held())
    for pauses in ([0.1, 0.1], [0.1, 0.1, 5, 5], [0.1, 5, 5]):
        job_id = mock.create().job["id"]
        for pause in [*pauses, 0]:
            mock.status(job_id)
            mock.clock.advance(pause)
    assert verdicts(mock, "TF004") == []


def test_reads_on_a_clock_that_stands(mock: Client) -> None:
    """TF004 says nothing where nobody can wait by the session's clock."""
    mock.let_jobs_go(held())
    job_id = mock.create("k").job["id"]
    freeze(mock)
    poll(mock, job_id, 5, 0.1)
    assert verdicts(mock, "TF004") == []


def test_an_answer_that_cannot_be_read(mock: Client) -> None:
    """TF006: the end was not shown by a body that breaks off, whatever stands in its beginning."""
    mock.let_jobs_go(by_reads(1))
    job_id = mock.create("k").job["id"]
    for _ in range(3):
        mock.status(job_id, prefer("fault=truncated-json"))
        mock.clock.advance(1)
    mock.status(job_id)
    mock.result(job_id)
    assert verdicts(mock) == []


@pytest.mark.parametrize(("more", "found"), [(1, []), (2, [("TF006", "warning")])])
def test_reads_after_the_end(mock: Client, more: int, found: list[object]) -> None:
    """TF006: once is forgiven, twice is not."""
    mock.let_jobs_go(by_reads(2))
    poll(mock, mock.create("k").job["id"], 2 + more, 1)
    assert verdicts(mock, "TF006") == found


def test_a_status_that_flaps(mock: Client) -> None:
    """TF006: a client that is shown an earlier state again is right to go on."""
    mock.let_jobs_go(by_reads(2))
    job_id = mock.create("k").job["id"]
    mock.send("POST", "/__admin/faults", body={"operation": "getExpansion", "fault": "STATUS_FLAPPING"})
    poll(mock, job_id, 6, 1)
    assert verdicts(mock, "TF006") == []


def test_a_result_that_nobody_fetches(mock: Client) -> None:
    """TF007, until somebody does; a result that never arrived was not fetched."""
    mock.let_jobs_go(by_reads(1))
    job_id = mock.create("k").job["id"]
    assert verdicts(mock, "TF007") == []
    end = mock.status(job_id)
    assert (verdicts(mock, "TF007"), blamed(mock, "TF007")) == ([("TF007", "warning")], [call_id(end)])
    mock.result(job_id, prefer("fault=lost-response"))
    assert verdicts(mock, "TF007") == [("TF007", "warning")]
    mock.result(job_id)
    assert verdicts(mock, "TF007") == []


def test_results_that_nobody_needs_to_fetch(mock: Client) -> None:
    """TF007: an export's answer is its result, and a failed job has no output to fetch."""
    mock.export("k-1")
    mock.let_jobs_go(by_reads(1, "failed"))
    mock.status(mock.create("k-2").job["id"])
    assert verdicts(mock, "TF007") == []


def test_a_result_before_the_end(mock: Client) -> None:
    """TF008, under each behaviour; not once the end was shown, whatever the result then says."""
    mock.let_jobs_go(by_reads(2))
    job_id = mock.create("k").job["id"]
    early = mock.result(job_id)
    assert (verdicts(mock, "TF008"), blamed(mock, "TF008")) == ([("TF008", "info")], [call_id(early)])
    mock.override({"result.before-terminal": "conflict-409"})
    refused = mock.result(job_id)
    assert blamed(mock, "TF008") == [call_id(early), call_id(refused)]
    poll(mock, job_id, 2, 1)
    mock.result(job_id)
    assert blamed(mock, "TF008") == [call_id(early), call_id(refused)]


def test_a_result_after_the_end(mock: Client) -> None:
    """TF008 holds for a client that waits, and for one that learns of the end by the result itself or by a fault."""
    mock.let_jobs_go(by_reads(1))
    job_id = mock.create("k").job["id"]
    mock.send("POST", "/__admin/faults", body={"operation": "getExpansionResult", "fault": "RESULT_LATE"})
    mock.status(job_id)
    mock.result(job_id)
    other = mock.create("k-2", prefer("job=completed")).job["id"]
    move_on(mock, other)
    mock.result(other)
    mock.result("00000000-0000-4000-8000-00000000dead")
    assert verdicts(mock, "TF008") == []


@pytest.mark.parametrize("last", ["ratelimit=exhausted", "fault=internal-error", "fault=gateway-error"])
def test_giving_up_on_one_bad_answer(mock: Client, last: str) -> None:
    """TF009: a 429, a 500 or a page of a gateway on a poll says nothing about the job."""
    job_id = mock.create("k").job["id"]
    mock.clock.advance(1)

    final = mock.status(job_id, prefer(last))
    mock.clock.advance(60.001)
    assert (verdicts(mock, "TF009"), blamed(mock, "TF009")) == (STOPPED, [call_id(final)])


@pytest.mark.parametrize(("seconds", "found"), [(60, []), (60.001, STOPPED)])
def test_a_minute_of_silence(mock: Client, seconds: float, found: list[object]) -> None:
    """TF009: within a minute the next read may still come."""
    mock.status(mock.create("k").job["id"])
    mock.clock.advance(seconds)
    assert verdicts(mock, "TF009") == found


def test_silence_on_a_clock_that_stands(mock: Client) -> None:
    """TF009: there nothing else is to come."""
    mock.let_jobs_go(by_reads(4))
    freeze(mock)
    job_id = mock.create("k").job["id"]
    mock.status(job_id)
    assert verdicts(mock, "TF009") == STOPPED
    poll(mock, job_id, 3, 0)
    assert verdicts(mock, "TF009") == []


def test_jobs_that_nobody_polls(mock: Client) -> None:
    """TF009 is about polling that stopped: not about jobs that were never polled, exports, or ends seen by results."""
    mock.create("k-1")
    mock.status(mock.export("k-2").job["id"])
    mock.let_jobs_go(by_reads(1))
    freeze(mock)
    job_id = mock.create("k-3").job["id"]
    mock.status(job_id, prefer("ratelimit=exhausted"))
    move_on(mock, job_id)
    mock.result(job_id)
    assert verdicts(mock, "TF009") == []


def test_giving_up_for_a_reason(mock: Client) -> None:
    """TF009: nobody is blamed for a job that is held, nor after sixty reads."""
    freeze(mock)
    without_limit(mock)
    mock.let_jobs_go(by_reads(200))
    poll(mock, mock.create("k-1").job["id"], 60, 0)
    mock.let_jobs_go(held())
    poll(mock, mock.create("k-2").job["id"], 2, 0)
    assert verdicts(mock, "TF009") == []
    mock.let_jobs_go(by_reads(200))
    poll(mock, mock.create("k-3").job["id"], 59, 0)
    assert messages(mock, "TF009") == ["Polling stopped after 59 reads, before the job had shown its end"]


def test_a_job_that_ends_by_delivery(mock: Client, receiver: Receiver) -> None:
    """TF009 holds where a receiver took the news, and TF007 asks then for the result."""
    mock.subscribe(receiver.url, EVENTS)
    job_id = mock.create("k").job["id"]
    mock.status(job_id)
    mock.send("PUT", "/__admin/clock", body={"action": "advance", "by": "PT5M"})
    assert len(receiver.requests) == 1
    assert verdicts(mock, "TF009", "TF007") == [("TF007", "warning")]
    mock.result(job_id)
    assert verdicts(mock, "TF009", "TF007") == []


@pytest.mark.parametrize(("reads", "found"), [(120, []), (121, [("TF024", "warning")])])
def test_a_loop_without_a_deadline(mock: Client, reads: int, found: list[object]) -> None:
    """TF024: 120 reads of an open job are allowed."""
    mock.let_jobs_go(held())
    without_limit(mock)
    poll(mock, mock.create("k").job["id"], reads, 2)
    assert verdicts(mock, "TF024") == found
