"""The default session: the world in which the examples of the documentation run as printed."""

import hashlib
import re

from mock_server.tests.domain.samples import HARBOUR, LIGHTHOUSE, NOW, YEAR, an_id

from tutorflow_mock.domain.clock import SessionClock
from tutorflow_mock.domain.ids import is_uuid
from tutorflow_mock.domain.model import AdminCredential, Classroom, KeyCredential, Organization
from tutorflow_mock.domain.sessions import (
    DEFAULT_TENANTS,
    credentials_of,
    directory_of,
    inherited_tenants,
    new_tenants,
    session_of,
)
from tutorflow_mock.system import SeededIds

HARBOUR_KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
LIGHTHOUSE_KEY = "tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"


def sha(secret: str) -> bytes:
    """Return the SHA-256 of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def test_the_directory_has_the_ids_of_the_guides() -> None:
    """Two organizations with a classroom and lessons each, among them the lesson of the base text."""
    directory = directory_of(DEFAULT_TENANTS)
    assert directory.organizations == {
        HARBOUR: Organization(HARBOUR, "Harbour Language School"),
        LIGHTHOUSE: Organization(LIGHTHOUSE, "Lighthouse Academy"),
    }
    assert directory.classrooms == {
        an_id(10): Classroom(an_id(10), HARBOUR, "Evening beginners"),
        an_id(11): Classroom(an_id(11), LIGHTHOUSE, "Morning readers"),
    }
    assert {lesson.id: (lesson.classroom_id, lesson.title) for lesson in directory.lessons.values()} == {
        "standalone-lesson-id": (an_id(10), "Standalone lesson"),
        an_id(30): (an_id(10), "Ordering coffee"),
        "lighthouse-lesson-id": (an_id(11), "Reading a map"),
    }


def test_each_organization_has_an_admin_of_its_own() -> None:
    """The login of the examples opens the first organization and only that."""
    admins = directory_of(DEFAULT_TENANTS).admins
    assert {email: admin.organization_ids for email, admin in admins.items()} == {
        "admin@harbour.example": (HARBOUR,),
        "admin@lighthouse.example": (LIGHTHOUSE,),
    }
    assert admins["admin@harbour.example"].password_digest == sha("a-long-passphrase")
    assert admins["admin@lighthouse.example"].password_digest == sha("another-long-passphrase")
    assert admins["admin@harbour.example"].id == an_id(5)


def test_the_demo_keys_and_cookies_open_their_organization_for_ever() -> None:
    """Cookies that the mock hands out itself never expire, neither do its keys."""
    found = {credential.digest: credential for credential in credentials_of("default", DEFAULT_TENANTS, NOW)}
    for secret, organization_id in ((HARBOUR_KEY, HARBOUR), (LIGHTHOUSE_KEY, LIGHTHOUSE)):
        credential = found[sha(secret)]
        assert isinstance(credential, KeyCredential)
        assert (credential.key.organization_id, credential.key.rate_limit) == (organization_id, 60)
        assert credential.reason(NOW + 100 * YEAR) is None
    for cookie, organization_id in (("demo-admin", HARBOUR), ("demo-admin-2", LIGHTHOUSE)):
        credential = found[sha(cookie)]
        assert isinstance(credential, AdminCredential)
        assert credential.admin.organization_ids == (organization_id,)
        assert credential.reason(NOW + 100 * YEAR) is None
    assert {credential.session_id for credential in found.values()} == {"default"}


def test_the_placeholder_is_a_second_name_of_the_demo_key() -> None:
    """C2: `workspace_api_key` opens what the demo key opens, and is known as a placeholder."""
    found = {credential.digest: credential for credential in credentials_of("default", DEFAULT_TENANTS, NOW)}
    placeholder, demo = found[sha("workspace_api_key")], found[sha(HARBOUR_KEY)]
    assert isinstance(placeholder, KeyCredential)
    assert isinstance(demo, KeyCredential)
    assert (placeholder.key, placeholder.is_placeholder, demo.is_placeholder) == (demo.key, True, False)
    assert demo.key.prefix == "tf_content_5e1f0c2a9b7d"


def test_a_session_can_have_organizations_of_its_own() -> None:
    """As many as wanted, each with a classroom, an admin, a key and a cookie; the lessons stand in the first one's."""
    first, second = new_tenants(SeededIds("42", "checkout-7"), "checkout-7", 2, ("lesson-1", "lesson-2"))
    assert [lesson.id for lesson in first.lessons] == ["lesson-1", "lesson-2"]
    assert {lesson.classroom_id for lesson in first.lessons} == {first.classroom.id}
    assert second.lessons == ()
    assert (first.email, second.email) == ("admin@checkout-7.example.test", "admin-2@checkout-7.example.test")
    for tenant in (first, second):
        assert tenant.classroom.organization_id == tenant.organization.id
        assert all(
            is_uuid(each) for each in (tenant.organization.id, tenant.classroom.id, tenant.admin_id, tenant.key_id)
        )
        assert re.fullmatch(r"tf_content_[0-9a-f]{32}", tenant.api_key)
        assert re.fullmatch(r"[0-9a-f]{64}", tenant.cookie)
        assert re.fullmatch(r"[0-9a-f]{32}", tenant.password)
    parts = [(t.organization.id, t.classroom.id, t.key_id, t.api_key, t.cookie, t.password) for t in (first, second)]
    assert len({part for tenant in parts for part in tenant}) == 12


def test_two_sessions_of_one_seed_have_equal_ids_and_other_secrets() -> None:
    """Byte-identical runs need the same id and seed; with another id no credential is shared."""
    one, two = (new_tenants(SeededIds("42", name), name, 2, ("lesson",)) for name in ("one", "two"))
    assert [tenant.organization.id for tenant in one] == [tenant.organization.id for tenant in two]
    assert [tenant.key_id for tenant in one] == [tenant.key_id for tenant in two]
    secrets = [secret for tenant in (*one, *two) for secret in (tenant.api_key, tenant.cookie, tenant.password)]
    assert len(set(secrets)) == 12
    assert new_tenants(SeededIds("42", "one"), "one", 2, ("lesson",)) == one


def test_a_session_can_inherit_the_organizations_of_another() -> None:
    """The same organizations, classrooms and lessons, with admins and keys of its own."""
    directory = directory_of(DEFAULT_TENANTS)
    heirs = inherited_tenants(SeededIds("42", "heir"), "heir", directory)
    inherited = directory_of(heirs)
    assert (inherited.organizations, inherited.classrooms, inherited.lessons) == (
        directory.organizations,
        directory.classrooms,
        directory.lessons,
    )
    assert list(inherited.admins) == ["admin@heir.example.test", "admin-2@heir.example.test"]
    known = {credential.digest for credential in credentials_of("default", DEFAULT_TENANTS, NOW)}
    own = {credential.digest for credential in credentials_of("heir", heirs, NOW)}
    assert (len(own), own & known) == (4, set())


def test_a_new_session_has_no_opinion_of_its_own() -> None:
    """Seed, revision and clock as told, no behaviour overridden, the server's programme."""
    clock = SessionClock().frozen(NOW)
    session = session_of("default", DEFAULT_TENANTS, seed="42", revision="2026-07", clock=clock)
    assert (session.id, session.seed, session.revision, session.clock) == ("default", "42", "2026-07", clock)
    assert (session.overrides, session.programme) == ((), None)
    assert session.directory == directory_of(DEFAULT_TENANTS)
