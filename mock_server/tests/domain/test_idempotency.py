"""When two requests are the same, which key counts, and how long it does."""

import hashlib
import json
from importlib.resources import files
from random import Random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import DAY, HARBOUR, NOW, PROPERTY, YEAR, a_job, an_id

from tutorflow_mock.domain import strict_json
from tutorflow_mock.domain.idempotency import (
    Claim,
    Holding,
    Policy,
    SentBody,
    chosen_key,
    fingerprint,
    is_held,
    policy,
    same_payload,
    verdict,
)
from tutorflow_mock.domain.model import Value
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.strict_json import canonical

VECTORS = files("tutorflow_openapi") / "vectors" / "fingerprints.json"
PAIRS: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["pairs"]
DEFAULTS: dict[str, Value] = {
    "idempotency.retention": "forever",
    "idempotency.after-failed": "replay",
    "idempotency.in-flight": "wait",
    "create.same-content-open": "allow",
}
FIRST = b'{"payload":{"weight":1}}'
HOLDING = Holding(an_id(100), SentBody(FIRST), since=NOW)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def body_of(text: str) -> dict[str, object]:
    """Read a request body as the mock does."""
    return cast("dict[str, object]", strict_json.loads(text.encode()))


@pytest.mark.requirement("IDEM-014")
@pytest.mark.parametrize("pair", PAIRS, ids=[pair["name"] for pair in PAIRS])
def test_the_published_fingerprints(pair: dict[str, Any]) -> None:
    """TA7: each pair of the vectors has the canonical forms and digests that stand beside it, equal or not as told."""
    prints: list[bytes] = []
    for side in (pair["first"], pair["second"]):
        body = body_of(side["body"])
        assert canonical({name: value for name, value in body.items() if name != "idempotencyKey"}) == side["canonical"]
        assert fingerprint(body).hex() == side["sha256"]
        prints.append(fingerprint(body))
    assert (prints[0] == prints[1]) is pair["same"]


def test_a_fingerprint_is_the_digest_of_the_canonical_form() -> None:
    """Names sorted, no blanks, plain UTF-8, without the key at the top."""
    body = {"payload": {"b": [1, None, True], "a": "é\u0000\n"}, "idempotencyKey": "k"}
    text = r'{"payload":{"a":"é\u0000\n","b":[1,null,true]}}'
    assert canonical({"payload": body["payload"]}) == text
    assert fingerprint(body) == hashlib.sha256(text.encode()).digest()


@given(body=st.dictionaries(st.text(max_size=6), json_values, max_size=4), seed=st.randoms(use_true_random=False))
@PROPERTY
def test_order_spacing_and_escapes_of_a_body_mean_nothing(body: dict[str, object], seed: Random) -> None:
    """However a client writes the same values, they are one request; the canonical form is its own canonical form."""
    names = list(body)
    seed.shuffle(names)
    shuffled = {name: body[name] for name in names}
    compact = body_of(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    loose = body_of(json.dumps(shuffled, ensure_ascii=True, indent=2))
    assert fingerprint(compact) == fingerprint(loose)
    assert canonical(body_of(canonical(compact))) == canonical(compact)


@given(body=st.dictionaries(st.text(max_size=6), json_values, max_size=4), key=st.text(max_size=6))
@PROPERTY
def test_the_key_is_no_part_of_what_is_compared(body: dict[str, object], key: str) -> None:
    """A client may move its key from the header to the body: the request stays the same."""
    without = {name: value for name, value in body.items() if name != "idempotencyKey"}
    assert fingerprint({**body, "idempotencyKey": key}) == fingerprint(without)


@pytest.mark.requirement("IDEM-004")
@pytest.mark.parametrize(
    ("header", "member", "precedence", "chosen"),
    [
        *(
            (None, None, "header", None),
            ("h", None, "header", "h"),
            (None, "b", "header", "b"),
            ("h", "b", "header", "h"),
        ),
        *((None, None, "body", None), ("h", None, "body", "h"), (None, "b", "body", "b"), ("h", "b", "body", "b")),
        ("", "b", "header", ""),
    ],
)
def test_which_key_counts(header: str | None, member: str | None, precedence: str, chosen: str | None) -> None:
    """S8: where both are sent one wins; an empty one is sent, too."""
    assert chosen_key(header, member, precedence) == chosen


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("idempotency.retention", "forever", Policy()),
        ("idempotency.retention", "24h", Policy(retention=DAY)),
        ("idempotency.retention", "30d", Policy(retention=30 * DAY)),
        ("idempotency.after-failed", "new-job", Policy(renew_failed=True)),
        ("idempotency.in-flight", "conflict-409", Policy(refuse_in_flight=True)),
        ("create.same-content-open", "conflict-409", Policy(refuse_open_twin=True)),
    ],
)
def test_the_policy_is_read_from_the_behaviours(name: str, value: str, expected: Policy) -> None:
    """S9, S12, S13, S30: each behaviour moves one part of the policy."""
    assert policy({**DEFAULTS, name: value}) == expected


@pytest.mark.requirement("IDEM-009")
@pytest.mark.parametrize(
    ("retention", "after", "held"),
    [
        *((DAY, 0, True), (DAY, DAY - 1, True), (DAY, DAY, False), (DAY, DAY + 1, False)),
        *((30 * DAY, 30 * DAY - 1, True), (30 * DAY, 30 * DAY, False), (30 * DAY, 30 * DAY + 1, False)),
        *((None, DAY, True), (None, 30 * DAY, True), (None, 10 * YEAR, True)),
    ],
)
def test_a_key_is_held_up_to_its_bound(retention: int | None, after: int, held: bool) -> None:  # noqa: FBT001 - a column of the table
    """TA5: a millisecond before the bound it stands, at the bound it is free; for ever is ten years and more."""
    assert is_held(HOLDING, a_job(), NOW + after, Policy(retention=retention)) is held


@pytest.mark.requirement("IDEM-008")
@pytest.mark.parametrize(
    ("outcome", "after", "renew", "held"),
    [
        *(("failed", 4_000, False, True), ("failed", 3_999, True, True), ("failed", 4_000, True, False)),
        *(("completed", 4_000, True, True), ("partial", 4_000, True, False)),
    ],
)
def test_a_failed_job_may_set_its_key_free(outcome: Any, after: int, renew: bool, held: bool) -> None:  # noqa: FBT001 - see above
    """S9: by default the failed job answers for ever; under `new-job` its key is free from the failure on."""
    assert is_held(HOLDING, a_job(Programme(outcome=outcome)), NOW + after, Policy(renew_failed=renew)) is held


@pytest.mark.requirement("IDEM-003")
@pytest.mark.parametrize(
    ("raw", "by_value", "by_bytes"),
    [
        pytest.param(FIRST, "replayed", "replayed", id="the_first_again"),
        pytest.param(b'{"payload": {"weight": 1.0}}', "replayed", "replayed-other-body", id="written_otherwise"),
        pytest.param(
            b'{"payload":{"weight":1},"idempotencyKey":"k"}', "replayed", "replayed-other-body", id="with_its_key"
        ),
        pytest.param(
            b'{"payload":{"weight":2},"payload":{"weight":1}}', "replayed", "replayed-other-body", id="last_name_wins"
        ),
        pytest.param(b'{"payload":{"weight":2}}', "replayed-other-body", "replayed-other-body", id="another"),
    ],
)
def test_the_verdict_compares_bodies(raw: bytes, by_value: str, by_bytes: str) -> None:
    """`idempotency.fingerprint`: by value or byte by byte, the second request is the first one or another."""
    assert verdict(HOLDING, Claim("", HARBOUR, "k", SentBody(raw))) == by_value
    assert verdict(HOLDING, Claim("", HARBOUR, "k", SentBody(raw, by_bytes=True))) == by_bytes


def test_a_body_is_shown_by_the_digest_that_it_is_compared_by() -> None:
    """The control plane's `sha256:` is that of the canonical form, or of the bytes."""
    raw = b'{"payload": {}, "idempotencyKey": "k"}'
    assert SentBody(raw).fingerprint() == hashlib.sha256(b'{"payload":{}}').digest()
    assert SentBody(raw, by_bytes=True).fingerprint() == hashlib.sha256(raw).digest()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (FIRST, True),
        (b'{ "payload" : { "weight" : 1 } }', True),
        (b'{"sourceType":"floco","requestedOutputs":["expanded_quiz"],"payload":{"weight":1}}', True),
        (b'{"payload":{"weight":1,"extra":null}}', False),
        (b'{"payload":{}}', False),
    ],
)
def test_the_same_content_is_the_same_payload(other: bytes, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    """S30: a twin asks for the same source, whatever it wants to be made of it."""
    assert same_payload(FIRST, other) is expected
