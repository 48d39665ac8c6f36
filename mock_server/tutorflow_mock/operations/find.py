"""The first steps of the pipeline: match the operation, find the session and its instant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import strict_json
from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.domain.keys import digest
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.operations import wishes
from tutorflow_mock.operations.call import Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.model import AdminCredential, Credential, Session
    from tutorflow_mock.operations.call import Call
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Operation, PathMatch

DEFAULT_SESSION = "default"
KEY_SCHEME = "contentApiKey"
ADMIN_SCHEME = "adminSession"
SESSION_COOKIE = "jwt"
COOKIE_ALIAS = "tutorflow_admin_session"
LOGIN_LIMIT = 1 << 16

_HEAD, _GET = "HEAD", "GET"


class UnknownSession(Exception):
    """`X-Mock-Session` names a session that does not exist: an error about steering the mock, not one of the API."""


def match(world: World, path: str) -> PathMatch | None:
    """Find a path in the union of the revisions; None hands the call to the rest of the application."""
    for contract in world.contracts.values():
        if (found := contract.match(path)) is not None:
            return found
    return None


def visit(world: World, call: Call, found: PathMatch) -> Visit:
    """Find out which operation a call means, whose it is and what time it is there."""
    operation = found.operations.get(_GET if call.method == _HEAD else call.method)
    named = named_session(world, call.header("x-mock-session"))
    credential = present_credential(world, call, operation)
    owner = None if credential is None else _owner(world, credential)
    if credential is not None and owner is None:
        credential, owner = replace(credential, has_ended=True), world.store.gone_session(credential.session_id)
    session = owner or _session_without_credential(world, call, found, operation) or named or default_session(world)
    contract = world.contract_of(session)
    known = operation if operation is not None and operation.id in contract.operations else None
    return Visit(
        call,
        known and contract.operations[known.id],
        found.parameters,
        session,
        contract,
        credential,
        session.clock.now(world.clock.now()),
        ("session-mismatch",) if named is not None and named.id != session.id else (),
        tuple(sorted(found.operations)),
        wishes.read(call, contract),
    )


def named_session(world: World, session_id: str | None) -> Session | None:
    """Return the session of an `X-Mock-Session` header; raise UnknownSession if there is none of that name."""
    if session_id is None:
        return None
    session = world.store.enter(session_id, world.clock.elapsed())
    if session is None:
        raise UnknownSession(session_id)
    return session


def default_session(world: World) -> Session:
    """Return the session that a call without any hint belongs to."""
    session = world.store.session(DEFAULT_SESSION)
    if session is None:
        msg = "the default session is always open"
        raise LookupError(msg)
    return session


def present_credential(world: World, call: Call, operation: Operation | None) -> Credential | None:
    """Look up the credential that the operation asks for; on a path without one, whichever the call carries."""
    if operation is None:
        return find_key(world, call) or find_admin(world, call)
    if operation.security == KEY_SCHEME:
        return find_key(world, call)
    return find_admin(world, call) if operation.security == ADMIN_SCHEME else None


def bearer_token(authorization: str | None) -> str | None:
    """Return the token of an `Authorization: Bearer` header; None if it is absent or malformed (F-085)."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token or " " in token or "," in token:
        return None
    return token


def find_key(world: World, call: Call) -> KeyCredential | None:
    """Look up the bearer key of a call, dead ones included."""
    token = bearer_token(call.header("authorization"))
    found = None if token is None else world.store.find_credential(digest(token))
    return found if isinstance(found, KeyCredential) else None


def find_admin(world: World, call: Call) -> AdminCredential | None:
    """Look up the admin session of a call by its cookie, ended ones included; the alias counts where it is taken."""
    for name, value in cookies(call.header("cookie")).items():
        if name not in {SESSION_COOKIE, COOKIE_ALIAS}:
            continue
        found = world.store.find_credential(digest(value))
        if found is None or isinstance(found, KeyCredential):
            continue
        if name == SESSION_COOKIE or _takes_alias(world, found.session_id):
            return found
    return None


def cookies(header: str | None) -> Mapping[str, str]:
    """Return the cookies of a header; of two with one name the first counts."""
    pairs = (part.partition("=") for part in (header or "").split(";"))
    return {name.strip(): value.strip() for name, _, value in reversed([*pairs])}


def _takes_alias(world: World, session_id: str) -> bool:
    session = world.store.session(session_id)
    return session is not None and world.contract_of(session).values["login.cookie-alias"] != "none"


def _owner(world: World, credential: Credential) -> Session | None:
    """Return the session of a credential, if it is still there."""
    if credential.has_ended:
        return None
    return world.store.enter(credential.session_id, world.clock.elapsed(), credential.digest)


def _session_without_credential(
    world: World, call: Call, found: PathMatch, operation: Operation | None
) -> Session | None:
    """Find the session of a login by its e-mail, else that which alone knows the job or webhook of the path."""
    session_id = _session_of_login(world, call) if operation is not None and operation.id == "login" else None
    record_id = found.parameters.get("jobId") or found.parameters.get("webhookId")
    if session_id is None and record_id is not None:
        session_id = world.store.find_owner(record_id)
    return None if session_id is None else world.store.enter(session_id, world.clock.elapsed())


def _session_of_login(world: World, call: Call) -> str | None:
    """Return the session of a login; an unreadable body belongs to nobody."""
    try:
        body = strict_json.loads(call.read(LOGIN_LIMIT))
    except ApiError:
        return None
    email = cast("Mapping[str, object]", body).get("email") if isinstance(body, dict) else None
    return world.store.find_admin_session(email) if isinstance(email, str) else None
