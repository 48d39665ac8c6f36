"""Rate limits: exact, per key, on the session's clock, with the wait that is told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    CLASSROOMS,
    EXPANSIONS,
    FOREIGN_KEY,
    KEY,
    NOBODYS,
    ORGANIZATIONS,
    Answer,
    Mock,
    bearer,
)

from tutorflow_mock.domain.clock import SessionClock

WINDOWS = ["fixed-aligned", "fixed-first", "sliding-log", "gcra"]


def call(mock: Mock, key: Answer) -> Answer:
    """Make a call that succeeds while the key's limit allows it."""
    return mock.send("GET", CLASSROOMS, bearer(key))


@pytest.mark.requirement("RATE-001", "RATE-003", "RATE-005")
def test_the_limit_is_exact() -> None:
    """Sixty calls of a minute pass, the others are 429 with the seconds to the next minute."""
    mock = Mock()
    mock.clock.advance(12.3)
    answers = [mock.send("GET", CLASSROOMS, KEY) for _ in range(70)]
    assert [answer.status for answer in answers] == [200] * 60 + [429] * 10
    assert answers[60].outcome == (429, "content_rate_limit_exceeded")
    assert {answer.headers["Retry-After"] for answer in answers[60:]} == {"48"}
    assert answers[60].error is not None
    assert answers[60].error["message"] == "Rate limit exceeded"


@pytest.mark.requirement("RATE-012")
@pytest.mark.parametrize("window", WINDOWS)
def test_the_limit_is_exact_among_many_callers(window: str) -> None:
    """Of sixty calls at once with a limit of twenty, twenty pass under every way to count."""
    mock = Mock({"rate.window": window})
    key = mock.new_key(rateLimitPerMinute=20)
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status for answer in pool.map(call, [mock] * 60, [key] * 60))
    assert statuses == [200] * 20 + [429] * 40


@pytest.mark.requirement("RATE-004", "RATE-005")
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("limit", [1, 2, 7, 60])
def test_waiting_as_told_opens_the_key(window: str, limit: int) -> None:
    """The told wait is 1 to 60 whole seconds; after it a call passes, and after a quiet minute the whole limit."""
    mock = Mock({"rate.window": window})
    mock.clock.advance(17.25)
    key = mock.new_key(rateLimitPerMinute=limit)
    passed = [call(mock, key).status for _ in range(limit)]
    refused = call(mock, key)
    wait = int(refused.headers["Retry-After"])
    assert (passed, refused.status) == ([200] * limit, 429)
    assert 1 <= wait <= 60
    mock.clock.advance(wait)
    assert call(mock, key).status == 200
    mock.clock.advance(60)
    assert [call(mock, key).status for _ in range(limit)] == [200] * limit


@pytest.mark.parametrize(
    ("window", "opens"), [("fixed-aligned", 43), ("fixed-first", 60), ("sliding-log", 60), ("gcra", 30)]
)
def test_a_millisecond_early_is_early(window: str, opens: int) -> None:
    """The next slot opens at its instant and not before."""
    mock = Mock({"rate.window": window})
    mock.clock.advance(17)
    key = mock.new_key(rateLimitPerMinute=2)
    for _ in range(2):
        call(mock, key)
    assert call(mock, key).headers["Retry-After"] == str(opens)
    mock.clock.advance(opens - 0.001)
    assert call(mock, key).headers["Retry-After"] == "1"
    mock.clock.advance(0.001)
    assert call(mock, key).status == 200


@pytest.mark.requirement("RATE-002", "RATE-008", "RATE-010")
def test_each_key_has_a_limit_of_its_own() -> None:
    """A key that is used up leaves other keys, other organizations and admin operations untouched."""
    mock = Mock()
    small, large = mock.new_key(rateLimitPerMinute=2), mock.new_key(rateLimitPerMinute=4)
    assert [call(mock, small).status for _ in range(3)] == [200, 200, 429]
    assert [call(mock, large).status for _ in range(5)] == [200, 200, 200, 200, 429]
    assert [mock.send("GET", CLASSROOMS, each).status for each in (KEY, FOREIGN_KEY)] == [200, 200]
    assert mock.send("GET", ORGANIZATIONS, ADMIN).status == 200


@pytest.mark.requirement("RATE-007", "RATE-009", "RATE-011")
def test_what_counts() -> None:
    """Replays, refusals after authentication, unknown jobs and HEAD count; a 401 does not, and is a 401 meanwhile."""
    mock = Mock()
    key = mock.new_key(rateLimitPerMinute=5)
    mock.send("GET", CLASSROOMS, {"Authorization": f"{bearer(key)['Authorization']}x"})
    calls = [
        mock.create("k", bearer(key)).status,
        mock.create("k", bearer(key)).status,
        mock.create("k", bearer(key), payload=5).status,
        mock.status(NOBODYS, bearer(key)).status,
        mock.send("HEAD", CLASSROOMS, bearer(key)).status,
        mock.create("k", bearer(key), payload=5).status,
        mock.send("GET", CLASSROOMS, {"Authorization": "Bearer tf_content_0"}).status,
    ]
    assert calls == [200, 200, 400, 404, 200, 429, 401]


@pytest.mark.parametrize("window", WINDOWS)
def test_refused_calls_give_their_slot_back(window: str) -> None:
    """Under `rejected-calls=count-none` only what was accepted counts, and a 429 stays one."""
    mock = Mock({"rate.window": window, "rate.rejected-calls": "count-none"})
    key = mock.new_key(rateLimitPerMinute=2)
    for _ in range(5):
        assert mock.send("POST", EXPANSIONS, bearer(key), body={}).status == 400
    assert [call(mock, key).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("window", WINDOWS)
def test_a_clock_that_goes_back_never_locks_a_key(window: str) -> None:
    """After the session's clock was set back, the wait is still a minute at most."""
    mock = Mock({"rate.window": window})
    key = mock.new_key(rateLimitPerMinute=1)
    mock.clock.advance(7_200)
    call(mock, key)
    mock.clock.advance(-3_600)
    answer = call(mock, key)
    assert answer.status == 200 or 1 <= int(answer.headers["Retry-After"]) <= 60
    mock.clock.advance(60)
    assert call(mock, key).status == 200


def test_the_window_lies_on_the_sessions_clock() -> None:
    """A clock that stands keeps the window full, whatever real time does; its next minute opens it."""
    mock = Mock(clock="2026-07-06T09:00:30Z")
    key = mock.new_key(rateLimitPerMinute=1)
    assert call(mock, key).status == 200
    mock.clock.advance(3_600)
    assert call(mock, key).headers["Retry-After"] == "30"
    frozen = SessionClock().frozen(mock.clock.instant - 3_600_000 + 60_000)
    mock.world.store.change_session("default", lambda session: replace(session, clock=frozen))
    assert call(mock, key).status == 200


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("headers", ["none", "x-ratelimit", "ratelimit-draft"])
def test_limits_that_only_the_control_plane_sets(window: str, headers: str) -> None:
    """A limit of 0 is always 429 with a wait, no limit at all never is, and a changed one bites at once."""
    mock = Mock({"rate.window": window, "rate.headers": headers})
    key = mock.new_key(rateLimitPerMinute=2)

    def limit(number: int | None) -> None:
        mock.world.store.change_key("default", key.json()["keyId"], lambda found: replace(found, rate_limit=number))

    limit(0)
    refused = call(mock, key)
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    limit(None)
    assert {call(mock, key).status for _ in range(70)} == {200}
    limit(1)
    mock.clock.advance(60)
    assert [call(mock, key).status for _ in range(2)] == [200, 429]


def test_rotation_gives_a_fresh_window_and_revocation_none() -> None:
    """The successor of a key that is used up starts anew; with the id kept, the window is kept too."""
    seen = {}
    for rotate_id in ("new", "same"):
        mock = Mock({"key.rotate-id": rotate_id})
        key = mock.new_key(rateLimitPerMinute=1)
        call(mock, key)
        seen[rotate_id] = call(mock, mock.key_call(key.json()["keyId"], "rotate")).status
        assert mock.key_call(key.json()["keyId"], "revoke").status == 200
    assert seen == {"new": 200, "same": 429}


def test_waits_as_a_date_are_rounded_up() -> None:
    """A date has no fractions: the told second is one at which a call passes."""
    mock = Mock({"rate.retry-after": "http-date", "rate.window": "fixed-first"})
    mock.clock.advance(0.25)
    key = mock.new_key(rateLimitPerMinute=1)
    call(mock, key)
    assert call(mock, key).headers["Retry-After"] == "Mon, 06 Jul 2026 09:01:01 GMT"
