"""The mock judges its own answers by the document: what it would not accept from others it does not send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorflow_mock.operations.call import Reply
    from tutorflow_openapi import Operation


def fault(operation: Operation, reply: Reply, body: bytes) -> str | None:
    """Return why an answer breaks the contract, or None."""
    response = operation.responses.get(reply.status)
    if response is None:
        return f"{operation.id} declares no status {reply.status}"
    missing = [name for name, header in response.headers.items() if header.required and not _has(reply, name)]
    if missing:
        return f"{operation.id} {reply.status} lacks the header {missing[0]}"
    if response.schema is None:
        return None if not body else f"{operation.id} {reply.status} declares no body"
    if not body:
        return f"{operation.id} {reply.status} lacks its body"
    violations = response.schema.violations(json.loads(body))
    return f"{operation.id} {reply.status}: {violations[0].message}" if violations else None


def _has(reply: Reply, name: str) -> bool:
    return any(header.lower() == name.lower() for header, _ in reply.headers)
