"""API keys of an organization: create, list, rotate, revoke."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tutorflow_mock.domain import ids, keys
from tutorflow_mock.domain.errors import Conflict, NotFound, refusal
from tutorflow_mock.domain.model import ApiKey
from tutorflow_mock.operations.call import NO_STORE, Reply
from tutorflow_mock.operations.plan import with_defaults
from tutorflow_mock.operations.registry import operation
from tutorflow_mock.stores.base import Rotation

if TYPE_CHECKING:
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.world import World


@operation("createApiKey")
def create_api_key(world: World, request: Request) -> Reply:
    """Make a key and show its secret this once (F-021)."""
    body = with_defaults(request.visit.contract, request.operation.id, request.body)
    chance = world.ids_of(request.session)
    secret = ids.api_key(chance)
    key = ApiKey(
        id=ids.uuid(chance, "keys"),
        organization_id=request.parameters["organizationId"],
        name=request.body["name"].strip(" "),
        prefix=keys.prefix(secret),
        rate_limit=body["rateLimitPerMinute"],
        created_at=request.now,
    )
    is_unique = refusal(request.values["key.duplicate-name"]) is not None
    world.store.save_key(request.session.id, key, keys.digest(secret), unique_name=is_unique)
    return _secret_reply(request, key, secret)


@operation("listApiKeys")
def list_api_keys(world: World, request: Request) -> Reply:
    """List the organization's keys without secrets, newest first (F-022, S46)."""
    found = world.store.keys(request.session.id, request.parameters["organizationId"])
    shown = [keys.listed_body(key, last_used_at, request.now) for key, last_used_at in found]
    if request.values["key.list-revoked"] == "hidden":
        shown = [entry for entry in shown if entry["status"] != "REVOKED"]
    return Reply(request.success, shown)


@operation("rotateApiKey")
def rotate_api_key(world: World, request: Request) -> Reply:
    """Replace a key's secret and show the new one this once (F-023, S43)."""
    old = _own_key(world, request)
    if old.status(request.now) == "REVOKED":
        kind = refusal(request.values["key.rotate-revoked"])
        if kind is NotFound:
            raise _unknown_key()
        raise Conflict("The key is already revoked", reason="revoked-key")
    secret, new, rotation = _rotation(world, request, old)
    if not world.store.rotate_key(request.session.id, old, rotation):
        return rotate_api_key(world, request)
    return _secret_reply(request, new, secret)


@operation("revokeApiKey")
def revoke_api_key(world: World, request: Request) -> Reply:
    """End a key for good; the answer has no body (F-024)."""

    def revoke(key: ApiKey) -> ApiKey:
        if key.status(request.now) == "REVOKED" and (kind := refusal(request.values["key.revoke-revoked"])):
            raise kind("The key is already revoked", reason="revoked-key")
        return keys.revoked(key, request.now)

    world.store.change_key(request.session.id, _own_key(world, request).id, revoke)
    return Reply(request.success, None)


def _rotation(world: World, request: Request, old: ApiKey) -> tuple[str, ApiKey, Rotation]:
    chance = world.ids_of(request.session)
    secret = ids.api_key(chance)
    has_grace = request.values["key.rotate-old-key"] == "grace-period"
    keeps_id = request.values["key.rotate-id"] == "same"
    new = replace(
        old,
        id=old.id if keeps_id else ids.uuid(chance, "keys"),
        prefix=keys.prefix(secret),
        created_at=old.created_at if keeps_id else request.now,
        expires_at=None,
    )
    retired = None if keeps_id else keys.retired(old, request.now, grace=has_grace)
    old_until = request.now + (keys.GRACE if has_grace else 0)
    return secret, new, Rotation(retired, new, keys.digest(secret), old_until)


def _secret_reply(request: Request, key: ApiKey, secret: str) -> Reply:
    return Reply(request.success, keys.created_body(key, secret), headers=NO_STORE)


def _own_key(world: World, request: Request) -> ApiKey:
    found = world.store.keys(request.session.id, request.parameters["organizationId"])
    key = next((key for key, _ in found if key.id == request.parameters["keyId"]), None)
    if key is None:
        raise _unknown_key()
    return key


def _unknown_key() -> NotFound:
    return NotFound("API key not found", reason="unknown-key-id")
