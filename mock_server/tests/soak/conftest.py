"""What the slow proofs share: one server with a frozen clock, and the figures that a run prints at its end."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from mock_server.tests.http.api import Api
from mock_server.tests.process import TOUR_FLAGS, RunningServer, start_process

Figure = Callable[[str, str], None]
"""Notes what was measured, and its value."""

_FIGURES = pytest.StashKey[list[tuple[str, str]]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures of the proofs that ran."""
    if _FIGURES in config.stash:
        terminalreporter.section("figures")
        for what, value in config.stash[_FIGURES]:
            terminalreporter.write_line(f"{what}: {value}")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """A function that notes a figure; none of them decides whether a proof holds."""
    figures = request.config.stash.setdefault(_FIGURES, [])
    return lambda what, value: figures.append((what, value))


@pytest.fixture
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the test's own whose clock stands still and whose demo key may call as often as it likes."""
    stderr_path = tmp_path_factory.mktemp("crowded") / "stderr.txt"
    running = start_process(stderr_path, *TOUR_FLAGS, "--clock", "2026-07-06T09:00:13Z")
    with closing(running), closing(Api.nobody(running.url)) as api:
        for each in api.get("/__admin/ratelimits").json()["rateLimits"]:
            lifted = api.call("PUT", f"/__admin/ratelimits/{each['keyId']}", {"limit": None})
            assert lifted.status == 200, lifted.body
        yield running
