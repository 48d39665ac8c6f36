"""All that falls due in a session: job ends become deliveries, due deliveries become attempts."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import chain, repeat
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain.deliveries import SIGNATURE_V2_HEADER, Attempt
from tutorflow_mock.domain.misbehaviours import catalogue
from tutorflow_mock.domain.misbehaviours.letters import Letter, Plan
from tutorflow_mock.domain.redaction import redacted
from tutorflow_mock.log import log
from tutorflow_mock.operations import misbehaving, steering, telling
from tutorflow_mock.outbox.carrying import carry, is_success, summed_up
from tutorflow_mock.outbox.checks import Checks
from tutorflow_mock.outbox.post import Manner
from tutorflow_mock.outbox.sender import Outcome
from tutorflow_mock.stores.base import SessionEnded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.misbehaviours.letters import Send
    from tutorflow_mock.domain.model import Session, Subscription
    from tutorflow_mock.operations.courier import Checked, Trial
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.outbox.post import Post
    from tutorflow_mock.stores.base import Claimed

ATTEMPTS_AT_ONCE = 64
_LONGEST_ATTEMPT = 310.0
"""Seconds: a little more than the longest `webhook.timeout`."""
_PAUSES = (0.05, 0.2, 1.0)
"""Seconds before a store that failed is told again; the last one stays."""
_SKEW = 300_000
"""Milliseconds by which receivers that check a timestamp let it be off."""


class Pump:
    """Does what is due in sessions; `post` sends one request of an attempt."""

    def __init__(self, world: World, post: Post) -> None:
        self._world = world
        self._post = post
        self._pool = ThreadPoolExecutor(ATTEMPTS_AT_ONCE, thread_name_prefix="tutorflow-attempt")
        self._checks = Checks(world, post)
        self._is_stopping = Event()
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
        failures: list[Exception] = []
        drive = Thread(target=self._drive, args=(session_id, target, failures), name="tutorflow-advance", daemon=True)
        self._drives[session_id] = [*(each for each in self._drives.get(session_id, ()) if each.is_alive()), drive]
        drive.start()
        drive.join(seconds)
        if failures:
            raise failures[0]
        return not drive.is_alive()

    def _drive(self, session_id: str, target: Instant, failures: list[Exception]) -> None:
        """Step from one due instant to the next; what runs already is waited for, since its retry may come first.

        A store that fails ends the way where it is; what was due stays so.
        """
        try:
            with self._driving[session_id], suppress(SessionEnded):
                self._settle(session_id)
                while (due := self._world.store.next_due(session_id)) is not None and due <= target:
                    self._move(session_id, due)
                    self._settle(session_id)
                self._move(session_id, target)
        except Exception as error:
            log.exception("session %s got no further than this", session_id)
            failures.append(error)

    def _settle(self, session_id: str) -> None:
        self._begin(session_id)
        self._world.store.wait_until_idle(session_id, _LONGEST_ATTEMPT)

    def _has_work(self, session_id: str, target: Instant) -> bool:
        is_idle = self._world.store.wait_until_idle(session_id, 0)  # asked first: what ends now makes others due
        due = self._world.store.next_due(session_id)
        return not is_idle or (due is not None and due <= target)

    def trap_ids(self) -> tuple[str, ...]:
        """Return the traps that a receiver can be checked with."""
        return self._checks.trap_ids()

    def check(self, session_id: str, trial: Trial) -> Checked:
        """Begin to check a receiver; raise NoTarget or CheckRunning."""
        return self._checks.begin(session_id, trial)

    def checked(self, session_id: str, check_id: str) -> Checked | None:
        """Return how far a check of a session is; None if there is none."""
        return self._checks.find(session_id, check_id)

    def stop(self) -> None:
        """Begin no attempt any more; what runs ends by its own timeout."""
        self._is_stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _move(self, session_id: str, instant: Instant) -> None:
        session = self._world.store.session(session_id)
        if session is not None and session.clock.now(self._world.clock.now()) < instant:
            steering.move_clock(self._world, session_id, steering.Move("advance", instant))

    def _begin(self, session_id: str) -> None:
        store, real = self._world.store, self._world.clock.now()
        store.settle_due(session_id, real, telling.expansion(self._world))
        for claimed in store.claim_due_deliveries(session_id, real):
            self._pool.submit(self._attempt_and_go_on, claimed)

    def _attempt_and_go_on(self, claimed: Claimed) -> None:
        """Make one attempt, then begin what waited for its end: a slow receiver holds up none but its own (B8)."""
        self._attempt(claimed)
        try:
            self._begin(claimed.session.id)
        except SessionEnded:
            pass
        except Exception:  # the worker or the drive looks again
            log.exception("the outbox stumbled over session %s", claimed.session.id)

    def _attempt(self, claimed: Claimed) -> None:
        """Make one attempt and record it; a fault of our own is recorded as one, so that nothing stays under way."""
        try:
            attempt = self._made(claimed)
        except Exception:  # whatever it is, the delivery must not stay under way for ever
            log.exception("attempt %d of delivery %s failed", claimed.delivery.attempts, claimed.delivery.id)
            at = claimed.session.clock.now(self._world.clock.now())
            attempt = Attempt(claimed.delivery.attempts, claimed.due_at, at, at, error="internal")
        pauses = chain(_PAUSES, repeat(_PAUSES[-1]))
        while not self._is_recorded(claimed, attempt):
            if self._is_stopping.wait(next(pauses)):
                return

    def _is_recorded(self, claimed: Claimed, attempt: Attempt) -> bool:
        """Record an attempt; what a store cannot take now is told it again, or the delivery would be lost (B10)."""
        try:
            values = self._world.contract_of(claimed.session).values
            schedule = cast("Sequence[float]", values["webhook.retry-schedule"])
            self._world.store.finish_attempt(claimed, attempt, schedule)
            if values["webhook.auto-disable"] == "after-exhausted-retries":
                self._disable_if_exhausted(claimed.session.id, claimed.delivery.id, claimed.subscription)
        except SessionEnded:
            return True
        except Exception:
            log.exception("attempt %d of delivery %s is not recorded yet", attempt.number, claimed.delivery.id)
            return False
        return True

    def _made(self, claimed: Claimed) -> Attempt:
        """Make one attempt, as an order to misbehave says if there is one."""
        session, delivery, order = claimed.session, claimed.delivery, claimed.order
        values = self._world.contract_of(session).values
        real = self._world.clock.now()
        at = session.clock.now(real)
        stamp = (real if session.webhook_timestamp == "real" else at) // 1000
        letter = Letter(delivery, claimed.subscription.secret, values, stamp)
        plan = Plan((letter.sent(),)) if order is None else catalogue.plan(order.name, letter, order.options)
        if order is not None and order.name == catalogue.FETCH_FAILS:
            misbehaving.let_fetches_fail(self._world, session, delivery, order)
        if order is not None and order.name == catalogue.DROP:
            answer = Outcome(None, (), "", "dropped", None, 0)
        else:
            timeout = cast("float", values["webhook.timeout"])
            answer = self._sent(plan, claimed, timeout)
        ended_at = max(at, self._now(session))
        return Attempt(
            number=delivery.attempts,
            due_at=claimed.due_at,
            at=at,
            ended_at=ended_at,
            duration=answer.duration,
            request_headers=plan.sends[-1].headers,
            connected_to=answer.connected_to,
            response_status=answer.status,
            response_headers=tuple((name, redacted(value)) for name, value in answer.headers),
            response_body=redacted(answer.body),
            error=answer.error,
            misbehaviour=delivery.owed_to if order is None else order.name,
            diagnosis=_diagnosis(answer, plan, stamp * 1000, real),
            again_at=None if plan.later is None else ended_at + plan.later,
        )

    def _sent(self, plan: Plan, claimed: Claimed, timeout: float) -> Outcome:
        def carry_one(send: Send) -> Outcome:
            manner = Manner(send.wire, claimed.subscription.verifies_tls)
            return self._post(claimed.delivery.url, send.headers, send.body, timeout, manner)

        return summed_up(carry(plan, carry_one), is_crowd=plan.at_once > 1)

    def _now(self, session: Session) -> Instant:
        latest = self._world.store.session(session.id) or session
        return latest.clock.now(self._world.clock.now())

    def _disable_if_exhausted(self, session_id: str, delivery_id: str, subscription: Subscription) -> None:
        delivery = self._world.store.delivery(session_id, delivery_id)
        if delivery is not None and delivery.status in {"failed", "blocked"}:
            self._world.store.change_subscription(session_id, subscription.id, _disabled)


def _disabled(subscription: Subscription) -> Subscription:
    return replace(subscription, status="DISABLED")


def _diagnosis(answer: Outcome, plan: Plan, stamped: int, real: int) -> str | None:
    """Return what an attempt says of the receiver, or why it came to nothing.

    A receiver may have refused a good delivery because its signature's time is far from real time (N-095).
    """
    if answer.diagnosis is not None:
        return answer.diagnosis
    if plan.is_forged:
        return "accepted-bad" if is_success(answer) else None
    is_refused = answer.status is not None and answer.status // 100 == 4  # noqa: PLR2004 - the class of refusals
    is_stamped = any(name == SIGNATURE_V2_HEADER for name, _ in plan.sends[-1].headers)
    return "clock-skew" if is_refused and is_stamped and abs(stamped - real) > _SKEW else None
