"""Status: what a read of a job says, and what it says of jobs that do not exist."""

from __future__ import annotations

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import items
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.suites.looks import CANONICAL, NOT_FOUND, job, made, outputs, refused_detail

FIXED = ("id", "sourceType", "requestedOutputs", "createdAt")
_RANK = {"queued": 0, "processing": 1, "completed": 2, "failed": 2}
_MALFORMED = {"not-found-404": 404, "reject-400": 400}
_SERVER_ERROR = 500


@requirement("STAT-001", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_status_answers_200_in_every_state(judge: Judge) -> None:
    """Status answers 200 with job and outputs in every state."""
    made(judge, "m.create")
    reads = [x for x in judge.some("m.at-once", "m.finish", "m.ended") if x.operation == "getExpansion" and x.answer]
    for exchange in reads:
        if judge.must(exchange.status == 200, exchange, expected="200"):
            whole = job(exchange).get("id") is not None and bool(outputs(exchange))
            judge.must(whole, exchange, expected="the job with its outputs")


@requirement("STAT-002", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_status_returns_the_job_of_the_path(judge: Judge) -> None:
    """The returned `id` is the one of the path."""
    wanted = judge.known("M")
    for exchange in judge.seen.reads(wanted):
        judge.must(job(exchange).get("id") == wanted, exchange, expected=f"id {wanted}")


@requirement("STAT-003", "look.unknown-job")
def test_an_unknown_job_is_not_found(judge: Judge) -> None:
    """An unknown id answers `content_not_found`."""
    for exchange in judge.all("look.unknown-job"):
        if exchange.operation == "getExpansion":
            refused_detail(judge, exchange, NOT_FOUND, 404)


@requirement("STAT-004", "look.malformed-job")
def test_a_malformed_id_is_not_found(judge: Judge) -> None:
    """A malformed id answers 404, never 5xx."""
    wanted = _MALFORMED[str(judge.values["job.malformed-id"])]
    for exchange in judge.all("look.malformed-job"):
        judge.must(exchange.status == wanted, exchange, expected=str(wanted))


@requirement("STAT-005", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_what_was_asked_for_stays(judge: Judge) -> None:
    """`id`, `sourceType`, `requestedOutputs` and `createdAt` equal create's in every read."""
    first = made(judge, "m.create")
    for exchange in judge.seen.reads(judge.known("M")):
        for name in FIXED:
            same = job(exchange).get(name) == job(first).get(name)
            judge.must(same, first, exchange, expected=f"{name} as at create", observed=job(exchange).get(name))


@requirement("STAT-007", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_requested_outputs_are_those_of_the_request(judge: Judge) -> None:
    """`requestedOutputs` equals the request as a set, in canonical order."""
    first = made(judge, "m.create")
    wanted = set(first.sent_json["requestedOutputs"])
    for exchange in judge.seen.reads(judge.known("M")):
        listed = [str(each) for each in items(job(exchange).get("requestedOutputs"))]
        if judge.must(
            set(listed) == wanted and len(listed) == len(wanted), first, exchange, expected=str(sorted(wanted))
        ):
            canonical = [each for each in CANONICAL if each in wanted]
            judge.detail(listed == canonical, exchange, expected=f"in the order {canonical}", observed=listed)


@requirement("STAT-006", "m.finish", "c.unread")
def test_reading_does_not_move_a_job(judge: Judge) -> None:
    """Reading neither advances nor delays nor alters a job: one that nobody read ends like one that was read."""
    final, took = judge.known("M ended"), judge.known("M took")
    unread = [x for x in judge.all("c.unread") if job(x).get("id") == judge.known("C")]
    state = job(unread[0]).get("status") if unread else None
    if state == "processing" or (state == "queued" and not judge.seen.notes.get("C ended")):
        raise Undecided(f"C, left alone for longer than the {took:.0f} s that M took, was {state}")
    judge.must(state == final, *unread, expected=f"{final}, though nobody looked", observed=state)


@requirement("STAT-008", "parallel.readers")
def test_parallel_readers_see_no_older_state(judge: Judge) -> None:
    """A read begun after an answer arrived shows no older state than that answer."""
    reads = [x for x in judge.all("parallel.readers") if job(x).get("status") in _RANK]
    if len({job(x).get("status") for x in reads}) <= 1:
        raise Undecided("the job did not change while it was read")
    latest = sorted(reads, key=lambda x: x.ended)
    for read in reads:
        before = [x for x in latest if x.ended <= read.at]
        newest = max(before, key=lambda x: _RANK[str(job(x).get("status"))], default=read)
        shown = job(read).get("status")
        fresh = _RANK[str(shown)] >= _RANK[str(job(newest).get("status"))]
        judge.must(fresh, newest, read, expected=f"not before {job(newest).get('status')}", observed=shown)
