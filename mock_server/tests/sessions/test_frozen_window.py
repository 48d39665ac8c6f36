"""The warning that a rate window is nearly full while its session's clock stands."""

from collections.abc import Mapping

import pytest
from mock_server.tests.control.console import CLOCK, Console, done
from mock_server.tests.sessions.tenant import CLASSROOMS, Tenant, open_tenant

WARNING = "clock-frozen-window"


def call(tenant: Tenant, **headers: str) -> tuple[int, str | None]:
    """Make a counted call and return its status and its warnings."""
    answer = tenant.mock.call("GET", CLASSROOMS, headers={**tenant.key, **headers})
    return answer.status_code, answer.headers.get("X-Mock-Warnings")


@pytest.mark.parametrize("window", ["fixed-aligned", "fixed-first", "sliding-log", "gcra"])
def test_four_fifths_of_a_window(mock: Console, window: str) -> None:
    """From 80 % on, the refusals included, until the clock is moved."""
    tenant = open_tenant(mock, clock={"mode": "frozen"}, rateLimitPerMinute=10, behaviours={"rate.window": window})
    assert [call(tenant) for _ in range(12)] == [(200, None)] * 7 + [(200, WARNING)] * 3 + [(429, WARNING)] * 2
    done(tenant.control("PUT", CLOCK, {"action": "advance", "by": "2m"}))
    assert call(tenant) == (200, None)


@pytest.mark.parametrize("clock_", [{"mode": "running"}, {"mode": "running", "instant": "2030-01-01T00:00:00Z"}])
def test_a_running_clock_ends_its_windows(mock: Console, clock_: Mapping[str, str]) -> None:
    """No warning, however full the window."""
    tenant = open_tenant(mock, clock=clock_, rateLimitPerMinute=2)
    assert [call(tenant) for _ in range(3)] == [(200, None), (200, None), (429, None)]


def test_a_refused_call_is_warned_too(mock: Console) -> None:
    """A 400 that counted, and one that shares the header with another warning."""
    tenant = open_tenant(mock, clock={"mode": "frozen"}, rateLimitPerMinute=1)
    other = open_tenant(mock)
    answer = tenant.create(sourceType="")
    assert (answer.status_code, answer.headers["X-Mock-Warnings"]) == (400, WARNING)
    assert call(tenant, **other.named) == (429, f"session-mismatch, {WARNING}")


def test_calls_that_are_not_counted(mock: Console) -> None:
    """Under `count-none` a refused call is given back: it warns of the window as it was while it counted."""
    tenant = open_tenant(
        mock, clock={"mode": "frozen"}, rateLimitPerMinute=1, behaviours={"rate.rejected-calls": "count-none"}
    )
    assert [tenant.create(sourceType="").status_code for _ in range(3)] == [400] * 3
    assert call(tenant) == (200, WARNING)
