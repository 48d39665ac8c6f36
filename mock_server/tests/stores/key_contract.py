"""What a store promises of API keys: kept by digest, rotated and revoked in one step."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import DAY, HARBOUR, HOUR, LIGHTHOUSE, NOW, a_key, an_id
from mock_server.tests.stores.scene import (
    DEFAULT,
    DEMO_KEY,
    DEMO_SECRET,
    SECOND,
    key_named,
    meter,
    reason,
    sha,
    together,
)

from tutorflow_mock.domain import keys
from tutorflow_mock.domain.errors import Conflict
from tutorflow_mock.domain.model import ApiKey
from tutorflow_mock.stores.base import LimitReached, Rotation, Store

PLACEHOLDER = "workspace_api_key"


def revoke(store: Store, key_id: str = DEMO_KEY, now: int = NOW) -> None:
    """Revoke a key."""
    assert store.change_key(DEFAULT, key_id, lambda key: keys.revoked(key, now)) is not None


def rotation(old: ApiKey, secret: str, *, number: int = 20, grace: bool = False, now: int = NOW) -> Rotation:
    """Return the rotation of a key under a new id."""
    new = replace(old, id=an_id(number), prefix=secret, created_at=now)
    return Rotation(keys.retired(old, now, grace=grace), new, sha(secret), now + (keys.GRACE if grace else 0))


def rotation_of_secret(old: ApiKey, secret: str, *, grace: bool, now: int) -> Rotation:
    """Return the rotation of a key that keeps its id."""
    return Rotation(None, replace(old, prefix=secret), sha(secret), now + (keys.GRACE if grace else 0))


class KeyContract:
    """Keys."""

    def test_a_new_key_opens_at_once_and_is_listed_first(self, store: Store) -> None:
        """KEY-018: found by its digest, listed before the older ones of its organization, not yet used."""
        store.save_key(DEFAULT, a_key(20), sha("new"), unique_name=False)
        assert reason(store, "new") is None
        assert [(key.id, last_used) for key, last_used in store.keys(DEFAULT, HARBOUR)] == [
            (an_id(20), None),
            (DEMO_KEY, None),
        ]
        assert [key.id for key, _ in store.keys(DEFAULT, LIGHTHOUSE)] == [an_id(18)]

    def test_names_may_have_to_differ(self, store: Store) -> None:
        """`key.duplicate-name=conflict-409`: within one organization; nothing of the refused key is kept."""
        store.save_key(DEFAULT, a_key(20), sha("one"), unique_name=True)
        store.save_key(DEFAULT, a_key(21), sha("two"), unique_name=False)
        store.save_key(DEFAULT, a_key(22, organization_id=LIGHTHOUSE), sha("three"), unique_name=True)
        with pytest.raises(Conflict) as refusal:
            store.save_key(DEFAULT, a_key(23), sha("four"), unique_name=True)
        assert refusal.value.reason == "duplicate-name"
        assert reason(store, "four") == "unknown"
        assert [key.id for key, _ in store.keys(DEFAULT, HARBOUR)] == [an_id(21), an_id(20), DEMO_KEY]

    def test_of_two_creates_of_one_name_one_wins(self, store: Store) -> None:
        """The name is judged and taken in one step."""

        def save(number: int) -> bool:
            try:
                store.save_key(DEFAULT, a_key(200 + number), sha(str(number)), unique_name=True)
            except Conflict:
                return False
            return True

        assert sum(together(8, save)) == 1
        assert len(store.keys(DEFAULT, HARBOUR)) == 2

    def test_a_session_holds_so_many_keys(self, small_store: Store) -> None:
        """Beyond the cap a create is refused whole; other sessions have their own cap."""
        small_store.save_key(DEFAULT, a_key(20), sha("third"), unique_name=False)
        small_store.save_key(DEFAULT, a_key(21), sha("fourth"), unique_name=False)
        with pytest.raises(LimitReached, match="4 API keys") as refusal:
            small_store.save_key(DEFAULT, a_key(22), sha("fifth"), unique_name=False)
        assert refusal.value.reason == "session-limit"
        assert reason(small_store, "fifth") == "unknown"
        small_store.save_key(SECOND, a_key(22), sha("elsewhere"), unique_name=False)

    def test_a_changed_key_is_changed_everywhere(self, store: Store) -> None:
        """The list, the answer and the credential agree."""
        changed = store.change_key(DEFAULT, DEMO_KEY, lambda key: replace(key, expires_at=NOW + 5))
        assert changed == key_named(store)
        assert (reason(store, DEMO_SECRET, NOW + 4), reason(store, DEMO_SECRET, NOW + 5)) == (None, "expired-key")
        assert store.change_key(DEFAULT, an_id(999), lambda key: key) is None
        assert store.change_key(SECOND, DEMO_KEY, lambda key: key) is None

    def test_a_change_that_fails_leaves_the_key(self, store: Store) -> None:
        """An exception comes through, and the key is as it was."""

        def fail(key: ApiKey) -> ApiKey:
            raise ZeroDivisionError(key.id)

        before = key_named(store)
        with pytest.raises(ZeroDivisionError):
            store.change_key(DEFAULT, DEMO_KEY, fail)
        assert key_named(store) == before
        assert reason(store, DEMO_SECRET) is None

    def test_a_revoked_key_is_dead_under_all_its_names(self, store: Store) -> None:
        """The demo key and its placeholder are one key; it stays listed, and found, to say why it is refused."""
        revoke(store)
        assert (reason(store, DEMO_SECRET), reason(store, PLACEHOLDER)) == ("revoked-key", "revoked-key")
        assert key_named(store).status(NOW) == "REVOKED"

    def test_a_rotated_key_is_replaced_in_one_step(self, store: Store) -> None:
        """KEY-006 to -008: the new secret opens, the old one is dead in all its names, both records are listed."""
        old = key_named(store)
        assert store.rotate_key(DEFAULT, old, rotation(old, "new")) is True
        assert [reason(store, secret) for secret in ("new", DEMO_SECRET, PLACEHOLDER)] == [
            None,
            "revoked-key",
            "revoked-key",
        ]
        assert [(key.id, key.status(NOW)) for key, _ in store.keys(DEFAULT, HARBOUR)] == [
            (an_id(20), "ACTIVE"),
            (DEMO_KEY, "REVOKED"),
        ]

    def test_a_key_that_has_changed_is_not_rotated(self, store: Store) -> None:
        """Who saw an older state of the key has to look again; nothing of the attempt is kept."""
        old = key_named(store)
        revoke(store)
        assert store.rotate_key(DEFAULT, old, rotation(old, "late")) is False
        assert store.rotate_key(DEFAULT, a_key(999), rotation(a_key(999), "unknown key")) is False
        assert (reason(store, "late"), reason(store, "unknown key")) == ("unknown", "unknown")
        assert len(store.keys(DEFAULT, HARBOUR)) == 1

    def test_of_two_rotations_at_once_one_wins(self, store: Store) -> None:
        """There is never a second heir of one key."""
        old = key_named(store)
        won = together(8, lambda n: store.rotate_key(DEFAULT, old, rotation(old, f"heir {n}", number=200 + n)))
        assert sum(won) == 1
        assert [reason(store, f"heir {n}") for n in range(8)] == [None if is_heir else "unknown" for is_heir in won]
        assert len(store.keys(DEFAULT, HARBOUR)) == 2

    def test_a_grace_period_lets_the_old_secret_live_on(self, store: Store) -> None:
        """`key.rotate-old-key=grace-period`: up to the bound, which itself counts as over."""
        old = key_named(store)
        store.rotate_key(DEFAULT, old, rotation(old, "new", grace=True))
        assert [reason(store, DEMO_SECRET, NOW + after) for after in (0, DAY - 1, DAY)] == [None, None, "expired-key"]
        assert reason(store, "new", NOW + 10 * DAY) is None

    @pytest.mark.parametrize(("grace", "dead_after"), [(False, 0), (True, DAY)])
    def test_a_rotation_may_keep_the_id(self, store: Store, grace: bool, dead_after: int) -> None:  # noqa: FBT001 - a column
        """`key.rotate-id=same`: one record with a new secret; the old secret ends by itself."""
        old = key_named(store)
        assert store.rotate_key(DEFAULT, old, rotation_of_secret(old, "new", grace=grace, now=NOW)) is True
        assert [key.prefix for key, _ in store.keys(DEFAULT, HARBOUR)] == ["new"]
        assert [reason(store, s, NOW + dead_after) for s in ("new", DEMO_SECRET, PLACEHOLDER)] == [
            None,
            "rotated-key",
            "rotated-key",
        ]
        revoke(store)
        assert [reason(store, secret) for secret in ("new", DEMO_SECRET, PLACEHOLDER)] == ["revoked-key"] * 3

    @pytest.mark.parametrize("begin", [NOW, 0])
    @pytest.mark.parametrize(("first_grace", "end"), [(False, 0), (True, DAY)])
    def test_no_rotation_brings_a_dead_secret_back(self, store: Store, first_grace: bool, end: int, begin: int) -> None:  # noqa: FBT001
        """A secret that was rotated out ends when it was told to, however often the key is rotated after that."""
        for n, (grace, after) in enumerate([(first_grace, 0), (True, 30 * HOUR), (True, 31 * HOUR)]):
            old = key_named(store)
            store.rotate_key(DEFAULT, old, rotation_of_secret(old, f"secret {n}", grace=grace, now=begin + after))
        for after in (end, 30 * HOUR, 40 * HOUR):
            assert reason(store, DEMO_SECRET, begin + after) == "rotated-key"
        assert reason(store, "secret 2", begin + 40 * HOUR) is None

    def test_rotations_count_against_the_cap(self, small_store: Store) -> None:
        """A client that rotates in a loop meets a refusal, and then its key is as it was."""
        for n in (20, 21):
            old = key_named(small_store, an_id(n - 1))
            assert small_store.rotate_key(DEFAULT, old, rotation(old, f"secret {n}", number=n)) is True
        last = key_named(small_store, an_id(21))
        with pytest.raises(LimitReached):
            small_store.rotate_key(DEFAULT, last, rotation(last, "too many", number=22))
        assert (reason(small_store, "secret 21"), reason(small_store, "too many")) == (None, "unknown")
        assert key_named(small_store, an_id(21)) == last

    def test_a_rotated_key_has_a_fresh_window_and_a_revoked_one_none(self, store: Store) -> None:
        """Section 7: the heir starts with an empty minute and without a last use; the old key keeps what it had."""
        old = key_named(store)
        for _ in range(60):
            store.take_rate_slot(DEFAULT, meter(), NOW)
        store.rotate_key(DEFAULT, old, rotation(old, "new"))
        assert {key.id: used for key, used in store.keys(DEFAULT, HARBOUR)} == {an_id(20): None, DEMO_KEY: NOW}
        assert store.take_rate_slot(DEFAULT, meter(an_id(20)), NOW).used == 1
        revoke(store, an_id(20))
        assert store.take_rate_slot(DEFAULT, meter(an_id(20)), NOW).used == 2
