"""Rules about idempotency keys: each with a client that breaks it and one that does not."""

import pytest
from mock_server.tests.lint.graded import Client, blamed, by_reads, call_id, freeze, messages, prefer, verdicts
from mock_server.tests.operations.in_process import ADMIN, EXPANSIONS, KEY, LESSON, PAYLOAD

SECOND_JOB = [("TF002", "error")]


def test_a_create_or_export_without_a_key(mock: Client) -> None:
    """TF001: each such call; not one that was refused anyway."""
    created, exported = mock.create(), mock.export()
    mock.create(requestedOutputs=["mp4"])
    assert verdicts(mock, "TF001") == [("TF001", "warning")] * 2
    assert blamed(mock, "TF001") == [call_id(created), call_id(exported)]


def test_keys_in_header_or_body(mock: Client) -> None:
    """TF001 holds where the key stands in either place."""
    mock.create("k-1")
    mock.create(idempotencyKey="k-2")
    mock.export("k-3")
    assert verdicts(mock, "TF001") == []


@pytest.mark.parametrize("fault", ["fault=internal-error", "fault=gateway-error", "fault=lost-response"])
def test_another_key_after_no_answer(mock: Client, fault: str) -> None:
    """TF002: the answer was a failure or never came, and the same body comes under another key."""
    first = mock.create("k-1", prefer(fault))
    mock.clock.advance(5)
    second = mock.create("k-2")
    assert verdicts(mock, "TF002") == SECOND_JOB
    assert blamed(mock, "TF002") == [call_id(first), call_id(second)]


def test_no_key_after_no_answer(mock: Client) -> None:
    """TF002: without a key every repeat is a new job."""
    mock.create(None, prefer("fault=internal-error"))
    mock.create()
    assert verdicts(mock, "TF002") == SECOND_JOB


def test_an_answer_that_was_not_waited_for(mock: Client) -> None:
    """TF002: the client's own timeout was shorter than the answer took."""
    mock.create("k-1", prefer("delay=50"))
    mock.create("k-2")
    assert verdicts(mock, "TF002") == SECOND_JOB
    assert messages(mock, "TF002") == [
        "The same body came again under another key, 'k-2', after an answer that was not waited for"
    ]


def test_an_answer_that_was_waited_for(mock: Client) -> None:
    """TF002 holds where the answer was only late: a second job is then what the client wants."""
    mock.create("k-1", prefer("delay=50"))
    mock.clock.advance(0.05)
    mock.create("k-2")
    assert verdicts(mock, "TF002") == []


@pytest.mark.parametrize(("minutes", "found"), [(10, SECOND_JOB), (10.001, [])])
def test_ten_minutes(mock: Client, minutes: float, found: list[object]) -> None:
    """TF002 looks ten minutes back and no further."""
    mock.create("k-1", prefer("fault=internal-error"))
    mock.clock.advance(minutes * 60)
    mock.create("k-2")
    assert verdicts(mock, "TF002") == found


def test_another_key_after_a_429(mock: Client) -> None:
    """TF002 warns: nothing was made yet."""
    mock.create("k-1", prefer("ratelimit=exhausted"))
    mock.clock.advance(60)
    mock.create("k-2")
    assert verdicts(mock, "TF002") == [("TF002", "warning")]


def test_the_same_key_after_no_answer(mock: Client) -> None:
    """TF002 holds for a client that repeats as the guides say, in whichever place the key stands."""
    mock.create("k-1", prefer("fault=lost-response"))
    mock.create("k-1")
    mock.create(None, prefer("fault=internal-error"), idempotencyKey="k-2")
    mock.create("k-2")
    assert verdicts(mock, "TF002") == []


def test_another_body_after_no_answer(mock: Client) -> None:
    """TF002 looks at the body: other content is another job, and an answer in between settles it."""
    mock.create("k-1", prefer("fault=internal-error"))
    mock.create("k-2", sourceType="glossary")
    mock.create("k-1")
    mock.create("k-3")
    assert verdicts(mock, "TF002") == []


def test_another_organization_after_no_answer(mock: Client) -> None:
    """TF002: two organizations may expand the same source."""
    mock.create("k-1", prefer("fault=internal-error"))
    mock.create("k-2", {"Authorization": "Bearer tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"})
    assert verdicts(mock, "TF002") == []


def test_bodies_beyond_what_the_journal_keeps(mock: Client) -> None:
    """TF002 compares what is longer than that by its length: of a call that failed at once, nothing else is known."""
    long = {"level": {"title": "Long", "text": "x" * 70_000}}
    mock.send(
        "POST", EXPANSIONS, KEY, prefer("fault=internal-error"), {"Idempotency-Key": "k-1"}, body={"payload": long}
    )
    mock.send("POST", EXPANSIONS, KEY, {"Idempotency-Key": "k-2"}, body={"payload": {**long, "more": 1}})
    assert verdicts(mock, "TF002") == []
    mock.send("POST", EXPANSIONS, KEY, {"Idempotency-Key": "k-3"}, body={"payload": long})
    assert verdicts(mock, "TF002") == SECOND_JOB


def test_a_body_that_cannot_be_read(mock: Client) -> None:
    """TF002 compares even what is no JSON: the failure came before anybody looked at it."""
    for _ in range(2):
        mock.send("POST", EXPANSIONS, KEY, prefer("fault=internal-error"), raw=b"not json")
    assert verdicts(mock, "TF002") == SECOND_JOB


def test_a_repeat_that_is_refused(mock: Client) -> None:
    """TF002: what was refused made no job; no second one either."""
    revoked = {"Authorization": "Bearer tf_content_unknown"}
    mock.send("POST", EXPANSIONS, revoked, prefer("fault=internal-error"), body={"payload": PAYLOAD})
    mock.send("POST", EXPANSIONS, revoked, body={"payload": PAYLOAD})
    assert verdicts(mock, "TF002") == []


def test_one_key_two_bodies(mock: Client) -> None:
    """TF003 names both calls."""
    first, second = mock.create("k-1"), mock.create("k-1", sourceType="glossary")
    assert verdicts(mock, "TF003") == [("TF003", "error")]
    assert blamed(mock, "TF003") == [call_id(first), call_id(second)]


def test_one_key_two_bodies_that_is_refused() -> None:
    """TF003 is found under every behaviour that notices it."""
    mock = Client({"idempotency.same-key-other-body": "conflict-409"})
    mock.create("k-1")
    assert mock.create("k-1", sourceType="glossary").status == 409
    assert verdicts(mock, "TF003") == [("TF003", "error")]


def test_one_key_two_bodies_whose_first_is_forgotten(mock: Client) -> None:
    """TF003 is found from the second call alone, too."""
    mock.create("k-1")
    mock.send("DELETE", "/__admin/requests")
    second = mock.create("k-1", sourceType="glossary")
    assert blamed(mock, "TF003") == [call_id(second)]


def test_one_key_one_body(mock: Client) -> None:
    """TF003 holds for repeats, and for a key whose first body was refused."""
    mock.create("k-1")
    mock.create("k-1")
    mock.create("k-2", requestedOutputs=["mp4"])
    mock.create("k-2")
    mock.send("POST", EXPANSIONS, ADMIN, body={"lessonId": LESSON})
    assert verdicts(mock, "TF003") == []


def test_a_key_whose_job_has_failed(mock: Client) -> None:
    """TF018: the failed job is all that the key answers; before it failed, a repeat is a repeat."""
    mock.let_jobs_go(by_reads(1, "failed"))
    job_id = mock.create("k-1").job["id"]
    mock.create("k-1")
    assert verdicts(mock, "TF018") == []
    mock.clock.advance(1)
    mock.status(job_id)
    mock.create("k-1")
    assert verdicts(mock, "TF018") == [("TF018", "info")]


def test_a_key_that_comes_again_before_its_job_fails(mock: Client) -> None:
    """TF018: on a clock that stands all share one instant, and the order tells; a clock that runs tells itself."""
    mock.let_jobs_go(by_reads(1, "failed"))
    freeze(mock)
    job_id = mock.create("k-1", prefer("fault=lost-response")).job["id"]
    mock.create("k-1")
    mock.status(job_id)
    assert verdicts(mock, "TF018") == []
    mock.create("k-1")
    assert verdicts(mock, "TF018") == [("TF018", "info")]


def test_a_key_that_comes_again_after_its_job_failed_unseen(mock: Client) -> None:
    """TF018: nobody need have looked."""
    mock.send("PUT", "/__admin/programmes/default", body={"outcome": "failed"})
    mock.create("k-1")
    mock.clock.advance(4)
    mock.create("k-1")
    assert verdicts(mock, "TF018") == []
    mock.clock.advance(0.001)
    mock.create("k-1")
    assert verdicts(mock, "TF018") == [("TF018", "info")]


@pytest.mark.parametrize("key", ["a, b", '"quoted"'])
def test_a_key_with_a_comma_or_quotes(mock: Client, key: str) -> None:
    """TF025, once for each key."""
    mock.create(key)
    mock.create(key)
    mock.create("plain:key-1")
    assert verdicts(mock, "TF025") == [("TF025", "info")]
