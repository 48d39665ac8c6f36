"""What is not one's own looks like what does not exist: the same status, the same bytes."""

import pytest
from mock_server.tests.operations.in_process import (
    ADMIN,
    API_KEYS,
    CLASSROOM,
    CLASSROOMS,
    EXPORTS,
    FOREIGN_ADMIN,
    FOREIGN_CLASSROOM,
    FOREIGN_KEY,
    FOREIGN_LESSON,
    FOREIGN_ORGANIZATION,
    LESSON,
    NOBODYS,
    ORGANIZATION,
    ORGANIZATIONS,
    WEBHOOKS,
    Answer,
    Mock,
    bearer,
)

FOREIGN_KEYS = API_KEYS.replace(ORGANIZATION, FOREIGN_ORGANIZATION)
FOREIGN_HOOKS = WEBHOOKS.replace(ORGANIZATION, FOREIGN_ORGANIZATION)


def seen(answer: Answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return all of an answer that belongs to the API: what the mock adds may tell more."""
    own = [(name, value) for name, value in answer.headers if not name.startswith("X-Mock-")]
    return answer.status, answer.body, own


@pytest.fixture
def mock() -> Mock:
    """A mock with the document's values."""
    return Mock()


@pytest.mark.requirement("AUTH-011", "STAT-003", "STAT-004", "RES-014")
@pytest.mark.parametrize("part", ["", "/result"])
def test_a_foreign_job_looks_like_none(mock: Mock, part: str) -> None:
    """A job of another organization, an unknown id and a malformed one are one 404."""
    job_id = mock.create(None, FOREIGN_KEY).job["id"]
    answers = [mock.status(f"{each}{part}") for each in (job_id, NOBODYS, "job-7", "%00", "' OR 1=1")]
    assert seen(answers[0])[0] == 404
    assert [seen(answer) for answer in answers] == [seen(answers[0])] * len(answers)


@pytest.mark.requirement("AUTH-010")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "api-keys", None),
        ("POST", "api-keys", {"name": "mine"}),
        ("POST", f"api-keys/{NOBODYS}/rotate", None),
        ("POST", f"api-keys/{NOBODYS}/revoke", None),
        ("GET", "webhooks", None),
        ("POST", "webhooks", {"url": "https://hooks.example/", "events": ["content.failed"]}),
        ("DELETE", f"webhooks/{NOBODYS}", None),
    ],
)
def test_a_foreign_organization_looks_like_none(mock: Mock, method: str, path: str, body: object) -> None:
    """An organization that the admin does not manage, and one that does not exist, are one 403."""
    ids = (FOREIGN_ORGANIZATION, NOBODYS)
    foreign, unknown = (mock.send(method, f"{ORGANIZATIONS}/{each}/{path}", ADMIN, body=body) for each in ids)
    assert foreign.outcome == (403, "content_forbidden")
    assert seen(foreign) == seen(unknown)


@pytest.mark.requirement("KEY-012", "HOOK-017")
def test_what_another_organization_has_looks_like_nothing(mock: Mock) -> None:
    """A key or webhook of another organization, under one's own path, is unknown and stays as it was."""
    theirs = mock.send("POST", FOREIGN_KEYS, FOREIGN_ADMIN, body={"name": "theirs"})
    hook = mock.send(
        "POST", FOREIGN_HOOKS, FOREIGN_ADMIN, body={"url": "https://x.example/", "events": ["content.failed"]}
    )
    key_id, hook_id = theirs.json()["keyId"], hook.json()["id"]
    for verb in ("rotate", "revoke"):
        assert mock.key_call(key_id, verb).outcome == (404, "content_not_found")
        assert seen(mock.key_call(key_id, verb)) == seen(mock.key_call(NOBODYS, verb))
    foreign, unknown = (mock.send("DELETE", f"{WEBHOOKS}/{each}", ADMIN) for each in (hook_id, NOBODYS))
    assert foreign.outcome == (404, "content_not_found")
    assert seen(foreign) == seen(unknown)
    assert mock.send("GET", CLASSROOMS, bearer(theirs)).status == 200
    assert [each["id"] for each in mock.send("GET", FOREIGN_HOOKS, FOREIGN_ADMIN).json()] == [hook_id]


@pytest.mark.requirement("EXP-004", "EXP-005", "CRE-023")
def test_foreign_classrooms_and_lessons_look_like_none(mock: Mock) -> None:
    """One 404 for classrooms of an expansion, one 403 for those of an export, one 404 for lessons."""
    rooms = (FOREIGN_CLASSROOM, NOBODYS)
    foreign, unknown = (mock.create(classroomId=room) for room in rooms)
    assert (seen(foreign), foreign.status) == (seen(unknown), 404)
    paths = (EXPORTS.replace(CLASSROOM, room) for room in rooms)
    foreign, unknown = (mock.send("POST", path, ADMIN, body={"lessonId": LESSON}) for path in paths)
    assert (seen(foreign), foreign.status) == (seen(unknown), 403)
    foreign, unknown = (mock.export(lesson=lesson) for lesson in (FOREIGN_LESSON, "no-such-lesson"))
    assert (seen(foreign), foreign.status) == (seen(unknown), 404)


@pytest.mark.requirement("IDEM-006")
def test_a_foreign_key_is_free(mock: Mock) -> None:
    """Another organization with our idempotency key and body gets a job of its own, and no byte of ours."""
    ours, theirs = mock.create("k"), mock.create("k", FOREIGN_KEY)
    assert theirs.replayed == "new"
    assert theirs.job["organizationId"] == FOREIGN_ORGANIZATION
    assert {row["id"] for row in ours.json()["outputs"]} & {row["id"] for row in theirs.json()["outputs"]} == set()


@pytest.mark.requirement("DISC-003", "DISC-001", "DISC-002")
def test_no_list_shows_what_is_foreign(mock: Mock) -> None:
    """Organizations, classrooms, keys and webhooks are listed for their own organization only."""
    mock.subscribe()
    mock.new_key()
    ours = [mock.send("GET", path, ADMIN) for path in (ORGANIZATIONS, API_KEYS, WEBHOOKS)]
    theirs = [mock.send("GET", path, FOREIGN_ADMIN) for path in (ORGANIZATIONS, FOREIGN_KEYS, FOREIGN_HOOKS)]
    rooms = mock.send("GET", CLASSROOMS, FOREIGN_KEY).json()
    assert [each["id"] for each in ours[0].json()] == [ORGANIZATION]
    assert [each["id"] for each in theirs[0].json()] == [FOREIGN_ORGANIZATION]
    assert {each["organizationId"] for answer in ours[1:] for each in answer.json()} == {ORGANIZATION}
    assert {each["organizationId"] for answer in theirs[1:] for each in answer.json()} == {FOREIGN_ORGANIZATION}
    assert [(each["id"], each["organizationId"]) for each in rooms] == [(FOREIGN_CLASSROOM, FOREIGN_ORGANIZATION)]


@pytest.mark.requirement("AUTH-006", "ERR-010")
def test_bad_keys_are_all_alike(mock: Mock) -> None:
    """Missing, malformed, unknown, revoked and rotated keys are one 401."""
    revoked, rotated = mock.new_key("a"), mock.new_key("b")
    mock.key_call(revoked.json()["keyId"], "revoke")
    mock.key_call(rotated.json()["keyId"], "rotate")
    texts = ("", "Bearer", "Basic YTpi", "Bearer a b", "Bearer a,b", "tf_content_1", f"Bearer tf_content_{'0' * 32}")
    headers = [{}, *({"Authorization": text} for text in texts), bearer(revoked), bearer(rotated)]
    answers = [mock.send("GET", CLASSROOMS, each) for each in headers]
    assert answers[0].outcome == (401, "content_invalid_api_key")
    assert [seen(answer) for answer in answers] == [seen(answers[0])] * len(answers)


def test_a_login_does_not_tell_who_exists(mock: Mock) -> None:
    """An unknown e-mail and a wrong password are one 401, for every spelling."""
    answers = [
        mock.login(password="guessed"),
        mock.login(email="nobody@harbour.example"),
        mock.login(email="Admin@Harbour.example"),
        mock.login(email="admin@lighthouse.example"),
    ]
    assert answers[0].outcome == (401, "content_invalid_api_key")
    assert [seen(answer) for answer in answers] == [seen(answers[0])] * len(answers)
