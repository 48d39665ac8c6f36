"""How sessions end: by hand, by idling, all at once; and what becomes of their credentials."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from mock_server.tests.control.console import CLOCK, EXPANSIONS, JOBS, Clock, Console, done, refused
from mock_server.tests.sessions.tenant import (
    CLASSROOMS,
    HOOK,
    LOGIN,
    ORGANIZATIONS,
    RESET,
    SESSIONS,
    SNAPSHOTS,
    Tenant,
    open_tenant,
    reason,
)
from werkzeug.test import TestResponse

from tutorflow_mock.domain.errors import InvalidApiKey
from tutorflow_mock.operations import tenancy
from tutorflow_mock.operations.tenancy import Wanted
from tutorflow_mock.stores.base import SessionEnded

ENDED = (401, "session-ended")


def test_a_deleted_session_is_gone(mock: Console) -> None:
    """204 without a body, once; then nothing finds it, and its id is free."""
    tenant = open_tenant(mock, id="checkout-7")
    job_id = tenant.job()
    mock.delete(f"{SESSIONS}/checkout-7")
    refused(mock.call("DELETE", f"{SESSIONS}/checkout-7"), 404, "unknown-session")
    refused(mock.call("GET", f"{SESSIONS}/checkout-7"), 404, "unknown-session")
    refused(tenant.control("GET", JOBS), 404, "unknown-session")
    refused(mock.call("GET", f"{EXPANSIONS}/{job_id}", headers=tenant.named), 404, "unknown-session")
    assert mock.get(SESSIONS)["meta"] == {"total": 1}
    assert tenant.login().status_code == 401
    again = open_tenant(mock, id="checkout-7")
    assert reason(again.read(job_id)) == (404, "unknown-job")


def test_credentials_of_a_deleted_session_are_dead_and_known(mock: Console) -> None:
    """Whatever opened it: first keys and cookies, minted and rotated keys, logins; the 401 is that of the session."""
    tenant = open_tenant(mock)
    minted = done(mock.call("POST", f"{tenant.organization}/api-keys", {"name": "n"}, headers=tenant.cookie))
    rotated = done(
        mock.call("POST", f"{tenant.organization}/api-keys/{tenant.told['keyId']}/rotate", headers=tenant.cookie)
    )
    login = tenant.login().headers["Set-Cookie"].partition(";")[0]
    mock.delete(f"{SESSIONS}/{tenant.id}")
    for key in (tenant.told["apiKey"], minted["apiKey"], rotated["apiKey"]):
        answer = mock.call("GET", CLASSROOMS, headers={"Authorization": f"Bearer {key}"})
        assert (reason(answer), answer.headers["X-Mock-Session"]) == (ENDED, tenant.id)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    for cookie in (tenant.told["adminCookie"], login):
        assert reason(mock.call("GET", ORGANIZATIONS, headers={"Cookie": cookie})) == ENDED
    assert "X-Mock-Warnings" not in mock.call("GET", CLASSROOMS, headers=tenant.key).headers


def test_a_dead_credential_opens_no_other_session(mock: Console) -> None:
    """Not the one that is named, not that of a job in the path."""
    gone, other = (open_tenant(mock, id=name) for name in ("gone", "other"))
    job_id = other.job()
    mock.delete(f"{SESSIONS}/gone")
    named = mock.call("GET", CLASSROOMS, headers={**gone.key, **other.named})
    by_job = mock.call("GET", f"{EXPANSIONS}/{job_id}", headers=gone.key)
    assert [(reason(each), each.headers["X-Mock-Session"]) for each in (named, by_job)] == [(ENDED, "gone")] * 2


def test_the_refusal_of_a_dead_credential_is_its_sessions_own(mock: Console) -> None:
    """It follows the behaviours that its session had, has a fresh request id, and the default session hears nothing."""
    tenant = open_tenant(mock, behaviours={"auth.challenge": "none"})
    mock.delete(f"{SESSIONS}/{tenant.id}")
    answers = [tenant.create() for _ in range(2)]
    assert [reason(answer) for answer in answers] == [ENDED] * 2
    assert all("WWW-Authenticate" not in answer.headers for answer in answers)
    assert len({answer.headers["X-Mock-Request-Id"] for answer in answers}) == 2
    assert mock.world.store.read_journal("default") == ()


def test_only_so_many_dead_sessions_are_remembered(mock: Console) -> None:
    """What a server forgot is unknown to it, and a call belongs to the default session."""
    first = open_tenant(mock, id="first", organizations=1)
    mock.delete(f"{SESSIONS}/first")
    for number in range(1_000):
        tenancy.create(mock.world, Wanted(id=f"s{number}", organizations=6))
        tenancy.delete(mock.world, f"s{number}")
    answer = first.create()
    assert (reason(answer), answer.headers["X-Mock-Session"]) == ((401, "unknown-key"), "default")


def test_a_session_that_comes_again_takes_its_credentials_back(mock: Console) -> None:
    """Same id and seed: they live again, in an empty session; with another seed they stay dead."""
    tenant = open_tenant(mock, id="again", seed="1")
    job_id = tenant.job()
    mock.delete(f"{SESSIONS}/again")
    other = open_tenant(mock, id="again", seed="2")
    assert reason(tenant.read(job_id)) == ENDED
    assert other.create().status_code == 200
    mock.delete(f"{SESSIONS}/again")
    assert open_tenant(mock, id="again", seed="1").told == tenant.told
    assert reason(tenant.read(job_id)) == (404, "unknown-job")


def test_the_default_session_never_ends(mock: Console) -> None:
    """It can be reset, and nothing else."""
    assert "reset" in refused(mock.call("DELETE", f"{SESSIONS}/default"), 409, "default-session")
    mock.clock.seconds += 1e9
    assert mock.get(f"{SESSIONS}/default")["expiresAt"] is None


def test_a_session_ends_when_it_has_idled_for_its_ttl(mock: Console, clock: Clock) -> None:
    """Idle real time: calls of its own keep it, looks at it do not, and its own clock has no say."""
    tenant = open_tenant(mock, ttl="PT1H")
    assert tenant.told["expiresAt"] == "2026-07-06T10:00:00.000Z"
    for seconds in (3599, 3599, 3599.9):
        clock.seconds += seconds
        clock.instant += int(seconds * 1000)
        assert tenant.create().status_code == 200
    done(tenant.control("PUT", CLOCK, {"action": "advance", "by": "300d"}))
    clock.seconds += 1800
    clock.instant += 1_800_000
    shown = mock.get(f"{SESSIONS}/{tenant.id}")
    assert shown["expiresAt"] == "2026-07-06T12:59:57.900Z"
    clock.seconds += 1800
    assert reason(tenant.create()) == ENDED
    refused(mock.call("GET", f"{SESSIONS}/{tenant.id}"), 404, "unknown-session")


@pytest.mark.parametrize("touch", ["key", "cookie", "login", "job", "name", "control"])
def test_every_call_of_a_session_keeps_it(mock: Console, clock: Clock, touch: str) -> None:
    """However the session was found."""
    tenant = open_tenant(mock, ttl="PT1M")
    job_id = tenant.job()
    clock.seconds += 59
    calls: dict[str, Callable[[], TestResponse]] = {
        "key": lambda: mock.call("GET", CLASSROOMS, headers=tenant.key),
        "cookie": lambda: mock.call("GET", ORGANIZATIONS, headers=tenant.cookie),
        "login": tenant.login,
        "job": lambda: mock.call("GET", f"{EXPANSIONS}/{job_id}"),
        "name": lambda: mock.call("POST", LOGIN, headers=tenant.named),
        "control": lambda: tenant.control("GET", JOBS),
    }
    calls[touch]()
    clock.seconds += 59
    assert tenant.read(job_id).status_code == 200


def test_an_idle_session_is_nowhere(mock: Console, clock: Clock) -> None:
    """Whoever asks first finds it gone: the list, its name, its login, its job, its id for a new one, the bound."""

    def idle(session_id: str) -> tuple[Tenant, str]:
        tenant = open_tenant(mock, id=session_id, ttl="PT1M")
        job_id = tenant.job()
        clock.seconds += 60
        return tenant, job_id

    idle("listed")
    assert mock.get(SESSIONS)["meta"] == {"total": 1}
    refused(idle("named")[0].control("GET", JOBS), 404, "unknown-session")
    assert idle("login")[0].login().headers["X-Mock-Session"] == "default"
    assert mock.call("GET", f"{EXPANSIONS}/{idle('job')[1]}").headers["X-Mock-Session"] == "default"
    idle("taken")
    open_tenant(mock, id="taken")
    idle("deleted")
    refused(mock.call("DELETE", f"{SESSIONS}/deleted"), 404, "unknown-session")


def test_a_reset_keeps_session_and_credentials(mock: Console) -> None:
    """Jobs, keys, webhooks, overrides and clock are those of the creation; the same calls are answered as before."""
    tenant = open_tenant(
        mock,
        id="checkout-7",
        ttl="PT1H",
        clock={"mode": "frozen", "instant": "2026-07-04T00:00:00Z"},
        programme={"progression": "manual"},
        behaviours={"login.success-status": "created-201"},
        webhookTimestamp="real",
    )

    def story() -> list[object]:
        answers = [
            tenant.create(idempotencyKey="k"),
            mock.call("POST", f"{tenant.organization}/api-keys", {"name": "n"}, headers=tenant.cookie),
            mock.call("POST", f"{tenant.organization}/webhooks", HOOK, headers=tenant.cookie),
            tenant.login(),
            tenant.control("PUT", CLOCK, {"action": "advance", "by": "1d"}),
            tenant.control("DELETE", "/__admin/programmes/default"),
            tenant.control("PUT", "/__admin/behaviours/login.success-status", {"value": "ok-200"}),
            tenant.control("POST", f"{SNAPSHOTS}/one"),
            tenant.create("other", idempotencyKey="k2"),
        ]
        return [(answer.status_code, answer.headers, answer.data) for answer in answers]

    first = story()
    assert done(tenant.control("POST", RESET)) == {"reset": ["checkout-7"]}
    assert mock.get(f"{SESSIONS}/checkout-7")["clock"] == {"mode": "frozen", "now": "2026-07-04T00:00:00.000Z"}
    assert done(tenant.control("GET", JOBS))["meta"] == {"total": 0}
    assert story() == first


def test_a_running_clock_is_reset_to_where_it_began(mock: Console, clock: Clock) -> None:
    """One that runs with real time goes on with it; one that began elsewhere begins there again."""
    with_time = open_tenant(mock, clock={"mode": "running"})
    elsewhere = open_tenant(mock, clock={"mode": "running", "instant": "2030-01-01T00:00:00Z"})
    clock.instant += 7_000
    shown: list[str] = []
    for tenant in (with_time, elsewhere):
        done(tenant.control("PUT", CLOCK, {"action": "advance", "by": "1h"}))
        done(tenant.control("POST", RESET))
        shown.append(done(tenant.control("GET", CLOCK))["now"])
    assert shown == ["2026-07-06T09:00:07.000Z", "2030-01-01T00:00:00.000Z"]


def test_a_reset_touches_no_other_session(mock: Console) -> None:
    """Without `all`, whichever session is addressed, the others keep everything."""
    one, two = (open_tenant(mock, id=name) for name in ("one", "two"))
    job_id, ours = two.job(), mock.create()
    done(one.control("POST", RESET, {"all": False}))
    done(mock.call("POST", f"{RESET}?session=one"))
    assert two.read(job_id).status_code == 200
    assert mock.read(ours)["id"] == ours
    mock.post(RESET, {})
    assert two.read(job_id).status_code == 200


@pytest.mark.parametrize("addressed", ["default", "one"])
def test_a_reset_of_all_ends_the_other_sessions(mock: Console, addressed: str) -> None:
    """The addressed one and the default one are put back, all others end."""
    one, two = (open_tenant(mock, id=name) for name in ("one", "two"))
    jobs = one.job(), two.job(), mock.create()
    answer = mock.call("POST", RESET, {"all": True}, headers={"X-Mock-Session": addressed})
    kept = list(dict.fromkeys((addressed, "default")))
    assert done(answer) == {"reset": kept}
    assert [each["id"] for each in mock.get(SESSIONS)["sessions"]] == kept
    assert reason(two.read(jobs[1])) == ENDED
    assert reason(one.read(jobs[0])) == (ENDED if addressed == "default" else (404, "unknown-job"))
    assert mock.get(JOBS)["meta"] == {"total": 0}


@pytest.mark.parametrize("how", ["key", "cookie", "bare"])
def test_a_session_that_ends_under_a_call(mock: Console, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call is refused as its operation refuses the unauthenticated, and the journal of nobody breaks."""
    bare = {"auth.admin-unauthenticated": "unenveloped-401"} if how == "bare" else {}
    tenant = open_tenant(mock, behaviours={**bare})
    monkeypatch.setattr(mock.world.store, "keys", _ended)
    monkeypatch.setattr(mock.world.store, "take_rate_slot", _ended)
    if how == "key":
        answer = mock.call("GET", CLASSROOMS, headers=tenant.key)
    else:
        answer = mock.call("GET", f"{tenant.organization}/api-keys", headers=tenant.cookie)
    assert reason(answer) == ENDED
    assert ("error" in answer.get_json()) is (how != "bare")


def test_a_session_that_ends_under_a_call_of_the_control_plane(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """404, as if it had ended a moment before."""
    tenant = open_tenant(mock)
    monkeypatch.setattr(mock.world.store, "jobs", _ended)
    refused(tenant.control("GET", JOBS), 404, "unknown-session")


def test_a_waiting_create_is_released(mock: Console) -> None:
    """Who waits for the holder of an idempotency key learns at once that the session has ended."""
    tenant = open_tenant(mock)
    room: Any = vars(mock.world.store)["_rooms"][tenant.id]
    room.in_flight.add(("", tenant.told["organizationId"], "k"))
    answers: list[tuple[int, str | None]] = []
    waiting = Thread(target=lambda: answers.append(reason(tenant.create(idempotencyKey="k"))))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    mock.delete(f"{SESSIONS}/{tenant.id}")
    waiting.join(10)
    assert answers == [ENDED]


def test_a_login_that_its_sessions_end_overtakes(mock: Console) -> None:
    """It is refused, and leaves no cookie behind."""
    tenant = open_tenant(mock)
    vars(mock.world.store)["_rooms"][tenant.id].is_closed = True
    answer = tenant.login()
    assert (reason(answer), "Set-Cookie" in answer.headers) == (ENDED, False)


def test_the_end_of_a_session_is_an_invalid_key() -> None:
    """For a caller that knows nothing of sessions."""
    assert issubclass(SessionEnded, InvalidApiKey)


def _ended(*_: object, **__: object) -> object:
    raise SessionEnded
