"""How instants, spans, sizes and bodies are written."""

import pytest
from mock_server.tests.control.console import NINE

from tutorflow_mock.http.dashboard import words


def test_an_instant_is_written_as_date_and_time() -> None:
    """To the millisecond, in UTC."""
    assert (words.day(NINE + 7), words.hour(NINE + 7)) == ("2026-07-06", "09:00:00.007")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1_000, "1 s"),
        (1_500, "1.5 s"),
        (9_999, "9.999 s"),
        (10_000, "10 s"),
        (10_400, "10 s"),
        (60_000, "1 min"),
        (125_000, "2 min 5 s"),
        (3_600_000, "1 h"),
        (3_661_000, "1 h 1 min"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_a_span_has_two_units_at_most(milliseconds: int, text: str) -> None:
    """Short ones with their fraction, long ones without."""
    assert words.span(milliseconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (65_536, "64.0 KiB")]
)
def test_a_size_is_in_bytes_or_in_kibibytes(count: int, text: str) -> None:
    """With the right noun."""
    assert words.size(count) == text


def test_json_is_written_in_lines_and_what_is_none_stays() -> None:
    """Letters beyond ASCII stay as they are."""
    assert words.pretty('{"a":["é"]}') == '{\n  "a": [\n    "é"\n  ]\n}'
    assert words.pretty("<html>") == "<html>"
    assert words.pretty("[" * 100_000) == "[" * 100_000


def test_only_long_ids_are_shortened() -> None:
    """A UUID to its first eight digits."""
    assert words.short("91cc1f3c-d458-48c0-a6ce-eac755d8b962") == "91cc1f3c…"
    assert words.short("standalone-lesson-id") == "standalone-lesson-id"
    assert words.short("job") == "job"


def test_a_value_is_written_as_json() -> None:
    """In one line."""
    assert words.compact({"a": [1, "é"]}) == '{"a": [1, "é"]}'
