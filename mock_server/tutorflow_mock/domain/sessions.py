"""Whom a session serves: the default one has the ids, the key and the admin of the public guides, others their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain import ids, keys
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
    from collections.abc import Iterable

    from tutorflow_mock.domain.clock import SessionClock
    from tutorflow_mock.domain.ids import Ids
    from tutorflow_mock.domain.model import Credential

PLACEHOLDER_KEY = "workspace_api_key"
"""What the base text writes where a key belongs; the default session takes it as a second name of its demo key (C2)."""

_ID = "00000000-0000-4000-8000-0000000000{:02d}"
_DEMO_LIMIT = 60
_TENANTS, _HEIRS = "tenants", "heirs"
"""The streams of what a session is made of; nothing else draws from them, so that no key is given out twice."""


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


def new_tenants(chance: Ids, session_id: str, organizations: int, lessons: tuple[str, ...]) -> tuple[Tenant, ...]:
    """Return a session's own organizations, each with a classroom, an admin and a key; the lessons are the first one's.

    Their ids follow from the seed alone, their secrets from the seed and the session's id.
    """
    places: list[_Place] = []
    for number in range(1, organizations + 1):
        organization = Organization(ids.uuid(chance, _TENANTS), f"Organization {number} of {session_id}")
        classroom = Classroom(ids.uuid(chance, _TENANTS), organization.id, f"Classroom {number} of {session_id}")
        taught = lessons if number == 1 else ()
        places.append(_Place(organization, classroom, tuple(Lesson(id_, classroom.id, id_) for id_ in taught)))
    return _served(chance, _TENANTS, session_id, places)


def inherited_tenants(chance: Ids, session_id: str, directory: Directory) -> tuple[Tenant, ...]:
    """Return the organizations of another session with admins and keys of this one's own."""
    places: list[_Place] = []
    for organization in directory.organizations.values():
        classroom = next(each for each in directory.classrooms.values() if each.organization_id == organization.id)
        lessons = tuple(each for each in directory.lessons.values() if each.classroom_id == classroom.id)
        places.append(_Place(organization, classroom, lessons))
    return _served(chance, _HEIRS, session_id, places)


class _Place(NamedTuple):
    organization: Organization
    classroom: Classroom
    lessons: tuple[Lesson, ...]


def _served(chance: Ids, stream: str, session_id: str, places: Iterable[_Place]) -> tuple[Tenant, ...]:
    found: list[Tenant] = []
    for number, place in enumerate(places, start=1):
        secrets = f"{chance.secret_bits(stream, 512):0128x}"
        found.append(
            Tenant(
                *place,
                admin_id=ids.uuid(chance, stream),
                email=f"admin{'' if number == 1 else f'-{number}'}@{session_id}.example.test",
                password=secrets[96:],
                cookie=secrets[32:96],
                key_id=ids.uuid(chance, stream),
                api_key=f"tf_content_{secrets[:32]}",
            )
        )
    return tuple(found)


def session_of(
    session_id: str, tenants: tuple[Tenant, ...], *, seed: str, revision: str, clock: SessionClock
) -> Session:
    """Return a new session of these tenants."""
    return Session(session_id, seed, revision, directory_of(tenants), clock)


def credentials_of(
    session_id: str, tenants: Iterable[Tenant], created_at: int, rate_limit: int | None = _DEMO_LIMIT
) -> tuple[Credential, ...]:
    """Return the tenants' keys and admin cookies, which never expire, with the demo key's second name."""
    found: list[Credential] = []
    for tenant in tenants:
        key = ApiKey(
            id=tenant.key_id,
            organization_id=tenant.organization.id,
            name="demo",
            prefix=keys.prefix(tenant.api_key),
            rate_limit=rate_limit,
            created_at=created_at,
        )
        found.append(KeyCredential(session_id, keys.digest(tenant.api_key), key))
        found.append(AdminCredential(session_id, keys.digest(tenant.cookie), _admin(tenant)))
        if tenant is HARBOUR:
            found.append(KeyCredential(session_id, keys.digest(PLACEHOLDER_KEY), key, is_placeholder=True))
    return tuple(found)


def _admin(tenant: Tenant) -> Admin:
    return Admin(tenant.admin_id, tenant.email, keys.digest(tenant.password), (tenant.organization.id,))
