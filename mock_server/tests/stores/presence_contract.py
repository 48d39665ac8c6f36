"""What a store promises of sessions that come and go, and of their snapshots."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Thread

import pytest
from mock_server.tests.domain.samples import HARBOUR, NOW, a_key, a_subscription, an_id
from mock_server.tests.stores.scene import (
    DEFAULT,
    DEMO_KEY,
    DEMO_SECRET,
    HANG_GUARD,
    SECOND,
    SECOND_KEY,
    SECOND_SECRET,
    claim,
    create,
    create_elsewhere,
    job,
    key_named,
    meter,
    never,
    open_session,
    reason,
    same,
    second_session,
    sha,
    together,
)

from tutorflow_mock.domain import keys
from tutorflow_mock.domain.errors import InvalidApiKey
from tutorflow_mock.domain.model import ApiKey, Entry, Session
from tutorflow_mock.stores.base import LimitReached, SessionEnded, SessionExists, SnapshotExists, Store

SECONDS = 1_000.0
"""An instant of the monotonic clock."""


def open_new(store: Store, session_id: str = "third", *, ttl: int | None = None) -> None:
    """Open a session that must not be there yet, without credentials."""
    session = replace(second_session(), id=session_id, ttl=ttl)
    store.open_session(session, (), seen_at=SECONDS, is_new=True)


def names(store: Store) -> list[str]:
    """Return the ids of the open sessions as listed."""
    return [presence.session.id for presence in store.sessions()]


def as_it_was(session: Session) -> Session:
    """Begin a session with the record that is kept of it."""
    return session


class PresenceContract:
    """Sessions as a whole: opened, idle, reset, dropped, saved, restored."""

    def test_sessions_are_listed_newest_first(self, store: Store) -> None:
        """With the instant of their last call, on the monotonic clock."""
        open_new(store)
        assert names(store) == ["third", SECOND, DEFAULT]
        store.enter(SECOND, SECONDS + 5)
        assert [presence.seen_at for presence in store.sessions()] == [SECONDS, SECONDS + 5, 0]

    def test_a_new_session_takes_no_id_that_is_in_use(self, store: Store) -> None:
        """Of several creates of one id one wins; the session that is there stays as it is."""

        def try_to_open(_: int) -> bool:
            try:
                open_new(store)
            except SessionExists:
                return False
            return True

        with pytest.raises(SessionExists):
            open_new(store, DEFAULT)
        assert reason(store, DEMO_SECRET) is None
        assert sum(together(8, try_to_open)) == 1

    def test_a_server_holds_so_many_sessions(self, small_store: Store) -> None:
        """The default one and two more; who drops one may open another."""
        open_new(small_store)
        with pytest.raises(LimitReached) as refusal:
            open_new(small_store, "fourth")
        assert refusal.value.reason == "session-limit"
        assert names(small_store) == ["third", SECOND, DEFAULT]
        small_store.drop_session(SECOND)
        open_new(small_store, "fourth")

    def test_a_call_enters_the_session_of_its_credential(self, store: Store) -> None:
        """It gets the session, unless that is gone or does not know the credential."""
        entered = store.enter(DEFAULT, SECONDS, sha(DEMO_SECRET))
        assert entered is not None
        assert entered.id == DEFAULT
        assert store.enter(DEFAULT, SECONDS) == entered
        assert store.enter(DEFAULT, SECONDS, sha(SECOND_SECRET)) is None
        assert store.enter("third", SECONDS) is None

    def test_a_session_that_idles_too_long_is_gone(self, store: Store) -> None:
        """Its time to live is counted in real time from the last call; one without a bound lives for ever."""
        open_new(store, ttl=60_000)
        assert store.enter("third", SECONDS + 59) is not None
        assert store.enter("third", SECONDS + 59 + 59.9) is not None
        assert store.enter("third", SECONDS + 59 + 59.9 + 60) is None
        assert names(store) == [SECOND, DEFAULT]
        open_new(store, ttl=60_000)
        store.drop_idle(SECONDS + 59)
        assert names(store) == ["third", SECOND, DEFAULT]
        store.drop_idle(SECONDS + 60)
        assert names(store) == [SECOND, DEFAULT]

    def test_a_dropped_session_is_gone_with_all_that_it_holds(self, store: Store) -> None:
        """Its credentials say that it has ended, every verb that names it is refused, and other sessions go on."""
        create_elsewhere(store, claim())
        assert store.drop_session(SECOND) is True
        assert store.drop_session(SECOND) is False
        assert (store.session(SECOND), store.find_admin_session("admin@second.example")) == (None, None)
        assert (reason(store, SECOND_SECRET), reason(store, DEMO_SECRET)) == ("session-ended", None)
        with pytest.raises(SessionEnded):
            create_elsewhere(store, claim())
        with pytest.raises(SessionEnded):
            store.jobs(SECOND)
        store.append_journal(SECOND, Entry("1", NOW, "GET", "/", None, 401))
        with pytest.raises(SessionEnded):
            store.take_rate_slot(SECOND, meter(SECOND_KEY), NOW)

    def test_a_session_that_comes_again_begins_anew(self, store: Store) -> None:
        """Same id, same credentials, nothing of what was there before."""
        create_elsewhere(store, claim())
        store.drop_session(SECOND)
        open_session(store, SECOND)
        assert (reason(store, SECOND_SECRET), store.jobs(SECOND)) == (None, ())
        assert create_elsewhere(store, claim()).verdict == "new"

    def test_a_session_is_reset_to_how_it_was_opened(self, store: Store) -> None:
        """Without its opener at hand: first credentials, first record, nothing else; its last call is still known."""
        create(store, job, claim())
        store.save_key(DEFAULT, a_key(20), sha("minted"), unique_name=False)
        store.change_key(DEFAULT, DEMO_KEY, lambda key: keys.revoked(key, NOW))
        store.change_session(DEFAULT, lambda session: replace(session, seed="43"))
        store.enter(DEFAULT, SECONDS)
        store.reset_session(DEFAULT, lambda opened: replace(opened, programme=None, ttl=5))
        session = store.session(DEFAULT)
        assert session is not None
        assert (session.seed, session.ttl) == ("42", 5)
        assert (store.jobs(DEFAULT), store.holdings(DEFAULT), store.windows(DEFAULT)) == ((), (), ())
        assert (reason(store, DEMO_SECRET), reason(store, "minted")) == (None, "unknown")
        assert {presence.session.id: presence.seen_at for presence in store.sessions()}[DEFAULT] == SECONDS
        with pytest.raises(SessionEnded):
            store.reset_session("third", as_it_was)

    def test_a_record_belongs_to_the_one_session_that_knows_it(self, store: Store) -> None:
        """A job or a subscription leads to its session, unless none or several have it."""
        create(store, job)
        store.save_subscription(SECOND, a_subscription(40), unique_url=False)
        assert store.find_owner(an_id(100)) == DEFAULT
        assert store.find_owner(an_id(40)) == SECOND
        assert store.find_owner(an_id(999)) is None
        create_elsewhere(store, claim())
        assert store.find_owner(an_id(100)) is None

    def test_a_verb_that_waits_while_its_session_is_reset_leaves_no_trace(self, store: Store) -> None:
        """Whether it comes before the reset or after: no secret opens a session that does not list its key."""

        def save() -> None:
            with suppress(InvalidApiKey):
                store.save_key(DEFAULT, a_key(20), sha("minted"), unique_name=False)

        waiting = Thread(target=open_session, args=(store,)), Thread(target=save)

        def hold(key: ApiKey) -> ApiKey:
            for thread in waiting:
                thread.start()
                thread.join(0.05)
            return key

        store.change_key(DEFAULT, DEMO_KEY, hold)
        for thread in waiting:
            thread.join(HANG_GUARD)
        listed = [key.id for key, _ in store.keys(DEFAULT, HARBOUR)]
        assert (reason(store, "minted") is None) is (an_id(20) in listed)
        assert (reason(store, DEMO_SECRET), listed[-1]) == (None, DEMO_KEY)

    def test_a_verb_that_waits_while_its_session_is_dropped_leaves_no_trace(self, store: Store) -> None:
        """A secret that is kept too late opens nothing."""

        def save() -> None:
            with suppress(InvalidApiKey):
                store.save_key(SECOND, a_key(20), sha("minted"), unique_name=False)

        waiting = Thread(target=store.drop_session, args=(SECOND,)), Thread(target=save)

        def hold(key: ApiKey) -> ApiKey:
            for thread in waiting:
                thread.start()
                thread.join(0.05)
            return key

        store.change_key(SECOND, SECOND_KEY, hold)
        for thread in waiting:
            thread.join(HANG_GUARD)
        assert reason(store, "minted") in {"unknown", "session-ended"}
        assert (reason(store, SECOND_SECRET), store.session(SECOND)) == ("session-ended", None)

    def test_a_snapshot_keeps_a_session_as_it_was(self, store: Store) -> None:
        """What happens afterwards is undone by the restore: jobs, keys, windows, uses; and it can be restored again."""
        first = create(store, job, claim())
        store.take_rate_slot(DEFAULT, meter(), NOW)
        saved = store.save_snapshot(DEFAULT, "before", NOW)
        assert (saved.name, saved.at, saved.session) == ("before", NOW, store.session(DEFAULT))
        for _ in range(2):
            create(store, lambda: job(101), claim("other"))
            store.save_key(DEFAULT, a_key(20), sha("minted"), unique_name=False)
            store.change_key(DEFAULT, DEMO_KEY, lambda key: keys.revoked(key, NOW))
            store.take_rate_slot(DEFAULT, meter(), NOW)
            store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
            assert store.restore_snapshot(DEFAULT, "before", lambda snapshot: snapshot.session) is True
            assert [made.id for made in store.jobs(DEFAULT)] == [an_id(100)]
            assert same(create(store, never, claim()).job, first.job)
            assert (reason(store, DEMO_SECRET), reason(store, "minted")) == (None, "unknown")
            assert store.take_rate_slot(DEFAULT, meter(), NOW).used == 2
            assert store.subscriptions(DEFAULT, HARBOUR) == ()
            assert key_named(store).status(NOW) == "ACTIVE"

    def test_snapshots_have_names_of_their_session(self, store: Store) -> None:
        """Listed newest first, dropped once, unknown to other sessions, gone with theirs."""
        for name in ("one", "two"):
            store.save_snapshot(DEFAULT, name, NOW)
        with pytest.raises(SnapshotExists):
            store.save_snapshot(DEFAULT, "one", NOW)
        store.save_snapshot(SECOND, "one", NOW)
        assert [snapshot.name for snapshot in store.snapshots(DEFAULT)] == ["two", "one"]
        assert [store.drop_snapshot(DEFAULT, name) for name in ("one", "one", "three")] == [True, False, False]
        assert store.restore_snapshot(DEFAULT, "one", lambda snapshot: snapshot.session) is False
        assert [snapshot.name for snapshot in store.snapshots(SECOND)] == ["one"]
        store.drop_session(SECOND)
        open_session(store, SECOND)
        assert store.snapshots(SECOND) == ()

    def test_a_server_holds_so_many_snapshots(self, small_store: Store) -> None:
        """Over all sessions together; who drops one may save another."""
        small_store.save_snapshot(DEFAULT, "one", NOW)
        small_store.save_snapshot(SECOND, "two", NOW)
        with pytest.raises(LimitReached) as refusal:
            small_store.save_snapshot(DEFAULT, "three", NOW)
        assert refusal.value.reason == "session-limit"
        small_store.drop_snapshot(SECOND, "two")
        small_store.save_snapshot(DEFAULT, "three", NOW)

    def test_a_session_can_begin_with_what_another_has(self, store: Store) -> None:
        """It takes over jobs, held keys and read counts of a snapshot, and from then on each goes its own way."""
        create(store, job, claim())
        store.read_job(DEFAULT, an_id(100), HARBOUR, NOW, counted=True)
        records = store.save_snapshot(DEFAULT, "before", NOW).records.forked({})
        store.open_session(replace(second_session(), id="third"), (), records, is_new=True)
        assert [made.id for made in store.jobs("third")] == [an_id(100)]
        assert (store.read_count("third", an_id(100)), len(store.holdings("third"))) == (1, 1)
        assert (store.keys("third", HARBOUR), store.windows("third"), store.read_journal("third")) == ((), (), ())
        create(store, lambda: job(101))
        store.change_job("third", an_id(100), lambda made: replace(made, reads=7))
        found = store.read_job(DEFAULT, an_id(100), None, NOW)
        assert (len(store.jobs("third")), found is not None and found.reads) == (1, 0)
        store.reset_session("third", as_it_was)
        assert [made.reads for made in store.jobs("third")] == [0]

    def test_a_snapshot_tells_roughly_how_large_it_is(self, store: Store) -> None:
        """More jobs and longer sources take more room."""
        sizes: list[int] = []
        for number, source in enumerate((b"{}", b"{}" + b" " * 10_000), start=100):
            sizes.append(store.save_snapshot(DEFAULT, str(number), NOW).records.size())
            create(store, lambda n=number, s=source: job(n, source=s))  # type: ignore[misc]
        sizes.append(store.save_snapshot(DEFAULT, "last", NOW).records.size())
        assert 0 < sizes[1] - sizes[0] < 10_000 < sizes[2] - sizes[1]

    def test_snapshots_beside_other_calls_are_whole(self, store: Store) -> None:
        """Each saved state has as many held keys as jobs, whatever was under way."""

        def act(number: int) -> Iterator[tuple[int, int]]:
            for round_ in range(10):
                if number:
                    create(store, lambda n=round_: job(1_000 * number + n), claim(f"{number} {round_}"))  # type: ignore[misc]
                else:
                    saved = store.save_snapshot(DEFAULT, str(round_), NOW).records
                    yield len(saved.jobs), len(saved.holdings)

        pairs = [pair for part in together(4, lambda number: list(act(number))) for pair in part]
        assert [jobs for jobs, _ in pairs] == [holdings for _, holdings in pairs]
        assert len(store.jobs(DEFAULT)) == 30
