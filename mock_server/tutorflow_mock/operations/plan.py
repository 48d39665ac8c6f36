"""What the document says of outputs and of members that a client may leave out, looked up once for each contract."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tutorflow_mock.domain import idempotency
from tutorflow_openapi.document import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_openapi import Contract


_remembered = lru_cache(maxsize=1024)


@dataclass(frozen=True, slots=True)
class OutputKind:
    """One of the products: what its resource is called, how its title ends, where it is shared, `{token}` included."""

    output_type: str
    resource_type: str
    label: str
    public_url: str


@_remembered
def output_kinds(contract: Contract) -> Mapping[str, OutputKind]:
    """Return the products of a contract by output type, in the order in which they are generated (F-055)."""
    declared: Mapping[str, Any] = contract.document["x-outputs"]
    return {
        output_type: OutputKind(output_type, entry["resourceType"], entry["label"], entry["publicUrl"])
        for output_type, entry in declared.items()
    }


@_remembered
def success_of(contract: Contract, operation_id: str) -> int:
    """Return the status of an operation's success under the contract's values."""
    return contract.operations[operation_id].success(contract.values)


@_remembered
def policy_of(contract: Contract) -> idempotency.Policy:
    """Return how idempotency keys are held under the contract's values."""
    return idempotency.policy(contract.values)


@_remembered
def event_types(contract: Contract) -> tuple[str, ...]:
    """Return the events that can be subscribed to, in the document's order (F-075)."""
    pointers = (parameter.schema.pointer for event in contract.webhooks.values() for parameter in event.parameters)
    schemas: list[Mapping[str, Any]] = [find(contract.document, pointer) for pointer in pointers]
    return tuple(schema["const"] for schema in schemas if "const" in schema)


def with_defaults(contract: Contract, operation_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a valid body with the document's defaults in place of the members that were left out."""
    return {**_defaults(contract, operation_id), **body}


@_remembered
def _defaults(contract: Contract, operation_id: str) -> Mapping[str, Any]:
    operation = contract.operations[operation_id]
    if operation.body is None:
        return {}
    schema = find(contract.document, operation.body.schema.pointer)
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    return {name: entry["default"] for name, entry in properties.items() if "default" in entry}
