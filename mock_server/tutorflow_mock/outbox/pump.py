"""All that falls due in a session: job ends become deliveries, due deliveries become attempts."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Lock, Thread
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain.deliveries import Attempt, headers_for
from tutorflow_mock.log import log
from tutorflow_mock.operations import steering, telling
from tutorflow_mock.outbox.sender import Outcome
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.model import Session, Subscription
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.outbox.post import Post
    from tutorflow_mock.stores.base import Claimed

ATTEMPTS_AT_ONCE = 64
_LONGEST_ATTEMPT = 310.0
"""Seconds: a little more than the longest `webhook.timeout`."""
_SKEW = 300_000
"""Milliseconds by which receivers that check a timestamp let it be off."""


class Pump:
    """Does what is due in sessions; `post(url, headers, body, timeout)` sends one attempt."""

    def __init__(self, world: World, post: Post) -> None:
        self._world = world
        self._post = post
        self._pool = ThreadPoolExecutor(ATTEMPTS_AT_ONCE, thread_name_prefix="tutorflow-attempt")
        self._driving: defaultdict[str, Lock] = defaultdict(Lock)
        self._drives: dict[str, list[Thread]] = {}

    def run(self, session_id: str) -> None:
        """Begin what is due in a session by its clock, unless somebody drives it through time just now."""
        driver = self._driving[session_id]
        if driver.acquire(blocking=False):
            try:
                self._begin(session_id)
            finally:
                driver.release()

    def is_advancing(self, session_id: str) -> bool:
        """Tell whether a session is still on its way to an instant."""
        return any(thread.is_alive() for thread in self._drives.get(session_id, ()))

    def advance(self, session_id: str, target: Instant, seconds: float) -> bool:
        """Take a session to an instant, doing all that falls due on the way, each at its own instant and in order.

        What is due at one instant runs side by side. False if that was not done within so many seconds of real time: it
        goes on all the same.
        """
        if not self._has_work(session_id, target):
            self._move(session_id, target)
            return True
        drive = Thread(target=self._drive, args=(session_id, target), name="tutorflow-advance", daemon=True)
        self._drives[session_id] = [*(each for each in self._drives.get(session_id, ()) if each.is_alive()), drive]
        drive.start()
        drive.join(seconds)
        return not drive.is_alive()

    def _drive(self, session_id: str, target: Instant) -> None:
        """Step from one due instant to the next; what runs already is waited for, since its retry may come first."""
        with self._driving[session_id], suppress(SessionEnded):
            self._settle(session_id)
            while (due := self._world.store.next_due(session_id)) is not None and due <= target:
                self._move(session_id, due)
                self._settle(session_id)
            self._move(session_id, target)

    def _settle(self, session_id: str) -> None:
        self._begin(session_id)
        self._world.store.wait_until_idle(session_id, _LONGEST_ATTEMPT)

    def _has_work(self, session_id: str, target: Instant) -> bool:
        due = self._world.store.next_due(session_id)
        return (due is not None and due <= target) or not self._world.store.wait_until_idle(session_id, 0)

    def stop(self) -> None:
        """Begin no attempt any more; what runs ends by its own timeout."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _move(self, session_id: str, instant: Instant) -> None:
        session = self._world.store.session(session_id)
        if session is not None and session.clock.now(self._world.clock.now()) < instant:
            steering.move_clock(self._world, session_id, steering.Move("advance", instant))

    def _begin(self, session_id: str) -> None:
        session = self._world.store.session(session_id)
        if session is None:
            return
        now = session.clock.now(self._world.clock.now())
        self._world.store.settle_due(session_id, now, telling.expansion(self._world, session))
        for claimed in self._world.store.claim_due_deliveries(session_id, now):
            self._pool.submit(self._attempt, session, claimed)

    def _attempt(self, session: Session, claimed: Claimed) -> None:
        """Make one attempt and record it; a fault of our own is recorded as one, so that nothing stays under way."""
        values = self._world.contract_of(session).values
        real = self._world.clock.now()
        at = session.clock.now(real)
        stamp = (real if session.webhook_timestamp == "real" else at) // 1000
        headers = headers_for(claimed.delivery, (claimed.subscription.secret,), values, stamp)
        try:
            timeout = cast("float", values["webhook.timeout"])
            answer = self._post(claimed.delivery.url, headers, claimed.delivery.body, timeout)
        except Exception:  # whatever it is, the delivery must not stay under way for ever
            log.exception("attempt %d of delivery %s failed", claimed.delivery.attempts, claimed.delivery.id)
            answer = Outcome(None, (), "", "internal", None, 0)
        ended_at = max(at, self._now(session))
        attempt = Attempt(
            number=claimed.delivery.attempts,
            due_at=claimed.due_at,
            at=at,
            ended_at=ended_at,
            duration=answer.duration,
            request_headers=headers,
            connected_to=answer.connected_to,
            response_status=answer.status,
            response_headers=answer.headers,
            response_body=answer.body,
            error=answer.error,
            diagnosis=_diagnosis(answer, stamp * 1000, real),
        )
        schedule = cast("Sequence[float]", values["webhook.retry-schedule"])
        self._world.store.finish_attempt(session.id, claimed.delivery.id, attempt, schedule)
        if values["webhook.auto-disable"] == "after-exhausted-retries":
            self._disable_if_exhausted(session.id, claimed.delivery.id, claimed.subscription)

    def _now(self, session: Session) -> Instant:
        latest = self._world.store.session(session.id) or session
        return latest.clock.now(self._world.clock.now())

    def _disable_if_exhausted(self, session_id: str, delivery_id: str, subscription: Subscription) -> None:
        delivery = self._world.store.delivery(session_id, delivery_id)
        if delivery is not None and delivery.status in {"failed", "blocked"}:
            self._world.store.change_subscription(session_id, replace(subscription, status="DISABLED"))


def _diagnosis(answer: Outcome, stamped: int, real: int) -> str | None:
    """Return why a receiver may have refused a good delivery: its signature's time is far from real time (N-095)."""
    is_refused = answer.status is not None and answer.status // 100 == 4  # noqa: PLR2004 - the class of refusals
    return "clock-skew" if is_refused and abs(stamped - real) > _SKEW else None
