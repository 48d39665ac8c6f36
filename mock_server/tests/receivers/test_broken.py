"""G15: every broken receiver is caught by its own trap, and by no other."""

import pytest
from mock_server.tests.receivers import broken
from mock_server.tests.receivers.broken import Broken
from mock_server.tests.receivers.standing import SECRET, Receiver, standing
from mock_server.tests.receivers.trying import SECOND, a_run, failing, told, untold, verdicts

from tutorflow_mock.outbox.traps.catalogue import catalogue


@pytest.mark.parametrize("kind", broken.ALL, ids=lambda kind: kind.__name__)
def test_a_defect_is_found_and_nothing_else(kind: type[Broken]) -> None:
    """The traps that fail are exactly those that the defect is about."""
    with standing(kind()) as receiver:
        second = SECOND if kind is broken.KnowsOneSecret else None
        run = a_run(receiver.url, SECRET, probe=receiver.probe, second_secret=second)
        assert failing(verdicts(run)) == set(kind.caught_by), told(run)


def test_the_same_receiver_without_a_defect_is_not_accused() -> None:
    """All that can be told is told, and all of it is good."""
    receiver = Receiver()
    receiver.secrets = (SECRET, SECOND)
    with standing(receiver):
        run = a_run(receiver.url, SECRET, probe=receiver.probe, second_secret=SECOND)
        found = verdicts(run)
    assert untold(found) == dict.fromkeys(("W14", "W15", "W16", "W28"), "skipped"), told(run)


def test_every_trap_catches_somebody() -> None:
    """But those that need a mock, that warn only, or that have a test of their own (W16, W18)."""
    caught = {trap for kind in broken.ALL for trap in kind.caught_by}
    others = {"W14", "W15", "W16", "W18", "W28", "W30"}
    assert caught == {trap.id for trap in catalogue()} - others
