"""Instants, durations, dates, and the clock of a session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import DAY, HOUR, MINUTE, NOW, PROPERTY, SECOND

from tutorflow_mock.domain.clock import (
    LATEST,
    LONGEST,
    SessionClock,
    duration,
    http_date,
    parse_duration,
    parse_http_date,
    parse_instant,
    timestamp,
)

YEAR_2999 = 32_503_679_999_999


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (NOW, "2026-07-06T09:00:00.000Z"),
        (NOW + 4_007, "2026-07-06T09:00:04.007Z"),
        (YEAR_2999, "2999-12-31T23:59:59.999Z"),
        (LATEST, "9000-12-31T23:59:59.999Z"),
    ],
)
def test_a_timestamp_is_utc_with_milliseconds(instant: int, text: str) -> None:
    """Every timestamp has the one form of the examples, and is read back as the instant it came from."""
    assert timestamp(instant) == text
    assert parse_instant(text) == instant


@given(instant=st.integers(0, YEAR_2999))
@PROPERTY
def test_every_timestamp_is_read_back(instant: int) -> None:
    """Writing an instant and reading it loses nothing."""
    assert parse_instant(timestamp(instant)) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-07-06T09:00:00Z", NOW),
        ("2026-07-06T18:00:00+09:00", NOW),
        ("2026-07-06T03:30:00-05:30", NOW),
        ("2026-07-06t09:00:00z", NOW),
        ("2026-07-06T09:00:00.5Z", NOW + 500),
        ("2026-07-06T09:00:00.001999Z", NOW + 1),
    ],
)
def test_an_instant_may_have_any_offset_and_fraction(text: str, instant: int) -> None:
    """Offsets are reckoned in; what is finer than a millisecond is cut off."""
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-07-06", "09:00:00Z", "2026-07-06T09:00:00", "2026-07-06 09:00:00Z", "2026-13-06T09:00:00Z"),
        *("2026-07-06T09Z", "2026-07-06T09:00Z", "20260706T090000Z", "2026-W28-1T09:00:00Z", "2026-07-06T09:00:00,5Z"),
        *("2026-07-06T09:00:00+00:00:30", "2026-07-06T25:00:00Z", "2026-02-30T09:00:00Z", "\u0662026-07-06T09:00:00Z"),
        *("1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *("2026-07-06T09:00:00Z\n", " 2026-07-06T09:00:00Z", "2026-07-06T09:00:00z "),
        *("9001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        pytest.param("2026-07-06T09:00:00Z" + " " * 1_000, id="1000_blanks"),
    ],
)
def test_an_instant_that_is_none_is_refused_briefly(text: str) -> None:
    """Only RFC 3339 date-times with an offset are taken, from 1970 on; the refusal echoes at most 64 characters."""
    with pytest.raises(ValueError, match=r".") as refusal:
        parse_instant(text)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (NOW, "Mon, 06 Jul 2026 09:00:00 GMT"),
        (NOW + 1, "Mon, 06 Jul 2026 09:00:01 GMT"),
        (NOW + 999, "Mon, 06 Jul 2026 09:00:01 GMT"),
        (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ],
)
def test_an_http_date_never_lies_before_its_instant(instant: int, text: str) -> None:
    """RFC 9110 dates have whole seconds: whoever waits until then does not come too early."""
    assert http_date(instant) == text


@pytest.mark.parametrize("seconds", [0, 1, NOW // 1000, LATEST // 1000])
def test_an_http_date_is_read_as_it_is_written(seconds: int) -> None:
    """What is written of a whole second is that second again."""
    assert parse_http_date(http_date(seconds * 1000)) == seconds * 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "37",
        "Mon, 06 Jul 2026 09:00:00 UTC",
        "Mon, 06 Foo 2026 09:00:00 GMT",
        "Mon, 31 Feb 2026 09:00:00 GMT",
        "Mon, 06 Jul 2026 25:00:00 GMT",
        "Monday, 06-Jul-26 09:00:00 GMT",
        "Mon, ٠٦ Jul 2026 09:00:00 GMT",
    ],
)
def test_what_is_no_http_date(text: str) -> None:
    """Only the preferred form is read, and only days that there are."""
    assert parse_http_date(text) is None


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        *(("500ms", 500), ("30s", 30 * SECOND), ("5m", 5 * MINUTE), ("2h", 2 * HOUR), ("1d", DAY), ("0s", 0)),
        *(("PT3S", 3_000), ("PT1M30S", 90_000), ("P1D", DAY), ("P1DT1H", 25 * HOUR), ("PT0S", 0), ("PT2H", 2 * HOUR)),
        *(("PT0.5S", 500), ("PT1.25S", 1_250), ("PT0.0019S", 1), ("PT1.000000001S", 1_000), ("PT0.1234S", 123)),
        *(("366d", LONGEST), ("P365DT24H", LONGEST)),
    ],
)
def test_durations_have_two_spellings(text: str, milliseconds: int) -> None:
    """Short forms and ISO 8601 from days down say the same."""
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "s", "-5s", "+5s", "5 s", "5S", "1w", "1.5s", "5s ", "5s\n", "1h30m"),
        *("P", "PT", "P1DT", "P1Y", "P1M", "P1W", "PT1", "1S", "-PT1S", "PT1S2M", "pt1s", "PT.5S", "PT1S\n"),
        *("\u0661s", "P\u0661D", "PT\u0663S", "367d", "P367D", "31622400001ms", "999999999999d"),
        pytest.param("9" * 5_000 + "s", id="5000_digits"),
        pytest.param("PT" + "9" * 5_000 + "S", id="PT_5000_digits"),
    ],
)
def test_a_duration_that_is_none_is_refused_briefly(text: str) -> None:
    """Years, months and weeks are not taken, nor are signs, blanks and the digits of other scripts."""
    with pytest.raises(ValueError, match=r"is no duration|is longer than 366 days") as refusal:
        parse_duration(text)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "PT0S"), (3_000, "PT3S"), (90_000, "PT90S"), (1_050, "PT1.050S")]
)
def test_durations_are_written_in_seconds(milliseconds: int, text: str) -> None:
    """The control plane shows durations in seconds, with a fraction only where there is one."""
    assert duration(milliseconds) == text


@given(milliseconds=st.integers(0, 366 * DAY))
@PROPERTY
def test_every_duration_is_read_back(milliseconds: int) -> None:
    """Writing a duration and reading it loses nothing."""
    assert parse_duration(duration(milliseconds)) == milliseconds


def test_a_running_clock_keeps_its_offset_to_real_time() -> None:
    """A session's clock that runs goes as fast as the real one."""
    clock = SessionClock(offset=HOUR)
    assert (clock.mode, clock.now(NOW), clock.now(NOW + 5)) == ("running", NOW + HOUR, NOW + HOUR + 5)


def test_a_frozen_clock_stands_until_it_is_moved_or_runs_on() -> None:
    """Freeze, advance and resume: no instant is lost between them, however much real time passes."""
    frozen = SessionClock().frozen(NOW)
    assert (frozen.mode, frozen.now(NOW + DAY)) == ("frozen", NOW)
    moved = frozen.moved(NOW + HOUR, real=NOW + DAY)
    assert (moved.mode, moved.now(NOW + 2 * DAY), moved.offset) == ("frozen", NOW + HOUR, HOUR - DAY)
    resumed = moved.running(real=NOW + 2 * DAY)
    assert (resumed.mode, resumed.now(NOW + 2 * DAY + 7)) == ("running", NOW + HOUR + 7)


def test_a_running_clock_that_is_moved_runs_on_from_there() -> None:
    """To advance a running clock shifts it."""
    moved = SessionClock().moved(NOW + DAY, real=NOW)
    assert (moved.mode, moved.now(NOW), moved.now(NOW + 3)) == ("running", NOW + DAY, NOW + DAY + 3)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (SessionClock(), SessionClock()),
        (SessionClock(offset=5), SessionClock(offset=HOUR - DAY)),
        (SessionClock(offset=5, frozen_at=NOW), SessionClock(offset=HOUR - DAY, frozen_at=NOW + HOUR)),
        (SessionClock(frozen_at=NOW), SessionClock(offset=HOUR - DAY, frozen_at=NOW + HOUR)),
    ],
)
def test_a_clock_that_begins_again_shows_what_it_did_then(clock: SessionClock, expected: SessionClock) -> None:
    """A reset or a restore a day later: what was moved or frozen shows its instant, what ran with real time goes on."""
    assert clock.showing(NOW + HOUR, real=NOW + DAY) == expected


@given(moves=st.lists(st.tuples(st.sampled_from(("wait", "freeze", "advance", "resume")), st.integers(0, DAY))))
@PROPERTY
def test_no_move_takes_a_clock_back(moves: list[tuple[str, int]]) -> None:
    """Freezing, advancing, resuming and waiting in any order shows no earlier instant; a frozen clock stands."""
    clock, real, shown = SessionClock(), NOW, NOW
    for move, span in moves:
        match move:
            case "wait":
                real += span
            case "freeze":
                clock = clock.frozen(clock.now(real))
            case "advance":
                clock = clock.moved(clock.now(real) + span, real)
            case _:
                clock = clock.running(real)
        expected = shown + (span if move == "advance" or (move == "wait" and clock.mode == "running") else 0)
        assert clock.now(real) == expected
        shown = expected
