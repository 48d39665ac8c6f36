"""A mock in process that is graded: what its client did wrong, in short."""

from typing import Any

from mock_server.tests.operations.in_process import Answer, Mock

from tutorflow_mock.domain.programme import Programme

LINT, REQUESTS = "/__admin/lint", "/__admin/requests"
Verdict = tuple[str, str]
"""A rule and the severity of what it found."""


class Client(Mock):
    """A mock that may answer what no document lets it, where a fault makes it do so."""

    def _check_declared(self, answer: Answer) -> None:
        if "X-Mock-Fault" not in answer.headers:
            super()._check_declared(answer)


def findings(mock: Client) -> list[Any]:
    """Return all that the client did wrong."""
    answer: list[Any] = mock.send("GET", LINT).json()["findings"]
    return answer


def verdicts(mock: Client, *rules: str) -> list[Verdict]:
    """Return the rules that the client broke, of these alone if some are named."""
    return [(each["rule"], each["severity"]) for each in findings(mock) if not rules or each["rule"] in rules]


def messages(mock: Client, rule: str) -> list[str]:
    """Return what a rule says."""
    return [each["message"] for each in findings(mock) if each["rule"] == rule]


def blamed(mock: Client, rule: str) -> list[str]:
    """Return the calls that a rule names."""
    return [call for each in findings(mock) if each["rule"] == rule for call in each["requestIds"]]


def call_id(answer: Answer) -> str:
    """Return the id under which the journal keeps a call."""
    return answer.headers["X-Mock-Request-Id"]


def held() -> Programme:
    """Return a programme whose jobs end by hand only."""
    return Programme(progression="held")


def by_reads(polls: int, outcome: Any = "completed") -> Programme:
    """Return a programme whose jobs end at a certain read."""
    return Programme(progression="manual", polls=polls, outcome=outcome)


def prefer(text: str) -> dict[str, str]:
    """Return the header that asks for something."""
    return {"Prefer": text}


def move_on(mock: Client, job_id: str, to: str = "completed") -> None:
    """Move a job by hand."""
    assert mock.send("POST", f"/__admin/jobs/{job_id}/transition", body={"to": to}).status == 200


def freeze(mock: Client) -> None:
    """Stop the session's clock."""
    assert mock.send("PUT", "/__admin/clock", body={"action": "freeze"}).status == 200
