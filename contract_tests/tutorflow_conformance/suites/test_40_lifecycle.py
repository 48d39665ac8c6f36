"""Lifecycle: a job goes forward, ends once, and stays ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import Exchange
from tutorflow_conformance.judge import Judge, Proof, Undecided
from tutorflow_conformance.suites.looks import CANONICAL, STATES, TERMINAL, ended, instant, job, made, outputs

_RANK = {"queued": 0, "processing": 1, "completed": 2, "failed": 2}


@requirement("LIFE-001", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_a_job_is_in_one_of_four_states(judge: Judge) -> None:
    """Job status is `queued`, `processing`, `completed` or `failed`, lowercase."""
    for exchange in _sightings(judge):
        status = job(exchange).get("status")
        judge.must(status in STATES, exchange, expected=" or ".join(STATES), observed=f"status {status!r}")


@requirement("LIFE-002", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_status_never_goes_backwards(judge: Judge) -> None:
    """No read made after another shows an earlier state."""
    for before, after in _consecutive(judge):
        first, second = _rank(before), _rank(after)
        judge.must(second >= first, before, after, expected="a state not before the last one shown")


@requirement("LIFE-003", "m.finish", "m.ended")
def test_a_terminal_state_is_final(judge: Judge) -> None:
    """No later read shows another status."""
    judge.known("M ended")
    for name in judge.seen.jobs:
        final: Exchange | None = None
        for exchange in judge.seen.reads(name):
            status = job(exchange).get("status")
            if final is None:
                final = exchange if status in TERMINAL else None
            elif exchange.at >= final.ended:
                wanted = job(final).get("status")
                judge.must(status == wanted, final, exchange, expected=f"status {wanted} for ever", observed=status)
    judge.must(holds=True, expected="ends that last")


@requirement("LIFE-004", "m.create", "m.finish")
def test_every_accepted_job_ends(judge: Judge) -> None:
    """It ends, within the run's deadline."""
    made(judge, "m.create")
    final = judge.seen.notes.get("M ended")
    last = judge.all("m.finish")[-1]
    reason = judge.seen.notes.get("no M ended", "a terminal state")
    judge.detail(final in TERMINAL, last, expected="a terminal state within the deadline", observed=reason)


@requirement("LIFE-005", "m.ended")
def test_a_terminal_job_has_no_unfinished_output(judge: Judge) -> None:
    """A `failed` one has an error; a `completed` one has only completed outputs."""
    for exchange in _statuses(ended(judge, "m.ended")):
        states = [row.get("status") for row in outputs(exchange)]
        judge.must(set(states) <= TERMINAL, exchange, expected="every output terminal", observed=states)
        if job(exchange).get("status") == "failed":
            explained = job(exchange).get("error") or "failed" in states
            judge.must(explained, exchange, expected="a job error or a failed output")
        else:
            partial_is_fine = judge.values["job.partial-failure"] == "completed"
            fine = partial_is_fine or set(states) <= {"completed"}
            judge.detail(fine, exchange, expected="every output completed", observed=states)


@requirement("LIFE-006", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_outputs_use_the_same_words_and_go_forward(judge: Judge) -> None:
    """Output statuses never go backwards, and stay `queued` while the job is."""
    seen: dict[tuple[object, object], list[tuple[float, int]]] = defaultdict(list)
    for exchange in _sightings(judge):
        for row in outputs(exchange):
            status, kind = row.get("status"), row.get("outputType")
            which = (job(exchange).get("id"), kind)
            if not judge.must(status in STATES, exchange, expected="an output status of the four", observed=status):
                continue
            rank = _RANK[str(status)]
            before = max((other for ended_at, other in seen[which] if ended_at <= exchange.at), default=0)
            judge.must(rank >= before, exchange, expected=f"{kind} not before its last state")
            seen[which].append((exchange.ended, rank))
            if job(exchange).get("status") == "queued":
                judge.must(status == "queued", exchange, expected="queued outputs of a queued job", observed=row)


@requirement("LIFE-007", "m.create", "m.ended")
def test_completed_at_is_set_once(judge: Judge) -> None:
    """`completedAt` is null until terminal, then set, stable and not before `createdAt`; RFC 3339."""
    finals: dict[object, set[object]] = defaultdict(set)
    for exchange in _sightings(judge):
        fields = job(exchange)
        if fields.get("status") not in TERMINAL:
            nothing = fields.get("completedAt") is None
            judge.must(nothing, exchange, expected="completedAt null", observed=fields.get("completedAt"))
        elif exchange.operation != "createExpansion":
            finals[fields.get("id")].add(fields.get("completedAt"))
            judge.must(_is_after(fields), exchange, expected="completedAt, RFC 3339, not before createdAt")
            judge.detail(str(fields.get("completedAt")).endswith("Z"), exchange, expected="completedAt in UTC")
    for shown in finals.values():
        judge.must(len(shown) <= 1, *ended(judge, "m.ended"), expected="one completedAt", observed=shown)


@requirement("LIFE-008", "m.create")
def test_processing_need_not_be_seen(judge: Judge) -> None:
    """Queued → completed with no `processing` between is legal: recorded, never judged."""
    made(judge, "m.create")
    judge.must(holds=True, expected="any legal path")


@requirement("LIFE-010", "m.create", "m.at-once", also=("m.finish",))
def test_outputs_are_generated_in_priority_order(judge: Judge) -> None:
    """Module, video, quiz: no later output is ahead of an earlier one."""
    looked = False
    for exchange in _sightings(judge):
        ranks = {row.get("outputType"): _RANK.get(str(row.get("status")), 0) for row in outputs(exchange)}
        failed = any(row.get("status") == "failed" for row in outputs(exchange))
        order = [ranks[kind] for kind in CANONICAL if kind in ranks]
        if len(order) > 1 and not failed:
            looked = True
            sorted_down = all(first >= second for first, second in pairwise(order))
            judge.must(sorted_down, exchange, expected="earlier outputs at least as far as later ones")
    if not looked:
        raise Undecided("no read showed two outputs")


@requirement("LIFE-012", "m.ended")
def test_no_mp4_is_rendered(judge: Judge) -> None:
    """No status, result or delivery holds a rendered video."""
    found: list[tuple[Proof, bytes]] = [(each, each.answer.body) for each in _sightings(judge) if each.answer]
    found += [(each, each.body) for each in judge.seen.arrivals]
    for proof, body in found:
        text = body.decode("utf-8", "replace").lower()
        judge.must(".mp4" not in text and "video/mp4" not in text, proof, expected="no MP4", observed="an MP4")
        judge.detail("renderurl" not in text, proof, expected="no render URL", observed="a render URL")


@requirement("LIFE-013", "m.create", "m.at-once", also=("m.finish", "m.ended"))
def test_updated_at_never_decreases(judge: Judge) -> None:
    """`updatedAt` never decreases between reads."""
    looked = False
    for before, after in _consecutive(judge):
        first, second = instant(job(before).get("updatedAt")), instant(job(after).get("updatedAt"))
        if first is not None and second is not None:
            looked = True
            judge.must(second >= first, before, after, expected="updatedAt not before the last one shown")
    if not looked:
        raise Undecided("no two reads showed an updatedAt")


@requirement("LIFE-009", "m.ended", "c.unread")
def test_jobs_do_not_touch_each_other(judge: Judge) -> None:
    """Progress of one job changes no field of another."""
    before = [x for x in ended(judge, "m.ended") if x.operation == "getExpansion"][-1]
    after = [x for x in judge.all("c.unread") if job(x).get("id") == judge.known("M")]
    for read in after:
        same = dict(job(read)) == dict(job(before))
        judge.must(same, before, read, expected="M as it was before C went its way")


@requirement("LIFE-011", "m.create", "c.create", "c.finish")
def test_two_keys_with_the_same_content_are_two_jobs(judge: Judge) -> None:
    """Two jobs, and both end."""
    first, second = made(judge, "m.create"), judge.one("c.create")
    two = second.is_success and job(first).get("id") != job(second).get("id")
    judge.must(two, first, second, expected="two jobs")
    for name in ("M", "C"):
        final = judge.seen.notes.get(f"{name} ended")
        judge.must(final in TERMINAL, first, second, expected=f"{name} at its end", observed=final)


def _sightings(judge: Judge) -> Iterator[Exchange]:
    """Yield the first create and all reads of each job, in the order in which they were asked for."""
    for name in judge.seen.jobs:
        creates = [x for x in judge.seen.creates if job(x).get("id") == name][:1]
        reads = (*judge.seen.reads(name), *judge.seen.reads(name, "getExpansionResult"))
        yield from (*creates, *sorted((x for x in reads if job(x)), key=lambda x: x.number))


def _consecutive(judge: Judge) -> Iterator[tuple[Exchange, Exchange]]:
    """Yield pairs of status reads of one job of which the second began after the first had been answered."""
    for name in judge.seen.jobs:
        reads = [x for x in judge.seen.reads(name) if job(x).get("status") in STATES]
        yield from ((a, b) for a, b in pairwise(reads) if b.at >= a.ended)


def _statuses(seen: list[Exchange]) -> list[Exchange]:
    return [x for x in seen if x.operation == "getExpansion"]


def _rank(exchange: Exchange) -> int:
    return _RANK[str(job(exchange).get("status"))]


def _is_after(fields: Mapping[str, object]) -> bool:
    end, begin = instant(fields.get("completedAt")), instant(fields.get("createdAt"))
    return end is not None and (begin is None or end >= begin)
