"""Every way to write JSON wrongly, rightly, or arguably: cases 32 to 34 of the bad-input catalogue, as families."""

import re
from collections.abc import Iterable

import pytest
from mock_server.tests.http import json_families as families
from mock_server.tests.http.answer import check_created, check_refused
from mock_server.tests.http.api import Api

pytestmark = [
    pytest.mark.usefixtures("then_a_normal_create_works"),
    pytest.mark.requirement("CRE-013", "HTTP-003", "ERR-008", "ERR-011"),
]


def rows(case: str, entries: Iterable[tuple[str, bytes]]) -> list[object]:
    """Return the entries as parameters whose ids begin with the row of the catalogue."""
    return [pytest.param(text, id=f"case_{case}_{plain(name)}") for name, text in entries]


def verdicts(case: str, entries: Iterable[tuple[str, tuple[bytes, bool]]]) -> list[object]:
    """Return the entries and their verdicts as parameters."""
    return [pytest.param(text, good, id=f"case_{case}_{plain(name)}") for name, (text, good) in entries]


def plain(name: str) -> str:
    """Return a name that is safe in a test id."""
    return re.sub(r"\s+", "_", name.encode("ascii", "backslashreplace").decode())


@pytest.mark.parametrize("text", rows("032_number", families.NUMBERS_REFUSED.items()))
def test_numbers_that_are_none(api: Api, text: bytes) -> None:
    """Signs, zeros, points and exponents stand only where the grammar puts them."""
    check_refused(api.create_raw(families.as_value(text)), 400)


@pytest.mark.parametrize("text", rows("032_string", families.STRINGS_REFUSED.items()))
def test_strings_that_are_none(api: Api, text: bytes) -> None:
    """Quotes are double, controls escaped, escapes the nine known ones."""
    check_refused(api.create_raw(families.as_value(text)), 400)


@pytest.mark.parametrize("text", rows("032_array", families.ARRAYS_REFUSED.items()))
def test_arrays_that_are_none(api: Api, text: bytes) -> None:
    """Arrays are closed, with one comma between two values and none elsewhere."""
    check_refused(api.create_raw(families.as_value(text)), 400)


@pytest.mark.parametrize("text", rows("032_object", families.OBJECTS_REFUSED.items()))
def test_objects_that_are_none(api: Api, text: bytes) -> None:
    """Names are strings, each once, followed by one colon and one value."""
    check_refused(api.create_raw(families.as_value(text)), 400)


@pytest.mark.parametrize("text", rows("032_structure", families.WHOLE_REFUSED.items()))
def test_documents_that_are_none(api: Api, text: bytes) -> None:
    """A body is one document, without anything before or after it, and at most 64 levels deep."""
    check_refused(api.create_raw(text), 400)


@pytest.mark.parametrize("text", rows("032_encoding", families.BYTES_REFUSED.items()))
def test_bytes_that_are_no_utf_8(api: Api, text: bytes) -> None:
    """A body is UTF-8 without a byte order mark, in its shortest form and without surrogates."""
    check_refused(api.create_raw(text), 400)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        *verdicts("033_number", families.NUMBERS_DECIDED.items()),
        *verdicts("033_string", families.STRINGS_DECIDED.items()),
    ],
)
def test_what_the_grammar_leaves_open(api: Api, text: bytes, *, good: bool) -> None:
    """Big integers and underflow are taken; what a double or a string of characters cannot hold is refused."""
    answer = api.create_raw(families.as_value(text))
    if good:
        check_created(answer)
    else:
        check_refused(answer, 400)


@pytest.mark.parametrize(
    "text",
    [
        *rows("034_number", families.NUMBERS_ACCEPTED.items()),
        *rows("034_string", families.STRINGS_ACCEPTED.items()),
        *rows("034_nested", families.NESTED_ACCEPTED.items()),
    ],
)
def test_good_values(api: Api, text: bytes) -> None:
    """Whatever the grammar allows is fine inside the payload; alone, it is read and then refused by its type."""
    check_created(api.create_raw(families.as_value(text)))
    alone = api.create_raw(text)
    check_refused(alone, 400)
    assert alone.headers["x-mock-error"] not in {"malformed-json", "duplicate-key"}


@pytest.mark.parametrize("text", rows("034_structure", families.WHOLE_ACCEPTED.items()))
def test_good_documents(api: Api, text: bytes) -> None:
    """Space around and inside, and names in escapes, change nothing."""
    check_created(api.create_raw(text))
