"""Calls at the same time: first uses of one key, readers of one job, callers of one limited key."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.job_m import CREATE, STATUS
from tutorflow_conformance.traffic.run import Run
from tutorflow_conformance.traffic.step import step

CALLERS = 8
READERS, LOOKS = 4, 6


@step("parallel.first-uses", "parallel", needs="N", requests=CALLERS, jobs=1, reserve=CALLERS - 1)
def first_uses(run: Run) -> None:
    """Use one new key from many callers at once."""
    answers = at_once(CALLERS, lambda: run.call(CREATE, body=bodies.small(), key=run.key("parallel")))
    made = [each for each in answers if each.is_success]
    run.note_job("P", made[0] if made else answers[0])


@step("parallel.readers", "parallel", needs="N", after=("parallel.first-uses",), requests=READERS * LOOKS)
def readers(run: Run) -> None:
    """Read one job from several readers at once, again and again while it goes its way."""
    path = {"jobId": run.learnt("P")}
    for _ in range(LOOKS):
        at_once(READERS, lambda: run.call(STATUS, path=path))
        run.pause(1.0)


def at_once(callers: int, call: Callable[[], Exchange]) -> list[Exchange]:
    """Call from as many threads at the same moment; return the exchanges."""
    gate = Barrier(callers)

    def one(_: int) -> Exchange:
        gate.wait()
        return call()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(callers)))
