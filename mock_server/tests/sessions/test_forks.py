"""Sessions that begin from a snapshot: the same world, credentials of their own."""

import pytest
from mock_server.tests.control.console import CLOCK, EXPORTS, JOBS, Clock, Console, done, refused
from mock_server.tests.sessions.tenant import HOOK, RESET, SESSIONS, SNAPSHOTS, Tenant, open_tenant, reason

START = {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}


@pytest.fixture
def tenant(mock: Console) -> Tenant:
    """A session with a job half way, a held key, a minted key and a webhook, and a snapshot `half-way` of it."""
    tenant = open_tenant(
        mock,
        id="checkout-7",
        seed="7",
        clock=START,
        lessons=["one", "two"],
        behaviours={"login.success-status": "created-201"},
        programme={"progression": "time", "processing": "PT10S"},
        webhookTimestamp="real",
        rateLimitPerMinute=5,
    )
    tenant.job(idempotencyKey="k")
    done(mock.call("POST", f"{tenant.organization}/api-keys", {"name": "n"}, headers=tenant.cookie))
    done(mock.call("POST", f"{tenant.organization}/webhooks", HOOK, headers=tenant.cookie))
    done(tenant.control("PUT", CLOCK, {"action": "advance", "by": "2s"}))
    done(tenant.control("POST", f"{SNAPSHOTS}/half-way"))
    return tenant


def test_a_fork_goes_on_from_the_snapshot(mock: Console, tenant: Tenant) -> None:
    """Organizations, lessons, jobs, held keys, behaviours, programme and clock are those of the snapshot."""
    fork = open_tenant(mock, id="fork", **{"from": "half-way"})
    same = ("organizationId", "classroomId", "lessonIds", "revision", "seed")
    assert [fork.told[name] for name in same] == [tenant.told[name] for name in same]
    assert fork.told["clock"] == {"mode": "frozen", "now": "2026-07-04T00:00:02.000Z"}
    (job,) = done(fork.control("GET", JOBS))["jobs"]
    assert fork.status(job["id"]) == "processing"
    assert done(fork.create(idempotencyKey="k"))["id"] == job["id"]
    assert fork.login().status_code == 201
    session = mock.world.store.session("fork")
    assert session is not None
    assert (session.webhook_timestamp, session.programme is not None) == ("real", True)
    assert mock.world.store.read_journal("fork")[0].operation == "getExpansion"


def test_a_fork_has_credentials_of_its_own(mock: Console, tenant: Tenant) -> None:
    """Admins, cookies, the one key of each organization and the webhook secrets, which the 201 tells."""
    fork = open_tenant(mock, id="fork", **{"from": "half-way"})
    assert fork.told["admin"]["email"] == "admin@fork.example.test"
    (key,) = mock.get(f"{fork.organization}/api-keys", headers=fork.cookie)
    assert (key["id"], key["rateLimitPerMinute"]) == (fork.told["keyId"], 1000)
    (hook,) = mock.get(f"{fork.organization}/webhooks", headers=fork.cookie)
    (told,) = fork.told["webhooks"]
    assert (told["id"], told["url"], len(told["secret"])) == (hook["id"], HOOK["url"], 64)
    (theirs,) = mock.world.store.subscriptions("checkout-7", tenant.told["organizationId"])
    (ours,) = mock.world.store.subscriptions("fork", tenant.told["organizationId"])
    assert (ours.secret, ours.secret != theirs.secret) == (told["secret"], True)
    assert "webhooks" not in mock.get(f"{SESSIONS}/fork")
    opened = [each for one in (tenant, fork) for each in one.told["organizations"]]
    assert len({secret for each in opened for secret in (each["apiKey"], each["adminCookie"])}) == 8


def test_a_fork_and_its_origin_go_separate_ways(mock: Console, tenant: Tenant) -> None:
    """Neither sees what the other does; new ids differ from all that the snapshot holds; the origin may end."""
    fork = open_tenant(mock, id="fork", **{"from": "half-way"})
    made = fork.job("new")
    assert reason(tenant.read(made)) == (404, "unknown-job")
    assert done(tenant.control("GET", JOBS))["meta"] == {"total": 1}
    assert done(fork.control("GET", JOBS))["meta"] == {"total": 2}
    mock.delete(f"{SESSIONS}/checkout-7")
    assert fork.status(made) == "queued"
    done(fork.control("POST", RESET))
    assert reason(fork.read(made)) == (404, "unknown-job")
    assert done(fork.control("GET", JOBS))["meta"] == {"total": 1}
    assert done(fork.control("GET", CLOCK))["now"] == "2026-07-04T00:00:02.000Z"
    assert fork.job("new") == made


def test_a_fork_can_be_asked_for_otherwise(mock: Console, tenant: Tenant) -> None:
    """Seed, clock, programme, behaviours on top, limit, ttl and timestamps may be told."""
    later = {"mode": "running", "instant": "2027-01-01T00:00:00Z"}
    fork = open_tenant(
        mock,
        id="fork",
        seed="8",
        clock=later,
        programme={"progression": "held"},
        behaviours={"idempotency.same-key-other-body": "conflict-409"},
        webhookTimestamp="session",
        rateLimitPerMinute=2,
        ttl="PT1H",
        **{"from": "half-way"},
    )
    assert (fork.told["seed"], fork.told["clock"]["now"]) == ("8", "2027-01-01T00:00:00.000Z")
    assert reason(fork.create("other", idempotencyKey="k")) == (409, "key-reused")
    assert fork.login().status_code == 201
    assert fork.job("new") != tenant.job("new")
    assert reason(fork.create()) == (429, "rate-limit")
    session = mock.world.store.session("fork")
    assert session is not None
    assert (session.webhook_timestamp, session.ttl) == ("session", 3_600_000)


def test_a_running_snapshot_is_forked_running(mock: Console, clock: Clock) -> None:
    """The fork shows what the snapshot did and runs on; asked to stand, it stands there."""
    done(mock.call("POST", f"{SNAPSHOTS}/now"))
    clock.instant += 60_000
    running = open_tenant(mock, **{"from": "now"})
    frozen = open_tenant(mock, clock={"mode": "frozen"}, **{"from": "now"})
    clock.instant += 1_000
    shown = [mock.get(f"{SESSIONS}/{each.id}")["clock"] for each in (running, frozen)]
    assert shown == [
        {"mode": "running", "now": "2026-07-06T09:00:01.000Z"},
        {"mode": "frozen", "now": "2026-07-06T09:00:00.000Z"},
    ]


def test_the_default_session_can_be_forked(mock: Console) -> None:
    """A fork has the ids of the guides, and none of the demo's credentials."""
    mock.create()
    done(mock.call("POST", f"{SNAPSHOTS}/demo"))
    fork = open_tenant(mock, id="fork", **{"from": "demo"})
    assert fork.told["organizationId"] == "00000000-0000-4000-8000-000000000001"
    assert fork.told["lessonIds"] == ["standalone-lesson-id", "00000000-0000-4000-8000-000000000030"]
    assert fork.exports == EXPORTS
    assert mock.call("POST", EXPORTS, {"lessonId": "standalone-lesson-id"}, headers=fork.cookie).status_code == 200
    assert fork.told["apiKey"] not in {"tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd", "workspace_api_key"}
    assert done(fork.control("GET", JOBS))["meta"] == {"total": 2}
    assert mock.get(JOBS)["meta"] == {"total": 1}


def test_which_snapshot_a_name_means(mock: Console, tenant: Tenant) -> None:
    """That of the addressed session, else the only one of the name; of two elsewhere it is neither."""
    assert open_tenant(mock, **{"from": "half-way"}).told["seed"] == "7"
    other = open_tenant(mock, id="other", seed="9")
    done(other.control("POST", f"{SNAPSHOTS}/half-way"))
    refused(mock.call("POST", SESSIONS, {"from": "half-way"}), 404, "unknown-snapshot")
    assert done(other.control("POST", SESSIONS, {"from": "half-way"}))["seed"] == "9"
    assert done(tenant.control("POST", SESSIONS, {"from": "half-way"}))["seed"] == "7"


@pytest.mark.parametrize("name", ["nothing", "", "x" * 1000])
def test_a_snapshot_that_nobody_has(mock: Console, name: str) -> None:
    """404, and no session."""
    refused(mock.call("POST", SESSIONS, {"id": "fork", "from": name}), 404, "unknown-snapshot")
    assert mock.get(SESSIONS)["meta"] == {"total": 1}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"organizations": 2}, "organizations"),
        ({"lessons": []}, "lessons"),
        ({"revision": "2026-07"}, "revision"),
        ({"clock": {"mode": "frozen", "instant": "2026-07-04T00:00:01.999Z"}}, "clock.instant"),
        ({"from": 7}, "from"),
        ({"from": None}, "from"),
    ],
)
def test_what_a_fork_cannot_be_told(mock: Console, tenant: Tenant, members: dict[str, object], field: str) -> None:
    """What comes with the snapshot, and an instant before it."""
    answer = mock.call("POST", SESSIONS, {"from": "half-way", **members})
    refused(answer, 422, "invalid-field", field=field)
    assert tenant.id == "checkout-7"
