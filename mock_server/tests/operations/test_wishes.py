"""What one request may ask of the mock: Prefer, its query twins, magic titles; and that nothing leaks into the next."""

import json
from typing import Any

import pytest
from mock_server.tests.operations.in_process import EXPANSIONS, KEY, ORGANIZATIONS, WEBHOOKS
from werkzeug.test import TestResponse

from tutorflow_mock import Settings, create_app

UNKNOWN = "00000000-0000-4000-8000-00000000dead"


class Desk:
    """An application whose clock stands, and short ways to call it."""

    def __init__(self, **settings: Any) -> None:
        given: dict[str, Any] = {"self_check": True, "seed": "42", "clock": "2026-07-06T09:00:00Z", **settings}
        self.client = create_app(Settings(**given)).test_client(use_cookies=False)

    def create(
        self, prefer: str | None = None, *, title: str = "Kitchen A1", query: str = "", **headers: str
    ) -> TestResponse:
        """Create an expansion."""
        wishes = {} if prefer is None else {"Prefer": prefer}
        body = {"payload": {"level": {"title": title}}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(EXPANSIONS + query, json=body, headers={**KEY, **wishes, **named})

    def get(self, path: str, prefer: str | None = None, headers: dict[str, str] | None = None) -> TestResponse:
        """Read something, with the demo key unless told otherwise."""
        wishes = {} if prefer is None else {"Prefer": prefer}
        return self.client.get(path, headers={**(dict(KEY) if headers is None else headers), **wishes})

    def jobs(self) -> list[dict[str, Any]]:
        """List the jobs."""
        found: list[dict[str, Any]] = self.client.get("/__admin/jobs").get_json()["jobs"]
        return found


def problem(answer: TestResponse) -> tuple[int, str]:
    """Return the status and the name of a problem document."""
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, json.loads(answer.data)["type"].rpartition("#")[2]


@pytest.mark.parametrize(
    ("prefer", "goes"),
    [
        ("job=failed", {"progression": "time", "outcome": "failed"}),
        ("job=partial; outputs=summary_video", {"outcome": "partial", "failedOutputs": ["summary_video"]}),
        ("job=held", {"progression": "held", "outcome": "completed"}),
        ("polls=3", {"progression": "manual", "polls": 3}),
        ("after=8s", {"progression": "time", "queued": "PT2S", "processing": "PT6S"}),
    ],
)
def test_a_create_says_how_its_job_goes(prefer: str, goes: dict[str, object]) -> None:
    """The programme of the one job follows the preference, and the next job goes as usual."""
    desk = Desk()
    first, second = desk.create(prefer), desk.create()
    usual, wanted = (job["programme"] for job in desk.jobs())
    assert goes.items() <= wanted.items()
    assert usual == {"progression": "time", "queued": "PT1S", "processing": "PT3S", "outcome": "completed"}
    assert first.headers["Preference-Applied"] == prefer.replace("; ", ", ").replace("8s", "PT8S")
    assert "Preference-Applied" not in second.headers


def test_the_error_of_a_failure() -> None:
    """`error` is the code of the job's error."""
    desk = Desk()
    job_id = desk.create("job=failed, error=out_of_paper, polls=1").get_json()["id"]
    assert desk.get(f"{EXPANSIONS}/{job_id}").get_json()["error"]["code"] == "out_of_paper"


def test_a_twin_counts_where_there_is_no_header() -> None:
    """`?__job=held` is `Prefer: job=held`, and is not read beside a Prefer header."""
    desk = Desk()
    assert desk.create(query="?__job=held").headers["Preference-Applied"] == "job=held"
    assert desk.create("polls=2", query="?__job=held").headers["Preference-Applied"] == "polls=2"


@pytest.mark.parametrize(
    ("title", "applied"),
    [
        ("A1 [mock:failed]", "job=failed"),
        ("mock:polls:3", "polls=3"),
        ("mock:slow:30s", "after=PT30S"),
        ("Mock: none", None),
    ],
)
def test_a_magic_title(title: str, applied: str | None) -> None:
    """A title may say how the job goes; it is echoed as it is."""
    desk = Desk()
    answer = desk.create(title=title)
    assert answer.headers.get("Preference-Applied") == applied
    assert desk.get(f"{EXPANSIONS}/{answer.get_json()['id']}/result").get_json()["manifest"]["title"] == title


def test_a_header_beats_a_magic_title() -> None:
    """Per key the header wins."""
    assert Desk().create("job=partial", title="mock:failed").headers["Preference-Applied"] == "job=partial"


def test_a_magic_title_may_force_an_answer() -> None:
    """`mock:409` answers the contract's example; nothing is made."""
    desk = Desk()
    assert desk.create(title="mock:409").get_json()["error"]["code"] == "content_conflict"
    assert desk.jobs() == []


def test_titles_mean_nothing_where_they_must_not() -> None:
    """With magic titles off a title is a title."""
    answer = Desk(magic_titles=False).create(title="mock:failed")
    assert "Preference-Applied" not in answer.headers


@pytest.mark.parametrize(
    ("prefer", "status", "code"),
    [
        ("code=429", 429, "content_rate_limit_exceeded"),
        ("code=500", 500, "content_internal_error"),
        ("example=baseText", 200, None),
    ],
)
def test_a_forced_answer_stores_nothing(prefer: str, status: int, code: str | None) -> None:
    """The contract's example is answered before anybody is authenticated, and nothing is counted or kept."""
    desk = Desk()
    answer = desk.client.post(EXPANSIONS, json={}, headers={"Prefer": prefer})
    assert answer.status_code == status
    error: dict[str, Any] | None = answer.get_json()["error"]
    assert (None if error is None else error["code"]) == code
    assert desk.jobs() == []


@pytest.mark.parametrize(
    ("prefer", "told"),
    [
        ("code=299", (404, "no-response-defined")),
        ("example=nobody", (404, "no-response-defined")),
        ("code=abc", (422, "invalid-preference")),
        ("job=sideways", (422, "invalid-preference")),
        ("fault=lost-response", (501, "needs-wire-faults")),
        ("fault=stale-reads", (422, "invalid-preference")),
    ],
)
def test_a_wish_that_cannot_be_granted_is_a_problem(prefer: str, told: tuple[int, str]) -> None:
    """Errors about steering are problem documents and no answer of the API; nothing is made."""
    desk = Desk(wire_faults="off")
    assert problem(desk.create(prefer)) == told
    assert desk.jobs() == []


def test_standard_preferences_are_ignored_and_unknown_ones_told() -> None:
    """`respond-async` and `wait` mean nothing here; a likely typo is warned of."""
    answer = Desk().create("respond-async, wait=3, jop=failed")
    assert "unknown-preference:jop" in answer.headers["X-Mock-Warnings"]
    assert "Preference-Applied" not in answer.headers


def test_a_wish_that_means_nothing_to_an_operation_is_not_applied() -> None:
    """`job` on a read, and `ratelimit` on an admin's call, change nothing."""
    desk = Desk()
    assert desk.get(f"{EXPANSIONS}/{UNKNOWN}", "job=failed").status_code == 404
    read = desk.get(ORGANIZATIONS, "ratelimit=exhausted, delay=0", {"Cookie": "jwt=demo-admin"})
    assert (read.status_code, read.headers["Preference-Applied"]) == (200, "delay=0")


def test_an_exhausted_limit_takes_no_slot() -> None:
    """429 with Retry-After, and the next call passes."""
    desk = Desk()
    refused = desk.create("ratelimit=exhausted")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert desk.create().status_code == 200


@pytest.mark.parametrize(("fault", "status"), [("gateway-error", 502), ("internal-error", 500), ("rate-limited", 429)])
def test_a_fault_in_place_of_the_operation(fault: str, status: int) -> None:
    """The operation does not run; a gateway's page is HTML."""
    desk = Desk()
    answer = desk.create(f"fault={fault}")
    assert answer.status_code == status
    assert (answer.mimetype == "text/html") == (fault == "gateway-error")
    assert answer.headers["Preference-Applied"] == f"fault={fault}"
    assert desk.jobs() == []


def _a_moment(_: object) -> int:
    return 1


def test_a_timeout_is_silent_and_then_a_gateway_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is answered for a while, and then 504."""
    monkeypatch.setattr("tutorflow_mock.domain.spoiling.silence", _a_moment)
    assert Desk().create("fault=timeout").status_code == 504


def test_a_truncated_answer() -> None:
    """Right headers, half of the body; the job is made."""
    desk = Desk()
    answer = desk.create("fault=truncated-json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.data)
    assert len(desk.jobs()) == 1


def test_a_wrong_content_type() -> None:
    """The right body as HTML."""
    answer = Desk().create("fault=wrong-content-type")
    assert (answer.mimetype, json.loads(answer.data)["status"]) == ("text/html", "queued")


def test_a_list_may_be_spoilt_too() -> None:
    """A fault acts on answers that are no job."""
    answer = Desk().get(WEBHOOKS, "fault=truncated-json", {"Cookie": "jwt=demo-admin"})
    assert answer.data == b"["


def test_an_answer_without_body_stays_without() -> None:
    """There is nothing to spoil in it."""
    desk = Desk()
    admin = {"Cookie": "jwt=demo-admin"}
    hook = {"url": "http://127.0.0.1:9/", "events": ["content.failed"]}
    hook_id = desk.client.post(WEBHOOKS, json=hook, headers=admin).get_json()["id"]
    gone = desk.client.delete(f"{WEBHOOKS}/{hook_id}", headers={**admin, "Prefer": "fault=truncated-json"})
    assert (gone.status_code, gone.data) == (200, b"")


def test_a_fault_that_does_not_hit_the_operation_does_nothing() -> None:
    """A missing manifest is a fault of the result."""
    assert Desk().create("fault=missing-manifest").get_json()["status"] == "queued"


@pytest.mark.parametrize(("value", "status"), [("wait", 200), ("conflict-409", 409)])
def test_a_key_in_flight(monkeypatch: pytest.MonkeyPatch, value: str, status: int) -> None:
    """`idempotency=in-flight` acts as if another request held the key."""
    monkeypatch.setattr("tutorflow_mock.operations.making._HELD_FOR", 1)
    desk = Desk(behaviours={"idempotency.in-flight": value})
    answer = desk.create("idempotency=in-flight", Idempotency_Key="k-1")
    assert answer.status_code == status
    assert desk.create("idempotency=in-flight").status_code == 200


def test_a_delayed_answer() -> None:
    """`delay` holds the answer back in real time and changes nothing in it."""
    answer = Desk().create("delay=1")
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "delay=1")
