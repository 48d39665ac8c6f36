"""HTTP and what cuts across: media types, caching, methods, and every answer against the document."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import NOTHING, Exchange, items, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.suites.looks import invalid_status, job, made
from tutorflow_openapi import Contract, Operation, Schema, Violation

EMPTY = frozenset(("revokeApiKey", "deleteWebhook"))
_SHARED = re.compile(r"(?i)\b(?:public|s-maxage)\b")
_SERVER_ERROR = 500


@requirement("HTTP-001", "look.classrooms")
def test_successes_are_json_in_utf_8(judge: Judge) -> None:
    """2xx bodies are JSON in UTF-8; those of revoke and delete are empty."""
    for exchange in judge.seen.exchanges:
        if exchange.is_success and exchange.operation and exchange.request.method != "HEAD" and exchange.answer:
            if exchange.operation in EMPTY:
                judge.must(not exchange.answer.body.strip(), exchange, expected="an empty body")
            else:
                media = (exchange.header("Content-Type") or "").lower().partition(";")[0].strip()
                judge.must(media == "application/json", exchange, expected="application/json", observed=media)
                judge.must(exchange.json is not NOTHING, exchange, expected="JSON in UTF-8")


@requirement("HTTP-003", "refused.hard-json")
def test_hard_json_is_refused_calmly(judge: Judge) -> None:
    """NaN, duplicate names, lone surrogates and deep nesting are never answered 5xx."""
    for exchange in judge.seen.at("refused.hard-json"):
        calm = exchange.answer is not None and exchange.status < _SERVER_ERROR
        if judge.must(calm, exchange, expected="an answer below 500"):
            is_plain = exchange.status in {400, invalid_status(judge)}  # what can be read is refused as a validation
            judge.detail(is_plain, exchange, expected="400")


@requirement("HTTP-004", "look.head-and-options", "look.classrooms")
def test_head_is_get_without_a_body(judge: Judge) -> None:
    """HEAD answers as GET without a body; OPTIONS is harmless."""
    head, options = judge.all("look.head-and-options")
    listed = judge.one("look.classrooms")
    judge.must(head.status == listed.status, listed, head, expected=f"{listed.status}, as GET")
    judge.must(not (head.answer and head.answer.body), head, expected="no body")
    judge.must(options.status < _SERVER_ERROR, options, expected="an answer below 500")


@requirement("HTTP-005", "look.classrooms")
def test_answers_to_a_credential_are_not_shared(judge: Judge) -> None:
    """No answer to a credential allows shared caching; those with a secret say `no-store`."""
    for exchange in judge.seen.exchanges:
        if exchange.credential != "none" and exchange.is_success:
            caching = exchange.header("Cache-Control") or ""
            judge.must(not _SHARED.search(caching), exchange, expected="no shared caching", observed=caching)
            if exchange.facts.get("holds a secret"):
                judge.detail(
                    "no-store" in caching.lower(), exchange, expected="no-store", observed=caching or "nothing"
                )


@requirement("HTTP-006", "look.plain-http")
def test_the_api_is_not_served_over_plain_http(judge: Judge) -> None:
    """Real endpoint: a valid certificate, no API over plain http, no redirect to http."""
    for exchange in judge.seen.exchanges:
        target = exchange.header("Location") or ""
        judge.must(not target.startswith("http://"), exchange, expected="no redirect to http", observed=target)
    for exchange in judge.seen.at("look.plain-http"):
        spoken = exchange.is_success or exchange.code is not None
        judge.must(not spoken, exchange, expected="no API over plain http")


@requirement("HTTP-007", "look.classrooms")
def test_no_page_of_another_origin_may_read_with_credentials(judge: Judge) -> None:
    """No wildcard CORS with credentials."""
    exchange = judge.one("look.classrooms")
    allowed = exchange.header("Access-Control-Allow-Origin") or ""
    with_credentials = (exchange.header("Access-Control-Allow-Credentials") or "").lower() == "true"
    open_to_all = allowed in {"*", exchange.sent("Origin")} and with_credentials
    judge.must(not open_to_all, exchange, expected="no foreign origin allowed with credentials", observed=allowed)


@requirement("HTTP-008", "look.classrooms")
def test_every_answer_fits_the_document(judge: Judge) -> None:
    """Operation, status, media type and body of every exchange fit the OpenAPI document of the revision."""
    looked, others = False, _Others(judge.seen.contract)
    for exchange in judge.seen.exchanges:
        if exchange.operation is None or exchange.answer is None or exchange.request.method in {"HEAD", "OPTIONS"}:
            continue
        looked = True
        operation = judge.seen.contract.operations[exchange.operation]
        declared = operation.responses.get(exchange.status)
        if declared is None:
            judge.must(exchange.status >= 501, exchange, expected="a status of the document", provenance="inferred")
            continue
        if declared.schema is None or _is_loose(judge, operation, exchange):
            continue
        media = (exchange.header("Content-Type") or "").lower().partition(";")[0].strip()
        fits = media == "application/json"
        judge.must(
            fits, exchange, expected="application/json, as declared", observed=media or "none", provenance="inferred"
        )
        if exchange.json is NOTHING:
            continue
        violations = _violations(declared.schema, exchange.json)
        other = _explained(exchange, others) if violations else None
        for violation in violations:
            expected = f"a body that fits {declared.schema.pointer}"
            observed = f"{exchange.id}: {violation.message} ({violation.fragment})"
            if other is not None:
                judge.detail(holds=False, expected=expected, observed=observed, alternative=other)
                break
            found = _provenance(judge, declared.schema.pointer, violation, declared.provenance.provenance)
            judge.must(None, exchange, expected=expected, observed=observed, provenance=found)
        judge.must(holds=True, expected="a body that fits")
    if not looked:
        raise Undecided("no answer of the contract's operations was seen")


@requirement("HTTP-002", "b.ended")
def test_text_comes_back_unchanged(judge: Judge) -> None:
    """Request text that comes back is unchanged: CJK, emoji, right to left, combining marks."""
    first = made(judge, "b.create")
    wanted = first.sent_json["sourceType"]
    for exchange in (
        first,
        *judge.seen.reads(judge.known("B")),
        *judge.seen.reads(judge.known("B"), "getExpansionResult"),
    ):
        shown = job(exchange).get("sourceType")
        judge.must(shown == wanted, first, exchange, expected="sourceType unchanged", observed=shown)
    key = first.sent("Idempotency-Key")
    shown = job(first).get("idempotencyKey")
    judge.must(shown in {None, key}, first, expected="idempotencyKey unchanged, where it is shown", observed=shown)


def _is_loose(judge: Judge, operation: Operation, exchange: Exchange) -> bool:
    """Tell whether an answer is a 401 to a caller without a session that need not be in the envelope."""
    loose = judge.values["auth.admin-unauthenticated"] == "unenveloped-401"
    return loose and exchange.status == 401 and operation.security == "adminSession"


class _Others:
    """The contract under each other value of each behaviour that changes the document, made when first asked for."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    @cached_property
    def contracts(self) -> list[tuple[str, Contract]]:
        """Return each with the value that it stands for."""
        return [
            (f"{name}={value}", self._contract.under({name: value}))
            for name, behaviour in self._contract.behaviours.items()
            for value in behaviour.overlays
            if value in (behaviour.alternatives or ()) and value != self._contract.values[name]
        ]


def _explained(exchange: Exchange, others: _Others) -> str | None:
    """Return the value of a behaviour under which a body fits the document; None if there is none."""
    for told, contract in others.contracts:
        declared = contract.operations[str(exchange.operation)].responses.get(exchange.status)
        if declared is not None and declared.schema is not None and not _violations(declared.schema, exchange.json):
            return told
    return None


def _violations(schema: Schema, body: Any) -> list[Violation]:
    return [violation for violation in schema.violations(body) if not _is_hidden(body, violation)]


def _is_hidden(body: Any, violation: Violation) -> bool:
    """Tell whether what was violated is a secret that a token stands for: its form is another requirement's matter."""
    node = body
    for token in violation.pointer:
        if isinstance(token, int):
            node = items(node)[token] if token < len(items(node)) else None
        else:
            node = member(node, token)
    return isinstance(node, str) and MARK in node


def _provenance(judge: Judge, pointer: str, violation: Violation, otherwise: str) -> str:
    """Return the provenance of the element that was violated: of the property nearest to it that has one."""
    document, found = judge.seen.contract.document, otherwise
    node = _at(document, pointer)
    for token in violation.pointer:
        node = _inside(document, node, token)
        found = str(member(node, "x-provenance", "provenance") or found)
    return found


def _inside(document: Any, node: Any, token: str | int) -> Any:
    """Return the schema of one member or of the items, through references and `allOf`."""
    whole = _at(document, str(member(node, "$ref"))) if member(node, "$ref") else node
    inner = member(whole, "items") if isinstance(token, int) else member(whole, "properties", token)
    if inner is not None:
        return inner
    found = (_inside(document, part, token) for part in items(member(whole, "allOf")))
    return next((part for part in found if part is not None), None)


def _at(document: Any, pointer: str) -> Any:
    names = (token.replace("~1", "/").replace("~0", "~") for token in pointer.removeprefix("#/").split("/"))
    return member(document, *names)
