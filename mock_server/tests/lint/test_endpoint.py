"""`/__admin/lint`: its three forms, what it leaves out, and what is cleared."""

from urllib.parse import quote
from xml.etree.ElementTree import fromstring

import pytest
from mock_server.tests.lint.graded import LINT, REQUESTS, Client, by_reads, call_id, findings, prefer, verdicts
from mock_server.tests.operations.in_process import ADMIN, CLASSROOMS, FOREIGN_KEY, KEY, Mock
from mock_server.tests.webhooks.receiver import in_turn, receiving


def sin(mock: Mock) -> list[str]:
    """Do three things wrong, of each severity one, and return the ids of the calls."""
    first = mock.create("k-1", prefer("fault=internal-error"))
    second = mock.create("k, 2")
    third = mock.send("GET", CLASSROOMS, ADMIN)
    return [call_id(each) for each in (first, second, third)]


def test_json(mock: Client) -> None:
    """Findings in the order of the rules, and how many there are of each severity."""
    first, second, third = sin(mock)
    answer = mock.send("GET", LINT)
    job_id = mock.send("GET", "/__admin/jobs").json()["jobs"][0]["id"]
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "findings": [
            {
                "rule": "TF002",
                "severity": "error",
                "message": "The same body came again under another key, 'k, 2', after a 500",
                "requestIds": [first, second],
                "jobId": job_id,
                "source": "faq, err",
                "docs": "/__admin/docs/lint#TF002",
            },
            {
                "rule": "TF014",
                "severity": "error",
                "message": "listClassrooms takes an API key, no admin session",
                "requestIds": [third],
                "jobId": None,
                "source": "ref",
                "docs": "/__admin/docs/lint#TF014",
            },
            {
                "rule": "TF025",
                "severity": "info",
                "message": "The key 'k, 2' holds a comma or quotes",
                "requestIds": [second],
                "jobId": job_id,
                "source": "",
                "docs": "/__admin/docs/lint#TF025",
            },
        ],
        "summary": {"error": 2, "warning": 0, "info": 1},
    }


def test_text(mock: Client) -> None:
    """One line a finding, the first three calls of each, and the sum."""
    mock.export("k")
    for _ in range(4):
        mock.send("PATCH", CLASSROOMS, KEY)
    ids = [each["id"] for each in mock.send("GET", REQUESTS).json()["requests"]][3::-1]
    answer = mock.send("GET", f"{LINT}?format=text")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.body.decode() == (
        f"TF016 warning: The same request came again 3 times after a 404 (calls {', '.join(ids[:3])}, …)\n"
        "TF020 warning: PATCH '/v1/content/classrooms' is no operation; nearest is GET /v1/content/classrooms "
        f"(this path answers GET) (calls {', '.join(ids[:3])}, …)\n"
        "0 error, 2 warning, 0 info\n"
    )


def test_text_of_a_delivery(mock: Client) -> None:
    """What is about a delivery names it, and its job; one call is one call."""
    mock.create(None)
    with receiving(in_turn(404, 200)) as receiver:
        mock.subscribe(receiver.url)
        mock.send("PUT", "/__admin/clock", body={"action": "advance", "by": "PT10M"})
    (delivery,) = mock.send("GET", "/__admin/webhooks/deliveries").json()["deliveries"]
    (call,) = findings(mock)[0]["requestIds"]
    job = f"job {delivery['jobId']}"
    assert mock.send("GET", f"{LINT}?format=text").body.decode().splitlines()[:3] == [
        f"TF001 warning: createExpansion carried no idempotency key ({job}; call {call})",
        f"TF007 warning: The job is completed and its result was never fetched ({job})",
        f"TF010 error: The receiver answered 404 to a genuine content.completed ({job}; delivery {delivery['id']})",
    ]


def test_nothing_wrong(mock: Client) -> None:
    """A session in which nothing happened has no finding in any form."""
    assert mock.send("GET", LINT).json() == {"findings": [], "summary": {"error": 0, "warning": 0, "info": 0}}
    assert mock.send("GET", f"{LINT}?format=text").body == b"0 error, 0 warning, 0 info\n"


def test_junit(mock: Client) -> None:
    """A test case for each rule; errors and warnings fail it, information does not."""
    sin(mock)
    answer = mock.send("GET", f"{LINT}?format=junit")
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    suite = fromstring(answer.body)  # noqa: S314 - our own document
    assert suite.attrib == {"name": "lint default", "tests": "25", "failures": "2", "errors": "0", "skipped": "0"}
    failed = {case.attrib["name"].split()[0]: case[0] for case in suite if len(case)}
    assert sorted(failed) == ["TF002", "TF014"]
    assert failed["TF014"].attrib == {"type": "error", "message": "listClassrooms takes an API key, no admin session"}
    assert str(failed["TF002"].text).startswith("error: The same body came again under another key, 'k, 2',")


@pytest.mark.parametrize("text", ["</failure>", "]]>", "\x01\x1b", "\"&<>'"])
def test_junit_of_hostile_texts(mock: Client, text: str) -> None:
    """Whatever a client sends, the document stays one."""
    mock.send("GET", f"/v1/content/{quote(text)}", KEY)
    suite = fromstring(mock.send("GET", f"{LINT}?format=junit").body)  # noqa: S314 - our own document
    (failure,) = (case[0] for case in suite if len(case))
    assert repr(f"/v1/content/{text}") in str(failure.text)


def test_another_form(mock: Client) -> None:
    """An unknown form is refused, and so is a parameter that nobody knows."""
    answer = mock.send("GET", f"{LINT}?format=xml")
    assert (answer.status, answer.json()["field"]) == (422, "format")
    assert answer.json()["alternatives"] == ["json", "junit", "text"]
    assert mock.send("GET", f"{LINT}?forms=json").status == 422
    assert mock.send("DELETE", f"{LINT}?format=json").status == 422


def test_findings_in_the_journal(mock: Client) -> None:
    """Each call tells which rules it breaks, wherever it is shown."""
    first, second, third = sin(mock)
    expected = {first: ["TF002"], second: ["TF002", "TF025"], third: ["TF014"]}
    listed = mock.send("GET", REQUESTS).json()["requests"]
    assert {each["id"]: each["mock"]["findings"] for each in listed} == expected
    assert mock.send("GET", f"{REQUESTS}/{second}").json()["mock"]["findings"] == ["TF002", "TF025"]
    questions: dict[str, dict[str, object]] = {"find": {}, "wait": {"pattern": {}}, "remove": {}}
    for verb, body in questions.items():
        found = mock.send("POST", f"{REQUESTS}/{verb}", body=body).json()["requests"]
        assert {each["id"]: each["mock"]["findings"] for each in found} == expected


def test_clearing(mock: Client) -> None:
    """What happened before does not count any more, jobs and deliveries included; what comes then does."""
    mock.let_jobs_go(by_reads(1))
    sin(mock)
    job_id = mock.create("k-3").job["id"]
    with receiving(in_turn(404, 404, 200)) as receiver:
        mock.subscribe(receiver.url)
        mock.status(job_id)
        mock.send("PUT", "/__admin/clock", body={"action": "advance", "by": "PT1S"})
        assert len(receiver.requests) == 1
        assert verdicts(mock, "TF007", "TF010") != []
        answer = mock.send("DELETE", LINT)
        assert (answer.status, answer.body, findings(mock)) == (204, b"", [])
        mock.send("DELETE", LINT)
        mock.send("PUT", "/__admin/clock", body={"action": "advance", "by": "PT10M"})
    assert verdicts(mock) == [("TF010", "error")]
    mock.create(None, prefer("polls=2"))
    assert verdicts(mock) == [("TF001", "warning"), ("TF010", "error")]


def test_clearing_what_is_empty(mock: Client) -> None:
    """There may be nothing to clear, before or after."""
    mock.send("DELETE", LINT)
    sin(mock)
    mock.send("DELETE", REQUESTS)
    mock.send("DELETE", LINT)
    assert findings(mock) == []
    mock.create(None)
    assert verdicts(mock) == [("TF001", "warning")]


def test_forced_answers_are_left_out(mock: Client) -> None:
    """Nobody is blamed for an answer that was ordered from the contract's examples."""
    mock.create(None, prefer("code=429"))
    mock.create(None, prefer("example=baseText"))
    mock.status("00000000-0000-4000-8000-00000000dead", prefer("delay=1, code=404"))
    assert findings(mock) == []


def test_sessions_are_graded_apart(mock: Client) -> None:
    """Findings, and what is cleared, belong to one session."""
    opened = mock.send("POST", "/__admin/sessions", body={"id": "other"}).json()
    other = {"Authorization": f"Bearer {opened['apiKey']}"}
    mock.create(None)
    mock.create(None, other)
    mock.send("DELETE", LINT)
    assert findings(mock) == []
    shown = mock.send("GET", LINT, {"X-Mock-Session": "other"}).json()
    assert [each["rule"] for each in shown["findings"]] == ["TF001"]


def test_a_fork_begins_anew(mock: Client) -> None:
    """What was cleared in one session is nothing to a session that goes on from its snapshot."""
    for _ in range(3):
        mock.create("k")
    mock.send("DELETE", LINT)
    mock.send("POST", "/__admin/snapshots/here")
    opened = mock.send("POST", "/__admin/sessions", body={"id": "fork", "from": "here"}).json()
    mock.create(None, {"Authorization": f"Bearer {opened['apiKey']}"})
    shown = mock.send("GET", LINT, {"X-Mock-Session": "fork"}).json()
    assert [each["rule"] for each in shown["findings"]] == ["TF001"]


def test_a_reset_begins_anew(mock: Client) -> None:
    """A session that is put back to its creation has nothing cleared."""
    mock.create(None)
    mock.create(None)
    mock.send("DELETE", LINT)
    mock.send("POST", "/__admin/reset")
    mock.create(None)
    assert verdicts(mock) == [("TF001", "warning")]


def test_without_a_journal() -> None:
    """Where nothing is remembered, nobody is blamed."""
    mock = Client(journal_limit=0)
    sin(mock)
    assert findings(mock) == []


def test_no_secret_in_a_finding(mock: Client) -> None:
    """A secret that a client used as a name, as a key or in a path is told no further."""
    secret = mock.subscribe().json()["secret"]
    mock.create(f"a,{secret}")
    mock.send("GET", f"/v1/content/{secret}", KEY)
    mock.send("GET", CLASSROOMS, FOREIGN_KEY)
    for form in ("json", "text", "junit"):
        assert secret not in mock.send("GET", f"{LINT}?format={form}").body.decode()
