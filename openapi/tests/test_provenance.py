"""Provenance: what has to say where it comes from, what does not, and how it is counted."""

from __future__ import annotations

from tutorflow_openapi import Provenance
from tutorflow_openapi.document import read_document
from tutorflow_openapi.provenance import elements, faults, gaps, tally

TOY = """
info: {}
paths:
  /jobs:
    parameters: [{name: nobody, in: header}]
    post:
      operationId: createJob
      parameters:
        - {name: Key, in: header, schema: {properties: {inHeader: {}}}}
        - {name: page, in: query, schema: {properties: {inQuery: {}}}}
        - {$ref: '#/components/parameters/Trace'}
      requestBody: {content: {application/json: {schema: {properties: {inBody: {properties: {deeper: {}}}}}}}}
      responses:
        '200':
          headers: {Own: {schema: {type: string}}, Shared: {$ref: '#/components/headers/Shared'}}
          content: {text/plain: {schema: true}, text/html: {}}
        '400': {$ref: '#/components/responses/Bad'}
components:
  parameters: {Trace: {name: trace, in: header}}
  requestBodies: {Body: {content: {application/json: {schema: {items: {properties: {inItem: {}}}}}}}}
  responses: {Bad: {content: {application/json: {schema: {$ref: '#/components/schemas/Deep'}}}}}
  headers: {Shared: {schema: {}}}
  schemas:
    Deep:
      allOf: [{properties: {inAllOf: {}}}]
      anyOf: [{oneOf: [{prefixItems: [{properties: {inBranches: {}}}]}]}]
      additionalProperties: {contains: {unevaluatedProperties: {propertyNames: {properties: {inSingles: {}}}}}}
      patternProperties: {'^a': {properties: {inPattern: {}}}}
      $defs: {One: {dependentSchemas: {a: {properties: {inDefs: {}}}}}}
      if: {properties: {inIf: {}}}
      then: {properties: {inThen: {}}}
      else: {properties: {inElse: {}}}
      not: {properties: {inNot: {}}}
webhooks:
  ended: {post: {responses: {2XX: {}}}}
x-errors: {bad: {status: 400}}
x-outputs: {module: {}}
x-lifecycle: {states: []}
"""


def test_everything_that_states_something_is_found() -> None:
    """Operations, answers, headers and properties count, wherever they stand; references and conditions do not."""
    found = [(element.kind, element.pointer) for element in elements(read_document(TOY))]
    post, deep = "#/paths/~1jobs/post", "#/components/schemas/Deep"
    assert found == [
        ("operation", post),
        ("header", f"{post}/parameters/0"),
        ("property", f"{post}/parameters/0/schema/properties/inHeader"),
        ("property", f"{post}/parameters/1/schema/properties/inQuery"),
        ("property", f"{post}/requestBody/content/application~1json/schema/properties/inBody"),
        ("property", f"{post}/requestBody/content/application~1json/schema/properties/inBody/properties/deeper"),
        ("response", f"{post}/responses/200"),
        ("header", f"{post}/responses/200/headers/Own"),
        ("operation", "#/webhooks/ended/post"),
        ("response", "#/webhooks/ended/post/responses/2XX"),
        ("header", "#/components/parameters/Trace"),
        ("property", "#/components/requestBodies/Body/content/application~1json/schema/items/properties/inItem"),
        ("response", "#/components/responses/Bad"),
        ("header", "#/components/headers/Shared"),
        ("property", f"{deep}/allOf/0/properties/inAllOf"),
        ("property", f"{deep}/anyOf/0/oneOf/0/prefixItems/0/properties/inBranches"),
        ("property", f"{deep}/additionalProperties/contains/unevaluatedProperties/propertyNames/properties/inSingles"),
        ("property", f"{deep}/patternProperties/^a/properties/inPattern"),
        ("property", f"{deep}/$defs/One/dependentSchemas/a/properties/inDefs"),
        ("error", "#/x-errors/bad"),
        ("output", "#/x-outputs/module"),
        ("lifecycle", "#/x-lifecycle"),
    ]


def test_a_document_without_statements() -> None:
    """Nothing stated, nothing missing."""
    assert list(elements({"info": {}})) == []
    assert list(gaps({"info": {}}, ())) == []


def test_gaps_are_named() -> None:
    """Each statement without provenance is named by its pointer, as is a provenance that says nothing known."""
    document = read_document("""
info: {}
components:
  headers:
    Good: {x-provenance: {provenance: documented, source: [F-001, RFC 9110]}}
    None: {}
    Odd: {x-provenance: {provenance: certain, source: [F-999]}}
x-behaviours:
  good: {provenance: inferred, source: [F-001]}
  odd: {}
""")
    assert list(gaps(document, {"F-001"})) == [
        ("#/components/headers/None", "this header does not say where it comes from"),
        ("#/components/headers/Odd", "the provenance 'certain' is none of documented, inferred, assumed"),
        ("#/components/headers/Odd", "the source 'F-999' does not exist"),
        ("#/x-behaviours/odd", "the provenance '' is none of documented, inferred, assumed"),
        ("#/x-behaviours/odd", "the provenance has no source"),
    ]
    assert list(faults(Provenance("assumed", ("IETF draft Idempotency-Key",)), ())) == []


def test_statements_are_counted_by_operation_and_once_in_all() -> None:
    """An operation counts all that it refers to, over any number of steps and loops; the total counts each once."""
    document = read_document("""
info: {}
paths:
  /a:
    summary: not an operation
    get:
      operationId: getA
      x-provenance: {provenance: documented, source: [F-001]}
      responses: {'200': {$ref: '#/components/responses/Shared'}}
    put: {operationId: putA, responses: {'200': {$ref: '#/components/responses/Shared'}}}
components:
  responses:
    Shared:
      x-provenance: {provenance: inferred, source: [F-001]}
      content: {application/json: {schema: {$ref: '#/components/schemas/Tree'}}}
  schemas:
    Tree: {properties: {leaf: {$ref: '#/components/schemas/Tree', x-provenance: {provenance: assumed}}}}
webhooks:
  ended: {post: {}}
""")
    by_operation, total = tally(document)
    assert by_operation == {
        "getA": {"documented": 1, "inferred": 1, "assumed": 1},
        "putA": {"": 1, "inferred": 1, "assumed": 1},
        "ended": {"": 1},
    }
    assert total == {"documented": 1, "inferred": 1, "assumed": 1, "": 2}
