"""Schemas of a document, compiled once and on first use, and their violations as values for people and programs."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from tutorflow_openapi.document import DocumentError, escape, find, is_array, is_object, resolve

Path = tuple[str | int, ...]

MAX_VIOLATIONS = 20
MAX_ITEMS = 10_000
ECHO = 64
NAME = 64
_BASE = "urn:tutorflow:contract"
_ARTICLES = {"array": "an array", "integer": "an integer", "null": "null", "object": "an object"}


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks its schema.

    `pointer` leads to the offending member, or to the place where a missing one would stand; `message` names it and
    says what it must be, without prefix or full stop, and echoes at most 64 characters of what came.
    """

    pointer: Path
    keyword: str
    message: str

    @property
    def fragment(self) -> str:
        """The pointer as a URI fragment, such as `#/requestedOutputs/1` (RFC 6901, section 6)."""
        return "#" + "".join(f"/{quote(escape(str(token)), safe='~', errors='replace')}" for token in self.pointer)


class Library:
    """All schemas of one document; each is compiled when it is first used."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Hold a plain JSON document that nobody changes any more."""
        self.document = document
        self._schemas: dict[str, Schema] = {}

    def schema(self, pointer: str) -> Schema:
        """Return the schema at a JSON Pointer, after following its `$ref`; DocumentError if there is none."""
        known = self._schemas.get(pointer)
        if known is None:
            target, _ = resolve(self.document, pointer)
            known = self._schemas.setdefault(target, Schema(target, self))
            self._schemas[pointer] = known
        return known

    @cached_property
    def registry(self) -> jsonschema_rs.Registry:
        """The document as the validators read it."""
        return jsonschema_rs.Registry([(_BASE, dict(self.document))])


@dataclass(frozen=True, eq=False)
class Schema:
    """One schema of a document, known by its JSON Pointer there."""

    pointer: str
    library: Library

    @property
    def reference(self) -> str:
        """The pointer as a `$ref` writes it: what a URI does not allow, such as braces, is encoded."""
        return quote(self.pointer, safe="#/~")

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        try:
            return jsonschema_rs.validator_for(
                {"$ref": _BASE + self.reference}, validate_formats=True, registry=self.library.registry, offline=True
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise DocumentError(f"{self.pointer} is not a usable schema: {str(error).partition(chr(10))[0]}") from error

    def is_valid(self, value: Any) -> bool:
        """Tell whether a JSON value keeps this schema; a value that no validator can read does not.

        DocumentError if the schema itself is unusable, which lint finds.
        """
        validator = self._validator
        try:
            return validator.is_valid(value)
        except ValueError:
            return False

    def violations(self, value: Any, name: str = "body") -> tuple[Violation, ...]:
        """Return at most 20 violations of a JSON value, in the order of its text; messages call the whole `name`.

        A missing member stands before the members of its object. Never raises: a value that no validator can read is a
        violation of its own.
        """
        if self.is_valid(value):
            return ()
        order = _Order(value)
        try:
            errors = list(self._validator.iter_errors(_shortened(value))) or self._validator.iter_errors(value)
            found = [part for error in errors for part in _parts(error)]
        except (ValueError, RecursionError):
            return (Violation((), "readable", f"{name} cannot be read: it is nested too deeply, or is not Unicode"),)
        first = heapq.nsmallest(MAX_VIOLATIONS, found, key=lambda part: order.rank(part[0]))
        said: dict[tuple[Path, str], Violation] = {}
        for path, error in first:
            message = self._message(path, error, name)
            said.setdefault((path, message), Violation(path, error.kind.name, message))
        return tuple(said.values())

    def _message(self, path: Path, error: jsonschema_rs.ValidationError, name: str) -> str:
        keyword = error.kind.name
        says = _TEXTS.get(keyword)
        text = self._refusal(error) if says is None else says(error.kind, error.instance)
        return f"{_named(path, name)} {text}"

    def _refusal(self, error: jsonschema_rs.ValidationError) -> str:
        """Return the document's own words for a keyword that would mean nothing to a reader, such as a pattern."""
        fallback = _expected_types(error) or _OPAQUE.get(error.kind.name, "is not valid")
        pointer = "#" + "".join(f"/{escape(str(token))}" for token in error.schema_path[:-1])
        holder = find(self.library.document, pointer)
        return str(holder.get("x-refusal", fallback)) if is_object(holder) else fallback


def _shortened(node: Any) -> Any:
    """Return a copy whose arrays end after 10 000 items: a validator spends time on each wrong one, needed or not."""
    if is_array(node):
        return [_shortened(item) for item in node[:MAX_ITEMS]]
    return {key: _shortened(value) for key, value in node.items()} if is_object(node) else node


class _Order:
    """Ranks paths into one value by where a reader of its text meets them."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._positions: dict[int, dict[str, int]] = {}

    def rank(self, path: Path) -> tuple[int, ...]:
        ranks: list[int] = []
        node = self._value
        for token in path:
            if isinstance(token, int):
                ranks.append(token)
                node = node[token]
            elif token in node:
                ranks.append(self._position(node, token))
                node = node[token]
            else:
                ranks.append(-1)
        return tuple(ranks)

    def _position(self, node: dict[str, Any], key: str) -> int:
        positions = self._positions.get(id(node))
        if positions is None:
            positions = self._positions[id(node)] = {name: index for index, name in enumerate(node)}
        return positions[key]


def _parts(error: Any) -> Iterator[tuple[Path, Any]]:
    """Yield an error once for each place that it is about.

    These are the missing member, each unknown member, and what is wrong inside the branch that was meant.
    """
    path = tuple(error.instance_path)
    keyword = error.kind.name
    if keyword == "required":
        yield (*path, error.kind.property), error
    elif keyword in {"additionalProperties", "unevaluatedProperties"}:
        for member in error.kind.unexpected:
            yield (*path, member), error
    elif keyword in {"anyOf", "oneOf"} and (branch := _meant(error)):
        for inner in branch:
            yield from _parts(inner)
    else:
        yield path, error


def _meant(error: Any) -> list[Any]:
    """Return the errors of the one branch whose type the value has; nothing if there is none, or more than one."""
    candidates = [branch for branch in error.kind.context if branch and not _types(branch, error.instance_path)]
    return candidates[0] if len(candidates) == 1 else []


def _types(branch: list[Any], path: list[str | int]) -> list[str]:
    return [
        name
        for inner in branch
        if inner.kind.name == "type" and inner.instance_path == path
        for name in inner.kind.types
    ]


def _expected_types(error: Any) -> str | None:
    if error.kind.name not in {"anyOf", "oneOf"}:
        return None
    types = [_types(branch, error.instance_path) for branch in error.kind.context]
    return _must_be_typed([name for branch in types for name in branch]) if types and all(types) else None


def _must_be_typed(names: list[str]) -> str:
    in_order = sorted(dict.fromkeys(names), key=lambda name: name == "null")
    return f"must be {' or '.join(_ARTICLES.get(name, f'a {name}') for name in in_order)}"


def _named(path: Path, name: str) -> str:
    """Write a path as people do, `level.lessons[2].type`, printable and at most 64 characters long."""
    text = "".join(f"[{token}]" if isinstance(token, int) else f".{token}" for token in path).removeprefix(".")
    printable = "".join(character if character.isprintable() else "\ufffd" for character in text or name)
    return printable if len(printable) <= NAME else f"…{printable[1 - NAME :]}"


def _echo(value: Any) -> str:
    """Write a value for a message: texts in quotes, at most 64 characters, containers by their kind only."""
    if isinstance(value, str):
        return repr(value if len(value) <= ECHO else value[: ECHO - 1] + "…")
    if is_array(value):
        return "an array"
    if is_object(value):
        return "an object"
    if isinstance(value, int) and value.bit_length() > ECHO:
        return "a very large number"
    return json.dumps(value)


def _choices(options: list[Any]) -> str:
    return ", ".join(option if isinstance(option, str) else _echo(option) for option in options)


def _at_least(limit: float, things: str) -> str:
    return "must not be empty" if limit == 1 else f"must have at least {limit} {things}"


# What each keyword says after the field's name; the others have no words of their own and take the document's.
_TEXTS: Mapping[str, Callable[[Any, Any], str]] = {
    "required": lambda kind, value: "is required",
    "type": lambda kind, value: _must_be_typed(kind.types),
    "enum": lambda kind, value: f"must be one of {_choices(kind.options)}, not {_echo(value)}",
    "const": lambda kind, value: f"must be {_choices([kind.expected_value])}, not {_echo(value)}",
    "minimum": lambda kind, value: f"must be at least {kind.limit}",
    "maximum": lambda kind, value: f"must be at most {kind.limit}",
    "exclusiveMinimum": lambda kind, value: f"must be more than {kind.limit}",
    "exclusiveMaximum": lambda kind, value: f"must be less than {kind.limit}",
    "multipleOf": lambda kind, value: f"must be a multiple of {kind.multiple_of}",
    "minLength": lambda kind, value: _at_least(kind.limit, "characters"),
    "maxLength": lambda kind, value: f"must have at most {kind.limit} characters",
    "minItems": lambda kind, value: _at_least(kind.limit, "items"),
    "maxItems": lambda kind, value: f"must have at most {kind.limit} items",
    "minProperties": lambda kind, value: _at_least(kind.limit, "fields"),
    "maxProperties": lambda kind, value: f"must have at most {kind.limit} fields",
    "uniqueItems": lambda kind, value: "must not hold the same item twice",
    "additionalProperties": lambda kind, value: "is not a known field",
    "unevaluatedProperties": lambda kind, value: "is not a known field",
}
_OPAQUE: Mapping[str, str] = {
    "pattern": "is not in the expected form",
    "format": "is not in the expected format",
    "anyOf": "is in none of the accepted forms",
    "oneOf": "is not in exactly one of the accepted forms",
    "contains": "lacks a required item",
    "propertyNames": "has a field whose name is not allowed",
    "falseSchema": "is not allowed",
}
