"""Defects of API keys and of discovery."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

from typing import Any
from uuid import uuid4

from contract_tests.tests.mutants.access import noting_keys, token
from contract_tests.tests.mutants.bench import Answer, Ask, Call, edited, error, listed
from contract_tests.tests.mutants.catalogue import mutant

UNAUTHORISED = 401


@mutant("M212", 1, "KEY-001", also="HTTP-008", because="the document wants the prefix as well")
def no_prefix_at_create(call: Call, ask: Ask) -> Answer:
    """The answer to a new key lacks its prefix."""
    return edited(call, ask, "createApiKey", lambda node: node.pop("keyPrefix") and None)


@mutant("M213", 4, "KEY-002", also="KEY-004", because="what is listed as a prefix is the whole key")
def the_prefix_is_the_key(call: Call, ask: Ask) -> Answer:
    """`keyPrefix` is the whole key."""
    return edited(call, ask, "createApiKey", lambda node: node.update(keyPrefix=node["apiKey"]))


@mutant("M214", 1, "KEY-003", also="HTTP-008", because="the document wants an array")
def keys_are_listed_in_a_page(call: Call, ask: Ask) -> Answer:
    """The keys are listed in a page object."""
    answer = ask(call)
    return answer.saying({"items": answer.json}) if call.operation == "listApiKeys" and answer.is_fine else answer


@mutant("M215", 7, "KEY-004", also="HTTP-008", because="the document says that a list shows no key")
def the_list_shows_secrets(call: Call, ask: Ask) -> Answer:
    """The list of keys shows their secrets."""
    answer = noting_keys(call, ask)
    if call.operation != "listApiKeys" or not answer.is_fine:
        return answer
    secrets = call.world.table("key secrets")
    return answer.saying([{**each, "apiKey": secrets.get(each["id"])} for each in answer.json])


@mutant("M083", 5, "KEY-005")
def other_ids_at_create(call: Call, ask: Ask) -> Answer:
    """`keyId` of create and `id` in the list differ."""
    ids = call.world.table("ids")
    real = ids.get(call.name)
    answer = ask(call.to(call.method, call.target.replace(call.name, real)) if real else call)
    if call.operation == "createApiKey" and answer.is_fine:
        shown = str(uuid4())
        ids[shown] = answer.json["keyId"]
        return answer.saying({**answer.json, "keyId": shown})
    return answer


@mutant("M085", 5, "KEY-006", also="KEY-007 KEY-019", because="the old key cannot end, and two answers share a secret")
def rotate_gives_the_old_secret(call: Call, ask: Ask) -> Answer:
    """Rotate returns the same secret."""
    aliases = call.world.table("aliases")
    before = call.world.table("key secrets").get(call.name)
    answer = noting_keys(
        call.under("Authorization", f"Bearer {aliases[token(call)]}") if token(call) in aliases else call, ask
    )
    if call.operation == "rotateApiKey" and answer.is_fine:
        aliases[before] = answer.json["apiKey"]
        return answer.saying({**answer.json, "apiKey": before, "keyPrefix": str(before)[:16]})
    return answer


@mutant("M039", 7, "KEY-007")
def the_old_key_lives_on(call: Call, ask: Ask) -> Answer:
    """The old key works for minutes after the rotation."""
    aliases = call.world.table("aliases")
    before = call.world.table("key secrets").get(call.name)
    is_old = token(call) in aliases
    answer = noting_keys(call.under("Authorization", f"Bearer {aliases[token(call)]}") if is_old else call, ask)
    if call.operation == "rotateApiKey" and answer.is_fine:
        aliases[before] = answer.json["apiKey"]
    return answer


@mutant("M216", 7, "KEY-008")
def rotate_forgets_the_limit(call: Call, ask: Ask) -> Answer:
    """A rotated key has the default limit again."""
    return edited(call, ask, "rotateApiKey", lambda node: node.update(rateLimitPerMinute=60))


@mutant("M217", 1, "KEY-009", also="HTTP-001 HTTP-008", because="revoke answers without a body")
def revoke_says_ok(call: Call, ask: Ask) -> Answer:
    """Revoke answers with a body."""
    answer = ask(call)
    is_revoked = call.operation == "revokeApiKey" and answer.is_fine
    return (
        Answer(200, answer.headers, b'{"ok":true}').under("Content-Type", "application/json") if is_revoked else answer
    )


@mutant("M218", 7, "KEY-010")
def revoked_keys_are_unknown(call: Call, ask: Ask) -> Answer:
    """Revoking twice answers 404."""
    answer = ask(call)
    gone = call.world.list("gone")
    if call.operation == "revokeApiKey" and answer.is_fine:
        if call.name in gone:
            return error(404, "content_not_found")
        gone.append(call.name)
    return answer


@mutant("M219", 7, "KEY-011")
def a_revoked_key_is_rotated(call: Call, ask: Ask) -> Answer:
    """Rotating a revoked key yields a new key."""
    answer = ask(call)
    if call.operation == "rotateApiKey" and answer.status == 409:
        body = {
            "apiKey": f"tf_content_{uuid4().hex}{uuid4().hex}",
            "keyId": str(uuid4()),
            "keyPrefix": "tf_content_ab",
            "name": "again",
            "rateLimitPerMinute": 60,
        }
        return Answer(200).saying(body).under("Cache-Control", "no-store")
    return answer


@mutant("M045", 7, "KEY-012")
def an_unknown_key_is_revoked(call: Call, ask: Ask) -> Answer:
    """An unknown `keyId` on revoke answers 200."""
    answer = ask(call)
    return Answer(200, ()) if call.operation == "revokeApiKey" and answer.status == 404 else answer


@mutant("M220", 7, "KEY-013")
def refused_calls_count_as_use(call: Call, ask: Ask) -> Answer:
    """`lastUsedAt` is set by calls that are refused."""
    answer = ask(call)
    if call.operation == "listApiKeys" and answer.is_fine:
        return answer.saying(
            [{**each, "lastUsedAt": each["lastUsedAt"] or "2026-01-01T00:00:00.000Z"} for each in answer.json]
        )
    return answer


@mutant("M221", 7, "KEY-013")
def use_is_never_noted(call: Call, ask: Ask) -> Answer:
    """`lastUsedAt` stays null for ever."""
    return listed(call, ask, "listApiKeys", lambda each: {**each, "lastUsedAt": None})


@mutant("M121", 3, "KEY-014")
def negative_limits_are_taken(call: Call, ask: Ask) -> Answer:
    """A negative `rateLimitPerMinute` is accepted."""
    is_odd = call.operation == "createApiKey" and call.members.get("rateLimitPerMinute") == -1
    return ask(call.saying({**call.json, "rateLimitPerMinute": 1}) if is_odd else call)


@mutant("M222", 3, "KEY-015")
def blank_names_are_taken(call: Call, ask: Ask) -> Answer:
    """A key with a blank name is made."""
    is_blank = call.operation == "createApiKey" and not str(call.members.get("name", "x")).strip()
    return ask(call.saying({**call.json, "name": "unnamed"}) if is_blank else call)


@mutant("M223", 7, "KEY-016")
def revoked_keys_vanish(call: Call, ask: Ask) -> Answer:
    """Revoked keys are no longer listed."""
    answer = ask(call)
    if call.operation == "listApiKeys" and answer.is_fine:
        return answer.saying([each for each in answer.json if each["status"] != "REVOKED"])
    return answer


@mutant("M041", 7, "KEY-017")
def jobs_go_with_their_key(call: Call, ask: Ask) -> Answer:
    """Jobs disappear when the key that made them is revoked."""
    answer = noting_keys(call, ask)
    owners = call.world.table("owners")
    if call.operation == "createExpansion" and answer.is_fine:
        owners.setdefault(answer.json["id"], token(call))
    is_read = call.operation in {"getExpansion", "getExpansionResult"}
    gone = is_read and owners.get(call.name) in call.world.list("ended")
    return error(404, "content_not_found") if gone else answer


@mutant("M224", 7, "KEY-018", also="KEY-013 RATE-007", because="a first use that is refused is not noted, or counted")
def new_keys_sleep(call: Call, ask: Ask) -> Answer:
    """A minted key is refused on its first call."""
    answer = noting_keys(call, ask)
    is_new = token(call) in call.world.table("key secrets").values() and call.operation == "listClassrooms"
    if is_new and call.world.count(f"uses of {token(call)}") == 1:
        return error(UNAUTHORISED, "content_invalid_api_key", headers=(("WWW-Authenticate", "Bearer"),))
    return answer


@mutant("M225", 7, "KEY-019")
def two_keys_share_an_id(call: Call, ask: Ask) -> Answer:
    """All keys that one admin makes carry one id at create."""

    def share(node: Any) -> None:
        node.update(keyId=call.world.kept.setdefault("id", node["keyId"]))

    return edited(call, ask, "createApiKey", share)


@mutant("M226", 4, "DISC-001")
def no_organizations(call: Call, ask: Ask) -> Answer:
    """The session lists no organization."""
    answer = ask(call)
    return answer.saying([]) if call.operation == "listOrganizations" and answer.is_fine else answer


@mutant("M227", 1, "DISC-002", also="HTTP-008", because="the document wants ids")
def classrooms_without_ids(call: Call, ask: Ask) -> Answer:
    """Classrooms are listed without `id`."""
    return listed(call, ask, "listClassrooms", lambda each: {k: v for k, v in each.items() if k != "id"})


@mutant("M228", 7, "DISC-003")
def lists_show_other_organizations(call: Call, ask: Ask) -> Answer:
    """The list of classrooms shows those of all organizations."""
    answer = ask(call)
    if call.operation == "listClassrooms" and answer.is_fine:
        theirs = ask(call.under("Authorization", f"Bearer {call.world.given.other_api_key}"))
        return answer.saying([*answer.json, *(x for x in theirs.json if x not in answer.json)])
    return answer
