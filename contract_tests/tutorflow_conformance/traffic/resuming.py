"""Go on with a run that did not end: its jobs are read, not made again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from tutorflow_conformance.traffic.run import NotLearnt, Run
from tutorflow_conformance.traffic.step import Step

LETTERS = {
    "m.create": "M",
    "a.create": "A",
    "b.create": "B",
    "c.create": "C",
    "a2.create": "A2",
    "tenancy.same-key": "X",
}
AT_ONCE = "m.at-once"
STEP = "resuming"
BEFORE = "before M"


def remember(run: Run, steps: Iterable[Step]) -> Mapping[str, str]:
    """Note the jobs that the ledger knows; return the steps that are not sent again, each with the reason.

    Those are the steps that made them, and those that only make sense beside a new job: what is tried before M, what
    is read at once, and what its end is told to.
    """
    made: dict[str, str] = {}
    for job, step in run.ledger.jobs().items():
        letter = LETTERS.get(step)
        if letter is not None:
            run.notes[letter] = job
            made[step] = f"budget: {letter} was made before this run was resumed, and is not made again ({job})"
    every = {each.name: each for each in steps}
    for name in run.ledger.doubtful():
        if name in every and name in LETTERS and name not in made:
            with run.under(STEP), suppress(NotLearnt):
                every[name].send(run)  # under its old key: a replay, if it was accepted
            made[name] = f"budget: {LETTERS[name]} may have been made before this run was resumed"
    about = made.copy()  # steps in their order: each after all that it rests on
    over = made.copy()
    for each in every.values():
        reason = next((about[name] for name in each.after if name in about), None)
        if reason is not None:
            about[each.name] = reason
            if "W" in each.needs or each.name == AT_ONCE:
                over[each.name] = reason
        elif each.phase == BEFORE and "m.create" in made:
            over[each.name] = made["m.create"]
    return over
