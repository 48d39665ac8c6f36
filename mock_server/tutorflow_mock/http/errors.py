"""The only table of error class → status number, and the two shapes in which an error is told."""

from __future__ import annotations

from http.client import responses
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import errors
from tutorflow_mock.domain.redaction import redacted
from tutorflow_mock.domain.spoiling import HTML
from tutorflow_mock.operations.call import Reply

if TYPE_CHECKING:
    from tutorflow_mock.domain.errors import ApiError
    from tutorflow_mock.domain.preferences import Preferences

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"

_STATUS: dict[type[ApiError], int] = {
    errors.InvalidRequest: 400,
    errors.FailedValidation: 400,
    errors.InvalidApiKey: 401,
    errors.BareUnauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.PayloadTooLarge: 413,
    errors.UnsupportedMediaType: 415,
    errors.Unprocessable: 422,
    errors.KeyReused: 422,
    errors.RateLimitExceeded: 429,
    errors.InternalError: 500,
}

PROBLEM_STATUS = {
    "malformed-json": 400,
    "token-required": 401,
    "host-not-allowed": 403,
    "origin-not-allowed": 403,
    "no-response-defined": 404,
    "unknown-behaviour": 404,
    "unknown-delivery": 404,
    "unknown-fault": 404,
    "unknown-subscription": 404,
    "unknown-idempotency-key": 404,
    "unknown-job": 404,
    "unknown-check": 404,
    "unknown-misbehaviour": 404,
    "unknown-key": 404,
    "unknown-path": 404,
    "unknown-programme": 404,
    "unknown-request": 404,
    "unknown-revision": 404,
    "unknown-session": 404,
    "unknown-snapshot": 404,
    "method-not-allowed": 405,
    "wait-timeout": 408,
    "check-running": 409,
    "clock-backwards": 409,
    "delivery-running": 409,
    "default-session": 409,
    "held": 409,
    "illegal-transition": 409,
    "session-exists": 409,
    "session-limit": 409,
    "snapshot-exists": 409,
    "snapshot-limit": 409,
    "body-too-large": 413,
    "media-type": 415,
    "invalid-field": 422,
    "invalid-preference": 422,
    "unknown-field": 422,
    "internal-error": 500,
    "needs-wire-faults": 501,
    "too-many-waits": 503,
}
"""The status of every problem, by its token."""

_GATEWAY_STATUS = {"bad-gateway": 502, "service-unavailable": 503, "gateway-timeout": 504}
ERROR_STATUSES = frozenset(_STATUS.values())
"""Every status that an error of the API can have."""
FAILURES = tuple(sorted(int(number) for number in responses if number >= min(ERROR_STATUSES)))
"""Every status that a rule may let a call fail with."""

BAD_GATEWAY = 502
UNHEALTHY = 503
OK = 200
CREATED = 201
ACCEPTED = 202
NO_CONTENT = 204
FOUND = 302
_FIRST_ERROR = 400

STATUS_LINES = {number: f"{number} {phrase}" for number, phrase in responses.items()}
TOO_LARGE = STATUS_LINES[413]
"""The status line of an answer to a body that is not read on."""


class Problem(Exception):
    """An error about steering the mock, told as a problem document (RFC 9457) and never as an answer of the API."""

    def __init__(self, token: str, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.token = token
        self.detail = detail
        self.members = members

    @property
    def status(self) -> int:
        """Return the status number of the problem."""
        return PROBLEM_STATUS[self.token]

    def body(self) -> dict[str, object]:
        """Return the problem document; what it quotes of the call is redacted as a log is."""
        quoting = {name: redacted(each) if isinstance(each, str) else each for name, each in self.members.items()}
        return {
            "type": f"/__admin/docs/errors#{self.token}",
            "title": self.token.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": redacted(self.detail),
            **quoting,
        }


def is_error(status: int) -> bool:
    """Tell whether a status is an error's."""
    return status >= _FIRST_ERROR


def status_of(error: ApiError) -> int:
    """Return the status number of an error: its own class's, or that of the nearest class above it."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def page_reply(status: str, body: bytes, wanted: Preferences) -> Reply:
    """Return a page that something in front of the API would answer: HTML, no envelope."""
    return Reply(_GATEWAY_STATUS[status], body, media_type=HTML, wanted=wanted)


def reply_to(error: ApiError) -> Reply:
    """Return an error as the contract tells it: `{"error": {"code", "message", "status"}}` (F-083)."""
    status = status_of(error)
    body: object = {"message": responses[status]}
    if error.enveloped:
        body = {"error": {"code": error.code, "message": error.message, "status": status}}
    return Reply(
        status,
        body,
        error.headers,
        idempotency=error.idempotency,
        warnings=error.warnings,
        wanted=cast("Preferences | None", error.wanted),
        fault=error.fault,
    )
