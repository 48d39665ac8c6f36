"""Webhooks on the control plane: looking, sending again, ping, trigger, wait, and every way to be refused."""

from typing import Any

import pytest
from mock_server.tests.control.console import ADMIN, JOBS, Clock, Console, new_app, refused
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import DELIVERIES, EVENTS, HOOKS, NOBODYS, SUBSCRIPTIONS, Desk
from mock_server.tests.webhooks.receiver import EVENT, Gate, Receiver, always, in_turn


def test_subscriptions_are_listed_with_counts_and_without_secrets(desk: Desk, receiver: Receiver) -> None:
    """The contract's list shape, newest first."""
    first, _ = desk.deliver(receiver)
    second = desk.subscribe(receiver, "content.failed")
    listed = desk.get(SUBSCRIPTIONS)
    assert listed["meta"] == {"total": 2}
    assert [each["id"] for each in listed["subscriptions"]] == [second["id"], first["id"]]
    assert [each["deliveries"] for each in listed["subscriptions"]] == [{}, {"sent": 1}]
    assert "secret" not in listed["subscriptions"][0]
    assert desk.get(f"{SUBSCRIPTIONS}/{first['id']}") == listed["subscriptions"][1]
    assert len(desk.get(SUBSCRIPTIONS, query_string={"limit": "1"})["subscriptions"]) == 1


def test_deliveries_are_listed_newest_first_and_filtered(desk: Desk, receive: Receive) -> None:
    """By event, status, job and subscription, also all at once."""
    good, bad = receive(), receive(always(500))
    to_good, to_bad = desk.subscribe(good), desk.subscribe(bad)
    first = desk.create()
    desk.pass_time()
    desk.programme(outcome="failed")
    second = desk.create()
    desk.pass_time()
    everything = desk.deliveries()
    assert [each["jobId"] for each in everything] == [second, second, first, first]
    for wanted in (
        {"event": "content.failed"},
        {"status": "sent"},
        {"jobId": first},
        {"subscriptionId": to_bad["id"]},
        {"jobId": second, "subscriptionId": to_good["id"], "status": "sent", "event": "content.failed"},
    ):
        expected = [each for each in everything if all(each[name] == value for name, value in wanted.items())]
        assert expected
        assert desk.deliveries(**wanted) == expected
    assert desk.get(DELIVERIES, query_string={"limit": "1"})["meta"] == {"total": 4}
    assert set(everything[0]) == {
        *("id", "subscriptionId", "jobId", "event", "url", "status"),
        *("attempts", "createdAt", "nextAttemptAt", "bodySha256"),
    }


def test_a_delivery_shows_its_body_and_the_headers_of_its_last_attempt(desk: Desk, receiver: Receiver) -> None:
    """And says how the signature is made."""
    _, request = desk.deliver(receiver)
    shown = desk.delivery()
    assert shown["body"].encode() == request.body
    assert {tuple(each) for each in shown["requestHeaders"]} < set(request.headers)
    assert "HMAC-SHA256" in shown["signatureBase"]
    (attempt,) = desk.attempts()
    assert attempt["connectedTo"] == f"127.0.0.1:{receiver.port}"
    assert (attempt["responseStatus"], attempt["responseBody"]) == (200, "ok")


def test_a_delivery_without_attempts_has_no_headers_yet(desk: Desk, receive: Receive) -> None:
    """Four attempts at a time: the fifth ping waits."""
    gate = Gate()
    receiver = receive(gate)
    hook = desk.subscribe(receiver)["id"]
    for _ in range(5):
        desk.act(f"subscriptions/{hook}/pings", {})
    receiver.wait_for(4)
    (waiting,) = desk.deliveries(status="pending")
    shown = desk.get(f"{DELIVERIES}/{waiting['id']}")
    assert (shown["requestHeaders"], shown["attempts"], shown["status"]) == ([], 0, "pending")
    gate.opened.set()
    assert len(desk.wait(5, status="sent")) == 5


def test_a_ping_is_signed_like_any_other(desk: Desk, receiver: Receiver) -> None:
    """202 with the delivery; the receiver learns that nothing has happened."""
    subscription = desk.subscribe(receiver)
    told = desk.act(f"subscriptions/{subscription['id']}/pings")
    assert (told["event"], told["jobId"], told["status"]) == ("webhook.ping", None, "pending")
    (request,) = receiver.wait_for(1)
    assert request.header(EVENT) == "webhook.ping"
    assert request.is_signed_with(subscription["secret"])
    assert request.told["endpointId"] == subscription["id"]
    assert request.told["event"]["type"] == "webhook.ping"


def test_a_settled_delivery_is_sent_again_once(desk: Desk, receive: Receive) -> None:
    """Same id and bytes, the next number, at once; no new schedule."""
    receiver = receive(in_turn(200, 500))
    desk.deliver(receiver)
    found = desk.delivery()
    again = desk.act(f"deliveries/{found['id']}/attempts")
    assert (again["id"], again["status"]) == (found["id"], "retrying")
    assert [each["id"] for each in desk.wait(status="failed")] == [found["id"]]
    assert [each["number"] for each in desk.attempts()] == [1, 2]
    assert len({request.body for request in receiver.requests}) == 1
    desk.pass_time("PT1H")
    assert len(receiver.requests) == 2


def test_a_delivery_that_waits_for_its_retry_takes_it_early(desk: Desk, receive: Receive) -> None:
    """And goes on by its schedule: its former instant means nothing any more."""
    receiver = receive(always(500))
    desk.deliver(receiver)
    desk.act(f"deliveries/{desk.delivery()['id']}/attempts")
    receiver.wait_for(2)
    desk.pass_time("PT1H")
    assert [each["at"][14:19] for each in desk.attempts()] == ["00:04", "00:04", "00:29", "02:34"]


def test_a_running_delivery_is_not_sent_again(desk: Desk, receive: Receive) -> None:
    """409; `redeliver` of many leaves it out."""
    gate = Gate()
    receiver = receive(gate)
    hook = desk.subscribe(receiver)["id"]
    told = desk.act(f"subscriptions/{hook}/pings")
    receiver.wait_for(1)
    refused(desk.call("POST", f"{DELIVERIES}/{told['id']}/attempts"), 409, "delivery-running")
    assert desk.post(f"{HOOKS}/redeliver", {}) == {"redelivered": []}
    gate.opened.set()
    desk.wait(status="sent")


def test_many_are_sent_again(desk: Desk, receive: Receive) -> None:
    """Since an instant or for some time, by status or job; ten minutes unless told otherwise."""
    receiver = receive(always(200))
    desk.subscribe(receiver)
    old = desk.create()
    desk.pass_time("PT20M")
    new = desk.create()
    desk.pass_time()
    by_job = {each["jobId"]: each["id"] for each in desk.deliveries()}

    def again(**members: str) -> list[str]:
        found: list[str] = desk.post(f"{HOOKS}/redeliver", members)["redelivered"]
        desk.wait(2, status="sent")
        return found

    assert again() == [by_job[new]]
    assert again(since="PT1H") == [by_job[new], by_job[old]]
    assert again(since="2026-07-06T09:00:00Z", jobId=old) == [by_job[old]]
    assert again(since="PT1H", status="failed") == []
    assert len(receiver.requests) == 2 + 1 + 2 + 1


@pytest.mark.parametrize(("event", "status"), [("content.completed", "completed"), ("content.failed", "failed")])
def test_a_trigger_brings_an_event_about_by_a_real_job(desk: Desk, receiver: Receiver, event: str, status: str) -> None:
    """201 with the job and its deliveries; a GET finds the job as it was announced."""
    desk.subscribe(receiver)
    told = desk.post(f"{HOOKS}/trigger", {"event": event})
    (request,) = receiver.wait_for(1)
    assert request.header(EVENT) == event
    assert request.told["jobId"] == told["jobId"]
    assert told["deliveries"] == [each["id"] for each in desk.wait(status="sent")]
    assert desk.read(told["jobId"])["status"] == status


def test_a_trigger_may_say_how_the_job_fails(desk: Desk, receiver: Receiver) -> None:
    """`job.error.code`; without subscribers there are no deliveries."""
    told = desk.post(f"{HOOKS}/trigger", {"event": "content.failed", "override": {"job.error.code": "out_of_paper"}})
    assert told["deliveries"] == []
    assert "out_of_paper" in desk.call("GET", f"{JOBS}/{told['jobId']}").text
    assert receiver.requests == []


def test_waiting_ends_as_soon_as_enough_is_there(desk: Desk, receive: Receive) -> None:
    """200 with what matches; 408 with what there is when time is up."""
    gate = Gate()
    receiver = receive(gate)
    hook = desk.subscribe(receiver)["id"]
    desk.act(f"subscriptions/{hook}/pings")
    assert [each["event"] for each in desk.wait(status="sending")] == ["webhook.ping"]
    body = {"match": {"event": "webhook.ping"}, "count": 2, "timeoutMillis": 0}
    answer: Any = desk.call("POST", f"{DELIVERIES}/wait", body)
    assert (answer.status_code, answer.json["count"], len(answer.json["deliveries"])) == (408, 1, 1)
    assert answer.json["type"].endswith("#wait-timeout")
    gate.opened.set()
    assert desk.post(f"{DELIVERIES}/wait", {})["count"] == 1
    assert len(desk.wait(subscriptionId=hook, status="sent")) == 1


@pytest.mark.parametrize(
    ("method", "path", "token"),
    [
        ("GET", f"{SUBSCRIPTIONS}/{NOBODYS}", "unknown-subscription"),
        ("POST", f"{SUBSCRIPTIONS}/{NOBODYS}/pings", "unknown-subscription"),
        ("GET", f"{DELIVERIES}/{NOBODYS}", "unknown-delivery"),
        ("GET", f"{DELIVERIES}/{NOBODYS}/attempts", "unknown-delivery"),
        ("POST", f"{DELIVERIES}/{NOBODYS}/attempts", "unknown-delivery"),
    ],
)
def test_what_nobody_knows(desk: Desk, method: str, path: str, token: str) -> None:
    """404."""
    refused(desk.call(method, path), 404, token)


WRONG: list[tuple[str, object, str, str]] = [
    ("deliveries/wait", {"match": 5}, "invalid-field", "match"),
    ("deliveries/wait", {"match": {"url": "x"}}, "unknown-field", "match"),
    ("deliveries/wait", {"match": {"jobId": 5}}, "invalid-field", "jobId"),
    ("deliveries/wait", {"count": 0}, "invalid-field", "count"),
    ("deliveries/wait", {"count": True}, "invalid-field", "count"),
    ("deliveries/wait", {"count": "1"}, "invalid-field", "count"),
    ("deliveries/wait", {"timeoutMillis": 600_001}, "invalid-field", "timeoutMillis"),
    ("deliveries/wait", {"since": "PT1M"}, "unknown-field", "since"),
    ("redeliver", {"since": 5}, "invalid-field", "since"),
    ("redeliver", {"since": "PT"}, "invalid-field", "since"),
    ("redeliver", {"since": "yesterday"}, "invalid-field", "since"),
    ("redeliver", {"jobId": 5}, "invalid-field", "jobId"),
    ("trigger", {}, "invalid-field", "event"),
    ("trigger", {"event": 5}, "invalid-field", "event"),
    ("trigger", {"event": "content.started"}, "invalid-field", "event"),
    ("trigger", {"event": EVENTS[1], "override": []}, "invalid-field", "override"),
    ("trigger", {"event": EVENTS[1], "override": {"job.title": "x"}}, "unknown-field", "override"),
    ("trigger", {"event": EVENTS[1], "override": {"job.error.code": 5}}, "invalid-field", "job.error.code"),
]


@pytest.mark.parametrize(("path", "body", "token", "field"), WRONG)
def test_what_cannot_be_meant(desk: Desk, path: str, body: object, token: str, field: str) -> None:
    """422, with the member at fault."""
    refused(desk.call("POST", f"{HOOKS}/{path}", body), 422, token, field=field)


def test_nothing_is_sent_again_to_somebody_who_left(desk: Desk, receiver: Receiver) -> None:
    """404 for one delivery; `redeliver` of many leaves it out."""
    hook, _ = desk.deliver(receiver)
    desk.unsubscribe(hook["id"])
    refused(desk.call("POST", f"{DELIVERIES}/{desk.delivery()['id']}/attempts"), 404, "unknown-subscription")
    assert desk.post(f"{HOOKS}/redeliver", {}) == {"redelivered": []}


@pytest.mark.parametrize("path", ["deliveries/wait", "redeliver"])
def test_a_status_that_there_is_not(desk: Desk, path: str) -> None:
    """422 with those that there are, also in a query."""
    wanted = {"status": "lost"}
    body = {"match": wanted} if path == "deliveries/wait" else wanted
    alternatives = ["pending", "sending", "retrying", "sent", "failed", "blocked", "dropped"]
    for answer in (desk.call("POST", f"{HOOKS}/{path}", body), desk.call("GET", DELIVERIES, query_string=wanted)):
        refused(answer, 422, "invalid-field", field="status", alternatives=alternatives)


def test_a_parameter_that_nobody_knows(desk: Desk) -> None:
    """A likely typo."""
    refused(desk.call("GET", DELIVERIES, query_string={"job": "x"}), 422, "unknown-field", field="job")
    refused(desk.call("GET", SUBSCRIPTIONS, query_string={"url": "x"}), 422, "unknown-field", field="url")


def test_a_session_sees_its_own_alone(desk: Desk, clock: Clock, receiver: Receiver) -> None:
    """No list of one session shows another's."""
    desk.deliver(receiver)
    other = Console(desk.app, clock, {"X-Mock-Session": desk.post(f"{ADMIN}/sessions", {})["id"]})
    assert other.get(DELIVERIES)["deliveries"] == []
    assert other.get(SUBSCRIPTIONS)["subscriptions"] == []
    refused(other.call("GET", f"{DELIVERIES}/{desk.delivery()['id']}"), 404, "unknown-delivery")


def test_a_revision_without_the_event_cannot_be_triggered(clock: Clock) -> None:
    """Before any subscription, too."""
    desk = Desk(new_app(clock), clock)
    refused(desk.call("POST", f"{HOOKS}/trigger", {"event": "webhook.ping"}), 422, "invalid-field", field="event")
