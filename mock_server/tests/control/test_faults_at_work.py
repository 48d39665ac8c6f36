"""Fault rules at work: which calls fail, how, how often, and who is told."""

import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from mock_server.tests.control.console import (
    ADMIN,
    API_KEYS,
    BEARER,
    COOKIE,
    EXPANSIONS,
    EXPORTS,
    JOBS,
    SOURCE,
    Clock,
    Console,
    done,
    new_app,
)
from mock_server.tests.control.test_faults import FAULTS, NOT_ALLOWED
from werkzeug.test import TestResponse

REQUESTS, RATES = f"{ADMIN}/requests", f"{ADMIN}/ratelimits"
DEMO_KEY = "00000000-0000-4000-8000-000000000019"
THREADS = 64
PINNED = 300
"""So many of 1 000 calls fail by the stream `faults` of seed 42 at a probability of 0.3: by chance the mean itself."""


@pytest.fixture
def mock(clock: Clock) -> Console:
    """A mock with seed 42 whose demo key has no limit."""
    mock = Console(new_app(clock), clock)
    mock.put(f"{RATES}/{DEMO_KEY}", {"limit": None})
    return mock


def add(mock: Console, fault: str | None = None, **members: object) -> str:
    """Add a rule and return its id."""
    return str(mock.post(FAULTS, {**members, **({} if fault is None else {"fault": fault})})["id"])


def create(mock: Console, body: Mapping[str, Any] = SOURCE, **more: Any) -> TestResponse:
    """Create an expansion with the demo key, whatever comes of it."""
    return mock.call("POST", EXPANSIONS, body, headers={**BEARER, **more.pop("headers", {})}, **more)


def read(mock: Console, job_id: str, part: str = "", method: str = "GET", **headers: str) -> TestResponse:
    """Read a job's status, or another part of it, whatever comes of it."""
    return mock.call(method, f"{EXPANSIONS}/{job_id}{part}", headers={**BEARER, **headers})


def fault_of(answer: TestResponse) -> str | None:
    """Return whose fault an answer tells of."""
    return answer.headers.get("X-Mock-Fault")


def counters(mock: Console) -> list[tuple[int, int]]:
    """Return how often each rule was met, and acted."""
    return [(rule["seen"], rule["acted"]) for rule in mock.get(FAULTS)["faults"]]


@pytest.mark.parametrize(
    ("fault", "options", "status", "media_type"),
    [
        ("INTERNAL_ERROR", {}, 500, "application/json"),
        ("RATE_LIMITED", {"retryAfter": 7}, 429, "application/json"),
        ("GATEWAY_ERROR", {"status": "service-unavailable"}, 503, "text/html"),
        ("TIMEOUT", {"milliseconds": 1}, 504, "text/html"),
    ],
)
def test_in_place_of_the_operation(
    mock: Console, fault: str, options: dict[str, object], status: int, media_type: str
) -> None:
    """Before authentication, and nothing is made; header and journal name the rule."""
    rule_id = add(mock, fault, operation="createExpansion", options=options)
    answer = mock.call("POST", EXPANSIONS, SOURCE)
    assert (answer.status_code, answer.mimetype, fault_of(answer)) == (status, media_type, rule_id)
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert mock.get(JOBS)["jobs"] == []
    [told] = mock.get(REQUESTS)["requests"]
    assert (told["mock"]["fault"], told["mock"]["jobId"]) == (rule_id, None)
    assert mock.call("GET", f"{EXPANSIONS}/x", headers=BEARER).status_code == 404


@pytest.mark.parametrize(
    ("error", "media_type", "body"),
    [
        (
            {"statusCode": 503},
            "application/json",
            {
                "error": {
                    "code": "content_internal_error",
                    "message": "A fault rule answers this call",
                    "status": 503,
                }
            },
        ),
        ({"statusCode": 418, "body": {"I am": "a teapot"}}, "application/json", {"I am": "a teapot"}),
        ({"statusCode": 502, "body": "<h1>", "contentType": "text/html"}, "text/html", "<h1>"),
    ],
)
def test_a_ready_answer(mock: Console, error: dict[str, object], media_type: str, body: object) -> None:
    """`error` answers in place of the operation: with the envelope, or with a body of its own."""
    rule_id = add(mock, error=error)
    answer = create(mock)
    assert (answer.status_code, answer.mimetype, fault_of(answer)) == (error["statusCode"], media_type, rule_id)
    assert (answer.text if isinstance(body, str) else answer.json) == body
    assert mock.get(JOBS)["jobs"] == []


@pytest.mark.parametrize(
    ("fault", "options", "kept"),
    [
        ("LOST_RESPONSE", {}, 1),
        ("CONNECTION_RESET_BY_PEER", {}, 0),
        ("EMPTY_RESPONSE", {}, 0),
        ("MALFORMED_RESPONSE_CHUNK", {}, 1),
        ("RANDOM_DATA_THEN_CLOSE", {}, 0),
        ("DRIBBLE", {"numberOfChunks": 3, "totalDuration": 30}, 1),
    ],
)
def test_on_the_connection(mock: Console, fault: str, options: dict[str, object], kept: int) -> None:
    """In process the caller meets a ConnectionResetError; behind a relay the answer tells it what to do."""
    rule_id = add(mock, fault, operation="createExpansion", times=1, options=options)
    with pytest.raises(ConnectionResetError, match=fault):
        create(mock)
    assert len(mock.get(JOBS)["jobs"]) == kept
    assert mock.get(REQUESTS)["requests"][0]["mock"]["fault"] == rule_id
    assert create(mock).status_code == 200


def test_behind_the_relay(clock: Clock) -> None:
    """The header that the relay reads stands on no other answer, and not in the journal."""
    mock = Console(new_app(clock, wire_faults="relay"), clock)
    add(mock, times=1, chunkedDribbleDelay={"numberOfChunks": 3, "totalDuration": 30})
    add(mock, "EMPTY_RESPONSE", skip=0, times=1)
    told = [create(mock).headers.get("X-Mock-Wire-Fault") for _ in range(3)]
    assert told == ["dribble 3 30", "empty-response", None]
    assert "X-Mock-Wire-Fault" not in json.dumps(mock.get(REQUESTS))


def test_a_lost_answer_is_found_again(mock: Console) -> None:
    """What idempotency keys exist for: the retry gets the job that the first call made."""
    add(mock, "LOST_RESPONSE", operation="createExpansion", times=1)
    body = {**SOURCE, "idempotencyKey": "k"}
    with pytest.raises(ConnectionResetError):
        create(mock, body)
    again = create(mock, body)
    assert again.headers["X-Mock-Idempotency"] == "replayed"
    assert [job["id"] for job in mock.get(JOBS)["jobs"]] == [again.json["id"]]  # type: ignore[index]


@pytest.mark.parametrize(
    ("fault", "changed"),
    [("TRUNCATED_JSON", None), ("WRONG_CONTENT_TYPE", "mimetype"), ("UNKNOWN_STATUS", "status"), ("EXTRA_FIELDS", "x")],
)
def test_on_the_way_back(mock: Console, fault: str, changed: str | None) -> None:
    """The operation has run; the answer is cut, mislabelled, or from the future."""
    rule_id = add(mock, fault)
    answer = create(mock)
    assert (answer.status_code, fault_of(answer), len(mock.get(JOBS)["jobs"])) == (200, rule_id, 1)
    if changed is None:
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.data)
    body: dict[str, object] = {} if changed is None else json.loads(answer.data)
    assert (answer.mimetype == "text/html") == (changed == "mimetype")
    assert (body.get("status") == "paused") == (changed == "status")
    assert ("futureField" in body) == (changed == "x")


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, [404, 404, 404, 404]),
        ({"reads": 2}, [404, 404, 200, 200]),
        ({"for": "PT2S"}, [404, 404, 200, 200]),
        ({"reads": 1, "for": "PT3S"}, [404, 404, 404, 200]),
    ],
)
def test_not_yet_visible(mock: Console, options: dict[str, object], shown: list[int]) -> None:
    """So many reads, or for so long after its creation, each job by itself; results are there."""
    rule_id = add(mock, "NOT_YET_VISIBLE", options=options)
    first = mock.create()
    answers: list[TestResponse] = []
    for _ in range(4):
        answers.append(read(mock, first))
        mock.move("advance", by="1s")
    assert [each.status_code for each in answers] == shown
    assert [fault_of(each) for each in answers] == [rule_id if status == 404 else None for status in shown]
    assert mock.get(JOBS)["jobs"][0]["reads"] == shown.count(200)
    assert read(mock, first, "/result").status_code == 200
    assert read(mock, mock.create()).status_code == 404
    assert read(mock, "nothing").headers["X-Mock-Error"] == "unknown-job"


def test_hidden_reads_move_no_job(mock: Console) -> None:
    """A programme by polls counts only the reads that have found the job."""
    add(mock, "NOT_YET_VISIBLE", options={"reads": 1})
    job_id = str(create(mock, headers={"Prefer": "polls=2"}).json["id"])  # type: ignore[index]
    answers = [read(mock, job_id) for _ in range(3)]
    assert [each.json.get("status") for each in answers] == [None, "processing", "completed"]  # type: ignore[union-attr]


def test_stale_and_flapping(mock: Console) -> None:
    """The state before, once or at every other read; the rule counts calls, the header tells which were wrong."""
    job_id = mock.create()
    mock.move("advance", by="1h")
    stale = add(mock, "STALE_READ", times=1)
    flapping = add(mock, "STATUS_FLAPPING")
    answers = [read(mock, job_id) for _ in range(5)]
    states = [each.json["status"] for each in answers]  # type: ignore[index]
    assert states == ["processing", "processing", "completed", "processing", "completed"]
    assert [fault_of(each) for each in answers] == [stale, flapping, None, flapping, None]
    assert counters(mock) == [(1, 1), (4, 4)]


def test_a_late_result(mock: Console) -> None:
    """The result is as before the end for so long after it; the status has the end at once."""
    add(mock, "RESULT_LATE", options={"for": "PT2S"})
    job_id = mock.create()
    mock.move("advance", by="4s")
    shown: list[tuple[str, str]] = []
    for _ in range(2):
        result, status = read(mock, job_id, "/result").json, read(mock, job_id).json
        shown.append((result["job"]["status"], status["status"]))  # type: ignore[index]
        mock.move("advance", by="2s")
    assert shown == [("processing", "completed"), ("completed", "completed")]


def test_a_missing_manifest(mock: Console) -> None:
    """Only the result has manifests to lose."""
    rule_id = add(mock, "MISSING_MANIFEST")
    job_id = mock.create()
    mock.move("advance", by="4s")
    assert (fault_of(read(mock, job_id, "/result")), fault_of(read(mock, job_id))) == (rule_id, None)


def test_a_key_in_flight(clock: Clock) -> None:
    """Create and export act as if another request held the key."""
    mock = Console(new_app(clock, behaviours={"idempotency.in-flight": "conflict-409"}), clock)
    rule_id = add(mock, "IDEMPOTENCY_IN_FLIGHT")
    keyed = create(mock, {**SOURCE, "idempotencyKey": "k"})
    export = {"lessonId": "standalone-lesson-id", "idempotencyKey": "k"}
    exported = mock.call("POST", EXPORTS, export, headers=COOKIE)
    for answer in (keyed, exported):
        assert (answer.status_code, fault_of(answer)) == (409, rule_id)
        assert answer.headers["X-Mock-Idempotency"] == "in-flight"
    unkeyed = create(mock)
    assert (unkeyed.status_code, fault_of(unkeyed)) == (200, None)


def test_delays_add_up(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rules that a call meets hold it back, in real time, however it is answered; its own delay is the only one."""
    held: list[float] = []
    monkeypatch.setattr("tutorflow_mock.http.gateway.hold", held.append)
    add(mock, fixedDelayMilliseconds=20)
    add(mock, "INTERNAL_ERROR", fixedDelayMilliseconds=3, times=1)
    add(mock, delayDistribution={"type": "uniform", "lower": 100, "upper": 100})
    assert [create(mock).status_code for _ in range(2)] == [500, 200]
    assert create(mock, headers={"Prefer": "delay=7"}).status_code == 200
    assert create(mock, headers={"Prefer": "delay=0"}).status_code == 200
    assert held == [123, 120, 7]
    assert fault_of(create(mock)) is None


def test_a_delay_of_real_time(mock: Console) -> None:
    """It passes on no clock of a session."""
    add(mock, fixedDelayMilliseconds=1, operation="createExpansion")
    assert create(mock).status_code == 200
    assert mock.get(f"{ADMIN}/clock")["now"] == "2026-07-06T09:00:00.000Z"


MATCHES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"headers": {"X-Team": {"equalTo": "a"}}}, {"headers": {"X-Team": "a"}}, True),
    ({"headers": {"X-Team": {"equalTo": "a"}}}, {"headers": {"X-Team": "b"}}, False),
    ({"headers": {"X-Team": {"equalTo": "a"}}}, {}, False),
    ({"headers": {"Authorization": {"equalTo": BEARER["Authorization"]}}}, {}, True),
    ({"headers": {"Content-Type": {"contains": "json"}}}, {}, True),
    ({"method": "POST", "urlPath": EXPANSIONS, "operation": "createExpansion"}, {}, True),
    ({"method": "GET"}, {}, False),
    ({"url": f"{EXPANSIONS}?a=1"}, {"query_string": "a=1"}, True),
    ({"queryParameters": {"a": {"equalTo": "1"}}}, {"query_string": "a=2"}, False),
    ({"cookies": {"jwt": {"absent": True}}}, {}, True),
    ({"bodyPatterns": [{"contains": '"A1"'}]}, {}, True),
    ({"bodyPatterns": [{"equalToJson": SOURCE}]}, {}, True),
    ({"bodyPatterns": [{"equalToJson": {"payload": {}}}]}, {}, False),
    ({"jobId": "x"}, {}, False),
]


@pytest.mark.parametrize(("match", "call", "acts"), MATCHES)
def test_a_match(mock: Console, match: dict[str, Any], call: dict[str, Any], acts: bool) -> None:  # noqa: FBT001
    """A rule means the calls that are as its pattern says, as the journal's patterns see them; others do not count."""
    add(mock, "INTERNAL_ERROR", match=match)
    assert create(mock, **call).status_code == (500 if acts else 200)
    assert counters(mock) == [(acts, acts)]
    found = mock.post(f"{REQUESTS}/find", match)["requests"]
    assert len(found) == acts


def test_a_match_by_the_job_of_the_path(mock: Console) -> None:
    """One job's reads fail, another's do not."""
    first, second = mock.create(), mock.create()
    add(mock, "INTERNAL_ERROR", match={"jobId": first})
    assert [read(mock, each).status_code for each in (first, second)] == [500, 200]


def test_a_body_that_cannot_be_read_matches_nothing(mock: Console) -> None:
    """What is wrong with it is told in its turn."""
    add(mock, "INTERNAL_ERROR", match={"bodyPatterns": [{"contains": "x"}]})
    answer = mock.call("POST", EXPANSIONS, data=b"x" * (1 << 20) + b"x", headers=BEARER)
    assert answer.headers["X-Mock-Error"] == "body-too-large"


def test_a_method_that_the_path_lacks(mock: Console) -> None:
    """It belongs to no operation, and no rule means it."""
    add(mock, "INTERNAL_ERROR")
    assert mock.call("PUT", EXPANSIONS, headers=BEARER).status_code == 404
    assert counters(mock) == [(0, 0)]


@pytest.mark.parametrize(("method", "path"), [("HEAD", f"{EXPANSIONS}/x"), ("GET", API_KEYS)])
def test_every_operation(mock: Console, method: str, path: str) -> None:
    """A rule for all operations means calls of admins and HEAD, too, but none of the control plane."""
    rule_id = add(mock, "INTERNAL_ERROR")
    answer = mock.call(method, path, headers={**BEARER, **COOKIE})
    assert (answer.status_code, fault_of(answer)) == (500, rule_id)
    assert mock.call("GET", "/__admin/health").status_code == 200


def test_nothing_is_left_to_chance_twice(mock: Console) -> None:
    """Probability 0.3 from the stream `faults` of seed 42: of 1 000 calls exactly these many fail, in this order."""
    add(mock, "INTERNAL_ERROR", probability=0.3, operation="getExpansion")
    job_id = mock.create()
    failed = [read(mock, job_id).status_code == 500 for _ in range(1_000)]
    assert (sum(failed), counters(mock)) == (PINNED, [(1_000, PINNED)])
    assert [number for number, is_failed in enumerate(failed[:20]) if is_failed] == [1, 3, 6, 7, 8, 11, 19]
    mock.post(f"{ADMIN}/reset", {})
    mock.put(f"{RATES}/{DEMO_KEY}", {"limit": None})
    add(mock, "INTERNAL_ERROR", probability=0.3, operation="getExpansion")
    job_id = mock.create()
    assert [read(mock, job_id).status_code == 500 for _ in range(1_000)] == failed


@pytest.mark.parametrize(("skip", "times"), [(0, 10), (7, 25), (100, 1)])
def test_counters_under_many_threads(mock: Console, skip: int, times: int) -> None:
    """However many calls come at once, exactly so many fail, after exactly so many that passed."""
    rule_id = add(mock, "INTERNAL_ERROR", skip=skip, times=times, operation="createExpansion")
    ready = Barrier(THREADS)

    def calls(_: int) -> list[int]:
        ready.wait()
        return [create(mock).status_code for _ in range(4)]

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = Counter(status for each in pool.map(calls, range(THREADS)) for status in each)
    assert statuses == {500: times, 200: 4 * THREADS - times}
    assert len(mock.get(f"{JOBS}?limit=1000")["jobs"]) == 4 * THREADS - times
    assert mock.get(FAULTS)["faults"][0]["acted"] == times
    assert mock.post(f"{REQUESTS}/find?limit=1000", {"status": 500})["requests"][0]["mock"]["fault"] == rule_id


def test_probability_under_many_threads(mock: Console) -> None:
    """Numbers are drawn in the same step as the counters: the count is that of one caller alone."""
    add(mock, "INTERNAL_ERROR", probability=0.3, operation="getExpansion")
    job_id, ready = mock.create(), Barrier(THREADS // 8)

    def calls(_: int) -> list[int]:
        ready.wait()
        return [read(mock, job_id).status_code for _ in range(125)]

    with ThreadPoolExecutor(THREADS // 8) as pool:
        statuses = Counter(status for each in pool.map(calls, range(THREADS // 8)) for status in each)
    assert statuses == {500: PINNED, 200: 1_000 - PINNED}


def test_rules_do_not_disturb_chance(clock: Clock) -> None:
    """Ids and secrets are those of a session without any rule."""
    plain, ruled = Console(new_app(clock), clock), Console(new_app(clock), clock)
    add(ruled, "INTERNAL_ERROR", probability=0.0)
    add(ruled, delayDistribution={"type": "uniform", "lower": 0, "upper": 1})
    made = [[mock.create() for _ in range(3)] for mock in (plain, ruled)]
    assert made[0] == made[1]


def session_of(mock: Console, session_id: str, **members: object) -> dict[str, Any]:
    """Open a session and return what its creation told, with the headers of its key and of its control plane."""
    told = mock.post(f"{ADMIN}/sessions", {"id": session_id, **members})
    return {**told, "key": {"Authorization": f"Bearer {told['apiKey']}"}}


def test_a_rule_acts_in_its_session_alone(mock: Console) -> None:
    """Neither the default session nor a third one meets it or sees it."""
    one, other = (session_of(mock, name) for name in ("one", "other"))
    done(mock.call("POST", FAULTS, {"fault": "INTERNAL_ERROR"}, headers=one["headers"]))
    calls = [create(mock, headers=headers) for headers in (one["key"], other["key"], BEARER)]
    assert [each.status_code for each in calls] == [500, 200, 200]
    for addressed in ("default", "other"):
        assert mock.get(FAULTS, headers={"X-Mock-Session": addressed})["faults"] == []
    assert mock.call("DELETE", FAULTS, headers=other["headers"]).status_code == 204
    assert create(mock, headers=one["key"]).status_code == 500


def test_reset_and_snapshots(mock: Console) -> None:
    """A reset brings a session without rules back; a snapshot has them with their counters, and chance as it was."""
    rule_id = add(mock, "INTERNAL_ERROR", times=3, operation="createExpansion")
    add(mock, "NOT_YET_VISIBLE", options={"reads": 2}, probability=0.9)
    assert create(mock).status_code == 500
    mock.call("POST", f"{ADMIN}/snapshots/one")

    def story() -> tuple[object, ...]:
        first = [create(mock).status_code for _ in range(4)]
        job_id = mock.get(JOBS)["jobs"][0]["id"]
        return first, [read(mock, job_id).status_code for _ in range(8)], counters(mock)

    told = story()
    assert told[0] == [500, 500, 200, 200]
    assert counters(mock)[0] == (3, 3)
    done(mock.call("POST", f"{ADMIN}/snapshots/one/restore"))
    assert mock.get(FAULTS)["faults"][0]["id"] == rule_id
    assert counters(mock) == [(1, 1), (0, 0)]
    assert story() == told
    fork = session_of(mock, "fork", **{"from": "one"})
    statuses = [create(mock, headers=fork["key"]).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert counters(mock)[0] == (3, 3)
    mock.post(f"{ADMIN}/reset", {})
    assert mock.get(FAULTS)["faults"] == []
    assert create(mock).status_code == 200


def test_the_first_one_acts_until_it_is_used_up(mock: Console) -> None:
    """Order of creation, and what stands behind takes over."""
    first = add(mock, error={"statusCode": 503}, times=1, operation="createExpansion")
    second = add(mock, "INTERNAL_ERROR", times=1)
    assert [fault_of(create(mock)) for _ in range(3)] == [first, second, None]


def test_a_call_that_steers_itself(mock: Console) -> None:
    """A fault of its own, or a forced answer, in header, twin or title, is what it meets; no rule counts it."""
    add(mock, "INTERNAL_ERROR")
    for prefer, status in (("fault=wrong-content-type", 200), ("code=404", 404)):
        assert create(mock, headers={"Prefer": prefer}).status_code == status
    assert create(mock, query_string="__fault=extra-fields").status_code == 200
    for word, status in (("extra-fields", 200), ("409", 409)):
        assert create(mock, {"payload": {"title": f"mock:{word}"}}).status_code == status
    assert counters(mock) == [(0, 0)]
    assert create(mock, {"payload": {"title": "mock:failed"}}).status_code == 500
    assert create(mock, {"payload": {"title": "mock:stale-read"}}).status_code == 500
    assert create(mock, headers={"Prefer": "fault=stale-read"}).status_code == 500


@pytest.mark.parametrize(
    "raw", [b'{"payload": {"title": "mock:extra-fields"}', b'["mock:extra-fields"]', b'"mock:409"']
)
def test_a_title_in_a_body_that_is_none(mock: Console, raw: bytes) -> None:
    """It spares nobody."""
    add(mock, "INTERNAL_ERROR")
    answer = mock.call("POST", EXPANSIONS, data=raw, content_type="application/json", headers=BEARER)
    assert answer.status_code == 500


def test_titles_that_are_not_magic(clock: Clock) -> None:
    """Where titles mean nothing, they do not keep rules away."""
    mock = Console(new_app(clock, magic_titles=False), clock)
    add(mock, "INTERNAL_ERROR")
    assert create(mock, {"payload": {"title": "mock:extra-fields"}}).status_code == 500


def test_a_session_that_is_gone(mock: Console) -> None:
    """Its rules are gone with it: its key is told so."""
    one = session_of(mock, "one")
    done(mock.call("POST", FAULTS, {"fault": "INTERNAL_ERROR"}, headers=one["headers"]))
    mock.delete(f"{ADMIN}/sessions/one")
    answer = create(mock, headers=one["key"])
    assert (answer.status_code, answer.headers["X-Mock-Error"]) == (401, "session-ended")


def test_refused_rules_act_on_nobody(mock: Console) -> None:
    """However many typos there were, calls go on as usual."""
    for rule, _, _ in NOT_ALLOWED:
        assert mock.call("POST", FAULTS, rule).status_code == 422
    assert create(mock).status_code == 200
