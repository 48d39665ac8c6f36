"""The default session: the world in which the examples of the documentation run as printed."""

import hashlib

from mock_server.tests.domain.samples import HARBOUR, LIGHTHOUSE, NOW, YEAR, an_id

from tutorflow_mock.domain.clock import SessionClock
from tutorflow_mock.domain.model import AdminCredential, Classroom, KeyCredential, Organization
from tutorflow_mock.domain.sessions import DEFAULT_TENANTS, credentials_of, directory_of, session_of

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


def test_a_new_session_has_no_opinion_of_its_own() -> None:
    """Seed, revision and clock as told, no behaviour overridden, the server's programme."""
    clock = SessionClock().frozen(NOW)
    session = session_of("default", DEFAULT_TENANTS, seed="42", revision="2026-07", clock=clock)
    assert (session.id, session.seed, session.revision, session.clock) == ("default", "42", "2026-07", clock)
    assert (session.overrides, session.programme) == ((), None)
    assert session.directory == directory_of(DEFAULT_TENANTS)
