"""What a store promises of rate windows: exact under any number of threads, and nobody shares another's."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import HARBOUR, LIGHTHOUSE, MINUTE, NOW, a_key, an_id
from mock_server.tests.stores.scene import DEFAULT, DEMO_KEY, LIGHTHOUSE_KEY, SECOND, SECOND_KEY, meter, sha, together

from tutorflow_mock.domain.rate_windows import Algorithm
from tutorflow_mock.stores.base import Store

ALGORITHMS: tuple[Algorithm, ...] = ("fixed-aligned", "fixed-first", "sliding-log", "gcra")
LIMIT = 60


def limit(store: Store, rate_limit: int | None) -> None:
    """Give the demo key another limit."""
    assert store.change_key(DEFAULT, DEMO_KEY, lambda key: replace(key, rate_limit=rate_limit)) is not None


def passing(store: Store, calls: int, *, now: int = NOW, algorithm: Algorithm = "fixed-aligned") -> int:
    """Count how many of so many calls of the demo key pass at one instant."""
    return sum(store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), now).allowed for _ in range(calls))


class WindowContract:
    """Rate windows and last uses."""

    @pytest.mark.requirement("RATE-012")
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_exactly_the_limit_passes_under_fifty_threads(self, store: Store, algorithm: Algorithm) -> None:
        """G11: limit 60, 600 concurrent calls at one instant, 60 pass and 540 are refused."""

        def call(_: int) -> list[bool]:
            return [store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), NOW).allowed for _ in range(12)]

        verdicts = [allowed for verdicts in together(50, call) for allowed in verdicts]
        assert (verdicts.count(True), verdicts.count(False)) == (60, 540)

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_calls_that_are_counted_out_of_order_gain_nothing(self, store: Store, algorithm: Algorithm) -> None:
        """Threads take their instants before they are counted: some milliseconds of disorder let no call more pass."""
        limit(store, 7)
        instants = [NOW + 30_000 - n * 13 % 20 for n in range(30)]
        slots = [store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), now) for now in instants]
        assert sum(slot.allowed for slot in slots) == 7
        assert all(slot.allowed or 1 <= slot.opens_at - slot.at <= MINUTE for slot in slots)
        assert all(now <= slot.at <= NOW + 30_000 for slot, now in zip(slots, instants, strict=True))

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_disorder_at_the_edge_of_a_minute_opens_no_third_window(self, store: Store, algorithm: Algorithm) -> None:
        """Calls from both sides of the edge, counted alternately: two windows at most are filled."""
        limit(store, 3)
        instants = [NOW + MINUTE - 1, NOW + MINUTE] * 20
        assert sum(store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), now).allowed for now in instants) <= 6

    @pytest.mark.requirement("RATE-002", "RATE-008")
    def test_keys_sessions_and_scopes_never_share_a_window(self, store: Store) -> None:
        """One key's full minute is no other's; nor is one operation's under `rate.scope=key-and-operation`."""
        store.save_key(DEFAULT, a_key(20), sha("second key"), unique_name=False)
        assert passing(store, LIMIT + 1) == LIMIT
        for session_id, key_id in ((DEFAULT, an_id(20)), (DEFAULT, LIGHTHOUSE_KEY), (SECOND, SECOND_KEY)):
            assert store.take_rate_slot(session_id, meter(key_id), NOW).used == 1
        assert store.take_rate_slot(DEFAULT, meter(scope="getExpansion"), NOW).used == 1

    @pytest.mark.requirement("RATE-003", "RATE-004")
    def test_the_next_minute_is_open(self, store: Store) -> None:
        """A refused call tells when the slot opens, and then one passes."""
        limit(store, 2)
        assert passing(store, 3) == 2
        refused = store.take_rate_slot(DEFAULT, meter(), NOW + 40_000)
        assert (refused.allowed, refused.used, refused.limit, refused.opens_at) == (False, 2, 2, NOW + MINUTE)
        assert passing(store, 3, now=refused.opens_at - 1) == 0
        assert passing(store, 3, now=refused.opens_at) == 2

    def test_a_changed_limit_bites_at_once(self, store: Store) -> None:
        """Lower or higher, the next call is measured by it."""
        limit(store, 5)
        assert passing(store, 4) == 4
        limit(store, 3)
        assert passing(store, 1) == 0
        limit(store, 6)
        assert passing(store, 5) == 2

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_no_limit_and_limit_zero(self, store: Store, algorithm: Algorithm) -> None:
        """The control plane may open a key without end, or close it; an open one has no number to tell."""
        limit(store, None)
        assert passing(store, 2_000, algorithm=algorithm) == 2_000
        assert store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), NOW).limit is None
        limit(store, 0)
        refused = store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), NOW)
        assert (refused.allowed, refused.limit) == (False, 0)
        assert 1 <= refused.opens_at - NOW <= MINUTE

    @pytest.mark.requirement("KEY-013", "RATE-004")
    def test_a_clock_that_went_back_by_a_window_is_believed(self, store: Store) -> None:
        """Less than a minute is disorder and counts as the latest instant; a minute is a clock that was moved."""
        limit(store, 2)
        latest = NOW + 10 * MINUTE
        assert passing(store, 3, now=latest) == 2
        late = store.take_rate_slot(DEFAULT, meter(), latest - MINUTE + 1)
        assert (late.allowed, late.at, late.opens_at) == (False, latest, latest + MINUTE)
        assert passing(store, 2, now=latest - MINUTE) == 2
        refused = store.take_rate_slot(DEFAULT, meter(), latest - MINUTE)
        assert (refused.allowed, refused.at, refused.opens_at) == (False, latest - MINUTE, latest)
        assert _last_use(store) == latest

    @pytest.mark.requirement("KEY-013")
    def test_each_call_marks_the_use_of_its_key(self, store: Store) -> None:
        """Refused calls too, or only those that passed, as `key.last-used` says; never an earlier instant again."""
        assert _last_use(store) is None
        limit(store, 1)
        passing(store, 1, now=NOW + 5)
        assert _last_use(store) == NOW + 5
        store.take_rate_slot(DEFAULT, meter(marks_refused=False), NOW + 6)
        assert _last_use(store) == NOW + 5
        store.take_rate_slot(DEFAULT, meter(), NOW + 7)
        store.take_rate_slot(DEFAULT, meter(), NOW + 6)
        assert _last_use(store) == NOW + 7
        assert [last_used for _, last_used in store.keys(DEFAULT, LIGHTHOUSE)] == [None]

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    @pytest.mark.parametrize("later", [0, 3])
    def test_a_call_that_is_given_back_was_never_counted(self, store: Store, algorithm: Algorithm, later: int) -> None:
        """`rate.rejected-calls=count-none`, also for a call that was overtaken by one with a later instant."""
        limit(store, 2)
        store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), NOW + later)
        counted = store.take_rate_slot(DEFAULT, meter(algorithm=algorithm), NOW)
        store.give_rate_slot_back(DEFAULT, meter(algorithm=algorithm), counted.at)
        assert passing(store, 3, now=NOW + later, algorithm=algorithm) == 1

    def test_giving_back_without_a_count_is_harmless(self, store: Store) -> None:
        """An unlimited key, a closed one and one without a window have nothing to return."""
        for rate_limit in (None, 0, 2):
            limit(store, rate_limit)
            store.give_rate_slot_back(DEFAULT, meter(), NOW)
        assert passing(store, 3) == 2

    def test_used_windows_are_listed_by_key(self, store: Store) -> None:
        """The control plane shows what has been counted."""
        assert store.windows(DEFAULT) == ()
        passing(store, 3)
        store.take_rate_slot(DEFAULT, meter(LIGHTHOUSE_KEY), NOW)
        assert {key_id: window.used for key_id, window in store.windows(DEFAULT)} == {DEMO_KEY: 3, LIGHTHOUSE_KEY: 1}
        assert store.windows(SECOND) == ()


def _last_use(store: Store) -> int | None:
    """Return when the demo key was last used."""
    return next(last_used for key, last_used in store.keys(DEFAULT, HARBOUR) if key.id == DEMO_KEY)
