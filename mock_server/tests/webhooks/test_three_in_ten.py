"""G3: 2000 events to receivers that fail three attempts in ten, by a pinned seed: nothing is lost, nothing altered."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from mock_server.tests.control.console import EXPANSIONS, Clock, new_app
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import HOOKS, Desk
from mock_server.tests.webhooks.receiver import HOLD, Receiver, Request

EVENTS, BATCHES, SEED = 2_000, 4, 865
FAILURES = (500, 503, None, None, 302, 307, 500, HOLD)
"""An error, a connection that breaks, a redirect, and silence until the sender gives up."""
PATIENCE = 0.5
"""Seconds that a receiver has: so few because a hundred attempts are met by silence."""
FAILED = (2, 21, 114, 131, 296, 303, 435, 542, 918, 1171, 1240, 1309, 1554, 1681, 1770, 1998)
"""The events whose four attempts all fail."""
ATTEMPTS = 2_834
"""All attempts at the 2000 events: 1.417 each, as 1 + 0.3 + 0.3² + 0.3³ says."""


def plan(number: int) -> list[int | None]:
    """Return what answers the attempts of an event, whatever the order of threads; after the last one nothing comes."""
    chance = Random(f"{SEED} {number}")  # noqa: S311 - a plan, no secret
    answers: list[int | None] = []
    while len(answers) < 4:
        if chance.random() >= 0.3:
            return [*answers, 200]
        answers.append(chance.choice(FAILURES))
    return answers


@dataclass
class Listener:
    """A subscription of one organization to one event, and its receiver."""

    receiver: Receiver
    subscription: Mapping[str, Any]
    numbers: Sequence[int]
    """The events that it is to hear of."""


class Flaky:
    """Answers by the plan of the event; once the receivers are well again, each attempt is taken."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._plans = {job_id: iter(plan(number)) for job_id, number in numbers.items()}

    def __call__(self, request: Request) -> int | None:
        """Answer one attempt."""
        return next(self._plans[request.told["jobId"]])


@dataclass
class Scene:
    """A session of two organizations on a frozen clock, each with a subscription to each event."""

    desk: Desk
    listeners: list[Listener]
    jobs: list[str]

    def statuses(self) -> dict[str, tuple[str, int]]:
        """Return status and attempts of every job's delivery; each was made for the listener that is to hear of it."""
        found: dict[str, tuple[str, int]] = {}
        for each in self.listeners:
            listed = self.desk.deliveries(subscriptionId=each.subscription["id"], limit="1000")
            assert {row["jobId"] for row in listed} == {self.jobs[number] for number in each.numbers}
            found |= {row["jobId"]: (row["status"], row["attempts"]) for row in listed}
        return found

    def received(self) -> int:
        """Return how many attempts came in; every one is signed, and its bytes are those of its event's first."""
        for each in self.listeners:
            secret = each.subscription["secret"]
            assert all(request.is_signed_with(secret) for request in each.receiver.requests)
            assert len({request.body for request in each.receiver.requests}) == len(each.numbers)
        return sum(len(each.receiver.requests) for each in self.listeners)


@pytest.fixture
def scene(clock: Clock, receive: Receive) -> Scene:
    """2000 jobs, of either organization and with either end in turn, in four batches a minute apart."""
    mock = Desk(new_app(clock), clock)
    told = mock.post("/__admin/sessions", {"id": "three-in-ten", "seed": "7", "clock": {"mode": "frozen"}})
    desk = Desk(mock.app, clock, told["headers"])
    for each in desk.get("/__admin/ratelimits")["rateLimits"]:
        desk.put(f"/__admin/ratelimits/{each['keyId']}", {"limit": None})
    desk.behave("webhook.timeout", PATIENCE)
    desk.programme(progression="time", queued="PT30M", processing="PT0S")
    pairs = [(organization, end) for end in ("completed", "failed") for organization in told["organizations"]]
    listeners: list[Listener] = []
    for place, (organization, end) in enumerate(pairs):
        receiver = receive()
        path = f"/v1/content/organizations/{organization['id']}/webhooks"
        body = {"url": receiver.url, "events": [f"content.{end}"]}
        made = desk.post(path, body, headers={"Cookie": organization["adminCookie"]})
        listeners.append(Listener(receiver, made, range(place, EVENTS, 4)))
    jobs: list[str] = []
    for number in range(EVENTS):
        if number % (EVENTS // BATCHES) == 0:
            desk.pass_time("PT1M")
        organization, end = pairs[number % 4]
        headers = {"Authorization": f"Bearer {organization['apiKey']}", "Prefer": f"job={end}"}
        jobs.append(desk.post(EXPANSIONS, {"payload": {"n": number}}, headers=headers)["id"])
    flaky = Flaky({job_id: number for number, job_id in enumerate(jobs)})
    for each in listeners:
        each.receiver.answer = flaky
    return Scene(desk, listeners, jobs)


@pytest.mark.requirement("HOOK-010", "HOOK-011", "HOOK-020")
def test_every_event_is_sent_or_has_failed_after_four_attempts(scene: Scene) -> None:
    """The exact list; then the receivers recover, the failed ones are sent again, and all have arrived."""
    desk, plans = scene.desk, [plan(number) for number in range(EVENTS)]
    moved = desk.pass_time("PT1H", timeoutMillis=300_000)
    assert moved["status"] == "ready"
    found = scene.statuses()
    ends = ["sent" if answers[-1] == 200 else "failed" for answers in plans]
    assert [found[job_id] for job_id in scene.jobs] == list(zip(ends, map(len, plans), strict=True))
    assert tuple(number for number, end in enumerate(ends) if end == "failed") == FAILED
    assert scene.received() == ATTEMPTS
    for each in scene.listeners:
        each.receiver.answer = lambda _: 200
    again = desk.post(f"{HOOKS}/redeliver", {"since": "PT2H", "status": "failed"})
    assert len(again["redelivered"]) == len(FAILED)
    for each in scene.listeners:
        desk.wait(len(each.numbers), subscriptionId=each.subscription["id"], status="sent")
    assert Counter(status for status, _ in scene.statuses().values()) == {"sent": EVENTS}
    assert scene.received() == ATTEMPTS + len(FAILED)
