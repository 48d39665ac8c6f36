"""Authentication and what a credential may touch: 401 first, then 403, one answer for all that is not one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain.errors import ApiError, Forbidden, InvalidApiKey, NotFound, refusal
from tutorflow_mock.domain.model import SESSION_ENDED, AdminCredential
from tutorflow_mock.operations.find import ADMIN_SCHEME, KEY_SCHEME, find_admin, find_key

if TYPE_CHECKING:
    from tutorflow_mock.domain.errors import Headers
    from tutorflow_mock.operations.call import Visit
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Operation

_KEY_MESSAGE = "Invalid or missing Content Integration API key"
_ADMIN_MESSAGE = "A signed-in admin session is required"


def authenticate(world: World, visit: Visit, operation: Operation) -> None:
    """Raise InvalidApiKey or Forbidden unless the visit's credential opens the operation and its target."""
    if operation.security == KEY_SCHEME:
        _check_key(world, visit)
    elif operation.security == ADMIN_SCHEME:
        _check_admin(world, visit)
        _check_target(visit)


def manages(credential: object, organization_id: str) -> bool:
    """Tell whether an admin's credential manages an organization."""
    return isinstance(credential, AdminCredential) and organization_id in credential.admin.organization_ids


def _check_key(world: World, visit: Visit) -> None:
    credential = visit.credential
    if credential is None:
        if visit.call.header("authorization") is None and find_admin(world, visit.call) is not None:
            raise _wrong_credential(visit, _KEY_MESSAGE)
        reason = "missing-key" if visit.call.header("authorization") is None else "unknown-key"
        raise InvalidApiKey(_KEY_MESSAGE, reason=reason, headers=challenge(visit))
    if (fault := credential.reason(visit.now)) is not None:
        raise InvalidApiKey(_KEY_MESSAGE, reason=fault, headers=challenge(visit))


def _check_admin(world: World, visit: Visit) -> None:
    credential = visit.credential
    if credential is None and find_key(world, visit.call) is not None:
        raise _wrong_credential(visit, _ADMIN_MESSAGE)
    reason: str | None = "no-admin-session" if credential is None else credential.reason(visit.now)
    if reason is not None:
        raise unauthenticated_admin(visit, _ADMIN_MESSAGE, reason)


def unauthenticated_admin(visit: Visit, message: str, reason: str) -> ApiError:
    """Return the refusal of a call that lacks an admin session, as `auth.admin-unauthenticated` says (S34)."""
    kind = cast("type[ApiError]", refusal(visit.values["auth.admin-unauthenticated"]))
    return kind(message, reason=reason, headers=challenge(visit) if issubclass(kind, InvalidApiKey) else ())


def session_ended(visit: Visit, operation: Operation) -> ApiError:
    """Return the refusal of a call whose session went away while it was under way."""
    if operation.security == ADMIN_SCHEME:
        return unauthenticated_admin(visit, _ADMIN_MESSAGE, SESSION_ENDED)
    return InvalidApiKey(_KEY_MESSAGE, reason=SESSION_ENDED, headers=challenge(visit))


def challenge(visit: Visit) -> Headers:
    """Return the challenge that a 401 carries (S84)."""
    return (("WWW-Authenticate", "Bearer"),) if visit.values["auth.challenge"] == "bearer" else ()


def _wrong_credential(visit: Visit, message: str) -> ApiError:
    kind = cast("type[ApiError]", refusal(visit.values["auth.wrong-credential"]))
    return kind(message, reason="wrong-credential", headers=challenge(visit) if kind is InvalidApiKey else ())


def _check_target(visit: Visit) -> None:
    """Refuse an organization or classroom of the path that the admin does not manage; unknown ones look the same."""
    directory = visit.session.directory
    organization_id = visit.parameters.get("organizationId")
    if organization_id is not None and not manages(visit.credential, organization_id):
        is_unknown = organization_id not in directory.organizations
        raise _foreign("auth.unknown-organization" if is_unknown else None, visit, "organization")
    classroom_id = visit.parameters.get("classroomId")
    if classroom_id is not None:
        classroom = directory.classrooms.get(classroom_id)
        if classroom is None or not manages(visit.credential, classroom.organization_id):
            raise _foreign("export.foreign-classroom", visit, "classroom")


def _foreign(behaviour: str | None, visit: Visit, noun: str) -> ApiError:
    kind = Forbidden if behaviour is None else refusal(visit.values[behaviour])
    if kind is NotFound:
        return NotFound(f"{noun.capitalize()} not found", reason=f"unknown-{noun}")
    return Forbidden(f"You cannot manage this {noun}", reason=f"foreign-{noun}")
