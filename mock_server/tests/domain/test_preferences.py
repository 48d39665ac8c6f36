"""What one request may wish for: the grammar of `Prefer`, query twins, magic titles, and which of them wins."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import OUTPUT_TYPES, PROPERTY, QUIZ, VIDEO

from tutorflow_mock.domain.clock import LONGEST
from tutorflow_mock.domain.preferences import (
    FORCED,
    NONE,
    ON_ANY,
    ON_JOBS,
    Preferences,
    from_payload,
    read,
    without_twins,
)
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.domain.steering_errors import PreferenceError

KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"


def prefer(header: str) -> Preferences:
    """Read a header."""
    return read(header, (), OUTPUT_TYPES)


def titled(title: object) -> Preferences:
    """Read a payload whose level has this title."""
    return from_payload({"level": {"title": title}}, OUTPUT_TYPES)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("code=404", Preferences(code=404)),
        ("code=007", Preferences(code=7)),
        ("example=baseText", Preferences(example="baseText")),
        ("job=completed", Preferences(job="completed")),
        ("job=failed, error=content_quota", Preferences(job="failed", error="content_quota")),
        ("job=partial, outputs=summary_video+expanded_quiz", Preferences(job="partial", outputs=(VIDEO, QUIZ))),
        ("job=held", Preferences(job="held")),
        ("scenario=partial-failure", Preferences(scenario="partial-failure")),
        ("polls=1", Preferences(polls=1)),
        ("polls=1000", Preferences(polls=1_000)),
        ("after=500ms", Preferences(after=500)),
        ("after=30s", Preferences(after=30_000)),
        ("after=PT1M30S", Preferences(after=90_000)),
        ("after=366d", Preferences(after=LONGEST)),
        ("fault=lost-response", Preferences(fault="lost-response")),
        ("delay=0", Preferences(delay=0)),
        ("delay=60000", Preferences(delay=60_000)),
        ("ratelimit=exhausted", Preferences(ratelimit="exhausted")),
        ("idempotency=in-flight", Preferences(idempotency="in-flight")),
    ],
)
def test_every_key(header: str, wanted: Preferences) -> None:
    """Each key has its own values; nothing else is set by it."""
    assert prefer(header) == wanted


@pytest.mark.parametrize(
    "header",
    [
        *("job=failed,polls=3", "job=failed; polls=3", ' job = "failed" ;\t"x"=1, polls="3"', "JOB=failed, Polls=3"),
        *(",,job=failed,, polls=3;", 'job="failed",polls=3,job=held', "job=failed, polls=3, polls=zero"),
        *(
            "respond-async, job=failed, wait=10, return=minimal, handling=lenient, polls=3",
            r'job="fa\iled", polls="\3"',
        ),
    ],
)
def test_the_grammar(header: str) -> None:
    """Commas or semicolons part items, blanks and quotes do not matter, the first of a repeated name counts."""
    wanted = prefer(header)
    assert (wanted.job, wanted.polls) == ("failed", 3)


@pytest.mark.parametrize(
    "header",
    ["", " ", ",;,", "respond-async", "wait=-1", "return=representation; handling=strict", 'wait="1,job=failed;2"'],
)
def test_nothing_is_wished(header: str) -> None:
    """Standard preferences are heeded by nobody here, and nobody is warned; what is quoted is one text."""
    assert prefer(header) == NONE


@pytest.mark.parametrize(
    ("header", "warnings"),
    [
        ("foo=bar", ("unknown-preference:foo",)),
        ("foo, Foo=2, bar", ("unknown-preference:foo", "unknown-preference:bar")),
        ("dynamic=true, seed=7", ("unsupported-preference:dynamic", "unsupported-preference:seed")),
        ("behaviour=a:b", ("unsupported-preference:behaviour",)),
        ("=5", ("unknown-preference",)),
        ("grüße=1", ("unknown-preference",)),
        ("a b", ("unknown-preference",)),
        (KEY, ("unknown-preference",)),
        ("x" * 65, ("unknown-preference",)),
        ("job=failed, foo", ("unknown-preference:foo",)),
    ],
)
def test_unknown_names_are_warned_of(header: str, warnings: tuple[str, ...]) -> None:
    """A name is told if a header can hold it and it is no secret; what is reserved says so."""
    assert prefer(header).warnings == warnings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("code", ""), ("code", "abc"), ("code", "40"), ("code", "4040"), ("code", "٤٠٤"), ("code", " 404 1")),
        *(("example", ""), ("example", "a b"), ("example", "x" * 129), ("example", "é"), ("example", "../x")),
        *(("job", "Failed"), ("job", "queued"), ("error", "Bad-Code"), ("error", "x" * 65), ("error", "")),
        *(("outputs", "video"), ("outputs", ""), ("outputs", "summary_video+"), ("outputs", "summary_video|x")),
        *(("polls", "0"), ("polls", "1001"), ("polls", "-1"), ("polls", "3.0"), ("polls", "9" * 5_000), ("polls", "³")),
        *(("after", "30"), ("after", "367d"), ("after", "P1M"), ("after", "-5s"), ("delay", "60001"), ("delay", "5s")),
        *(("fault", "LOST_RESPONSE"), ("fault", "lost_response"), ("fault", "")),
        *(("ratelimit", "full"), ("idempotency", "held"), ("code", '"404'), ("code", '"'), ("example", 'a"b"')),
    ],
)
def test_bad_values_are_refused(name: str, value: str) -> None:
    """The error names the preference, says what it can be, and echoes little."""
    with pytest.raises(PreferenceError) as refusal:
        prefer(f"{name}={value}")
    assert refusal.value.field == name
    assert str(refusal.value).startswith(f"{name}: must be ")
    assert len(str(refusal.value)) < 600


def test_no_secret_is_echoed() -> None:
    """Neither an error nor the list of what was applied shows a key that stands where a value belongs."""
    with pytest.raises(PreferenceError) as refusal:
        prefer(f"job={KEY}")
    assert KEY not in str(refusal.value)
    assert prefer(f"example={KEY}").applied() == ("example=tf_content_5e1f0c2a9b7d...",)


@pytest.mark.parametrize(
    "header", ["job=held, polls=3", "polls=3, after=30s", "job=held; after=1s", "after=1s,job=held"]
)
def test_one_pace_only(header: str) -> None:
    """Held, by reads and by time exclude one another: none of them is dropped in silence."""
    with pytest.raises(PreferenceError, match="only one of job=held, polls and after"):
        prefer(header)


def test_query_twins() -> None:
    """A query says the same under names with two underscores; decoded, a plus sign is a blank."""
    query = [("__job", "partial"), ("__outputs", "summary_video expanded_quiz"), ("__job", "held"), ("page", "2")]
    assert read(None, query, OUTPUT_TYPES) == Preferences(job="partial", outputs=(VIDEO, QUIZ))
    assert without_twins(query) == [("page", "2")]


def test_unknown_twins_are_warned_of() -> None:
    """A misspelt twin is no parameter of the API either."""
    assert read(None, [("__jop", "held")], OUTPUT_TYPES).warnings == ("unknown-preference:jop",)


def test_twins_are_spelt_exactly() -> None:
    """Names of a query know case."""
    assert read(None, [("__Job", "held")], OUTPUT_TYPES) == Preferences(warnings=("unknown-preference",))


def test_bad_twins_are_refused() -> None:
    """A twin is as strict as the header."""
    with pytest.raises(PreferenceError, match="polls: must be"):
        read(None, [("__polls", "x")], OUTPUT_TYPES)


@pytest.mark.parametrize("header", ["", "respond-async", "polls=3"])
def test_twins_are_not_read_beside_a_header(header: str) -> None:
    """Whoever can send `Prefer` says it there, as in Prism."""
    assert read(header, [("__job", "held")], OUTPUT_TYPES).job is None


def test_no_preference_costs_nothing() -> None:
    """Without header and twins the answer is one shared value."""
    assert read(None, (), OUTPUT_TYPES) is NONE
    assert read(None, [("page", "2")], OUTPUT_TYPES) is NONE


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("mock:failed", Preferences(job="failed")),
        ("mock:failed:content_quota", Preferences(job="failed", error="content_quota")),
        ("mock:partial", Preferences(job="partial")),
        ("mock:partial:summary_video", Preferences(job="partial", outputs=(VIDEO,))),
        ("mock:partial:summary_video+expanded_quiz", Preferences(job="partial", outputs=(VIDEO, QUIZ))),
        ("mock:slow:30s", Preferences(after=30_000)),
        ("mock:slow:PT1.5S", Preferences(after=1_500)),
        ("mock:polls:3", Preferences(polls=3)),
        ("mock:held", Preferences(job="held")),
        *((f"mock:{code}", Preferences(code=int(code))) for code in ("400", "404", "409", "429", "500")),
        ("mock:lost-response", Preferences(fault="lost-response")),
        ("mock:gateway-error", Preferences(fault="gateway-error")),
        ("A1 glossary [mock:failed]", Preferences(job="failed")),
        ("A slow one, mock:slow:30s.", Preferences(after=30_000)),
        ("(mock:held)mock:failed", Preferences(job="held")),
    ],
)
def test_magic_titles(title: str, wanted: Preferences) -> None:
    """A word in the title, alone or inside other text, wishes for something."""
    assert titled(title) == wanted


@pytest.mark.parametrize(
    "title",
    [
        *("mock:nonsense", "mock:200", "mock:FAILED", "mock:polls", "mock:polls:0", "mock:polls:x", "mock:slow"),
        *("mock:slow:long", "mock:held:3", "mock:404:x", "mock:failed:Bad", "mock:partial:video", "mock:lost_response"),
    ],
)
def test_other_magic_words_are_ignored(title: str) -> None:
    """A title is somebody's text: what cannot be meant changes nothing, and there is a warning."""
    assert titled(title) == Preferences(warnings=("unknown-magic-title",))


@pytest.mark.parametrize(
    "title", ["", "Kitchen A1", "hammock:failed", "mock: a play", "mock:", "Mock:failed", 5, None, []]
)
def test_plain_titles(title: object) -> None:
    """Nothing is read into a title that does not say `mock:` and a word."""
    assert titled(title) is NONE


@pytest.mark.parametrize(
    "payload",
    [None, [], "mock:failed", {}, {"level": "mock:failed"}, {"level": {}}, {"title": {"x": "mock:failed"}}],
)
def test_odd_payloads(payload: object) -> None:
    """Only texts named title count."""
    assert from_payload(payload, OUTPUT_TYPES) is NONE


def test_the_first_magic_title_counts() -> None:
    """The payload's own title goes before that of its level, if it holds a magic word."""
    level = {"title": "mock:held"}
    assert from_payload({"title": "mock:failed", "level": level}, OUTPUT_TYPES) == Preferences(job="failed")
    assert from_payload({"title": "hammock:failed", "level": level}, OUTPUT_TYPES) == Preferences(job="held")
    assert from_payload({"title": "mock:x", "level": level}, OUTPUT_TYPES).warnings == ("unknown-magic-title",)


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("job=failed", "job=partial, error=x", "job=failed, error=x"),
        ("delay=5", "fault=dribble, delay=7", "fault=dribble, delay=5"),
        ("polls=3", "after=30s, error=x", "polls=3, error=x"),
        ("after=30s", "job=held, error=x", "after=30s, error=x"),
        ("after=30s", "job=failed", "job=failed, after=30s"),
        ("job=held", "polls=3", "job=held"),
        ("", "polls=3", "polls=3"),
        ("foo, code=404", "foo, bar, code=500", "code=404, foo, bar"),
    ],
)
def test_the_first_source_wins_key_by_key(first: str, second: str, both: str) -> None:
    """What one source leaves open the next may say; the paces of a job count as one key."""
    assert prefer(first).over(prefer(second)) == prefer(both)


BASE = Programme(queued=10, processing=20, outcome="failed", failed_outputs=(QUIZ,), error_code="x", error_message="y")


@pytest.mark.parametrize(
    ("header", "changed"),
    [
        ("", {}),
        ("delay=5, fault=dribble", {}),
        ("job=held", {"progression": "held"}),
        ("job=completed", {"outcome": "completed"}),
        ("job=partial", {"outcome": "partial"}),
        ("job=partial, outputs=summary_video", {"outcome": "partial", "failed_outputs": (VIDEO,)}),
        ("job=failed, error=z", {"error_code": "z", "error_message": None}),
        ("polls=7", {"progression": "manual", "polls": 7}),
        ("after=10s", {"queued": 2_500, "processing": 7_500}),
    ],
)
def test_the_programme_of_a_job(header: str, changed: dict[str, Any]) -> None:
    """What is not wished for stays as the session or the server has it."""
    expected = {name: getattr(BASE, name) for name in BASE.__slots__} | changed
    assert prefer(header).programme(BASE) == Programme(**expected)


def test_time_replaces_reads() -> None:
    """A session that counts reads is told to go by time by one request."""
    goes = prefer("after=10s").programme(Programme(progression="manual", polls=9))
    assert (goes.progression, goes.queued, goes.processing) == ("time", 2_500, 7_500)


@pytest.mark.parametrize(
    ("names", "applied"),
    [
        (ON_ANY, ("code=404", "example=x", "fault=dribble", "delay=7")),
        (FORCED, ("code=404", "example=x")),
        (ON_JOBS, ("job=partial", "error=e", "outputs=summary_video+expanded_quiz", "after=PT1.500S")),
        ((), ()),
    ],
)
def test_what_was_applied(names: frozenset[str], applied: tuple[str, ...]) -> None:
    """Only what an operation heeds is told, in one fixed order."""
    header = "delay=7, after=1500ms, job=partial, outputs=summary_video+expanded_quiz, error=e, code=404, example=x"
    wanted = prefer(f"{header}, fault=dribble, foo").only(names)
    assert wanted.applied() == applied
    assert wanted.warnings == ("unknown-preference:foo",)


def test_what_was_applied_can_be_asked_for_again() -> None:
    """The list is itself a header."""
    wanted = prefer("code=007, delay=0, ratelimit=exhausted, idempotency=in-flight, polls=2, after2=x").only(ON_ANY)
    assert prefer(", ".join(wanted.applied())) == Preferences(code=7, delay=0)


@pytest.mark.parametrize(("header", "is_forced"), [("code=404", True), ("example=x", True), ("job=failed", False)])
def test_what_is_forced(header: str, is_forced: bool) -> None:  # noqa: FBT001 - a column of the table
    """An example takes the place of the operation."""
    assert prefer(header).is_forced is is_forced


@PROPERTY
@given(st.text(st.sampled_from('jobpls=,;"\\ 3é\n')) | st.text())
def test_any_text_is_read_or_refused(header: str) -> None:
    """A header is whatever somebody sends: it is read, or refused as a preference."""
    with suppress(PreferenceError):
        assert all(warning.isascii() for warning in prefer(header).warnings)


@pytest.mark.parametrize("piece", ['"', "a,", '\\"', '"\\', "a=;", "=", '"a" ', " "])
def test_long_headers_are_read_in_one_go(piece: str) -> None:
    """A header of 100 000 characters costs no more than its length."""
    assert prefer(piece * (100_000 // len(piece))).job is None
