"""Rules of faults: reading and writing them, and which of them a call meets."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.domain.delays import Uniform
from tutorflow_mock.domain.fault_rules import Decision, Failure, Known, Match, Rule, decide, from_json, take, to_json
from tutorflow_mock.domain.faults import FAULTS, Injected
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember

OPERATIONS = ("createExpansion", "getExpansion", "getExpansionResult", "exportContent")
CREATE, STATUS = OPERATIONS[:2]
Headers = dict[str, str]


def read_match(value: object) -> Match:
    """Read a pattern of these tests: headers that a call must have."""
    if not isinstance(value, dict):
        raise SteeringError("match", "must be an object")
    wanted = cast("Headers", value)

    def holds(request: Headers) -> bool:
        return wanted.items() <= request.items()

    return Match(wanted, holds)


KNOWN = Known(OPERATIONS, (400, 503), read_match)
INTERNAL = FAULTS["INTERNAL_ERROR"]


def always(number: float = 0.0) -> Callable[[], float]:
    """Return chance that always says the same."""
    return lambda: number


def never() -> float:
    """Fail: nothing may be left to chance here."""
    raise AssertionError("chance was asked")


def rule(**members: Any) -> Rule:
    """Read a rule."""
    return from_json(members, "r1", KNOWN)


def failing(rule_id: str = "r1", **members: Any) -> Rule:
    """Return a rule that answers 500 to everything."""
    return Rule(rule_id, fault=INTERNAL, **members)


@pytest.mark.parametrize(
    ("members", "read"),
    [
        ({"fault": "INTERNAL_ERROR"}, failing()),
        ({"fault": "INTERNAL_ERROR", "operation": CREATE}, failing(operation=CREATE)),
        (
            {"fault": "INTERNAL_ERROR", "skip": 1, "times": 2, "probability": 0.3},
            failing(skip=1, times=2, probability=0.3),
        ),
        ({"fault": "INTERNAL_ERROR", "times": None, "match": None, "error": None}, failing()),
        ({"fault": "STALE_READ", "operation": STATUS}, Rule("r1", STATUS, fault=FAULTS["STALE_READ"])),
        ({"fixedDelayMilliseconds": 200}, Rule("r1", fixed_delay=200)),
        (
            {"delayDistribution": {"type": "uniform", "lower": 1, "upper": 2}},
            Rule("r1", distribution=Uniform(1, 2)),
        ),
        ({"error": {"statusCode": 503}}, Rule("r1", error=Failure(503))),
        (
            {
                "error": {
                    "statusCode": 400,
                    "code": "content_x",
                    "body": {"a": 1},
                    "contentType": "text/html; charset=utf-8",
                }
            },
            Rule("r1", error=Failure(400, "content_x", {"a": 1}, "text/html; charset=utf-8")),
        ),
        (
            {"fault": "DRIBBLE", "options": {"numberOfChunks": 3}},
            Rule("r1", fault=FAULTS["DRIBBLE"], options={"numberOfChunks": 3}),
        ),
        (
            {"chunkedDribbleDelay": {"numberOfChunks": 3, "totalDuration": 100}},
            Rule("r1", fault=FAULTS["DRIBBLE"], options={"numberOfChunks": 3, "totalDuration": 100}),
        ),
    ],
)
def test_reading_and_writing(members: dict[str, Any], read: Rule) -> None:
    """What is left out has a default; what is written can be read, but for the id and the counters."""
    assert from_json(members, "r1", KNOWN) == read
    written = json.loads(json.dumps(to_json(read)))
    assert (written.pop("id"), written.pop("seen"), written.pop("acted")) == ("r1", 0, 0)
    assert from_json(written, "r1", KNOWN) == read


def test_durations_are_written_as_they_are_read() -> None:
    """Options survive the round trip, too."""
    read = rule(fault="RESULT_LATE", options={"for": "PT5S"})
    assert to_json(read)["options"] == {"for": "5000ms"}
    assert rule(fault="RESULT_LATE", options={"for": "5000ms"}).options == read.options


def test_a_pattern_is_shown_and_asked() -> None:
    """Its meaning is somebody else's."""
    read = rule(fault="INTERNAL_ERROR", match={"x-team": "a"})
    assert to_json(read)["match"] == {"x-team": "a"}
    assert read.means(CREATE, {"x-team": "a", "y": "b"})
    assert not read.means(CREATE, {"x-team": "b"})


@pytest.mark.parametrize(
    ("members", "field"),
    [
        *(({}, "fault"), ({"fault": "LOST"}, "fault"), ({"fault": 5}, "fault"), ({"fault": []}, "fault")),
        *(
            ({"fault": "STALE_READ", "operation": CREATE}, "operation"),
            ({"fault": "TIMEOUT", "operation": "x"}, "operation"),
        ),
        *(({"fault": "TIMEOUT", "operation": []}, "operation"), ({"options": {"for": "5s"}}, "options")),
        *(
            ({"fault": "TIMEOUT", "probability": 1.1}, "probability"),
            ({"fault": "TIMEOUT", "probability": True}, "probability"),
        ),
        *(({"fault": "TIMEOUT", "probability": "1"}, "probability"), ({"fault": "TIMEOUT", "skip": -1}, "skip")),
        *(({"fault": "TIMEOUT", "times": 0}, "times"), ({"fault": "TIMEOUT", "times": 1.0}, "times")),
        ({"fault": "TIMEOUT", "options": {"milliseconds": -1}}, "options.milliseconds"),
        ({"fault": "TIMEOUT", "fixedDelayMilliseconds": 60_001}, "fixedDelayMilliseconds"),
        ({"fault": "TIMEOUT", "delayDistribution": {"type": "x"}}, "delayDistribution.type"),
        ({"fault": "TIMEOUT", "error": {"statusCode": 503}}, "error"),
        ({"fault": "TIMEOUT", "chunkedDribbleDelay": {}}, "chunkedDribbleDelay"),
        ({"chunkedDribbleDelay": {"numberOfChunks": 0}}, "options.numberOfChunks"),
        *(
            ({"error": 503}, "error"),
            ({"error": {}}, "error.statusCode"),
            ({"error": {"statusCode": 599}}, "error.statusCode"),
        ),
        *(
            ({"error": {"statusCode": True}}, "error.statusCode"),
            ({"error": {"statusCode": "503"}}, "error.statusCode"),
        ),
        *(
            ({"error": {"statusCode": 503, "code": "X"}}, "error.code"),
            ({"error": {"statusCode": 503, "code": 1}}, "error.code"),
        ),
        ({"error": {"statusCode": 503, "contentType": "html"}}, "error.contentType"),
        ({"error": {"statusCode": 503, "contentType": "text/html\r\nX: y"}}, "error.contentType"),
        ({"error": {"statusCode": 503, "contentType": 5}}, "error.contentType"),
        ({"fault": "TIMEOUT", "match": []}, "match"),
    ],
)
def test_bad_rules_are_refused(members: dict[str, Any], field: str) -> None:
    """The error names the member at fault."""
    with pytest.raises(SteeringError) as refusal:
        rule(**members)
    assert refusal.value.field == field
    assert refusal.value.problem == "invalid-field"


@pytest.mark.parametrize("value", [None, [], "TIMEOUT"])
def test_a_rule_is_an_object(value: object) -> None:
    """Anything else is none."""
    with pytest.raises(SteeringError, match="rule: must be an object"):
        from_json(value, "r1", KNOWN)


@pytest.mark.parametrize(
    ("members", "field"), [({"falt": "TIMEOUT"}, "falt"), ({"error": {"status": 503}}, "status"), ({"id": "r1"}, "id")]
)
def test_unknown_members_are_refused(members: dict[str, Any], field: str) -> None:
    """A typo must not pass as a default."""
    with pytest.raises(UnknownMember) as refusal:
        rule(**members)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("failure", "media_type", "content"),
    [
        (
            Failure(503, "content_x"),
            "application/json",
            b'{"error":{"code":"content_x","message":"A fault rule answers this call","status":503}}',
        ),
        (Failure(503, body={"a": ["\u00e9"]}), "application/json", '{"a":["\u00e9"]}'.encode()),
        (Failure(503, body="down"), "text/plain", b"down"),
        (Failure(503, body="<p>", content_type="text/html"), "text/html", b"<p>"),
    ],
)
def test_ready_answers(failure: Failure, media_type: str, content: bytes) -> None:
    """An error has the envelope, unless the rule has a body of its own."""
    assert (failure.media_type, failure.content) == (media_type, content)


def test_what_a_call_meets() -> None:
    """A rule with a fault hands it over, one with a delay has none."""
    assert failing().injected == Injected(INTERNAL)
    assert Rule("r1", fixed_delay=1).injected is None


@pytest.mark.parametrize(
    ("met", "operation", "means"),
    [
        *(
            (failing(), STATUS, True),
            (failing(operation=CREATE), CREATE, True),
            (failing(operation=CREATE), STATUS, False),
        ),
        *((rule(fault="STALE_READ"), STATUS, True), (rule(fault="STALE_READ"), CREATE, False)),
        (failing(match=Match({}, bool)), CREATE, False),
    ],
)
def test_which_calls_a_rule_means(met: Rule, operation: str, means: bool) -> None:  # noqa: FBT001 - a column of the table
    """Those of its operation, on which its fault acts."""
    assert met.means(operation, {}) is means


EVERY = ("r1", *"abcde", *map(str, range(9)))


def met_by(*rules: Rule, calls: int, draw: Callable[[], float] = never) -> list[Decision]:
    """Return what so many creates meet, one after another."""
    decisions = [Decision(rules)]
    for _ in range(calls):
        decisions.append(decide(decisions[-1].rules, EVERY, draw))
    return decisions[1:]


def actors(decisions: list[Decision]) -> list[str | None]:
    """Return the ids of the rules that fail the calls."""
    return [None if each.acting is None else each.acting.id for each in decisions]


def test_skip_and_times() -> None:
    """The first calls pass, the next ones fail, the rest passes again; nothing is left to chance."""
    assert actors(met_by(failing(skip=2, times=3), calls=7)) == [None, None, "r1", "r1", "r1", None, None]


def test_the_first_rule_acts() -> None:
    """What stands behind it is not used up meanwhile, and takes over when it is."""
    decisions = met_by(failing("a", times=2), failing("b", times=1, skip=1), calls=5)
    assert actors(decisions) == ["a", "a", None, "b", None]


def test_a_rule_that_chance_spares_lets_the_next_one_act() -> None:
    """Only a rule that hits the call acts; a spared call does not count for its times."""
    decisions = met_by(failing("a", probability=0.5, times=1), failing("b"), calls=2, draw=always(0.5))
    assert actors(decisions) == ["b", "b"]
    assert [(each.seen, each.acted) for each in decisions[-1].rules] == [(2, 0), (2, 2)]


@pytest.mark.parametrize(("number", "acts"), [(0.0, True), (0.299, True), (0.3, False), (0.999, False)])
def test_probability(number: float, acts: bool) -> None:  # noqa: FBT001 - a column of the table
    """A call is hit if chance says less."""
    assert take(failing(probability=0.3), always(number))[0] is acts


def test_probability_zero_never_acts() -> None:
    """Zero is never."""
    assert take(failing(probability=0), always(0.0)) == (False, failing(probability=0, seen=1))


def test_delays_add_up() -> None:
    """Every rule that means the call holds it back, the acting one and those behind it as well."""
    rules = (Rule("a", fixed_delay=10), failing("b", fixed_delay=5), failing("c", fixed_delay=20), failing("d"))
    uniform = Rule("e", distribution=Uniform(100, 200), fixed_delay=1)
    decision = met_by(*rules, uniform, calls=1, draw=always(0.25))[0]
    assert (actors([decision]), decision.delay) == (["b"], 161)
    assert [each.acted for each in decision.rules] == [1, 1, 1, 0, 1]


def test_the_longest_delay() -> None:
    """However many rules there are, a call waits a minute at most."""
    assert met_by(*(Rule(str(n), fixed_delay=60_000) for n in range(3)), calls=1)[0].delay == 60_000


def test_no_rules() -> None:
    """Nothing is met, and nothing is drawn."""
    assert decide((), EVERY, never) == Decision(())


def test_a_rule_that_does_not_mean_the_call() -> None:
    """It is not met at all: it neither acts nor counts."""
    rules = (failing("a"), failing("b", fixed_delay=5))
    met = replace(rules[1], seen=1, acted=1)
    assert decide(rules, {"b"}, never) == Decision((rules[0], met), met, 5)


def test_a_spared_call_meets_only_delays() -> None:
    """What a call wants by itself leaves rules without a delay untouched, and those with one without their failure."""
    rules = (failing("a", times=1), failing("b", fixed_delay=5), Rule("c", fixed_delay=7))
    decision = decide(rules, EVERY, never, is_spared=True)
    assert (decision.acting, decision.delay) == (None, 12)
    assert [(each.seen, each.acted) for each in decision.rules] == [(0, 0), (1, 1), (1, 1)]


@PROPERTY
@given(
    st.lists(
        st.builds(failing, skip=st.integers(0, 3), times=st.none() | st.integers(1, 3), probability=st.floats(0, 1))
    ),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=200, max_size=200),
)
def test_counters_stay_within_their_bounds(rules: list[Rule], numbers: list[float]) -> None:
    """No rule acts more often than it may, nor without having been seen, and nothing else of it changes."""
    left = iter(numbers)
    named = [replace(each, id=str(number)) for number, each in enumerate(rules[:9])]
    decisions = met_by(*named, calls=10, draw=lambda: next(left))
    for before, after in zip(named, decisions[-1].rules, strict=True):
        assert after.acted <= min(after.seen, before.times or 10)
        assert replace(after, seen=0, acted=0) == before
