"""The webhook sink by itself: what it takes for genuine, how it answers, and what it says when it waited in vain."""

import socket
from collections.abc import Iterator

import pytest

from tutorflow_mock.domain import signing
from tutorflow_mock.remote import RemoteError
from tutorflow_mock.testing import AppSession, MockApp, WaitTimeout, WebhookDelivery, WebhookSink
from tutorflow_mock.testing.sink import doubt_about

SECRET, BODY, NOW = "whsec-1", b'{"jobId":"j"}', 1_783_123_200
PLAIN, TIMED = "X-Content-Integration-Signature", "X-Content-Integration-Signature-V2"
RIGHT = signing.v1(SECRET, BODY)

MISPLACED = "header: a signature has the form of the other header's"
TIMES = "timestamp: the signature is right and 301 s off the present"
SIGNATURES: list[tuple[list[tuple[str, str]], str]] = [
    ([(PLAIN, RIGHT)], ""),
    ([(PLAIN.lower(), RIGHT)], ""),
    ([], "header: 0 signatures and 0 with a time came"),
    ([(PLAIN, RIGHT), (PLAIN, RIGHT)], "header: 2 signatures and 0 with a time came"),
    ([(PLAIN, RIGHT.upper())], "encoding: the digits are right and in capitals"),
    ([(PLAIN, f"sha256={RIGHT}")], "encoding: the digest is right, with a prefix that does not belong there"),
    ([(PLAIN, "")], "header: there is no signature"),
    ([(PLAIN, "ü")], "length: it has 1 characters instead of 64"),
    ([(PLAIN, signing.v2([SECRET], BODY, NOW))], MISPLACED),
    ([(PLAIN, RIGHT), (TIMED, signing.v2([SECRET], BODY, NOW))], ""),
    ([(PLAIN, RIGHT), (TIMED, signing.v2(["whsec-0", SECRET], BODY, NOW))], ""),
    ([(PLAIN, RIGHT), (TIMED, signing.v2([SECRET], BODY, NOW - 300))], ""),
    ([(PLAIN, RIGHT), (TIMED, signing.v2([SECRET], BODY, NOW - 301))], TIMES),
    ([(PLAIN, RIGHT), (TIMED, signing.v2([SECRET], BODY, NOW + 301))], TIMES),
    ([(PLAIN, RIGHT), (TIMED, RIGHT)], MISPLACED),
    ([(PLAIN, RIGHT), *2 * [(TIMED, signing.v2([SECRET], BODY, NOW))]], "header: 1 signatures and 2 with a time came"),
    ([(TIMED, signing.v2([SECRET], BODY, NOW))], "header: 0 signatures and 1 with a time came"),
]


@pytest.fixture
def session(app: MockApp) -> AppSession:
    """A session in process whose jobs end when told."""
    return app.session(job="held")


@pytest.fixture
def sink(session: AppSession) -> Iterator[WebhookSink]:
    """A sink of that session."""
    with WebhookSink(session) as sink:
        yield sink


@pytest.mark.parametrize(("headers", "doubt"), SIGNATURES)
def test_what_is_genuine(headers: list[tuple[str, str]], doubt: str) -> None:
    """Every signature that came holds, the timed one within five minutes, and there is one; else it is told why not."""
    assert doubt_about(SECRET, headers, BODY, NOW) == doubt


def test_both_signatures_of_a_delivery_are_checked(app: MockApp) -> None:
    """The timed one is of real time, although the session's clock stands elsewhere."""
    session = app.session(behaviours={"webhook.signatures": ["v1", "v2"]})
    with WebhookSink(session) as sink:
        session.webhooks.trigger("content.completed")
        came = sink.wait()
    assert came.verified
    assert {name for name, _ in came.headers} >= {PLAIN, TIMED}


def test_orders_are_taken_in_turn_then_the_usual(sink: WebhookSink) -> None:
    """An order without a number is the usual from then on; one of no times is none."""
    sink.respond(503, times=1)
    sink.respond(502, times=0)
    sink.respond(500, times=2)
    sink.respond(202)
    assert [sink.take([], b"").status for _ in range(5)] == [503, 500, 500, 202, 202]
    assert [each.status for each in sink.deliveries] == [503, 500, 500, 202, 202]


def test_a_delivery_tells_its_job_in_whichever_shape() -> None:
    """Flat, enveloped, or under its own name."""
    bodies = [b'{"jobId":"j"}', b'{"event":{},"data":{"jobId":"j"}}', b'{"data":{"id":"j"}}', b'{"id":"j"}']
    told = [WebhookDelivery("content.failed", status=200, doubt="", headers=(), body=body) for body in bodies]
    assert [each.job_id for each in told] == ["j"] * 4


def test_a_wait_in_vain_tells_what_there_is(session: AppSession, sink: WebhookSink) -> None:
    """What arrived and how it was answered, what the mock has yet to send and when, and where the jobs stand."""
    sink.respond(500)
    job = session.webhooks.trigger("content.failed")["jobId"]
    sink.wait(event="content.failed")
    session.webhooks.wait({"status": "retrying"})
    later = "2026-07-04T00:00:05.000Z"
    with pytest.raises(WaitTimeout) as late:
        sink.wait(count=2, event="content.failed", timeout=0.01)
    assert str(late.value).splitlines() == [
        "2 × content.failed did not arrive within 0.01 s",
        "  arrived: content.failed, verified, answered 500",
        f"  delivery: content.failed retrying after 1 attempts, next attempt at {later}: advance the clock",
        f"  job: {job} is failed after 0 reads of its status",
        "  the session's clock shows 2026-07-04T00:00:00.000Z",
    ]


def test_a_wait_in_vain_in_an_empty_session(sink: WebhookSink, session: AppSession) -> None:
    """Asks the likely question; a session that has ended cannot be asked."""
    with pytest.raises(
        WaitTimeout, match=r"1 × any event did not arrive .*\n.*no job: does the client send to its base"
    ):
        sink.wait(timeout=0)
    session.end()
    with pytest.raises(WaitTimeout, match="the mock cannot be asked why: There is no session"):
        sink.wait(timeout=0)


def test_what_the_mock_has_sent_is_told(session: AppSession, sink: WebhookSink) -> None:
    """By a wait for deliveries, too."""
    session.webhooks.trigger("content.failed")
    assert session.webhooks.wait({"status": "sent"})[0]["event"] == "content.failed"
    with pytest.raises(WaitTimeout, match=r"deliveries: 1 of 2 .*\n  content\.failed sent"):
        session.webhooks.wait(count=2, within=0)
    assert len(sink.deliveries) == 1


def test_a_forgery_is_not_verified(sink: WebhookSink) -> None:
    """And the message of a wait says so."""
    sink.take([("X-Content-Integration-Event", "content.failed"), (PLAIN, RIGHT)], BODY)
    with pytest.raises(WaitTimeout, match=r"arrived: content\.failed, NOT verified \(secret: .*\), answered 200"):
        sink.wait(count=2, timeout=0)


def test_a_body_in_chunks_is_read(session: AppSession, sink: WebhookSink) -> None:
    """As some senders frame it; a sink is stopped once."""
    session.webhooks.misbehave("plain-chunked")
    session.webhooks.trigger("content.completed")
    assert sink.wait().verified
    assert ("Transfer-Encoding", "chunked") in sink.deliveries[0].headers
    sink.stop()
    sink.stop()


def test_a_sink_that_cannot_subscribe_leaves_nothing(session: AppSession) -> None:
    """The refusal is told, and the port is free."""
    session.end()
    sink = WebhookSink(session)
    port = int(sink.url.split(":")[2].split("/")[0])
    with pytest.raises(RemoteError), sink:
        pytest.fail("it has begun")
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
