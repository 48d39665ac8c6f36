"""Servers without any sense: none of them may end with 0, and none may crash the judge."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from random import Random
from threading import Event
from uuid import UUID

from contract_tests.tests.mutants.access import noting_keys, token
from contract_tests.tests.mutants.bench import Answer, Answering, Ask, Call, error
from contract_tests.tests.mutants.creating import is_create
from contract_tests.tests.mutants.repeating import under_key

TRIVIAL: dict[str, Answering] = {}
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def trivial(function: Answering) -> Answering:
    """Make a trivial server of a way of answering; its name tells what it does."""
    TRIVIAL[function.__name__.replace("_", " ")] = function
    return function


@trivial
def always_200(_call: Call, _ask: Ask) -> Answer:
    """An empty object, whatever is asked."""
    return Answer(200, body=b"{}")


@trivial
def always_401(_call: Call, _ask: Ask) -> Answer:
    """A refusal, whatever is asked."""
    return error(401, "content_invalid_api_key")


@trivial
def always_404(_call: Call, _ask: Ask) -> Answer:
    """Not found, in the envelope."""
    return error(404, "content_not_found")


@trivial
def always_500(_call: Call, _ask: Ask) -> Answer:
    """A fault, in the envelope."""
    return error(500, "content_internal_error")


@trivial
def echo(call: Call, _ask: Ask) -> Answer:
    """What was sent."""
    return Answer(200, body=call.body or b"{}")


@trivial
def forgetting(call: Call, ask: Ask) -> Answer:
    """Right, but it forgets everything after each request."""
    answer = noting_keys(under_key(call, None) if is_create(call) and call.key else call, ask)
    if token(call) in call.world.table("key secrets").values():
        return error(401, "content_invalid_api_key", headers=(("WWW-Authenticate", "Bearer"),))
    reads = {"getExpansion", "getExpansionResult", "rotateApiKey", "revokeApiKey", "deleteWebhook"}
    return error(404, "content_not_found") if call.operation in reads and answer.is_fine else answer


@trivial
def one_tenant(call: Call, ask: Ask) -> Answer:
    """Right for one organization: all others are taken for it."""
    given = call.world.given
    pairs = (
        (given.other_api_key, given.api_key),
        (given.other_admin_cookie, given.admin_cookie),
        (given.other_organization_id, given.organization_id),
    )
    target, headers = call.target, call.headers
    for theirs, ours in pairs:
        target = target.replace(str(theirs), str(ours))
        headers = tuple((name, value.replace(str(theirs), str(ours))) for name, value in headers)
    return ask(replace(call, target=target, headers=headers))


def played_back(good: list[tuple[str | None, Answer]]) -> Answering:
    """Return a server that plays back the answers of a good run, operation by operation, whatever is asked."""

    def answering(call: Call, _ask: Ask) -> Answer:
        answers = [answer for operation, answer in good if operation == call.operation]
        number = call.world.count(f"calls of {call.operation}")
        return answers[(number - 1) % len(answers)] if answers else error(404, "content_not_found")

    return answering


def at_random(good: list[tuple[str | None, Answer]], seed: int = 7) -> Answering:
    """Return a server whose answers all fit the document, with chance for their content."""
    chance = Random(seed)  # noqa: S311 - no secret

    def answering(call: Call, _ask: Ask) -> Answer:
        fitting = [answer for operation, answer in good if operation == call.operation and answer.is_fine]
        if not fitting:
            return error(404, "content_not_found")
        answer = chance.choice(fitting)
        return replace(answer, body=_ID.sub(lambda _: str(UUID(int=chance.getrandbits(128))).encode(), answer.body))

    return answering


def recording(into: list[tuple[str | None, Answer]]) -> Answering:
    """Return a way of answering as the mock does that keeps each answer."""

    def answering(call: Call, ask: Ask) -> Answer:
        answer = ask(call)
        into.append((call.operation, answer))
        return answer

    return answering


def never(stop: Event) -> Answering:
    """Return a server that takes requests and never answers, until it is stopped."""

    def answering(_call: Call, _ask: Ask) -> Answer:
        stop.wait(60)
        return Answer(503, body=json.dumps({}).encode())

    return answering
