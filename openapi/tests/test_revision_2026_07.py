"""Revision 2026-07 as it is shipped: what people and programs rely on, whatever else changes in the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tutorflow_openapi import BehaviourError, Contract, Operation, Schema, load

CONTRACT = load("2026-07")
CREATE = CONTRACT.operations["createExpansion"]
SECOND = Registry[Any]().with_resource("urn:it", DRAFT202012.create_resource(CONTRACT.document))

BASE_TEXT = {
    "sourceType": "floco",
    "requestedOutputs": ["interactive_module", "summary_video", "expanded_quiz"],
    "payload": {
        "category": "Glossary",
        "level": {
            "id": "a1",
            "title": "A1",
            "lessons": [{"id": "l1", "type": "term", "title": "Terms", "terms": [{"term": "a", "meaning": "b"}]}],
        },
    },
}


def exemplified() -> Iterator[tuple[str, Schema, Any]]:
    """Yield name, schema and value of every example."""
    for operation in [*CONTRACT.operations.values(), *CONTRACT.webhooks.values()]:
        for parameter in operation.parameters:
            yield from ((f"{operation.id} {parameter.name} {name}", parameter.schema, value)
                        for name, value in parameter.examples.items())  # fmt: skip
        if operation.body:
            body = operation.body
            yield from ((f"{operation.id} {name}", body.schema, value) for name, value in body.examples.items())
        for status, response in operation.responses.items():
            if response.schema:
                schema = response.schema
                yield from ((f"{operation.id} {status} {name}", schema, value)
                            for name, value in response.examples.items())  # fmt: skip


EXAMPLES = list(exemplified())


def test_openapi_accepts_it() -> None:
    """It is an OpenAPI 3.1 document, by the judgement of another project."""
    assert list(OpenAPIV31SpecValidator(dict(CONTRACT.document)).iter_errors()) == []


@pytest.mark.parametrize(("name", "schema", "value"), EXAMPLES, ids=[name for name, _, _ in EXAMPLES])
def test_two_validators_accept_every_example(name: str, schema: Schema, value: Any) -> None:
    """jsonschema-rs, which judges at run time, and jsonschema give the same verdict: valid."""
    reference = {"$ref": f"urn:it{schema.reference}"}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    second: Any = jsonschema.Draft202012Validator(reference, registry=SECOND, format_checker=checker)
    second.validate(value)
    assert schema.violations(value) == (), name


def test_its_operations() -> None:
    """Fourteen operations, which functions and tests know by these names."""
    assert set(CONTRACT.operations) == {
        "login", "listOrganizations", "listClassrooms", "createApiKey", "listApiKeys", "rotateApiKey", "revokeApiKey",
        "createExpansion", "getExpansion", "getExpansionResult", "exportContent",
        "createWebhook", "listWebhooks", "deleteWebhook",
    }  # fmt: skip
    assert (CONTRACT.revision, CONTRACT.server) == ("2026-07", "https://api.tutorflow.io")


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("POST", "/auth/login", "login", {}),
        ("GET", "/v1/content/organizations", "listOrganizations", {}),
        ("POST", "/v1/content/organizations/o/api-keys/k/rotate", "rotateApiKey",
         {"organizationId": "o", "keyId": "k"}),
        ("GET", "/v1/content/integrations/expansions/j/result", "getExpansionResult", {"jobId": "j"}),
        ("POST", "/v1/content/classrooms/c/integrations/exports", "exportContent", {"classroomId": "c"}),
        ("DELETE", "/v1/content/organizations/o/webhooks/w", "deleteWebhook",
         {"organizationId": "o", "webhookId": "w"}),
    ],
)  # fmt: skip
def test_its_paths(method: str, path: str, operation: str, parameters: dict[str, str]) -> None:
    """A path names its operation and parameters."""
    match = CONTRACT.match(path)
    assert match
    assert (match.operations[method].id, match.parameters) == (operation, parameters)


def succeeds(contract: Contract) -> dict[str, int]:
    """Return the success of each operation that is in force."""
    return {name: operation.success(contract.values) for name, operation in contract.operations.items()}


def test_its_successes() -> None:
    """Create answers 200 as the base text says, not 201 or 202; a key and a subscription are 201."""
    assert {name for name, status in succeeds(CONTRACT).items() if status == 201} == {"createApiKey", "createWebhook"}
    assert set(succeeds(CONTRACT).values()) == {200, 201}
    changed = CONTRACT.under({"webhook.create-status": "ok-200", "webhook.delete-status": "no-content-204"})
    assert (succeeds(changed)["createWebhook"], succeeds(changed)["deleteWebhook"]) == (200, 204)


def body_of(operation: Operation) -> Schema:
    """Return the schema of an operation's body."""
    assert operation.body
    return operation.body.schema


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({}, []),
        ({"payload": {"level": 5}, "other": 1, "sourceType": "ours"}, []),
        ({"payload": None}, ["payload must be an object"]),
        ({"requestedOutputs": []}, ["requestedOutputs must not be empty"]),
        ({"requestedOutputs": ["interactive_module", "mp4"]},
         ["requestedOutputs[1] must be one of interactive_module, summary_video, expanded_quiz, not 'mp4'"]),
        ({"sourceType": 5}, ["sourceType must be a string"]),
    ],
)  # fmt: skip
def test_what_a_create_may_hold(change: dict[str, Any], messages: list[str]) -> None:
    """The base text's own create is valid; what is not is refused by the name of the field."""
    found = body_of(CREATE).violations({**BASE_TEXT, **change})
    assert [violation.message for violation in found] == messages


def test_a_create_needs_its_payload() -> None:
    """The message of a missing payload is the one of the guides, behind their prefix."""
    (violation,) = body_of(CREATE).violations({})
    assert (violation.message, violation.fragment) == ("payload is required", "#/payload")


@pytest.mark.parametrize(
    ("name", "value", "operation", "body", "refused"),
    [
        ("create.classroom-id", "required-400", "createExpansion", {"payload": {}}, True),
        ("create.classroom-id", "ignored", "createExpansion", {"payload": {}, "classroomId": 5}, False),
        ("create.omitted-outputs", "reject-400", "createExpansion", {"payload": {}}, True),
        ("create.empty-outputs", "as-omitted", "createExpansion", {"payload": {}, "requestedOutputs": []}, False),
        ("create.unknown-output", "ignore", "createExpansion", {"payload": {}, "requestedOutputs": ["mp4"]}, False),
        ("create.duplicate-outputs", "reject-400", "createExpansion",
         {"payload": {}, "requestedOutputs": ["expanded_quiz", "expanded_quiz"]}, True),
        ("create.payload-validation", "strict", "createExpansion", {"payload": {"level": 5}}, True),
        ("create.unknown-lesson-type", "reject-400", "createExpansion",
         {"payload": {"level": {"lessons": [{"type": "song"}]}}}, True),
        ("create.unknown-fields", "reject-400", "createExpansion", {"payload": {}, "other": 1}, True),
        ("idempotency.max-key-length", 3, "createExpansion", {"payload": {}, "idempotencyKey": "long"}, True),
        ("key.max-rate-limit", 9, "createApiKey", {"name": "a", "rateLimitPerMinute": 10}, True),
        ("key.omitted-rate-limit", "reject-400", "createApiKey", {"name": "a"}, True),
        ("webhook.unknown-event", "ignore", "createWebhook", {"url": "https://a.example/", "events": ["x"]}, False),
        ("webhook.duplicate-events", "reject-400", "createWebhook",
         {"url": "https://a.example/", "events": ["content.failed", "content.failed"]}, True),
    ],
)  # fmt: skip
def test_behaviours_change_what_is_valid(name: str, value: Any, operation: str, body: Any, *, refused: bool) -> None:
    """A body that one value refuses is accepted by the other, in the document itself."""
    assert body_of(CONTRACT.operations[operation]).is_valid(body) is refused
    assert body_of(CONTRACT.under({name: value}).operations[operation]).is_valid(body) is not refused


def test_every_alternative_makes_a_contract() -> None:
    """Each alternative of each behaviour can be put in force, in its written form; one that is not there cannot."""
    for name, behaviour in CONTRACT.behaviours.items():
        for alternative in behaviour.alternatives or (behaviour.minimum if behaviour.type != "array" else (),):
            contract = CONTRACT.under({name: alternative})
            assert contract.values[name] == alternative
            assert set(succeeds(contract)) == set(CONTRACT.operations)
        with pytest.raises(BehaviourError, match=f"^{name} must be "):
            behaviour.parse("no such value")
