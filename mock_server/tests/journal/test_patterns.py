"""Patterns of requests: what they take, what they refuse to be, and how near a call came."""

from collections.abc import Callable
from typing import Any

import pytest

from tutorflow_mock.domain import near_misses, patterns
from tutorflow_mock.domain.json_likeness import is_like
from tutorflow_mock.domain.near_misses import Route
from tutorflow_mock.domain.patterns import Sent
from tutorflow_mock.domain.steering_errors import SteeringError

OPERATIONS = ("createExpansion", "getExpansion")
HEADERS = {"x-team": "a", "cookie": "jwt=x; jwt=y; flag", "authorization": "Bearer p…"}
CALL = Sent(
    "POST",
    "/v1/jobs/7",
    "a=1&a=2&b=x%20y",
    HEADERS.get,
    '{"a": [1, 2]}',
    operation="createExpansion",
    status=200,
    job_id="7",
)
BARE = Sent("GET", "/", "", lambda name: None)


@pytest.mark.parametrize(
    "pattern",
    [
        {},
        {"method": "ANY"},
        {"method": "post"},
        {"url": "/v1/jobs/7?a=1&a=2&b=x%20y"},
        {"urlPath": "/v1/jobs/7"},
        {"urlPathTemplate": "/v1/jobs/{id}"},
        {"headers": {"X-Team": {"equalTo": "A", "caseInsensitive": True}, "X-Other": {"absent": True}}},
        {"headers": {"x-team": {"contains": "a"}}},
        {"queryParameters": {"a": {"equalTo": "2"}, "b": {"equalTo": "x y"}, "c": {"absent": True}}},
        {"cookies": {"jwt": {"equalTo": "x"}, "none": {"absent": True}}},
        {"bodyPatterns": [{"contains": "a"}, {"equalToJson": {"a": [1, 2]}}, {"equalToJson": '{"a": [1, 2.0]}'}]},
        {"bodyPatterns": [{"equalToJson": {"a": [2, 1]}, "ignoreArrayOrder": True}]},
        {"operation": "createExpansion", "status": 200, "jobId": "7"},
        {"status": [200, 404]},
    ],
)
def test_a_call_as_it_should_be(pattern: Any) -> None:
    """Each member and matcher holds where it should."""
    read = patterns.read(pattern, OPERATIONS)
    assert patterns.matches(read, CALL)
    assert patterns.miss(read, CALL) == (0.0, ())


@pytest.mark.parametrize(
    ("pattern", "part", "actual", "hint"),
    [
        ({"method": "GET"}, "method", "POST", "it is another"),
        ({"url": "/v1/jobs/7"}, "url", "/v1/jobs/7?a=1&a=2&b=x%20y", "it is another"),
        ({"urlPath": "/V1/jobs/7"}, "urlPath", "/v1/jobs/7", "only case or blanks differ"),
        ({"urlPathTemplate": "/v1/{a}"}, "urlPathTemplate", "/v1/jobs/7", "the path does not fit the template"),
        ({"urlPathTemplate": "/v1/other/{a}"}, "urlPathTemplate", "/v1/jobs/7", "the path does not fit the template"),
        ({"headers": {"X-Team": {"absent": True}}}, "headers.X-Team", "a", "it must not be there"),
        ({"headers": {"X-Other": {"contains": ""}}}, "headers.X-Other", None, "it is not there"),
        ({"headers": {"X-Team": {"contains": "zz"}}}, "headers.X-Team", "a", "the text is not in it"),
        (
            {"headers": {"Authorization": {"equalTo": "k"}}},
            "headers.Authorization",
            "Bearer p…",
            "what is secret is not kept, only what stands here",
        ),
        ({"queryParameters": {"a": {"equalTo": "3"}}}, "queryParameters.a", ["1", "2"], "it is another"),
        ({"cookies": {"jwt": {"equalTo": "z"}}}, "cookies.jwt", "x", "it is another"),
        ({"bodyPatterns": [{"equalToJson": {"a": [2, 1]}}]}, "bodyPatterns[0]", '{"a": [1, 2]}', "the JSON differs"),
        ({"operation": "getExpansion"}, "operation", "createExpansion", "it is another"),
        ({"status": 404}, "status", "200", "it is another"),
        ({"jobId": "8"}, "jobId", "7", "it is another"),
    ],
)
def test_a_call_that_is_otherwise(pattern: Any, part: str, actual: object, hint: str) -> None:
    """The one difference names its part, what was found, and why that is not it."""
    read = patterns.read(pattern, OPERATIONS)
    assert not patterns.matches(read, CALL)
    found = patterns.miss(read, CALL)
    assert 0 < found.distance <= 1
    assert [(each.part, each.actual, each.hint) for each in found.differences] == [(part, actual, hint)]


def test_what_a_bare_call_lacks() -> None:
    """A call without anything misses what is asked of it, and a body that is no JSON equals none."""
    wanted: Any = {"operation": "getExpansion", "status": [200, 201], "url": "/x", "bodyPatterns": [{"equalToJson": 1}]}
    read = patterns.read(wanted, OPERATIONS)
    parts = {each.part: (each.expected, each.actual) for each in patterns.miss(read, BARE).differences}
    assert parts["status"] == ([200, 201], None) or parts["status"] == (["200", "201"], None)
    assert parts["url"] == ("/x", "/")
    assert parts["bodyPatterns[0]"] == (1, None)
    broken = Sent("POST", "/", "", lambda name: None, "{")
    assert not patterns.matches(patterns.read({"bodyPatterns": [{"equalToJson": [0]}]}, ()), broken)


@pytest.mark.parametrize(
    ("pattern", "field", "problem"),
    [
        ([], "pattern", "invalid-field"),
        ({"metod": "GET"}, "metod", "unknown-field"),
        ({"urlPathPattern": ".*"}, "urlPathPattern", "unknown-field"),
        ({"method": "FETCH"}, "method", "invalid-field"),
        ({"method": 5}, "method", "invalid-field"),
        ({"url": "/", "urlPath": "/"}, "url", "invalid-field"),
        ({"headers": []}, "headers", "invalid-field"),
        ({"headers": {"A": "x"}}, "headers.A", "invalid-field"),
        ({"headers": {"A": {}}}, "headers.A", "invalid-field"),
        ({"headers": {"A": {"equalsTo": "x"}}}, "headers.A.equalsTo", "unknown-field"),
        ({"headers": {"A": {"matches": "x"}}}, "headers.A.matches", "unknown-field"),
        ({"headers": {"A": {"contains": "x", "caseInsensitive": True}}}, "headers.A.caseInsensitive", "unknown-field"),
        ({"headers": {"A": {"equalTo": "x", "caseInsensitive": 1}}}, "headers.A.caseInsensitive", "invalid-field"),
        ({"headers": {"A": {"equalTo": "x", "contains": "x"}}}, "headers.A", "invalid-field"),
        ({"headers": {"A": {"equalTo": 5}}}, "headers.A.equalTo", "invalid-field"),
        ({"headers": {"A": {"absent": False}}}, "headers.A.absent", "invalid-field"),
        ({"bodyPatterns": {}}, "bodyPatterns", "invalid-field"),
        ({"bodyPatterns": [{"equalToJson": "{"}]}, "bodyPatterns[0].equalToJson", "invalid-field"),
        ({"operation": "nothing"}, "operation", "invalid-field"),
        ({"status": "200"}, "status", "invalid-field"),
        ({"status": True}, "status", "invalid-field"),
        ({"status": []}, "status", "invalid-field"),
        ({"jobId": 7}, "jobId", "invalid-field"),
    ],
)
def test_what_is_no_pattern(pattern: Any, field: str, problem: str) -> None:
    """Whatever is not understood is an error that names it, never a silent mismatch."""
    with pytest.raises(SteeringError) as refused:
        patterns.read(pattern, OPERATIONS)
    assert (refused.value.field, refused.value.problem) == (field, problem)


def test_a_header_can_be_asked_for_by_its_whole_value() -> None:
    """What is shown of a header is compared with what would be shown of the one that is asked for."""
    wanted = {"headers": {"Authorization": {"equalTo": "Bearer p-and-more"}}}
    shown: Callable[[str, str], str] = lambda _, value: value[:8] + "…"  # noqa: E731
    assert patterns.matches(patterns.read(wanted, (), shown), CALL)


ORDER, EXTRA = "ignoreArrayOrder", "ignoreExtraElements"


@pytest.mark.parametrize(
    ("wanted", "given", "options", "like"),
    [
        (1, 1.0, (), True),
        (1, True, (), False),
        ([0], [False], (), False),
        ({"a": 1}, {"a": 1, "b": 2}, (), False),
        ({"a": 1}, {"a": 1, "b": 2}, (EXTRA,), True),
        ({"a": 1}, {"b": 1}, (), False),
        ([1, 2], [1, 2, 3], (), False),
        ([1, 2], [1, 2, 3], (EXTRA,), True),
        ([1, 2], [2, 1], (), False),
        ([1, 2], [2, 1], (ORDER,), True),
        ([1, 1], [1, 2], (ORDER,), False),
        ([1, 2], [1], (ORDER, EXTRA), False),
        ([{"a": [1, 2]}], [{"a": [2, 1]}], (ORDER,), True),
        ([{}, {"a": 1}], [{"a": 1, "b": 1}, {"c": 1}], (ORDER, EXTRA), True),
        (
            [{"a": 1}, {"b": 1}, {"c": 1}],
            [{"a": 1, "b": 1, "x": 1}, {"b": 1, "c": 1, "x": 1}, {"a": 1, "c": 1, "x": 1}],
            (ORDER, EXTRA),
            True,
        ),
        ([{"a": 1}, {"a": 1}], [{"a": 1, "b": 1}, {"c": 1}], (ORDER, EXTRA), False),
        ([{"a": 1}, {"a": 1, "b": 1}], [{"a": 1, "b": 1, "x": 1}, {"a": 1, "x": 2}], (ORDER, EXTRA), True),
        ([{}, {"a": 1}], [{"a": 1, "x": 1}, {"y": 1}], (ORDER, EXTRA), True),
    ],
)
def test_json_by_value(wanted: object, given: object, options: tuple[str, ...], *, like: bool) -> None:
    """Compared by value; order and additions count unless told otherwise, and then each item needs one of its own."""
    assert is_like(wanted, given, options) is like


ROUTES = [
    Route("list", "GET", "/v1/jobs"),
    Route("create", "POST", "/v1/jobs"),
    Route("get", "GET", "/v1/jobs/{id}"),
    Route("result", "GET", "/v1/jobs/{id}/result"),
]


@pytest.mark.parametrize(
    ("method", "path", "nearest", "distance", "hint"),
    [
        ("PUT", "/v1/jobs", "list", 0.23, "this path answers GET, POST"),
        ("GET", "/v1/jobs/", "list", 0.26, "the path does not end with a slash"),
        ("GET", "/V1/jobs/7", "get", 0.13, "paths are told apart by case"),
        ("GET", "/v1//jobs", "list", 0.26, "no segment of a path may be empty"),
        ("GET", "/v1/job/7", "get", 0.06, "'jobs', not 'job'"),
        ("GET", "/v1/jobs/7/results", "result", 0.03, "'result', not 'results'"),
        ("GET", "/v1/jobs/7/result/x", "result", 0.15, "the path has 4 segments, not 5"),
    ],
)
def test_the_nearest_operation(method: str, path: str, nearest: str, distance: float, hint: str) -> None:
    """A call that no operation takes is told which one it may have meant, and what to change."""
    found = near_misses.of_call(method, path, ROUTES)
    route, miss = found[0]
    assert len(found) == 3
    assert (route.id, miss.distance, miss.differences[0].hint) == (nearest, distance, hint)


def test_unlikeness() -> None:
    """Two texts differ by what lies between a common start and a common end."""
    assert [near_misses.unlikeness(*pair) for pair in (("", ""), ("a", "b"), ("abcd", "abxd"))] == [0.0, 1.0, 0.25]
    assert near_misses.miss((), 0).distance == 0.0
