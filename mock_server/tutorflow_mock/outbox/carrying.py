"""All the requests of one attempt, one after another or many at a time, and what came of them as a whole."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.domain.misbehaviours.letters import Plan, Send
    from tutorflow_mock.outbox.sender import Outcome

    Carry = Callable[[Send], Outcome]

_SUCCESS = 2


def carry(plan: Plan, carry_one: Carry) -> tuple[Outcome, ...]:
    """Send all that a plan says and return the outcomes, in the order of the plan."""
    if plan.at_once == 1:
        return tuple(map(carry_one, plan.sends))
    pause = plan.span / len(plan.sends)
    with ThreadPoolExecutor(plan.at_once, thread_name_prefix="tutorflow-at-once") as pool:
        under_way: list[Future[Outcome]] = []
        for each in plan.sends:
            under_way.append(pool.submit(carry_one, each))
            if pause:
                Event().wait(pause)
        return tuple(each.result() for each in under_way)


def summed_up(outcomes: tuple[Outcome, ...], *, is_crowd: bool) -> Outcome:
    """Return the outcome that counts: of a crowd the first that is no success, else the last of all."""
    failed = [each for each in outcomes if not is_success(each)] if is_crowd else []
    return failed[0] if failed else outcomes[-1]


def is_success(outcome: Outcome) -> bool:
    """Tell whether the receiver took it."""
    return outcome.error is None and outcome.status is not None and outcome.status // 100 == _SUCCESS
