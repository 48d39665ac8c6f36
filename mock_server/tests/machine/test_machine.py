"""TA10 and G9: the whole mock, in process, never leaves a model of a hundred lines."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from mock_server.tests.machine.machine import MockMachine, new_mock

ROUNDS = settings(derandomize=True, max_examples=200, stateful_step_count=30, deadline=None, database=None)
MORE = settings(ROUNDS, max_examples=5_000)


@pytest.mark.requirement("IDEM-001", "IDEM-002", "IDEM-003", "IDEM-005", "STAT-006", "RATE-001", "HOOK-010")
@pytest.mark.parametrize("rounds", [ROUNDS, pytest.param(MORE, marks=pytest.mark.soak)], ids=["200", "5000"])
def test_the_mock_never_leaves_the_model(rounds: settings) -> None:
    """So many runs of 30 steps, no divergence."""

    class Machine(MockMachine):
        mock = new_mock()

    run_state_machine_as_test(Machine, settings=rounds)
