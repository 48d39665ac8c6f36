"""Rules about coming again: each with a client that breaks it and one that does not."""

import pytest
from mock_server.tests.lint.graded import (
    Client,
    blamed,
    call_id,
    freeze,
    held,
    messages,
    prefer,
    verdicts,
)
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOMS,
    EXPANSIONS,
    FOREIGN_KEY,
    FOREIGN_ORGANIZATION,
    KEY,
    NOBODYS,
    ORGANIZATIONS,
    Answer,
)

TOO_SOON, HASTY = [("TF005", "error")], [("TF005", "warning")]
REPEATED, FLAT = [("TF016", "warning")], [("TF017", "warning")]


def ask(mock: Client, *wishes: str) -> Answer:
    """Send a call that counts against the key's limit."""
    return mock.send("GET", CLASSROOMS, KEY, prefer(", ".join(wishes)) if wishes else {})


def limited(mock: Client, retry_after: int) -> Answer:
    """Send a call that meets a 429, with this `Retry-After` in place of the mock's own."""
    options = {"retryAfter": retry_after}
    rule = {"operation": "listClassrooms", "times": 1, "fault": "RATE_LIMITED", "options": options}
    assert mock.send("POST", "/__admin/faults", body=rule).status == 201
    answer = ask(mock)
    assert answer.status == 429
    return answer


@pytest.mark.parametrize(
    ("seconds", "found"), [(0, TOO_SOON), (29.999, TOO_SOON), (36.999, TOO_SOON), (37, []), (300, [])]
)
def test_retry_after(mock: Client, seconds: float, found: list[object]) -> None:
    """TF005: exactly as long as the answer asks is long enough."""
    mock.clock.advance(23)
    assert ask(mock, "ratelimit=exhausted").headers["Retry-After"] == "37"
    mock.clock.advance(seconds)
    ask(mock)
    assert verdicts(mock, "TF005") == found


@pytest.mark.parametrize(("seconds", "found"), [(9.999, TOO_SOON), (10, HASTY), (29.999, HASTY), (30, [])])
def test_thirty_seconds(mock: Client, seconds: float, found: list[object]) -> None:
    """TF005: the documented half minute counts where the answer asks for less."""
    mock.clock.advance(50)
    assert ask(mock, "ratelimit=exhausted").headers["Retry-After"] == "10"
    mock.clock.advance(seconds)
    ask(mock)
    assert verdicts(mock, "TF005") == found


@pytest.mark.parametrize(("seconds", "found"), [(36.999, TOO_SOON), (37, [])])
def test_retry_after_as_a_date(mock: Client, seconds: float, found: list[object]) -> None:
    """TF005 reads dates, too."""
    mock.override({"rate.retry-after": "http-date"})
    mock.clock.advance(23)
    assert ask(mock, "ratelimit=exhausted").headers["Retry-After"] == "Mon, 06 Jul 2026 09:01:00 GMT"
    mock.clock.advance(seconds)
    ask(mock)
    assert verdicts(mock, "TF005") == found


@pytest.mark.parametrize(("seconds", "found"), [(29, HASTY), (30, [])])
def test_no_retry_after(mock: Client, seconds: float, found: list[object]) -> None:
    """TF005: an answer that asks for nothing leaves the documented half minute."""
    mock.override({"rate.retry-after": "absent"})
    assert "Retry-After" not in ask(mock, "ratelimit=exhausted").headers
    mock.clock.advance(seconds)
    ask(mock)
    assert verdicts(mock, "TF005") == found


def test_a_huge_retry_after(mock: Client) -> None:
    """TF005: a client that gives up has no next call; one that comes after a minute came too soon."""
    answer = limited(mock, 3600)
    assert answer.headers["Retry-After"] == "3600"
    assert verdicts(mock, "TF005") == []
    mock.clock.advance(60)
    ask(mock)
    assert verdicts(mock, "TF005") == TOO_SOON


def test_many_workers_that_wake_together(mock: Client) -> None:
    """TF005: the first of them meets the limit again, and the others do not let that stop them."""
    key_id = mock.list_keys()[0]["id"]
    mock.send("PUT", f"/__admin/ratelimits/{key_id}", body={"limit": 2})
    for _ in range(3):
        ask(mock)
    mock.clock.advance(60)
    assert verdicts(mock, "TF005") == []
    answers = [ask(mock) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 429, 429, 429]
    assert blamed(mock, "TF005") == [call_id(answer) for answer in answers[2:]]
    assert messages(mock, "TF005") == [
        "2 calls came before Retry-After had run out, 60.0 s: the first 0.0 s after its 429"
    ]


def test_a_call_that_was_under_way(mock: Client) -> None:
    """TF005: what was sent before the 429 was answered is no call after it."""
    ask(mock, "ratelimit=exhausted", "delay=50")
    mock.clock.advance(0.049)
    ask(mock)
    assert verdicts(mock, "TF005") == []


def test_other_keys_need_not_wait(mock: Client) -> None:
    """TF005 counts by key; an admin's calls are no key's."""
    ask(mock, "ratelimit=exhausted")
    mock.send("GET", CLASSROOMS, FOREIGN_KEY)
    mock.list_keys()
    assert verdicts(mock, "TF005") == []


def test_real_time_counts_on_a_clock_that_stands(mock: Client) -> None:
    """TF005: a client that really sleeps has waited, though the session's clock has not moved."""
    freeze(mock)
    ask(mock, "ratelimit=exhausted")
    mock.clock.advance(60)
    ask(mock)
    assert verdicts(mock, "TF005") == []


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        (EXPANSIONS, KEY, {"payload": 1}, 400),
        (f"{EXPANSIONS}/{NOBODYS}", KEY, None, 404),
        (CLASSROOMS, {}, None, 401),
    ],
)
def test_an_unchanged_request(mock: Client, path: str, headers: dict[str, str], body: object, status: int) -> None:
    """TF016: once more is once too often."""
    method = "GET" if body is None else "POST"
    first, second = (mock.send(method, path, headers, body=body) for _ in range(2))
    assert (first.status, second.status) == (status, status)
    assert (verdicts(mock, "TF016"), blamed(mock, "TF016")) == (REPEATED, [call_id(first), call_id(second)])
    assert messages(mock, "TF016") == [f"The same request came again 1 time after a {status}"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"{ORGANIZATIONS}/{FOREIGN_ORGANIZATION}/api-keys", ADMIN, 403),
        (CLASSROOMS, {"Authorization": "Bearer no"}, 401),
    ],
)
def test_credentials_that_cannot_be_told_apart(mock: Client, path: str, headers: dict[str, str], status: int) -> None:
    """TF016: the journal hides them, so one repeat may have been made with another one."""
    mock.send("GET", path, headers)
    mock.send("GET", path, headers)
    assert verdicts(mock, "TF016") == []
    assert mock.send("GET", path, headers).status == status
    assert verdicts(mock, "TF016") == REPEATED


def test_a_changed_request(mock: Client) -> None:
    """TF016 holds for a client that mends what was wrong, or is let down by a fault."""
    mock.send("POST", EXPANSIONS, KEY, body={"payload": 1})
    mock.send("POST", EXPANSIONS, KEY, body={"payload": {}})
    mock.send("POST", EXPANSIONS, KEY, body={"payload": 2})
    job_id = mock.create("k").job["id"]
    rule = {"operation": "getExpansion", "fault": "NOT_YET_VISIBLE", "options": {"reads": 2}}
    assert mock.send("POST", "/__admin/faults", body=rule).status == 201
    assert [mock.status(job_id).status for _ in range(3)] == [404, 404, 200]
    assert verdicts(mock, "TF016") == []


def test_one_refusal_and_then_another(mock: Client) -> None:
    """TF016: where the answer changed, something else did."""
    made = mock.new_key()
    headers = {"Authorization": f"Bearer {made.json()['apiKey']}"}
    mock.send("GET", f"{EXPANSIONS}/{NOBODYS}", headers)
    mock.key_call(made.json()["keyId"], "revoke")
    mock.send("GET", f"{EXPANSIONS}/{NOBODYS}", headers)
    assert verdicts(mock, "TF016") == []


def fail(mock: Client, *pauses: float) -> None:
    """Send a call that fails, and again after each pause."""
    for pause in (*pauses, 0):
        ask(mock, "fault=internal-error")
        mock.clock.advance(pause)


@pytest.mark.parametrize("pauses", [(0, 0), (1, 1), (2, 2.4), (4, 2, 1), (1, 1.2, 0.4)])
def test_retries_at_one_pace(mock: Client, pauses: tuple[float, ...]) -> None:
    """TF017: even pauses, or pauses that never grow."""
    fail(mock, *pauses)
    assert verdicts(mock, "TF017") == FLAT


@pytest.mark.parametrize("pauses", [(), (0,), (1, 2), (1, 2, 4), (1, 0.5), (2, 1, 4), (1, 1.3)])
def test_retries_that_back_off(mock: Client, pauses: tuple[float, ...]) -> None:
    """TF017 holds for growing pauses, with chance in them or not, and where there are too few to tell."""
    fail(mock, *pauses)
    assert verdicts(mock, "TF017") == []


def test_the_repeat_that_succeeds(mock: Client) -> None:
    """TF017 counts the last pause, too, and what comes later begins anew."""
    fail(mock, 1)
    mock.clock.advance(1)
    ask(mock)
    assert verdicts(mock, "TF017") == FLAT
    mock.clock.advance(1)
    fail(mock, 1)
    assert verdicts(mock, "TF017") == FLAT


def test_retries_on_a_clock_that_stands(mock: Client) -> None:
    """TF017 says nothing where nobody can wait by the session's clock."""
    freeze(mock)
    fail(mock, 0, 0, 0)
    assert verdicts(mock, "TF017") == []


@pytest.mark.parametrize(("last", "found"), [(59.999, [("TF022", "warning")]), (60, [])])
def test_logins_within_a_minute(mock: Client, last: float, found: list[object]) -> None:
    """TF022: the sixth login within a minute is one too many."""
    for pause in (0, 0, 0, 0, last, 0):
        mock.login()
        mock.clock.advance(pause)
    assert verdicts(mock, "TF022") == found


def test_keys_minted_within_a_minute(mock: Client) -> None:
    """TF022 counts keys by themselves."""
    for index in range(5):
        mock.new_key(f"key-{index}")
        mock.login()
    assert verdicts(mock, "TF022") == []
    mock.send("POST", API_KEYS, ADMIN, body={"name": "one-more"})
    assert messages(mock, "TF022") == ["There were more than 5 minted keys within a minute"]


def test_held_jobs_are_polled_at_leisure(mock: Client) -> None:
    """None of these rules minds a client that takes its time."""
    mock.let_jobs_go(held())
    job_id = mock.create("k").job["id"]
    for _ in range(10):
        mock.status(job_id)
        mock.clock.advance(5)
    assert verdicts(mock) == []
