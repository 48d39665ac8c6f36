"""`/__admin/programmes/next`: how the next few jobs go, before what holds for all others."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from mock_server.tests.control.console import (
    ADMIN,
    BEARER,
    COOKIE,
    DEFAULT_PROGRAMME,
    EXPANSIONS,
    EXPORTS,
    JOBS,
    SOURCE,
    Clock,
    Console,
    done,
    new_app,
    refused,
)

PROGRAMMES, NEXT = f"{ADMIN}/programmes", f"{ADMIN}/programmes/next"
HELD = {"progression": "held", "outcome": "completed"}
AT_ONCE = {"progression": "immediate", "outcome": "completed"}
USUAL = "time"
THREADS = 64
UNREADABLE = {
    "cut short": b"{",
    "no object": b"[]",
    "a name twice": b'{"times": 1, "times": 1}',
    "NaN": b'{"times": NaN}',
}


def add(mock: Console, programme: dict[str, Any], **members: object) -> str:
    """Let the next creates take a programme; return its id."""
    return str(mock.post(NEXT, {"programme": programme, **members})["id"])


def waiting(mock: Console) -> Any:
    """Return what the next creates are going to take."""
    return mock.get(PROGRAMMES)["next"]


def progressions(mock: Console) -> list[str]:
    """Return how the jobs go, oldest first."""
    return [job["programme"]["progression"] for job in reversed(mock.get(f"{JOBS}?limit=1000")["jobs"])]


def test_the_next_creates_take_it(mock: Console) -> None:
    """201 with the id; as often as it was said, in the order in which they were added; then all is as usual."""
    answer = mock.call("POST", NEXT, {"programme": {"progression": "held"}, "times": 2})
    assert (answer.status_code, list(done(answer))) == (201, ["id"])
    second = add(mock, AT_ONCE)
    assert waiting(mock) == [
        {"id": done(answer)["id"], "programme": HELD, "remaining": 2},
        {"id": second, "programme": AT_ONCE, "remaining": 1},
    ]
    mock.create()
    assert [each["remaining"] for each in waiting(mock)] == [1, 1]
    for _ in range(3):
        mock.create()
    assert (progressions(mock), waiting(mock)) == (["held", "held", "immediate", USUAL], [])


def test_a_match(mock: Console) -> None:
    """Only creates that are as the pattern says take it; it is shown with its pattern."""
    match = {"headers": {"X-Team": {"equalTo": "a"}}}
    order = add(mock, HELD, match=match)
    assert waiting(mock) == [{"id": order, "programme": HELD, "remaining": 1, "match": match}]
    for team in ("b", "a", "a"):
        done(mock.call("POST", EXPANSIONS, SOURCE, headers={**BEARER, "X-Team": team}))
    assert progressions(mock) == [USUAL, "held", USUAL]


def test_what_makes_no_job_takes_none(mock: Console) -> None:
    """A replay, a refused or forced create, a fault and an export leave it to the next create."""
    mock.post(EXPANSIONS, {**SOURCE, "idempotencyKey": "k"}, headers=BEARER)
    add(mock, HELD)
    mock.post(EXPANSIONS, {**SOURCE, "idempotencyKey": "k"}, headers=BEARER)
    assert mock.call("POST", EXPANSIONS, {}, headers=BEARER).status_code == 400
    assert mock.call("POST", EXPANSIONS, SOURCE).status_code == 401
    for prefer in ("code=200", "fault=internal-error"):
        mock.call("POST", EXPANSIONS, SOURCE, headers={**BEARER, "Prefer": prefer})
    foreign = {**SOURCE, "classroomId": "00000000-0000-4000-8000-000000000011"}
    assert mock.call("POST", EXPANSIONS, foreign, headers=BEARER).status_code == 404
    mock.post(EXPORTS, {"lessonId": "standalone-lesson-id"}, headers=COOKIE)
    assert [each["remaining"] for each in waiting(mock)] == [1]
    mock.create()
    assert waiting(mock) == []


@pytest.mark.parametrize("times", [1, 2])
def test_a_create_that_is_refused_at_last_gives_it_back(clock: Clock, times: int) -> None:
    """A full session, which is found out when the job is kept."""
    mock = Console(new_app(clock, job_limit=1), clock)
    mock.create()
    order = add(mock, HELD, times=times)
    answer = mock.call("POST", EXPANSIONS, SOURCE, headers=BEARER)
    assert (answer.status_code, answer.headers["X-Mock-Error"]) == (409, "session-limit")
    assert waiting(mock) == [{"id": order, "programme": HELD, "remaining": times}]


def test_taking_away(mock: Console) -> None:
    """One, or all; one that does not wait is 404."""
    first, second = add(mock, HELD), add(mock, AT_ONCE)
    mock.delete(f"{NEXT}/{first}")
    assert [each["id"] for each in waiting(mock)] == [second]
    refused(mock.call("DELETE", f"{NEXT}/{first}"), 404, "unknown-programme")
    mock.delete(NEXT)
    mock.delete(NEXT)
    assert waiting(mock) == []
    mock.create()
    assert progressions(mock) == [USUAL]


@pytest.mark.parametrize(
    ("body", "token", "field"),
    [
        ({}, "invalid-field", "programme"),
        ({"times": 1}, "invalid-field", "programme"),
        ({"programme": HELD, "time": 1}, "unknown-field", "time"),
        ({"programme": "held"}, "invalid-field", "programme"),
        ({"programme": None}, "invalid-field", "programme"),
        ({"programme": {"progression": "stopped"}}, "invalid-field", "programme.progression"),
        ({"programme": {"progresion": "held"}}, "invalid-field", "programme.progresion"),
        ({"programme": {"outcome": "partial", "failedOutputs": ["mp4"]}}, "invalid-field", "programme.failedOutputs"),
        ({"programme": HELD, "times": 0}, "invalid-field", "times"),
        ({"programme": HELD, "times": True}, "invalid-field", "times"),
        ({"programme": HELD, "times": "2"}, "invalid-field", "times"),
        ({"programme": HELD, "times": 1_000_001}, "invalid-field", "times"),
        ({"programme": HELD, "match": []}, "invalid-field", "match"),
        ({"programme": HELD, "match": {"verb": "POST"}}, "unknown-field", "match.verb"),
        ({"programme": HELD, "match": {"status": 200}}, "invalid-field", "match.status"),
        ({"programme": HELD, "match": {"operation": "x"}}, "invalid-field", "match.operation"),
    ],
)
def test_what_is_not_allowed(mock: Console, body: dict[str, Any], token: str, field: str) -> None:
    """422 names the member at fault; nothing has changed."""
    add(mock, HELD)
    before = waiting(mock)
    refused(mock.call("POST", NEXT, body), 422, token, field=field)
    assert waiting(mock) == before


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read(mock: Console, what: str) -> None:
    """400, and nothing has changed."""
    answer = mock.call("POST", NEXT, data=UNREADABLE[what], content_type="application/json")
    refused(answer, 400, "malformed-json")
    assert waiting(mock) == []


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("DELETE", ""), ("DELETE", "/x")])
def test_parameters_and_sessions_that_nobody_knows(mock: Console, method: str, path: str) -> None:
    """A likely typo is no default, and another session is not the default one."""
    typo = mock.call(method, f"{NEXT}{path}", query_string={"sesion": "default"})
    refused(typo, 422, "unknown-field", field="sesion")
    refused(mock.call(method, f"{NEXT}{path}", headers={"X-Mock-Session": "no"}), 404, "unknown-session")


def test_a_session_holds_so_many(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runaway test meets a 409 and not the end of memory."""
    monkeypatch.setattr("tutorflow_mock.operations.rules.MOST", 2)
    add(mock, HELD)
    add(mock, HELD)
    refused(mock.call("POST", NEXT, {"programme": HELD}), 409, "session-limit")
    assert len(waiting(mock)) == 2


def test_many_creates_at_once(mock: Console) -> None:
    """Exactly as many jobs go this way as was said."""
    mock.put(f"{ADMIN}/ratelimits/00000000-0000-4000-8000-000000000019", {"limit": None})
    add(mock, HELD, times=40)
    add(mock, AT_ONCE, times=60, match={"bodyPatterns": [{"contains": "A1"}]})
    ready = Barrier(THREADS)

    def creates(_: int) -> None:
        ready.wait()
        for _ in range(3):
            mock.create()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(creates, range(THREADS)))
    told = progressions(mock)
    assert {each: told.count(each) for each in told} == {"held": 40, "immediate": 60, USUAL: 3 * THREADS - 100}


def test_sessions_resets_and_snapshots(mock: Console) -> None:
    """Another session takes none; a reset drops them, a snapshot has them as often as they then remained."""
    told = mock.post(f"{ADMIN}/sessions", {"id": "other"})
    add(mock, HELD, times=2)
    done(mock.call("POST", EXPANSIONS, SOURCE, headers={"Authorization": f"Bearer {told['apiKey']}"}))
    assert mock.get(PROGRAMMES, headers=told["headers"])["next"] == []
    mock.create()
    done(mock.call("POST", f"{ADMIN}/snapshots/one"))
    mock.create()
    assert waiting(mock) == []
    done(mock.call("POST", f"{ADMIN}/snapshots/one/restore"))
    assert [each["remaining"] for each in waiting(mock)] == [1]
    mock.post(f"{ADMIN}/reset", {})
    assert waiting(mock) == []


def test_what_a_create_says_itself(mock: Console) -> None:
    """Per key it wins over the programme that it takes; that wins over the session's."""
    mock.put(DEFAULT_PROGRAMME, {"progression": "immediate"})
    add(mock, {"progression": "held", "outcome": "failed", "error": {"code": "out_of_paper"}})
    done(mock.call("POST", EXPANSIONS, SOURCE, headers={**BEARER, "Prefer": "polls=3"}))
    goes = mock.get(JOBS)["jobs"][0]["programme"]
    assert (goes["progression"], goes["polls"], goes["error"]["code"]) == ("manual", 3, "out_of_paper")
    mock.create()
    assert progressions(mock)[-1] == "immediate"
