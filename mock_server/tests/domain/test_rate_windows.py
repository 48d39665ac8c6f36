"""Four ways to say how many calls a minute holds, call by call and over any sequence of instants."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_server.tests.domain.samples import NOW, PROPERTY

from tutorflow_mock.domain.rate_windows import EMPTY, WINDOW, Algorithm, Slot, Window, give_back, take

FIXED: tuple[Algorithm, ...] = ("fixed-aligned", "fixed-first")
ROLLING: tuple[Algorithm, ...] = ("sliding-log", "gcra")
ALGORITHMS = (*FIXED, *ROLLING)

algorithms = st.sampled_from(ALGORITHMS)
limits = st.integers(1, 1_000)
few = st.integers(1, 6)
instants = st.integers(NOW, NOW + 10 * WINDOW)
call_times = st.lists(st.integers(0, 20_000), min_size=1, max_size=40)


def fill(window: Window, limit: int, at: Sequence[int], algorithm: Algorithm) -> tuple[list[Slot], Window]:
    """Return the verdicts on calls at these instants, and the window after them."""
    slots: list[Slot] = []
    for now in at:
        slot, window = take(window, limit, now, algorithm)
        slots.append(slot)
    return slots, window


def passed(slots: Sequence[Slot]) -> int:
    """Count the calls that may pass."""
    return sum(slot.allowed for slot in slots)


@pytest.mark.requirement("RATE-001", "RATE-008")
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("limit", [*range(1, 64), 97, 333, 600, 999, 1_000])
def test_the_limit_is_exact_at_one_instant(limit: int, algorithm: Algorithm) -> None:
    """Of any number of calls at one instant exactly `limit` pass, counted one by one."""
    now = NOW + 123
    slots, _ = fill(EMPTY, limit, [now] * (limit + 3), algorithm)
    assert passed(slots) == passed(slots[:limit]) == limit
    assert [slot.used for slot in slots] == [*range(1, limit + 1), limit, limit, limit]
    assert {slot.limit for slot in slots} == {limit}


@pytest.mark.requirement("RATE-004")
@given(algorithm=algorithms, limit=limits, now=instants)
@PROPERTY
def test_a_call_passes_when_the_slot_opens_and_no_millisecond_before(
    algorithm: Algorithm, limit: int, now: int
) -> None:
    """A refusal tells an instant within the next minute: a call then passes, and one a millisecond earlier does not."""
    _, window = fill(EMPTY, limit, [now] * limit, algorithm)
    refused, unchanged = take(window, limit, now, algorithm)
    assert (refused.allowed, unchanged) == (False, window)
    assert 1 <= refused.opens_at - now <= WINDOW
    assert take(window, limit, refused.opens_at - 1, algorithm)[0].allowed is False
    assert take(window, limit, refused.opens_at, algorithm)[0].allowed is True


@given(algorithm=algorithms, limit=limits, now=instants)
@PROPERTY
def test_the_last_call_that_passes_tells_already_when_the_next_may(algorithm: Algorithm, limit: int, now: int) -> None:
    """Who has just filled the window learns the same instant as whoever is refused after that."""
    slots, window = fill(EMPTY, limit, [now] * limit, algorithm)
    assert slots[-1].opens_at == take(window, limit, now, algorithm)[0].opens_at


def test_while_there_is_room_gcra_opens_at_once() -> None:
    """`gcra`: no call has to wait before the burst is used up; the other algorithms tell the end of their window."""
    slots = {algorithm: take(EMPTY, 2, NOW + 15_000, algorithm)[0] for algorithm in ALGORITHMS}
    assert {algorithm: slot.opens_at - NOW for algorithm, slot in slots.items()} == {
        "fixed-aligned": 60_000,
        "fixed-first": 75_000,
        "sliding-log": 75_000,
        "gcra": 15_000,
    }


@pytest.mark.parametrize(
    ("algorithm", "opens_after"),
    [("fixed-aligned", 45_000), ("fixed-first", 60_000), ("sliding-log", 60_000), ("gcra", 20_000)],
)
def test_when_a_full_window_opens(algorithm: Algorithm, opens_after: int) -> None:
    """Three calls at quarter past: at the minute's end, a minute after the first or oldest, or after a third of it."""
    now = NOW + 15_000
    _, window = fill(EMPTY, 3, [now] * 3, algorithm)
    assert take(window, 3, now, algorithm)[0] == Slot(
        allowed=False, used=3, limit=3, opens_at=now + opens_after, at=now
    )


def test_an_aligned_window_ends_with_the_minute() -> None:
    """S51: the default window is the clock's minute, whenever the first call came."""
    slots, _ = fill(EMPTY, 1, [NOW + 59_999, NOW + 60_000, NOW + 60_001, NOW + 119_999, NOW + 120_000], "fixed-aligned")
    assert [slot.allowed for slot in slots] == [True, True, False, False, True]
    assert [slot.opens_at - NOW for slot in slots] == [60_000, 120_000, 120_000, 120_000, 180_000]


def test_a_first_call_opens_its_own_window() -> None:
    """`fixed-first`: the minute begins with the first call, and the next one with the first call after it."""
    slots, _ = fill(EMPTY, 1, [NOW + 59_999, NOW + 60_000, NOW + 119_998, NOW + 125_000, NOW + 184_999], "fixed-first")
    assert [slot.allowed for slot in slots] == [True, False, False, True, False]


def test_a_log_slides_call_by_call() -> None:
    """`sliding-log`: each call leaves a minute after it came."""
    slots, _ = fill(
        EMPTY, 2, [NOW, NOW + 30_000, NOW + 59_999, NOW + 60_000, NOW + 60_001, NOW + 90_000], "sliding-log"
    )
    assert [slot.allowed for slot in slots] == [True, True, False, True, False, True]
    assert [slot.used for slot in slots] == [1, 2, 2, 2, 2, 2]


def test_gcra_refills_evenly() -> None:
    """`gcra`: after a burst of the limit one call passes every 60 / limit seconds."""
    burst = [NOW] * 3
    slots, _ = fill(EMPTY, 3, [*burst, NOW + 19_999, NOW + 20_000, NOW + 20_001, NOW + 40_000, NOW + 120_000], "gcra")
    assert [slot.allowed for slot in slots] == [True, True, True, False, True, False, True, True]
    assert [slot.used for slot in slots] == [1, 2, 3, 3, 3, 3, 3, 1]


@given(algorithm=algorithms, limit=few, waits=call_times)
@settings(PROPERTY, max_examples=200)
def test_no_sequence_of_calls_gets_more_than_its_share(algorithm: Algorithm, limit: int, waits: list[int]) -> None:
    """In the length of a minute at most twice the limit passes, the edge of a fixed window; with a log the limit."""
    at = [NOW + sum(waits[: n + 1]) for n in range(len(waits))]
    slots, _ = fill(EMPTY, limit, at, algorithm)
    times = [now for now, slot in zip(at, slots, strict=True) if slot.allowed]
    most = max(sum(start <= now < start + WINDOW for now in times) for start in times)
    assert most <= (limit if algorithm == "sliding-log" else 2 * limit)
    assert all(slot.used <= limit for slot in slots)
    assert all(1 <= slot.opens_at - now <= WINDOW for now, slot in zip(at, slots, strict=True) if not slot.allowed)


@given(limit=few, waits=call_times)
@PROPERTY
def test_each_minute_of_the_clock_holds_exactly_the_limit(limit: int, waits: list[int]) -> None:
    """`fixed-aligned`: of the calls inside one minute the first `limit` pass, no matter what came before."""
    at = [NOW + sum(waits[: n + 1]) for n in range(len(waits))]
    slots, _ = fill(EMPTY, limit, at, "fixed-aligned")
    for minute in {now // WINDOW for now in at}:
        inside = [slot.allowed for now, slot in zip(at, slots, strict=True) if now // WINDOW == minute]
        assert inside == [n < limit for n in range(len(inside))]


@pytest.mark.parametrize("algorithm", FIXED)
def test_the_edge_of_a_fixed_window_lets_two_bursts_meet(algorithm: Algorithm) -> None:
    """Around the edge twice the limit passes and no more: that is what a fixed window costs."""
    edge = NOW + 60_000
    at = [edge - 60_000] + [edge - 1] * 5 + [edge] * 10
    assert passed(fill(EMPTY, 5, at, algorithm)[0][1:]) == 4 + 5


@pytest.mark.parametrize("algorithm", ROLLING)
def test_a_rolling_window_has_no_edge(algorithm: Algorithm) -> None:
    """Around any instant no more than the limit passes."""
    edge = NOW + 60_000
    at = [edge - 1] * 10 + [edge] * 10 + [edge + 1] * 10
    assert passed(fill(EMPTY, 5, at, algorithm)[0]) == 5


@given(algorithm=algorithms, limit=few, at=st.lists(instants, min_size=1, max_size=30))
@settings(PROPERTY, max_examples=200)
def test_a_moved_clock_never_makes_the_wait_negative_or_longer_than_the_window(
    algorithm: Algorithm, limit: int, at: list[int]
) -> None:
    """Whatever instants follow each other, forwards or back, whoever is refused waits 1 ms to 60 s."""
    slots, _ = fill(EMPTY, limit, at, algorithm)
    for now, slot in zip(at, slots, strict=True):
        assert slot.allowed or 1 <= slot.opens_at - now <= WINDOW
        assert 0 <= slot.used <= limit


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_limit_zero_refuses_everything(algorithm: Algorithm) -> None:
    """The control plane may close a key: always refused, and never a wait longer than the window."""
    slots, window = fill(EMPTY, 0, [NOW, NOW + 1, NOW + WINDOW], algorithm)
    assert passed(slots) == 0
    assert {slot.used for slot in slots} == {0}
    assert all(
        1 <= slot.opens_at - now <= WINDOW for slot, now in zip(slots, (NOW, NOW + 1, NOW + WINDOW), strict=True)
    )
    assert window == EMPTY


@given(algorithm=algorithms, before=st.integers(1, 20), after=st.integers(1, 20))
@PROPERTY
def test_a_changed_limit_bites_at_once(algorithm: Algorithm, before: int, after: int) -> None:
    """After `before` calls of a limit of as many, a lower limit refuses at once, and for no longer than a minute."""
    _, window = fill(EMPTY, before, [NOW] * before, algorithm)
    slot, _ = take(window, after, NOW, algorithm)
    if after <= before:
        assert slot.allowed is False
        assert take(window, after, NOW + WINDOW, algorithm)[0].allowed is True
    assert slot.allowed or 1 <= slot.opens_at - NOW <= WINDOW


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("limit", [1, 2, 7, 60])
def test_a_call_that_is_given_back_was_never_counted(limit: int, algorithm: Algorithm) -> None:
    """`rate.rejected-calls=count-none`: the slot of a refused call is free again, and only that one."""
    _, full = fill(EMPTY, limit, [NOW] * limit, algorithm)
    slots, _ = fill(give_back(full, limit, NOW, algorithm), limit, [NOW] * 3, algorithm)
    assert [slot.allowed for slot in slots] == [True, False, False]


@pytest.mark.parametrize("now", [NOW, 5])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_nothing_can_be_given_back_that_was_not_taken(algorithm: Algorithm, now: int) -> None:
    """An empty window stays as wide as it was, at the beginning of time as well."""
    slots, _ = fill(give_back(EMPTY, 3, now, algorithm), 3, [now] * 5, algorithm)
    assert passed(slots) == 3


def test_a_first_call_that_is_given_back_opens_no_window() -> None:
    """`fixed-first`: the minute begins with the next call that counts."""
    _, window = fill(EMPTY, 2, [NOW], "fixed-first")
    slot, _ = take(give_back(window, 2, NOW, "fixed-first"), 2, NOW + 30_000, "fixed-first")
    assert (slot.used, slot.opens_at) == (1, NOW + 90_000)


@pytest.mark.parametrize("algorithm", FIXED)
def test_a_call_of_the_last_window_gives_nothing_back_in_this_one(algorithm: Algorithm) -> None:
    """A call that was counted before the edge and refused after it frees no slot of the new minute."""
    _, window = fill(EMPTY, 2, [NOW, NOW + 60_000, NOW + 60_000], algorithm)
    slots, _ = fill(give_back(window, 2, NOW, algorithm), 2, [NOW + 60_001], algorithm)
    assert passed(slots) == 0
