"""Rules about how requests are made: each with a client that breaks it and one that does not."""

import pytest
from mock_server.tests.lint.graded import Client, blamed, by_reads, call_id, messages, verdicts
from mock_server.tests.operations.in_process import ADMIN, CLASSROOMS, EXPANSIONS, KEY, Mock

from tutorflow_mock.domain.lint.requests import distance


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_kind(mock: Client, media_type: str) -> None:
    """TF015, whether the server would take it or not."""
    mock.override({"request.bad-media-type": "accept"})
    mock.send("POST", EXPANSIONS, KEY, {"Content-Type": media_type}, raw=b'{"payload": {}}')
    assert verdicts(mock, "TF015") == [("TF015", "warning")]


def test_bodies_of_the_right_kind(mock: Client) -> None:
    """TF015 holds with a charset, and where there is no body to speak of."""
    mock.create("k", {"Content-Type": "Application/JSON; charset=utf-8"})
    mock.send("POST", EXPANSIONS, KEY)
    mock.send("GET", CLASSROOMS, KEY)
    assert verdicts(mock, "TF015") == []


@pytest.mark.parametrize(
    ("member", "meant"),
    [
        ("requested_outputs", "requestedOutputs"),
        ("sourcetype", "sourceType"),
        ("payloads", "payload"),
        ("classroomsId", "classroomId"),
    ],
)
def test_a_member_that_is_almost_known(mock: Client, member: str, meant: str) -> None:
    """TF019: two edits away at most, told once for each name."""
    first, _ = mock.create("k-1", **{member: "x"}), mock.create("k-2", **{member: "y"})
    assert verdicts(mock, "TF019") == [("TF019", "warning")]
    assert messages(mock, "TF019") == [f"createExpansion knows no '{member}'; {meant} was meant?"]
    assert blamed(mock, "TF019") == [call_id(first)]


def test_members_that_are_known_or_far_from_it(mock: Client) -> None:
    """TF019 holds three edits away, for short names less, and does not look at what is too long to be a slip."""
    mock.create("k", sourceType="x", source_typo="three edits", x="y", **{"payload" * 10: 1})
    mock.subscribe()
    mock.send("POST", "/auth/login", body={"mail": "two of five letters", "name": "x"})
    mock.send("POST", EXPANSIONS, KEY, raw=b"[1]")
    mock.send("POST", EXPANSIONS, KEY, raw=b"{")
    assert messages(mock, "TF019") == ["login knows no 'mail'; email was meant?"]


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("", "", 0), ("payload", "payload", 0), ("paylod", "payload", 1), ("ab", "ba", 2), ("", "abc", 3)],
)
def test_edit_distance(one: str, other: str, edits: int) -> None:
    """The distance of two texts is the same both ways."""
    assert (distance(one, other), distance(other, one)) == (edits, edits)


def test_a_call_to_nowhere(mock: Client) -> None:
    """TF020, once for each method and path, with what was nearest."""
    mock.send("POST", "/v1/content/integration/expansions", KEY)
    mock.send("POST", "/v1/content/integration/expansions", KEY)
    mock.send("PATCH", CLASSROOMS, KEY)
    assert verdicts(mock, "TF020") == [("TF020", "warning")] * 2
    shown = mock.send("GET", "/__admin/requests").json()["requests"]
    assert ["TF020" in each["mock"]["findings"] for each in shown] == [True] * 3
    assert blamed(mock, "TF020") == [each["id"] for each in reversed(shown)]
    assert messages(mock, "TF020") == [
        (
            "POST '/v1/content/integration/expansions' is no operation; nearest is POST "
            "/v1/content/integrations/expansions ('integrations', not 'integration')"
        ),
        "PATCH '/v1/content/classrooms' is no operation; nearest is GET /v1/content/classrooms (this path answers GET)",
    ]


def test_very_many_calls_to_nowhere(mock: Client) -> None:
    """TF020 looks for what was nearest twenty times at most: it is work."""
    for index in range(22):
        mock.send("GET", f"/v1/nowhere/{index}", KEY)
    told = messages(mock, "TF020")
    assert [("nearest" in message) for message in told] == [True] * 20 + [False] * 2


def test_what_browsers_ask_for(mock: Client) -> None:
    """TF020 holds for calls that are operations, and for what nobody asked for."""
    mock.send("GET", "/favicon.ico")
    mock.send("GET", CLASSROOMS, KEY)
    assert verdicts(mock, "TF020") == []


def end_a_job(mock: Mock) -> None:
    """Poll a job to its end."""
    mock.let_jobs_go(by_reads(1))
    job_id = mock.create("k").job["id"]
    mock.status(job_id)
    mock.result(job_id)


def test_webhooks_first(mock: Client) -> None:
    """TF021: the first subscription, if no job had been polled to its end."""
    mock.create("k")
    first = mock.subscribe()
    mock.subscribe("https://hooks.harbour.example/other")
    end_a_job(mock)
    assert (verdicts(mock, "TF021"), blamed(mock, "TF021")) == ([("TF021", "info")], [call_id(first)])


def test_webhooks_last(mock: Client) -> None:
    """TF021 holds in the guides' order, and for subscriptions that were refused."""
    mock.send("POST", "/v1/content/organizations/none/webhooks", ADMIN, body={})
    mock.subscribe("not a url")
    end_a_job(mock)
    mock.subscribe()
    assert verdicts(mock, "TF021") == []


def test_webhooks_first_as_far_as_anybody_remembers() -> None:
    """TF021 says nothing where the journal has forgotten the beginning."""
    mock = Client(journal_limit=2)
    end_a_job(mock)
    mock.subscribe()
    assert verdicts(mock, "TF021") == []
