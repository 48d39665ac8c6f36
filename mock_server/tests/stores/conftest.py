"""The store under test; each implementation's module says with `make_store` how one is made."""

import pytest
from mock_server.tests.stores.scene import DEFAULT, SECOND, MakeStore, open_session

from tutorflow_mock.stores.base import Caps, Store

for _part in ("session", "key", "window", "job", "flight", "subscription"):
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
    """A store whose sessions hold little: three jobs, four keys, two subscriptions and logins, three journal lines."""
    made = make_store(Caps(jobs=3, keys=4, subscriptions=2, logins=2, journal=3))
    open_session(made, DEFAULT)
    open_session(made, SECOND)
    return made
