"""Deliveries: subscriptions before any job, a receiver that answers as it is told, and reads made on receipt."""

from __future__ import annotations

from collections.abc import Callable

from tutorflow_conformance.evidence import Arrival, job_of
from tutorflow_conformance.exchange import header
from tutorflow_conformance.receiver import OK, Received, Receiver
from tutorflow_conformance.signature import SIGNATURE_HEADER, verdict
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.hooks import nowhere
from tutorflow_conformance.traffic.job_m import CREATE, RESULT, STATUS, own
from tutorflow_conformance.traffic.minting import subscribe, unsubscribe
from tutorflow_conformance.traffic.run import OTHER_ADMIN, NotLearnt, Run
from tutorflow_conformance.traffic.step import step

BOTH, COMPLETED, FAILED, FLAKY, MOVED, DEAD, THEIRS = "both", "completed", "failed", "flaky", "moved", "dead", "theirs"
OURS = (BOTH, COMPLETED, FLAKY, MOVED)  # endpoints that M's end is told to, and that somebody hears
BROKEN, FOUND = 500, 302
MARGIN = 5.0
PATIENCE = 45.0


@step("hooks.subscribe", "hooks", needs="K W", after=("admin.organizations",), requests=6)
def subscribe_all(run: Run) -> None:
    """Subscribe six endpoints: to both events, to each alone, one that fails, one that moved, one that is dead."""
    receiver = _receiver(run)
    for label in (BOTH, FLAKY, MOVED):
        subscribe(run, label, address(run, label))
    subscribe(run, COMPLETED, address(run, COMPLETED), ["content.completed"])
    subscribe(run, FAILED, address(run, FAILED), ["content.failed"])
    subscribe(run, DEAD, f"{nowhere(run)}/{run.key('dead')}")
    receiver.answer(FLAKY, BROKEN)
    receiver.answer(MOVED, FOUND)
    receiver.on_receipt = lambda received: _read_on_receipt(run, received)


@step("hooks.theirs", "hooks", needs="K W 2o", after=("hooks.subscribe",))
def subscribe_theirs(run: Run) -> None:
    """Subscribe an endpoint of the other organization."""
    if OTHER_ADMIN not in run.secrets:
        raise NotLearnt("not configured: TUTORFLOW_OTHER_ADMIN_COOKIE")
    theirs = str(run.target.credentials.other_organization_id)
    subscribe(run, THEIRS, address(run, THEIRS), credential=OTHER_ADMIN, organization=theirs)


@step("hooks.on-receipt", "end of M", needs="K W", after=("hooks.subscribe", "m.finish"), requests=2)
def await_m(run: Run) -> None:
    """Wait until M's end has been told to all that listen; status and result are read while the first is answered."""
    name = run.learnt("M")
    _settle(run, lambda: all(_of(run, label, name) for label in OURS), PATIENCE)


@step("hooks.retried", "end of M", needs="K W", after=("hooks.on-receipt",), requests=0)
def await_retry(run: Run) -> None:
    """Wait until those that failed have been told again."""
    schedule = run.target.contract.values["webhook.retry-schedule"]
    first = float(str(schedule[0])) if isinstance(schedule, tuple) and schedule else 0.0
    run.tell(f"waiting for deliveries that are sent again, {first:.0f} s after the first")
    _settle(run, lambda: all(_is_told_again(run, label) for label in (FLAKY, MOVED)), first + PATIENCE)


@step("hooks.b-told", "end of M", needs="K W", after=("hooks.subscribe", "b.finish"), requests=0)
def await_b(run: Run) -> None:
    """Wait until B's end has been told."""
    name = run.learnt("B")
    _settle(run, lambda: bool(_of(run, BOTH, name)), PATIENCE)
    run.notes["waited for B"] = True


@step("hooks.unsubscribed", "while second", needs="K W", after=("hooks.on-receipt", "c.create"))
def unsubscribe_one(run: Run) -> None:
    """Delete one subscription while C is under way."""
    unsubscribe(run, COMPLETED)


@step("hooks.c-told", "deliveries", needs="K W", after=("hooks.unsubscribed", "c.finish"), requests=0)
def await_c(run: Run) -> None:
    """Wait until C's end has been told to those that still listen, and a little longer."""
    name = run.learnt("C")
    _settle(run, lambda: bool(_of(run, BOTH, name)), PATIENCE)
    run.pause(MARGIN)
    run.notes["waited for C"] = True


@step("hooks.replayed", "deliveries", needs="K W", after=("hooks.c-told",), reserve=1)
def replay_m(run: Run) -> None:
    """Send M once more, long after its end was told, and wait a little for what must not come."""
    name = run.learnt("M")
    told_before = len(_of(run, BOTH, name))
    run.call(CREATE, body=bodies.job_m(), key=run.key("m"), credential=own(run))
    run.pause(MARGIN)
    run.notes["told again of M"] = len(_of(run, BOTH, name)) - told_before


@step("hooks.export-told", "deliveries", needs="K W", after=("hooks.subscribe", "exports.make"), requests=0)
def await_export(run: Run) -> None:
    """Wait until the export has been told."""
    name = run.learnt("export")
    _settle(run, lambda: bool(_of(run, BOTH, name)), PATIENCE)


@step("hooks.f-told", "after clock", needs="K W C", after=("hooks.subscribe", "f.failed"), requests=0)
def await_f(run: Run) -> None:
    """Wait until F's failure has been told."""
    name = run.learnt("F")
    _settle(run, lambda: bool(_of(run, FAILED, name)), PATIENCE)


@step("hooks.cleared", "last", needs="K W", after=("hooks.subscribe",), requests=6)
def cleared(run: Run) -> None:
    """Delete what is left of the subscriptions."""
    left = {made.ref for made in run.ledger.left() if made.kind == "webhook"}
    for label in (BOTH, FLAKY, MOVED, COMPLETED, FAILED, DEAD):
        if run.notes.get(f"{label} id") in left:
            unsubscribe(run, label)


@step("hooks.theirs-cleared", "last", needs="K W 2o", after=("hooks.theirs",))
def theirs_cleared(run: Run) -> None:
    """Delete the other organization's subscription."""
    name = run.learnt(f"{THEIRS} id")
    path = {"organizationId": str(run.target.credentials.other_organization_id), "webhookId": name}
    if run.call("deleteWebhook", path=path, credential=OTHER_ADMIN).is_success:
        run.ledger.gone(name)


def arrivals(run: Run) -> list[Arrival]:
    """Return what the receiver got, redacted, with what each signature was worth."""
    if run.receiver is None:
        return []
    return [_arrival(run, received) for received in run.receiver.received()]


def _arrival(run: Run, received: Received) -> Arrival:
    sent = header(received.headers, SIGNATURE_HEADER)
    labels = [label for label in (*OURS, FAILED, DEAD, THEIRS) if label in run.secrets]
    own = run.secrets.get(received.endpoint)
    worth = verdict(own, received.body, sent) if own is not None else "unknown"
    others = [label for label in labels if verdict(run.secrets[label], received.body, sent) == "valid"]
    return Arrival(
        number=received.number,
        endpoint=received.endpoint,
        at=received.at,
        headers=tuple((name, run.redactor.text(value)) for name, value in received.headers),
        body=run.redactor.body(received.body),
        answered=received.answered,
        facts={"signature": worth, "signed with": others, "time": received.time},
    )


def _read_on_receipt(run: Run, received: Received) -> None:
    """Read M's status and result while the first delivery about it waits for its answer."""
    name = run.notes.get("M")
    if received.endpoint != BOTH or name is None or job_of(received.body) != name or "told of M" in run.notes:
        return
    run.notes["told of M"] = True
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": name}, step="hooks.on-receipt")


def _of(run: Run, endpoint: str, job: str) -> list[Received]:
    return [each for each in _receiver(run).received(endpoint) if job_of(each.body) == job]


def _is_told_again(run: Run, endpoint: str) -> bool:
    """Tell whether what an endpoint refused first came a second time."""
    refused = [each for each in _receiver(run).received(endpoint) if each.answered != OK]
    return bool(refused) and len(_of(run, endpoint, job_of(refused[0].body) or "")) > 1


def _settle(run: Run, holds: Callable[[], bool], seconds: float) -> None:
    """Wait until something has arrived: on the mock by moving its clock a second at a time, elsewhere by waiting."""
    run.tell(f"webhooks of {run.step}; for at most {seconds:.0f} s")
    if run.control is None:
        _receiver(run).wait(holds, seconds)
        return
    for _ in range(int(seconds)):
        if holds():
            return
        run.pause(1.0)


def address(run: Run, label: str) -> str:
    """Return where an endpoint's deliveries go: the run's name stands in it, so that `cleanup` knows it."""
    return f"{_receiver(run).url}/{run.key('hooks')}/{label}"


def _receiver(run: Run) -> Receiver:
    if run.receiver is None:
        raise NotLearnt("the run has no receiver")
    return run.receiver
