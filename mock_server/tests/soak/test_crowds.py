"""Many callers at once against the shipped server, at full size; a tenth of each runs with every other test."""

import json
import time
from collections import defaultdict
from contextlib import closing
from random import Random

import pytest
from mock_server.tests.http.answer import Answer, check_created, check_refused
from mock_server.tests.http.api import API_KEYS, CLASSROOMS, EXPANSIONS, NORMAL, UNKNOWN_ID, Api
from mock_server.tests.http.crowd import Errand, all_at_once
from mock_server.tests.http.wire import Wire, deliver
from mock_server.tests.process import RunningServer
from mock_server.tests.soak.conftest import Figure

pytestmark = pytest.mark.soak

BODY = json.dumps(NORMAL).encode()


def create_with(key: str) -> Errand:
    """Return an errand that creates under this idempotency key."""
    return lambda api: api.create(Idempotency_Key=key)


def job_count(running: RunningServer) -> int:
    """Return how many jobs the server's default session holds."""
    with closing(Api.nobody(running.url)) as api:
        return int(api.get("/__admin/jobs?limit=1").json()["meta"]["total"])


def timed(running: RunningServer, callers: int, errands: list[Errand]) -> tuple[list[Answer], str]:
    """Run the errands with the demo key, and say how many there were and how fast."""
    began = time.perf_counter()
    answers = all_at_once(running.url, [running.api_key], callers, errands)
    seconds = time.perf_counter() - began
    assert not [answer.status for answer in answers if answer.status >= 500]
    return answers, f"{len(answers):,} in {seconds:.1f} s over {callers} connections, 0 × 5xx"


@pytest.mark.requirement("IDEM-005", "IDEM-007")
def test_ta1_ten_thousand_creates_with_one_key(crowded: RunningServer, figure: Figure) -> None:
    """One idempotency key, one body, 64 connections: one job, every answer 200 with its id, one of them `new`."""
    answers, took = timed(crowded, 64, [create_with("ta1")] * 10_000)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers["x-mock-idempotency"] for answer in answers].count("new") == 1
    assert job_count(crowded) == 1
    figure("TA1, creates with one key → 1 job", took)


@pytest.mark.requirement("IDEM-007")
@pytest.mark.parametrize("callers", [10, 64])
def test_ta2_a_thousand_keys_by_ten_senders(crowded: RunningServer, figure: Figure, callers: int) -> None:
    """Each of 1000 keys ten times, in ten shuffled orders at once: exactly 1000 jobs."""
    orders = [Random(number).sample(range(1_000), 1_000) for number in range(10)]  # noqa: S311 - an order, no secret
    numbers = [number for step in zip(*orders, strict=True) for number in step]
    answers, took = timed(crowded, callers, [create_with(f"ta2-{number}") for number in numbers])
    found: defaultdict[int, set[str]] = defaultdict(set)
    for number, answer in zip(numbers, answers, strict=True):
        found[number].add(check_created(answer)["id"])
    assert {len(ids) for ids in found.values()} == {1}
    assert len({job_id for ids in found.values() for job_id in ids}) == job_count(crowded) == 1_000
    figure("TA2, creates under 1 000 keys → 1 000 jobs", took)


@pytest.mark.requirement("RATE-001", "RATE-011", "RATE-012")
def test_six_hundred_callers_and_a_limit_of_sixty(crowded: RunningServer, figure: Figure) -> None:
    """600 connections, one call each, all at once, in each of five windows: exactly 60 pass, 540 are told to wait."""
    kinds: list[Errand] = [
        lambda api: api.get(CLASSROOMS),
        lambda api: api.create(),
        lambda api: api.get(f"{EXPANSIONS}/{UNKNOWN_ID}"),
    ]
    with closing(Api.admin(crowded.url, crowded.admin_cookie)) as admin:
        key = admin.post(API_KEYS, {"name": "crowd", "rateLimitPerMinute": 60}).json()["apiKey"]
        for _ in range(5):
            answers = all_at_once(crowded.url, [key], 600, kinds * 200)
            refused = [answer for answer in answers if answer.status == 429]
            assert (len(answers) - len(refused), len(refused)) == (60, 540)
            for answer in refused:
                check_refused(answer, 429)
            assert admin.advance("PT1M").status == 200
    figure("limit 60, 600 at once, five windows", "60 passed and 540 were refused in each")


def test_ta4_clients_that_hang_up(crowded: RunningServer, figure: Figure) -> None:
    """1000 clients send a whole create, hang up unanswered and try again with the same key: one job each."""
    wire = Wire(crowded.port, crowded.api_key)

    def impatient(number: int) -> Errand:
        def errand(api: Api) -> Answer:
            with wire.connection() as link:
                deliver(link, wire.whole_create(f"Idempotency-Key: ta4-{number}", body=BODY))
            return api.create(Idempotency_Key=f"ta4-{number}")

        return errand

    answers, took = timed(crowded, 32, [impatient(number) for number in range(1_000)])
    assert len({check_created(answer)["id"] for answer in answers}) == job_count(crowded) == 1_000
    figure("TA4, abandoned creates and their retries → 1 job each", took)
