"""Real time and seeded chance: the only source of both."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.domain import ids
from tutorflow_mock.system import SeededIds, SystemClock, fresh_seed, fresh_token


def test_the_clock_shows_real_milliseconds() -> None:
    """The instant lies between two looks at the machine's clock."""
    before = time.time_ns() // 1_000_000
    now = SystemClock().now()
    assert before <= now <= time.time_ns() // 1_000_000


def test_the_clock_never_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine's clock is set back, this one stands until that has caught up; no job goes backwards by it."""
    clock, shown = SystemClock(), list[int]()
    for second in (100, 101, 41, 99, 101, 102):
        monkeypatch.setattr(time, "time_ns", lambda second=second: second * 1_000_000_000)
        shown.append(clock.now())
    assert shown == [100_000, 101_000, 101_000, 101_000, 101_000, 102_000]


def test_elapsed_time_is_monotonic() -> None:
    """Durations are measured on a clock that nobody sets."""
    clock = SystemClock()
    first, second = clock.elapsed(), clock.elapsed()
    assert first <= second


@given(seed=st.text(max_size=8), session_id=st.text(alphabet="abc-123", min_size=1, max_size=8))
@PROPERTY
def test_same_seed_and_session_draw_the_same(seed: str, session_id: str) -> None:
    """Determinism: each stream repeats, bit by bit."""
    one, two = SeededIds(seed, session_id), SeededIds(seed, session_id)
    drawn = [(one.bits("jobs", 128), one.secret_bits("api-keys", 128)) for _ in range(3)]
    assert [(two.bits("jobs", 128), two.secret_bits("api-keys", 128)) for _ in range(3)] == drawn
    assert len(set(drawn)) == 3


def test_two_sessions_of_one_seed_share_ids_and_no_secret() -> None:
    """Streams of credentials hang on (seed, session id), all others on the seed alone."""
    one, two = SeededIds("42", "one"), SeededIds("42", "two")
    assert ids.uuid(one, "jobs") == ids.uuid(two, "jobs")
    assert ids.api_key(one) != ids.api_key(two)
    assert ids.webhook_secret(one) != ids.webhook_secret(two)
    assert ids.cookie_value(one) != ids.cookie_value(two)


def test_streams_do_not_disturb_each_other() -> None:
    """How often one stream is drawn from changes nothing in another, so that one more call alters no later id."""
    quiet, busy = SeededIds("42", "default"), SeededIds("42", "default")
    for _ in range(5):
        ids.uuid(busy, "outputs")
        ids.api_key(busy)
    assert ids.uuid(quiet, "jobs") == ids.uuid(busy, "jobs")
    assert busy.bits("api-keys", 128) != SeededIds("42", "default").secret_bits("api-keys", 128)


@pytest.mark.parametrize(
    ("seed", "session_id"), [("43", "default"), ("", "default"), ("42 ", "default"), ("4", "2default")]
)
def test_other_seeds_draw_otherwise(seed: str, session_id: str) -> None:
    """Seed and session are kept apart, so that no two pairs run into one."""
    assert ids.uuid(SeededIds("42", "default"), "jobs") != ids.uuid(SeededIds(seed, session_id), "jobs")
    assert ids.api_key(SeededIds("42", "default")) != ids.api_key(SeededIds(seed, session_id))


def test_a_copy_goes_on_by_itself() -> None:
    """Both draw the same from there, in public and secret streams, and neither disturbs the other."""
    chance = SeededIds("42", "default")
    chance.bits("jobs", 128)
    chance.secret_bits("api-keys", 128)
    twin, same_session = chance.copied(), chance.copied("default")
    drawn = [(chance.bits("jobs", 128), chance.secret_bits("api-keys", 128)) for _ in range(3)]
    assert [(twin.bits("jobs", 128), twin.secret_bits("api-keys", 128)) for _ in range(3)] == drawn
    assert same_session.secret_bits("api-keys", 128) == drawn[0][1]


def test_a_copy_for_another_session_shares_no_secret() -> None:
    """It goes on with the ids, and its secrets are those that this session would have had from the start."""
    chance = SeededIds("42", "default")
    chance.bits("jobs", 128)
    chance.secret_bits("api-keys", 128)
    heir = chance.copied("heir")
    assert heir.secret_bits("api-keys", 128) == SeededIds("42", "heir").secret_bits("api-keys", 128)
    assert heir.bits("jobs", 128) == chance.bits("jobs", 128)


def test_the_first_draws_of_seed_42() -> None:
    """They are the same on every Python and in every release: recorded runs depend on them."""
    chance = SeededIds("42", "default")
    assert ids.uuid(chance, "jobs") == "915462d2-7d09-4393-8669-129481d88af1"
    assert ids.api_key(chance) == "tf_content_c130ecf9da9955fe43c1769096e38852"


def test_threads_that_share_a_stream_never_draw_the_same() -> None:
    """Eight threads meet a new stream at once: each draw is given out once."""
    chance = SeededIds("42", "default")
    with ThreadPoolExecutor(8) as pool:
        parts = [pool.submit(lambda: [chance.bits("jobs", 128) for _ in range(250)]) for _ in range(8)]
    drawn = [bits for part in parts for bits in part.result()]
    alone = SeededIds("42", "default")
    assert sorted(drawn) == sorted(alone.bits("jobs", 128) for _ in range(2_000))


def test_a_fresh_seed_can_be_typed() -> None:
    """A server without a seed prints one of at most six digits; two of them are hardly ever equal."""
    seeds = {fresh_seed() for _ in range(50)}
    assert all(re.fullmatch(r"[0-9]{1,6}", seed) for seed in seeds)
    assert len(seeds) > 25


def test_a_fresh_token_cannot_be_guessed() -> None:
    """The control plane's token has 256 bits, new ones each time."""
    first, second = fresh_token(), fresh_token()
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert first != second
