"""The rate window over HTTP: exact under any concurrency, by the session's clock, one for each key."""

from contextlib import closing

import pytest
from mock_server.tests.http.answer import Answer, check_created, check_refused
from mock_server.tests.http.api import API_KEYS, CLASSROOMS, EXPANSIONS, UNKNOWN_ID, Api
from mock_server.tests.http.conftest import Mint
from mock_server.tests.http.crowd import Errand, all_at_once
from mock_server.tests.process import RunningServer


def read(api: Api) -> Answer:
    """Make the cheapest counted call."""
    return api.get(CLASSROOMS)


def create(api: Api) -> Answer:
    """Make a job."""
    return api.create()


def read_unknown(api: Api) -> Answer:
    """Ask for a job that is not there."""
    return api.get(f"{EXPANSIONS}/{UNKNOWN_ID}")


def burn(url: str, key: str, calls: int) -> Api:
    """Spend that many calls of the key, and return its client."""
    api = Api.bearer(url, key)
    for _ in range(calls):
        assert read(api).status == 200
    return api


@pytest.mark.requirement("RATE-001", "RATE-011", "RATE-012")
def test_six_hundred_calls_at_once(frozen: RunningServer, frozen_mint: Mint) -> None:
    """Of 600 concurrent calls of every kind with a key of 60 a minute, exactly 60 pass."""
    errands: list[Errand] = [read, create, read_unknown] * 200
    answers = all_at_once(frozen.url, [frozen_mint(60)], 32, errands)
    refused = [answer for answer in answers if answer.status == 429]
    assert (len(answers) - len(refused), len(refused)) == (60, 540)
    assert {answer.status for answer in answers} <= {200, 404, 429}
    for answer in refused:
        check_refused(answer, 429)
        assert answer.message == "Rate limit exceeded"
        assert answer.headers["retry-after"] == "47"


@pytest.mark.requirement("RATE-003", "RATE-004", "RATE-005")
def test_the_window_ends_to_the_millisecond(frozen: RunningServer, frozen_mint: Mint, frozen_admin: Api) -> None:
    """A call after `Retry-After` seconds passes; a millisecond earlier it does not."""
    now = frozen_admin.get("/__admin/clock").json()["now"]
    with closing(burn(frozen.url, frozen_mint(2), 2)) as api:
        wait = int(read(api).headers["retry-after"])
        assert now.endswith("13.000Z")
        assert wait == 47
        assert frozen_admin.advance(f"PT{wait - 1}.999S").status == 200
        early = read(api)
        check_refused(early, 429)
        assert early.headers["retry-after"] == "1"
        assert frozen_admin.advance("PT0.001S").status == 200
        assert [read(api).status for _ in range(3)] == [200, 200, 429]
    assert frozen_admin.advance("PT13S").status == 200


@pytest.mark.requirement("RATE-002", "RATE-008", "RATE-010")
def test_every_key_has_a_window_of_its_own(frozen: RunningServer, frozen_mint: Mint, frozen_admin: Api) -> None:
    """An exhausted key leaves other keys, the other organization and the admin alone."""
    for limit in (1, 3):
        with closing(burn(frozen.url, frozen_mint(limit), limit)) as api:
            check_refused(read(api), 429)
    with closing(Api.bearer(frozen.url, "tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64")) as other:
        assert read(other).status == 200
    assert frozen_admin.get(API_KEYS).status == 200


@pytest.mark.requirement("RATE-007", "RATE-009")
def test_what_counts(frozen: RunningServer, frozen_mint: Mint) -> None:
    """Refusals after authentication count, replays and HEAD too; the window is judged before the body."""
    with closing(Api.bearer(frozen.url, frozen_mint(6))) as api:
        check_refused(api.create_raw(b"{"), 400)
        check_refused(api.get(f"{EXPANSIONS}/{UNKNOWN_ID}"), 404)
        check_created(api.create(Idempotency_Key="counted"))
        check_created(api.create(Idempotency_Key="counted"))
        check_refused(api.create({}), 400)
        assert read(api).status == 200
        check_refused(api.create_raw(b"{"), 429)
        check_refused(api.create_raw(b" " * 1_048_577), 429)


@pytest.mark.requirement("RATE-006")
def test_a_refused_create_takes_no_key(frozen: RunningServer, frozen_mint: Mint) -> None:
    """A create answered 429 leaves nothing behind: its idempotency key is free."""
    with closing(burn(frozen.url, frozen_mint(1), 1)) as tired, closing(Api.bearer(frozen.url, frozen_mint())) as api:
        check_refused(tired.create(Idempotency_Key="after-429"), 429)
        assert api.create(Idempotency_Key="after-429").headers["x-mock-idempotency"] == "new"


def test_rotation_opens_a_fresh_window(frozen: RunningServer, frozen_admin: Api) -> None:
    """A rotated key starts at zero; the old one is 401, not 429."""
    made = frozen_admin.post(API_KEYS, {"name": "turned", "rateLimitPerMinute": 1}).json()
    with closing(burn(frozen.url, made["apiKey"], 1)) as old:
        check_refused(read(old), 429)
        new = frozen_admin.send("POST", f"{API_KEYS}/{made['keyId']}/rotate").json()
        check_refused(read(old), 401)
    with closing(burn(frozen.url, new["apiKey"], 1)) as api:
        check_refused(read(api), 429)


def test_the_demo_key_has_sixty_calls(frozen: RunningServer) -> None:
    """The demo key and the placeholder of the base text are one key with one window."""
    with closing(Api.bearer(frozen.url, "workspace_api_key")) as placeholder:
        with closing(burn(frozen.url, frozen.api_key, 30)) as demo:
            assert {read(placeholder).status for _ in range(30)} == {200}
            check_refused(read(demo), 429)
        check_refused(read(placeholder), 429)
