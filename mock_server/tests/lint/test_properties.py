"""Grading changes nothing, answers the same when asked again, and costs no more than the journal is long."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mock_server.tests.lint.graded import LINT, Client, by_reads, findings, prefer
from mock_server.tests.operations.in_process import ADMIN, CLASSROOMS, EXPANSIONS, KEY, NOBODYS

from tutorflow_mock.operations import lint

STEPS: dict[str, Callable[[Client], object]] = {
    "create": lambda mock: mock.create("k-1"),
    "create anew": lambda mock: mock.create(),
    "create otherwise": lambda mock: mock.create("k-1", sourceType="x"),
    "fail": lambda mock: mock.create("k-2", prefer("fault=internal-error")),
    "limit": lambda mock: mock.status(NOBODYS, prefer("ratelimit=exhausted")),
    "read": lambda mock: [mock.status(each["id"]) for each in jobs(mock)[:1]],
    "fetch": lambda mock: [mock.result(each["id"]) for each in jobs(mock)[:1]],
    "stray": lambda mock: mock.send("GET", "/v1/content/nowhere", KEY),
    "wrong kind": lambda mock: mock.send("GET", CLASSROOMS, ADMIN),
    "unreadable": lambda mock: mock.send("POST", EXPANSIONS, KEY, raw=b"{"),
    "wait": lambda mock: mock.clock.advance(1),
    "clear": lambda mock: mock.send("DELETE", LINT),
}


def jobs(mock: Client) -> list[Any]:
    """Return the session's jobs, newest first."""
    found: list[Any] = mock.send("GET", "/__admin/jobs").json()["jobs"]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_asking_again_changes_nothing(steps: list[str]) -> None:
    """Findings are the same the second time, and in a mock in which nobody asked before."""
    asked, silent = Client(), Client()
    for step in steps:
        STEPS[step](asked)
        findings(asked)
        STEPS[step](silent)
    assert findings(asked) == findings(asked)
    assert findings(asked) == findings(silent)


def calls_made(work: Callable[[], object]) -> int:
    """Count the Python functions that are called."""
    made = 0

    def count(_: FrameType, event: str, __: object) -> None:
        nonlocal made
        made += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize(
    "step",
    [
        "create",
        "create anew",
        "create otherwise",
        "fail",
        "limit",
        "read",
        "fetch",
        "stray",
        "wrong kind",
        "unreadable",
    ],
)
def test_four_times_the_calls_cost_four_times_as_much(step: str) -> None:
    """No rule looks at calls in pairs, whatever a client does again and again."""
    mock = Client(journal_limit=10_000)
    mock.let_jobs_go(by_reads(1_000))
    mock.create("k-1")
    mock.send("PUT", f"/__admin/ratelimits/{mock.list_keys()[0]['id']}", body={"limit": None})
    session = mock.world.store.session("default")
    assert session is not None

    def effort(times: int) -> int:
        for _ in range(times):
            STEPS[step](mock)
        return calls_made(lambda: lint.grade(mock.world, session))

    few = effort(100)
    assert effort(300) < 4.5 * few
