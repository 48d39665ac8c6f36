"""Which requirement a finding of Schemathesis belongs to: by its code, its operation, and what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tutorflow_conformance.exchange import Exchange, member
from tutorflow_openapi import Contract
from tutorflow_openapi.document import is_array, is_object

FITS, ENVELOPE, UNDISTURBED, METHOD = "HTTP-008", "ERR-001", "ERR-011", "ERR-007"
NOTES = frozenset(("ST112",))  # an answer that took long is nobody's requirement
EXPECTED: Mapping[str, str] = {
    "ST101": "no 5xx",
    "ST102": "a refusal, no 5xx",
    "ST103": "a status that the operation documents",
    "ST201": "a refusal of what the document does not allow",
    "ST202": "that what the document allows is accepted",
    "ST203": "a refusal without a header that is required",
    "ST204": "that a method which a path lacks is refused as documented",
    "ST205": "an `Allow` that names the methods of the path",
    "ST301": "that what was deleted is gone",
    "ST302": "that what was made can be read",
    "ST401": "401 without a credential, or with an unknown one",
    "ST402": "nothing of another organization's",
}
_CREATE = "createExpansion"
_ANSWERS = frozenset(f"ST{number}" for number in range(104, 112))
_UNJUDGED = frozenset((501, 502, 503, 504, 505))
_ERRORS = range(400, 600)
_VALID = {_CREATE: "CRE-001", "createApiKey": "KEY-001", "createWebhook": "HOOK-001", "exportContent": "EXP-002"}
_INVALID = {"createApiKey": "KEY-014", "createWebhook": "HOOK-016", "exportContent": "EXP-004"}
_BY_CASE = [
    "AUTH-001",
    "AUTH-003",
    "AUTH-009",
    "AUTH-011",
    "CRE-004",
    "CRE-008",
    "CRE-009",
    "CRE-010",
    "CRE-014",
    "CRE-021",
]
POSSIBLE = frozenset((FITS, ENVELOPE, UNDISTURBED, METHOD, *_VALID.values(), *_INVALID.values(), *_BY_CASE))
_WRONG_METHOD = {"not-found-404": 404, "method-not-allowed-405": 405}


def expected(code: str) -> str:
    """Return in words what a finding of this code missed."""
    return EXPECTED.get(code, "an answer that fits the document")


def requirement(code: str, exchange: Exchange, contract: Contract) -> str | None:
    """Return the requirement that a finding belongs to; None if there is none for it."""
    if code in _ANSWERS:
        return ENVELOPE if exchange.status in _ERRORS and not is_object(exchange.json) else FITS
    rule = _RULES.get(code)
    return rule(exchange, contract) if rule else None


def wrong_method(status: int, contract: Contract) -> str | None:
    """Return the requirement that an answer to a method which a path lacks breaks; None if it is the one in force."""
    return None if _WRONG_METHOD.get(str(contract.values["request.wrong-method"])) == status else METHOD


def _open(exchange: Exchange, contract: Contract) -> str | None:
    """Return what is broken by an operation that opens without a good credential."""
    known = contract.operations.get(exchange.operation or "")
    if known is None or known.security != "contentApiKey":
        return "AUTH-009" if known and exchange.is_success else None
    return "AUTH-001" if exchange.sent("Authorization") is None else "AUTH-003"


def _refused(exchange: Exchange) -> str | None:
    """Return which rule a request broke that was accepted all the same."""
    if exchange.operation != _CREATE:
        return _INVALID.get(exchange.operation or "")
    sent = exchange.sent_json
    if not is_object(sent) or "payload" not in sent:
        return "CRE-008"
    if not is_object(sent["payload"]):
        return "CRE-009"
    return _outputs(member(sent, "requestedOutputs"))


def _outputs(asked: Any) -> str | None:
    if asked == []:
        return "CRE-010"
    known = {"interactive_module", "summary_video", "expanded_quiz"}
    is_unknown = is_array(asked) and any(not isinstance(each, str) or each not in known for each in asked)
    return "CRE-004" if is_unknown else None


def _undisturbed(exchange: Exchange, _: Contract) -> str | None:
    return None if exchange.status in _UNJUDGED else UNDISTURBED


def _documented(exchange: Exchange, _: Contract) -> str:
    return "CRE-001" if exchange.operation == _CREATE and exchange.is_success else FITS


_RULES: Mapping[str, Callable[[Exchange, Contract], str | None]] = {
    "ST101": _undisturbed,
    "ST102": lambda exchange, _: "CRE-014" if exchange.operation == _CREATE else UNDISTURBED,
    "ST103": _documented,
    "ST201": lambda exchange, _: _refused(exchange),
    "ST202": lambda exchange, _: _VALID.get(exchange.operation or ""),
    "ST203": lambda exchange, _: "AUTH-001" if exchange.sent("Authorization") is None else None,
    "ST302": lambda exchange, _: "CRE-021" if exchange.operation == "getExpansion" else None,
    "ST401": _open,
    "ST402": lambda exchange, _: "AUTH-011",
}
