"""Defects of rate limits."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

from typing import Any

from contract_tests.tests.mutants.access import as_ours, noting_keys, token
from contract_tests.tests.mutants.bench import Answer, Ask, Call, edited, error
from contract_tests.tests.mutants.catalogue import mutant

LIMITED = 429
TOO_MANY = "content_rate_limit_exceeded"
NONE_LEFT = "no key can be used up"


def limited(seconds: str = "30") -> Answer:
    """Return a refusal by the limit."""
    return error(LIMITED, TOO_MANY, headers=(("Retry-After", seconds),))


@mutant("M286", 6, "RATE-001", also="RATE-007 RATE-008 RATE-012", because=NONE_LEFT)
def limits_never_bite(call: Call, ask: Ask) -> Answer:
    """No key is ever limited."""
    answer = ask(call)
    return ask(as_ours(call)) if answer.status == LIMITED else answer


@mutant("M287", 7, "RATE-002")
def one_window_for_all(call: Call, ask: Ask) -> Answer:
    """All keys of the organization share a window."""
    answer = noting_keys(call, ask)
    is_ours = token(call) == call.world.given.api_key
    if call.operation == "listClassrooms" and is_ours and call.world.kept.pop("is used up", None):
        return limited()
    if answer.status == LIMITED:
        call.world.kept["is used up"] = True
    return answer


@mutant("M288", 6, "RATE-003")
def the_limit_shrinks(call: Call, ask: Ask) -> Answer:
    """A key that was limited once gets half its limit from then on."""
    answer = ask(call)
    halves = call.world.table("halves")
    if answer.status == LIMITED:
        halves[token(call)] = 0
    elif answer.status != LIMITED and token(call) in halves:
        halves[token(call)] += 1
        if halves[token(call)] > 2:
            return limited()
    return answer


@mutant("M289", 6, "RATE-004", also="RATE-003", because="the first calls do not pass either")
def a_limited_key_stays_shut(call: Call, ask: Ask) -> Answer:
    """A key that was limited once never opens again."""
    shut = call.world.list("shut")
    if token(call) in shut:
        return limited()
    answer = ask(call)
    if answer.status == LIMITED:
        shut.append(token(call))
    return answer


@mutant("M290", 2, "RATE-005", also="HTTP-008", because="the document declares the header")
def no_hint_when_to_return(call: Call, ask: Ask) -> Answer:
    """A 429 carries no `Retry-After`."""
    answer = ask(call)
    return answer.under("Retry-After", None) if answer.status == LIMITED else answer


@mutant("M069", 5, "RATE-006")
def refused_creates_make_jobs(call: Call, ask: Ask) -> Answer:
    """429 on create makes the job all the same."""
    answer = ask(call)
    if call.operation == "createExpansion" and answer.status == LIMITED:
        ask(as_ours(call))
    return answer


@mutant("M081", 5, "RATE-007")
def refusals_burn_the_window(call: Call, ask: Ask) -> Answer:
    """401s burn the key's window."""
    answer = ask(call)
    if answer.status == 401 and call.bearer:
        ask(call.to("GET", "/v1/content/classrooms"))
    return answer


@mutant(
    "M291",
    6,
    "RATE-007",
    also="RATE-001 RATE-003 RATE-008 RATE-012",
    because="the run uses keys up by reading unknown jobs",
)
def refused_calls_are_free(call: Call, ask: Ask) -> Answer:
    """Calls that are answered 404 do not count."""
    known = token(call) in call.world.table("key secrets").values() and token(call) not in call.world.list("ended")
    is_free = call.operation == "getExpansion" and known and ask(as_ours(call)).status == 404
    return noting_keys(as_ours(call) if is_free else call, ask)


@mutant("M079", 5, "RATE-008", also="RATE-001 RATE-007 RATE-012 KEY-014", because=NONE_LEFT)
def one_limit_for_all(call: Call, ask: Ask) -> Answer:
    """The enforced limit is 60 whatever `rateLimitPerMinute` says."""
    wanted: Any = call.members.get("rateLimitPerMinute") if call.operation == "createApiKey" else None
    if not isinstance(wanted, int) or not 0 < wanted < 60:
        return ask(call)
    answer = ask(call.saying({**call.json, "rateLimitPerMinute": 60}))
    return edited(call, lambda _: answer, "createApiKey", lambda node: node.update(rateLimitPerMinute=wanted))


@mutant("M292", 6, "RATE-009")
def validation_comes_before_the_limit(call: Call, ask: Ask) -> Answer:
    """An exhausted key with a bad body is answered 400."""
    answer = ask(call)
    is_bad = call.operation == "createExpansion" and call.members.get("payload") is None
    return error(400, "content_invalid_request") if is_bad and answer.status == LIMITED else answer


@mutant("M293", 7, "RATE-010", also="RATE-007 KEY-013", because="the admin is shut out meanwhile")
def admins_are_limited(call: Call, ask: Ask) -> Answer:
    """Admin operations are refused while a key of the organization is exhausted."""
    answer = ask(call)
    if call.bearer and answer.status == LIMITED:
        call.world.kept["is used up"] = True
    is_ours = call.operation == "listApiKeys" and answer.is_fine
    return limited() if is_ours and call.world.kept.pop("is used up", None) else answer


@mutant("M294", 6, "RATE-011", also="RATE-009", because="a create of the key is counted apart as well")
def operations_count_apart(call: Call, ask: Ask) -> Answer:
    """Each operation has its own counter."""
    answer = ask(call)
    is_apart = answer.status == LIMITED and call.operation == "getExpansion"
    return ask(as_ours(call)) if is_apart else answer


@mutant("M295", 9, "RATE-012")
def counters_race(call: Call, ask: Ask) -> Answer:
    """Calls that arrive together are counted as one."""
    answer = ask(call)
    found = call.world.table("crowd")
    if call.operation == "createApiKey" and "crowd" in str(call.json):
        found[answer.json["apiKey"]] = True
    return ask(as_ours(call)) if answer.status == LIMITED and token(call) in found else answer
