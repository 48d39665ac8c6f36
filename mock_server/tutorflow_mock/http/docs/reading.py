"""What a reader sees of the control plane's document: groups of operations, each with members, examples and curl."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tutorflow_mock.http.docs import description
from tutorflow_mock.http.docs.description import resolved
from tutorflow_openapi.document import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_JSON = "application/json"
_DEEPEST = 2


class Member(NamedTuple):
    """A parameter, or a member of a body: its name, where it stands, what it may be, what it means."""

    name: str
    where: str
    kind: str
    required: bool
    text: str


class Example(NamedTuple):
    """One way to call an operation, as a command, and what it answers."""

    title: str
    curl: str
    status: str
    answer: str | None


class Answer(NamedTuple):
    """One status, what it means, and the kinds of media that it may have."""

    status: str
    text: str
    media: tuple[str, ...]


class Shown(NamedTuple):
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    text: str
    members: Sequence[Member]
    examples: Sequence[Example]
    answers: Sequence[Answer]
    problems: Sequence[str]


class Group(NamedTuple):
    """The operations of one tag."""

    name: str
    text: str
    operations: Sequence[Shown]


def groups(base: str) -> list[Group]:
    """Return all operations by their tags; commands call the server at `base`."""
    found: dict[str, list[Shown]] = {tag["name"]: [] for tag in description.document()["tags"]}
    for path, method, operation, item in description.operations():
        found[operation["tags"][0]].append(_shown(base, path, method, operation, item))
    return [Group(tag["name"], tag["description"], found[tag["name"]]) for tag in description.document()["tags"]]


def _shown(base: str, path: str, method: str, operation: Mapping[str, Any], item: Mapping[str, Any]) -> Shown:
    parameters = [resolved(each) for each in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    body: Mapping[str, Any] = resolved(operation.get("requestBody", {}))
    members = [*map(_parameter, parameters), *_members(_schema_of(body))]
    address = base + path
    for each in parameters:
        if each["in"] == "path":
            address = address.replace(f"{{{each['name']}}}", str(each["example"]))
    return Shown(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        operation.get("description", ""),
        members,
        list(_examples(address, method, operation, body)),
        [_answer(status, resolved(each)) for status, each in sorted(operation["responses"].items())],
        operation["x-problems"],
    )


def _parameter(parameter: Mapping[str, Any]) -> Member:
    kind = _kind(parameter["schema"])
    return Member(
        parameter["name"], parameter["in"], kind, parameter.get("required", False), parameter.get("description", "")
    )


def _members(schema: Mapping[str, Any], place: str = "", depth: int = 1) -> Iterator[Member]:
    for name, each in schema.get("properties", {}).items():
        inside = _object(each)
        full, is_required = f"{place}{name}", name in schema.get("required", ())
        yield Member(full, "body", _kind(each), is_required, inside.get("description", ""))
        if depth < _DEEPEST:
            yield from _members(inside, f"{full}.", depth + 1)


def _examples(address: str, method: str, operation: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Example]:
    told: Mapping[str, Any] = body.get("content", {}).get(_JSON, {}).get("examples", {})
    success = next(iter(operation["responses"]))
    for name, example in (told or {"": {"summary": ""}}).items():
        status = str(example.get("x-answer", success))
        answer = _example_of(operation["responses"][status], name or description.ANSWER)
        yield Example(example["summary"], _curl(address, method, example), status, answer)


def _curl(address: str, method: str, example: Mapping[str, Any]) -> str:
    words = ["curl -s"] if method == "get" else [f"curl -s -X {method.upper()}"]
    words.append(address)
    if "value" in example:
        data = json.dumps(example["value"]).replace("'", "'\\''")
        words += ["-H 'Content-Type: application/json'", f"-d '{data}'"]
    return " ".join(words)


def _answer(status: str, response: Mapping[str, Any]) -> Answer:
    return Answer(status, response["description"], tuple(response.get("content", ())))


def _example_of(response: object, name: str) -> str | None:
    for content in resolved(response).get("content", {}).values():
        if name in content.get("examples", {}):
            return json.dumps(content["examples"][name]["value"], indent=2, ensure_ascii=False)
    return None


def _schema_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(body.get("content", {}).get(_JSON, {}).get("schema", {}))


def _object(schema: Any) -> Mapping[str, Any]:
    """Return a schema as an object; one that allows everything says nothing."""
    found = resolved(schema)
    return found if is_object(found) else {}


def _kind(schema: Any) -> str:
    """Return in words what a value may be."""
    found = _object(schema)
    if "enum" in found:
        return " · ".join(map(str, found["enum"]))
    told = found.get("type", "any JSON")
    kind = " or ".join(_words(told if is_array(told) else [told], found))
    bounds = [f"{sign} {found[name]}" for name, sign in (("minimum", "≥"), ("maximum", "≤")) if name in found]
    default = [f"default {json.dumps(found['default'])}"] if "default" in found else []
    return ", ".join([kind, *bounds, *default])


def _words(types: Iterable[str], schema: Mapping[str, Any]) -> Iterator[str]:
    for each in types:
        if each == "array":
            yield f"list of {_kind(schema.get('items', {}))}"
        elif each == "string" and schema.get("format") == "date-time":
            yield "instant"
        else:
            yield each
