"""Many events and bad receivers: nobody holds up another, and every delivery comes to an end."""

from random import Random

import pytest
from mock_server.tests.control.console import Clock, Console, new_app
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import DELIVERIES, Desk
from mock_server.tests.webhooks.receiver import Gate, Receiver, Request

EVENTS = 300
SEED = 7
FAILURES = (500, None, 302, 503)


class Flaky:
    """Fails 30 % of the attempts of each job by a seed of the job's own, so that the order of threads means nothing."""

    def __init__(self, jobs: list[str]) -> None:
        self._plans = {job_id: Random(f"{SEED} {number}") for number, job_id in enumerate(jobs)}  # noqa: S311 - a plan

    def __call__(self, request: Request) -> int | None:
        """Answer one attempt."""
        plan = self._plans[request.told["jobId"]]
        return plan.choice(FAILURES) if plan.random() < 0.3 else 200


def planned() -> list[int | None]:
    """Return after how many attempts each event is taken, None where all four fail."""
    plans = [Random(f"{SEED} {number}") for number in range(EVENTS)]  # noqa: S311 - the same plan again
    return [_taken_at(plan) for plan in plans]


def _taken_at(plan: Random) -> int | None:
    for number in range(1, 5):
        if plan.random() >= 0.3:
            return number
        plan.choice(FAILURES)
    return None


@pytest.mark.requirement("HOOK-010", "HOOK-011")
def test_every_event_is_sent_or_has_failed_after_four_attempts(clock: Clock, receive: Receive) -> None:
    """G3, reduced: the exact list, the same bytes and a valid signature in every attempt."""
    desk = Desk(new_app(clock, behaviours={"key.max-rate-limit": 1000}), clock)
    receiver = receive()
    subscription = desk.subscribe(receiver)
    jobs = make_jobs(desk)
    receiver.answer = Flaky(jobs)
    desk.pass_time("PT1H", timeoutMillis=120_000)
    plan = planned()
    listed = desk.get(DELIVERIES, query_string={"limit": "1000"})["deliveries"]
    found = {each["jobId"]: (each["status"], each["attempts"]) for each in listed}
    assert [found[job_id] for job_id in jobs] == [("sent", at) if at else ("failed", 4) for at in plan]
    assert None in plan
    assert len(receiver.requests) == sum(at or 4 for at in plan)
    assert len({(request.told["jobId"], request.body) for request in receiver.requests}) == EVENTS
    assert all(request.is_signed_with(subscription["secret"]) for request in receiver.requests)


def make_jobs(desk: Console) -> list[str]:
    """Make jobs that end a second apart, ten of them at a time; the demo key may call sixty times a minute."""
    made: list[str] = []
    for number in range(EVENTS):
        if number and number % 50 == 0:
            desk.clock.instant += 60_000
        desk.put("/__admin/programmes/default", {"progression": "time", "queued": "PT30M", "processing": "PT0S"})
        made.append(desk.create())
    return made


@pytest.mark.requirement("HOOK-021")
def test_one_target_that_hangs_holds_up_nobody(desk: Desk, receive: Receive) -> None:
    """G5: the other nine have all first attempts before the hanging one ends, also of the events that follow."""
    gate = Gate()
    hanging = receive(gate)
    others: list[Receiver] = [receive() for _ in range(9)]
    desk.programme(progression="immediate")
    for each in (hanging, *others):
        desk.subscribe(each, "content.completed")
    for _ in range(10):
        desk.create()
    for each in others:
        each.wait_for(10)
    desk.wait(90, status="sent")
    assert len(desk.deliveries(status="sending")) == 4
    assert len(desk.deliveries(status="pending")) == 6
    assert len(hanging.wait_for(4)) == 4
    gate.opened.set()
    assert len(desk.wait(100, status="sent")) == 100
