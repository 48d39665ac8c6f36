"""Servers that differ from the mock without breaking a sentence: the judge must stay silent about each of them."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownVariableType=false
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from contract_tests.tests.mutants.bench import (
    Answer,
    Answering,
    Ask,
    Call,
    Delivering,
    Letter,
    Send,
    World,
    duly,
    job,
    plainly,
)
from contract_tests.tests.mutants.creating import CREATE, READS
from contract_tests.tests.mutants.deliveries import DELIVERED, job_of, rewritten

from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.evidence import job_of as job_told
from tutorflow_conformance.exchange import Exchange, member
from tutorflow_mock.outbox.sender import Outcome as Sent
from tutorflow_openapi.document import is_object

Showing = Callable[[Evidence], bool]
NOT_NOW, LATENCY = "요청을 처리할 수 없습니다", 0.08


@dataclass(frozen=True)
class Variant:
    """A way of answering and one of delivering; `shows` tells whether a run in mode mock or full met the difference."""

    answering: Answering
    delivering: Delivering
    shows: Showing


BENIGN: dict[str, Variant] = {}


def benign(shows: Showing, delivering: Delivering = duly) -> Callable[[Answering], Answering]:
    """Return a decorator that makes a benign variant of a way of answering; its name tells what is different."""

    def register(answering: Answering) -> Answering:
        BENIGN[answering.__name__.replace("_", " ")] = Variant(answering, delivering, shows)
        return answering

    return register


def benign_letter(shows: Showing) -> Callable[[Delivering], Delivering]:
    """Return a decorator that makes a benign variant of a way of delivering."""

    def register(delivering: Delivering) -> Delivering:
        BENIGN[delivering.__name__.replace("_", " ")] = Variant(plainly, delivering, shows)
        return delivering

    return register


def _any(holds: Callable[[Exchange], Any]) -> Showing:
    return lambda seen: any(holds(each) for each in seen.exchanges)


def _says(text: bytes) -> Showing:
    return _any(lambda each: each.answer and text in each.answer.body)


def _is_told_twice(seen: Evidence) -> bool:
    taken = [(each.endpoint, job_told(each.body)) for each in seen.arrivals if each.answered == DELIVERED]
    return len(taken) > len(set(taken))


def _is_done_when_read(seen: Evidence) -> bool:
    made, read = seen.creates[0], seen.reads(seen.jobs[0])[0]
    return (job(made.json)["status"], job(read.json)["status"]) == ("queued", "completed")


def _is_out_of_order(seen: Evidence) -> bool:
    first, second = seen.notes["M"], seen.notes["B"]
    told = [(job_told(each.body), each.endpoint) for each in seen.arrivals]
    is_overtaken = [name for name, _ in told].index(second) < [name for name, _ in told].index(first)
    return is_overtaken and next(endpoint for name, endpoint in told if name == first) != "both"


def _has(name: str, value: str) -> Showing:
    return _any(lambda each: value in (each.header(name) or ""))


def _everywhere(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(node, dict):
        return change({name: _everywhere(value, change) for name, value in node.items()})
    return [_everywhere(item, change) for item in node] if isinstance(node, list) else node


def _respelt(answer: Answer, spell: Callable[[Any], str]) -> Answer:
    return answer if answer.json is None else replace(answer, body=spell(answer.json).encode())


@benign(_says(b"xNew"))
def extra_fields_in_every_object(call: Call, ask: Ask) -> Answer:
    """A member that nobody knows in every object."""
    answer = ask(call)
    return _respelt(answer, lambda node: json.dumps(_everywhere(node, lambda each: {**each, "xNew": {"a": 1}})))


@benign(_has("X-Request-Id", "3f1c"))
def extra_headers(call: Call, ask: Ask) -> Answer:
    """Headers of a gateway."""
    answer = ask(call).under("X-Request-Id", "3f1c").under("Via", "1.1 edge").under("X-RateLimit-Limit", "60")
    return answer.under("Vary", "Accept-Encoding").under("RateLimit-Remaining", "59")


@benign(lambda seen: list(seen.creates[0].json)[-1] == "id")
def another_key_order(call: Call, ask: Ask) -> Answer:
    """Members in reverse order."""
    return _respelt(ask(call), lambda node: json.dumps(_everywhere(node, lambda each: dict(reversed(each.items())))))


@benign(_says(b'\n    "'))
def indented_and_escaped(call: Call, ask: Ask) -> Answer:
    """White space, and escapes for all that is not ASCII."""
    return _respelt(ask(call), lambda node: json.dumps(node, indent=4, ensure_ascii=True) + "\n")


@benign(_has("Content-Type", "charset=utf-8"))
def charset_in_the_content_type(call: Call, ask: Ask) -> Answer:
    """`charset=utf-8` behind the media type."""
    answer = ask(call)
    return answer.under("Content-Type", "application/json; charset=utf-8") if answer.json is not None else answer


@benign(_any(lambda each: member(each.json, "error", "message") == NOT_NOW))
def other_messages(call: Call, ask: Ask) -> Answer:
    """Errors in other words, in another language."""
    answer = ask(call)
    node = answer.json
    if isinstance(node, dict) and "error" in node and isinstance(node["error"], dict) and "status" in node["error"]:
        return answer.saying({"error": {**node["error"], "message": NOT_NOW}})
    return answer


@benign(lambda seen: min(each.ended - each.at for each in seen.exchanges) >= LATENCY)
def latency_of_80_ms(call: Call, ask: Ask) -> Answer:
    """Every answer takes its time."""
    Event().wait(LATENCY)
    return ask(call)


def _in_disguise(letter: Letter, send: Send) -> Sent:
    return send(rewritten(letter, lambda node: node.update(jobId=_disguised(letter.world, node["jobId"]))))


def _disguised(world: World, name: str) -> str:
    shown = f"job_{name.replace('-', '')[::-1]}"
    world.table("ids")[shown] = name
    return shown


@benign(lambda seen: seen.jobs[0].startswith("job_"), _in_disguise)
def opaque_job_ids(call: Call, ask: Ask) -> Answer:
    """Job ids such as `job_01H…`, in deliveries as well."""
    real = call.world.table("ids").get(call.name)
    answer = ask(call.to(call.method, call.target.replace(call.name, real)) if real else call)
    if call.operation in {CREATE, "exportContent", *READS.split()} and answer.is_fine:
        name = str(job(answer.json)["id"])
        shown = _disguised(call.world, name)
        return replace(answer, body=answer.body.replace(name.encode(), shown.encode()))
    return answer


@benign_letter(lambda seen: all(b"deliveryNote" in each.body for each in seen.arrivals))
def an_extra_webhook_field(letter: Letter, send: Send) -> Sent:
    """A field that nobody knows in each delivery."""
    return send(rewritten(letter, lambda node: node.update(deliveryNote="new")))


@benign_letter(_is_told_twice)
def duplicate_deliveries(letter: Letter, send: Send) -> Sent:
    """Every delivery is sent a second time after a 2xx."""
    sent = send(letter)
    return send(letter) if sent.status == DELIVERED else sent


@benign(_has("Retry-After", "60"))
def other_retry_after(call: Call, ask: Ask) -> Answer:
    """A 429 always says 60."""
    answer = ask(call)
    return answer.under("Retry-After", "60") if answer.status == 429 else answer


@benign(_has("Date", "Mon, 06 Jul 2026 09:00:00 GMT"))
def a_skewed_date(call: Call, ask: Ask) -> Answer:
    """The server's `Date` is minutes off."""
    return ask(call).under("Date", "Mon, 06 Jul 2026 09:00:00 GMT")


@benign(_has("Allow", "OPTIONS"))
def options_and_allow(call: Call, ask: Ask) -> Answer:
    """OPTIONS is answered with 204 and `Allow`."""
    allowed = (("Allow", "GET, HEAD, OPTIONS"),)
    return Answer(204, allowed) if call.method == "OPTIONS" else ask(call).under("Allow", "GET, HEAD, OPTIONS")


@benign(_has("Connection", "close"))
def no_keep_alive(call: Call, ask: Ask) -> Answer:
    """The connection ends after each answer."""
    return ask(call).under("Connection", "close")


@benign(_says(b"Generated: "))
def other_titles(call: Call, ask: Ask) -> Answer:
    """Outputs have titles of their own."""
    answer = ask(call)
    if call.operation == "getExpansionResult" and answer.is_fine:
        return _respelt(answer, lambda node: json.dumps(_everywhere(node, _retitled)))
    return answer


def _retitled(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "title": f"Generated: {node['title']}"} if "title" in node else node


@benign(lambda seen: not _says(b'"processing"')(seen))
def no_processing_seen(call: Call, ask: Ask) -> Answer:
    """A job is queued until it has ended."""
    answer = ask(call)
    if call.operation in READS.split() and answer.is_fine:
        node = answer.json
        if (node.get("job") or node)["status"] == "processing":
            (node.get("job") or node)["status"] = "queued"
            for row in node["outputs"]:
                row.update(status="queued", resourceId=None, manifest=None)
            if node.get("manifest"):
                node["manifest"]["outputs"] = []
            return answer.saying(node)
    return answer


@benign(_any(lambda each: each.status == 503))
def a_503_once(call: Call, ask: Ask) -> Answer:
    """A gateway is overloaded once."""
    is_read = call.operation == "getExpansion" and call.world.count("reads") == 3
    return Answer(503, (("Retry-After", "1"),)) if is_read else ask(call)


@benign(_has("Transfer-Encoding", "chunked"))
def chunked_answers(call: Call, ask: Ask) -> Answer:
    """Bodies come in chunks, without a length."""
    return ask(call).under("Transfer-Encoding", "chunked")


@benign(_any(lambda each: each.is_success and each.header("Content-Encoding") == "gzip" and is_object(each.json)))
def gzip_answers(call: Call, ask: Ask) -> Answer:
    """Bodies are compressed, even for those who did not ask for it."""
    answer = ask(call)
    return answer.under("Content-Encoding", "gzip") if answer.body else answer


def _headers_in_other_case(letter: Letter, send: Send) -> Sent:
    return send(replace(letter, headers=tuple((name.swapcase(), value) for name, value in letter.headers)))


@benign(_any(lambda each: each.answer and "cONTENT-tYPE" in dict(each.answer.headers)), _headers_in_other_case)
def header_names_in_other_case(call: Call, ask: Ask) -> Answer:
    """Names of headers are spelt `cONTENT-tYPE`, in deliveries as well."""
    answer = ask(call)
    return replace(answer, headers=tuple((name.swapcase(), value) for name, value in answer.headers))


@benign(lambda seen: seen.notes["M took"] > 39)
def jobs_ten_times_slower(call: Call, ask: Ask) -> Answer:
    """A job takes forty seconds."""
    return ask(call.under("Prefer", "after=40s") if call.operation == CREATE else call)


@benign(_is_done_when_read)
def jobs_done_at_once(call: Call, ask: Ask) -> Answer:
    """A job has ended when it is first read, though the create said `queued`."""
    return ask(call.under("Prefer", "after=0s") if call.operation == CREATE else call)


def _last_to_the_first(letter: Letter, send: Send) -> Sent:
    """Send to the endpoint that was subscribed first after another one of the same job got its letter."""
    others = letter.world.table("told").setdefault(job_of(letter), Event())
    if letter.endpoint == "both":
        others.wait(5)
        return send(letter)
    sent = send(letter)
    others.set()
    return sent


@benign(_is_out_of_order, _last_to_the_first)
def deliveries_in_another_order(call: Call, ask: Ask) -> Answer:
    """Jobs that were made later end earlier, and the endpoint that was subscribed first is told last."""
    if call.operation != CREATE:
        return ask(call)
    return ask(call.under("Prefer", f"after={max(1, 36 - call.world.count('creates'))}s"))


@benign(_has("Age", "1"))
def a_status_a_moment_old(call: Call, ask: Ask) -> Answer:
    """A read shows what the one before showed, as long as the job's state is the same."""
    if call.operation != "getExpansion":
        return ask(call)
    with call.world.lock:  # or a read at the same time might be shown something newer first
        answer, shown = ask(call), call.world.table("shown")
        before = shown.get(call.name, answer)
        if not answer.is_fine:
            return answer
        shown[call.name] = answer
    is_same = job(before.json)["status"] == job(answer.json)["status"]
    return before.under("Age", "1") if is_same and before.body != answer.body else answer
