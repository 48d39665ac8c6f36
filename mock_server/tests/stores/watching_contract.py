"""What a store promises to those who watch a session: a numbered journal, waits, secrets, limits, held keys."""

from threading import Event, Thread

import pytest
from mock_server.tests.domain.samples import NOW, a_subscription
from mock_server.tests.stores.scene import (
    DEFAULT,
    DEMO_KEY,
    DEMO_SECRET,
    HANG_GUARD,
    SECOND,
    claim,
    create,
    job,
    meter,
    open_session,
    sha,
)

from tutorflow_mock.domain import rate_windows
from tutorflow_mock.domain.model import Entry
from tutorflow_mock.domain.rate_windows import Limit
from tutorflow_mock.stores.base import SessionEnded, Store
from tutorflow_mock.stores.watching import Rate


def line(number: int) -> Entry:
    """Return a line of the journal."""
    return Entry(f"e{number}", NOW, "GET", "/", None, 404)


class WatchingContract:
    """Journal, waits, secrets, limits, keys."""

    def test_the_journal_numbers_its_lines(self, small_store: Store) -> None:
        """By all that the session ever had; what falls out of the ring or is forgotten takes its number along."""
        for number in range(1, 6):
            small_store.append_journal(DEFAULT, line(number))
        assert [(number, entry.id) for number, entry in small_store.numbered_journal(DEFAULT)] == [
            (3, "e3"),
            (4, "e4"),
            (5, "e5"),
        ]
        small_store.forget_entries(DEFAULT, {"e4"})
        small_store.append_journal(DEFAULT, line(6))
        small_store.append_journal(DEFAULT, line(7))
        assert [number for number, _ in small_store.numbered_journal(DEFAULT)] == [5, 6, 7]
        assert small_store.numbered_journal(SECOND) == ()

    def test_a_wait_ends_with_a_change(self, store: Store) -> None:
        """Calls, changes of jobs and of the session count; without any the time runs out."""
        before = store.version(DEFAULT)
        assert store.await_change(DEFAULT, before, 0.01) == before
        store.append_journal(DEFAULT, line(1))
        assert store.await_change(DEFAULT, before, HANG_GUARD) == before + 1
        store.change_session(DEFAULT, lambda session: session)
        made = create(store, job).job
        store.change_job(DEFAULT, made.id, lambda found: found)
        store.forget_keys(DEFAULT)
        assert store.version(DEFAULT) >= before + 4

    def test_a_wait_is_woken(self, store: Store) -> None:
        """From another thread, at once; or told that the session has ended."""
        seen: list[int] = []
        ended = Event()

        def watch() -> None:
            version = store.version(DEFAULT)
            seen.append(store.await_change(DEFAULT, version, HANG_GUARD))
            try:
                store.await_change(DEFAULT, seen[-1], HANG_GUARD)
            except SessionEnded:
                ended.set()

        watcher = Thread(target=watch)
        watcher.start()
        while not seen:
            store.append_journal(DEFAULT, line(1))
        while watcher.is_alive():
            open_session(store, DEFAULT)
            watcher.join(0.01)
        assert len(seen) == 1

    def test_the_secrets_of_a_session(self, store: Store) -> None:
        """All by their SHA-256: keys with their prefix; cookies, passwords and webhook secrets, deleted ones too."""
        hook = a_subscription()
        store.save_subscription(DEFAULT, hook, unique_url=False)
        store.delete_subscription(DEFAULT, hook.organization_id, hook.id)
        known = store.secrets(DEFAULT)
        assert known[sha(DEMO_SECRET)] == DEMO_SECRET[:23]
        assert {known[sha(text)] for text in ("demo-admin", "a-long-passphrase", hook.secret)} == {""}
        assert sha("nothing") not in known

    def test_a_limit_by_hand(self, store: Store) -> None:
        """It takes the place of the key's own, with its windows, until it is taken away."""
        limit = Limit(1, "fixed-first", 5_000)
        assert store.change_rate(DEFAULT, "none", lambda rate: rate) is None
        changed = store.change_rate(DEFAULT, DEMO_KEY, lambda rate: Rate(rate.key, limit, {}))
        assert changed is not None
        assert [store.take_rate_slot(DEFAULT, meter(), NOW).allowed for _ in range(2)] == [True, False]
        rate = next(each for each in store.rates(DEFAULT) if each.key.id == DEMO_KEY)
        assert (rate.limit, rate.windows[""].used, rate.windows[""].length) == (limit, 1, 5_000)
        assert [window.length for key_id, window in store.windows(DEFAULT) if key_id == DEMO_KEY] == [5_000]
        store.change_rate(DEFAULT, DEMO_KEY, lambda rate: Rate(rate.key, None, {}))
        assert store.take_rate_slot(DEFAULT, meter(), NOW).limit == 60

    @pytest.mark.parametrize("calls", [1, None])
    def test_a_slot_of_a_limit_by_hand_is_given_back(self, store: Store, calls: int | None) -> None:
        """As one of the key's own is."""
        store.take_rate_slot(DEFAULT, meter(), NOW)
        store.change_rate(DEFAULT, DEMO_KEY, lambda rate: rate._replace(limit=Limit(calls, "fixed-aligned")))
        store.give_rate_slot_back(DEFAULT, meter(), NOW)
        used = [rate_windows.usage(window, calls, NOW, "fixed-aligned").used for _, window in store.windows(DEFAULT)]
        assert used == [0 if calls else 1]

    def test_held_keys(self, store: Store) -> None:
        """Newest first, with how often each came back; freed ones make new jobs and count anew."""
        first = create(store, lambda: job(100), claim("a"))
        create(store, lambda: job(101), claim("b"))
        create(store, lambda: job(102), claim("a"))
        create(store, lambda: job(103), claim("a", b'{"payload":{"other":1}}'))
        held = [(each.claim.key, each.replays, each.mismatches) for each in store.held_keys(DEFAULT)]
        assert held == [("b", 0, 0), ("a", 1, 1)]
        assert (store.forget_keys(DEFAULT, "a"), store.forget_keys(DEFAULT, "a")) == (1, 0)
        again = create(store, lambda: job(104), claim("a"))
        assert (again.verdict, again.job.id != first.job.id) == ("new", True)
        assert [(each.claim.key, each.replays) for each in store.held_keys(DEFAULT)] == [("a", 0), ("b", 0)]
        assert (store.forget_keys(DEFAULT), store.held_keys(DEFAULT)) == (2, ())
