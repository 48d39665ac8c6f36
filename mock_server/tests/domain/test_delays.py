"""How long answers are held back, and that it is the same again from the same seed."""

import statistics
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.domain.delays import Distribution, Fixed, Lognormal, Uniform, draw_from, from_json, to_json
from tutorflow_mock.domain.steering_errors import SteeringError, UnknownMember
from tutorflow_mock.system import SeededIds

UNIT = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("value", "distribution"),
    [
        ({"type": "fixed", "milliseconds": 200}, Fixed(200)),
        ({"type": "uniform", "lower": 10, "upper": 20.5}, Uniform(10, 20.5)),
        ({"type": "uniform", "lower": 5, "upper": 5}, Uniform(5, 5)),
        ({"type": "lognormal", "median": 80, "sigma": 0.4, "maxValue": 2_000}, Lognormal(80, 0.4, 2_000)),
        ({"type": "lognormal", "median": 80, "sigma": 0}, Lognormal(80, 0, 60_000)),
    ],
)
def test_reading_and_writing(value: dict[str, Any], distribution: Distribution) -> None:
    """Members are those of WireMock; what is written can be read."""
    assert from_json(value) == distribution
    assert from_json(to_json(distribution)) == distribution


@pytest.mark.parametrize(
    ("value", "field"),
    [
        *(("fixed", "delayDistribution"), ({}, "delayDistribution.type"), ({"type": []}, "delayDistribution.type")),
        *(({"type": "normal"}, "delayDistribution.type"), ({"type": "fixed"}, "delayDistribution.milliseconds")),
        ({"type": "fixed", "milliseconds": 60_001}, "delayDistribution.milliseconds"),
        ({"type": "fixed", "milliseconds": True}, "delayDistribution.milliseconds"),
        ({"type": "uniform", "lower": 2, "upper": 1}, "delayDistribution.upper"),
        ({"type": "uniform", "lower": -1, "upper": 1}, "delayDistribution.lower"),
        ({"type": "lognormal", "median": 1, "sigma": 11}, "delayDistribution.sigma"),
        ({"type": "lognormal", "median": 1, "sigma": 1, "maxValue": "x"}, "delayDistribution.maxValue"),
    ],
)
def test_bad_distributions_are_refused(value: object, field: str) -> None:
    """The error names the member."""
    with pytest.raises(SteeringError) as refusal:
        from_json(value)
    assert refusal.value.field == field


def test_members_of_another_kind_are_refused() -> None:
    """A typo must not pass as a default."""
    with pytest.raises(UnknownMember, match="those are lower, upper") as refusal:
        from_json({"type": "uniform", "lower": 1, "upper": 2, "median": 3})
    assert refusal.value.field == "delayDistribution.median"


@PROPERTY
@given(st.tuples(UNIT, UNIT))
def test_samples_stay_within_bounds(numbers: tuple[float, float]) -> None:
    """Whatever chance says."""
    for distribution, least, most in ((Fixed(7), 7, 7), (Uniform(3, 9), 3, 9), (Lognormal(80, 10, 2_000), 0, 2_000)):
        left: Iterator[float] = iter(numbers)
        assert least <= distribution.sample(partial(next, left)) <= most


def test_the_median_is_the_median() -> None:
    """Half of the delays are longer, few are much longer."""
    draw = draw_from(SeededIds("42", "default"))
    samples = [Lognormal(80, 0.4).sample(draw) for _ in range(2_000)]
    assert 76 < statistics.median(samples) < 84
    assert max(samples) > 200


def test_draws_are_repeatable() -> None:
    """The same seed gives the same numbers, from 0 up to 1, and no other stream is touched."""
    ids, again = SeededIds("42", "one"), SeededIds("42", "two")
    draw, numbers = draw_from(ids), [draw_from(again)() for _ in range(100)]
    assert [draw() for _ in range(100)] == numbers
    assert all(0 <= number < 1 for number in numbers)
    assert ids.bits("jobs", 64) == SeededIds("42", "one").bits("jobs", 64)
