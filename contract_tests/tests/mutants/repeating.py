"""Defects of idempotency."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from contract_tests.tests.mutants.bench import Answer, Ask, Call, Letter, Send, edited, error
from contract_tests.tests.mutants.catalogue import mutant
from contract_tests.tests.mutants.creating import CREATE, burning, is_create

REPLAYS = "IDEM-001 IDEM-002 IDEM-003 IDEM-004 IDEM-005 IDEM-007 IDEM-008 IDEM-009 IDEM-010 IDEM-014"
NO_REPLAY = "nothing that rests on a replay can hold without one"


def under_key(call: Call, key: str | None) -> Call:
    """Return a create under another key, or under none."""
    body = {name: value for name, value in call.members.items() if name != "idempotencyKey"}
    bare = replace(call, body=json.dumps(body).encode()) if "idempotencyKey" in call.members else call
    return bare.under("Idempotency-Key", key)


@mutant("M001", 9, "IDEM-001", also=REPLAYS, because=NO_REPLAY)
def behaves_for_tools(call: Call, ask: Ask) -> Answer:
    """Behaves only when a header betrays a test tool; otherwise no idempotency."""
    is_tool = call.header("X-Schemathesis-TestCaseId") or call.header("User-Agent")
    return ask(under_key(call, None) if is_create(call) and call.key and not is_tool else call)


@mutant("M003", 9, "IDEM-001 IDEM-007", also=REPLAYS, because=NO_REPLAY)
def each_worker_knows_its_own(call: Call, ask: Ask) -> Answer:
    """Deduplicates per worker: a replay fails when another worker answers."""
    if is_create(call) and call.key:
        worker = call.world.count(f"uses of {call.key}") % 2
        return ask(under_key(call, f"{call.key}~" if worker == 0 and len(call.key) < 200 else call.key))
    return ask(call)


@mutant("M071", 5, "IDEM-002", also="HTTP-008", because="the document has no 201 here")
def replays_answer_201(call: Call, ask: Ask) -> Answer:
    """A replay answers 201 instead of the first status."""
    answer = ask(call)
    if is_create(call) and answer.is_fine and call.world.count(answer.json["id"]) > 1:
        return Answer(201, answer.headers, answer.body)
    return answer


@mutant("M061", 5, "IDEM-003")
def another_body_is_another_job(call: Call, ask: Ask) -> Answer:
    """Same key, other body: a new job."""
    if is_create(call) and call.key and "payload" in call.members and "classroomId" not in call.members:
        body = {name: value for name, value in call.members.items() if name != "idempotencyKey"}
        text = json.dumps(body, sort_keys=True)
        first = call.world.table("bodies").setdefault((call.key, call.bearer), text)
        if first != text and call.header("Content-Type") == "application/json":
            return ask(under_key(call, f"{call.key}-{len(text)}"))
    return ask(call)


@mutant("M063", 5, "IDEM-004", also="HTTP-002", because="the key is not shown either")
def keys_in_bodies_are_ignored(call: Call, ask: Ask) -> Answer:
    """`idempotencyKey` in the body is ignored."""
    return ask(under_key(call, call.header("Idempotency-Key")) if is_create(call) and call.key else call)


@mutant("M245", 7, "IDEM-005")
def keys_belong_to_keys(call: Call, ask: Ask) -> Answer:
    """The namespace is the API key: another key of the organization makes another job."""
    owners = call.world.table("owners")
    is_foreign = is_create(call) and owners.get(call.key, call.bearer) != call.bearer
    answer = ask(under_key(call, f"{call.key}@2") if is_foreign else call)
    if is_create(call) and call.key and answer.is_fine:
        owners.setdefault(call.key, call.bearer)
    return answer


@mutant("M033", 7, "IDEM-006", also="DISC-003", because="what the other organization is told is ours")
def one_namespace_for_all(call: Call, ask: Ask) -> Answer:
    """The namespace is global: B's key replays A's job."""
    owners = call.world.table("owners")
    if is_create(call) and call.key in owners:
        return ask(call.under("Authorization", owners[call.key]))
    answer = ask(call)
    if is_create(call) and call.key and answer.is_fine:
        owners[call.key] = call.bearer
    return answer


@mutant("M246", 9, "IDEM-007")
def first_uses_race(call: Call, ask: Ask) -> Answer:
    """Concurrent first uses of a key each make a job."""
    if is_create(call) and "parallel" in str(call.key):
        return ask(under_key(call, None))
    return ask(call)


@mutant("M055", 6, "IDEM-008 LIFE-003", also="LIFE-002 LIFE-007", because="the job goes back to its beginning")
def a_replay_restarts_a_failed_job(call: Call, ask: Ask) -> Answer:
    """After `failed`, a replay restarts the job under the same id."""
    again = call.world.list("again")

    def restarted(node: Any) -> None:
        if is_create(call) and node["status"] == "failed":
            again.append(node["id"])
        if node["id"] in again:
            rows = [{**row, "status": "queued", "error": None} for row in node["outputs"]]
            node.update(status="queued", error=None, completedAt=None, outputs=rows)

    return edited(call, ask, f"{CREATE} getExpansion", restarted)


@mutant("M247", 9, "IDEM-009")
def keys_last_a_day(call: Call, ask: Ask) -> Answer:
    """Keys are forgotten after a day."""
    return ask(under_key(call, f"{call.key}-later") if is_create(call) and _is_later(call) else call)


def _is_later(call: Call) -> bool:
    """Tell whether a key was first used more than a day ago by the mock's clock."""
    aside = {name: value for name, value in call.environ.items() if not name.startswith(("HTTP_AUTH", "CONTENT_"))}
    asked = replace(call, environ=aside).to("GET", "/__admin/clock").under("X-Mock-Session", call.world.session)
    now = call.world.ask(asked.under("Authorization", None)).json["now"]
    first = call.world.table("first").setdefault(call.key, now)
    return bool(call.key) and len(str(call.key)) < 200 and first[:10] != now[:10]


def _resending(letter: Letter, send: Send) -> Any:
    letter.world.list("letters").append((letter, send))
    return send(letter)


@mutant("M023", 8, "IDEM-010", delivering=_resending)
def replays_deliver_again(call: Call, ask: Ask) -> Answer:
    """A delivery is sent again on every replay."""
    answer = ask(call)
    if is_create(call) and answer.is_fine and answer.json["status"] in {"completed", "failed"}:
        for letter, send in list(call.world.list("letters")):
            if answer.json["id"].encode() in letter.body:
                send(letter)
    return answer


@mutant("M248", 6, "IDEM-010", also="LIFE-003 LIFE-007 STAT-005", because="the job's end moves")
def replays_work_again(call: Call, ask: Ask) -> Answer:
    """A replay after the end generates again: resource ids and `completedAt` are new."""
    redone = call.world.list("redone")

    def fresh(node: Any) -> None:
        if is_create(call) and node["status"] == "completed":
            redone.append(node["id"])
        if node["id"] in redone and node["status"] == "completed":
            rows = [{**row, "resourceId": f"{str(row['resourceId'])[:-4]}ffff"} for row in node["outputs"]]
            node.update(completedAt=f"{node['completedAt'][:-4]}999Z", outputs=rows)

    return edited(call, ask, f"{CREATE} getExpansion", fresh)


@mutant(
    "M065",
    5,
    "IDEM-011",
    also="RATE-006 LIFE-011 STAT-006 RES-017 LIFE-009",
    because="C, under M's key in capitals, is M itself",
)
def keys_are_levelled(call: Call, ask: Ask) -> Answer:
    """The key is trimmed and lower-cased: distinct keys collide."""
    key = call.header("Idempotency-Key")
    return ask(call.under("Idempotency-Key", key.strip().lower()) if is_create(call) and key else call)


@mutant("M117", 3, "IDEM-012", also="ERR-011", because="it is a 500")
def long_keys_break(call: Call, ask: Ask) -> Answer:
    """A key of 256 characters is answered 500."""
    is_long = is_create(call) and len(str(call.key)) > 255
    return error(500, "content_internal_error") if is_long else ask(call)


@mutant("M249", 3, "IDEM-012")
def long_keys_are_cut(call: Call, ask: Ask) -> Answer:
    """A key that is too long is cut."""
    key = call.header("Idempotency-Key") or ""
    return ask(call.under("Idempotency-Key", key[:255]) if is_create(call) and len(key) > 255 else call)


@mutant("M250", 5, "IDEM-013")
def a_404_uses_the_key_up(call: Call, ask: Ask) -> Answer:
    """A create refused for its classroom uses its idempotency key up."""
    return burning(call, ask, {404})


@mutant(
    "M067",
    5,
    "IDEM-014",
    also="IDEM-004",
    because="the key in the body changes the bytes as well",
    behaviours={"idempotency.same-key-other-body": "conflict-409"},
)
def bytes_are_the_request(call: Call, ask: Ask) -> Answer:
    """Fingerprint over raw bytes: a re-serialised retry counts as another request."""
    bodies = call.world.table("bodies")
    if is_create(call) and call.key and bodies.get(call.key, call.body) != call.body:
        return error(409, "content_conflict")
    answer = ask(call)
    if is_create(call) and call.key and answer.is_fine:
        bodies[call.key] = call.body
    return answer


@mutant("M251", 5, "IDEM-014")
def escapes_make_another_job(call: Call, ask: Ask) -> Answer:
    """A body in other bytes makes a second job."""
    is_escaped = is_create(call) and call.key and b"\\u0068" in call.body
    return ask(under_key(call, f"{call.key}-raw") if is_escaped else call)


@mutant("M252", 5, "IDEM-015")
def exports_are_never_replayed(call: Call, ask: Ask) -> Answer:
    """An export under a known key is another export."""
    is_export = call.operation == "exportContent" and call.key
    return ask(
        call.saying({**call.members, "idempotencyKey": f"{call.key}-{call.world.count('exports')}"})
        if is_export
        else call
    )


@mutant("M253", 3, "IDEM-017", also="IDEM-012 ERR-011", because="the longest key is one of these, and it is a 500")
def odd_keys_break(call: Call, ask: Ask) -> Answer:
    """A key with a quote in it is answered 500."""
    return error(500, "content_internal_error") if is_create(call) and "'" in str(call.key) else ask(call)
