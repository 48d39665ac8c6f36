"""Idempotency: one key, one job, whatever is sent under it and however often."""

from __future__ import annotations

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.client import job_id
from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.suites.looks import (
    CONFLICT,
    INVALID_REQUEST,
    STATES,
    ended,
    first_use_after,
    invalid_status,
    job,
    made,
    outputs,
    refused,
)

IMMUTABLE = ("id", "organizationId", "sourceType", "requestedOutputs", "idempotencyKey", "createdAt")
_OTHER_BODY = {"conflict-409": (409, CONFLICT), "reject-422": (422, CONFLICT)}


@requirement("IDEM-001", "m.create", "m.replay")
def test_the_same_key_and_body_is_the_same_job(judge: Judge) -> None:
    """Same key, same body: same job `id`."""
    _same_job(judge, made(judge, "m.create"), judge.one("m.replay"))


@requirement("IDEM-002", "m.create", "m.replay", also=("m.ended",))
def test_a_replay_answers_as_the_first_create_did(judge: Judge) -> None:
    """It has the first status code and equal immutable fields, and shows the current state."""
    first = made(judge, "m.create")
    for again in (judge.one("m.replay"), *_creates(judge.some("m.ended"))):
        judge.must(again.status == first.status, first, again, expected=f"{first.status}, as the first time")
        if again.is_success:
            judge.must(_immutable(again) == _immutable(first), first, again, expected="equal immutable fields")
    late = [x for x in _creates(judge.some("m.ended")) if x.is_success]
    if late and (final := judge.seen.notes.get("M ended")):
        wanted = final if judge.values["idempotency.replay-body"] == "current" else "queued"
        alternative = "idempotency.replay-body=original" if wanted == final else None
        shown = job(late[0]).get("status")
        judge.detail(shown == wanted, first, late[0], expected=f"status {wanted}", alternative=alternative)


@requirement("IDEM-003", "m.create", "m.other-body", "m.at-once")
def test_the_same_key_with_another_body_makes_no_second_job(judge: Judge) -> None:
    """No second job, and the first stays as it was."""
    first, other = made(judge, "m.create"), judge.one("m.other-body")
    behaviour = str(judge.values["idempotency.same-key-other-body"])
    no_other_job = not other.is_success or job_id(other.json) in {None, job_id(first.json)}
    judge.must(no_other_job, first, other, expected="no second job under the key")
    if behaviour == "replay":
        observed = {409: "conflict-409", 422: "reject-422"}.get(other.status)
        alternative = observed and f"idempotency.same-key-other-body={observed}"
        judge.detail(
            other.is_success and job_id(other.json) == job_id(first.json),
            first,
            other,
            expected=f"{first.status} with the job {job_id(first.json)}",
            alternative=alternative,
        )
    else:
        judge.detail((other.status, other.code) == _OTHER_BODY[behaviour], other, expected=behaviour)
    for read in judge.seen.reads(str(job_id(first.json))):
        same = sorted(map(str, job(read).get("requestedOutputs") or ())) == sorted(first.sent_json["requestedOutputs"])
        judge.must(same, first, read, expected="the first job as it was asked for")


@requirement("IDEM-004", "m.create", "m.key-in-body", "m.two-keys")
def test_the_key_in_the_body_counts_like_the_header(judge: Judge) -> None:
    """It dedupes across the two carriers; where they differ, one of them wins."""
    first = made(judge, "m.create")
    _same_job(judge, first, judge.one("m.key-in-body"))
    both = judge.one("m.two-keys")
    other = "body" if judge.values["idempotency.precedence"] == "header" else "header"
    judge.detail(
        job_id(both.json) == job_id(first.json),
        first,
        both,
        expected=f"the job {job_id(first.json)} of the key that wins",
        alternative=f"idempotency.precedence={other}",
    )


@requirement("IDEM-010", "m.create", "m.ended", also=("hooks.replayed",))
def test_a_replay_after_the_end_does_no_work_again(judge: Judge) -> None:
    """Resource ids, `createdAt` and `completedAt` are unchanged; it triggers no delivery."""
    seen = ended(judge, "m.ended")
    before, after = _statuses(seen)[0], _statuses(seen)[-1]
    replay = _creates(tuple(seen))
    for replayed in replay:
        _same_job(judge, before, replayed)
    for name in ("createdAt", "completedAt", "status"):
        judge.must(job(after).get(name) == job(before).get(name), before, after, expected=f"{name} as before")
    judge.must(_resources(after) == _resources(before), before, after, expected="resource ids as before the replay")
    again = judge.seen.notes.get("told again of M", 0)
    judge.detail(
        not again, *judge.some("hooks.replayed"), expected="no delivery for a replay", observed=f"{again} after it"
    )


@requirement("IDEM-013", "m.foreign-classroom", "m.media-type", "m.create")
def test_other_refusals_do_not_use_the_key_up(judge: Judge) -> None:
    """A 404 for a foreign classroom and a refused media type leave the key free."""
    for step in ("m.foreign-classroom", "m.media-type"):
        first_use_after(judge, step)


@requirement("IDEM-014", "m.create", "m.reserialised")
def test_a_reserialised_body_is_the_same_request(judge: Judge) -> None:
    """Key order, spaces and escapes make no difference."""
    _same_job(judge, made(judge, "m.create"), judge.one("m.reserialised"))


@requirement("IDEM-011", "m.create", "c.create")
def test_keys_compare_exactly(judge: Judge) -> None:
    """Keys compare exactly, inner spaces and case included: `Abc` is not `abc`."""
    first, other = made(judge, "m.create"), judge.one("c.create")
    fresh = other.is_success and job_id(other.json) != job_id(first.json)
    judge.must(fresh, first, other, expected="a job of its own under the key in capitals", observed=_told(other))


@requirement("IDEM-012", "b.create", "b.long-key", "b.empty-key")
def test_keys_have_a_greatest_length(judge: Judge) -> None:
    """A key of the maximum length is accepted; one longer, or empty, answers 400."""
    longest = judge.one("b.create")
    if not longest.is_success and "key" not in str(member(longest.json, "error", "message")).lower():
        raise Undecided(f"{longest.id} was refused for something else")
    judge.must(longest.is_success, longest, expected="2xx for a key of the greatest length")
    for step in ("b.long-key", "b.empty-key"):
        refused(judge, judge.one(step), INVALID_REQUEST, invalid_status(judge))


@requirement("IDEM-017", "b.create", "m.create")
def test_odd_keys_are_opaque(judge: Judge) -> None:
    """Keys such as `' OR 1=1--`, `../x` and `%00` cause no 5xx and match no other key."""
    odd, other = judge.one("b.create"), made(judge, "m.create")
    judge.must(odd.status < 500, odd, expected="an answer below 500")
    if odd.is_success:
        judge.must(job_id(odd.json) != job_id(other.json), odd, other, expected="a job of its own")
    judge.detail(odd.is_success, odd, expected="the key accepted as opaque")


@requirement("IDEM-007", "parallel.first-uses")
def test_concurrent_first_uses_make_one_job(judge: Judge) -> None:
    """N concurrent first uses of a key give exactly one id; answers are only 2xx or 409."""
    answers = judge.all("parallel.first-uses")
    ids = {job_id(x.json) for x in answers if x.is_success}
    judge.must(
        len(ids) == 1, *answers, expected="exactly one job", observed=f"{len(ids)} jobs: {sorted(map(str, ids))}"
    )
    for exchange in answers:
        judge.detail(exchange.is_success or exchange.status == 409, exchange, expected="2xx or 409")


@requirement("IDEM-008", "f.failed")
def test_a_replay_after_failure_returns_the_failed_job(judge: Judge) -> None:
    """It is unchanged."""
    status, _, replay = judge.all("f.failed")
    if job(status).get("status") != "failed":
        raise Undecided("the job did not fail when it was told to")
    _same_job(judge, status, replay)
    if judge.values["idempotency.replay-body"] == "current":
        judge.must(job(replay).get("status") == "failed", status, replay, expected="status failed")


@requirement("IDEM-009", "old.create", "old.replays")
def test_keys_are_kept(judge: Judge) -> None:
    """A replay 24 h and 30 d later still returns the job."""
    first = made(judge, "old.create")
    kept = {"24h": 0, "30d": 1, "forever": 2}[str(judge.values["idempotency.retention"])]
    for number, again in enumerate(judge.all("old.replays")):
        if number < kept:
            _same_job(judge, first, again)
        else:
            fresh = again.is_success and job_id(again.json) != job_id(first.json)
            judge.must(fresh, first, again, expected="a new job, since the key has run out", observed=_told(again))


@requirement("IDEM-005", "m.create", "m.by-other-key")
def test_the_namespace_is_the_organization(judge: Judge) -> None:
    """Two API keys of one organization share it."""
    first, other = made(judge, "m.create"), judge.all("m.by-other-key")[0]
    if first.credential == other.credential:
        raise Undecided("both creates carried the same API key")
    _same_job(judge, first, other)


@requirement("IDEM-006", "m.create", "tenancy.same-key")
def test_another_organization_gets_a_job_of_its_own(judge: Judge) -> None:
    """It sees nothing of ours."""
    first, other = made(judge, "m.create"), judge.one("tenancy.same-key")
    own = other.is_success and job_id(other.json) != job_id(first.json)
    judge.must(own, first, other, expected="a job of its own", observed=_told(other))


@requirement("IDEM-015", "exports.make", "exports.again")
def test_an_export_is_replayed_too(judge: Judge) -> None:
    """Same `idempotencyKey`, same completed job."""
    first = made(judge, "exports.make")
    _same_job(judge, first, judge.one("exports.again"))


@requirement("IDEM-016", "exports.under-m")
def test_exports_may_share_the_namespace(judge: Judge) -> None:
    """Export and expansion keys share one namespace: recorded, never judged."""
    judge.must(judge.known("namespace") == "shared", judge.one("exports.under-m"), expected="one namespace")


def _same_job(judge: Judge, first: Exchange, again: Exchange) -> None:
    wanted = job_id(first.json)
    same = again.is_success and job_id(again.json) == wanted
    judge.must(same, first, again, expected=f"the job {wanted} again", observed=_told(again))


def _told(again: Exchange) -> str:
    return f"the job {job_id(again.json)}" if again.is_success else f"{again.status} {again.code or ''}".strip()


def _immutable(exchange: Exchange) -> dict[str, object]:
    return {name: job(exchange).get(name) for name in IMMUTABLE}


def _creates(seen: tuple[Exchange, ...]) -> list[Exchange]:
    return [x for x in seen if x.operation == "createExpansion"]


def _statuses(seen: list[Exchange]) -> list[Exchange]:
    return [x for x in seen if x.operation == "getExpansion" and job(x).get("status") in STATES]


def _resources(exchange: Exchange) -> dict[object, object]:
    return {row.get("outputType"): row.get("resourceId") for row in outputs(exchange)}
