"""Which statements of a document say where they come from, and what they say: coverage, gaps by name, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tutorflow_openapi.document import Provenance, escape, find, is_object, is_reference, objects
from tutorflow_openapi.operation import METHODS

WORDS = ("documented", "inferred", "assumed")
# Where a schema holds others. Below if, then, else and not stand conditions on members that are declared elsewhere.
_BRANCHES = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "unevaluatedProperties", "contains", "propertyNames")
_NAMED = ("patternProperties", "dependentSchemas", "$defs")


@dataclass(frozen=True, slots=True)
class Element:
    """One statement of a document: an operation, response, header, property, error, output, or the lifecycle."""

    kind: str
    pointer: str
    provenance: Provenance | None


def elements(document: Mapping[str, Any]) -> Iterator[Element]:
    """Yield every statement that has to say where it comes from, in document order."""
    for part in ("paths", "webhooks"):
        for name, item in document.get(part, {}).items():
            for method in (name for name in item if name in METHODS):
                pointer = f"#/{part}/{escape(name)}/{method}"
                yield from _operation(pointer, item[method])
    yield from _components(document.get("components", {}))
    for part, kind in (("x-errors", "error"), ("x-outputs", "output")):
        for name, node in document.get(part, {}).items():
            yield _element(kind, f"#/{part}/{escape(name)}", node)
    if "x-lifecycle" in document:
        yield _element("lifecycle", "#/x-lifecycle", document["x-lifecycle"])


def gaps(document: Mapping[str, Any], sources: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield pointer and fault of every statement that says nothing, or names an unknown word or source."""
    for element in elements(document):
        origin = element.provenance
        if origin is None:
            yield element.pointer, f"this {element.kind} does not say where it comes from"
        else:
            yield from ((element.pointer, fault) for fault in faults(origin, sources))
    for name, node in document.get("x-behaviours", {}).items():
        yield from ((f"#/x-behaviours/{escape(name)}", fault) for fault in faults(Provenance.of(node), sources))


def faults(origin: Provenance, sources: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with one provenance."""
    if origin.provenance not in WORDS:
        yield f"the provenance {origin.provenance!r} is none of {', '.join(WORDS)}"
    if not origin.source:
        yield "the provenance has no source"
    for source in origin.source:
        if not is_reference(source) and source not in sources:
            yield f"the source {source!r} does not exist"


def tally(document: Mapping[str, Any]) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Count what is documented, inferred and assumed: by operation, with all that it refers to, and in all, each once.

    The empty word counts statements that say nothing.
    """
    by_root: dict[str, Counter[str]] = {}
    for element in elements(document):
        word = element.provenance.provenance if element.provenance else ""
        by_root.setdefault(_root(element.pointer), Counter())[word] += 1
    by_operation: dict[str, Counter[str]] = {}
    for part in ("paths", "webhooks"):
        for name, item in document.get(part, {}).items():
            for method in (key for key in item if key in METHODS):
                roots = _reached(document, f"#/{part}/{escape(name)}/{method}")
                total = sum((by_root.get(root, Counter()) for root in roots), Counter[str]())
                by_operation[item[method].get("operationId", name)] = total
    return by_operation, sum(by_root.values(), Counter[str]())


def _root(pointer: str) -> str:
    """Return the pointer of the operation or component that holds a statement."""
    return "/".join(pointer.split("/")[:4])


def _reached(document: Mapping[str, Any], pointer: str) -> set[str]:
    """Return the roots of an operation and of all that it refers to."""
    reached: set[str] = set()
    ahead = [pointer]
    while ahead:
        root = ahead.pop()
        if root not in reached:
            reached.add(root)
            ahead += [_root(node["$ref"]) for _, node in objects(find(document, root)) if "$ref" in node]
    return reached


def _element(kind: str, pointer: str, node: Any) -> Element:
    written = node.get("x-provenance") if is_object(node) else None
    return Element(kind, pointer, None if written is None else Provenance.of(written))


def _operation(pointer: str, node: Mapping[str, Any]) -> Iterator[Element]:
    yield _element("operation", pointer, node)
    for index, parameter in enumerate(node.get("parameters", ())):
        yield from _parameter(f"{pointer}/parameters/{index}", parameter)
    yield from _content(f"{pointer}/requestBody", node.get("requestBody", {}))
    for status, response in node.get("responses", {}).items():
        yield from _response(f"{pointer}/responses/{status}", response)


def _components(components: Mapping[str, Any]) -> Iterator[Element]:
    visitors = {
        "parameters": _parameter,
        "requestBodies": _content,
        "responses": _response,
        "headers": _header,
        "schemas": _schema,
    }
    for part, visit in visitors.items():
        for name, node in components.get(part, {}).items():
            yield from visit(f"#/components/{part}/{escape(name)}", node)


def _parameter(pointer: str, node: Mapping[str, Any]) -> Iterator[Element]:
    if node.get("in") == "header":
        yield _element("header", pointer, node)
    yield from _schema(f"{pointer}/schema", node.get("schema"))


def _response(pointer: str, node: Mapping[str, Any]) -> Iterator[Element]:
    if "$ref" in node:
        return
    yield _element("response", pointer, node)
    for name, header in node.get("headers", {}).items():
        yield from _header(f"{pointer}/headers/{escape(name)}", header)
    yield from _content(pointer, node)


def _header(pointer: str, node: Mapping[str, Any]) -> Iterator[Element]:
    if "$ref" not in node:
        yield _element("header", pointer, node)
        yield from _schema(f"{pointer}/schema", node.get("schema"))


def _content(pointer: str, node: Mapping[str, Any]) -> Iterator[Element]:
    for media_type, content in node.get("content", {}).items():
        yield from _schema(f"{pointer}/content/{escape(media_type)}/schema", content.get("schema"))


def _schema(pointer: str, node: Any) -> Iterator[Element]:
    if not is_object(node):
        return
    for name, inner in node.get("properties", {}).items():
        yield _element("property", f"{pointer}/properties/{escape(name)}", inner)
        yield from _schema(f"{pointer}/properties/{escape(name)}", inner)
    for key in _BRANCHES:
        for index, inner in enumerate(node.get(key, ())):
            yield from _schema(f"{pointer}/{key}/{index}", inner)
    for key in _SINGLE:
        yield from _schema(f"{pointer}/{key}", node.get(key))
    for key in _NAMED:
        for name, inner in node.get(key, {}).items():
            yield from _schema(f"{pointer}/{key}/{escape(name)}", inner)
