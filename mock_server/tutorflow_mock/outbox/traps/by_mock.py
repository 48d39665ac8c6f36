"""The traps that need the receiver's own program to speak to a mock: it creates a job, or fetches one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from tutorflow_mock.operations import hooks, misbehaving
from tutorflow_mock.outbox.traps import verdicts
from tutorflow_mock.outbox.traps.verdicts import Finding
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutorflow_mock.domain.deliveries import Attempt, Delivery
    from tutorflow_mock.domain.model import Entry, Session, Subscription
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.outbox.traps.catalogue import Check, Trap
    from tutorflow_mock.outbox.traps.sitting import Sitting

_Found = TypeVar("_Found")
_FETCHES = frozenset(("getExpansion", "getExpansionResult"))
_RESULT = "getExpansionResult"
_PAUSE = 0.05
_SUCCESS = 2
_NOBODY = "the receiver's URL is no subscription of this session"


@dataclass(frozen=True, slots=True)
class Watch:
    """A session of a mock, as its traps look at it."""

    world: World
    session_id: str

    @property
    def session(self) -> Session:
        """The session as it is now; raise SessionEnded."""
        found = self.world.store.session(self.session_id)
        if found is None:
            raise SessionEnded
        return found

    def subscription(self, url: str) -> Subscription | None:
        """Return who is subscribed with a URL."""
        return next((each for each in hooks.all_subscriptions(self.world, self.session) if each.url == url), None)

    def order(self, name: str, subscription: Subscription, **options: object) -> str:
        """Order that the next delivery to a subscription misbehaves, and return the order's id."""
        members = {"name": name, "match": {"subscriptionId": subscription.id}, "options": options}
        return misbehaving.order(self.world, self.session, members).id

    def attempts(self, subscription: Subscription, name: str) -> Iterator[tuple[Delivery, Attempt]]:
        """Return what has come of a misbehaviour at a subscription."""
        store = self.world.store
        own = (each for each in store.deliveries(self.session_id) if each.subscription_id == subscription.id)
        return (
            (each, attempt)
            for each in own
            for attempt in store.attempts(self.session_id, each.id)
            if attempt.misbehaviour == name
        )

    def fetches(self, job_id: str | None) -> list[Entry]:
        """Return the fetches of a job, oldest first."""
        entries = self.world.store.read_journal(self.session_id)
        return [each for each in entries if each.job_id == job_id and each.operation in _FETCHES]

    def wait(self, look: Callable[[], _Found | None], seconds: float) -> _Found | None:
        """Return what a look finds, as soon as it does, None after so many seconds."""
        until = self.world.clock.elapsed() + seconds
        while (found := look()) is None and self.world.clock.elapsed() < until:
            Event().wait(_PAUSE)
        return found


def in_a_mock(traps: tuple[Trap, ...], watch: Watch) -> tuple[Trap, ...]:
    """Return the traps with those that need a mock looking at this one."""
    checks: dict[str, Check] = {
        "W14": partial(_early, watch),
        "W15": partial(_lost, watch),
        "W28": partial(_failing, watch),
    }
    return tuple(replace(each, check=checks[each.id]) if each.id in checks else each for each in traps)


def _early(watch: Watch, sitting: Sitting) -> Finding:
    """W14: the program creates a job, and is told of its end before the create is answered."""
    found = _befallen(watch, sitting, "before-response")
    if isinstance(found, Finding):
        return found
    _, attempt = found
    got = attempt.error or str(attempt.response_status)
    if attempt.is_success:
        return Finding("pass", got, "taken before the create was answered")
    return Finding("fail", got, "a delivery that comes before the create's answer was not taken")


def _lost(watch: Watch, sitting: Sitting) -> Finding:
    """W15: the program creates a job, is never told, and finds the result all the same."""
    found = _befallen(watch, sitting, "drop")
    if isinstance(found, Finding):
        return found
    delivery, _ = found

    def look() -> Entry | None:
        results = (each for each in watch.fetches(delivery.job_id) if each.operation == _RESULT)
        return next((each for each in results if each.status // 100 == _SUCCESS), None)

    if watch.wait(look, sitting.pace.fetches) is None:
        return Finding("fail", "no result fetched", f"not found by polling within {sitting.pace.fetches:g} s")
    return Finding("pass", "result fetched", "found by polling")


def _failing(watch: Watch, sitting: Sitting) -> Finding:
    """W28: a real job is told of, and the first fetch of it fails."""
    subscription = watch.subscription(sitting.subject.url)
    if subscription is None:
        return verdicts.skipped(_NOBODY)
    session = watch.session
    watch.order("fetch-fails", subscription, statuses="500")
    now = session.clock.now(watch.world.clock.now())
    job = hooks.trigger(watch.world, session, subscription.events[0], now, None)
    first = watch.wait(lambda: next(iter(watch.fetches(job.id)), None), sitting.pace.creates)
    if first is None:
        return verdicts.skipped("the receiver fetched nothing from this mock")

    def look() -> Entry | None:
        return next((each for each in watch.fetches(job.id) if each.status // 100 == _SUCCESS), None)

    got = watch.wait(look, sitting.pace.fetches)
    statuses = ", ".join(str(each.status) for each in watch.fetches(job.id))
    if got is None:
        return Finding("fail", statuses, f"not fetched again within {sitting.pace.fetches:g} s")
    return Finding("pass", statuses, "fetched again")


def _befallen(watch: Watch, sitting: Sitting, name: str) -> tuple[Delivery, Attempt] | Finding:
    """Order a misbehaviour for the next job that the receiver's program creates, and wait for that."""
    subscription = watch.subscription(sitting.subject.url)
    if subscription is None:
        return verdicts.skipped(_NOBODY)
    known = {(delivery.id, attempt.number) for delivery, attempt in watch.attempts(subscription, name)}
    order_id = watch.order(name, subscription)

    def look() -> tuple[Delivery, Attempt] | None:
        found = watch.attempts(subscription, name)
        return next((each for each in found if (each[0].id, each[1].number) not in known), None)

    befallen = watch.wait(look, sitting.pace.creates)
    watch.world.store.drop_orders(watch.session_id, order_id)
    if befallen is None:
        return verdicts.skipped(f"no job was created within {sitting.pace.creates:g} s; let the program create one")
    return befallen
