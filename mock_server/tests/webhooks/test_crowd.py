"""One bad receiver among good ones: nobody holds up another."""

import pytest
from mock_server.tests.webhooks.conftest import Receive
from mock_server.tests.webhooks.desk import Desk
from mock_server.tests.webhooks.receiver import Gate, Receiver


@pytest.mark.requirement("HOOK-021")
def test_one_target_that_hangs_holds_up_nobody(desk: Desk, receive: Receive) -> None:
    """G5: the other nine have all first attempts before the hanging one ends, also of the events that follow."""
    gate = Gate()
    hanging = receive(gate)
    others: list[Receiver] = [receive() for _ in range(9)]
    desk.programme(progression="immediate")
    for each in (hanging, *others):
        desk.subscribe(each, "content.completed")
    for _ in range(10):
        desk.create()
    for each in others:
        each.wait_for(10)
    desk.wait(90, status="sent")
    assert len(desk.deliveries(status="sending")) == 4
    assert len(desk.deliveries(status="pending")) == 6
    assert len(hanging.wait_for(4)) == 4
    gate.opened.set()
    assert len(desk.wait(100, status="sent")) == 100


@pytest.mark.requirement("HOOK-021")
def test_under_advance_too(desk: Desk, receive: Receive) -> None:
    """B8: what falls due at one instant does not wait for the slowest of those that began first."""
    gate = Gate()
    hanging, other = receive(gate), receive()
    for each in (hanging, other):
        desk.subscribe(each, "content.completed")
    for _ in range(10):
        desk.create()
    assert desk.pass_time(timeoutMillis=0)["status"] == "advancing"
    other.wait_for(10)
    assert len(hanging.wait_for(4)) == 4
    gate.opened.set()
    assert len(desk.wait(20, status="sent")) == 20
