"""Operations: what is read of them, which success is in force, and which one a path names."""

from __future__ import annotations

from typing import Any

import pytest

from tutorflow_openapi import Contract, DocumentError, Operation, Provenance, from_document
from tutorflow_openapi.document import read_document

TOY = """
openapi: 3.1.0
info: {title: Toy, version: toy}
security: [{bearer: []}]
paths:
  /jobs/{jobId}:
    parameters:
      - {name: jobId, in: path, required: true, schema: {type: string}}
      - {name: trace, in: header, schema: {type: string}}
    put:
      operationId: putJob
      tags: [Jobs, Other]
      summary: Put a job
      x-provenance: {provenance: inferred, source: [F-001]}
      security: [{cookie: []}]
      parameters:
        - {name: trace, in: header, required: true, schema: {const: here}, example: here}
        - {$ref: '#/components/parameters/Mode'}
      requestBody: {$ref: '#/components/requestBodies/Job'}
      responses:
        '200': {$ref: '#/components/responses/Job'}
        '201': {description: made, x-when: [put.status=created-201, 'put.tags=["a","b"]']}
        '409': {$ref: '#/components/responses/Conflict', x-when: [put.reuse=conflict-409]}
  /jobs:
    get: {operationId: listJobs, security: [], responses: {}}
components:
  parameters:
    Mode: {name: mode, in: query, x-when: [put.status=created-201], schema: {type: string}}
  requestBodies:
    Job:
      required: true
      content:
        application/vnd.job+json:
          schema: {$ref: '#/components/schemas/Job'}
          examples: {small: {value: {id: a}}, shared: {$ref: '#/components/examples/Large'}}
  responses:
    Job:
      description: the job
      x-provenance: {provenance: documented, source: [F-002]}
      headers:
        Marker: {$ref: '#/components/headers/Marker'}
        Place: {schema: {type: string}, required: true}
      content: {application/json: {schema: {$ref: '#/components/schemas/Job'}, example: {id: b}}}
    Conflict: {description: no, content: {application/json: {}}}
  headers:
    Marker: {x-when: [put.marker=on], x-provenance: {provenance: assumed, source: [S1]}, schema: {const: 'true'}}
  examples:
    Large: {value: {id: aaaaaaaaa}}
  schemas:
    Job: {type: object, required: [id]}
webhooks:
  ended:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Job'}}}}
      responses: {2XX: {description: taken}}
x-behaviours:
  put.status: {value: ok-200, alternatives: [ok-200, created-201]}
  put.tags: {value: [a], alternatives: [[a], [a, b]]}
"""


def toy() -> Contract:
    """Return the contract of the toy document."""
    return from_document(read_document(TOY))


def put_job() -> Operation:
    """Return the operation that has everything."""
    return toy().operations["putJob"]


def test_an_operation_is_read_whole() -> None:
    """Its own security replaces the document's, the first tag counts."""
    operation = put_job()
    assert (operation.id, operation.method, operation.path) == ("putJob", "PUT", "/jobs/{jobId}")
    assert (operation.tag, operation.summary, operation.security) == ("Jobs", "Put a job", "cookie")
    assert operation.provenance == Provenance("inferred", ("F-001",))


def test_an_operation_without_security_is_open() -> None:
    """An empty list opens an operation; what is left out has defaults."""
    operation = toy().operations["listJobs"]
    assert (operation.security, operation.tag, operation.body) == (None, "", None)
    assert (operation.parameters, operation.responses, operation.provenance) == ((), {}, Provenance("", ()))


def test_parameters_of_the_path_come_first_and_may_be_replaced() -> None:
    """An operation's own parameter replaces that of the path with the same name and place."""
    parameters = put_job().parameters
    assert [(each.name, each.where, each.required) for each in parameters] == [
        ("jobId", "path", True),
        ("trace", "header", True),
        ("mode", "query", False),
    ]
    assert parameters[1].schema.is_valid("here")
    assert parameters[1].examples == {"example": "here"}
    assert parameters[2].when == (("put.status", "created-201"),)


def test_the_body_has_its_examples() -> None:
    """Examples are found by name, shared ones too."""
    body = put_job().body
    assert body is not None
    assert (body.required, body.media_type) == (True, "application/vnd.job+json")
    assert body.schema.pointer == "#/components/schemas/Job"
    assert body.examples == {"small": {"id": "a"}, "shared": {"id": "aaaaaaaaa"}}


def test_answers() -> None:
    """An answer has its condition, which may stand beside a reference, its schema if it has a body, its headers."""
    ok, created, conflict = put_job().responses.values()
    assert (ok.status, ok.when, ok.media_type, ok.examples) == (200, (), "application/json", {"example": {"id": "b"}})
    assert ok.provenance == Provenance("documented", ("F-002",))
    assert created.when == (("put.status", "created-201"), ("put.tags", "[a, b]"))
    assert (created.media_type, created.schema, created.headers) == (None, None, {})
    assert (conflict.status, conflict.when, conflict.schema) == (409, (("put.reuse", "conflict-409"),), None)


def test_headers() -> None:
    """A header is required, conditional and founded as it says."""
    marker, place = put_job().responses[200].headers.values()
    assert (marker.name, marker.required, marker.when) == ("Marker", False, (("put.marker", "on"),))
    assert marker.provenance == Provenance("assumed", ("S1",))
    assert marker.schema.is_valid("true")
    assert (place.name, place.required, place.when) == ("Place", True, ())


@pytest.mark.parametrize(
    ("overrides", "status"),
    [({}, 200), ({"put.status": "created-201"}, 201), ({"put.tags": ["a", "b"]}, 201), ({"put.tags": ["a"]}, 200)],
)
def test_the_success_in_force_follows_the_values(overrides: dict[str, Any], status: int) -> None:
    """A 2xx whose condition holds is in force, else the one without."""
    contract = toy().under(overrides)
    assert contract.operations["putJob"].success(contract.values) == status


def test_a_webhook_goes_by_its_name() -> None:
    """A webhook is read like an operation, but what its receiver answers is left to the receiver."""
    ended = toy().webhooks["ended"]
    assert (ended.id, ended.method, ended.path, ended.responses) == ("ended", "POST", "ended", {})
    assert ended.body
    assert ended.body.schema.is_valid({"id": "a"})


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("{operationId: listJobs, ", "{", "#/paths/~1jobs/get has no operationId"),
        ("operationId: listJobs", "operationId: putJob", "the operation id putJob stands twice"),
        ("'409':", "4XX:", "#/paths/~1jobs~1{jobId}/put/responses/4XX is not a status number"),
        ("  /jobs:", "  /jobs/{id}:", "the paths /jobs/{jobId} and /jobs/{id} fit the same requests"),
        ("$ref: '#/components/responses/Job'", "$ref: '#/no'", "#/no points at nothing"),
        ("name: mode, ", "", "the document is not built as OpenAPI asks: KeyError 'name'"),
        ("responses: {}", "responses: 5", "the document is not built as OpenAPI asks: AttributeError "),
    ],
)
def test_documents_that_cannot_be_used(before: str, after: str, reason: str) -> None:
    """What no operation can be read from is refused, with the place."""
    assert before in TOY
    with pytest.raises(DocumentError) as caught:
        from_document(read_document(TOY.replace(before, after)))
    assert str(caught.value).startswith(reason)


def routes(*paths: str) -> Contract:
    """Return a contract with nothing but these paths, each with a GET."""
    operations = {path: {"get": {"operationId": f"op{index}"}} for index, path in enumerate(paths)}
    return from_document({"info": {"title": "", "version": ""}, "paths": operations})


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/jobs", "/jobs", {}),
        ("/jobs/mine", "/jobs/mine", {}),
        ("/jobs/17", "/jobs/{id}", {"id": "17"}),
        ("/jobs/%2F", "/jobs/{id}", {"id": "%2F"}),
        ("/jobs/{id}", "/jobs/{id}", {"id": "{id}"}),
        ("/jobs/17/result", "/jobs/{id}/result", {"id": "17"}),
        ("/jobs/mine/result", "/jobs/mine/{part}", {"part": "result"}),
        ("/jobs/mine/log", "/jobs/mine/{part}", {"part": "log"}),
        ("/jobs/17/log", "/jobs/{id}/{part}", {"id": "17", "part": "log"}),
    ],
)
def test_a_path_names_a_template(path: str, template: str, parameters: dict[str, str]) -> None:
    """A literal wins over a parameter, the leftmost first; values are handed on as they came."""
    contract = routes(
        "/jobs/{id}", "/jobs/{id}/{part}", "/jobs/{id}/result", "/jobs/mine/{part}", "/jobs/mine", "/jobs"
    )
    match = contract.match(path)
    assert match is not None
    assert (match.template, match.parameters) == (template, parameters)
    assert list(match.operations) == ["GET"]


@pytest.mark.parametrize(
    "path",
    ["", "/", "jobs", "/jobs/", "/jobs//", "//jobs", "/Jobs", "/jobs/1/2/3", "/jobs?x=1", "/jobs//result", "x/jobs"],
)
def test_a_path_is_matched_exactly(path: str) -> None:
    """No slash too many, no other case, no empty segment, nothing before or behind."""
    assert routes("/jobs", "/jobs/{id}/result").match(path) is None


def test_methods_of_a_path_stand_together() -> None:
    """All operations of a template are found at once, by method in capitals."""
    match = toy().match("/jobs/1")
    assert match is not None
    assert {method: operation.id for method, operation in match.operations.items()} == {"PUT": "putJob"}
