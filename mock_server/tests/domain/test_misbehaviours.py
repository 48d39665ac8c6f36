"""Misbehaving deliveries as values: what is sent in place of a delivery, and which orders there are."""

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import NOW, PROPERTY, an_id

from tutorflow_mock.domain import signing
from tutorflow_mock.domain.deliveries import EVENT_HEADER, SIGNATURE_HEADER, SIGNATURE_V2_HEADER
from tutorflow_mock.domain.misbehaviours import bodies
from tutorflow_mock.domain.misbehaviours.catalogue import CATALOGUE, LATER_REVISION, OBSERVED, plan, wrong_secret
from tutorflow_mock.domain.misbehaviours.letters import Letter, Plan, Wire
from tutorflow_mock.domain.misbehaviours.options import read
from tutorflow_mock.domain.misbehaviours.orders import Known, Order, from_json, to_json
from tutorflow_mock.domain.misbehaviours.samples import Style, sample

SECRET = "6dbf5efe596b7bebd041a312385a28665feb8cda86549fcfae286b6f56fa8e4c"
EVENTS = ("content.completed", "content.failed")
VALUES: dict[str, Any] = {"webhook.signatures": ("v1",), "webhook.payload": "flat"}
BOTH = {**VALUES, "webhook.signatures": ("v1", "v2")}
STYLE = Style("42", EVENTS, ("interactive_module", "summary_video"), VALUES, SECRET)
KNOWN = Known((*EVENTS, "webhook.ping"), (an_id(40),))


def letter(style: Style = STYLE) -> Letter:
    """Return a delivery."""
    return sample(style, 1, "completed", NOW)


def planned(name: str, style: Style = STYLE, **options: object) -> Plan:
    """Return what is sent in place of that delivery."""
    return plan(name, letter(style), read(name, CATALOGUE[name].options, options))


def is_signed(headers: Any, body: bytes) -> bool:
    """Tell whether the one signature is that of the body."""
    return [value for name, value in headers if name == SIGNATURE_HEADER] == [signing.v1(SECRET, body)]


def test_every_trap_of_a_delivery_has_a_name() -> None:
    """W1 to W33, but for those that are seen and those of a later revision, which have names of their own."""
    ordered = {entry.trap for entry in CATALOGUE.values()}
    assert ordered | set(LATER_REVISION.values()) | set(OBSERVED.values()) == {f"W{number}" for number in range(1, 34)}
    assert not ordered & {*LATER_REVISION.values(), *OBSERVED.values()}


def test_a_sample_is_a_delivery_like_any_other() -> None:
    """The five members in their order, signed; its job is drawn from the seed."""
    sent = letter().sent()
    assert json.loads(sent.body) == {
        "jobId": json.loads(letter().body)["jobId"],
        "status": "completed",
        "sourceType": "source_json",
        "requestedOutputs": ["interactive_module", "summary_video"],
        "completedAt": "2026-07-06T09:00:00.000Z",
    }
    assert [name for name, _ in sent.headers] == [EVENT_HEADER, SIGNATURE_HEADER, "Content-Type"]
    assert is_signed(sent.headers, sent.body)
    assert letter() == letter()
    others = (sample(STYLE, 2, "completed", NOW), sample(replace(STYLE, seed="43"), 1, "completed", NOW))
    assert len({letter().delivery.job_id, *(each.delivery.job_id for each in others)}) == 3


def test_a_failed_sample() -> None:
    """Is told by its own event."""
    failed = sample(STYLE, 1, "failed", NOW)
    assert (failed.delivery.event, json.loads(failed.body)["status"]) == ("content.failed", "failed")
    assert sample(replace(STYLE, events=("job.done",)), 1, "failed", NOW).delivery.event == "job.done"


@pytest.mark.parametrize("name", [name for name, entry in CATALOGUE.items() if entry.trap in {"W3", "W4", "W5", "W8"}])
def test_a_forgery_is_marked_as_one(name: str) -> None:
    """No receiver may take it, and it carries no second signature that would be right."""
    forged = planned(name, replace(STYLE, values=BOTH))
    assert forged.is_forged
    assert forged.later is None
    if name != "altered-body":
        assert all(header != SIGNATURE_V2_HEADER for header, _ in forged.sends[0].headers)


def test_a_wrong_secret_is_of_the_same_form() -> None:
    """And another one."""
    wrong = wrong_secret(SECRET)
    assert len(wrong) == len(SECRET)
    assert wrong != SECRET
    (sent,) = planned("wrong-secret").sends
    assert dict(sent.headers)[SIGNATURE_HEADER] == signing.v1(wrong, sent.body)


def test_both_signatures_are_made_where_a_behaviour_asks_for_them() -> None:
    """Of a delivery that is merely sent oddly."""
    (sent,) = planned("one-byte-packets", replace(STYLE, values=BOTH)).sends
    assert {SIGNATURE_HEADER, SIGNATURE_V2_HEADER} <= dict(sent.headers).keys()


@pytest.mark.parametrize("length", [1, 2, 63])
def test_short_signatures(length: int) -> None:
    """The beginning of the right one."""
    (sent,) = planned("short-signature", length=length).sends
    assert dict(sent.headers)[SIGNATURE_HEADER] == letter().signature[:length]


@pytest.mark.parametrize("length", [65, 128, 4_096])
def test_long_signatures(length: int) -> None:
    """The right one and more of it."""
    (sent,) = planned("long-signature", length=length).sends
    signature = dict(sent.headers)[SIGNATURE_HEADER]
    assert len(signature) == length
    assert signature.startswith(letter().signature)


def test_a_non_ascii_signature_passes_a_look_at_its_length() -> None:
    """64 characters, 65 bytes."""
    (sent,) = planned("non-ascii-signature").sends
    signature = dict(sent.headers)[SIGNATURE_HEADER]
    assert (len(signature), len(signature.encode()), len(signature.encode("latin-1"))) == (64, 65, 64)


def test_chunks_declare_a_charset() -> None:
    """In place of the plain media type."""
    (sent,) = planned("plain-chunked").sends
    assert [value for name, value in sent.headers if name == "Content-Type"] == ["application/json; charset=utf-8"]
    assert sent.wire == Wire(is_chunked=True)
    assert is_signed(sent.headers, sent.body)


@pytest.mark.parametrize("body", [b"{}", b'{"a":1}', '{"ü":"\u2028"}'.encode(), b"[]"])
def test_a_reformatted_body_says_the_same_and_more(body: bytes) -> None:
    """No parser prints it as it came."""
    told = bodies.reformatted(body)
    value = json.loads(told)
    assert value["formatting"]["big"] == 2**53 + 1
    assert value["formatting"]["line"] == "\u2028"
    printed = [json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, separators=(",", ":"))]
    assert told.decode() not in printed


def test_bodies_that_are_no_json_objects() -> None:
    """Text, array, a number that is too long for some, a name twice."""
    assert len({bodies.not_json(kind) for kind in ("text", "array", "huge-integer", "duplicate-keys")}) == 4
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(bodies.not_json("text"))
    assert json.loads(bodies.not_json("array")) == ["jobId"]
    assert bodies.not_json("huge-integer").count(b"9") == 5_000
    assert json.loads(bodies.not_json("duplicate-keys")) == {"jobId": "b"}


@PROPERTY
@given(st.integers(1, 3_000))
def test_a_body_has_the_size_that_is_asked_for(size: int) -> None:
    """Always JSON; what the delivery says where there is room for it."""
    told = bodies.of_size(letter().body, size)
    assert len(told) == size
    value = json.loads(told) if size < 4_000 and told[:1] == b"{" else None
    assert value is None or value["jobId"] == letter().delivery.job_id


@PROPERTY
@given(st.binary(min_size=1, max_size=60))
def test_one_byte_is_altered(body: bytes) -> None:
    """The length stays."""
    other = bodies.altered(body)
    assert len(other) == len(body)
    assert sum(a != b for a, b in zip(body, other, strict=True)) == 1


def test_an_altered_delivery_stays_json() -> None:
    """It is found out by its signature alone."""
    assert json.loads(bodies.altered(letter().body)).keys() == json.loads(letter().body).keys()


def test_another_job() -> None:
    """One that is named, or one that nobody has made; what is of no job stays as it is."""
    body, job_id = letter().body, letter().delivery.job_id
    assert json.loads(bodies.of_another_job(body, job_id, "mine"))["jobId"] == "mine"
    drawn = json.loads(bodies.of_another_job(body, job_id, None))["jobId"]
    assert (len(drawn), drawn == job_id) == (36, False)
    assert bodies.of_another_job(body, None, "mine") == body


def test_news() -> None:
    """Members and an output that nobody knows; a body without outputs gets none."""
    told = json.loads(bodies.with_more(letter().body))
    assert told["requestedOutputs"][-1] == "hologram"
    assert told.keys() > json.loads(letter().body).keys()
    assert "requestedOutputs" not in json.loads(bodies.with_more(b"{}"))


@PROPERTY
@given(st.one_of(st.binary(max_size=300), st.sampled_from([b"", b"x" * 65_535, b"y" * 65_536, b"z" * 140_000])))
def test_gzip(body: bytes) -> None:
    """What is packed can be unpacked."""
    assert gzip.decompress(bodies.gzipped(body)) == body


@pytest.mark.parametrize("signed", ["compressed", "plain"])
def test_a_gzip_body_is_signed_over_either(signed: str) -> None:
    """And is followed by the delivery."""
    packed = planned("gzip-body", signed=signed)
    (sent,) = packed.sends
    assert is_signed(sent.headers, sent.body if signed == "compressed" else letter().body)
    assert packed.later == 0


def test_an_order_is_written_as_it_is_read() -> None:
    """With defaults in place; durations as durations, a secret not at all."""
    members = {"name": "duplicate-late", "times": 3, "match": {"event": EVENTS[0]}, "options": {"after": "90s"}}
    order = from_json(members, "o1", KNOWN)
    assert to_json(order) == {
        **members,
        "options": {"after": "PT90S"},
        "id": "o1",
        "trap": "W12",
        "acted": 0,
        "left": 3,
    }
    usual = from_json({"name": "burst"}, "o2", KNOWN)
    assert to_json(usual)["options"] == {"count": 500, "spanMillis": 5_000}
    secret = from_json({"name": "rotation", "options": {"secret": "hush"}}, "o3", KNOWN)
    assert "hush" not in str(to_json(secret))


def test_an_order_means_deliveries_until_it_is_used_up() -> None:
    """Of its event and its subscription."""
    delivery = replace(letter().delivery, subscription_id=an_id(40))
    order = Order("o", "duplicate", times=2)
    assert order.means(delivery)
    assert replace(order, event=delivery.event, subscription_id=an_id(40)).means(delivery)
    assert not replace(order, event="content.failed").means(delivery)
    assert not replace(order, subscription_id=an_id(41)).means(delivery)
    assert (order.used().left, order.used().used().means(delivery)) == (1, False)
