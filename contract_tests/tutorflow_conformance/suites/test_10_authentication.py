"""Authentication and authorisation: who is let in, and that refusals do not tell more than they should."""

from __future__ import annotations

import re

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import items
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.suites.looks import FORBIDDEN, INVALID_KEY, UNAUTHORISED, first_use_after, refused

_FOREIGN_JOB = {"not-found-404": 404, "forbidden-403": 403}
_WRONG = {"reject-401": 401, "forbidden-403": 403}
_NO_SESSION = {"invalid-api-key-401": 401, "forbidden-403": 403, "unenveloped-401": 401}


@requirement("AUTH-001", "look.no-credential")
def test_without_authorization_nobody_is_let_in(judge: Judge) -> None:
    """A bearer operation without `Authorization` answers 401."""
    refused(judge, judge.one("look.no-credential"), INVALID_KEY, UNAUTHORISED)


@requirement("AUTH-002", "look.malformed-bearer")
def test_a_malformed_bearer_is_refused(judge: Judge) -> None:
    """Another scheme, an empty token and two tokens answer 401."""
    for exchange in judge.all("look.malformed-bearer"):
        refused(judge, exchange, INVALID_KEY, UNAUTHORISED)


@requirement("AUTH-003", "look.unknown-key")
def test_an_unknown_key_is_refused(judge: Judge) -> None:
    """A well-formed key that is nobody's answers 401."""
    refused(judge, judge.one("look.unknown-key"), INVALID_KEY, UNAUTHORISED)


@requirement(
    "AUTH-006",
    "look.no-credential",
    "look.malformed-bearer",
    "look.unknown-key",
    also=("keys.revoked", "clock.expired"),
)
def test_bad_keys_cannot_be_told_apart(judge: Judge) -> None:
    """Missing, malformed, unknown, revoked and expired keys get the same code and status."""
    first, *others = judge.all("look.no-credential", "look.malformed-bearer", "look.unknown-key")
    for other in (*others, *judge.some("keys.revoked"), *judge.some("clock.expired")[2:]):
        same = (other.status, other.code) == (first.status, first.code)
        judge.must(same, first, other, expected=f"{first.status} {first.code}, as without a key")


@requirement("AUTH-008", "look.key-on-admin")
def test_a_bearer_key_opens_no_admin_operation(judge: Judge) -> None:
    """Key and webhook operations never succeed with a bearer key."""
    wanted = _WRONG[str(judge.values["auth.wrong-credential"])]
    for exchange in judge.all("look.key-on-admin"):
        if judge.must(not exchange.is_success, exchange, expected="no 2xx with a bearer key"):
            judge.detail(exchange.status == wanted, exchange, expected=str(wanted))


@requirement("AUTH-009", "look.no-session")
def test_admin_operations_need_a_session(judge: Judge) -> None:
    """Admin operations without a session, or with a made-up one, never succeed."""
    wanted = _NO_SESSION[str(judge.values["auth.admin-unauthenticated"])]
    for exchange in judge.all("look.no-session"):
        if judge.must(not exchange.is_success, exchange, expected="no 2xx without a session"):
            judge.detail(exchange.status == wanted, exchange, expected=str(wanted))


@requirement("AUTH-012", "look.no-credential", "look.unknown-key")
def test_a_401_says_how_to_authenticate(judge: Judge) -> None:
    """A 401 carries `WWW-Authenticate: Bearer`."""
    for exchange in judge.all("look.no-credential", "look.unknown-key"):
        if exchange.status == UNAUTHORISED:
            challenge = exchange.header("WWW-Authenticate") or ""
            names_it = re.match(r"(?i)bearer\b", challenge)
            judge.must(names_it, exchange, expected="WWW-Authenticate: Bearer", observed=challenge or "no such header")


@requirement("AUTH-013", "refused.bad-key-bad-body")
def test_authentication_comes_before_validation(judge: Judge) -> None:
    """A bad key with a bad body answers 401."""
    refused(judge, judge.one("refused.bad-key-bad-body"), INVALID_KEY, UNAUTHORISED)


@requirement("AUTH-014", "look.scheme-case")
def test_the_scheme_has_no_case_but_the_key_has(judge: Judge) -> None:
    """`bearer` opens as `Bearer` does; the key in other letters opens nothing."""
    scheme, key = judge.all("look.scheme-case")
    judge.must(scheme.is_success, scheme, expected="2xx for the scheme in lower case")
    judge.must(not key.is_success, key, expected="no 2xx for the key in upper case")


@requirement("AUTH-015", "look.key-in-query")
def test_a_key_in_the_query_opens_nothing(judge: Judge) -> None:
    """A key in the query string is not accepted."""
    exchange = judge.one("look.key-in-query")
    judge.must(not exchange.is_success, exchange, expected="no 2xx for a key in the query")


@requirement("AUTH-017", "m.unauthorised", "m.create")
def test_a_create_refused_with_401_leaves_no_trace(judge: Judge) -> None:
    """Its idempotency key later acts as a first use."""
    first_use_after(judge, "m.unauthorised")


@requirement("AUTH-004", "keys.revoked")
def test_a_revoked_key_is_refused(judge: Judge) -> None:
    """Create, status and result alike answer 401, from the next call on."""
    for exchange in judge.all("keys.revoked"):
        refused(judge, exchange, INVALID_KEY, UNAUTHORISED)


@requirement("AUTH-005", "clock.expired")
def test_an_expired_key_is_refused(judge: Judge) -> None:
    """An expired key answers 401, with the same code."""
    _, *uses = judge.all("clock.expired")
    if len(uses) < 2:
        raise Undecided("no key could be let expire")
    before, after = uses
    judge.must(before.is_success, before, expected="2xx before its end")
    refused(judge, after, INVALID_KEY, UNAUTHORISED)


@requirement("AUTH-007", "admin.cookie-on-bearer")
def test_an_admin_cookie_opens_no_bearer_operation(judge: Judge) -> None:
    """It alone does not open a bearer operation."""
    exchange = judge.one("admin.cookie-on-bearer")
    if judge.must(not exchange.is_success, exchange, expected="no 2xx with the cookie alone"):
        wanted = _WRONG[str(judge.values["auth.wrong-credential"])]
        judge.detail(exchange.status == wanted, exchange, expected=str(wanted))


@requirement("AUTH-010", "tenancy.foreign-admin")
def test_an_admin_cannot_manage_another_organization(judge: Judge) -> None:
    """It answers `content_forbidden`; an unknown organization answers the same."""
    listed, unknown, *revocations = judge.all("tenancy.foreign-admin")
    judge.must(listed.code == FORBIDDEN and not listed.is_success, listed, expected=f"refused with {FORBIDDEN}")
    judge.detail(listed.status == 403, listed, expected="403")
    if judge.values["auth.unknown-organization"] == "forbidden-403":
        same = (unknown.status, unknown.code) == (listed.status, listed.code)
        judge.detail(same, listed, unknown, expected="the same for an unknown organization")
    for exchange in revocations:
        judge.must(not exchange.is_success, exchange, expected="no 2xx for another organization's key")
    for exchange in judge.some("tenancy.victim"):
        if exchange.operation == "listClassrooms":
            judge.must(exchange.is_success, exchange, expected="the other organization's key, still open")


@requirement("AUTH-011", "tenancy.read-m")
def test_another_organization_cannot_read_a_job(judge: Judge) -> None:
    """No 2xx, no field of the job; the same code and status as for an unknown id."""
    status, result, unknown = judge.all("tenancy.read-m")
    wanted = _FOREIGN_JOB[str(judge.values["auth.foreign-job"])]
    for exchange in (status, result):
        text = exchange.answer.body.decode("utf-8", "replace") if exchange.answer else ""
        judge.must(not exchange.is_success, exchange, expected="no 2xx for another organization's job")
        judge.must('"sourceType"' not in text, exchange, expected="no field of the job")
        judge.detail(exchange.status == wanted, exchange, expected=str(wanted))
        if wanted == 404:
            same = (exchange.status, exchange.code) == (unknown.status, unknown.code)
            judge.detail(same, exchange, unknown, expected="as for an unknown id")


@requirement("AUTH-016", "admin.login")
def test_a_login_sets_a_cookie(judge: Judge) -> None:
    """`POST /auth/login` sets a cookie `jwt`; its body holds no content key."""
    answer = judge.one("admin.login")
    judge.must(answer.is_success and answer.facts.get("cookie") == "jwt", answer, expected="2xx with a cookie jwt")
    judge.must(not answer.facts.get("body holds a key"), answer, expected="no content key in the body")


@requirement("AUTH-018", "admin.login")
def test_the_session_cookie_is_guarded(judge: Judge) -> None:
    """The cookie is `HttpOnly`, `Path=/`, and `Secure` on https."""
    answer = judge.one("admin.login")
    attributes = items(answer.facts.get("attributes"))
    if not answer.is_success or not answer.facts.get("cookie"):
        raise Undecided("the login gave no cookie")
    for wanted in ("httponly", "path=/"):
        judge.must(wanted in attributes, answer, expected=wanted, observed=attributes)
    if judge.seen.notes.get("is https"):
        judge.must("secure" in attributes, answer, expected="secure", observed=attributes)
