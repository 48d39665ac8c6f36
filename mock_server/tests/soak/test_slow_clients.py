"""G7: clients that never finish, at full size and for longer, beside callers who want an answer."""

import time
from contextlib import ExitStack, closing

import pytest
from mock_server.tests.http.answer import check_created
from mock_server.tests.http.api import Api
from mock_server.tests.http.processes import descriptors, threads
from mock_server.tests.http.wire import Wire, deliver
from mock_server.tests.process import RunningServer
from mock_server.tests.soak.conftest import Figure

pytestmark = pytest.mark.soak

EACH = 200
NORMAL_CALLS = 500


def slowest(api: Api) -> float:
    """Make many normal calls of both planes and return how many milliseconds the slowest took."""
    worst = 0.0
    for number in range(NORMAL_CALLS):
        began = time.perf_counter()
        if number % 5:
            check_created(api.create())
        else:
            assert api.get("/__admin/clock").status == 200
        worst = max(worst, (time.perf_counter() - began) * 1000)
    return worst


def test_two_hundred_slow_headers_and_two_hundred_slow_bodies(crowded: RunningServer, figure: Figure) -> None:
    """They go on by a byte a round while others are served, and when they leave, all that they held is free."""
    wire = Wire(crowded.port, crowded.api_key)
    with closing(Api.bearer(crowded.url, crowded.api_key)) as api:
        figure("slowest of 500 normal calls, nobody else there", f"{slowest(api):.0f} ms")
        before = descriptors(crowded.pid), threads(crowded.pid)
        with ExitStack() as held:
            links = [held.enter_context(wire.connection()) for _ in range(2 * EACH)]
            for number, link in enumerate(links):
                slow_body = wire.create("Content-Length: 100", body=b"{")
                deliver(link, slow_body if number % 2 else b"POST /v1/content HTTP/1.1\r\nX-Slow: ")
            worst = 0.0
            for _ in range(5):
                for link in links:
                    deliver(link, b" ")
                worst = max(worst, slowest(api))
            figure("slowest of 2 500 normal calls beside 200 slow headers and 200 slow bodies", f"{worst:.0f} ms")
        for _ in range(100):
            check_created(api.create())
            if descriptors(crowded.pid) <= before[0] + 10:
                break
        assert descriptors(crowded.pid) <= before[0] + 10
        figure("slowest of 500 normal calls, when they have left", f"{slowest(api):.0f} ms")
        figure("threads of the server before and after", f"{before[1]} and {threads(crowded.pid)}")
