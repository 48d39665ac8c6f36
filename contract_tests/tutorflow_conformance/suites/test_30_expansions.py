"""Create expansion: what is accepted, what is refused, and what the first answer says."""

from __future__ import annotations

import re
from itertools import pairwise

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.client import job_id
from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.suites.looks import (
    CANONICAL,
    INVALID_REQUEST,
    first_use_after,
    invalid_status,
    job,
    made,
    outputs,
    refused,
    refused_detail,
    types,
)
from tutorflow_conformance.traffic.bodies import SERVER_FIELDS

_CLASSROOM = "create.classroom-id=required-400"
_SEGMENT = re.compile(r"[^/?#\s]{1,512}")
_FOREIGN_CLASSROOM = {"not-found-404": 404, "forbidden-403": 403, "reject-400": 400}
_TOO_LARGE = {"reject-413": 413, "reject-400": 400}


@requirement("CRE-001", "m.create")
def test_a_valid_create_answers_200_with_a_job(judge: Judge) -> None:
    """A valid create answers 200 with a job that carries `id`."""
    first = judge.one("m.create")
    wanted = judge.seen.contract.operations["createExpansion"].success(judge.values)
    if _wants_a_classroom(first):
        judge.detail(holds=False, expected=str(wanted), observed=_message(first), alternative=_CLASSROOM)
        return
    judge.must(first.status == wanted, first, expected=str(wanted))
    judge.must(job_id(first.json), first, expected="a job with an `id`")


@requirement("CRE-002", "m.create")
def test_a_job_is_born_queued(judge: Judge) -> None:
    """The first answer has job status `queued`."""
    first = made(judge, "m.create")
    judge.must(job(first).get("status") == "queued", first, expected="status queued")


@requirement("CRE-003", "m.create")
def test_the_first_answer_has_a_queued_row_per_output(judge: Judge) -> None:
    """It carries one queued output row per requested output."""
    first = made(judge, "m.create")
    wanted = sorted(set(first.sent_json["requestedOutputs"]))
    judge.must(sorted(map(str, types(first))) == wanted, first, expected=f"one row each for {', '.join(wanted)}")
    states = {row.get("status") for row in outputs(first)}
    judge.must(states <= {"queued"}, first, expected="each row queued", observed=states)


@requirement("CRE-004", "refused.unknown-output")
def test_an_unknown_output_is_refused(judge: Judge) -> None:
    """An unknown output value answers 400, and nothing is created."""
    refused(judge, judge.one("refused.unknown-output"), INVALID_REQUEST, invalid_status(judge))


@requirement("CRE-007", "m.create")
def test_floco_is_accepted_and_echoed(judge: Judge) -> None:
    """`sourceType: "floco"` is accepted and echoed unchanged."""
    first = made(judge, "m.create")
    judge.must(job(first).get("sourceType") == first.sent_json["sourceType"], first, expected="sourceType floco")


@requirement("CRE-008", "refused.no-payload")
def test_a_create_without_payload_is_refused(judge: Judge) -> None:
    """A missing `payload` is refused with `content_invalid_request`."""
    refused_detail(judge, judge.one("refused.no-payload"), INVALID_REQUEST, invalid_status(judge))


@requirement("CRE-009", "refused.payload-types")
def test_a_payload_that_is_no_object_is_refused(judge: Judge) -> None:
    """`payload` null, array, string or number answers 400."""
    for exchange in judge.all("refused.payload-types"):
        refused(judge, exchange, INVALID_REQUEST, invalid_status(judge))


@requirement("CRE-010", "refused.empty-outputs")
def test_no_outputs_at_all_are_refused(judge: Judge) -> None:
    """`requestedOutputs: []` answers 400."""
    refused(judge, judge.one("refused.empty-outputs"), INVALID_REQUEST, invalid_status(judge))


@requirement("CRE-013", "refused.malformed-json")
def test_malformed_json_is_refused_in_the_envelope(judge: Judge) -> None:
    """Malformed JSON answers 400 in the envelope."""
    refused(judge, judge.one("refused.malformed-json"), INVALID_REQUEST, 400)


@requirement("CRE-014", "refused.media-type")
def test_a_wrong_media_type_is_refused_in_the_envelope(judge: Judge) -> None:
    """A wrong `Content-Type` is refused in the envelope, never with 5xx."""
    exchange = judge.one("refused.media-type")
    behaviour = str(judge.values["request.bad-media-type"])
    if behaviour == "accept":
        judge.must(exchange.is_success, exchange, expected="2xx, since the media type is not looked at")
    else:
        refused(judge, exchange, INVALID_REQUEST, 415 if behaviour == "reject-415" else invalid_status(judge))


@requirement("CRE-015", "m.invalid", "m.create")
def test_a_create_refused_with_400_leaves_no_trace(judge: Judge) -> None:
    """The same key with a valid body acts as a first use."""
    first_use_after(judge, "m.invalid")


@requirement("CRE-016", "m.create")
def test_job_ids_are_opaque_and_never_repeat(judge: Judge) -> None:
    """Job ids are non-empty, fit one URL path segment, never repeat, and do not count up."""
    first = made(judge, "m.create")
    ids = _new_ids(judge)
    for name in ids:
        judge.must(_SEGMENT.fullmatch(name), first, expected="an id that fits one path segment", observed=name)
    judge.must(not _count_up(ids), first, expected="ids that do not count up", observed=", ".join(ids))


@requirement("CRE-020", "refused.too-large")
def test_a_body_above_the_limit_is_refused_in_the_envelope(judge: Judge) -> None:
    """It gets its answer in the envelope before the connection ends."""
    exchange = judge.one("refused.too-large")
    judge.must(exchange.code == INVALID_REQUEST, exchange, expected=f"refused with {INVALID_REQUEST}")
    wanted = _TOO_LARGE[str(judge.values["request.too-large"])]
    judge.detail(exchange.status == wanted, exchange, expected=str(wanted))


@requirement("CRE-021", "m.create", "m.at-once")
def test_status_is_there_right_after_create(judge: Judge) -> None:
    """Status right after create is 200, never 404."""
    first = made(judge, "m.create")
    status = judge.all("m.at-once")[0]
    judge.must(status.is_success, first, status, expected="200 right after the create")


@requirement("CRE-005", "a.create")
def test_outputs_left_out_are_all_three(judge: Judge) -> None:
    """`requestedOutputs` left out gives all three in priority order."""
    behaviour = str(judge.values["create.omitted-outputs"])
    first = judge.one("a.create")
    if behaviour == "reject-400":
        refused(judge, first, INVALID_REQUEST, invalid_status(judge))
        return
    wanted = list(CANONICAL) if behaviour == "all" else [CANONICAL[0]]
    shown = job(made(judge, "a.create")).get("requestedOutputs")
    judge.must(shown == wanted, first, expected=f"requestedOutputs {wanted}", observed=shown)


@requirement("CRE-006", "a.create")
def test_a_source_type_left_out_is_source_json(judge: Judge) -> None:
    """`sourceType` left out is `source_json`."""
    first = made(judge, "a.create")
    judge.must(job(first).get("sourceType") == "source_json", first, expected="sourceType source_json")


@requirement("CRE-017", "m.create", "a.create")
def test_both_dialects_are_accepted(judge: Judge) -> None:
    """`term`/`terms` and `vocabulary`/`items`, a string or an object as `category`, no `language` are accepted."""
    for step in ("m.create", "a.create"):
        exchange = judge.one(step)
        if _lacks_something(exchange):
            raise Undecided(f"{exchange.id} was refused for something it lacks: {_message(exchange)}")
        judge.must(exchange.is_success, exchange, expected="2xx")


@requirement("CRE-011", "b.create")
def test_doubled_outputs_make_no_two_rows(judge: Judge) -> None:
    """Duplicate output values never make two rows of a type."""
    behaviour = str(judge.values["create.duplicate-outputs"])
    exchange = judge.one("b.create")
    if behaviour == "reject-400":
        raise Undecided("they are refused, so none were sent")
    if not exchange.is_success:
        judge.must(holds=False, expected="2xx", observed=f"{exchange.status} {exchange.code}")
        return
    kinds = types(exchange)
    judge.must(len(set(map(str, kinds))) == len(kinds), exchange, expected="no two rows of a type", observed=kinds)
    wanted = sorted(set(exchange.sent_json["requestedOutputs"]))
    judge.detail(sorted(map(str, kinds)) == wanted, exchange, expected=f"one row each for {wanted}", observed=kinds)


@requirement("CRE-012", "b.create")
def test_unknown_request_fields_are_ignored(judge: Judge) -> None:
    """Unknown top-level request fields are ignored."""
    exchange = judge.one("b.create")
    judge.must(exchange.is_success, exchange, expected="2xx in spite of an unknown field")


@requirement("CRE-018", "b.create")
def test_unknown_fields_inside_the_payload_are_accepted(judge: Judge) -> None:
    """Unknown fields inside `payload` are accepted."""
    exchange = judge.one("b.create")
    blamed = exchange.code == INVALID_REQUEST and "payload" not in _message(exchange)
    if blamed and not exchange.is_success:
        raise Undecided(f"{exchange.id} was refused for something else: {_message(exchange)}")
    judge.must(exchange.is_success, exchange, expected="2xx in spite of unknown fields inside the payload")


@requirement("CRE-022", "b.create")
def test_fields_of_the_server_are_not_the_client_s_to_set(judge: Judge) -> None:
    """Client-sent `id`, `status`, `organizationId`, `outputs` and `completedAt` never take effect."""
    exchange = judge.one("b.create")
    if not exchange.is_success:
        judge.must(holds=True, expected="refused, so without effect")
        return
    for name in ("id", "status", "organizationId", "completedAt"):
        shown = job(exchange).get(name)
        judge.must(shown != SERVER_FIELDS[name], exchange, expected=f"a {name} of the server's own", observed=shown)
    judge.must(outputs(exchange), exchange, expected="output rows of the server's own")


@requirement("CRE-023", "b.create", "b.foreign-classroom")
def test_a_classroom_must_be_ours(judge: Judge) -> None:
    """A `classroomId` of the organization is accepted; a foreign one makes no job."""
    ours, foreign = judge.one("b.create"), judge.one("b.foreign-classroom")
    if "classroomId" in ours.sent_json:
        judge.must(ours.is_success, ours, expected="2xx for a classroom of ours")
    if judge.must(not foreign.is_success, foreign, expected="no job for a foreign classroom"):
        wanted = _FOREIGN_CLASSROOM[str(judge.values["create.foreign-classroom"])]
        judge.detail(foreign.status == wanted, foreign, expected=str(wanted))


@requirement("CRE-019", "a.create", "a2.create")
def test_two_creates_without_a_key_make_two_jobs(judge: Judge) -> None:
    """Two equal creates without a key make two jobs."""
    first, second = made(judge, "a.create"), made(judge, "a2.create")
    judge.must(job_id(first.json) != job_id(second.json), first, second, expected="two jobs")


def _wants_a_classroom(exchange: Exchange) -> bool:
    """Tell whether a create without `classroomId` was refused for that: two texts of the vendor disagree (C8)."""
    lacks_it = not exchange.is_success and "classroomId" not in str(exchange.sent_json)
    return lacks_it and exchange.code == INVALID_REQUEST and "classroom" in _message(exchange).lower()


def _lacks_something(exchange: Exchange) -> bool:
    """Tell whether a create was refused for an optional member that it lacks: it may be asked for all the same."""
    sent = {*exchange.sent_json, *(("idempotencyKey",) if exchange.sent("Idempotency-Key") else ())}
    words = {"classroom": "classroomId", "requestedoutputs": "requestedOutputs", "idempotency": "idempotencyKey"}
    text = _message(exchange).lower()
    named = any(word in text and name not in sent for word, name in words.items())
    return not exchange.is_success and exchange.code == INVALID_REQUEST and named


def _message(exchange: Exchange) -> str:
    return str(member(exchange.json, "error", "message"))


def _new_ids(judge: Judge) -> list[str]:
    """Return the ids of creates under keys of their own: a replay repeats an id rightly."""
    firsts: dict[object, Exchange] = {}
    for exchange in judge.seen.creates:
        key = exchange.sent("Idempotency-Key") or member(exchange.sent_json, "idempotencyKey") or exchange.id
        firsts.setdefault((key, exchange.credential), exchange)
    found = [job_id(exchange.json) for exchange in firsts.values()]
    ids = list(dict.fromkeys(name for name in found if name is not None))
    if not ids:
        raise Undecided("no create answered with an id")
    return ids


def _count_up(ids: list[str]) -> bool:
    numbers = [int(found[0]) for name in ids if (found := re.search(r"\d+$", name)) and name.isascii()]
    if len(ids) == 1:
        return ids[0].isdigit() and len(ids[0]) < 8  # a bare small number has nothing opaque
    return len(numbers) == len(ids) and all(0 < b - a <= 10 for a, b in pairwise(numbers))
