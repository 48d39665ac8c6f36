"""A job's life drawn: everything in order along the line, nothing on top of anything else, and never too much of it."""

from itertools import pairwise

from tutorflow_mock.http.dashboard.drawing import Change, Drawing, Point, draw

LANES = ("state", "calls", "delivery 1")


def drawn(*history: Change | Point, now: int = 10_000) -> Drawing:
    """Draw what happened since 0."""
    return draw(history, LANES, 0, now)


def test_states_follow_one_another_to_the_end() -> None:
    """Each bar ends where the next begins, the last beyond the present."""
    drawing = drawn(Change(0, "queued"), Change(1_000, "processing", "clock"), Change(4_000, "completed", "clock"))
    for bar, following in pairwise(drawing.bars):
        assert abs(bar.x + bar.width - following.x) < 0.2
    assert drawing.now is not None
    assert drawing.bars[-1].x < drawing.now < drawing.bars[-1].x + drawing.bars[-1].width <= drawing.width
    assert [bar.title for bar in drawing.bars] == [
        "queued, for 1 s",
        "processing, by clock, for 3 s",
        "completed, by clock, for 6 s",
    ]


def test_a_long_pause_is_longer_than_a_short_one_but_less_than_its_share() -> None:
    """Three seconds and two minutes are seen side by side."""
    drawing = drawn(*(Point(at, 1, "read", "") for at in (0, 3_000, 123_000)), now=123_000)
    first, second, third = (mark.x for mark in drawing.marks)
    assert second - first < third - second < 40 * (second - first) / 4


def test_what_happens_at_one_instant_stands_side_by_side() -> None:
    """In one lane; a state that a read brings about begins at that read."""
    drawing = drawn(
        Change(0, "queued"),
        Point(0, 1, "create", "create"),
        Point(0, 1, "read", "read 1"),
        Change(0, "processing", "read 1"),
        Point(0, 1, "read", "read 2"),
        Change(0, "completed", "read 2"),
        now=0,
    )
    create, first, second = (mark.x for mark in drawing.marks)
    assert create < first < second
    assert [bar.x for bar in drawing.bars] == [create, first, second]


def test_what_is_to_come_lies_beyond_now() -> None:
    """Planned states are marked so, and what follows the present is at its right."""
    drawing = drawn(
        Change(0, "queued"),
        Point(500, 1, "read", "read 1"),
        Change(1_000, "processing", planned=True),
        Point(9_000, 2, "due", "attempt 2 is due"),
        now=600,
    )
    assert [bar.planned for bar in drawing.bars] == [False, True]
    assert drawing.now is not None
    assert drawing.marks[0].x < drawing.now < drawing.bars[1].x < drawing.marks[1].x < drawing.width
    assert [bar.title for bar in drawing.bars] == ["queued, for 1 s", "processing"]


def test_now_stands_at_the_last_event_where_the_clock_stands() -> None:
    """Whatever is to come then lies beyond it."""
    drawing = drawn(Point(1_000, 1, "read", ""), Change(2_000, "completed", planned=True), now=1_000)
    assert drawing.now == drawing.marks[0].x


def test_marks_stand_in_their_lanes() -> None:
    """Names and marks of a lane are at one height, and within the drawing."""
    drawing = drawn(Point(0, 1, "create", ""), Point(1, 2, "ok", "", "/there"))
    assert [label.text for label in drawing.lanes] == list(LANES)
    assert [mark.y for mark in drawing.marks] == [drawing.lanes[1].y, drawing.lanes[2].y]
    assert drawing.marks[1].href == "/there"
    assert drawing.lanes[-1].y < drawing.height


def test_times_do_not_run_into_one_another() -> None:
    """Where there is no room, a time is left out."""
    drawing = drawn(*(Point(at, 1, "read", "") for at in range(0, 3_000, 10)), now=3_000)
    assert drawing.ticks[0].text == "0"
    assert all(after.x - before.x >= 60 for before, after in pairwise(drawing.ticks))


def test_of_very_many_marks_the_first_and_the_last_are_drawn() -> None:
    """States are never left out; how many marks are is told."""
    many = [Point(at, 1, "read", f"read {at}") for at in range(1, 1_001)]
    drawing = drawn(Change(0, "queued"), *many, Change(1_000, "completed"))
    titles = [mark.title for mark in drawing.marks]
    assert (titles[0], titles[-1], len(titles), drawing.omitted) == ("read 1", "read 1000", 240, 760)
    assert len(drawing.bars) == 2


def test_a_bar_too_narrow_for_its_name_has_none() -> None:
    """Its title tells it all the same."""
    reads = (Point(at, 1, "read", "") for at in range(2, 200))
    first, second = drawn(Change(0, "queued"), Change(1, "processing"), *reads, now=200).bars
    assert (first.label, second.label) == ("", "processing")
    assert first.title.startswith("queued")
