"""House rules for a document: what OpenAPI asks, and what this package needs besides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tutorflow_openapi.behaviours import ANY_VALUE, Behaviour, as_text
from tutorflow_openapi.contract import Contract
from tutorflow_openapi.document import DocumentError, escape, is_object, objects, resolve
from tutorflow_openapi.operation import Operation, Response, read_when
from tutorflow_openapi.schema import Schema

_CAMEL_CASE = re.compile(r"[a-z]+(?:[A-Z][a-z]*)*")
_NAMED_STATUS = re.compile(r"-([1-5][0-9][0-9])$")
_BASE = "urn:document"
FIRST_ERROR = 400


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One breach of one rule, at a JSON Pointer or at the name of a thing."""

    where: str
    rule: str
    message: str


def lint(contract: Contract) -> tuple[Finding, ...]:
    """Return all findings on a contract, and on its forms under every value that changes the document."""
    rules = (_standard, _operations, _answers, _examples, _errors, _conditions, _behaviours, _overlays, _lifecycle)
    return tuple(finding for rule in rules for finding in rule(contract))


def _standard(contract: Contract) -> Iterator[Finding]:
    try:
        from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415  a tool of developers
    except ImportError:
        yield Finding(
            "#",
            "openapi",
            "openapi-spec-validator is not installed, so the document was not checked against OpenAPI 3.1",
        )
        return
    for error in OpenAPIV31SpecValidator(dict(contract.document)).iter_errors():
        yield Finding(
            "#" + "".join(f"/{escape(str(token))}" for token in error.absolute_path), "openapi", error.message[:200]
        )


def _operations(contract: Contract) -> Iterator[Finding]:
    for operation in _all(contract):
        if not _CAMEL_CASE.fullmatch(operation.id):
            yield Finding(operation.id, "operation-id", "an operation id is written in camelCase")
    for place, link in _links(contract.document):
        if link.get("operationId") not in contract.operations:
            yield Finding(place, "link", f"there is no operation {link.get('operationId')!r}")


def _links(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            for status in operation.get("responses", {}) if is_object(operation) else ():
                pointer, response = resolve(document, f"#/paths/{escape(path)}/{method}/responses/{status}")
                for name in response.get("links", {}):
                    yield resolve(document, f"{pointer}/links/{escape(name)}")


def _answers(contract: Contract) -> Iterator[Finding]:
    for operation in contract.operations.values():
        plain = [answer for answer in operation.responses.values() if answer.is_success and not answer.when]
        if len(plain) != 1:
            yield Finding(
                operation.id, "success", "exactly one 2xx answer must stand without x-when: the one in force by default"
            )


def _examples(contract: Contract) -> Iterator[Finding]:
    second = Registry[Any]().with_resource(_BASE, DRAFT202012.create_resource(contract.document))
    for place, schema, examples, expected in _exemplified(contract):
        if expected and not examples:
            yield Finding(place, "example", "there is no example")
        try:
            yield from _judged(place, schema, examples, second)
        except DocumentError as error:
            yield Finding(place, "schema", str(error))


def _judged(place: str, schema: Schema, examples: Mapping[str, Any], registry: Registry[Any]) -> Iterator[Finding]:
    schema.is_valid(None)  # compiles it, example or not
    reference = {"$ref": f"{_BASE}{schema.reference}"}
    validator: Any = Draft202012Validator(
        reference, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    for name, value in examples.items():
        violations = schema.violations(value)
        if violations:
            yield Finding(place, "example", f"{name}: {violations[0].message}")
        if validator.is_valid(value) is bool(violations):
            yield Finding(place, "second-opinion", f"{name}: jsonschema and jsonschema-rs do not agree")


def _exemplified(contract: Contract) -> Iterator[tuple[str, Schema, Mapping[str, Any], bool]]:
    """Yield place, schema and examples of all that may have examples, and whether it must have one."""
    for operation in _all(contract):
        for parameter in operation.parameters:
            yield f"{operation.id} {parameter.name}", parameter.schema, parameter.examples, False
        if operation.body:
            yield f"{operation.id} request", operation.body.schema, operation.body.examples, True
        for status, response in operation.responses.items():
            if response.schema:
                yield f"{operation.id} {status}", response.schema, response.examples, True
            for header in response.headers.values():
                yield f"{operation.id} {status} {header.name}", header.schema, header.examples, False


def _errors(contract: Contract) -> Iterator[Finding]:
    for operation in contract.operations.values():
        for status, response in operation.responses.items():
            if status >= FIRST_ERROR:
                yield from _pins(contract, f"{operation.id} {status}", response)


def _pins(contract: Contract, place: str, response: Response) -> Iterator[Finding]:
    pointer = response.schema.pointer if response.schema else None
    statuses = _allowed(contract.document, pointer, "status")
    codes = _allowed(contract.document, pointer, "code")
    if statuses != [response.status]:
        yield Finding(place, "error-status", f"error.status must be pinned by const to {response.status}")
    if not codes:
        yield Finding(place, "error-code", "error.code must be pinned by const or enum")
    for code in codes:
        if code not in contract.errors:
            yield Finding(place, "error-code", f"{code!r} is none of x-errors")


def _allowed(document: Mapping[str, Any], pointer: str | None, member: str) -> list[Any]:
    """Return the values to which const and enum pin a member of the error object."""
    places = [pointer] if pointer else []
    for name in ("error", member):
        places = [inner for place in places for inner in _members(document, place, name)]
    pinned = [node for place in places for node in _applied(document, place)]
    return [value for _, node in pinned for value in ([node["const"]] if "const" in node else node.get("enum", ()))]


def _members(document: Mapping[str, Any], pointer: str, name: str) -> Iterator[str]:
    for place, node in _applied(document, pointer):
        if name in node.get("properties", {}):
            yield f"{place}/properties/{escape(name)}"


def _applied(document: Mapping[str, Any], pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield a schema and all that it adds by $ref and allOf."""
    place, node = resolve(document, pointer)
    yield place, node
    for index in range(len(node.get("allOf", ()))):
        yield from _applied(document, f"{place}/allOf/{index}")


def _conditions(contract: Contract) -> Iterator[Finding]:
    for pointer, node in objects(contract.document):
        for name, text in read_when(node):
            behaviour = contract.behaviours.get(name)
            if behaviour is None:
                yield Finding(pointer, "x-when", f"there is no behaviour {name!r}")
            elif text not in map(as_text, behaviour.alternatives or ()):
                yield Finding(pointer, "x-when", f"{name} has no alternative {text!r}")


def _behaviours(contract: Contract) -> Iterator[Finding]:
    answers = [answer for operation in contract.operations.values() for answer in operation.responses.values()]
    for name, behaviour in contract.behaviours.items():
        if not behaviour.text:
            yield Finding(name, "behaviour", "a behaviour says in `text` what it decides")
        for text in map(as_text, behaviour.alternatives or ()):
            status = _NAMED_STATUS.search(text)
            if status and not any(
                answer.status == int(status[1]) and _may_be(answer, name, text) for answer in answers
            ):
                yield Finding(name, "behaviour", f"no operation declares the status that {text} names")


def _may_be(answer: Response, name: str, text: str) -> bool:
    return not answer.when or (name, text) in answer.when


def _overlays(contract: Contract) -> Iterator[Finding]:
    for name, behaviour in contract.behaviours.items():
        known = {as_text(value) for value in behaviour.alternatives or ()} | {ANY_VALUE}
        for text in behaviour.overlays:
            if text not in known:
                yield Finding(name, "overlay", f"{text!r} is none of its values")
        for value in _changing(behaviour):
            try:
                form = contract.under({name: value})
            except DocumentError as error:
                yield Finding(name, "overlay", f"{as_text(value)}: {error}")
            else:
                yield from (
                    Finding(name, "overlay", f"{as_text(value)}: {found.where} {found.message}")
                    for found in _usable(form)
                )


def _changing(behaviour: Behaviour) -> Iterator[Any]:
    """Yield values that change the document: each alternative that does, and the greatest number."""
    most: Any = () if behaviour.type == "array" else behaviour.maximum
    candidates: tuple[Any, ...] = (most,) if behaviour.alternatives is None else behaviour.alternatives
    yield from (value for value in candidates if behaviour.changes(value))


def _usable(form: Contract) -> Iterator[Finding]:
    yield from _standard(form)
    for place, schema, _, _ in _exemplified(form):
        try:
            schema.is_valid(None)
        except DocumentError as error:
            yield Finding(place, "schema", str(error))


def _lifecycle(contract: Contract) -> Iterator[Finding]:
    lifecycle = contract.lifecycle
    states = set(lifecycle.states)
    if not states:
        yield Finding("x-lifecycle", "lifecycle", "the document declares no states")
        return
    named = {
        lifecycle.initial,
        *lifecycle.terminal,
        *lifecycle.transitions,
        *(to for targets in lifecycle.transitions.values() for to in targets),
    }
    for state in sorted(named - states):
        yield Finding("x-lifecycle", "lifecycle", f"{state!r} is none of its states")
    for state in lifecycle.states:
        moves = lifecycle.transitions.get(state, ())
        if lifecycle.is_terminal(state) and moves:
            yield Finding("x-lifecycle", "lifecycle", f"{state} is terminal, but may become {', '.join(moves)}")
        if not lifecycle.is_terminal(state) and not _ends(contract, state):
            yield Finding("x-lifecycle", "lifecycle", f"from {state} no terminal state can be reached")
        if state != lifecycle.initial and not any(state in targets for targets in lifecycle.transitions.values()):
            yield Finding("x-lifecycle", "lifecycle", f"{state} can never be reached")


def _ends(contract: Contract, state: str) -> bool:
    seen, open_states = set[str](), [state]
    while open_states:
        here = open_states.pop()
        seen.add(here)
        open_states += [to for to in contract.lifecycle.transitions.get(here, ()) if to not in seen]
    return any(contract.lifecycle.is_terminal(reached) for reached in seen)


def _all(contract: Contract) -> tuple[Operation, ...]:
    return (*contract.operations.values(), *contract.webhooks.values())
