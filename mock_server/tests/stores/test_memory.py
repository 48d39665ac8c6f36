"""The store in memory keeps the contract of all stores."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from mock_server.tests.stores.scene import MakeStore
from mock_server.tests.stores.store_contract import StoreContract, StoreMachine

from tutorflow_mock.stores.memory import MemoryStore

ROUNDS = settings(derandomize=True, max_examples=100, stateful_step_count=30, deadline=None)


@pytest.fixture
def make_store() -> MakeStore:
    """How a store in memory is made."""
    return MemoryStore


class TestMemoryStore(StoreContract):
    """`MemoryStore`, by the contract of all stores."""


class MemoryMachine(StoreMachine):
    """`MemoryStore`, against the model."""

    make_store = MemoryStore


def test_the_store_in_memory_never_leaves_the_model() -> None:
    """TA10: 100 runs of 30 steps, no divergence."""
    run_state_machine_as_test(MemoryMachine, settings=ROUNDS)
