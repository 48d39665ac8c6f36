"""M: the one job that nearly half of all requirements ride on."""

from __future__ import annotations

from itertools import accumulate, repeat
from math import pow as power

from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.run import KEY, NONE, Patience, Run
from tutorflow_conformance.traffic.step import step

CREATE, STATUS, RESULT = "createExpansion", "getExpansion", "getExpansionResult"
FOR_M = "M's key"
TERMINAL = frozenset(("completed", "failed"))
OTHER_KEY = "m-other"


@step("m.unauthorised", "before M", reserve=1)
def unauthorised(run: Run) -> None:
    """Send M without a credential: its key must not be used up."""
    run.call(CREATE, body=bodies.job_m(), key=run.key("m"), credential=NONE)


@step("m.invalid", "before M", reserve=1)
def invalid(run: Run) -> None:
    """Send a body without payload under M's key: it must not be used up."""
    run.call(CREATE, body={"sourceType": "floco"}, key=run.key("m"), credential=own(run))


@step("m.foreign-classroom", "before M", reserve=1)
def foreign_classroom(run: Run) -> None:
    """Send M for a classroom that is not ours, under M's key."""
    run.call(CREATE, body={**bodies.job_m(), "classroomId": UNKNOWN_ID}, key=run.key("m"), credential=own(run))


@step("m.media-type", "before M", reserve=1)
def media_type(run: Run) -> None:
    """Call M plain text, under M's key."""
    text = (("Content-Type", "text/plain"),)
    run.call(CREATE, body=bodies.job_m(), key=run.key("m"), headers=text, credential=own(run))


@step("m.create", "M", jobs=1)
def create(run: Run) -> None:
    """Make M."""
    run.note_job("M", run.call(CREATE, body=bodies.job_m(), key=run.key("m"), credential=own(run)))


@step("m.at-once", "M", after=("m.create",), requests=2)
def at_once(run: Run) -> None:
    """Read M's status and result as soon as it is made."""
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.learnt("M")})


@step("m.replay", "M", after=("m.create",), reserve=1)
def replay(run: Run) -> None:
    """Send M again."""
    run.call(CREATE, body=bodies.job_m(), key=run.key("m"), credential=own(run))


@step("m.reserialised", "M", after=("m.create",), reserve=1)
def reserialised(run: Run) -> None:
    """Send M again in other bytes."""
    run.call(CREATE, body=bodies.reserialised(run.filled(bodies.job_m())), key=run.key("m"), credential=own(run))


@step("m.other-body", "M", after=("m.create",), reserve=1)
def other_body(run: Run) -> None:
    """Send another body under M's key."""
    body = {**bodies.job_m("Another glossary"), "requestedOutputs": [bodies.QUIZ]}
    run.call(CREATE, body=body, key=run.key("m"), credential=own(run))


@step("m.key-in-body", "M", after=("m.create",), reserve=1)
def key_in_body(run: Run) -> None:
    """Send M again with its key in the body."""
    run.call(CREATE, body={**bodies.job_m(), "idempotencyKey": run.key("m")}, credential=own(run))


@step("m.two-keys", "M", after=("m.create",), reserve=1)
def two_keys(run: Run) -> None:
    """Send M under two keys that differ: its own where the document says that it counts."""
    in_header = run.target.contract.values["idempotency.precedence"] == "header"
    keys = (run.key("m"), run.key(OTHER_KEY))
    header, body = keys if in_header else keys[::-1]
    run.call(CREATE, body={**bodies.job_m(), "idempotencyKey": body}, key=header, credential=own(run))


@step("m.finish", "end of M", after=("m.create",), requests=0)
def finish(run: Run) -> None:
    """Read M's status until it has ended."""
    wait_for_end(run, "M")


@step("m.ended", "end of M", after=("m.finish",), requests=5, reserve=1)
def ended(run: Run) -> None:
    """Read the ended M twice, status and result, and send it once more."""
    path = {"jobId": run.learnt("M")}
    for operation in (STATUS, RESULT, RESULT):
        run.call(operation, path=path)
    run.call(CREATE, body=bodies.job_m(), key=run.key("m"), credential=own(run))
    run.call(STATUS, path=path)


def own(run: Run) -> str:
    """Return the label of the key that makes M: one of the run's own where it could make one, else the one given."""
    return FOR_M if FOR_M in run.secrets else KEY


def wait_for_end(run: Run, name: str, credential: str = KEY) -> Exchange | None:
    """Poll a job until it has ended or patience has; what a 429 asks for is waited. Notes `<name> ended`."""
    path = {"jobId": run.learnt(name)}
    seen: Exchange | None = None
    waited = 0.0
    for planned in pauses(run.patience):
        pause = max(planned, (seen.retry_after or 0.0) if seen else 0.0)
        if waited + pause > run.patience.deadline + planned:
            break
        run.tell(f"job {name} is {status(seen) if seen else 'under way'}; next look in {pause:.0f} s")
        run.pause(pause)
        waited += pause
        seen = run.call(STATUS, path=path, credential=credential)
        if status(seen) in TERMINAL:
            run.notes[f"{name} ended"] = status(seen)
            run.notes[f"{name} took"] = run.time - run.notes.get(f"{name} began", run.time - waited)
            return seen
    run.notes[f"no {name} ended"] = f"job {name} had not ended within {run.patience.deadline:.0f} s"
    return seen


def pauses(patience: Patience) -> list[float]:
    """Return the seconds before each poll: even if there are polls enough, else growing so that they reach the end."""
    needed = max(1, round(patience.deadline / patience.interval))
    if patience.polls >= needed:
        return list(repeat(patience.interval, needed))
    ratio = _ratio(patience)
    return list(accumulate(repeat(ratio, patience.polls - 1), lambda pause, by: pause * by, initial=patience.interval))


def status(exchange: Exchange) -> str | None:
    """Return the job's state as an answer tells it, flat or nested."""
    found = member(exchange.json, "status") or member(exchange.json, "job", "status")
    return found if isinstance(found, str) else None


def _ratio(patience: Patience) -> float:
    """Return the growth with which a few polls span the deadline, found by halving."""
    reach = patience.deadline / patience.interval
    low, high = 1.0, power(reach, 1 / max(1, patience.polls - 1))  # the last pause alone must not pass the deadline
    for _ in range(60):
        middle = (low + high) / 2
        total = patience.interval * sum(middle**number for number in range(patience.polls))
        low, high = (middle, high) if total < patience.deadline else (low, middle)
    return high
