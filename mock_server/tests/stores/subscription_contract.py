"""What a store promises of webhook subscriptions."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import HARBOUR, LIGHTHOUSE, a_subscription, an_id
from mock_server.tests.stores.scene import DEFAULT, SECOND, together

from tutorflow_mock.domain.errors import Conflict
from tutorflow_mock.domain.model import Subscription
from tutorflow_mock.stores.base import LimitReached, Store


def save(store: Store, *subscriptions: Subscription, unique_url: bool = False) -> None:
    """Keep subscriptions in the default session."""
    for subscription in subscriptions:
        store.save_subscription(DEFAULT, subscription, unique_url=unique_url)


class SubscriptionContract:
    """Subscriptions."""

    def test_subscriptions_are_listed_by_organization_newest_first(self, store: Store) -> None:
        """Each organization sees its own, secrets included, for they sign."""
        foreign = replace(a_subscription(42), organization_id=LIGHTHOUSE)
        save(store, a_subscription(40), a_subscription(41), foreign)
        assert store.subscriptions(DEFAULT, HARBOUR) == (a_subscription(41), a_subscription(40))
        assert store.subscriptions(DEFAULT, LIGHTHOUSE) == (foreign,)
        assert store.subscriptions(SECOND, HARBOUR) == ()

    def test_a_subscription_is_deleted_by_its_organization_once(self, store: Store) -> None:
        """Foreign, unknown and deleted ones look alike."""
        save(store, a_subscription(40), a_subscription(41))
        assert store.delete_subscription(DEFAULT, LIGHTHOUSE, an_id(40)) is False
        assert store.delete_subscription(SECOND, HARBOUR, an_id(40)) is False
        assert store.delete_subscription(DEFAULT, HARBOUR, an_id(999)) is False
        assert store.delete_subscription(DEFAULT, HARBOUR, an_id(40)) is True
        assert store.delete_subscription(DEFAULT, HARBOUR, an_id(40)) is False
        assert store.subscriptions(DEFAULT, HARBOUR) == (a_subscription(41),)

    def test_one_url_may_be_subscribed_twice(self, store: Store) -> None:
        """S64: separate ids and secrets by default."""
        save(store, a_subscription(40), a_subscription(41))
        assert len({subscription.url for subscription in store.subscriptions(DEFAULT, HARBOUR)}) == 1

    def test_urls_may_have_to_differ(self, store: Store) -> None:
        """`webhook.duplicate-url=conflict-409`: within one organization, until the first is deleted."""
        foreign = replace(a_subscription(43), organization_id=LIGHTHOUSE)
        save(
            store,
            a_subscription(40),
            a_subscription(41, url="https://hooks.harbour.example/other"),
            foreign,
            unique_url=True,
        )
        with pytest.raises(Conflict) as refusal:
            save(store, a_subscription(42), unique_url=True)
        assert refusal.value.reason == "duplicate-url"
        assert [each.id for each in store.subscriptions(DEFAULT, HARBOUR)] == [an_id(41), an_id(40)]
        store.delete_subscription(DEFAULT, HARBOUR, an_id(40))
        save(store, a_subscription(42), unique_url=True)

    def test_of_two_creates_of_one_url_one_wins(self, store: Store) -> None:
        """The URL is judged and taken in one step."""

        def try_to_save(number: int) -> bool:
            try:
                save(store, a_subscription(400 + number), unique_url=True)
            except Conflict:
                return False
            return True

        assert sum(together(8, try_to_save)) == 1
        assert len(store.subscriptions(DEFAULT, HARBOUR)) == 1

    def test_a_session_holds_so_many_subscriptions(self, small_store: Store) -> None:
        """Beyond the cap a create is refused; a deletion makes room, other sessions have their own."""
        save(small_store, a_subscription(40), a_subscription(41))
        with pytest.raises(LimitReached, match="2 webhooks") as refusal:
            save(small_store, a_subscription(42))
        assert refusal.value.reason == "session-limit"
        small_store.save_subscription(SECOND, a_subscription(42), unique_url=False)
        small_store.delete_subscription(DEFAULT, HARBOUR, an_id(40))
        save(small_store, a_subscription(42))
        assert [each.id for each in small_store.subscriptions(DEFAULT, HARBOUR)] == [an_id(42), an_id(41)]
