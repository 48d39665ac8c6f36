"""Discovery: the organizations of an admin, the classrooms of a key's organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tutorflow_mock.operations.call import Reply
from tutorflow_mock.operations.registry import operation

if TYPE_CHECKING:
    from tutorflow_mock.domain.model import AdminCredential
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.world import World


@operation("listOrganizations")
def list_organizations(_world: World, request: Request) -> Reply:
    """List the organizations that the signed-in admin manages, and no other (F-016, S50)."""
    admin = cast("AdminCredential", request.visit.credential).admin
    known = request.session.directory.organizations
    shown = [{"id": known[each].id, "name": known[each].name} for each in admin.organization_ids]
    return Reply(request.success, shown)


@operation("listClassrooms")
def list_classrooms(_world: World, request: Request) -> Reply:
    """List the classrooms of the key's organization (F-017, S50)."""
    shown = [
        {"id": each.id, "name": each.name, "organizationId": each.organization_id}
        for each in request.session.directory.classrooms.values()
        if each.organization_id == request.organization_id
    ]
    return Reply(request.success, shown)
