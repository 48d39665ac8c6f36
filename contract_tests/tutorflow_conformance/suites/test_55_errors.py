"""Errors: one envelope, few codes, and nothing in them that helps an attacker. Judged on every error that was seen."""

from __future__ import annotations

import re

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import Exchange, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.suites.looks import NOT_FOUND

GATEWAY = range(502, 505)
LONGEST = 1000
PAIRED = frozenset((400, 401, 403, 404, 409, 429, 500))
_INTERNALS = re.compile(
    r"Traceback|\bat [\w.$]+\(.*:\d+\)|\bFile \"|SELECT .+ FROM|INSERT INTO"
    r"|(?:/[a-z_]+){2,}/\w+\.(?:py|js|ts|java|rb|go)\b"
    r"|\b(?:\w+\.)+\w*(?:Exception|Error)\b|node_modules|\b(?:10|192\.168)\.\d+\.\d+(?:\.\d+)?\b|\.internal\b"
)
_SEEN = ("look.no-credential", "look.unknown-job")


@requirement("ERR-001", *_SEEN)
def test_every_error_is_in_the_envelope(judge: Judge) -> None:
    """Every 4xx and 500 of a Content operation is `{"error": {"code", "message", "status"}}`."""
    loose = judge.values["auth.admin-unauthenticated"] == "unenveloped-401"
    wanted = "an error with code, message and status"
    for exchange in _errors(judge):
        if exchange.status == 401 and _is_admin(judge, exchange):
            fine = loose or _is_enveloped(exchange)
            judge.detail(fine, exchange, expected=wanted, alternative="auth.admin-unauthenticated=unenveloped-401")
        else:
            judge.must(_is_enveloped(exchange), exchange, expected=wanted)


@requirement("ERR-002", *_SEEN)
def test_the_status_in_the_envelope_is_that_of_the_answer(judge: Judge) -> None:
    """`error.status` equals the HTTP status."""
    for exchange in filter(_is_enveloped, _errors(judge)):
        shown = member(exchange.json, "error", "status")
        judge.must(shown == exchange.status, exchange, expected=f"error.status {exchange.status}", observed=shown)


@requirement("ERR-003", *_SEEN)
def test_codes_are_those_of_the_contract(judge: Judge) -> None:
    """`code` is one of the seven."""
    known = judge.seen.contract.errors
    for exchange in filter(_is_enveloped, _errors(judge)):
        judge.must(exchange.code in known, exchange, expected=f"one of {', '.join(known)}", observed=exchange.code)


@requirement("ERR-004", *_SEEN)
def test_codes_and_statuses_pair(judge: Judge) -> None:
    """Codes and 401, 400, 403, 404, 409, 429, 500 pair as in the table."""
    known = judge.seen.contract.errors
    for exchange in _errors(judge):
        if exchange.status in PAIRED and exchange.code in known:
            wanted = known[str(exchange.code)]
            judge.must(exchange.status == wanted, exchange, expected=f"{wanted} with {exchange.code}")


@requirement("ERR-005", *_SEEN)
def test_errors_are_json_in_utf_8(judge: Judge) -> None:
    """Errors are `application/json` in UTF-8."""
    for exchange in _errors(judge):
        media = (exchange.header("Content-Type") or "").lower()
        charset = re.search(r"charset=\"?([\w-]+)", media)
        is_json = media.partition(";")[0].strip() == "application/json"
        judge.must(is_json, exchange, expected="application/json", observed=media or "no media type")
        judge.must(charset is None or charset[1] == "utf-8", exchange, expected="UTF-8", observed=media)


@requirement("ERR-006", "look.unknown-route")
def test_an_unknown_route_is_not_found(judge: Judge) -> None:
    """An unknown route answers 404 in the envelope."""
    exchange = judge.one("look.unknown-route")
    right = exchange.status == 404 and exchange.code == NOT_FOUND
    judge.must(right, exchange, expected=f"404 {NOT_FOUND}")


@requirement("ERR-007", "look.wrong-method")
def test_a_wrong_method_is_not_found(judge: Judge) -> None:
    """A wrong method answers 404 in the envelope; where 405, with `Allow`."""
    exchange = judge.one("look.wrong-method")
    wanted = 404 if judge.values["request.wrong-method"] == "not-found-404" else 405
    judge.must(exchange.status == wanted, exchange, expected=str(wanted))
    judge.must(_is_enveloped(exchange), exchange, expected="the envelope")
    if exchange.status == 405:
        judge.must(exchange.header("Allow"), exchange, expected="an Allow header")


@requirement("ERR-008", *_SEEN)
def test_errors_show_nothing_of_the_inside(judge: Judge) -> None:
    """No stack trace, SQL, file path, class name or internal host."""
    for exchange in _errors(judge):
        found = _INTERNALS.search(_text(exchange))
        judge.must(found is None, exchange, expected="nothing of the inside", observed=found and found[0])


@requirement("ERR-009", *_SEEN)
def test_errors_repeat_no_credential(judge: Judge) -> None:
    """No error repeats a credential, cookie or secret."""
    for exchange in _errors(judge):
        judge.must(MARK not in _text(exchange), exchange, expected="no credential", observed="a credential of this run")


@requirement("ERR-010", "look.unknown-job", also=("refused.no-payload",))
def test_the_same_bad_request_gets_the_same_answer(judge: Judge) -> None:
    """Codes are stable: the same invalid request twice, the same code and status."""
    seen: dict[object, Exchange] = {}
    for exchange in judge.some("look.unknown-job", "refused.no-payload"):
        request = (exchange.operation, exchange.request.target, exchange.request.body)
        first = seen.setdefault(request, exchange)
        if first is not exchange:
            same = (first.status, first.code) == (exchange.status, exchange.code)
            judge.must(same, first, exchange, expected=f"{first.status} {first.code} again")


@requirement("ERR-011", *_SEEN)
def test_no_request_breaks_the_server(judge: Judge) -> None:
    """No 500 and no broken connection for any well-formed request; 501 and 505 are fine, 503 is inconclusive."""
    for exchange in judge.seen.exchanges:
        if exchange.answer is None:
            judge.must(exchange.error != "connection broken", exchange, expected="an answer", observed=exchange.error)
        elif exchange.status not in GATEWAY:
            judge.must(exchange.status != 500, exchange, expected="no 500")


@requirement("ERR-012", *_SEEN)
def test_errors_have_a_message(judge: Judge) -> None:
    """`message` is a non-empty string of at most 1000 characters."""
    for exchange in filter(_is_enveloped, _errors(judge)):
        text = member(exchange.json, "error", "message")
        judge.must(text.strip() and len(text) <= LONGEST, exchange, expected="a message of 1 to 1000 characters")


def _errors(judge: Judge) -> list[Exchange]:
    """Return the 4xx and 500 answers of Content operations, with a body to look at."""
    operations = [name for name in judge.seen.contract.operations if name != "login"]
    found = [
        x
        for x in judge.seen.errors(operations)
        if x.status not in GATEWAY and x.status < 501 and x.request.method not in {"HEAD", "OPTIONS"}
    ]
    if not found:
        raise Undecided("no error was seen")
    return found


def _is_enveloped(exchange: Exchange) -> bool:
    status = member(exchange.json, "error", "status")
    texts = all(isinstance(member(exchange.json, "error", name), str) for name in ("code", "message"))
    return texts and isinstance(status, int) and not isinstance(status, bool)


def _is_admin(judge: Judge, exchange: Exchange) -> bool:
    return judge.seen.contract.operations[str(exchange.operation)].security == "adminSession"


def _text(exchange: Exchange) -> str:
    return exchange.answer.body.decode("utf-8", "replace") if exchange.answer else ""
