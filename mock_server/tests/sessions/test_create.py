"""`POST /__admin/sessions`: what a new session is, by default and as asked for."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from mock_server.tests.control.console import BEHAVIOURS, CLOCK, DEFAULT_PROGRAMME, Clock, Console, done, new_app
from mock_server.tests.sessions.tenant import CLASSROOMS, HOOK, ORGANIZATIONS, SESSIONS, Tenant, open_tenant, reason

HIDDEN = "…"
SETTINGS = ["id", "revision", "seed", "clock", "expiresAt", "baseUrl"]
SECRETS = ["apiKey", "keyId", "keyPrefix", "adminCookie", "admin"]
MEMBERS = [*SETTINGS, *SECRETS, "organizationId", "classroomId", "lessonIds", "organizations", "headers"]


def test_a_session_needs_no_member_at_all(mock: Console) -> None:
    """Also no body: an id from the server's seed, its revision and seed, its clock, no end, two organizations."""
    answer = mock.call("POST", SESSIONS)
    told: Any = done(answer)
    assert (answer.status_code, answer.headers["Cache-Control"], list(told)) == (201, "no-store", MEMBERS)
    assert re.fullmatch(r"s-[0-9a-f]{12}", told["id"])
    assert (told["revision"], told["seed"], told["expiresAt"]) == ("2026-07", "42", None)
    assert told["clock"] == {"mode": "running", "now": "2026-07-06T09:00:00.000Z"}
    assert told["baseUrl"] == "http://localhost"
    assert told["headers"] == {"X-Mock-Session": told["id"]}
    assert told["lessonIds"] == ["standalone-lesson-id"]
    assert told["admin"]["email"] == f"admin@{told['id']}.example.test"


def test_the_top_level_is_the_first_organization(mock: Console) -> None:
    """Key, cookie and classroom of the list's first entry; every entry has its own."""
    told = open_tenant(mock).told
    first, second = told["organizations"]
    assert first == {
        "id": told["organizationId"],
        "apiKey": told["apiKey"],
        "adminCookie": told["adminCookie"],
        "classroomId": told["classroomId"],
    }
    assert told["apiKey"].startswith(told["keyPrefix"])
    assert all(first[member] != second[member] for member in first)


def test_generated_ids_repeat_with_the_server_and_never_within_it(mock: Console) -> None:
    """Two servers of one seed give out the same ids; an id that somebody took is left out."""
    first, second = (open_tenant(mock).id for _ in range(2))
    again = Console(new_app(Clock()), Clock())
    open_tenant(again, id=first)
    assert first != second
    assert open_tenant(again).id == second


def test_the_credentials_open_their_own_organization(mock: Console) -> None:
    """Each key lists its classroom, each cookie its organization, the login the first; a key has 1000 a minute."""
    tenant = open_tenant(mock, id="checkout-7")
    for each in tenant.told["organizations"]:
        rooms = mock.get(CLASSROOMS, headers={"Authorization": f"Bearer {each['apiKey']}"})
        mine = mock.get(ORGANIZATIONS, headers={"Cookie": each["adminCookie"]})
        assert [room["id"] for room in rooms] == [each["classroomId"]]
        assert [organization["id"] for organization in mine] == [each["id"]]
        (key,) = mock.get(f"{ORGANIZATIONS}/{each['id']}/api-keys", headers={"Cookie": each["adminCookie"]})
        assert (key["rateLimitPerMinute"], key["status"]) == (1000, "ACTIVE")
    signed_in = tenant.login()
    assert (signed_in.status_code, signed_in.headers["X-Mock-Session"]) == (200, "checkout-7")
    session_cookie = signed_in.headers["Set-Cookie"].partition(";")[0]
    assert [each["id"] for each in mock.get(ORGANIZATIONS, headers={"Cookie": session_cookie})] == [
        tenant.told["organizationId"]
    ]
    assert mock.get(f"{tenant.organization}/api-keys", headers=tenant.cookie)[0]["id"] == tenant.told["keyId"]


def test_two_organizations_are_strangers(mock: Console) -> None:
    """The second's key sees no job of the first, its cookie manages nothing there."""
    tenant = open_tenant(mock)
    other = tenant.told["organizations"][1]
    job_id = tenant.job()
    theirs = mock.call(
        "GET", f"/v1/content/integrations/expansions/{job_id}", headers={"Authorization": f"Bearer {other['apiKey']}"}
    )
    manage = mock.call("GET", f"{tenant.organization}/api-keys", headers={"Cookie": other["adminCookie"]})
    assert (reason(theirs), reason(manage)) == ((404, "unknown-job"), (403, "foreign-organization"))


def test_cookies_of_a_session_never_expire(mock: Console) -> None:
    """Those that the mock hands out itself; that of a login does."""
    tenant = open_tenant(mock)
    login = {"Cookie": tenant.login().headers["Set-Cookie"].partition(";")[0]}
    done(tenant.control("PUT", CLOCK, {"action": "advance", "by": "366d"}))
    assert mock.call("GET", ORGANIZATIONS, headers=tenant.cookie).status_code == 200
    assert reason(mock.call("GET", ORGANIZATIONS, headers=login)) == (401, "expired-session")


@pytest.mark.parametrize(
    ("begins", "shown"),
    [
        ({"mode": "running"}, {"mode": "running", "now": "2026-07-06T09:00:05.000Z"}),
        ({"mode": "frozen"}, {"mode": "frozen", "now": "2026-07-06T09:00:00.000Z"}),
        (
            {"mode": "running", "instant": "2030-01-01T00:00:00+01:00"},
            {"mode": "running", "now": "2029-12-31T23:00:05.000Z"},
        ),
        (
            {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"},
            {"mode": "frozen", "now": "2026-07-04T00:00:00.000Z"},
        ),
    ],
)
def test_the_clock_of_a_session(mock: Console, begins: Mapping[str, str], shown: Mapping[str, str]) -> None:
    """Running or standing, at the present or at an instant; the default session's stays as it is."""
    tenant = open_tenant(mock, clock=begins)
    mock.clock.instant += 5_000
    assert mock.get(f"{SESSIONS}/{tenant.id}")["clock"] == shown
    assert mock.get(CLOCK)["offsetMillis"] == 0


def test_the_servers_clock_setting_is_the_usual_one() -> None:
    """A session of a frozen server begins frozen."""
    mock = Console(new_app(Clock(), clock="2026-07-04T00:00:00Z"), Clock())
    assert open_tenant(mock).told["clock"] == {"mode": "frozen", "now": "2026-07-04T00:00:00.000Z"}


def test_the_rest_of_what_can_be_asked_for(mock: Console) -> None:
    """Programme, behaviours, limit, organizations, lessons, seed: as told, and in this session only."""
    tenant = open_tenant(
        mock,
        id="checkout-7",
        revision="2026-07",
        seed="a seed",
        programme={"progression": "manual", "times": 1},
        behaviours={"idempotency.same-key-other-body": "conflict-409", "webhook.retry-schedule": [1, 2]},
        webhookTimestamp="real",
        rateLimitPerMinute=3,
        organizations=1,
        lessons=["one", "zwei"],
    )
    assert (tenant.told["seed"], len(tenant.told["organizations"])) == ("a seed", 1)
    assert tenant.told["lessonIds"] == ["one", "zwei"]
    exported = mock.call("POST", tenant.exports, {"lessonId": "zwei"}, headers=tenant.cookie)
    assert exported.status_code == 200
    job_id = tenant.job(idempotencyKey="k")
    assert [tenant.status(job_id) for _ in range(1)] == ["processing"]
    assert reason(tenant.create("other", idempotencyKey="k")) == (409, "key-reused")
    assert reason(tenant.read(job_id)) == (429, "rate-limit")
    rows = done(tenant.control("GET", BEHAVIOURS))["behaviours"]
    assert {row["name"]: row["value"] for row in rows if row["setBy"] == "session"} == {
        "idempotency.same-key-other-body": "conflict-409",
        "webhook.retry-schedule": [1, 2],
    }
    assert done(tenant.control("GET", DEFAULT_PROGRAMME.removesuffix("/default")))["setBy"] == "session"
    session = mock.world.store.session("checkout-7")
    assert session is not None
    assert session.webhook_timestamp == "real"
    assert all(row["setBy"] == "contract" for row in mock.get(BEHAVIOURS)["behaviours"])


def test_a_time_to_live_of_null_is_none(mock: Console) -> None:
    """As if it had been left out."""
    assert open_tenant(mock, ttl=None).told["expiresAt"] is None


def test_a_session_may_have_no_lesson(mock: Console) -> None:
    """Then there is nothing to export."""
    tenant = open_tenant(mock, lessons=[])
    export = mock.call("POST", tenant.exports, {"lessonId": "standalone-lesson-id"}, headers=tenant.cookie)
    assert (tenant.told["lessonIds"], export.status_code) == ([], 404)


def test_a_look_shows_no_secret(mock: Console) -> None:
    """One session and the list show all members, newest first, secrets hidden; in the list the default one's too."""
    tenants = [open_tenant(mock, id=name) for name in ("one", "two")]
    listed = mock.get(SESSIONS)
    assert ([each["id"] for each in listed["sessions"]], listed["meta"]) == (["two", "one", "default"], {"total": 3})
    for tenant, shown in zip(reversed(tenants), listed["sessions"], strict=False):
        assert mock.get(f"{SESSIONS}/{tenant.id}") == shown
        assert shown == {
            **tenant.told,
            "apiKey": f"{tenant.told['keyPrefix']}{HIDDEN}",
            "adminCookie": f"jwt={HIDDEN}",
            "admin": {**tenant.told["admin"], "password": HIDDEN},
            "organizations": [
                {**each, "apiKey": f"{each['apiKey'][:23]}{HIDDEN}", "adminCookie": f"jwt={HIDDEN}"}
                for each in tenant.told["organizations"]
            ],
        }
    default = listed["sessions"][-1]
    assert list(default) == MEMBERS
    assert (default["apiKey"], default["admin"]) == (
        f"tf_content_5e1f0c2a9b7d{HIDDEN}",
        {"email": "admin@harbour.example", "password": HIDDEN},
    )
    assert [each["id"] for each in mock.get(f"{SESSIONS}?limit=1")["sessions"]] == ["two"]


def test_the_demo_values_of_the_default_session_are_told(mock: Console) -> None:
    """They are printed in the documentation; a look at the default session alone shows them as a creation would."""
    default = mock.get(f"{SESSIONS}/default")
    assert list(default) == MEMBERS
    assert default["apiKey"] == "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"
    assert default["adminCookie"] == "jwt=demo-admin"
    assert default["admin"] == {"email": "admin@harbour.example", "password": "a-long-passphrase"}
    assert [each["adminCookie"] for each in default["organizations"]] == ["jwt=demo-admin", "jwt=demo-admin-2"]
    assert mock.call("GET", CLASSROOMS, headers={"Authorization": f"Bearer {default['apiKey']}"}).status_code == 200


def test_a_session_keeps_no_secret(mock: Console) -> None:
    """What the store remembers of a session holds digests only."""
    tenant = open_tenant(mock)
    done(mock.call("POST", f"{tenant.organization}/webhooks", HOOK, headers=tenant.cookie))
    rooms: dict[str, Any] = vars(mock.world.store)["_rooms"]
    kept = "".join(f"{vars(room)!r}{room.opening!r}" for room in rooms.values())
    for secret in (
        tenant.told["apiKey"],
        tenant.told["adminCookie"].removeprefix("jwt="),
        tenant.told["admin"]["password"],
    ):
        assert secret not in kept


def test_two_sessions_of_one_seed_share_ids_and_no_credential(mock: Console) -> None:
    """Everything that opens something differs: first keys, cookies, passwords, and all that is minted later."""

    def secrets(tenant: Tenant) -> list[str]:
        minted = done(mock.call("POST", f"{tenant.organization}/api-keys", {"name": "n"}, headers=tenant.cookie))
        hook = done(mock.call("POST", f"{tenant.organization}/webhooks", HOOK, headers=tenant.cookie))
        told = [(each["apiKey"], each["adminCookie"]) for each in tenant.told["organizations"]]
        login = tenant.login().headers["Set-Cookie"]
        return [
            minted["apiKey"],
            hook["secret"],
            login,
            tenant.told["admin"]["password"],
            *(s for t in told for s in t),
        ]

    one, two = (open_tenant(mock, id=name, seed="7") for name in ("one", "two"))
    assert one.told["organizationId"] == two.told["organizationId"]
    assert one.job() == two.job()
    found = [*secrets(one), *secrets(two)]
    assert len(set(found)) == len(found) == 16


def test_the_same_id_and_seed_are_the_same_session(mock: Console) -> None:
    """Also on another server: every member of the answer repeats, whatever else is open there."""
    told = open_tenant(mock, id="checkout-7", seed="7", ttl="PT1H").told
    other = Console(new_app(Clock()), Clock())
    open_tenant(other)
    assert open_tenant(other, id="checkout-7", seed="7", ttl="PT1H").told == told
