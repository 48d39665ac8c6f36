"""The default session: the ids of the public guides, a demo key and a demo admin, so that examples run as printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutorflow_mock.domain import keys
from tutorflow_mock.domain.model import (
    Admin,
    AdminCredential,
    ApiKey,
    Classroom,
    Directory,
    KeyCredential,
    Lesson,
    Organization,
    Session,
)

if TYPE_CHECKING:
    from tutorflow_mock.domain.clock import SessionClock
    from tutorflow_mock.domain.model import Credential

PLACEHOLDER_KEY = "workspace_api_key"
"""What the base text writes where a key belongs; the default session takes it as a second name of its demo key (C2)."""

_ID = "00000000-0000-4000-8000-0000000000{:02d}"
_DEMO_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization with one of everything that a client needs, secrets included."""

    organization: Organization
    classroom: Classroom
    lessons: tuple[Lesson, ...]
    admin_id: str
    email: str
    password: str
    cookie: str
    key_id: str
    api_key: str


HARBOUR = Tenant(
    organization=Organization(_ID.format(1), "Harbour Language School"),
    classroom=Classroom(_ID.format(10), _ID.format(1), "Evening beginners"),
    lessons=(
        Lesson("standalone-lesson-id", _ID.format(10), "Standalone lesson"),
        Lesson(_ID.format(30), _ID.format(10), "Ordering coffee"),
    ),
    admin_id=_ID.format(5),
    email="admin@harbour.example",
    password="a-long-passphrase",  # noqa: S106 - printed in the documentation
    cookie="demo-admin",
    key_id=_ID.format(19),
    api_key="tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd",
)
LIGHTHOUSE = Tenant(
    organization=Organization(_ID.format(2), "Lighthouse Academy"),
    classroom=Classroom(_ID.format(11), _ID.format(2), "Morning readers"),
    lessons=(Lesson("lighthouse-lesson-id", _ID.format(11), "Reading a map"),),
    admin_id=_ID.format(6),
    email="admin@lighthouse.example",
    password="another-long-passphrase",  # noqa: S106 - printed in the documentation
    cookie="demo-admin-2",
    key_id=_ID.format(18),
    api_key="tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64",
)
DEFAULT_TENANTS = (HARBOUR, LIGHTHOUSE)


def directory_of(tenants: tuple[Tenant, ...]) -> Directory:
    """Return what exists from the start: organizations, classrooms, lessons, and admins by e-mail."""
    admins = [_admin(tenant) for tenant in tenants]
    return Directory(
        organizations={tenant.organization.id: tenant.organization for tenant in tenants},
        classrooms={tenant.classroom.id: tenant.classroom for tenant in tenants},
        lessons={lesson.id: lesson for tenant in tenants for lesson in tenant.lessons},
        admins={admin.email: admin for admin in admins},
    )


def session_of(
    session_id: str, tenants: tuple[Tenant, ...], *, seed: str, revision: str, clock: SessionClock
) -> Session:
    """Return a new session of these tenants."""
    return Session(session_id, seed, revision, directory_of(tenants), clock)


def credentials_of(session_id: str, tenants: tuple[Tenant, ...], created_at: int) -> tuple[Credential, ...]:
    """Return the tenants' keys and admin cookies, which never expire, with the demo key's second name."""
    found: list[Credential] = []
    for tenant in tenants:
        key = ApiKey(
            id=tenant.key_id,
            organization_id=tenant.organization.id,
            name="demo",
            prefix=keys.prefix(tenant.api_key),
            rate_limit=_DEMO_LIMIT,
            created_at=created_at,
        )
        found.append(KeyCredential(session_id, keys.digest(tenant.api_key), key))
        found.append(AdminCredential(session_id, keys.digest(tenant.cookie), _admin(tenant)))
        if tenant is HARBOUR:
            found.append(KeyCredential(session_id, keys.digest(PLACEHOLDER_KEY), key, is_placeholder=True))
    return tuple(found)


def _admin(tenant: Tenant) -> Admin:
    return Admin(tenant.admin_id, tenant.email, keys.digest(tenant.password), (tenant.organization.id,))
