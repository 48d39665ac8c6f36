"""What a store promises of deliveries."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from mock_server.tests.domain.samples import HARBOUR, LIGHTHOUSE, NOW, a_subscription, an_id
from mock_server.tests.stores.scene import DEFAULT, SECOND, create, job

from tutorflow_mock.domain.deliveries import Attempt, Delivery, Event, created, redelivered
from tutorflow_mock.domain.misbehaviours.orders import Order
from tutorflow_mock.domain.model import Job, Session, Subscription
from tutorflow_mock.stores.base import Claimed, SessionEnded, Store

if TYPE_CHECKING:
    from tutorflow_mock.stores.base import Expand

END = NOW + 4_000
LATER = NOW + 86_400_000
"""What the real clock shows: what is due is told by the session's own, which a reset may put back at any time."""


def a_delivery(number: int = 60, due: int = NOW, subscription: Subscription | None = None) -> Delivery:
    """Return a delivery that is due."""
    event = Event(an_id(number + 100), "content.completed", an_id(100), due, b"{}")
    return created(an_id(number), event, subscription or a_subscription())


def expand(_: Session, ended: Job, subscription: Subscription) -> Delivery | None:
    """Tell everybody but the subscription …42."""
    if subscription.id == an_id(42):
        return None
    return replace(a_delivery(int(subscription.id[-3:]) + 20, END, subscription), job_id=ended.id)


def an_attempt(number: int = 1, status: int = 500) -> Attempt:
    """Return an attempt that ended at once."""
    return Attempt(number, NOW, NOW, NOW, response_status=status)


def freeze(store: Store, instant: int) -> None:
    """Let the session's clock stand at an instant."""
    store.change_session(DEFAULT, lambda session: replace(session, clock=session.clock.frozen(instant)))


def settle(store: Store, until: int, told: "Expand" = expand) -> None:
    """Tell of the ends up to an instant."""
    freeze(store, until)
    store.settle_due(DEFAULT, LATER, told)


def begun(store: Store, until: int = NOW) -> dict[str, Claimed]:
    """Begin what is due and return it by the deliveries' ids."""
    freeze(store, until)
    return {each.delivery.id: each for each in store.claim_due_deliveries(DEFAULT, LATER)}


def claimed(store: Store, until: int = NOW) -> list[str]:
    """Begin what is due and return the deliveries' ids."""
    return list(begun(store, until))


class DeliveryContract:
    """Deliveries."""

    def test_an_end_is_told_once_to_each_who_hears(self, store: Store) -> None:
        """Of its own organization, when it is due."""
        foreign = replace(a_subscription(43), organization_id=LIGHTHOUSE)
        for each in (a_subscription(40), a_subscription(42), foreign):
            store.save_subscription(DEFAULT, each, unique_url=False)
        create(store, job)
        assert store.next_due(DEFAULT) == END
        settle(store, END - 1)
        assert store.deliveries(DEFAULT) == ()
        settle(store, END)
        settle(store, END)
        assert [each.id for each in store.deliveries(DEFAULT)] == [an_id(60)]
        assert store.deliveries(SECOND) == ()

    def test_an_end_that_has_moved_is_told_at_its_new_instant(self, store: Store) -> None:
        """The stale entry means nothing, nor does a second one of the same end."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        create(store, job)
        store.change_job(DEFAULT, an_id(100), lambda found: replace(found, finished_at=NOW + 9_000))
        settle(store, END)
        assert store.deliveries(DEFAULT) == ()
        store.change_job(DEFAULT, an_id(100), lambda found: found)
        settle(store, NOW + 9_000)
        assert len(store.deliveries(DEFAULT)) == 1

    def test_at_most_four_of_a_subscription_are_under_way(self, store: Store) -> None:
        """B8: the others wait their turn, another subscription's do not."""
        for each in (a_subscription(40), a_subscription(41)):
            store.save_subscription(DEFAULT, each, unique_url=False)
        for number in range(60, 66):
            store.save_delivery(DEFAULT, a_delivery(number))
        store.save_delivery(DEFAULT, a_delivery(70, subscription=a_subscription(41)))
        first = begun(store)
        assert list(first) == [an_id(number) for number in (60, 61, 62, 63, 70)]
        assert (claimed(store), store.next_due(DEFAULT)) == ([], None)
        assert not store.wait_until_idle(DEFAULT, 0)
        store.finish_attempt(first[an_id(60)], an_attempt(status=200), (5,))
        assert store.next_due(DEFAULT) == NOW
        assert claimed(store) == [an_id(64)]

    def test_who_waits_for_a_place_is_not_forgotten(self, store: Store) -> None:
        """Neither by a snapshot, nor behind one that was made due anew meanwhile."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        for number in range(60, 67):
            store.save_delivery(DEFAULT, a_delivery(number))
        first = begun(store)
        assert len(first) == 4
        store.save_snapshot(DEFAULT, "kept", NOW)
        store.save_delivery(DEFAULT, redelivered(a_delivery(64), NOW + 1))
        store.finish_attempt(first[an_id(60)], an_attempt(status=200), (5,))
        assert claimed(store) == [an_id(65)]
        store.restore_snapshot(DEFAULT, "kept", lambda snapshot: snapshot.session)
        again = begun(store)
        assert list(again) == list(first)
        for each in again.values():
            store.finish_attempt(each, an_attempt(2, status=200), (5,))
        assert claimed(store) == [an_id(number) for number in (64, 65, 66)]

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
        """Once; one that nobody began is left alone, be it the like of one that runs (ids come again with a seed)."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        store.save_delivery(DEFAULT, a_delivery())
        one = begun(store)[an_id(60)]
        store.finish_attempt(one._replace(delivery=replace(one.delivery)), an_attempt(), (5,))
        assert store.attempts(DEFAULT, an_id(60)) == ()
        for _ in range(2):
            store.finish_attempt(one, an_attempt(), (5,))
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
            changed = store.change_subscription(DEFAULT, an_id(40), lambda each: replace(each, status="DISABLED"))
            assert changed is None
            assert store.subscriptions(DEFAULT, HARBOUR) == ()
            assert claimed(store) == ([an_id(60)] if keep else [])

    def test_a_session_that_is_gone_has_no_deliveries(self, store: Store) -> None:
        """Like every other verb."""
        with pytest.raises(SessionEnded):
            store.deliveries("gone")
        assert store.delivery(DEFAULT, an_id(60)) is None

    def test_an_order_is_taken_with_the_attempt_that_it_means(self, store: Store) -> None:
        """Once for each of its times, by the first that means the delivery; a used one is kept."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        first, second = Order("o1", "wrong-secret"), Order("o2", "duplicate", event="content.completed")
        for each in (first, second):
            store.save_order(DEFAULT, each)
        for number in (60, 61, 62):
            store.save_delivery(DEFAULT, a_delivery(number))
        taken = begun(store).values()
        assert [None if each.order is None else each.order.id for each in taken] == ["o1", "o2", None]
        assert [each.left for each in store.orders(DEFAULT)] == [0, 0]
        assert store.orders(SECOND) == ()

    def test_orders_are_dropped(self, store: Store) -> None:
        """One or all; what is not there is told as that."""
        for number in range(3):
            store.save_order(DEFAULT, Order(f"o{number}", "duplicate"))
        assert store.drop_orders(DEFAULT, "o1")
        assert [each.id for each in store.orders(DEFAULT)] == ["o0", "o2"]
        assert [store.drop_orders(DEFAULT, "o1"), store.drop_orders(DEFAULT), store.drop_orders(DEFAULT)] == [
            False,
            True,
            False,
        ]

    def test_an_order_holds_a_delivery_back(self, store: Store) -> None:
        """It is due later, once, and met by no second order then."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        order = Order("o1", "reorder", times=2, options={"after": 5_000})
        store.save_order(DEFAULT, order)
        store.save_delivery(DEFAULT, a_delivery())
        assert claimed(store) == []
        assert store.next_due(DEFAULT) == NOW + 5_000
        (late,) = begun(store, NOW + 5_000).values()
        assert (late.order, late.delivery.owed_to) == (None, "reorder")

    def test_a_job_is_told_early_where_that_is_ordered(self, store: Store) -> None:
        """Its deliveries alone are meant by such an order."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        assert not store.tell_early(DEFAULT, an_id(100))
        store.save_order(DEFAULT, Order("o0", "duplicate", event="content.failed"))
        assert not store.tell_early(DEFAULT, an_id(100))
        store.save_order(DEFAULT, Order("o1", "before-response", options={"timeoutMillis": 70}))
        store.save_delivery(DEFAULT, a_delivery(60))
        assert [each.order for each in begun(store).values()] == [None]
        assert store.early_wait(DEFAULT, an_id(100)) is None
        assert store.tell_early(DEFAULT, an_id(100))
        assert store.early_wait(DEFAULT, an_id(100)) == 70
        store.save_delivery(DEFAULT, a_delivery(61))
        assert [each.order is not None for each in begun(store).values()] == [True]

    def test_a_delivery_is_changed_in_one_step(self, store: Store) -> None:
        """With its subscription in view, if that is there; a refusal leaves it as it was."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        store.save_delivery(DEFAULT, a_delivery())
        seen: list[Subscription | None] = []

        def change(found: Delivery, subscription: Subscription | None) -> Delivery:
            seen.append(subscription)
            return redelivered(found, NOW + 7)

        def refuse(found: Delivery, subscription: Subscription | None) -> Delivery:
            raise LookupError(found.id, subscription)

        changed = store.change_delivery(DEFAULT, an_id(60), change)
        assert changed is not None
        assert (changed.next_attempt_at, seen) == (NOW + 7, [a_subscription()])
        with pytest.raises(LookupError):
            store.change_delivery(DEFAULT, an_id(60), refuse)
        assert store.delivery(DEFAULT, an_id(60)) == changed
        assert store.change_delivery(DEFAULT, an_id(61), change) is None
        store.delete_subscription(DEFAULT, HARBOUR, an_id(40), keep_pending=True)
        store.change_delivery(DEFAULT, an_id(60), change)
        assert seen[-1] is None

    def test_an_end_that_cannot_be_told_is_not_lost(self, store: Store) -> None:
        """What went wrong is told to whoever asked, and the end is told at the next try, once."""
        store.save_subscription(DEFAULT, a_subscription(), unique_url=False)
        create(store, job)

        def refuse(_: Session, ended: Job, subscription: Subscription) -> Delivery | None:
            raise OSError(ended.id, subscription.id)

        with pytest.raises(OSError, match=an_id(100)):
            settle(store, END, refuse)
        assert store.deliveries(DEFAULT) == ()
        settle(store, END)
        assert [each.id for each in store.deliveries(DEFAULT)] == [an_id(60)]
