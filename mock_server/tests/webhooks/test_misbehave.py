"""Deliveries that misbehave on order: what comes, how often, and what the attempt tells of it."""

import hashlib
import hmac
import json
import zlib
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from mock_server.tests.control.console import BEARER, EXPANSIONS, SOURCE, Clock, new_app
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import HOOKS, Desk
from mock_server.tests.webhooks.receiver import EVENT, SIGNATURE, Gate, Receiver, Request, always, in_turn

MISBEHAVE = f"{HOOKS}/misbehave"


def order(desk: Desk, name: str, **members: object) -> Any:
    """Order the next matching attempts to misbehave."""
    return desk.post(MISBEHAVE, {"name": name, **members})


def misbehaved(desk: Desk, receiver: Receiver, name: str, **options: object) -> tuple[Any, list[Request]]:
    """Subscribe, order, let one job complete, and return the subscription and what came."""
    subscription = desk.subscribe(receiver)
    order(desk, name, options=options)
    desk.create()
    desk.pass_time()
    return subscription, receiver.requests


def signed(subscription: Any, request: Request) -> bool:
    """Tell whether the one signature is that of the raw body."""
    return request.is_signed_with(subscription["secret"])


def signatures(request: Request) -> list[str]:
    """Return the signatures of a request."""
    return [value for name, value in request.headers if name.lower() == SIGNATURE.lower()]


def names(desk: Desk) -> list[tuple[Any, Any]]:
    """Return of each attempt its misbehaviour and its status."""
    return [(each["misbehaviour"], each["responseStatus"] or each["error"]) for each in desk.attempts()]


def test_an_order_acts_on_the_next_matching_attempts_only(desk: Desk, receive: Receive) -> None:
    """By event and subscription, so many times; then all goes as usual, and the order stays to be looked at."""
    receiver, other = receive(), receive()
    subscription = desk.subscribe(receiver)
    desk.subscribe(other)
    told = order(
        desk,
        "altered-body",
        times=2,
        match={"subscriptionId": subscription["id"], "event": "content.failed"},
    )
    assert told == {
        "id": told["id"],
        "name": "altered-body",
        "trap": "W8",
        "times": 2,
        "match": {"subscriptionId": subscription["id"], "event": "content.failed"},
        "options": {},
        "acted": 0,
        "left": 2,
    }
    for outcome in ("completed", "failed", "failed", "failed"):
        desk.programme(outcome=outcome)
        desk.create()
        desk.pass_time()
    assert [signed(subscription, each) for each in receiver.requests] == [True, False, False, True]
    assert len(other.requests) == 4
    assert desk.get(f"{MISBEHAVE}/{told['id']}") == {**told, "acted": 2, "left": 0}
    assert desk.get(MISBEHAVE) == {"misbehaviours": [{**told, "acted": 2, "left": 0}], "meta": {"total": 1}}


def test_orders_are_taken_back(desk: Desk, receiver: Receiver) -> None:
    """One, or all of them."""
    first, second, third = (order(desk, "wrong-secret") for _ in range(3))
    desk.delete(f"{MISBEHAVE}/{first['id']}")
    assert [each["id"] for each in desk.get(MISBEHAVE)["misbehaviours"]] == [second["id"], third["id"]]
    desk.delete(MISBEHAVE)
    assert desk.get(MISBEHAVE)["meta"] == {"total": 0}
    subscription, request = desk.deliver(receiver)
    assert signed(subscription, request)


def test_an_order_belongs_to_its_session(desk: Desk, receiver: Receiver) -> None:
    """Nothing leaks into another one, and a reset forgets it."""
    other = Desk(desk.app, desk.clock, desk.post("/__admin/sessions", {})["headers"])
    order(other, "wrong-secret")
    subscription, request = desk.deliver(receiver)
    assert signed(subscription, request)
    assert desk.get(MISBEHAVE)["meta"] == {"total": 0}
    other.post("/__admin/reset", {})
    assert other.get(MISBEHAVE)["meta"] == {"total": 0}


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("empty-signature", {}, [""]),
        ("no-signature", {}, []),
        ("no-signature", {"instead": "undefined"}, ["undefined"]),
        ("non-ascii-signature", {}, ["é" + 63 * "a"]),
    ],
)
def test_a_signature_that_is_none(
    desk: Desk, receiver: Receiver, name: str, options: dict[str, object], expected: list[str]
) -> None:
    """The rest of the delivery is as ever; a receiver that takes it is told apart."""
    _, (request,) = misbehaved(desk, receiver, name, **options)
    assert signatures(request) == expected
    assert json.loads(request.body)["jobId"] == desk.delivery()["jobId"]
    (attempt,) = desk.attempts()
    assert (attempt["misbehaviour"], attempt["diagnosis"]) == (name, "accepted-bad")


FORMS: list[tuple[str, dict[str, object], Callable[[str], list[str]]]] = [
    ("short-signature", {}, lambda true: [true[:2]]),
    ("short-signature", {"length": 63}, lambda true: [true[:63]]),
    ("long-signature", {}, lambda true: [true + true[0]]),
    ("double-signature", {}, lambda true: [true, true]),
    ("upper-hex", {}, lambda true: [true.upper()]),
    ("prefixed-signature", {}, lambda true: [f"sha256={true}"]),
    ("prefixed-signature", {"prefix": "v0="}, lambda true: [f"v0={true}"]),
]


@pytest.mark.parametrize(("name", "options", "make"), FORMS)
def test_a_signature_in_another_form(
    desk: Desk, receiver: Receiver, name: str, options: dict[str, object], make: Callable[[str], list[str]]
) -> None:
    """Made of the right one."""
    subscription, (request,) = misbehaved(desk, receiver, name, **options)
    true = hmac.new(subscription["secret"].encode(), request.body, hashlib.sha256).hexdigest()
    assert signatures(request) == make(true)


def test_a_refused_forgery_is_followed_by_the_delivery(desk: Desk, receive: Receive) -> None:
    """A correct receiver answers 401, and has what it is due at the next attempt."""
    receiver = receive(in_turn(401, 200))
    subscription, _ = misbehaved(desk, receiver, "wrong-secret")
    desk.pass_time("PT1M")
    assert [signed(subscription, each) for each in receiver.requests] == [False, True]
    assert receiver.requests[0].body == receiver.requests[1].body
    assert names(desk) == [("wrong-secret", 401), (None, 200)]
    assert desk.delivery()["status"] == "sent"


@pytest.mark.parametrize("name", ["not-json", "unknown-event", "foreign-job", "big-body", "gzip-body"])
def test_what_tells_something_else_is_followed_by_the_delivery(desk: Desk, receiver: Receiver, name: str) -> None:
    """The receiver has taken a stranger; the delivery itself comes right behind it."""
    subscription, (stranger, delivery) = misbehaved(desk, receiver, name)
    assert stranger.body != delivery.body or stranger.header(EVENT) != delivery.header(EVENT)
    assert delivery.body.decode() == desk.delivery()["body"]
    assert signed(subscription, delivery)
    assert names(desk) == [(name, 200), (name, 200)]
    assert desk.delivery()["status"] == "sent"


def test_strangers_are_signed_well(desk: Desk, receiver: Receiver) -> None:
    """What is wrong with them is what they say."""
    subscription = desk.subscribe(receiver)
    for name, options in (
        ("not-json", {"kind": "array"}),
        ("foreign-job", {"jobId": "job-of-somebody"}),
        ("big-body", {"bytes": 5_000}),
        ("extra-fields", {}),
        ("reformatted-json", {}),
    ):
        order(desk, name, options=options)
        desk.create()
        desk.pass_time()
    bodies = [each.body for each in receiver.requests]
    assert all(signed(subscription, each) for each in receiver.requests)
    assert bodies[0] == b'["jobId"]'
    assert json.loads(bodies[2])["jobId"] == "job-of-somebody"
    assert len(bodies[4]) == 5_000
    assert "hologram" in json.loads(bodies[6])["requestedOutputs"]
    assert b'"one": 1.0, "hundred": 1e2' in bodies[7]


def test_a_gzip_body_is_one(desk: Desk, receiver: Receiver) -> None:
    """It can be unpacked, and it says so."""
    _, (packed, delivery) = misbehaved(desk, receiver, "gzip-body", signed="plain")
    assert zlib.decompress(packed.body, wbits=31) == delivery.body
    assert packed.header("Content-Encoding") == "gzip"
    assert packed.header(SIGNATURE) == delivery.header(SIGNATURE)


def test_a_duplicate_comes_twice_with_the_same_bytes(desk: Desk, receiver: Receiver) -> None:
    """One after the other, each an attempt of its own."""
    _, (first, second) = misbehaved(desk, receiver, "duplicate")
    assert (first.body, first.headers) == (second.body, second.headers)
    assert names(desk) == [("duplicate", 200), ("duplicate", 200)]


def test_duplicates_at_once_are_one_attempt(desk: Desk, receiver: Receiver) -> None:
    """So many connections; the first answer that is no success counts."""
    _, requests = misbehaved(desk, receiver, "duplicate-concurrent", count=5)
    assert len({each.body for each in requests}) == 1
    assert len(requests) == 5
    assert names(desk) == [("duplicate-concurrent", 200)]


def test_a_crowd_that_is_not_served_has_failed(desk: Desk, receive: Receive) -> None:
    """A receiver that fails one of them is told again."""
    receiver = receive(in_turn(200, 500, 200))
    misbehaved(desk, receiver, "burst", count=3, spanMillis=30)
    assert (len(receiver.requests), names(desk)) == (3, [("burst", 500)])
    assert desk.delivery()["status"] == "retrying"


@pytest.mark.parametrize(
    ("name", "options", "spans"),
    [
        ("duplicate-late", {}, ("PT24H", "PT2H")),
        ("replay", {}, ("PT167H", "PT2H")),
        ("duplicate-late", {"after": "10m"}, ("PT9M", "PT2M")),
    ],
)
def test_a_late_duplicate_waits_for_the_sessions_clock(
    desk: Desk, receiver: Receiver, name: str, options: dict[str, object], spans: tuple[str, str]
) -> None:
    """It is announced, and comes when it is due."""
    misbehaved(desk, receiver, name, **options)
    assert desk.delivery()["status"] == "retrying"
    desk.pass_time(spans[0])
    assert len(receiver.requests) == 1
    desk.pass_time(spans[1])
    assert len({each.body for each in receiver.requests}) == 1
    assert (len(receiver.requests), desk.delivery()["status"]) == (2, "sent")


def test_reorder_lets_others_overtake(desk: Desk, receiver: Receiver) -> None:
    """The older event comes behind the newer one."""
    desk.subscribe(receiver)
    order(desk, "reorder")
    older = desk.create()
    desk.pass_time()
    newer = desk.create()
    desk.pass_time("PT2M")
    assert [each.told["jobId"] for each in receiver.requests] == [newer, older]
    held = next(each for each in desk.deliveries() if each["jobId"] == older)
    assert [each["misbehaviour"] for each in desk.attempts(held["id"])] == ["reorder"]
    assert held["attempts"] == 1


def test_a_dropped_delivery_never_arrives(desk: Desk, receiver: Receiver) -> None:
    """It is given up without a try, until somebody sends it again by hand."""
    misbehaved(desk, receiver, "drop")
    desk.pass_time("PT1H")
    assert receiver.requests == []
    assert (desk.delivery()["status"], names(desk)) == ("dropped", [("drop", "dropped")])
    desk.act(f"deliveries/{desk.delivery()['id']}/attempts", {})
    desk.wait(status="sent")
    assert names(desk) == [("drop", "dropped"), (None, 200)]


def test_a_delivery_before_the_create_is_answered(desk: Desk, receive: Receive) -> None:
    """The answer waits until the receiver has answered; what it then reads is the end."""
    gate = Gate()
    receiver = receive(gate)
    desk.subscribe(receiver)
    order(desk, "before-response", options={"timeoutMillis": 10_000})
    answers: list[Any] = []
    creating = Thread(target=lambda: answers.append(desk.create()))
    creating.start()
    (request,) = receiver.wait_for(1)
    assert answers == []
    assert desk.read(request.told["jobId"])["status"] == "completed"
    gate.opened.set()
    creating.join(10)
    assert answers == [request.told["jobId"]]
    desk.wait(status="sent")
    assert names(desk) == [("before-response", 200)]


def test_an_answer_does_not_wait_for_ever(desk: Desk, receive: Receive) -> None:
    """Two seconds unless told otherwise; without a subscriber not at all."""
    order(desk, "before-response", options={"timeoutMillis": 10_000})
    desk.create()
    desk.delete(MISBEHAVE)
    gate = Gate()
    receiver = receive(gate)
    desk.subscribe(receiver)
    order(desk, "before-response", options={"timeoutMillis": 50})
    job_id = desk.create()
    gate.opened.set()
    assert desk.wait(status="sent")[0]["jobId"] == job_id


def test_an_early_order_waits_for_a_create(desk: Desk, receiver: Receiver) -> None:
    """A delivery of a job that was there before is none that could come early."""
    desk.subscribe(receiver)
    desk.create()
    told = order(desk, "before-response")
    desk.pass_time()
    assert names(desk) == [(None, 200)]
    assert desk.get(f"{MISBEHAVE}/{told['id']}")["left"] == 1


def test_fetches_fail_behind_a_delivery(desk: Desk, receiver: Receiver) -> None:
    """State and result each, with the contract's own errors in turn; then they succeed. Other jobs are spared."""
    desk.subscribe(receiver)
    spared = desk.create()
    desk.pass_time()
    order(desk, "fetch-fails", options={"statuses": "404, 500"})
    job_id = desk.create()
    desk.pass_time()
    assert names_of_last(desk) == ["fetch-fails"]
    for path in (f"{EXPANSIONS}/{job_id}", f"{EXPANSIONS}/{job_id}/result"):
        answers = [desk.call("GET", path, headers=BEARER) for _ in range(3)]
        assert [each.status_code for each in answers] == [404, 500, 200]
        first: Any = answers[0].json
        assert first["error"]["code"] == "content_not_found"
    assert desk.read(spared)["status"] == "completed"


def names_of_last(desk: Desk) -> list[Any]:
    """Return the misbehaviours of the newest delivery."""
    return [each["misbehaviour"] for each in desk.attempts(desk.deliveries()[0]["id"])]


def test_a_second_secret_in_an_overlap(desk: Desk, receiver: Receiver) -> None:
    """Signed as another subscription would be; the secret is not shown again."""
    told = order(desk, "rotation", options={"secret": "another-secret"})
    assert told["options"] == {"secret": "…"}
    _, request = desk.deliver(receiver)
    assert request.is_signed_with("another-secret")


def test_other_methods_are_probed(desk: Desk, receiver: Receiver) -> None:
    """GET, which comes bare; the delivery behind them is what counts."""
    subscription = desk.subscribe(receiver)
    order(desk, "probe-methods")
    desk.create()
    desk.pass_time()
    *probes, delivery = receiver.requests
    assert [each.method for each in probes] == ["GET"]
    assert all(each.body == b"" for each in probes)
    assert signed(subscription, delivery)
    assert names(desk) == [("probe-methods", 200)]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("slow-send", {"spanMillis": 100}),
        ("one-byte-packets", {}),
        ("http10", {}),
        ("header-case", {}),
        ("header-case", {"case": "odd"}),
    ],
)
def test_transport_changes_no_byte_of_what_is_said(
    desk: Desk, receiver: Receiver, name: str, options: dict[str, object]
) -> None:
    """Body and signature are the usual ones."""
    subscription, (request,) = misbehaved(desk, receiver, name, **options)
    assert request.body.decode() == desk.delivery()["body"]
    expected = hmac.new(subscription["secret"].encode(), request.body, hashlib.sha256).hexdigest()
    assert signatures(request) == [expected]
    assert names(desk) == [(name, 200)]


def test_a_sender_that_hangs_up_tries_again(desk: Desk, receive: Receive) -> None:
    """The receiver has had it all and could not say so."""
    gate = Gate()
    receiver = receive(gate)
    misbehaved(desk, receiver, "close-early", afterMillis=20)
    gate.opened.set()
    desk.pass_time("PT5S")
    assert names(desk) == [("close-early", "closed"), (None, 200)]
    assert len({each.body for each in receiver.requests}) == 1


def test_a_ping_misbehaves_too(desk: Desk, receiver: Receiver) -> None:
    """What belongs to a job leaves it as it is."""
    subscription = desk.subscribe(receiver)
    for name in ("foreign-job", "altered-body", "extra-fields"):
        order(desk, name, match={"event": "webhook.ping"})
    desk.act(f"subscriptions/{subscription['id']}/pings", {})
    receiver.wait_for(2)
    desk.act(f"subscriptions/{subscription['id']}/pings", {})
    desk.act(f"subscriptions/{subscription['id']}/pings", {})
    receiver.wait_for(4)
    assert len(desk.wait(3, event="webhook.ping", status="sent")) == 3


def test_snapshots_keep_orders(desk: Desk, receiver: Receiver) -> None:
    """With what is left of them."""
    order(desk, "wrong-secret")
    desk.post("/__admin/snapshots/armed", {})
    desk.delete(MISBEHAVE)
    desk.post("/__admin/snapshots/armed/restore", {})
    subscription, request = desk.deliver(receiver)
    assert not signed(subscription, request)


def test_an_attempt_says_who_was_sent_a_forgery_and_took_it_or_not(clock: Clock, receive: Receive) -> None:
    """`accepted-bad` where it did; a refusal is right and no trouble of clocks."""
    desk = Desk(new_app(clock, behaviours={"webhook.signatures": ("v1", "v2")}), clock)
    desk.subscribe(receive(always(401)))
    order(desk, "altered-body")
    desk.create()
    desk.pass_time("PT4S")
    assert desk.attempts()[0]["diagnosis"] is None
    assert desk.post(EXPANSIONS, SOURCE, headers=BEARER)["status"] == "queued"


def test_orders_are_taken_once_each_however_many_attempts_begin_at_once(desk: Desk, receive: Receive) -> None:
    """Three of forty that are due at one instant, to ten subscribers."""
    receivers = [receive() for _ in range(10)]
    secrets = {each.port: desk.subscribe(each)["secret"] for each in receivers}
    told = order(desk, "wrong-secret", times=3)
    for _ in range(4):
        desk.create()
    desk.pass_time()
    wrong = [not request.is_signed_with(secrets[each.port]) for each in receivers for request in each.requests]
    assert (len(wrong), sum(wrong)) == (40, 3)
    assert desk.get(f"{MISBEHAVE}/{told['id']}")["left"] == 0
