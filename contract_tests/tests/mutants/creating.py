"""Defects of creating expansions."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract_tests.tests.mutants.bench import Answer, Ask, Call, edited, error, job
from contract_tests.tests.mutants.catalogue import mutant

CREATE = "createExpansion"
READS = "getExpansion getExpansionResult"
INVALID = "content_invalid_request"


def is_create(call: Call) -> bool:
    """Tell whether a call would make a job."""
    return call.operation == CREATE


def taken(call: Call, ask: Ask, holds: Callable[[dict[str, Any]], bool], **changes: Any) -> Answer:
    """Answer a create; one of which something holds as if it had sent other members."""
    is_odd = is_create(call) and holds(call.members)
    return ask(call.saying({**call.members, **changes}) if is_odd else call)


def burning(call: Call, ask: Ask, statuses: set[int]) -> Answer:
    """Answer, but let creates that are refused with some statuses use their key up."""
    burnt = call.world.list("burnt")
    if is_create(call) and call.key in burnt:
        return error(409, "content_conflict")
    answer = ask(call)
    if is_create(call) and call.key and answer.status in statuses:
        burnt.append(call.key)
    return answer


@mutant("M133", 1, "CRE-001 HTTP-008", also="IDEM-002", because="replays show the real status")
def create_answers_202(call: Call, ask: Ask) -> Answer:
    """Create answers the other revision's status, 202."""
    answer = ask(call)
    return Answer(202, answer.headers, answer.body) if is_create(call) and answer.is_fine else answer


@mutant("M229", 4, "CRE-006")
def another_default_source_type(call: Call, ask: Ask) -> Answer:
    """`sourceType` left out becomes `floco`."""
    return taken(call, ask, lambda body: "payload" in body and "sourceType" not in body, sourceType="floco")


@mutant("M097", 4, "CRE-002", also="HTTP-008 LIFE-002 LIFE-005 LIFE-006", because="what is born ended goes back")
def born_completed(call: Call, ask: Ask) -> Answer:
    """The job is born `completed`."""
    return edited(call, ask, CREATE, lambda node: node.update(status="completed"))


@mutant("M109", 4, "CRE-003", also="CRE-011 HTTP-008", because="the row is missing for the doubled output as well")
def one_row_whatever_is_asked(call: Call, ask: Ask) -> Answer:
    """Create shows one output row whatever was requested."""
    return edited(call, ask, CREATE, lambda node: node.update(outputs=node["outputs"][:1]))


@mutant("M113", 3, "CRE-004")
def unknown_outputs_are_dropped(call: Call, ask: Ask) -> Answer:
    """An unknown output value is silently dropped."""
    known = [each for each in call.members.get("requestedOutputs") or () if each != "printed_poster"]
    return taken(call, ask, lambda body: "printed_poster" in str(body.get("requestedOutputs")), requestedOutputs=known)


@mutant("M099", 4, "CRE-005")
def outputs_left_out_are_the_module(call: Call, ask: Ask) -> Answer:
    """Omitted outputs give the module alone."""
    return taken(
        call,
        ask,
        lambda body: "payload" in body and "requestedOutputs" not in body,
        requestedOutputs=["interactive_module"],
    )


@mutant("M230", 4, "CRE-007", also="HTTP-002", because="no other source type comes back either")
def source_types_are_levelled(call: Call, ask: Ask) -> Answer:
    """Every `sourceType` becomes `source_json`."""
    return taken(call, ask, lambda body: isinstance(body.get("sourceType"), str), sourceType="source_json")


@mutant(
    "M115",
    3,
    "CRE-008",
    also="CRE-015 HTTP-003 IDEM-003",
    because="the same defect makes a job of M's refused try, and of odd bodies",
)
def a_payload_may_be_missing(call: Call, ask: Ask) -> Answer:
    """A create without `payload` is accepted."""
    return taken(call, ask, lambda body: bool(body) and "payload" not in body, payload={})


@mutant("M231", 3, "CRE-009")
def a_payload_may_be_a_list(call: Call, ask: Ask) -> Answer:
    """A `payload` that is an array is accepted."""
    return taken(call, ask, lambda body: isinstance(body.get("payload"), list), payload={})


@mutant("M232", 3, "CRE-010")
def no_outputs_are_all(call: Call, ask: Ask) -> Answer:
    """`requestedOutputs: []` gives all outputs."""
    body = {name: value for name, value in call.members.items() if name != "requestedOutputs"}
    return ask(call.saying(body) if is_create(call) and call.members.get("requestedOutputs") == [] else call)


@mutant("M233", 4, "CRE-011", also="HTTP-008", because="the document wants each type once")
def doubled_outputs_make_two_rows(call: Call, ask: Ask) -> Answer:
    """A doubled output makes two rows."""

    def double(node: Any) -> None:
        asked = call.members.get("requestedOutputs") or []
        if len(asked) != len(set(asked)):
            node["outputs"].append({**node["outputs"][-1], "id": "00000000-0000-4000-8000-0000000000aa"})

    return edited(call, ask, CREATE, double)


@mutant("M234", 3, "CRE-012")
def unknown_fields_are_refused(call: Call, ask: Ask) -> Answer:
    """An unknown field of the request is refused."""
    return error(400, INVALID) if is_create(call) and "clientNote" in call.members else ask(call)


@mutant("M123", 3, "CRE-018")
def unknown_payload_fields_are_refused(call: Call, ask: Ask) -> Answer:
    """An unknown field inside `payload` is refused."""
    payload = call.members.get("payload")
    is_odd = is_create(call) and isinstance(payload, dict) and not payload.keys() <= {"category", "language", "level"}
    return error(400, INVALID, "payload: unknown field") if is_odd else ask(call)


@mutant("M235", 3, "CRE-013", also="ERR-001 ERR-005", because="a page is no envelope")
def broken_json_gets_a_page(call: Call, ask: Ask) -> Answer:
    """Malformed JSON is answered with a page."""
    is_broken = is_create(call) and call.body.endswith(b'"payload":')
    return Answer(400, (("Content-Type", "text/html"),), b"<h1>Bad Request</h1>") if is_broken else ask(call)


@mutant(
    "M236",
    3,
    "CRE-014",
    also="IDEM-013 CRE-001 HTTP-008",
    because="the refused try under M's key makes the job, and M is its replay",
)
def no_media_type_is_looked_at(call: Call, ask: Ask) -> Answer:
    """A body that is called plain text is accepted."""
    return ask(call.under("Content-Type", "application/json") if is_create(call) else call)


@mutant("M237", 5, "CRE-015", also="ERR-010", because="the same bad request finds its key used up the second time")
def a_400_uses_the_key_up(call: Call, ask: Ask) -> Answer:
    """A create refused with 400 uses its idempotency key up."""
    return burning(call, ask, {400})


@mutant("M238", 5, "CRE-016")
def ids_count_up(call: Call, ask: Ask) -> Answer:
    """Job ids count up from 1."""
    ids = call.world.table("numbers")
    real = next((name for name, shown in ids.items() if shown == call.name), None)
    is_read = call.operation in READS.split() and real
    answer = ask(call.to(call.method, call.target.replace(f"/{call.name}", f"/{real}")) if is_read else call)
    if call.operation in {CREATE, *READS.split()} and answer.is_fine:
        node = answer.json
        name = job(node)["id"]
        with call.world.lock:
            shown = ids.setdefault(name, f"{10**8 + len(ids)}")
        return Answer(answer.status, answer.headers, answer.body.replace(name.encode(), shown.encode()))
    return answer


@mutant("M239", 3, "CRE-017", also="CRE-005 CRE-006 CRE-019", because="nothing else can be seen of what is refused")
def one_dialect_alone(call: Call, ask: Ask) -> Answer:
    """Lessons of the type `vocabulary` are refused."""
    return error(400, INVALID) if is_create(call) and b'"vocabulary"' in call.body else ask(call)


@mutant("M240", 5, "CRE-019")
def equal_bodies_are_one_job(call: Call, ask: Ask) -> Answer:
    """Two equal creates without a key make one job."""
    answers = call.world.table("answers")
    if is_create(call) and not call.key and call.bearer:
        found = answers.get(call.body) or ask(call)
        if found.is_fine:
            answers[call.body] = found
        return found
    return ask(call)


@mutant("M241", 3, "CRE-020", also="ERR-001 ERR-005", because="a page is no envelope")
def too_large_gets_a_page(call: Call, ask: Ask) -> Answer:
    """A body above the limit is answered with a page."""
    answer = ask(call)
    return Answer(413, (("Content-Type", "text/html"),), b"<h1>Too Large</h1>") if answer.status == 413 else answer


@mutant("M242", 6, "CRE-021", also="STAT-001", because="that read is no 200")
def status_comes_late(call: Call, ask: Ask) -> Answer:
    """The first read of a new job's status is 404."""
    answer = ask(call)
    if call.operation == "getExpansion" and answer.is_fine and call.world.count(call.name) == 1:
        return error(404, "content_not_found")
    return answer


@mutant("M243", 4, "CRE-022", also="CRE-002 HTTP-008", because="a job is shown as it cannot be")
def clients_set_the_end(call: Call, ask: Ask) -> Answer:
    """A client's `completedAt` takes effect."""
    end = call.members.get("completedAt")
    return edited(call, ask, CREATE, lambda node: node.update(completedAt=end) if end else None)


@mutant(
    "M244",
    4,
    "CRE-023",
    also="IDEM-013 CRE-001",
    because="the refused try under M's key makes the job, and M is its replay",
)
def foreign_classrooms_are_taken(call: Call, ask: Ask) -> Answer:
    """A classroom of nobody's is accepted."""
    answer = ask(call)
    body = {name: value for name, value in call.members.items() if name != "classroomId"}
    return ask(call.saying(body)) if is_create(call) and answer.status == 404 else answer
