"""Bodies that are no acceptable JSON: cases 1 to 31 of the bad-input catalogue."""

import json
from collections.abc import Callable

import pytest
from mock_server.tests.http.answer import Answer, check_created, check_refused
from mock_server.tests.http.api import API_KEYS, EXPANSIONS, EXPORTS, NORMAL, WEBHOOKS, Api

pytestmark = [
    pytest.mark.usefixtures("then_a_normal_create_works"),
    pytest.mark.requirement("CRE-013", "ERR-001", "ERR-008", "HTTP-003"),
]

LIMIT = 1_048_576
SendText = Callable[[Api, Api, str], Answer]
NORMAL_BODY = json.dumps(NORMAL).encode()


def inside(value: bytes) -> bytes:
    """Return a create request whose payload holds this text where a value belongs."""
    return b'{"payload":{"value":' + value + b"}}"


def nested(opening: bytes, closing: bytes, levels: int) -> bytes:
    """Return a document of that many levels, the two outer objects counted."""
    return inside(opening * (levels - 2) + b"1" + closing * (levels - 2))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="case_001_empty_body"),
        pytest.param(b" ", id="case_002_one_space"),
        pytest.param(b'{"a":', id="case_003_truncated"),
        pytest.param(NORMAL_BODY[:-1], id="case_003_truncated_by_one"),
        pytest.param(b"{} x", id="case_004_text_after"),
        pytest.param(NORMAL_BODY + b" x", id="case_004_text_after_a_good_body"),
        pytest.param(b"{}{}", id="case_005_two_documents"),
        pytest.param(NORMAL_BODY + NORMAL_BODY, id="case_005_a_good_body_twice"),
        pytest.param(inside(b"/* none */ 1"), id="case_006_block_comment"),
        pytest.param(inside(b"1 // none\n"), id="case_006_line_comment"),
        pytest.param(b"{'payload':{}}", id="case_007_single_quotes"),
        pytest.param(b'{"payload":{},}', id="case_008_trailing_comma"),
        pytest.param(inside(b"NaN"), id="case_009_nan"),
        pytest.param(inside(b"Infinity"), id="case_010_infinity"),
        pytest.param(inside(b"-Infinity"), id="case_010_minus_infinity"),
        pytest.param(inside(b"1e400"), id="case_011_overflow"),
        pytest.param(inside(b"-1e400"), id="case_011_negative_overflow"),
        pytest.param(inside(b"01"), id="case_012_leading_zero"),
        pytest.param(inside(b"+1"), id="case_012_plus"),
        pytest.param(inside(b".5"), id="case_012_leading_point"),
        pytest.param(inside(b"1."), id="case_012_trailing_point"),
        pytest.param(b'{"payload":{"a":1,"a":1}}', id="case_013_duplicate_key_same_value"),
        pytest.param(b'{"sourceType":"a","sourceType":"b","payload":{}}', id="case_014_duplicate_source_type"),
        pytest.param(b'{"payload":{"a":1,"\\u0061":2}}', id="case_015_duplicate_by_escape"),
        pytest.param(nested(b"[", b"]", 65), id="case_016_arrays_65_deep"),
        pytest.param(nested(b'{"a":', b"}", 65), id="case_016_objects_65_deep"),
        pytest.param(inside(b"[" * 63 + b"]" * 63), id="case_016_arrays_65_deep_and_empty"),
        pytest.param(inside(b'{"a":' * 62 + b"{}" + b"}" * 62), id="case_016_objects_65_deep_and_empty"),
        pytest.param(inside(b"[" * 100_000 + b"]" * 100_000), id="case_017_arrays_100000_deep"),
        pytest.param(b"[" * 100_000, id="case_017_arrays_100000_deep_and_open"),
        pytest.param(inside(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), id="case_018_objects_100000_deep"),
        pytest.param(b'{"a":' * 100_000, id="case_018_objects_100000_deep_and_open"),
        pytest.param(inside(b"9" * 5_000), id="case_019_integer_of_5000_digits"),
        pytest.param(inside(b"-" + b"9" * 5_000), id="case_019_negative_integer_of_5000_digits"),
        pytest.param(inside(b'"\\ud800"'), id="case_022_lone_high_surrogate"),
        pytest.param(inside(b'"\\ud800\\u0041"'), id="case_022_high_surrogate_before_a_letter"),
        pytest.param(b'{"sourceType":"\\ud800","payload":{}}', id="case_022_lone_high_surrogate_in_source_type"),
        pytest.param(b'{"payload":{"\\udc00":1}}', id="case_023_lone_low_surrogate_in_a_key"),
        pytest.param(inside(b'"\xed\xa0\x80"'), id="case_024_raw_surrogate"),
        pytest.param(inside(b'"\xc0\xaf"'), id="case_025_overlong"),
        pytest.param(inside(b'"caf\xe9"'), id="case_026_latin_1"),
        pytest.param(inside(b'"a\x01b"'), id="case_027_raw_control"),
        pytest.param(inside(b'"a\nb"'), id="case_027_raw_line_feed"),
        pytest.param(inside(b'"a\x00b"'), id="case_027_raw_nul"),
        pytest.param(b"\xef\xbb\xbf" + NORMAL_BODY, id="case_029_utf_8_bom"),
        pytest.param(json.dumps(NORMAL).encode("utf-16"), id="case_030_utf_16_with_bom"),
        pytest.param(json.dumps(NORMAL).encode("utf-16-le"), id="case_030_utf_16_le"),
        pytest.param(json.dumps(NORMAL).encode("utf-16-be"), id="case_030_utf_16_be"),
        pytest.param(json.dumps(NORMAL).encode("utf-32"), id="case_030_utf_32_with_bom"),
        pytest.param(json.dumps(NORMAL).encode("utf-32-be"), id="case_030_utf_32_be"),
    ],
)
def test_what_is_no_strict_json_is_refused(api: Api, body: bytes) -> None:
    """Anything but one strict UTF-8 JSON document of at most 64 levels is 400."""
    check_refused(api.create_raw(body), 400)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(b"9223372036854775808", id="case_020_two_to_63"),
        pytest.param(b"1" + b"0" * 30, id="case_020_ten_to_30"),
    ],
)
def test_a_huge_number_is_no_string(api: Api, number: bytes) -> None:
    """An integer beyond 64 bits where a string belongs is refused by its type, not by its size."""
    check_refused(api.create_raw(b'{"payload":{},"sourceType":' + number + b"}"), 400, naming="sourceType")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(nested(b"[", b"]", 64), id="case_016_arrays_64_deep"),
        pytest.param(nested(b'{"a":', b"}", 64), id="case_016_objects_64_deep"),
        pytest.param(inside(b"[" * 62 + b"]" * 62), id="case_016_arrays_64_deep_and_empty"),
        pytest.param(inside(b"9007199254740993"), id="case_021_two_to_53_plus_1"),
        pytest.param(inside(b"1" + b"0" * 30), id="case_021_ten_to_30"),
        pytest.param(inside(b"9" * 4_300), id="case_021_integer_of_4300_digits"),
        pytest.param(inside(b'"a\\u0000b"'), id="case_028_escaped_nul_in_payload"),
        pytest.param(b'{"payload":{"a\\u0000b":1}}', id="case_028_escaped_nul_in_a_payload_key"),
        pytest.param(b" \t\r\n" * 1_000 + NORMAL_BODY + b"\n" * 1_000, id="case_031_whitespace_around"),
        pytest.param(NORMAL_BODY.ljust(LIMIT), id="case_031_whitespace_up_to_the_limit"),
    ],
)
def test_what_is_odd_but_strict_is_accepted(api: Api, body: bytes) -> None:
    """Depth 64, big integers and escaped NULs inside the payload, and whitespace up to the limit are all fine."""
    check_created(api.create_raw(body))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(b"9007199254740993", b"9007199254740992", id="case_021_two_to_53_plus_1"),
        pytest.param(b"1" + b"0" * 30, b"1" + b"0" * 29 + b"1", id="case_021_ten_to_30"),
        pytest.param(b"9" * 4_300, b"9" * 4_299 + b"8", id="case_021_4300_digits"),
    ],
)
def test_big_integers_are_kept_exactly(api: Api, first: bytes, second: bytes) -> None:
    """Two payloads that differ only beyond a float's precision are two different bodies."""
    key = {"Idempotency-Key": b"case-021-" + first[:16]}
    seen = [api.create_raw(inside(value), key).headers["x-mock-idempotency"] for value in (first, first, second)]
    assert seen == ["new", "replayed", "replayed-other-body"]


def test_case_031_whitespace_over_the_limit(api: Api) -> None:
    """One space beyond the limit is 413, though the document itself would fit."""
    check_refused(api.create_raw(NORMAL_BODY.ljust(LIMIT + 1)), 413)


def in_source_type(api: Api, admin: Api, text: str) -> Answer:
    """Send the text as `sourceType` of a create."""
    del admin
    return api.create({**NORMAL, "sourceType": text})


def in_body_key(api: Api, admin: Api, text: str) -> Answer:
    """Send the text as `idempotencyKey` in the body of a create."""
    del admin
    return api.create({**NORMAL, "idempotencyKey": text})


def in_name(api: Api, admin: Api, text: str) -> Answer:
    """Send the text as the name of an API key."""
    del api
    return admin.post(API_KEYS, {"name": text, "rateLimitPerMinute": 60})


def in_url(api: Api, admin: Api, text: str) -> Answer:
    """Send the text inside the address of a webhook."""
    del api
    return admin.post(WEBHOOKS, {"url": f"https://hooks.example/{text}", "events": ["content.completed"]})


def in_lesson_id(api: Api, admin: Api, text: str) -> Answer:
    """Send the text as the lesson of an export."""
    del api
    return admin.post(EXPORTS, {"lessonId": text})


@pytest.mark.parametrize(
    ("send", "field"),
    [
        pytest.param(in_source_type, "sourceType", id="case_028_nul_in_source_type"),
        pytest.param(in_body_key, "idempotencyKey", id="case_028_nul_in_body_key"),
        pytest.param(in_name, "name", id="case_028_nul_in_key_name"),
        pytest.param(in_url, "url", id="case_028_nul_in_webhook_url"),
        pytest.param(in_lesson_id, "lessonId", id="case_028_nul_in_lesson_id"),
    ],
)
def test_an_escaped_nul_is_refused_in_short_texts(api: Api, admin: Api, send: SendText, field: str) -> None:
    """Texts that the server keeps and compares take no NUL; the message names the field."""
    check_refused(send(api, admin, "a\0b"), 400, naming=field)


def test_a_malformed_body_says_so_in_the_mocks_own_header(api: Api) -> None:
    """`X-Mock-Error` tells a malformed document from a duplicate name, beside the unchanged envelope."""
    assert api.create_raw(b"{").headers["x-mock-error"] == "malformed-json"
    assert api.create_raw(b'{"a":1,"a":1}').headers["x-mock-error"] == "duplicate-key"


def test_bad_bodies_are_refused_alike_on_every_route_that_reads_one(admin: Api, api: Api) -> None:
    """Key, webhook, export and login bodies go through the same strict reader as a create."""
    for path in (API_KEYS, WEBHOOKS, EXPORTS, "/auth/login", EXPANSIONS):
        sender = api if path == EXPANSIONS else admin
        for body in (b"", b"{", b'{"a":NaN}', b'{"a":1,"a":1}', b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}"):
            answer = sender.send("POST", path, body, {"Content-Type": "application/json"})
            check_refused(answer, 400)
