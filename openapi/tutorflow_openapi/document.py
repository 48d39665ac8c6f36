"""Reading YAML and JSON as plain, strict data, and the few things that one does with a document of such data."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeGuard

import yaml

PACKAGE = files("tutorflow_openapi")
DEFAULT_REVISION = "2026-07"
MAX_DEPTH = 64
# What OpenAPI cannot say is said under these names; a misspelt one would be a rule that nobody keeps, so it is refused.
EXTENSIONS = frozenset({"x-provenance", "x-when", "x-behaviours", "x-lifecycle", "x-errors", "x-outputs", "x-refusal"})
# Below these keys stands somebody's data: names in it mean nothing to us.
DATA_KEYS = frozenset({"example", "examples", "default", "const", "enum", "value"})
# Right below these stand names, such as that of a header.
NAME_KEYS = frozenset({"headers", "properties"})
REMOVED = object()

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMERIC = frozenset("-0123456789")


class DocumentError(ValueError):
    """A document that cannot be used; the message is one sentence that says what and where."""


class UnknownRevision(ValueError):
    """A revision that this package does not hold; the message names those that it does."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a statement of the contract comes from.

    `provenance` is `documented`, `inferred` or `assumed`; `source` lists what carries it: ids of `sources.yaml`, and
    references such as `RFC 9110 §15.5.2`.
    """

    provenance: str
    source: tuple[str, ...]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Provenance:
        """Read the two keys of an `x-provenance` object; missing ones are empty, which lint reports."""
        return cls(node.get("provenance", ""), tuple(node.get("source", ())))


def is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether plain data is a JSON object."""
    return isinstance(node, dict)


def is_array(node: Any) -> TypeGuard[list[Any]]:
    """Tell whether plain data is a JSON array."""
    return isinstance(node, list)


def read_yaml(text: str | bytes) -> Any:
    """Return the plain data of a YAML or JSON text.

    Scalars follow the YAML core schema, so that what is read is what JSON could hold: dates stay strings, and keys are
    strings. Duplicate keys, aliases, tags and more than 64 levels are refused with DocumentError.
    """
    try:
        parser = yaml.CSafeLoader(text)
        try:
            return _Reader(parser.get_event).document()
        finally:
            parser.dispose()
    except yaml.MarkedYAMLError as error:
        raise DocumentError(f"{error.problem}{_place(error.problem_mark)}") from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise DocumentError("this is not readable as YAML in UTF-8") from error


class _Reader:
    """Builds plain data from libyaml's events, so that what is not wanted is refused before it takes room."""

    def __init__(self, event: Callable[[], Any]) -> None:
        self._event = event

    def document(self) -> Any:
        """Return the one document of the stream, None if it is empty."""
        self._event()
        if isinstance(self._event(), yaml.StreamEndEvent):
            return None
        data = self._node(self._event(), MAX_DEPTH)
        self._event()
        following = self._event()
        if not isinstance(following, yaml.StreamEndEvent):
            raise _refused("a second document is not allowed", following)
        return data

    def _node(self, event: Any, levels: int) -> Any:
        if event.anchor is not None:
            raise _refused("anchors and aliases are not allowed", event)
        if event.tag is not None:
            raise _refused("tags are not allowed", event)
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else _plain(event)
        if not levels:
            raise _refused(f"more than {MAX_DEPTH} levels are not allowed", event)
        return self._mapping(levels - 1) if isinstance(event, yaml.MappingStartEvent) else self._sequence(levels - 1)

    def _sequence(self, levels: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._event(), yaml.SequenceEndEvent):
            items.append(self._node(event, levels))
        return items

    def _mapping(self, levels: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := self._event(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
                raise _refused("a key must be a plain string", event)
            if event.value in members:
                raise _refused(f"the key {event.value!r} stands twice", event)
            members[event.value] = self._node(self._event(), levels)
        return members


def _plain(event: Any) -> Any:
    """Return what a scalar without quotes stands for."""
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    try:
        number = int(text) if _INTEGER.fullmatch(text) else float(text) if _NUMBER.fullmatch(text) else None
    except ValueError as error:
        raise _refused("a number is too long", event) from error
    if number in {math.inf, -math.inf}:
        raise _refused("a number is too large", event)
    return text if number is None else number


def _refused(reason: str, event: Any) -> DocumentError:
    return DocumentError(f"{reason}{_place(event.start_mark)}")


def _place(mark: Any) -> str:
    return "" if mark is None else f" (line {mark.line + 1}, column {mark.column + 1})"


def revisions() -> tuple[str, ...]:
    """Return the dated revisions that the package holds, oldest first."""
    names = (entry.name for entry in PACKAGE.joinpath("contracts").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


@cache
def read_revision(revision: str) -> dict[str, Any]:
    """Return the document of one revision as it is written; it is shared, so never change it."""
    if revision not in revisions():
        raise UnknownRevision(
            f"there is no revision {revision[:32]!r}; this package holds {', '.join(revisions()) or 'none'}"
        )
    return read_document(PACKAGE.joinpath("contracts", f"{revision}.yaml").read_bytes())


@cache
def read_data(name: str) -> Any:
    """Return the plain data of one YAML file of the package; it is shared, so never change it."""
    return read_yaml(PACKAGE.joinpath(name).read_bytes())


def read_document(text: str | bytes) -> dict[str, Any]:
    """Return the mapping of an OpenAPI document; DocumentError if it is none, or holds an unknown `x-` name."""
    document = read_yaml(text)
    if not is_object(document) or not is_object(document.get("info")):
        raise DocumentError("this is not an OpenAPI document: it must be a mapping with `info`")
    for pointer, node in objects(document):
        for key in node:
            if key.startswith("x-") and key not in EXTENSIONS:
                known = ", ".join(sorted(EXTENSIONS))
                raise DocumentError(f"{pointer}/{escape(key)} is not a known extension; known are {known}")
    return document


def objects(node: Any, pointer: str = "#", *, names: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield pointer and node of every object whose keys are words of OpenAPI; with `names` this one's are not."""
    if is_array(node):
        for index, item in enumerate(node):
            yield from objects(item, f"{pointer}/{index}")
    elif is_object(node):
        if not names:
            yield pointer, node
        for key, value in node.items():
            if names or key not in DATA_KEYS:
                yield from objects(value, f"{pointer}/{escape(key)}", names=not names and key in NAME_KEYS)


def is_reference(source: str) -> bool:
    """Tell whether a source is a public standard, which stands for itself, and no id of `sources.yaml`."""
    return source.startswith(("RFC ", "IETF draft "))


def escape(token: str) -> str:
    """Return one reference token as JSON Pointer writes it."""
    return token.replace("~", "~0").replace("/", "~1")


def tokens_of(pointer: Any) -> tuple[str, ...]:
    """Return the reference tokens of a JSON Pointer in its fragment form, such as `#/paths/~1auth~1login`."""
    if not isinstance(pointer, str) or not (pointer == "#" or pointer.startswith("#/")):
        raise DocumentError(f"{pointer!r} is not a JSON Pointer into this document")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def child(node: Any, token: str) -> Any:
    """Return the member or item that one reference token names; LookupError if there is none."""
    return node[int(token)] if is_array(node) and token.isdecimal() else _member(node, token)


def _member(node: Any, token: str) -> Any:
    if not is_object(node):
        raise KeyError(token)
    return node[token]


def find(document: Any, pointer: str) -> Any:
    """Return what stands at a JSON Pointer; DocumentError if nothing does."""
    node = document
    for token in tokens_of(pointer):
        try:
            node = child(node, token)
        except LookupError:
            raise DocumentError(f"{pointer} points at nothing") from None
    return node


def resolve(document: Any, pointer: str) -> tuple[str, Any]:
    """Follow `$ref` from a pointer to the node that stands for itself; return its pointer and the node."""
    for _ in range(MAX_DEPTH):
        node = find(document, pointer)
        if not is_object(node) or "$ref" not in node:
            return pointer, node
        pointer = node["$ref"]
    raise DocumentError(f"{pointer} refers to itself")


def altered(node: Any, tokens: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    """Return a copy of a tree in which a place holds `change` of what stood there, or nothing if that is REMOVED.

    Only what lies on the way is copied, the rest is shared; LookupError if nothing stood there.
    """
    if not tokens:
        return change(node)
    inner = altered(child(node, tokens[0]), tokens[1:], change)
    if is_array(node):
        index = int(tokens[0])
        return [*node[:index], *([] if inner is REMOVED else [inner]), *node[index + 1 :]]
    if inner is REMOVED:
        return {key: value for key, value in node.items() if key != tokens[0]}
    return {**node, tokens[0]: inner}
