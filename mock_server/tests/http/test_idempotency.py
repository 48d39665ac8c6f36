"""Idempotency over HTTP, under load and after accidents: one key, one job."""

import json
import socket
import struct
from contextlib import closing

import pytest
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.answer import check_created, check_refused
from mock_server.tests.http.api import CLOCK, EXPANSIONS, NORMAL, Api
from mock_server.tests.http.conftest import Mint
from mock_server.tests.http.crowd import Errand, all_at_once
from mock_server.tests.http.wire import Wire, deliver
from mock_server.tests.process import RunningServer

NORMAL_BODY = json.dumps(NORMAL).encode()
SAME, OTHER = "replayed", "replayed-other-body"
OTHER_KEY = "tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64"


def create_with(key: str) -> Errand:
    """Return an errand that creates under this idempotency key."""
    return lambda api: api.create(Idempotency_Key=key)


def job_count(admin: Api) -> int:
    """Return how many jobs the server's default session holds."""
    return int(admin.get("/__admin/jobs?limit=1").json()["meta"]["total"])


@pytest.mark.requirement("IDEM-005", "IDEM-007")
def test_ta1_one_key_a_thousand_times(frozen: RunningServer, frozen_mint: Mint, frozen_admin: Api) -> None:
    """1000 creates over 64 connections and two API keys, one idempotency key: one job, and every answer is 200."""
    before = job_count(frozen_admin)
    answers = all_at_once(frozen.url, [frozen_mint(), frozen_mint()], 64, [create_with("ta1")] * 1_000)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers["x-mock-idempotency"] for answer in answers].count("new") == 1
    assert job_count(frozen_admin) == before + 1


@pytest.mark.requirement("IDEM-007")
def test_ta2_many_keys_shuffled(frozen: RunningServer, frozen_mint: Mint, frozen_admin: Api) -> None:
    """100 keys, each sent by ten concurrent callers in another order: exactly 100 jobs."""
    before = job_count(frozen_admin)
    strides = (1, 3, 7, 9, 11, 13, 17, 19, 21, 23)
    numbers = [(37 * stride + step * stride) % 100 for step in range(100) for stride in strides]
    spread = [create_with(f"ta2-{number}") for number in numbers]
    answers = all_at_once(frozen.url, [frozen_mint(), frozen_mint()], 10, spread)
    ids: dict[int, set[str]] = {}
    for number, answer in zip(numbers, answers, strict=True):
        ids.setdefault(number, set()).add(check_created(answer)["id"])
    assert {len(found) for found in ids.values()} == {1}
    assert len({job_id for found in ids.values() for job_id in found}) == 100
    assert job_count(frozen_admin) == before + 100


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_ta4_the_client_gives_up_and_retries(
    frozen: RunningServer,
    frozen_mint: Mint,
    frozen_admin: Api,
    *,
    reset: bool,
) -> None:
    """A client that sends everything, hangs up unanswered and tries again has one job, fifty times over."""
    before = job_count(frozen_admin)
    wire = Wire(frozen.port, frozen_mint())
    with closing(Api.bearer(frozen.url, frozen_mint())) as api:
        for number in range(50):
            key = f"ta4-{reset}-{number}"
            with wire.connection() as link:
                if reset:
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                deliver(link, wire.whole_create(f"Idempotency-Key: {key}", body=NORMAL_BODY))
            first = check_created(api.create(Idempotency_Key=key))
            assert check_created(api.create(Idempotency_Key=key))["id"] == first["id"]
    assert job_count(frozen_admin) == before + 50


@pytest.mark.requirement("IDEM-009")
@pytest.mark.parametrize(
    ("flags", "instants", "marks"),
    [
        pytest.param(
            ["--behaviour", "idempotency.retention=24h"],
            ["2026-07-07T08:59:59.999Z", "2026-07-07T09:00:00.000Z", "2026-07-07T09:00:00.001Z"],
            ["replayed", "new", "replayed"],
            id="a_day_to_the_millisecond",
        ),
        pytest.param([], ["2027-07-06T09:00:00Z", "2036-07-06T09:00:00Z"], ["replayed", "replayed"], id="ten_years"),
    ],
)
def test_ta5_how_long_a_key_lives(
    start_server: StartServer,
    flags: list[str],
    instants: list[str],
    marks: list[str],
) -> None:
    """A retention ends on its bound, by the session's clock; without one a key lives for ever."""
    running = start_server("--clock", "2026-07-06T09:00:00Z", *flags)
    seen: list[str] = []
    with (
        closing(Api.bearer(running.url, running.api_key)) as api,
        closing(Api.admin(running.url, running.admin_cookie)) as admin,
    ):
        check_created(api.create(Idempotency_Key="ta5"))
        for instant in instants:
            assert admin.call("PUT", CLOCK, {"action": "set", "instant": instant}).status == 200
            seen.append(api.create(Idempotency_Key="ta5").headers["x-mock-idempotency"])
    assert seen == marks


@pytest.mark.requirement("IDEM-006")
def test_ta6_another_organization(frozen: RunningServer, frozen_mint: Mint) -> None:
    """Organization B gets a job of its own for A's key and body, and no byte of A's answer."""
    with closing(Api.bearer(frozen.url, frozen_mint())) as ours, closing(Api.bearer(frozen.url, OTHER_KEY)) as theirs:
        first = check_created(ours.create(Idempotency_Key="ta6"))
        second = theirs.create(Idempotency_Key="ta6")
        assert second.headers["x-mock-idempotency"] == "new"
        assert first["id"] not in second.body.decode()
        assert first["organizationId"] not in second.body.decode()
        check_refused(theirs.get(f"{EXPANSIONS}/{first['id']}"), 404)


@pytest.mark.parametrize(
    ("body", "mark"),
    [
        pytest.param('{"payload":{"a":1,"b":"é"},"sourceType":"s"}', SAME, id="the_same"),
        pytest.param('{"sourceType":"s","payload":{"b":"é","a":1}}', SAME, id="other_order"),
        pytest.param(' {\n"payload" : {"a" : 1, "b":"\\u00e9"},"sourceType":"s" } ', SAME, id="space_and_escapes"),
        pytest.param('{"payload":{"a":1.0,"b":"é"},"sourceType":"s"}', SAME, id="one_as_a_float"),
        pytest.param('{"payload":{"a":1e0,"b":"é"},"sourceType":"s"}', SAME, id="one_with_an_exponent"),
        pytest.param('{"payload":{"a":1,"b":"é"},"sourceType":"s","idempotencyKey":"ta7"}', SAME, id="key_in_the_body"),
        pytest.param('{"payload":{"a":1,"b":"e\u0301"},"sourceType":"s"}', OTHER, id="decomposed"),
        pytest.param('{"payload":{"a":"1","b":"é"},"sourceType":"s"}', OTHER, id="one_as_text"),
        pytest.param('{"payload":{"a":true,"b":"é"},"sourceType":"s"}', OTHER, id="one_as_true"),
        pytest.param('{"payload":{"a":1,"b":"é"}}', OTHER, id="field_left_out"),
        pytest.param('{"payload":{"a":1,"b":"é"},"sourceType":"s","x":0}', OTHER, id="field_more"),
        pytest.param('{"payload":{"a":1,"b":"é","c":null},"sourceType":"s"}', OTHER, id="null_more"),
    ],
)
@pytest.mark.requirement("IDEM-003", "IDEM-014")
def test_ta7_what_is_the_same_body(api: Api, body: str, mark: str) -> None:
    """Bodies are compared as JSON values, without the key itself; another body changes nothing in the first job."""
    headers = {"Idempotency-Key": "ta7"}
    first = check_created(api.create_raw('{"payload":{"a":1,"b":"é"},"sourceType":"s"}'.encode(), headers))
    again = api.create_raw(body.encode(), headers)
    assert (check_created(again)["id"], again.json()["sourceType"]) == (first["id"], "s")
    assert again.headers["x-mock-idempotency"] == mark


@pytest.mark.requirement("AUTH-017", "CRE-015", "IDEM-013", "RATE-006")
def test_ta8_a_refusal_takes_no_key(frozen: RunningServer, frozen_mint: Mint) -> None:
    """After 400, 401, 404, 413 and 429 the same key with the right body makes a new job."""
    unknown_classroom = {**NORMAL, "classroomId": "99999999-9999-4999-8999-999999999999"}
    with closing(Api.bearer(frozen.url, frozen_mint())) as api, closing(Api.bearer(frozen.url, "x")) as stranger:
        with closing(Api.bearer(frozen.url, frozen_mint(1))) as tired:
            check_created(tired.create())
            check_refused(tired.create(Idempotency_Key="ta8-429"), 429)
        check_refused(stranger.create(Idempotency_Key="ta8-401"), 401)
        check_refused(api.create({}, Idempotency_Key="ta8-400"), 400)
        check_refused(api.create(unknown_classroom, Idempotency_Key="ta8-404"), 404)
        check_refused(api.create_raw(NORMAL_BODY.ljust(1_048_577), {"Idempotency-Key": "ta8-413"}), 413)
        check_refused(api.send("POST", EXPANSIONS, NORMAL_BODY, {"Idempotency-Key": "ta8-type"}), 400)
        for end in ("429", "401", "400", "404", "413", "type"):
            assert api.create(Idempotency_Key=f"ta8-{end}").headers["x-mock-idempotency"] == "new"


@pytest.mark.requirement("IDEM-002", "IDEM-010")
def test_a_replay_shows_the_current_state(frozen: RunningServer, frozen_mint: Mint, frozen_admin: Api) -> None:
    """A replay answers as a status read would: the state of now, without any marker."""
    with closing(Api.bearer(frozen.url, frozen_mint())) as api:
        first = check_created(api.create(Idempotency_Key="current"))
        seen = [first["status"]]
        for _ in range(2):
            assert frozen_admin.advance("PT2S").status == 200
            replay = api.create(Idempotency_Key="current")
            seen.append(check_created(replay)["status"])
            assert replay.body == api.get(f"{EXPANSIONS}/{first['id']}").body
            assert "idempotent-replayed" not in replay.headers
        assert seen == ["queued", "processing", "completed"]
        assert api.create(Idempotency_Key="current").body == api.create(Idempotency_Key="current").body
