"""Servers that differ from the mock without breaking a sentence: the judge must stay silent about each of them."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownVariableType=false
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
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
from contract_tests.tests.mutants.deliveries import rewritten

from tutorflow_mock.outbox.sender import Outcome as Sent

BENIGN: dict[str, tuple[Answering, Delivering]] = {}


def benign(function: Answering) -> Answering:
    """Make a benign variant of a way of answering; its name tells what is different."""
    BENIGN[function.__name__.replace("_", " ")] = (function, duly)
    return function


def benign_letter(function: Delivering) -> Delivering:
    """Make a benign variant of a way of delivering."""
    BENIGN[function.__name__.replace("_", " ")] = (plainly, function)
    return function


def benign_both(delivering: Delivering) -> Callable[[Answering], Answering]:
    """Return a decorator that makes a benign variant of a way of answering and one of delivering."""

    def register(answering: Answering) -> Answering:
        BENIGN[answering.__name__.replace("_", " ")] = (answering, delivering)
        return answering

    return register


def _everywhere(node: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(node, dict):
        return change({name: _everywhere(value, change) for name, value in node.items()})
    return [_everywhere(item, change) for item in node] if isinstance(node, list) else node


def _respelt(answer: Answer, spell: Callable[[Any], str]) -> Answer:
    return answer if answer.json is None else replace(answer, body=spell(answer.json).encode())


@benign
def extra_fields_in_every_object(call: Call, ask: Ask) -> Answer:
    """A member that nobody knows in every object."""
    answer = ask(call)
    return _respelt(answer, lambda node: json.dumps(_everywhere(node, lambda each: {**each, "xNew": {"a": 1}})))


@benign
def extra_headers(call: Call, ask: Ask) -> Answer:
    """Headers of a gateway."""
    answer = ask(call).under("X-Request-Id", "3f1c").under("Via", "1.1 edge").under("X-RateLimit-Limit", "60")
    return answer.under("Vary", "Accept-Encoding").under("RateLimit-Remaining", "59")


@benign
def another_key_order(call: Call, ask: Ask) -> Answer:
    """Members in reverse order."""
    return _respelt(ask(call), lambda node: json.dumps(_everywhere(node, lambda each: dict(reversed(each.items())))))


@benign
def indented_and_escaped(call: Call, ask: Ask) -> Answer:
    """White space, and escapes for all that is not ASCII."""
    return _respelt(ask(call), lambda node: json.dumps(node, indent=4, ensure_ascii=True) + "\n")


@benign
def charset_in_the_content_type(call: Call, ask: Ask) -> Answer:
    """`charset=utf-8` behind the media type."""
    answer = ask(call)
    return answer.under("Content-Type", "application/json; charset=utf-8") if answer.json is not None else answer


@benign
def other_messages(call: Call, ask: Ask) -> Answer:
    """Errors in other words, in another language."""
    answer = ask(call)
    node = answer.json
    if isinstance(node, dict) and "error" in node and isinstance(node["error"], dict) and "status" in node["error"]:
        return answer.saying({"error": {**node["error"], "message": "요청을 처리할 수 없습니다"}})
    return answer


@benign
def latency_of_80_ms(call: Call, ask: Ask) -> Answer:
    """Every answer takes its time."""
    Event().wait(0.08)
    return ask(call)


def _in_disguise(letter: Letter, send: Send) -> Sent:
    return send(rewritten(letter, lambda node: node.update(jobId=_disguised(letter.world, node["jobId"]))))


def _disguised(world: World, name: str) -> str:
    shown = f"job_{name.replace('-', '')[::-1]}"
    world.table("ids")[shown] = name
    return shown


@benign_both(_in_disguise)
def opaque_job_ids(call: Call, ask: Ask) -> Answer:
    """Job ids such as `job_01H…`, in deliveries as well."""
    real = call.world.table("ids").get(call.name)
    answer = ask(call.to(call.method, call.target.replace(call.name, real)) if real else call)
    if call.operation in {CREATE, "exportContent", *READS.split()} and answer.is_fine:
        name = str(job(answer.json)["id"])
        shown = _disguised(call.world, name)
        return replace(answer, body=answer.body.replace(name.encode(), shown.encode()))
    return answer


@benign_letter
def an_extra_webhook_field(letter: Letter, send: Send) -> Sent:
    """A field that nobody knows in each delivery."""
    return send(rewritten(letter, lambda node: node.update(deliveryNote="new")))


@benign_letter
def duplicate_deliveries(letter: Letter, send: Send) -> Sent:
    """Every delivery is sent a second time after a 2xx."""
    sent = send(letter)
    return send(letter) if sent.status == 200 else sent


@benign
def other_retry_after(call: Call, ask: Ask) -> Answer:
    """A 429 always says 60."""
    answer = ask(call)
    return answer.under("Retry-After", "60") if answer.status == 429 else answer


@benign
def a_skewed_date(call: Call, ask: Ask) -> Answer:
    """The server's `Date` is minutes off."""
    return ask(call).under("Date", "Mon, 06 Jul 2026 09:00:00 GMT")


@benign
def options_and_allow(call: Call, ask: Ask) -> Answer:
    """OPTIONS is answered with 204 and `Allow`."""
    allowed = (("Allow", "GET, HEAD, OPTIONS"),)
    return Answer(204, allowed) if call.method == "OPTIONS" else ask(call).under("Allow", "GET, HEAD, OPTIONS")


@benign
def no_keep_alive(call: Call, ask: Ask) -> Answer:
    """The connection ends after each answer."""
    return ask(call).under("Connection", "close")


@benign
def other_titles(call: Call, ask: Ask) -> Answer:
    """Outputs have titles of their own."""
    answer = ask(call)
    if call.operation == "getExpansionResult" and answer.is_fine:
        return _respelt(answer, lambda node: json.dumps(_everywhere(node, _retitled)))
    return answer


def _retitled(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "title": f"Generated: {node['title']}"} if "title" in node else node


@benign
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


@benign
def a_503_once(call: Call, ask: Ask) -> Answer:
    """A gateway is overloaded once."""
    is_read = call.operation == "getExpansion" and call.world.count("reads") == 3
    return Answer(503, (("Retry-After", "1"),)) if is_read else ask(call)
