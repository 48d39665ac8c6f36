"""The store under test; each implementation's module says with `make_store` how one is made."""

import pytest
from mock_server.tests.stores.scene import DEFAULT, SECOND, MakeStore, open_session

from tutorflow_mock.stores.base import Caps, Store

for _part in ("session", "key", "window", "job", "flight", "subscription", "presence", "watching", "delivery"):
    pytest.register_assert_rewrite(f"mock_server.tests.stores.{_part}_contract")


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """A store with the default session and a second one."""
    made = make_store(Caps())
    open_session(made, DEFAULT)
    open_session(made, SECOND)
    return made


@pytest.fixture
def small_store(make_store: MakeStore) -> Store:
    """A store that holds 3 jobs, 4 keys, 3 journal lines, 2 subscriptions, logins, snapshots and new sessions."""
    made = make_store(Caps(jobs=3, keys=4, subscriptions=2, logins=2, journal=3, sessions=2, snapshots=2))
    open_session(made, DEFAULT)
    open_session(made, SECOND)
    return made
