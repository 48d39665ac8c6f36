"""The life of an API key: made, used, rotated, revoked, expired."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from mock_server.tests.operations.in_process import (
    CLASSROOMS,
    DAY,
    EXPANSIONS,
    KEY,
    NINE,
    Answer,
    Mock,
    bearer,
)

from tutorflow_mock.domain.model import ApiKey
from tutorflow_mock.stores.base import Rotation


def works(mock: Mock, key: Answer) -> bool:
    """Tell whether a key that was shown opens a bearer operation."""
    return mock.send("GET", CLASSROOMS, bearer(key)).status == 200


@pytest.mark.requirement("KEY-002", "KEY-005", "KEY-018")
def test_a_new_key_opens_and_is_listed() -> None:
    """What create and list say of a key agrees; it works from the next call on, and is the newest in the list."""
    mock = Mock()
    made = mock.new_key("external-content-test", rateLimitPerMinute=30)
    listed, shown = mock.list_keys()[0], made.json()
    assert shown["apiKey"].startswith(shown["keyPrefix"])
    assert (len(shown["apiKey"]), len(shown["keyPrefix"])) == (len("tf_content_") + 32, len("tf_content_") + 12)
    assert (listed["id"], listed["name"], listed["keyPrefix"], listed["rateLimitPerMinute"]) == (
        shown["keyId"],
        shown["name"],
        shown["keyPrefix"],
        30,
    )
    assert works(mock, made)


@pytest.mark.requirement("KEY-013")
def test_last_use() -> None:
    """`lastUsedAt` is null, untouched by refused credentials, set by a call, and never goes back."""
    mock, seen = Mock(), list[object]()
    made = mock.new_key()
    mock.send("GET", CLASSROOMS, {"Authorization": f"Bearer {made.json()['apiKey']}x"})
    seen.append(mock.list_keys()[0]["lastUsedAt"])
    for step in (0, 5, -60):
        mock.clock.advance(step)
        assert works(mock, made)
        seen.append(mock.list_keys()[0]["lastUsedAt"])
    five = "2026-07-06T09:00:05.000Z"
    assert seen == [None, "2026-07-06T09:00:00.000Z", five, five]


@pytest.mark.requirement("KEY-006", "KEY-007", "KEY-008")
def test_a_rotation_replaces_the_secret() -> None:
    """The old key is dead at once; the new one keeps name and limit, has an id of its own, and is fresh."""
    mock = Mock()
    old = mock.new_key("production", rateLimitPerMinute=7)
    new = mock.key_call(old.json()["keyId"], "rotate")
    assert (works(mock, old), works(mock, new)) == (False, True)
    assert (new.json()["name"], new.json()["rateLimitPerMinute"]) == ("production", 7)
    assert new.json()["keyId"] != old.json()["keyId"]
    assert [(key["id"], key["status"]) for key in mock.list_keys()[:2]] == [
        (new.json()["keyId"], "ACTIVE"),
        (old.json()["keyId"], "REVOKED"),
    ]


def test_a_rotation_that_keeps_the_id_keeps_one_line() -> None:
    """Under `rotate-id=same` the list shows one key with the new prefix."""
    mock = Mock({"key.rotate-id": "same"})
    old = mock.new_key()
    new = mock.key_call(old.json()["keyId"], "rotate")
    assert (works(mock, old), works(mock, new)) == (False, True)
    assert [key["keyPrefix"] for key in mock.list_keys()] == [new.json()["keyPrefix"], KEY["Authorization"][7:30]]


@pytest.mark.parametrize("rotate_id", ["new", "same"])
def test_a_grace_period_ends_after_a_day(rotate_id: str) -> None:
    """A rotated key lives for 24 hours, however often its successor is rotated meanwhile or afterwards."""
    mock = Mock({"key.rotate-old-key": "grace-period", "key.rotate-id": rotate_id})
    first = mock.new_key()
    second = mock.key_call(first.json()["keyId"], "rotate")
    mock.clock.advance(DAY / 2)
    third = mock.key_call(second.json()["keyId"], "rotate")
    assert [works(mock, key) for key in (first, second, third)] == [True, True, True]
    mock.clock.advance(DAY / 2)
    assert [works(mock, key) for key in (first, second, third)] == [False, True, True]
    fourth = mock.key_call(third.json()["keyId"], "rotate")
    assert [works(mock, key) for key in (first, second, third, fourth)] == [False, True, True, True]


def test_a_key_in_its_grace_period_shows_its_end() -> None:
    """The old record of a rotation is active until its `expiresAt`, and `EXPIRED` then."""
    mock = Mock({"key.rotate-old-key": "grace-period"})
    old = mock.new_key()
    mock.key_call(old.json()["keyId"], "rotate")
    before = mock.list_keys()[1]
    mock.clock.advance(DAY)
    after = mock.list_keys()[1]
    end = "2026-07-07T09:00:00.000Z"
    assert [(each["status"], each["expiresAt"]) for each in (before, after)] == [("ACTIVE", end), ("EXPIRED", end)]


@pytest.mark.requirement("KEY-009", "KEY-010", "KEY-016", "AUTH-004", "KEY-011")
def test_a_revoked_key_is_dead_for_good() -> None:
    """Revoke has no body, may be repeated, and ends the key on every operation; it stays listed, and has no heir."""
    mock = Mock()
    made = mock.new_key()
    key_id, job_id = made.json()["keyId"], mock.create("k", bearer(made)).job["id"]
    revoked = [mock.key_call(key_id, "revoke") for _ in range(2)]
    assert [(answer.status, answer.body) for answer in revoked] == [(200, b""), (200, b"")]
    refused = [mock.create("k", bearer(made)), mock.status(job_id, bearer(made)), mock.result(job_id, bearer(made))]
    assert [answer.outcome for answer in refused] == [(401, "content_invalid_api_key")] * 3
    assert {answer.reason for answer in refused} == {"revoked-key"}
    assert mock.list_keys()[0]["status"] == "REVOKED"
    assert mock.key_call(key_id, "rotate").outcome == (409, "content_conflict")
    assert len(mock.list_keys()) == 2


@pytest.mark.requirement("KEY-017")
def test_jobs_outlive_their_key() -> None:
    """A job is readable with another key of the organization, also when its own is revoked."""
    mock = Mock()
    made = mock.new_key()
    job_id = mock.create(None, bearer(made)).job["id"]
    mock.key_call(made.json()["keyId"], "revoke")
    assert mock.status(job_id).outcome == (200, None)


@pytest.mark.requirement("AUTH-005", "AUTH-006")
def test_an_expired_key_is_refused_from_its_instant_on() -> None:
    """A key with an `expiresAt`, which the control plane can set, is 401 at that instant and listed as `EXPIRED`."""
    mock = Mock()
    made = mock.new_key()

    def expire(key: ApiKey) -> ApiKey:
        return replace(key, expires_at=NINE + 1000)

    mock.world.store.change_key("default", made.json()["keyId"], expire)
    mock.clock.advance(0.999)
    assert works(mock, made)
    mock.clock.advance(0.001)
    refused = mock.send("GET", CLASSROOMS, bearer(made))
    assert (refused.outcome, refused.reason) == ((401, "content_invalid_api_key"), "expired-key")
    assert [(key["status"], key["expiresAt"]) for key in mock.list_keys()[:1]] == [
        ("EXPIRED", "2026-07-06T09:00:01.000Z")
    ]


def test_the_successor_of_an_expired_key_lives() -> None:
    """Rotating an expired key gives one that does not expire."""
    mock = Mock()
    key_id = mock.new_key().json()["keyId"]
    mock.world.store.change_key("default", key_id, lambda key: replace(key, expires_at=NINE))
    new = mock.key_call(key_id, "rotate")
    assert works(mock, new)
    assert mock.list_keys()[0]["expiresAt"] is None


@pytest.mark.requirement("KEY-014", "KEY-015")
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        *(
            ({"name": "x", "rateLimitPerMinute": limit}, "rateLimitPerMinute")
            for limit in (0, -1, 1.5, "60", 1001, None)
        ),
    ],
    ids=repr,
)
def test_what_a_key_cannot_be(body: object, field: str) -> None:
    """A name of 1 to 100 characters, a limit of 1 to 1000: else 400 that names the field, and no key."""
    mock = Mock()
    refused = mock.send("POST", "/v1/content/organizations/00000000-0000-4000-8000-000000000001/api-keys",
                        {"Cookie": "jwt=demo-admin"}, body=body)  # fmt: skip
    assert (refused.outcome, refused.headers["X-Mock-Error-Pointer"]) == (
        (400, "content_invalid_request"),
        f"#/{field}",
    )
    assert len(mock.list_keys()) == 1


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("production", "production"),
        ("  a b  ", "a b"),
        ("x" * 100, "x" * 100),
        (f" {'é' * 100} ", "é" * 100),
        ("日", "日"),
    ],
)
def test_a_name_is_trimmed(sent: str, kept: str) -> None:
    """Blanks around a name do not belong to it and do not count."""
    mock = Mock()
    assert mock.new_key(sent).json()["name"] == kept
    assert mock.list_keys()[0]["name"] == kept


def test_an_integral_limit_may_be_written_with_a_fraction() -> None:
    """JSON knows one kind of number: `60.0` is 60."""
    assert Mock().new_key(rateLimitPerMinute=60.0).json()["rateLimitPerMinute"] == 60


@pytest.mark.requirement("KEY-019")
def test_no_two_keys_are_alike() -> None:
    """Fifty keys have fifty ids, secrets and prefixes, and the newest stands first."""
    mock = Mock()
    made = [mock.new_key().json() for _ in range(50)]
    for member in ("keyId", "apiKey", "keyPrefix"):
        assert len({key[member] for key in made}) == 50
    assert [key["id"] for key in mock.list_keys()[:50]] == [key["keyId"] for key in reversed(made)]


def test_the_demo_keys_second_name_goes_with_it() -> None:
    """`workspace_api_key` is the demo key under another name: it works with a warning, and ends with it."""
    mock = Mock()
    placeholder = {"Authorization": "Bearer workspace_api_key"}
    answer = mock.send("GET", CLASSROOMS, placeholder)
    assert (answer.status, answer.headers["X-Mock-Warnings"]) == (200, "placeholder-key")
    mock.key_call(mock.list_keys()[0]["id"], "revoke")
    assert [mock.send("GET", CLASSROOMS, each).status for each in (placeholder, KEY)] == [401, 401]


def test_a_rotation_that_comes_second_looks_again() -> None:
    """When the key was changed between look and rotation, the rotation starts over with the key as it is now."""
    mock = Mock()
    key_id, store = mock.new_key().json()["keyId"], mock.world.store
    rotate, tries = store.rotate_key, list[str]()

    def second(session_id: str, old: ApiKey, rotation: Rotation) -> bool:
        tries.append(rotation.key.id)
        return len(tries) > 1 and rotate(session_id, old, rotation)

    store.rotate_key = second  # type: ignore[method-assign]
    rotated = mock.key_call(key_id, "rotate")
    assert (rotated.json()["keyId"], len(tries), len(set(tries))) == (tries[1], 2, 2)
    assert works(mock, rotated)


@pytest.mark.parametrize("behaviour", ["new", "same"])
def test_many_rotations_at_once_leave_one_key(behaviour: str) -> None:
    """Of rotations that meet, each replaces the key that it finds: one secret works in the end, or as many as ids."""
    mock = Mock({"key.rotate-id": behaviour})
    key_id = mock.new_key().json()["keyId"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(mock.key_call, [key_id] * 8, ["rotate"] * 8))
    rotated = [answer for answer in answers if answer.status == 200]
    assert {answer.status for answer in answers} <= {200, 409}
    assert [works(mock, answer) for answer in rotated].count(True) == 1


@pytest.mark.parametrize(("behaviour", "passed"), [("key.duplicate-name", 1), ("key.revoke-revoked", 1)])
def test_a_conflict_is_decided_once(behaviour: str, passed: int) -> None:
    """Of eight calls at once that conflict with one another, one passes."""
    mock = Mock({behaviour: "conflict-409"})
    key_id = mock.new_key("first").json()["keyId"]

    def call(_: int) -> int:
        return (mock.new_key("second") if behaviour == "key.duplicate-name" else mock.key_call(key_id, "revoke")).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(call, range(8)))
    assert statuses == sorted([statuses[0]] * passed + [409] * (8 - passed))
    assert statuses[0] < 300


def test_a_name_is_unique_within_its_organization_only() -> None:
    """Under `duplicate-name=conflict-409` other organizations' names, and one's own after another, do not matter."""
    mock = Mock({"key.duplicate-name": "conflict-409"})
    path = "/v1/content/organizations/00000000-0000-4000-8000-000000000002/api-keys"
    assert mock.new_key("production").status == 201
    assert mock.send("POST", path, {"Cookie": "jwt=demo-admin-2"}, body={"name": "production"}).status == 201
    assert mock.new_key("Production").status == 201
    assert mock.new_key("production").outcome == (409, "content_conflict")


def test_a_session_holds_no_more_jobs_than_its_cap() -> None:
    """Beyond the cap a create is a 409 that says so, and its key stays free; a replay still answers."""
    mock = Mock(job_limit=1)
    first = mock.create("k")
    refused = mock.create("l")
    assert (refused.outcome, refused.reason) == ((409, "content_conflict"), "session-limit")
    assert mock.create("k").body == first.body
    assert mock.send("GET", f"{EXPANSIONS}/{first.job['id']}", KEY).status == 200
