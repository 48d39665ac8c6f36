"""Forced answers: the contract's own examples, by status, by name, or by both."""

import json
from typing import Any

import pytest

from tutorflow_mock.domain.preferences import Preferences
from tutorflow_mock.domain.steering_errors import NoResponseDefined
from tutorflow_mock.http import self_check
from tutorflow_mock.operations.call import Reply
from tutorflow_mock.operations.forced import forced
from tutorflow_openapi import load

CONTRACT = load()
CODES = [(operation.id, status) for operation in CONTRACT.operations.values() for status in operation.responses]
NAMES = [
    (operation.id, status, name)
    for operation in CONTRACT.operations.values()
    for status, response in operation.responses.items()
    for name in response.examples
]


def force(operation: str, wanted: Preferences, **values: Any) -> Reply:
    """Return the forced answer of an operation under these behaviours."""
    return forced(CONTRACT.operations[operation], {**CONTRACT.values, **values}, wanted)


def fault_of(operation: str, reply: Reply) -> str | None:
    """Return why an answer breaks the contract, or None."""
    body = b"" if reply.body is None else json.dumps(reply.body).encode()
    return self_check.fault(CONTRACT.operations[operation], reply, body)


@pytest.mark.parametrize(("operation", "status"), CODES)
def test_every_declared_status(operation: str, status: int) -> None:
    """Each can be had, and keeps the contract."""
    reply = force(operation, Preferences(code=status))
    assert reply.status == status
    assert fault_of(operation, reply) is None


@pytest.mark.parametrize(("operation", "status", "name"), NAMES)
def test_every_example(operation: str, status: int, name: str) -> None:
    """Each can be had by its status and name, and is answered as the contract has it."""
    reply = force(operation, Preferences(code=status, example=name))
    assert reply.body == CONTRACT.operations[operation].responses[status].examples[name]
    assert fault_of(operation, reply) is None


@pytest.mark.parametrize(("operation", "status", "name"), NAMES)
def test_a_name_is_enough(operation: str, status: int, name: str) -> None:
    """All statuses are searched, not the successes only."""
    reply = force(operation, Preferences(example=name))
    assert reply.body == CONTRACT.operations[operation].responses[reply.status].examples[name]
    assert reply.status == status or name in CONTRACT.operations[operation].responses[reply.status].examples


@pytest.mark.parametrize(
    ("operation", "name", "values", "status"),
    [
        ("createExpansion", "missingMember", {}, 400),
        ("exportContent", "completed", {}, 200),
        ("exportContent", "completed", {"export.success-status": "created-201"}, 201),
        ("createWebhook", "created", {}, 201),
        ("createWebhook", "created", {"webhook.create-status": "ok-200"}, 200),
        ("createExpansion", "reusedKey", {}, 409),
        ("createExpansion", "reusedKey", {"idempotency.same-key-other-body": "reject-422"}, 422),
    ],
)
def test_answers_in_force_come_first(operation: str, name: str, values: dict[str, Any], status: int) -> None:
    """Where two statuses have an example of this name, the one that the behaviours would give is taken."""
    assert force(operation, Preferences(example=name), **values).status == status


@pytest.mark.parametrize(
    ("operation", "wanted", "field", "told"),
    [
        ("createExpansion", Preferences(code=418), "code", "declares no 418; its statuses are 200, 400, 401"),
        ("createExpansion", Preferences(code=7), "code", "declares no 007"),
        ("createExpansion", Preferences(code=418, example="queued"), "code", "declares no 418"),
        ("createExpansion", Preferences(code=200, example="completed"), "example", "it has queued, baseText, replayed"),
        ("createExpansion", Preferences(example="nonsense"), "example", "queued, baseText, replayed, missingMember"),
        ("revokeApiKey", Preferences(code=200, example="x"), "example", "it has none"),
    ],
)
def test_what_is_not_declared(operation: str, wanted: Preferences, field: str, told: str) -> None:
    """The refusal says what there is."""
    with pytest.raises(NoResponseDefined, match=told) as refusal:
        force(operation, wanted)
    assert (refusal.value.problem, refusal.value.field) == ("no-response-defined", field)


def test_no_body() -> None:
    """A status that has none is answered without."""
    assert force("revokeApiKey", Preferences(code=200)) == Reply(200, None)


@pytest.mark.parametrize(
    ("operation", "status", "values", "headers"),
    [
        ("createExpansion", 429, {}, {"Retry-After": "37"}),
        ("createExpansion", 429, {"rate.retry-after": "none"}, {}),
        (
            "createExpansion",
            429,
            {"rate.headers": "ratelimit-draft"},
            {"Retry-After": "37", "RateLimit-Policy": '"key";q=60;w=60', "RateLimit": '"key";r=0;t=37'},
        ),
        ("createExpansion", 200, {"idempotency.replay-marker": "idempotent-replayed"}, {}),
        ("createApiKey", 201, {}, {"Cache-Control": "no-store"}),
        ("createApiKey", 405, {}, {"Allow": "GET, POST"}),
    ],
)
def test_headers(operation: str, status: int, values: dict[str, Any], headers: dict[str, str]) -> None:
    """Those that the behaviours in force send stand there with the contract's example."""
    reply = force(operation, Preferences(code=status), **values)
    assert dict(reply.headers).items() >= headers.items()
    assert {"Idempotent-Replayed", "X-RateLimit-Limit"}.isdisjoint(dict(reply.headers))
    assert ("Retry-After" in dict(reply.headers)) == ("Retry-After" in headers)


def test_a_login_has_its_cookie() -> None:
    """A header without which the answer would break the contract is there, with an invented value."""
    assert dict(force("login", Preferences(code=200)).headers)["Set-Cookie"].startswith("jwt=")
