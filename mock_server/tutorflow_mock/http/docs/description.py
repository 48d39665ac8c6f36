"""The OpenAPI document of the control plane: read from its files, with what holds for all operations filled in."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tutorflow_mock.http.errors import PROBLEM_STATUS, PROBLEM_TYPE
from tutorflow_openapi.document import is_object, read_yaml, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "put", "post", "delete", "patch")
ANYWHERE = ("internal-error", "method-not-allowed", "unknown-path")
"""The problems that are no operation's own."""

ANSWER = "answer"
"""The name of the only example of an answer."""

_FRAME = "frame.yaml"
_PARTS = ("server", "sessions", "clock", "jobs", "journal", "limits", "webhooks", "faults", "grading")
_OPEN = frozenset(("getHealth",))
"""The operations that anybody may call."""
_BODY_PROBLEMS = ("malformed-json", "body-too-large", "media-type", "invalid-field")
_SESSION = tuple({"$ref": f"#/components/parameters/{name}"} for name in ("SessionHeader", "SessionQuery"))


@cache
def document() -> Mapping[str, Any]:
    """Return the whole document; it is shared, so never change it."""
    whole: dict[str, Any] = _read(_FRAME)
    for part in _PARTS:
        whole["paths"] |= _read(f"{part}.yaml")
    answers: Mapping[str, Mapping[str, Any]] = json.loads(_text("answers.json"))
    for operation, method, _ in _operations(whole):
        _complete(operation, method)
        for name, answer in answers.get(operation["operationId"], {}).items():
            _add_example(operation, name, answer)
    return whole


@cache
def problems() -> Mapping[str, Mapping[str, str]]:
    """Return the meaning of every problem, and what to do about it."""
    told: Mapping[str, Mapping[str, str]] = _read("problems.yaml")
    return told


def operations() -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Tell path, method, operation and what stands beside it on its path."""
    for operation, method, path in _operations(document()):
        yield path, method, operation, document()["paths"][path]


def resolved(node: Any) -> Any:
    """Return what a reference of the document stands for; anything else as it is."""
    return resolve(document(), node["$ref"])[1] if is_object(node) and "$ref" in node else node


def _operations(whole: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    for path, item in whole["paths"].items():
        for method in METHODS:
            if method in item:
                yield item[method], method, path


def _complete(operation: dict[str, Any], method: str) -> None:
    """Add the parameters of the session, and an answer for each status that the operation's problems have."""
    takes_session = operation.pop("x-session", None) != "none"
    if takes_session:
        operation["parameters"] = [*operation.get("parameters", ()), *_SESSION]
    own = operation["x-problems"]
    tokens = own if operation["operationId"] in _OPEN else [*own, *_common(operation, method, takes_session)]
    operation["x-problems"] = sorted(set(tokens), key=lambda token: (PROBLEM_STATUS[token], token))
    for token in operation["x-problems"]:
        _add_problem(operation["responses"], token)


def _common(operation: Mapping[str, Any], method: str, takes_session: bool) -> Iterator[str]:  # noqa: FBT001
    yield from ("host-not-allowed", "token-required", "unknown-field")
    if method != "get":
        yield "origin-not-allowed"
    if takes_session:
        yield "unknown-session"
    if "requestBody" in operation:
        yield from _BODY_PROBLEMS


def _add_problem(responses: dict[str, Any], token: str) -> None:
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    response = responses.setdefault(str(PROBLEM_STATUS[token]), {"description": "", "content": content})
    told = f"`{token}`"
    response["description"] = f"{response['description']}, {told}" if response["description"] else told


def _add_example(operation: Mapping[str, Any], name: str, answer: Mapping[str, Any]) -> None:
    """Put a recorded answer where OpenAPI looks for it."""
    content = operation["responses"][str(answer["status"])]["content"]
    media = next(kind for kind in content if kind.endswith("json"))
    content[media].setdefault("examples", {})[name or ANSWER] = {"value": answer["body"]}


def _read(name: str) -> Any:
    return read_yaml(_text(name))


def _text(name: str) -> bytes:
    return (files("tutorflow_mock.http.docs") / "document" / name).read_bytes()
