"""The session's clock on the control plane: how it shows itself, how it is moved, what a move brings about."""

from typing import Any

import pytest
from mock_server.tests.control.console import (
    API_KEYS,
    BEARER,
    CLOCK,
    COOKIE,
    DEFAULT_PROGRAMME,
    Clock,
    Console,
    new_app,
    refused,
)

HOUR = 3_600_000


KEY_ID = "00000000-0000-4000-8000-000000000019"


def moving(answer: Any) -> list[Any]:
    """Return the job transitions that are pending."""
    return [event for event in answer["pending"] if event["type"] == "job.transition"]


def shown(answer: Any) -> tuple[str, str, int]:
    """Return mode, instant and offset."""
    return answer["mode"], answer["now"], answer["offsetMillis"]


def test_a_fresh_clock_runs_with_real_time(mock: Console, clock: Clock) -> None:
    """Nothing is pending in a session that nobody has used."""
    expected = {"mode": "running", "now": "2026-07-06T09:00:00.000Z", "offsetMillis": 0, "status": "ready"}
    assert mock.get(CLOCK) == {**expected, "pending": [], "meta": {"pending": 0}}
    clock.instant += 1_500
    assert mock.get(CLOCK)["now"] == "2026-07-06T09:00:01.500Z"


def test_a_frozen_clock_stands(mock: Console, clock: Clock) -> None:
    """`freeze` stops the clock where it is; `resume` lets it run on from there."""
    clock.instant += 250
    assert shown(mock.move("freeze")) == ("frozen", "2026-07-06T09:00:00.250Z", 0)
    clock.instant += HOUR
    assert shown(mock.get(CLOCK)) == ("frozen", "2026-07-06T09:00:00.250Z", -HOUR)
    assert shown(mock.move("resume")) == ("running", "2026-07-06T09:00:00.250Z", -HOUR)
    clock.instant += 1
    assert shown(mock.get(CLOCK)) == ("running", "2026-07-06T09:00:00.251Z", -HOUR)


def test_freeze_goes_forward_to_an_instant(mock: Console) -> None:
    """`freeze` with an instant stands there, with any offset from UTC."""
    assert shown(mock.move("freeze", instant="2026-07-06T11:30:00+02:00")) == (
        "frozen",
        "2026-07-06T09:30:00.000Z",
        HOUR // 2,
    )


@pytest.mark.parametrize(
    ("members", "now"),
    [
        pytest.param({"by": "PT5M"}, "2026-07-06T09:05:00.000Z", id="by an ISO 8601 duration"),
        pytest.param({"by": "30s"}, "2026-07-06T09:00:30.000Z", id="by a short duration"),
        pytest.param({"by": "PT0S"}, "2026-07-06T09:00:00.000Z", id="by nothing"),
        pytest.param({"to": "2026-07-07T09:00:00Z"}, "2026-07-07T09:00:00.000Z", id="to an instant"),
        pytest.param({"by": "1h", "timeoutMillis": 60000}, "2026-07-06T10:00:00.000Z", id="with a bound on real time"),
    ],
)
@pytest.mark.parametrize("mode", ["running", "frozen"])
def test_advance(mock: Console, clock: Clock, mode: str, members: dict[str, object], now: str) -> None:
    """`advance` moves a clock that stands and shifts one that runs."""
    if mode == "frozen":
        mock.move("freeze")
    answer = mock.move("advance", **members)
    assert (answer["mode"], answer["now"], answer["status"]) == (mode, now, "ready")
    clock.instant += HOUR
    assert (mock.get(CLOCK)["now"] == now) == (mode == "frozen")


def test_set_goes_anywhere_while_nothing_has_happened(mock: Console) -> None:
    """An untouched session can live in the past; `reset` brings it back to real time."""
    assert shown(mock.move("set", instant="2020-01-01T00:00:00Z"))[1] == "2020-01-01T00:00:00.000Z"
    assert shown(mock.move("reset")) == ("running", "2026-07-06T09:00:00.000Z", 0)


@pytest.mark.parametrize(
    ("action", "members"),
    [
        ("set", {"instant": "2026-07-06T09:00:59.999Z"}),
        ("advance", {"to": "2026-07-06T09:00:59.999Z"}),
        ("freeze", {"instant": "2026-07-06T09:00:59.999Z"}),
        ("reset", {}),
    ],
)
def test_a_used_session_never_goes_back(mock: Console, action: str, members: dict[str, object]) -> None:
    """Once an instant was recorded, a move to an earlier one is refused and nothing changes."""
    mock.move("set", instant="2026-07-06T09:01:00Z")
    mock.create()
    before = mock.get(CLOCK)
    assert refused(mock.call("PUT", CLOCK, {"action": action, **members}), 409, "clock-backwards")
    assert mock.get(CLOCK) == before


@pytest.mark.parametrize(("action", "member"), [("freeze", "instant"), ("advance", "to")])
def test_only_set_and_reset_go_back(mock: Console, action: str, member: str) -> None:
    """Even in an untouched session `freeze` and `advance` go forward only, and say what goes back."""
    answer = mock.call("PUT", CLOCK, {"action": action, member: "2026-07-06T08:00:00Z"})
    assert "set does" in refused(answer, 409, "clock-backwards")


def test_a_job_is_pending_and_then_fires(mock: Console) -> None:
    """Transitions are announced with their instants, and a move tells those that it passed with their results."""
    mock.move("freeze")
    job_id = mock.create()
    starts = {"at": "2026-07-06T09:00:01.000Z", "type": "job.transition", "ref": job_id}
    ends = {"at": "2026-07-06T09:00:04.000Z", "type": "job.transition", "ref": job_id}
    reset = {"at": "2026-07-06T09:01:00.000Z", "type": "ratelimit.reset", "ref": KEY_ID}
    waiting = mock.get(CLOCK)
    assert (waiting["pending"], waiting["meta"]) == ([starts, ends, reset], {"pending": 3})

    first = mock.move("advance", by="PT1S")
    assert first["fired"] == [{**starts, "result": "processing"}]
    assert (first["pending"], first["meta"]) == ([ends, reset], {"pending": 2, "fired": 1})

    second = mock.move("advance", by="PT1H")
    assert (second["fired"], second["pending"]) == ([{**ends, "result": "completed"}], [])
    assert mock.read(job_id)["status"] == "completed"


def test_what_fires_is_told_in_order_of_instant_and_id(mock: Console) -> None:
    """Jobs that are due together come by id, and `result` is what each of them became."""
    mock.move("freeze")
    good = mock.create()
    mock.put(DEFAULT_PROGRAMME, {"duration": 2, "outcome": "failed"})
    bad = mock.create()
    fired = mock.move("advance", by="1h")["fired"]
    assert [(event["at"][17:19], event["ref"], event["result"]) for event in fired] == [
        ("01", good, "processing"),
        ("02", bad, "processing"),
        *sorted([("04", good, "completed"), ("04", bad, "failed")]),
    ]


def test_jobs_that_wait_for_something_else_are_not_pending(mock: Console) -> None:
    """Held jobs and those counted in reads have no known instant; immediate ones are over."""
    for programme in ({"progression": "held"}, {"progression": "manual"}, {"progression": "immediate"}):
        mock.put(DEFAULT_PROGRAMME, programme)
        mock.create()
    assert moving(mock.get(CLOCK)) == []
    assert mock.move("advance", by="1d")["fired"] == []


def test_a_start_that_takes_no_time_is_no_event(mock: Console) -> None:
    """A job that works for no time goes from queued to its end at once."""
    mock.move("freeze")
    mock.put(DEFAULT_PROGRAMME, {"queued": 5, "processing": 0})
    mock.create()
    assert [event["result"] for event in mock.move("advance", by="5s")["fired"]] == ["completed"]


def test_the_end_of_a_key_is_pending(clock: Clock) -> None:
    """A key that was rotated with a grace period ends when the clock reaches its end; a revoked one has no end left."""
    settings = {"key.rotate-old-key": "grace-period", "key.rotate-id": "new"}
    mock = Console(new_app(clock, behaviours=settings), clock)
    mock.post(f"{API_KEYS}/{KEY_ID}/rotate", {}, headers=COOKIE)
    expiry = {"at": "2026-07-07T09:00:00.000Z", "type": "key.expiry", "ref": KEY_ID}
    assert mock.get(CLOCK)["pending"] == [expiry]
    assert mock.move("advance", by="1d")["fired"] == [{**expiry, "result": "EXPIRED"}]
    assert mock.call("GET", "/v1/content/classrooms", headers=BEARER).status_code == 401


@pytest.mark.parametrize(
    ("algorithm", "reset"),
    [
        ("fixed-aligned", "09:01:00.000"),
        ("fixed-first", "09:01:30.000"),
        ("sliding-log", "09:01:31.000"),
        ("gcra", "09:00:32.000"),
    ],
)
def test_the_end_of_a_rate_window_is_pending(clock: Clock, algorithm: str, reset: str) -> None:
    """A window that was used by a call at 09:00:30 and another a second later is announced until it is free again."""
    mock = Console(new_app(clock, behaviours={"rate.window": algorithm, "rate.scope": "key-and-operation"}), clock)
    clock.instant += 30_000
    mock.create()
    clock.instant += 1_000
    mock.create()
    assert [event for event in mock.get(CLOCK)["pending"] if event["type"] != "job.transition"] == [
        {"at": f"2026-07-06T{reset}Z", "type": "ratelimit.reset", "ref": KEY_ID}
    ]
    moved = mock.move("advance", by="1m")
    assert (moved["pending"], {event["type"] for event in moved["fired"]}) == ([], {"job.transition"})


def test_the_end_of_an_idempotency_key_is_pending(clock: Clock) -> None:
    """Under a retention, a key is announced until it is free again."""
    mock = Console(new_app(clock, behaviours={"idempotency.retention": "24h"}), clock)
    job_id = mock.create(idempotencyKey="k")
    mock.move("advance", by="1h")
    assert mock.get(CLOCK)["pending"] == [{"at": "2026-07-07T09:00:00.000Z", "type": "idempotency.expiry", "ref": "k"}]
    assert mock.create(idempotencyKey="k") == job_id
    assert mock.move("advance", by="23h")["pending"] == []
    assert mock.create(idempotencyKey="k") != job_id


def test_a_list_is_bounded_and_says_how_many_there_are(mock: Console) -> None:
    """`limit` bounds both lists; 0 spares the search, so that a million jobs cost nothing."""
    mock.move("freeze")
    mock.create()
    mock.create()
    short = mock.get(f"{CLOCK}?limit=1")
    assert (len(short["pending"]), short["meta"]) == (1, {"pending": 5})
    spared = mock.put(f"{CLOCK}?limit=0", {"action": "advance", "by": "2s"})
    assert (spared["pending"], spared["fired"], spared["meta"]) == ([], [], {"pending": None, "fired": None})
    bounded = mock.put(f"{CLOCK}?limit=1", {"action": "advance", "by": "1h"})
    assert (len(bounded["fired"]), bounded["meta"]) == (1, {"pending": 0, "fired": 2})


def test_advance_asks_the_store_once_for_all_jobs(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of store calls does not grow with the jobs."""
    store, calls = mock.world.store, list[str]()
    for verb in ("jobs", "read_job", "change_job"):
        original = getattr(store, verb)

        def counted(*arguments: Any, verb: str = verb, original: Any = original) -> Any:
            calls.append(verb)
            return original(*arguments)

        monkeypatch.setattr(store, verb, counted)
    for _ in range(20):
        mock.create()
    assert mock.move("advance", by="1h")["meta"] == {"pending": 0, "fired": 40}
    assert calls == ["jobs", "jobs"]


@pytest.mark.parametrize(
    ("body", "token", "field"),
    [
        ({}, "invalid-field", "action"),
        ({"action": "stop"}, "invalid-field", "action"),
        ({"action": ["freeze"]}, "invalid-field", "action"),
        ({"action": "freeze", "at": "2026-07-06T09:00:00Z"}, "unknown-field", "at"),
        ({"action": "freeze", "by": "1s"}, "unknown-field", "by"),
        ({"action": "resume", "instant": "2026-07-06T09:00:00Z"}, "unknown-field", "instant"),
        ({"action": "freeze", "instant": "tomorrow"}, "invalid-field", "instant"),
        ({"action": "freeze", "instant": 1783328400}, "invalid-field", "instant"),
        ({"action": "freeze", "instant": None}, "invalid-field", "instant"),
        ({"action": "set"}, "invalid-field", "instant"),
        ({"action": "set", "instant": "2026-07-06 09:00:00Z"}, "invalid-field", "instant"),
        ({"action": "advance"}, "invalid-field", "by"),
        ({"action": "advance", "by": "1s", "to": "2026-07-06T09:00:00Z"}, "invalid-field", "by"),
        ({"action": "advance", "by": "-1s"}, "invalid-field", "by"),
        ({"action": "advance", "by": 5}, "invalid-field", "by"),
        ({"action": "advance", "to": "2026-07-06T09:00:00"}, "invalid-field", "to"),
        ({"action": "advance", "by": "1s", "timeoutMillis": -1}, "invalid-field", "timeoutMillis"),
        ({"action": "advance", "by": "1s", "timeoutMillis": True}, "invalid-field", "timeoutMillis"),
        ({"action": "advance", "by": "1s", "timeoutMillis": "5"}, "invalid-field", "timeoutMillis"),
    ],
)
def test_a_move_that_cannot_be_read(mock: Console, body: dict[str, object], token: str, field: str) -> None:
    """A wrong member is named, a misplaced one is no default, and the clock stays as it is."""
    answer = mock.call("PUT", CLOCK, body)
    assert (answer.status_code, answer.get_json()["field"]) == (422, field)
    assert answer.get_json()["type"] == f"/__admin/docs/errors#{token}"
    assert shown(mock.get(CLOCK)) == ("running", "2026-07-06T09:00:00.000Z", 0)


def test_the_clock_stays_where_timestamps_can_be_written(mock: Console) -> None:
    """A move beyond the year 9000 is refused; at its end jobs are still made, and their instants are shown."""
    for move in ({"by": "367d"}, {"to": "9001-01-01T00:00:00Z"}):
        assert mock.call("PUT", CLOCK, {"action": "advance", **move}).status_code == 422
    assert mock.move("advance", to="9000-12-31T23:59:59.999Z")["now"] == "9000-12-31T23:59:59.999Z"
    beyond = refused(mock.call("PUT", CLOCK, {"action": "advance", "by": "1ms"}), 422, "invalid-field")
    assert beyond == "The clock goes no further than 9000-12-31T23:59:59.999Z"
    mock.put(DEFAULT_PROGRAMME, {"duration": "366d"})
    mock.create()
    assert moving(mock.get(CLOCK))[1]["at"] == "9003-01-02T23:59:59.999Z"


@pytest.mark.parametrize("limit", ["-1", "1001", "ten", "", "1.0", "٣"])
def test_a_limit_that_cannot_be_read(mock: Console, limit: str) -> None:
    """`limit` is refused before the clock moves."""
    move = {"action": "advance", "by": "1h"}
    refused(mock.call("PUT", CLOCK, move, query_string={"limit": limit}), 422, "invalid-field", field="limit")
    refused(mock.call("GET", CLOCK, query_string={"limt": "5"}), 422, "unknown-field", field="limt")
    assert mock.get(CLOCK)["offsetMillis"] == 0
