"""Rules about receivers: each with one that breaks it and one that does not."""

from collections.abc import Sequence

import pytest
from mock_server.tests.lint.graded import Client, findings, verdicts
from mock_server.tests.webhooks.receiver import always, in_turn, receiving

from tutorflow_mock.domain.deliveries import Attempt, Delivery
from tutorflow_mock.domain.lint import receivers
from tutorflow_mock.domain.lint.finding import Found
from tutorflow_mock.domain.lint.view import Facts, Sent, View

DELIVERY = Delivery("d-1", "s-1", "o-1", "j-1", "content.completed", "e-1", "http://127.0.0.1/", b"{}", 0)


def view(*attempts: Attempt, delivery: Delivery = DELIVERY) -> View:
    """Return what the rules look at, of attempts alone."""
    facts = Facts({}, {}, (), {}, (), (), 0, 0.0, stands=False)
    return View(facts, (), {}, [Sent(delivery, attempt) for attempt in attempts])


def attempt(
    status: int | None = 200, *, millis: int = 10, misbehaviour: str | None = None, error: str | None = None
) -> Attempt:
    """Return an attempt that reached its receiver."""
    return Attempt(
        1,
        0,
        0,
        0,
        millis,
        connected_to="127.0.0.1:3000",
        response_status=status,
        misbehaviour=misbehaviour,
        error=error,
    )


def told(found: Sequence[Found]) -> list[str]:
    """Return what was found."""
    return [each.message for each in found]


def deliver(mock: Client, url: str) -> None:
    """Subscribe, and let one job end with all that its delivery meets."""
    mock.subscribe(url)
    mock.create("k")
    mock.send("PUT", "/__admin/clock", body={"action": "advance", "by": "PT10M"})


def test_a_receiver_that_refuses(mock: Client) -> None:
    """TF010, once for each attempt, with the job and the delivery."""
    with receiving(in_turn(401, 404, 200)) as receiver:
        deliver(mock, receiver.url)
    assert verdicts(mock, "TF010") == [("TF010", "error")] * 2
    (first, _) = (each for each in findings(mock) if each["rule"] == "TF010")
    (delivery,) = mock.send("GET", "/__admin/webhooks/deliveries").json()["deliveries"]
    assert first == {
        "rule": "TF010",
        "severity": "error",
        "message": "The receiver answered 401 to a genuine content.completed",
        "requestIds": [],
        "jobId": delivery["jobId"],
        "source": "wh",
        "docs": "/__admin/docs/lint#TF010",
        "deliveryId": delivery["id"],
    }


def test_a_receiver_that_accepts_or_fails_for_a_while(mock: Client) -> None:
    """TF010 holds for 2xx, and for what a retry is there for."""
    with receiving(in_turn(500, 503, 202)) as receiver:
        deliver(mock, receiver.url)
    assert verdicts(mock, "TF010", "TF011", "TF012") == []


@pytest.mark.parametrize("status", [301, 400, 410])
def test_refusals(status: int) -> None:
    """TF010 counts redirects, too: nobody follows them."""
    assert told(list(receivers.refused(view(attempt(status))))) == [
        f"The receiver answered {status} to a genuine content.completed"
    ]


def test_what_is_no_refusal() -> None:
    """TF010: forgeries are there to be refused; pings, wrong clocks and broken connections prove nothing."""
    ping = Delivery("d-2", "s-1", "o-1", None, "webhook.ping", "e-2", "http://127.0.0.1/", b"{}", 0)
    skewed = Attempt(1, 0, 0, 0, response_status=400, diagnosis="clock-skew")
    harmless = view(attempt(401, misbehaviour="wrong-secret"), attempt(None, error="refused"), attempt(500), skewed)
    assert list(receivers.refused(harmless)) == []
    assert list(receivers.refused(view(attempt(404), delivery=ping))) == []
    assert len(list(receivers.refused(view(attempt(302, misbehaviour="redirect-answer"))))) == 1


@pytest.mark.parametrize(("millis", "found"), [(1_000, []), (1_001, ["info"]), (5_000, ["info"]), (5_001, [None])])
def test_slow_receivers(millis: int, found: list[str | None]) -> None:
    """TF011: information above one second, a warning above five."""
    assert [each.severity for each in receivers.slow(view(attempt(millis=millis)))] == found


def test_receivers_that_are_not_slow() -> None:
    """TF011: a sender that is slow itself, or reached nobody, proves nothing."""
    nobody = Attempt(1, 0, 0, 0, 10_000, error="timeout")
    assert list(receivers.slow(view(attempt(millis=9_000, misbehaviour="slow-send"), nobody))) == []
    assert len(list(receivers.slow(view(attempt(millis=9_000, misbehaviour="slow-receiver"))))) == 1


@pytest.mark.parametrize("name", ["wrong-secret", "no-signature", "altered-body", "duplicate, empty-signature"])
def test_receivers_that_accept_forgeries(name: str) -> None:
    """TF012 names what was wrong."""
    wrong = name.rpartition(" ")[2]
    assert told(list(receivers.accepted_forgery(view(attempt(misbehaviour=name))))) == [
        f"The receiver accepted a delivery with {wrong}"
    ]


def test_receivers_that_verify() -> None:
    """TF012 holds for those that refuse forgeries, and for odd deliveries whose signature is right."""
    good = [attempt(), attempt(401, misbehaviour="wrong-secret"), attempt(misbehaviour="duplicate")]
    assert list(receivers.accepted_forgery(view(*good, attempt(misbehaviour="upper-hex")))) == []


def test_a_receiver_that_accepts_all(mock: Client) -> None:
    """None of these rules minds a receiver that answers at once."""
    with receiving(always(204)) as receiver:
        deliver(mock, receiver.url)
        assert len(receiver.requests) == 1
    assert verdicts(mock, "TF010", "TF011", "TF012") == []
