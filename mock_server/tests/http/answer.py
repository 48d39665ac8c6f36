"""One HTTP answer, however it was fetched, and what must hold for every refusal."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEAKS = re.compile(rb'Traceback|File "|sqlite3\.|psycopg|werkzeug|granian')
CODES = {
    400: "content_invalid_request",
    401: "content_invalid_api_key",
    403: "content_forbidden",
    404: "content_not_found",
    409: "content_conflict",
    413: "content_invalid_request",
    429: "content_rate_limit_exceeded",
}
MESSAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case, repeated ones joined by a comma) and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as a JSON value."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The text for people inside an error envelope."""
        return str(self.json()["error"]["message"])


def check_refused(answer: Answer, status: int, naming: str = "") -> None:
    """Assert that the answer is this status in the contract's envelope, leaks nothing, and names the field."""
    assert answer.status == status, f"expected {status}, got {answer.status}: {answer.body[:300]!r}"
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    body = answer.json()
    assert body == {"error": {"code": CODES[status], "message": answer.message, "status": status}}
    assert 0 < len(answer.message) <= MESSAGE_LIMIT
    assert naming in answer.message, f"the message names {naming!r}: {answer.message}"
    check_discreet(answer)
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def check_refused_by_parser(answer: Answer, *statuses: int) -> None:
    """Assert a refusal with one of these statuses, either in the envelope or, from the server's parser, bare."""
    assert answer.status in statuses, f"expected one of {statuses}, got {answer.status}: {answer.body[:300]!r}"
    if answer.body:
        check_refused(answer, answer.status)


def check_discreet(answer: Answer) -> None:
    """Assert that nothing of the server's inside shows in the body."""
    assert LEAKS.search(answer.body) is None, answer.body[:500]


def check_created(answer: Answer) -> Mapping[str, Any]:
    """Assert that the answer is an accepted create, and return its job."""
    assert answer.status == 200, f"expected 200, got {answer.status}: {answer.body[:300]!r}"
    job: Mapping[str, Any] = answer.json()
    assert job["id"]
    return job
