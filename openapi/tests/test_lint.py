"""Lint: a clean document has no findings, and each rule finds what breaks it."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import pytest

from tutorflow_openapi import Contract, from_document
from tutorflow_openapi.document import altered, read_document, tokens_of
from tutorflow_openapi.lint import Finding, lint

CLEAN = """
openapi: 3.1.0
info: {title: Toy, version: toy}
paths:
  /jobs/{jobId}:
    parameters: [{$ref: '#/components/parameters/JobId'}]
    post:
      operationId: createJob
      requestBody:
        content:
          application/json: {schema: {$ref: '#/components/schemas/Create'}, examples: {small: {value: {mode: fast}}}}
      responses:
        '200':
          description: made
          headers: {Marker: {schema: {const: 'yes'}, example: 'yes'}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Job'}, example: {status: open}}}
          links: {again: {operationId: createJob}}
        '201': {description: made, x-when: [create.status=created-201]}
        '404': {$ref: '#/components/responses/Gone'}
components:
  parameters:
    JobId: {name: jobId, in: path, required: true, schema: {type: string}, example: a}
  responses:
    Gone:
      description: gone
      content:
        application/json:
          schema:
            allOf:
              - {$ref: '#/components/schemas/Error'}
              - {properties: {error: {properties: {status: {const: 404}, code: {enum: [gone, hidden]}}}}}
          example: {error: {code: gone, status: 404}}
  schemas:
    Create: {type: object, properties: {mode: {enum: [fast, slow]}, key: {type: string, maxLength: 255}}}
    Job: {type: object, properties: {status: {type: string}}}
    Error: {type: object, required: [error], properties: {error: {type: object, required: [code, status]}}}
webhooks:
  ended:
    post:
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/Job'}, example: {status: closed}}}
      responses: {2XX: {description: taken}}
x-lifecycle: {states: [open, closed], initial: open, terminal: [closed], transitions: {open: [closed]}}
x-errors: {gone: {status: 404}, hidden: {status: 404}}
x-behaviours:
  create.status: {text: The status of a create., value: ok-200, alternatives: [ok-200, created-201]}
  create.mode:
    text: Whether the mode may be left out.
    value: optional
    alternatives: [optional, required]
    overlays: {required: [{target: '#/components/schemas/Create', update: {required: [mode]}}]}
  key.length:
    {text: The longest key., value: 255, type: integer, minimum: 1, maximum: 999,
     overlays: {'*': [{target: '#/components/schemas/Create/properties/key/maxLength', update: $value}]}}
  key.free: {text: Any number., value: 1, type: integer}
  retries: {text: When., value: [5], type: array, items: {type: integer}, maxItems: 3}
"""


def toy(*changes: tuple[str, Any]) -> Contract:
    """Return the clean contract with something else at some JSON Pointers."""
    document = read_document(CLEAN)
    for pointer, value in changes:
        *way, name = tokens_of(pointer)
        document = altered(document, tuple(way), partial(with_member, name, value))
    return from_document(document)


def with_member(name: str, value: Any, node: Any) -> Any:
    """Return a copy of an object with one member set."""
    return {**node, name: value}


def findings(*changes: tuple[str, Any]) -> list[tuple[str, str, str]]:
    """Return what lint finds in a changed document."""
    return [(finding.where, finding.rule, finding.message) for finding in lint(toy(*changes))]


def test_a_clean_document_has_no_findings() -> None:
    """The toy document keeps every rule."""
    assert findings() == []


POST = "#/paths/~1jobs~1{jobId}/post"
GONE = "#/components/responses/Gone/content/application~1json"
PINS = f"{GONE}/schema"


@pytest.mark.parametrize(
    ("pointer", "value", "finding"),
    [
        (f"{POST}/operationId", "create_job",
         ("create_job", "operation-id", "an operation id is written in camelCase")),
        (f"{POST}/responses/200/links/again", {"operationId": "no"},
         (f"{POST}/responses/200/links/again", "link", "there is no operation 'no'")),
        (f"{POST}/responses/200/x-when", ["create.status=ok-200"],
         ("createJob", "success", "exactly one 2xx answer must stand without x-when: the one in force by default")),
        ("#/components/parameters/JobId/example", 5, ("createJob jobId", "example", "example: body must be a string")),
        (f"{POST}/responses/200/headers/Marker/example", "no",
         ("createJob 200 Marker", "example", "example: body must be yes, not 'no'")),
        (f"{POST}/requestBody/content/application~1json/examples", {},
         ("createJob request", "example", "there is no example")),
        ("#/webhooks/ended/post/requestBody/content/application~1json/example", {"status": 1},
         ("ended request", "example", "example: status must be a string")),
        (f"{GONE}/example", {"error": {"code": "gone", "status": 400}},
         ("createJob 404", "example", "example: error.status must be 404, not 400")),
        (PINS, {"$ref": "#/components/schemas/Error"},
         ("createJob 404", "error-status", "error.status must be pinned by const to 404")),
        (PINS, {"properties": {"error": {"properties": {"status": {"const": 404}}}}},
         ("createJob 404", "error-code", "error.code must be pinned by const or enum")),
        ("#/x-errors", {"gone": {"status": 404}}, ("createJob 404", "error-code", "'hidden' is none of x-errors")),
        (f"{POST}/responses/201/x-when", ["create.state=created-201"],
         (f"{POST}/responses/201", "x-when", "there is no behaviour 'create.state'")),
        (f"{POST}/responses/201/x-when", ["create.status=made-201"],
         (f"{POST}/responses/201", "x-when", "create.status has no alternative 'made-201'")),
        (f"{POST}/responses/201/x-when", ["key.free=2"],
         (f"{POST}/responses/201", "x-when", "key.free has no alternative '2'")),
        ("#/x-behaviours/create.status/text", "",
         ("create.status", "behaviour", "a behaviour says in `text` what it decides")),
        ("#/x-behaviours/create.status/alternatives", ["ok-200", "created-201", "none-204"],
         ("create.status", "behaviour", "no operation declares the status that none-204 names")),
        ("#/x-behaviours/create.mode/overlays/sometimes", [],
         ("create.mode", "overlay", "'sometimes' is none of its values")),
        ("#/x-behaviours/create.mode/overlays/required", [{"target": "#/no", "update": 1}],
         ("create.mode", "overlay", "required: the overlay target #/no points at nothing")),
        ("#/x-behaviours/create.mode/overlays/required", [{"target": "#/info/title", "remove": True}],
         ("create.mode", "overlay", "required: the document is not built as OpenAPI asks: KeyError 'title'")),
        ("#/x-lifecycle/states", [], ("x-lifecycle", "lifecycle", "the document declares no states")),
        ("#/x-lifecycle/states", ["open"], ("x-lifecycle", "lifecycle", "'closed' is none of its states")),
        ("#/x-lifecycle/transitions/closed", ["open"],
         ("x-lifecycle", "lifecycle", "closed is terminal, but may become open")),
        ("#/x-lifecycle/transitions", {"open": ["open"]},
         ("x-lifecycle", "lifecycle", "from open no terminal state can be reached")),
        ("#/x-lifecycle/initial", "closed", ("x-lifecycle", "lifecycle", "open can never be reached")),
    ],
    ids=range(24),
)  # fmt: skip
def test_each_rule_finds_what_breaks_it(pointer: str, value: Any, finding: tuple[str, str, str]) -> None:
    """One change in the document, and the finding is there, with its place."""
    assert finding in findings((pointer, value))


def test_what_openapi_forbids_is_found() -> None:
    """The document is checked against OpenAPI 3.1 itself."""
    found = findings(("#/components/parameters/JobId/in", "body"))
    assert [rule for where, rule, _ in found if where.startswith("#/components/parameters/JobId")] == ["openapi"]


def test_an_unusable_schema_is_found() -> None:
    """A schema that no validator accepts is a finding, in the document and in each of its forms."""
    found = findings(("#/components/schemas/Job/properties/status/type", "strin"))
    assert ("createJob 200", "schema") in [(where, rule) for where, rule, _ in found]
    broken = [{"target": "#/components/schemas/Job/properties/status", "update": {"type": "strin"}}]
    found = findings(("#/x-behaviours/create.mode/overlays/required", broken))
    assert {(where, rule) for where, rule, _ in found} == {("create.mode", "overlay")}
    assert any("createJob 200 #/components/schemas/Job is not a usable schema" in message for *_, message in found)


def test_two_validators_must_agree() -> None:
    """A pattern that two engines read in two ways is found by an example that shows it."""
    schema = {"type": "string", "pattern": r"^\d$"}
    found = findings(
        ("#/components/parameters/JobId/schema", schema), ("#/components/parameters/JobId/example", "\u0663")
    )
    assert ("createJob jobId", "second-opinion", "example: jsonschema and jsonschema-rs do not agree") in found


def test_a_missing_tool_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing passes unchecked in silence."""
    monkeypatch.setitem(sys.modules, "openapi_spec_validator", None)
    assert [finding for finding in lint(toy()) if finding.where == "#"] == [
        Finding(
            "#",
            "openapi",
            "openapi-spec-validator is not installed, so the document was not checked against OpenAPI 3.1",
        ),
    ]
