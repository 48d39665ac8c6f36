"""Defects of errors, of HTTP, and of exports."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false
from __future__ import annotations

import json
import unicodedata
from typing import Any

from contract_tests.tests.mutants.bench import Answer, Ask, Call, edited, error, job
from contract_tests.tests.mutants.catalogue import mutant

EXPORT = "exportContent"
PAGE = (("Content-Type", "text/html; charset=utf-8"),)


def misspoken(call: Call, ask: Ask, change: Any, statuses: range = range(400, 500)) -> Answer:
    """Answer, and let the error object of refusals be changed in place."""
    answer = ask(call)
    node = answer.json
    if answer.status not in statuses or not isinstance(node, dict) or "error" not in node:
        return answer
    change(node["error"])
    return answer.saying(node)


@mutant(
    "M135",
    1,
    "ERR-001",
    also="HTTP-008 AUTH-001 AUTH-002 AUTH-003 AUTH-004 AUTH-005 AUTH-013 AUTH-010 KEY-007 KEY-011"
    " KEY-012 KEY-014 KEY-015 CRE-004 CRE-008 CRE-009 CRE-010 CRE-013 CRE-014 CRE-020 IDEM-012 STAT-003 RES-014"
    " ERR-006 ERR-007 RATE-001 RATE-009 HOOK-016 HOOK-017 EXP-004 EXP-005",
    because="no error has a code any more",
)
def errors_are_flat(call: Call, ask: Ask) -> Answer:
    """Errors are flat: `{"message": …}`."""
    answer = ask(call)
    is_error = 400 <= answer.status < 500 and isinstance(answer.json, dict) and "error" in answer.json
    return answer.saying({"message": answer.json["error"]["message"]}) if is_error else answer


@mutant("M101", 4, "ERR-002", also="HTTP-008", because="the document knows the status of each error")
def every_error_is_400(call: Call, ask: Ask) -> Answer:
    """`error.status` is always 400."""
    return misspoken(call, ask, lambda node: node.update(status=400))


@mutant(
    "M278",
    2,
    "ERR-003",
    also="HTTP-008 STAT-003 RES-014 KEY-012 CRE-023 ERR-006 ERR-007 HOOK-017 EXP-004",
    because="the code is none of the contract's where it is asked for",
)
def not_found_has_its_own_code(call: Call, ask: Ask) -> Answer:
    """What is not found has the code `not_found`."""
    return misspoken(call, ask, lambda node: node.update(code="not_found"), range(404, 405))


@mutant(
    "M279",
    2,
    "ERR-004",
    also="HTTP-008 STAT-003 RES-014 KEY-012 CRE-023 ERR-006 ERR-007 HOOK-017 EXP-004",
    because="the code is another where it is asked for",
)
def codes_and_statuses_part(call: Call, ask: Ask) -> Answer:
    """What is not found has the code of an invalid request."""
    return misspoken(call, ask, lambda node: node.update(code="content_invalid_request"), range(404, 405))


@mutant("M280", 1, "ERR-005", also="HTTP-008", because="the document declares JSON")
def errors_are_called_text(call: Call, ask: Ask) -> Answer:
    """Errors are sent as `text/plain`."""
    answer = ask(call)
    return answer.under("Content-Type", "text/plain") if answer.status >= 400 else answer


@mutant("M129", 2, "ERR-006")
def unknown_routes_get_a_page(call: Call, ask: Ask) -> Answer:
    """An unknown route is answered with an HTML 404."""
    is_odd = "nothing-here" in call.path
    return Answer(404, PAGE, b"<h1>Not Found</h1>") if is_odd else ask(call)


@mutant("M281", 2, "ERR-007")
def a_wrong_method_reads_a_list(call: Call, ask: Ask) -> Answer:
    """GET on the collection of expansions answers an empty list."""
    is_odd = call.method == "GET" and call.path == "/v1/content/integrations/expansions"
    return Answer(200, body=b"[]") if is_odd else ask(call)


@mutant("M105", 4, "ERR-008")
def errors_show_the_stack(call: Call, ask: Ask) -> Answer:
    """A stack trace stands in the message of a 400."""
    trace = 'Traceback (most recent call last): File "/srv/app/api/views.py", line 7, in create'
    return misspoken(call, ask, lambda node: node.update(message=trace), range(400, 401))


@mutant("M282", 4, "ERR-009", also="KEY-004", because="a whole key stands in an answer")
def errors_repeat_the_key(call: Call, ask: Ask) -> Answer:
    """An error repeats the key that was sent."""
    return misspoken(call, ask, lambda node: node.update(message=f"refused for {call.bearer}"))


@mutant(
    "M283", 5, "ERR-010", also="HTTP-008 STAT-003 ERR-004 RATE-007 CRE-008", because="every second answer is another"
)
def codes_change(call: Call, ask: Ask) -> Answer:
    """Every second 404 of one job has another code and status."""
    answer = ask(call)
    if call.operation == "getExpansion" and answer.status == 404 and call.world.count(call.name) % 2 == 0:
        return error(403, "content_forbidden")
    return answer


@mutant("M284", 2, "ERR-011 HTTP-004")
def options_break(call: Call, ask: Ask) -> Answer:
    """OPTIONS is answered 500."""
    return error(500, "content_internal_error") if call.method == "OPTIONS" else ask(call)


@mutant("M285", 1, "ERR-012", also="HTTP-008", because="the document wants a text")
def messages_are_empty(call: Call, ask: Ask) -> Answer:
    """Messages are empty."""
    return misspoken(call, ask, lambda node: node.update(message=""))


@mutant("M119", 3, "HTTP-003", also="ERR-011", because="it is a 500")
def not_a_number_breaks(call: Call, ask: Ask) -> Answer:
    """NaN in a body is answered 500."""
    return error(500, "content_internal_error") if b":NaN" in call.body else ask(call)


@mutant(
    "M315", 1, "HTTP-001", also="HTTP-002 CRE-007 HTTP-008 CRE-018 CRE-012", because="what is not UTF-8 cannot be read"
)
def answers_are_in_latin_1(call: Call, ask: Ask) -> Answer:
    """Answers are in Latin-1."""
    answer = ask(call)
    if call.operation == "listClassrooms" and answer.is_fine:
        text = json.dumps([{**each, "name": "Schülerinnen"} for each in answer.json], ensure_ascii=False)
        return Answer(200, answer.headers, text.encode("latin-1"))
    return answer


@mutant("M316", 4, "HTTP-002")
def text_is_normalised(call: Call, ask: Ask) -> Answer:
    """Text is normalised to composed characters on its way through."""

    def composed(node: Any) -> None:
        job(node)["sourceType"] = unicodedata.normalize("NFC", job(node)["sourceType"])

    return edited(call, ask, "createExpansion getExpansion getExpansionResult", composed)


@mutant("M317", 2, "HTTP-004")
def no_heads(call: Call, ask: Ask) -> Answer:
    """HEAD is answered 404."""
    return error(404, "content_not_found") if call.method == "HEAD" else ask(call)


@mutant("M318", 2, "HTTP-005")
def answers_are_shared(call: Call, ask: Ask) -> Answer:
    """Answers to a key may be kept by shared caches."""
    answer = ask(call)
    return answer.under("Cache-Control", "public, max-age=60") if call.bearer and answer.is_fine else answer


@mutant("M319", 2, "HTTP-007")
def every_origin_may_read(call: Call, ask: Ask) -> Answer:
    """Any page may read with credentials: the origin is echoed."""
    origin = call.header("Origin") or "*"
    return ask(call).under("Access-Control-Allow-Origin", origin).under("Access-Control-Allow-Credentials", "true")


@mutant("M139", 1, "HTTP-008", also="HTTP-001 ERR-005", because="it is no JSON by its name")
def json_is_called_text(call: Call, ask: Ask) -> Answer:
    """JSON is sent as `text/plain`."""
    return ask(call).under("Content-Type", "text/plain")


@mutant("M141", 1, "CRE-001 KEY-018", also="*", because="nothing opens any more")
def nothing_opens(_call: Call, _ask: Ask) -> Answer:
    """Always 401."""
    return error(401, "content_invalid_api_key", headers=(("WWW-Authenticate", "Bearer"),))


@mutant("M310", 7, "EXP-001")
def a_key_exports(call: Call, ask: Ask) -> Answer:
    """An export succeeds with a bearer key."""
    if call.operation == EXPORT and call.bearer:
        return ask(call.under("Authorization", None).under("Cookie", f"jwt={call.world.given.admin_cookie}"))
    return ask(call)


@mutant("M107", 4, "EXP-002", also="EXP-007 HTTP-008", because="it is seen queued")
def exports_are_queued(call: Call, ask: Ask) -> Answer:
    """Export answers `queued`."""
    return edited(call, ask, EXPORT, lambda node: job(node).update(status="queued"))


@mutant("M311", 1, "EXP-003", also="EXP-002 HTTP-008", because="the manifest is not there")
def exports_are_jobs(call: Call, ask: Ask) -> Answer:
    """Export answers with its job alone."""
    return edited(call, ask, EXPORT, lambda node: node["job"])


@mutant("M312", 3, "EXP-004")
def any_lesson_is_exported(call: Call, ask: Ask) -> Answer:
    """An unknown lesson is exported."""
    answer = ask(call)
    if call.operation == EXPORT and answer.status == 404 and "unknown-lesson" in str(call.key):
        return ask(call.saying({**call.json, "lessonId": call.world.given.lesson_id}))
    return answer


@mutant("M313", 7, "EXP-005")
def any_classroom_is_exported_from(call: Call, ask: Ask) -> Answer:
    """An export from another organization's classroom succeeds."""
    answer = ask(call)
    if call.operation == EXPORT and "foreign-export" in str(call.key):
        ours = call.world.given
        path = call.target.replace(call.target.split("/")[5], str(ours.classroom_id))
        return ask(call.to("POST", path))
    return answer


@mutant("M314", 5, "EXP-006")
def exports_cannot_be_read(call: Call, ask: Ask) -> Answer:
    """An export's job is unknown to the status operation."""
    answer = ask(call)
    if call.operation == EXPORT and answer.is_fine:
        call.world.list("exports").append(job(answer.json)["id"])
    is_read = call.operation in {"getExpansion", "getExpansionResult"} and call.name in call.world.list("exports")
    return error(404, "content_not_found") if is_read else answer


@mutant(
    "M059",
    6,
    "EXP-007",
    also="EXP-002 EXP-006 HTTP-008 LIFE-002 LIFE-007 LIFE-006 IDEM-015",
    because="what is generated is not finished, and is seen to end",
)
def exports_generate(call: Call, ask: Ask) -> Answer:
    """Export runs generation: queued → processing → completed."""
    made = call.world.list("exports")

    def generated(node: Any) -> None:
        name = job(node)["id"]
        if call.operation == EXPORT:
            made.append(name)
        if name in made:
            number = call.world.count(f"looks at {name}")
            status = ("queued", "processing", "completed")[min(number, 3) - 1]
            job(node).update(status=status, completedAt=job(node)["completedAt"] if number > 2 else None)

    return edited(call, ask, f"{EXPORT} getExpansion", generated)
