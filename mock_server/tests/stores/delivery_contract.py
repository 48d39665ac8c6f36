"""What a store promises of deliveries."""

from dataclasses import replace

import pytest
from mock_server.tests.domain.samples import HARBOUR, LIGHTHOUSE, NOW, a_subscription, an_id
from mock_server.tests.stores.scene import DEFAULT, SECOND, create, job

from tutorflow_mock.domain.deliveries import Attempt, Delivery, Event, created, redelivered
from tutorflow_mock.domain.model import Job, Subscription
from tutorflow_mock.stores.base import SessionEnded, Store

END = NOW + 4_000


def a_delivery(number: int = 60, due: int = NOW, subscription: Subscription | None = None) -> Delivery:
    """Return a delivery that is due."""
    event = Event(an_id(number + 100), "content.completed", an_id(100), due, b"{}")
    return created(an_id(number), event, subscription or a_subscription())


def expand(ended: Job, subscription: Subscription) -> Delivery | None:
    """Tell everybody but the subscription …42."""
    if subscription.id == an_id(42):
        return None
    return replace(a_delivery(int(subscription.id[-3:]) + 20, END, subscription), job_id=ended.id)


def an_attempt(number: int = 1, status: int = 500) -> Attempt:
    """Return an attempt that ended at once."""
    return Attempt(number, NOW, NOW, NOW, response_status=status)


def claimed(store: Store, until: int = NOW) -> list[str]:
    """Begin what is due and return the deliveries' ids."""
    return [each.delivery.id for each in store.claim_due_deliveries(DEFAULT, until)]


class DeliveryContract:
    """Deliveries."""

    def test_an_end_is_told_once_to_each_who_hears(self, store: Store) -> None:
        """Of its own organization, when it is due."""
        foreign = replace(a_subscription(43), organization_id=LIGHTHOUSE)
        for each in (a_subscription(40), a_subscription(42), foreign):
            store.save_subscription(DEFAULT, each, unique_url=False)
        create(store, job)
        assert store.next_due(DEFAULT) == END
        store.settle_due(DEFAULT, END - 1, expand)
        assert store.deliveries(DEFAULT) == ()
        store.settle_due(DEFAULT, END, expand)
        store.settle_due(DEFAULT, END, expand)
        assert [each.id for each in store.deliveries(DEFAULT)] == [an_id(60)]
        assert store.deliveries(SECOND) == ()

    def test_an_end_that_has_moved_is_told_at_its_new_instant(self, store: Store) -> None:
        """The stale entry means nothing, nor does a second one of the same end."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        create(store, job)
        store.change_job(DEFAULT, an_id(100), lambda found: replace(found, finished_at=NOW + 9_000))
        store.settle_due(DEFAULT, END, expand)
        assert store.deliveries(DEFAULT) == ()
        store.change_job(DEFAULT, an_id(100), lambda found: found)
        store.settle_due(DEFAULT, NOW + 9_000, expand)
        assert len(store.deliveries(DEFAULT)) == 1

    def test_at_most_four_of_a_subscription_are_under_way(self, store: Store) -> None:
        """B8: the others wait their turn, another subscription's do not."""
        for each in (a_subscription(40), a_subscription(41)):
            store.save_subscription(DEFAULT, each, unique_url=False)
        for number in range(60, 66):
            store.save_delivery(DEFAULT, a_delivery(number))
        store.save_delivery(DEFAULT, a_delivery(70, subscription=a_subscription(41)))
        assert claimed(store) == [an_id(number) for number in (60, 61, 62, 63, 70)]
        assert claimed(store) == []
        assert store.next_due(DEFAULT) == NOW
        assert not store.wait_until_idle(DEFAULT, 0)
        store.finish_attempt(DEFAULT, an_id(60), an_attempt(status=200), (5,))
        assert claimed(store) == [an_id(64)]

    def test_stale_entries_of_the_heap_mean_nothing(self, store: Store) -> None:
        """What was made due anew is begun once, at its new instant."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        store.save_delivery(DEFAULT, a_delivery(due=NOW))
        later = redelivered(a_delivery(), NOW + 7)
        store.save_delivery(DEFAULT, later)
        assert claimed(store) == []
        store.save_delivery(DEFAULT, redelivered(later, NOW + 9))
        assert store.next_due(DEFAULT) == NOW + 9
        assert claimed(store, NOW + 9) == [an_id(60)]
        assert claimed(store, NOW + 9) == []
        assert store.next_due(DEFAULT) is None

    def test_an_attempt_is_recorded_and_the_next_is_planned(self, store: Store) -> None:
        """Once; one that nobody began is left alone."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        store.save_delivery(DEFAULT, a_delivery())
        store.finish_attempt(DEFAULT, an_id(60), an_attempt(), (5,))
        assert store.attempts(DEFAULT, an_id(60)) == ()
        claimed(store)
        for _ in range(2):
            store.finish_attempt(DEFAULT, an_id(60), an_attempt(), (5,))
        assert store.attempts(DEFAULT, an_id(60)) == (an_attempt(),)
        found = store.delivery(DEFAULT, an_id(60))
        assert found is not None
        assert (found.status, found.next_attempt_at) == ("retrying", NOW + 5_000)
        assert store.wait_until_idle(DEFAULT, 0)

    def test_a_deleted_subscription_keeps_what_it_should(self, store: Store) -> None:
        """Its pending deliveries are dropped, or sent with what it was; it is changed no more."""
        for keep in (False, True):
            store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
            store.save_delivery(DEFAULT, a_delivery())
            store.delete_subscription(DEFAULT, HARBOUR, an_id(40), keep_pending=keep)
            store.change_subscription(DEFAULT, replace(a_subscription(), status="DISABLED"))
            assert store.subscriptions(DEFAULT, HARBOUR) == ()
            assert claimed(store) == ([an_id(60)] if keep else [])

    def test_a_session_that_is_gone_has_no_deliveries(self, store: Store) -> None:
        """Like every other verb."""
        with pytest.raises(SessionEnded):
            store.deliveries("gone")
        assert store.delivery(DEFAULT, an_id(60)) is None
