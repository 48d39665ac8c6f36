"""Fixtures for tests over HTTP: clients of the shared server, keys of one's own, and the proof that it still works."""

from collections.abc import Iterator
from typing import Protocol

import pytest
from mock_server.tests.http.answer import check_created
from mock_server.tests.http.api import API_KEYS, Api
from mock_server.tests.http.wire import Wire
from mock_server.tests.process import TOUR_FLAGS, RunningServer, start_process

LARGEST_LIMIT = 1000


class Mint(Protocol):
    """Mints an API key of the first organization."""

    def __call__(self, limit: int = LARGEST_LIMIT) -> str:
        """Return the secret of a new key that allows this many calls a minute."""
        ...


def minter(admin: Api) -> Mint:
    """Return a function that mints keys through this admin."""

    def new_key(limit: int = LARGEST_LIMIT) -> str:
        answer = admin.post(API_KEYS, {"name": "http-tests", "rateLimitPerMinute": limit})
        assert answer.status == 201, answer.body
        return str(answer.json()["apiKey"])

    return new_key


@pytest.fixture(scope="session")
def admin(server: RunningServer) -> Iterator[Api]:
    """The demo admin of the shared server: not rate-limited."""
    client = Api.admin(server.url, server.admin_cookie)
    yield client
    client.close()


@pytest.fixture(scope="session")
def nobody(server: RunningServer) -> Iterator[Api]:
    """A client of the shared server without credentials."""
    client = Api.nobody(server.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def mint(admin: Api) -> Mint:
    """A function that mints keys, so that no test spends another's calls."""
    return minter(admin)


@pytest.fixture
def fresh_key(mint: Mint) -> str:
    """A key that nobody has used yet, for 1000 calls a minute."""
    return mint()


@pytest.fixture(scope="module")
def api(server: RunningServer, mint: Mint) -> Iterator[Api]:
    """A client with a key of the module's own, for 1000 calls a minute."""
    client = Api.bearer(server.url, mint())
    yield client
    client.close()


@pytest.fixture(scope="module")
def neighbour(server: RunningServer, mint: Mint) -> Iterator[Api]:
    """Somebody else on the shared server, with a key and a connection of their own."""
    client = Api.bearer(server.url, mint())
    yield client
    client.close()


@pytest.fixture
def then_a_normal_create_works(neighbour: Api) -> Iterator[None]:
    """After the test, whatever it sent: an ordinary create of somebody else is accepted."""
    yield
    check_created(neighbour.create())


@pytest.fixture(scope="module")
def wire(server: RunningServer, mint: Mint) -> Wire:
    """A writer of raw requests, with a key of the module's own."""
    return Wire(server.port, mint())


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the module's own whose clock stands at 13 seconds past nine."""
    stderr_path = tmp_path_factory.mktemp("frozen") / "stderr.txt"
    running = start_process(stderr_path, *TOUR_FLAGS, "--clock", "2026-07-06T09:00:13Z")
    yield running
    running.close()


@pytest.fixture(scope="module")
def frozen_admin(frozen: RunningServer) -> Iterator[Api]:
    """The demo admin of the frozen server."""
    client = Api.admin(frozen.url, frozen.admin_cookie)
    yield client
    client.close()


@pytest.fixture(scope="module")
def frozen_mint(frozen_admin: Api) -> Mint:
    """A function that mints keys of the frozen server's first organization."""
    return minter(frozen_admin)
