"""A receiver of webhooks on this machine, subscribed and ready to be waited for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Condition
from typing import TYPE_CHECKING, Any, Self, cast

from tutorflow_mock.domain import deliveries
from tutorflow_mock.http.errors import OK
from tutorflow_mock.operations.plan import event_types
from tutorflow_mock.receivers.listen import Answer, Listener
from tutorflow_mock.receivers.verify import verify
from tutorflow_mock.remote import RemoteError, Unreachable
from tutorflow_mock.system import SystemClock
from tutorflow_mock.testing.errors import WaitTimeout
from tutorflow_openapi import load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tutorflow_mock.testing.session import TutorflowSession

_CREATE = "createWebhook"
_ENDS_WITHIN = 0.01
_MISPLACED = "header: a signature has the form of the other header's"


@dataclass(frozen=True, slots=True)
class WebhookDelivery:
    """One attempt as it arrived: headers in their order, the raw body, and how the sink answered.

    `doubt` says what is wrong with its signatures; it is empty where each that came holds, and there was one.
    """

    event: str | None
    status: int
    doubt: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def verified(self) -> bool:
        """Tell whether it is the mock's own, unaltered."""
        return not self.doubt

    @property
    def json(self) -> Any:
        """Return the body as a JSON value."""
        return json.loads(self.body)

    @property
    def job_id(self) -> str | None:
        """Return the job that it tells of, in whichever shape the body is."""
        told: Any = self.json
        data = told.get("data", {})
        return cast("str | None", told.get("jobId") or data.get("jobId") or data.get("id") or told.get("id"))


@dataclass
class _Order:
    status: int
    times: int


class WebhookSink:
    """A receiver on a free loopback port, subscribed to all events of a session; a context manager.

    Answers 200 unless `respond` says otherwise.
    """

    def __init__(self, session: TutorflowSession) -> None:
        self._session = session
        self._came = Condition()
        self._taken: list[WebhookDelivery] = []
        self._orders: list[_Order] = []
        self._usual = OK
        self._listener = Listener(_unheard, _unheard, self.take, ends_within=_ENDS_WITHIN)
        self._is_listening = False
        self.secret = ""
        self.subscription_id = ""

    @property
    def url(self) -> str:
        """Return where it receives."""
        return self._listener.url

    @property
    def deliveries(self) -> tuple[WebhookDelivery, ...]:
        """Return every attempt that has arrived, in order."""
        with self._came:
            return tuple(self._taken)

    def wait(self, count: int = 1, event: str | None = None, timeout: float = 5) -> WebhookDelivery:
        """Return the `count`-th attempt (of an event) as soon as it is here; WaitTimeout tells what is instead."""
        __tracebackhide__ = True
        with self._came:
            if self._came.wait_for(lambda: len(self._matching(event)) >= count, timeout):
                return self._matching(event)[count - 1]
            arrived = list(self._taken)
        wanted = f"{count} × {event or 'any event'}"
        raise WaitTimeout("\n".join([f"{wanted} did not arrive within {timeout} s", *self._instead(arrived)]))

    def respond(self, status: int, times: int | None = None) -> None:
        """Answer with this status from now on, or only so many times; orders are taken in turn."""
        with self._came:
            if times is None:
                self._usual = status
            else:
                self._orders.append(_Order(status, times))

    def start(self) -> None:
        """Begin to receive, then subscribe."""
        self._listener.__enter__()
        self._is_listening = True
        operation = load(self._session.revision).operations[_CREATE]
        path = operation.path.format(organizationId=self._session.organization_id)
        events = event_types(load(self._session.revision))
        told = self._session.remote.api(
            operation.method, path, {"url": self.url, "events": events}, {"Cookie": self._session.admin_cookie}
        )
        self.secret, self.subscription_id = told["secret"], told["id"]
        self._session.own_subscriptions.add(self.subscription_id)
        self._listener.arm(self.secret)

    def stop(self) -> None:
        """Receive nothing more."""
        if self._is_listening:
            self._is_listening = False
            self._listener.__exit__()

    def take(self, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        """Keep what has arrived, wake those who wait for it, and return the answer."""
        with self._came:
            status = self._next_status()
            event = next((value for name, value in headers if name.lower() == deliveries.EVENT_HEADER.lower()), None)
            doubt = doubt_about(self.secret, headers, body, SystemClock().now() // 1000)
            self._taken.append(WebhookDelivery(event, status, doubt, tuple(headers), body))
            self._came.notify_all()
        return Answer(status)

    def __enter__(self) -> Self:
        """Begin to receive, and subscribe."""
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Receive nothing more."""
        self.stop()

    def __repr__(self) -> str:
        """Return what it is, without its secret: failing tests print this."""
        return f"<WebhookSink at {self.url}, {len(self._taken)} deliveries>"

    def _next_status(self) -> int:
        while self._orders:
            order = self._orders[0]
            order.times -= 1
            if order.times <= 0:
                self._orders.pop(0)
            if order.times >= 0:
                return order.status
        return self._usual

    def _matching(self, event: str | None) -> list[WebhookDelivery]:
        return [each for each in self._taken if event in {None, each.event}]

    def _instead(self, arrived: Sequence[WebhookDelivery]) -> Iterator[str]:
        for each in arrived:
            verified = f"NOT verified ({each.doubt})" if each.doubt else "verified"
            yield f"  arrived: {each.event}, {verified}, answered {each.status}"
        try:
            yield from self._known_to_the_mock()
        except (RemoteError, Unreachable) as error:
            yield f"  the mock cannot be asked why: {error}"

    def _known_to_the_mock(self) -> Iterator[str]:
        for each in self._session.webhooks.deliveries(subscriptionId=self.subscription_id):
            later = f", next attempt at {each['nextAttemptAt']}: advance the clock" if each["nextAttemptAt"] else ""
            yield f"  delivery: {each['event']} {each['status']} after {each['attempts']} attempts{later}"
        jobs = list(self._session.jobs)
        for job in jobs:
            yield f"  job: {job.id} is {job.status} after {job.reads} reads of its status"
        if not jobs:
            yield "  the session has no job: does the client send to its base_url, with its api_key?"
        yield f"  the session's clock shows {self._session.clock.now()}"


def doubt_about(secret: str, headers: Sequence[tuple[str, str]], body: bytes, now: int) -> str:
    """Return what is wrong with the signatures that came, nothing if each holds over this body and there is one.

    A timed one must be of these five minutes.
    """
    plain, timed = (
        [value for known, value in headers if known.lower() == name.lower()]
        for name in (deliveries.SIGNATURE_HEADER, deliveries.SIGNATURE_V2_HEADER)
    )
    if len(plain) != 1 or len(timed) > 1:
        return f"header: {len(plain)} signatures and {len(timed)} with a time came"
    wrong = [_MISPLACED for value in plain if value.startswith("t=")]
    wrong += [_MISPLACED for value in timed if not value.startswith("t=")]
    verdicts = (verify(body, value, secret, now) for value in (*plain, *timed))
    wrong += [f"{verdict.step}: {verdict.why}" for verdict in verdicts if not verdict.is_valid]
    return "; ".join(wrong)


def _unheard(*_: object) -> None:
    """Hear nothing: the deliveries are there to be looked at."""
