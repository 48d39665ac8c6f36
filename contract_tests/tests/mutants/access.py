"""Defects of authentication, keys and discovery."""

# JSON is what it is: bodies are looked into without a schema
# pyright: reportUnknownMemberType=false
from __future__ import annotations

from base64 import b64encode

from contract_tests.tests.mutants.bench import Answer, Ask, Call, error
from contract_tests.tests.mutants.catalogue import mutant

KEYS = ("createApiKey", "listApiKeys", "rotateApiKey", "revokeApiKey")
UNAUTHORISED = 401


def as_ours(call: Call) -> Call:
    """Return a call under the run's own key."""
    return call.under("Authorization", f"Bearer {call.world.given.api_key}")


def as_admin(call: Call) -> Call:
    """Return a call under the run's admin session."""
    return call.under("Authorization", None).under("Cookie", f"jwt={call.world.given.admin_cookie}")


def noting_keys(call: Call, ask: Ask) -> Answer:
    """Answer, and keep the secrets of the keys made, by id, and those that ended."""
    answer = ask(call)
    secrets, ended = call.world.table("key secrets"), call.world.list("ended")
    if call.operation in {"rotateApiKey", "revokeApiKey"} and answer.is_fine:
        ended.append(secrets.get(call.name))
    if call.operation in {"createApiKey", "rotateApiKey"} and answer.is_fine:
        secrets[answer.json["keyId"]] = answer.json["apiKey"]
    return answer


def token(call: Call) -> str:
    """Return the bearer token of a call."""
    return call.bearer.partition(" ")[2]


@mutant("M201", 2, "AUTH-001", also="AUTH-006", because="a missing key is told apart from a bad one")
def without_a_key_everybody_reads(call: Call, ask: Ask) -> Answer:
    """A call without any credential lists the classrooms."""
    is_bare = not call.bearer and not call.header("Cookie") and "?" not in call.target
    return ask(as_ours(call) if call.operation == "listClassrooms" and is_bare else call)


@mutant("M111", 4, "AUTH-002", also="AUTH-006", because="a malformed key is told apart from a bad one")
def basic_opens(call: Call, ask: Ask) -> Answer:
    """Basic scheme with the key as password is accepted."""
    password = b64encode(f":{call.world.given.api_key}".encode()).decode()
    return ask(as_ours(call) if call.bearer == f"Basic {password}" else call)


@mutant(
    "M127",
    2,
    "AUTH-003",
    also="AUTH-004 AUTH-005 AUTH-006 AUTH-013 KEY-007 RATE-009",
    because="keys that ended, or never were, have the prefix as well",
)
def any_token_opens(call: Call, ask: Ask) -> Answer:
    """Any token with the right prefix is accepted."""
    answer = ask(call)
    if answer.status == UNAUTHORISED and token(call).startswith("tf_content_") and " " not in token(call):
        return ask(as_ours(call))
    return answer


@mutant("M202", 7, "AUTH-004", also="AUTH-006", because="a revoked key is told apart from a bad one")
def a_revoked_key_still_opens(call: Call, ask: Ask) -> Answer:
    """A revoked key goes on opening bearer operations."""
    answer = ask(call)
    if call.operation == "revokeApiKey" and answer.is_fine:
        call.world.list("revoked").append(call.world.table("secrets").get(call.name))
    if call.operation in {"createApiKey", "rotateApiKey"} and answer.is_fine:
        call.world.table("secrets")[answer.json["keyId"]] = answer.json["apiKey"]
    is_late = answer.status == UNAUTHORISED and token(call) in call.world.list("revoked")
    return ask(as_ours(call)) if is_late else answer


@mutant("M087", 5, "AUTH-005", also="AUTH-006", because="an expired key is told apart from a bad one")
def an_expired_key_still_opens(call: Call, ask: Ask) -> Answer:
    """An expired key still works."""
    answer = noting_keys(call, ask)
    known = token(call) in call.world.table("key secrets").values() and token(call) not in call.world.list("ended")
    is_bearer = call.operation not in {*KEYS, None}
    return ask(as_ours(call)) if known and is_bearer and answer.status == UNAUTHORISED else answer


@mutant("M103", 4, "AUTH-006", also="AUTH-004 AUTH-005 KEY-007 ERR-003", because="the code is none of the contract's")
def own_codes_for_ended_keys(call: Call, ask: Ask) -> Answer:
    """Revoked and expired keys have codes of their own."""
    answer = noting_keys(call, ask)
    known = token(call) in call.world.table("key secrets").values() and call.operation not in KEYS
    return error(UNAUTHORISED, "content_key_ended") if known and answer.status == UNAUTHORISED else answer


@mutant("M203", 7, "AUTH-007")
def the_cookie_opens_bearer_operations(call: Call, ask: Ask) -> Answer:
    """An admin cookie alone lists the classrooms."""
    has_cookie = call.header("Cookie") and not call.bearer
    return ask(as_ours(call) if call.operation == "listClassrooms" and has_cookie else call)


@mutant("M037", 7, "AUTH-008")
def a_bearer_key_mints_keys(call: Call, ask: Ask) -> Answer:
    """A bearer key can mint keys."""
    if call.operation == "createApiKey" and call.bearer and not call.header("Cookie"):
        return ask(as_admin(call))
    return ask(call)


@mutant("M204", 2, "AUTH-009")
def any_cookie_is_a_session(call: Call, ask: Ask) -> Answer:
    """A made-up session cookie lists the organizations."""
    answer = ask(call)
    is_ours = call.operation == "listOrganizations" and "jwt=" in str(call.header("Cookie"))
    return ask(as_admin(call)) if is_ours and answer.status == UNAUTHORISED else answer


@mutant("M035", 7, "AUTH-010")
def a_foreign_admin_revokes(call: Call, ask: Ask) -> Answer:
    """Admin of A can revoke B's key by id."""
    answer = ask(call)
    if call.operation == "revokeApiKey" and answer.status == 403:
        return ask(call.under("Cookie", f"jwt={call.world.given.other_admin_cookie}"))
    return answer


@mutant("M031", 7, "AUTH-011")
def any_key_reads_any_job(call: Call, ask: Ask) -> Answer:
    """A job of another organization is readable by any valid key."""
    answer = ask(call)
    if call.operation in {"getExpansion", "getExpansionResult"} and answer.status == 404:
        return ask(as_ours(call))
    return answer


@mutant("M205", 2, "AUTH-012")
def no_challenge(call: Call, ask: Ask) -> Answer:
    """A 401 carries no challenge."""
    return ask(call).under("WWW-Authenticate", None)


@mutant("M206", 3, "AUTH-013")
def validation_comes_first(call: Call, ask: Ask) -> Answer:
    """The body is validated before the key."""
    is_bad = call.operation == "createExpansion" and not isinstance(call.members.get("payload"), dict)
    return ask(as_ours(call)) if is_bad and ask(call).status == UNAUTHORISED else ask(call)


@mutant("M207", 2, "AUTH-014")
def the_scheme_has_a_case(call: Call, ask: Ask) -> Answer:
    """The scheme must be spelt `Bearer`."""
    return ask(call.under("Authorization", "Bearer") if call.bearer.startswith("bearer ") else call)


@mutant("M208", 2, "AUTH-014")
def keys_have_no_case(call: Call, ask: Ask) -> Answer:
    """Keys are compared without regard to case."""
    is_ours = token(call).lower() == str(call.world.given.api_key).lower()
    return ask(as_ours(call) if is_ours and call.bearer.startswith("Bearer ") else call)


@mutant("M209", 2, "AUTH-015")
def a_key_in_the_query_opens(call: Call, ask: Ask) -> Answer:
    """A key in the query string is accepted."""
    return ask(as_ours(call) if f"access_token={call.world.given.api_key}" in call.target else call)


@mutant("M043", 7, "AUTH-016", also="HTTP-008", because="the document says that a login shows no key")
def a_login_gives_a_key(call: Call, ask: Ask) -> Answer:
    """The login's body contains a content key."""
    answer = ask(call)
    is_login = call.operation == "login" and answer.is_fine
    return answer.saying({**(answer.json or {}), "apiKey": call.world.given.api_key}) if is_login else answer


@mutant("M210", 5, "AUTH-017")
def a_401_uses_the_key_up(call: Call, ask: Ask) -> Answer:
    """A create refused with 401 uses its idempotency key up."""
    answer = ask(call)
    if call.operation == "createExpansion" and call.key and answer.status == UNAUTHORISED:
        call.world.list("burnt").append(call.key)
    elif call.operation == "createExpansion" and call.key in call.world.list("burnt"):
        return error(409, "content_conflict")
    return answer


@mutant("M211", 2, "AUTH-018")
def the_cookie_is_open_to_scripts(call: Call, ask: Ask) -> Answer:
    """The session cookie is not HttpOnly."""
    answer = ask(call)
    cookie = next((value for name, value in answer.headers if name == "Set-Cookie"), None)
    return answer.under("Set-Cookie", cookie.replace("; HttpOnly", "")) if cookie else answer
