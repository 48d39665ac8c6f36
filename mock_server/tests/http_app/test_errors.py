"""The table of errors: every refusal has one status, every problem one token, and the log gives no secret away."""

import importlib
import logging

import pytest

import tutorflow_openapi
from tutorflow_mock import log as log_module
from tutorflow_mock.domain import errors
from tutorflow_mock.http.errors import ERROR_STATUSES, Problem, is_error, reply_to, status_of
from tutorflow_mock.stores.base import InFlight, LimitReached, OpenTwin

SECRET = f"tf_content_{'a' * 32}"
KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.ApiError) and kind is not errors.ApiError
]


@pytest.mark.requirement("ERR-002", "ERR-003", "ERR-004")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status_and_a_code(kind: type[errors.ApiError]) -> None:
    """The code is one of the contract's, the number in the envelope is the status, and the document knows the pair."""
    contract = tutorflow_openapi.load()
    error = kind("A reason")
    reply = reply_to(error)
    declared = {status for operation in contract.operations.values() for status in operation.responses}
    assert kind.code in contract.errors
    assert (status_of(error), status_of(error) in ERROR_STATUSES & declared) == (reply.status, True)
    expected = {"error": {"code": kind.code, "message": "A reason", "status": reply.status}}
    assert reply.body == (expected if kind.enveloped else {"message": "Unauthorized"})


@pytest.mark.parametrize(
    "error", [InFlight(), OpenTwin(), LimitReached("jobs", 7)], ids=lambda error: type(error).__name__
)
def test_what_a_store_refuses_is_a_conflict(error: errors.ApiError) -> None:
    """An error of a store has the status of the nearest class above it."""
    assert (status_of(error), error.code) == (409, "content_conflict")


def test_errors_begin_at_400() -> None:
    """Everything below is no error."""
    assert [is_error(status) for status in (200, 302, 399, 400, 404, 500)] == [False, False, False, True, True, True]


def test_a_problem_document_names_its_token() -> None:
    """The type leads to its explanation, the title is the token in words, further members stand beside."""
    problem = Problem("unknown-behaviour", "There is no such behaviour", known=["a"])
    assert problem.body() == {
        "type": "/__admin/docs/errors#unknown-behaviour",
        "title": "Unknown behaviour",
        "status": 404,
        "detail": "There is no such behaviour",
        "known": ["a"],
    }


def test_the_log_cuts_secrets_out_wherever_they_stand(caplog: pytest.LogCaptureFixture) -> None:
    """Message, arguments and traceback are redacted before any handler sees the record."""
    log_module.log.error("in the message: %s, %d", SECRET, 7, exc_info=RuntimeError(f"in the error: {SECRET}"))
    log_module.log.error("plain %s", SECRET, exc_info=(None, None, None))
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert SECRET not in caplog.text
    assert "in the message: tf_content_" in caplog.text
    assert "in the error: tf_content_" in caplog.text


def test_the_log_redacts_once() -> None:
    """However often the module is loaded, its logger has one filter."""
    importlib.reload(log_module)
    assert len(log_module.log.filters) == 1
