"""A server that can break connections, and a session of it for each test."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count

import pytest
from mock_server.tests.http.api import Api
from mock_server.tests.process import TOUR_FLAGS, RunningServer, start_process
from mock_server.tests.wire_faults.tenant import SESSIONS, Tenant

NUMBERS = count(1)


@pytest.fixture(scope="package")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with a relay for all tests here."""
    running = start_process(tmp_path_factory.mktemp("relayed") / "stderr.txt", *TOUR_FLAGS, "--wire-faults")
    yield running
    running.close()


@pytest.fixture
def new_tenant(relayed: RunningServer) -> Iterator[Callable[[], Tenant]]:
    """A function that makes sessions; they are gone when the test is over."""
    with closing(Api.nobody(relayed.url)) as api:
        made: list[Tenant] = []

        def make() -> Tenant:
            told = api.post(SESSIONS, {"id": f"wire-{next(NUMBERS)}"}).json()
            made.append(Tenant(relayed.port, told["apiKey"], told["id"], api))
            return made[-1]

        yield make
        for tenant in made:
            assert api.send("DELETE", f"{SESSIONS}/{tenant.id}").status == 204


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A session of the test's own."""
    return new_tenant()
