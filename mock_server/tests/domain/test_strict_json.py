"""The JSON loader: what it takes, what it refuses, and that nothing else ever comes out of it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.domain.errors import FailedValidation, InvalidRequest
from tutorflow_mock.domain.strict_json import canonical, loads

pytestmark = pytest.mark.requirement("CRE-013", "HTTP-003")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        *((b"null", None), (b"true", True), (b' \t\r\n"a" \t\r\n', "a"), (b"[]", []), (b"{}", {}), (b"-0", 0)),
        *((b"1e2", 100), (b"0.5", 0.5), (b"1E-1", 0.1), (b'"\\u00e9\xc3\xa9"', "éé"), (b'"\\ud83d\\ude00"', "😀")),
        *((b'"\\u0000"', "\0"), (b'"\xed\x9f\xbf"', "\ud7ff"), (b'{"__proto__":1}', {"__proto__": 1})),
        *((b'{"":1,"a":{"":2}}', {"": 1, "a": {"": 2}}), (b'[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}])),
        (b'"\\\\ud800"', "\\ud800"),
    ],
)
def test_what_is_plain_json_is_read(raw: bytes, value: object) -> None:
    """Every JSON value may stand at the top; escapes, blanks and odd names are ordinary."""
    assert loads(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        *((b"1.0", 1), (b"60.0", 60), (b"-0.0", 0), (b"10e-1", 1), (b"1e3", 1_000), (b"9007199254740991.0", 2**53 - 1)),
        *((b"9007199254740993", 2**53 + 1), (b"18446744073709551616", 2**64), (b"1" + b"0" * 30, 10**30)),
        pytest.param(b"9" * 4_300, 10**4_300 - 1, id="4300_digits"),
    ],
)
def test_integral_numbers_are_integers_and_exact(raw: bytes, value: int) -> None:
    """`60.0` is 60, as an integer; and an integer of any size that can be read keeps each of its digits."""
    number = loads(raw)
    assert (number, type(number)) == (value, int)


def test_a_huge_float_stays_a_float() -> None:
    """Beyond the integers that a float tells apart there is nothing to be exact about, and no digit to invent."""
    assert [(loads(raw), type(loads(raw))) for raw in (b"1e300", b"-1e20")] == [(1e300, float), (-1e20, float)]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        *((b"", "malformed-json"), (b" ", "malformed-json"), (b"{", "malformed-json"), (b'{"a":', "malformed-json")),
        *(
            (b"{} x", "malformed-json"),
            (b"{}{}", "malformed-json"),
            (b"[1,]", "malformed-json"),
            (b'{"a":1,}', "malformed-json"),
        ),
        *(
            (b"{'a':1}", "malformed-json"),
            (b"{a:1}", "malformed-json"),
            (b"[1] // x", "malformed-json"),
            (b"\x0c1", "malformed-json"),
        ),
        *((b"01", "malformed-json"), (b"+1", "malformed-json"), (b".5", "malformed-json"), (b"1.", "malformed-json")),
        *(
            (b"NaN", "malformed-json"),
            (b"[Infinity]", "malformed-json"),
            (b'{"a":-Infinity}', "malformed-json"),
            (b"0x1", "malformed-json"),
        ),
        *(
            (b'"a\x01"', "malformed-json"),
            (b'"a\n"', "malformed-json"),
            (b'"\\x41"', "malformed-json"),
            (b'"\\u12"', "malformed-json"),
        ),
        *(
            (b"\xef\xbb\xbf{}", "malformed-json"),
            ("{}".encode("utf-16-le"), "malformed-json"),
            (b"True", "malformed-json"),
        ),
        *(
            ("{}".encode("utf-16"), "invalid-encoding"),
            (b'"\xed\xa0\x80"', "invalid-encoding"),
            (b'"\xc0\xaf"', "invalid-encoding"),
        ),
        *(
            (b'"\xe9"', "invalid-encoding"),
            (b'"\xe2\x82', "invalid-encoding"),
            (b'"\xf5\x80\x80\x80"', "invalid-encoding"),
        ),
        *(
            (b'"\\ud800"', "invalid-encoding"),
            (b'"\\udc00\\ud800"', "invalid-encoding"),
            (b'{"\\udfff":1}', "invalid-encoding"),
        ),
        *(
            (b"1e400", "number-out-of-range"),
            (b"[-1e400]", "number-out-of-range"),
            (b"1" + b"0" * 400 + b".0", "number-out-of-range"),
        ),
        pytest.param(b"9" * 4_301, "number-out-of-range", id="4301_digits"),
        pytest.param(b"-" + b"9" * 5_000, "number-out-of-range", id="5000_digits"),
    ],
)
def test_what_is_doubtful_is_refused(raw: bytes, reason: str) -> None:
    """Table 8.2: what parsers take differently is refused, with a reason that programs can read."""
    with pytest.raises(InvalidRequest) as refusal:
        loads(raw)
    assert (refusal.value.reason, refusal.value.pointers) == (reason, ("#",))
    assert len(refusal.value.message) < 160


@pytest.mark.parametrize(
    "raw", [b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'[{"b":{"a":1,"c":2,"a":3}}]', b'{"a":1,"\\u0061":2}', b'{"":1,"":1}']
)
def test_a_repeated_name_is_a_failed_validation(raw: bytes) -> None:
    """S83: refused at any depth and in any spelling; its number follows `validation.status`, so it is of that kind."""
    with pytest.raises(FailedValidation) as refusal:
        loads(raw)
    assert (refusal.value.reason, refusal.value.pointers) == ("duplicate-key", ("#",))


def test_a_repeated_name_may_be_allowed() -> None:
    """Under `last-wins` the last value counts, and all other rules stay."""
    assert loads(b'{"a":1,"\\u0061":2}', unique_keys=False) == {"a": 2}
    with pytest.raises(InvalidRequest):
        loads(b'{"a":NaN}', unique_keys=False)
    with pytest.raises(InvalidRequest):
        loads(b'{"a":1e999}', unique_keys=False)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
@pytest.mark.parametrize("inside", ["1", "", '"[[{{"', "[]", "{}"])
def test_depth_is_counted_in_levels(opening: str, closing: str, inside: str) -> None:
    """64 levels pass and 65 do not, whether the innermost one is empty or not; brackets in texts are no levels."""
    levels, inner = opening.count("[") + opening.count("{"), int(inside in {"[]", "{}"})
    if inside == "" and opening != "[":
        inside, inner = "null", 0
    for depth in (63, 64, 65, 66):
        times = (depth - inner) // levels
        raw = (opening * times + inside + closing * times).encode()
        if times * levels + inner <= 64:
            assert loads(raw) == json.loads(raw)
        else:
            with pytest.raises(InvalidRequest) as refusal:
                loads(raw)
            assert refusal.value.reason == "too-deep"


@pytest.mark.parametrize("depth", [900, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"\\u0061":', b"}]")])
def test_a_parser_without_breath_is_no_crash(opening: bytes, closing: bytes, depth: int) -> None:
    """Thousands of levels are refused as any other depth, before and beyond the recursion limit of each Python."""
    with pytest.raises(InvalidRequest) as refusal:
        loads(opening * depth + b"1" + closing * depth)
    assert refusal.value.reason == "too-deep"


def test_many_brackets_side_by_side_are_not_deep() -> None:
    """Depth is nesting, not number."""
    assert loads(b"[" + b"[]," * 200 + b'"]"]') == [*([[]] * 200), "]"]


@given(value=json_values, ascii_only=st.booleans(), indent=st.sampled_from((None, 0, 2)))
@PROPERTY
def test_what_was_written_is_read_back(value: Any, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001 - drawn
    """Any JSON value, written with escapes or without, on one line or many, comes back equal."""
    assert loads(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@given(raw=st.binary(max_size=40) | st.text(alphabet='{}[]",:\\u019.eE+-tfn \0d8', max_size=40).map(str.encode))
@settings(PROPERTY, max_examples=400)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """No input ends in another error; and what was read can be written canonically as UTF-8, and read again."""
    try:
        value = loads(raw)
    except InvalidRequest:
        return
    assert loads(canonical(value).encode()) == value
