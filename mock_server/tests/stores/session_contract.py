"""What a store promises of sessions, their credentials and their journal."""

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
    LIGHTHOUSE_KEY,
    SECOND,
    SECOND_KEY,
    SECOND_SECRET,
    claim,
    create,
    job,
    key_named,
    meter,
    open_session,
    reason,
    sha,
    together,
)

from tutorflow_mock.domain import keys
from tutorflow_mock.domain.clock import SessionClock
from tutorflow_mock.domain.errors import InvalidApiKey
from tutorflow_mock.domain.model import Admin, AdminCredential, ApiKey, Entry, KeyCredential, Session
from tutorflow_mock.stores.base import Store

ADMIN = Admin(an_id(5), "admin@harbour.example", sha("a-long-passphrase"), (HARBOUR,))


def entry(number: int) -> Entry:
    """Return a line of the journal."""
    return Entry(str(number), NOW + number, "GET", "/v1/content/organizations", "listOrganizations", 200)


def login(secret: str) -> AdminCredential:
    """Return the credential of a login."""
    return AdminCredential(DEFAULT, sha(secret), ADMIN, NOW + 86_400_000)


class SessionContract:
    """Sessions, credentials, journal."""

    def test_an_opened_session_is_there_and_no_other(self, store: Store) -> None:
        """A session is found by its id."""
        opened = store.session(DEFAULT)
        assert opened is not None
        assert (opened.id, opened.seed, opened.clock.frozen_at) == (DEFAULT, "42", NOW)
        assert store.session("third") is None

    def test_a_session_is_changed_in_one_step(self, store: Store) -> None:
        """The change sees the session as it is, and what it returns is what is kept."""
        changed = store.change_session(DEFAULT, lambda session: replace(session, clock=SessionClock(offset=5)))
        assert changed.clock == SessionClock(offset=5)
        assert store.session(DEFAULT) == changed
        second = store.session(SECOND)
        assert second is not None
        assert second.clock.frozen_at == NOW

    def test_a_change_that_fails_leaves_the_session(self, store: Store) -> None:
        """An exception comes through, nothing is half done, and the next change works."""

        def fail(session: Session) -> Session:
            raise ZeroDivisionError(session.id)

        before = store.session(DEFAULT)
        with pytest.raises(ZeroDivisionError):
            store.change_session(DEFAULT, fail)
        assert store.session(DEFAULT) == before
        assert store.change_session(DEFAULT, lambda session: replace(session, seed="43")).seed == "43"

    def test_no_change_of_a_session_is_lost(self, store: Store) -> None:
        """Many threads that count upwards arrive at the sum."""

        def forward(session: Session) -> Session:
            return replace(session, clock=session.clock.frozen((session.clock.frozen_at or 0) + 1))

        together(8, lambda _: [store.change_session(DEFAULT, forward) for _ in range(25)])
        session = store.session(DEFAULT)
        assert session is not None
        assert session.clock.frozen_at == NOW + 200

    def test_a_session_is_untouched_until_something_has_an_instant(self, store: Store) -> None:
        """A job, the use of a key or a subscription touches a session, and only that one; a reset makes it new."""
        assert store.is_untouched(DEFAULT)
        create(store, job)
        assert not store.is_untouched(DEFAULT)
        open_session(store)
        store.take_rate_slot(DEFAULT, meter(), NOW)
        assert not store.is_untouched(DEFAULT)
        open_session(store)
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        assert not store.is_untouched(DEFAULT)
        assert store.is_untouched(SECOND)
        open_session(store)
        assert store.is_untouched(DEFAULT)

    def test_credentials_are_found_over_all_sessions(self, store: Store) -> None:
        """A credential knows its session, whatever session the call was meant for."""
        for secret, session_id, key_id in ((DEMO_SECRET, DEFAULT, DEMO_KEY), (SECOND_SECRET, SECOND, SECOND_KEY)):
            found = store.find_credential(sha(secret))
            assert isinstance(found, KeyCredential)
            assert (found.session_id, found.key.id) == (session_id, key_id)
        assert isinstance(store.find_credential(sha("demo-admin")), AdminCredential)
        assert store.find_credential(sha("nobody")) is None

    def test_the_session_of_a_login_is_found_by_its_e_mail(self, store: Store) -> None:
        """Each directory knows its own admins."""
        assert store.find_admin_session("admin@harbour.example") == DEFAULT
        assert store.find_admin_session("admin@lighthouse.example") == DEFAULT
        assert store.find_admin_session("admin@second.example") == SECOND
        assert store.find_admin_session("nobody@harbour.example") is None

    def test_a_login_is_kept(self, store: Store) -> None:
        """The cookie of a new admin session opens it from then on."""
        store.save_login(login("cookie"))
        assert store.find_credential(sha("cookie")) == login("cookie")

    def test_beyond_the_cap_the_oldest_login_ends(self, small_store: Store) -> None:
        """A client that signs in again and again fills no memory; the cookies of the ready line stay."""
        for secret in ("one", "two", "three"):
            small_store.save_login(login(secret))
        assert [small_store.find_credential(sha(secret)) is None for secret in ("one", "two", "three")] == [
            True,
            False,
            False,
        ]
        assert small_store.find_credential(sha("demo-admin")) is not None

    def test_a_reset_puts_a_session_back_to_its_beginning(self, store: Store) -> None:
        """Jobs, held keys, windows, uses, subscriptions and journal are gone; the first keys work again."""
        create(store, job, claim())
        store.take_rate_slot(DEFAULT, meter(), NOW)
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        store.append_journal(DEFAULT, entry(1))
        store.change_key(DEFAULT, DEMO_KEY, lambda key: keys.revoked(key, NOW))
        store.change_session(DEFAULT, lambda session: replace(session, seed="43"))
        open_session(store)
        assert (store.jobs(DEFAULT), store.subscriptions(DEFAULT, HARBOUR), store.read_journal(DEFAULT)) == ((), (), ())
        assert (store.holdings(DEFAULT), store.windows(DEFAULT)) == ((), ())
        assert [last_used for _, last_used in store.keys(DEFAULT, HARBOUR)] == [None]
        assert reason(store, DEMO_SECRET) is None
        assert create(store, lambda: job(101), claim()).verdict == "new"
        session = store.session(DEFAULT)
        assert session is not None
        assert session.seed == "42"

    def test_a_reset_ends_the_credentials_minted_since(self, store: Store) -> None:
        """Keys and cookies that were made after the beginning are unknown then; other sessions keep theirs."""
        store.save_key(DEFAULT, a_key(20), sha("minted"), unique_name=False)
        store.save_key(SECOND, a_key(20), sha("minted elsewhere"), unique_name=False)
        store.save_login(login("cookie"))
        open_session(store)
        assert reason(store, "minted") == "unknown"
        assert store.find_credential(sha("cookie")) is None
        assert (reason(store, "minted elsewhere"), reason(store, SECOND_SECRET), reason(store, DEMO_SECRET)) == (
            None,
            None,
            None,
        )

    def test_a_change_that_a_reset_overtakes_does_not_come_back(self, store: Store) -> None:
        """A verb that was under way when the session was reset leaves no trace in the new one."""
        resetting = Thread(target=open_session, args=(store,))

        def revoke(key: ApiKey) -> ApiKey:
            resetting.start()
            resetting.join(0.05)
            return keys.revoked(key, NOW)

        store.change_key(DEFAULT, DEMO_KEY, revoke)
        resetting.join(HANG_GUARD)
        assert not resetting.is_alive()
        assert reason(store, DEMO_SECRET) is None
        assert key_named(store).status(NOW) == "ACTIVE"

    def test_resets_beside_other_calls_leave_a_sound_session(self, store: Store) -> None:
        """Resets beside key traffic: no error but the refusal of a key that is gone; every credential has its key."""

        def act(number: int) -> None:
            for round_ in range(10):
                if number == 0:
                    open_session(store)
                    continue
                key = a_key(1_000 * number + round_)
                store.save_key(DEFAULT, key, sha(key.id), unique_name=False)
                with suppress(InvalidApiKey):
                    store.take_rate_slot(DEFAULT, meter(key.id), NOW)

        together(5, act)
        known = {key.id for key, _ in store.keys(DEFAULT, HARBOUR)}
        minted = [an_id(1_000 * number + round_) for number in range(1, 5) for round_ in range(10)]
        assert {key_id for key_id in minted if store.find_credential(sha(key_id))} == known - {DEMO_KEY}

    def test_a_call_whose_key_a_reset_took_away_is_refused(self, store: Store) -> None:
        """Between finding a credential and counting its call the session may have begun anew: a 401, not a crash."""
        store.save_key(DEFAULT, a_key(20), sha("minted"), unique_name=False)
        open_session(store)
        with pytest.raises(InvalidApiKey) as refusal:
            store.take_rate_slot(DEFAULT, meter(an_id(20)), NOW)
        assert refusal.value.reason == "session-ended"
        store.give_rate_slot_back(DEFAULT, meter(an_id(20)), NOW)
        assert store.take_rate_slot(DEFAULT, meter(LIGHTHOUSE_KEY), NOW).used == 1

    def test_the_journal_keeps_calls_in_order(self, store: Store) -> None:
        """Oldest first, each session its own."""
        for number in range(3):
            store.append_journal(DEFAULT, entry(number))
        assert store.read_journal(DEFAULT) == (entry(0), entry(1), entry(2))
        assert store.read_journal(SECOND) == ()

    def test_the_journal_is_a_ring(self, small_store: Store) -> None:
        """Beyond its cap the oldest line makes room."""
        for number in range(5):
            small_store.append_journal(DEFAULT, entry(number))
        assert small_store.read_journal(DEFAULT) == (entry(2), entry(3), entry(4))

    def test_no_line_of_the_journal_is_lost(self, store: Store) -> None:
        """Many threads write, and read in between."""

        def write(number: int) -> int:
            for _ in range(20):
                store.append_journal(DEFAULT, entry(number))
            return len(store.read_journal(DEFAULT))

        assert max(together(8, write)) == 160
        assert len(store.read_journal(DEFAULT)) == 160
