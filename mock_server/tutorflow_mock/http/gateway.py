"""The WSGI callable in front of Flask: it answers exactly the contract's paths and hands everything else on."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain.errors import ApiError, InternalError, InvalidRequest
from tutorflow_mock.domain.model import Entry, KeyCredential
from tutorflow_mock.http import self_check, wire
from tutorflow_mock.http.errors import PROBLEM_TYPE, STATUS_LINES, Problem, reply_to
from tutorflow_mock.operations import find, pipeline
from tutorflow_mock.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse

    from tutorflow_mock.http.hosts import Hosts
    from tutorflow_mock.http.wire import Environ, HeaderList
    from tutorflow_mock.operations.call import Call, Reply, Visit
    from tutorflow_mock.operations.registry import Function
    from tutorflow_mock.operations.world import World

    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_LONGEST_VALUE = 256
_LONGEST_PATH = 512
_log = logging.getLogger("tutorflow_mock")


class _Answer(NamedTuple):
    reply: Reply
    error: ApiError | None = None


class Gateway:
    """Takes calls of the API plane through the pipeline; nothing that goes wrong in it leaves without an envelope."""

    def __init__(self, rest: Application, world: World, functions: Mapping[str, Function], hosts: Hosts) -> None:
        self._rest = rest
        self._world = world
        self._functions = functions
        self._hosts = hosts

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI call."""
        found = find.match(self._world, environ["PATH_INFO"])
        if found is None:
            return self._rest(environ, start_response)
        call = wire.call_of(environ)
        try:
            self._check_host(call)
            visit = find.visit(self._world, call, found)
        except find.UnknownSession as error:
            return _write_problem(_unknown_session(error), start_response)
        except ApiError as error:
            return self._write_lost(call, error, start_response)
        except Exception:  # whatever it is, it must not leave without an envelope
            _log.exception("a call to %s failed before it found its session", found.template)
            return self._write_lost(call, InternalError("Unexpected error", reason="internal-error"), start_response)
        return self._answer(visit, start_response)

    def _answer(self, visit: Visit, start_response: StartResponse) -> Iterable[bytes]:
        request_id = f"{self._world.ids_of(visit.session).bits('requests', 64):016x}"
        reply, error = self._perform(visit, request_id)
        body = wire.body_of(reply)
        if self._world.settings.self_check and visit.operation is not None:
            fault = self_check.fault(visit.operation, reply, body)
            if fault is not None:
                _log.error("self-check %s: %s", request_id, fault)
                error = InternalError(f"The mock broke its own contract, request {request_id}", reason="self-check")
                reply = reply_to(error)
                body = wire.body_of(reply)
        self._remember(visit, reply, request_id)
        extra = _mock_headers(visit, reply, error, request_id) if self._world.settings.mock_headers else []
        return wire.write(reply, body, extra, start_response, is_head=visit.call.method == "HEAD")

    def _perform(self, visit: Visit, request_id: str) -> _Answer:
        try:
            return _Answer(pipeline.perform(self._world, self._functions, visit))
        except ApiError as error:
            return _Answer(reply_to(error), error)
        except Exception:  # whatever it is, it must not leave without an envelope
            _log.exception("request %s failed", request_id)
            failure = InternalError(f"Unexpected error, request {request_id}", reason="internal-error")
            return _Answer(reply_to(failure), failure)

    def _remember(self, visit: Visit, reply: Reply, request_id: str) -> None:
        call, operation = visit.call, visit.operation
        self._world.store.append_journal(
            visit.session.id,
            Entry(
                request_id,
                visit.now,
                call.method,
                call.path[:_LONGEST_PATH],
                None if operation is None else operation.id,
                reply.status,
                reply.job_id or visit.parameters.get("jobId"),
                reply.idempotency,
            ),
        )

    def _check_host(self, call: Call) -> None:
        if not self._hosts.allows_api(call.header("host")):
            raise InvalidRequest("The Host header names another server", reason="host-not-allowed")

    def _write_lost(self, call: Call, error: ApiError, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a call that belongs to no session yet: a refused Host, or a fault of the mock itself."""
        reply = reply_to(error)
        extra = [("X-Mock-Error", str(error.reason))] if self._world.settings.mock_headers else []
        return wire.write(reply, wire.body_of(reply), extra, start_response, is_head=call.method == "HEAD")


def _mock_headers(visit: Visit, reply: Reply, error: ApiError | None, request_id: str) -> HeaderList:
    headers = [
        ("X-Mock-Server", VERSION),
        ("X-Mock-Session", visit.session.id),
        ("X-Mock-Request-Id", request_id),
    ]
    if visit.operation is not None:
        headers.append(("X-Mock-Operation", visit.operation.id))
    if reply.idempotency is not None:
        headers.append(("X-Mock-Idempotency", reply.idempotency))
    if error is not None and error.reason is not None:
        headers.append(("X-Mock-Error", error.reason))
        if error.pointers:
            headers.append(("X-Mock-Error-Pointer", _bounded(error.pointers)))
    if warnings := (*visit.warnings, *_credential_warnings(visit), *reply.warnings):
        headers.append(("X-Mock-Warnings", _bounded(warnings)))
    return headers


def _credential_warnings(visit: Visit) -> tuple[str, ...]:
    credential = visit.credential
    return ("placeholder-key",) if isinstance(credential, KeyCredential) and credential.is_placeholder else ()


def _bounded(items: tuple[str, ...]) -> str:
    """Join items with commas as far as 256 characters go; an item is never cut."""
    text = items[0][:_LONGEST_VALUE]
    for item in items[1:]:
        if len(text) + len(item) + 2 > _LONGEST_VALUE:
            break
        text = f"{text}, {item}"
    return text


def _unknown_session(error: find.UnknownSession) -> Problem:
    return Problem("unknown-session", f"There is no session {str(error)[:64]!r}; GET /__admin/sessions lists them")


def _write_problem(problem: Problem, start_response: StartResponse) -> list[bytes]:
    body = json.dumps(problem.body()).encode()
    start_response(STATUS_LINES[problem.status], [("Content-Type", PROBLEM_TYPE), ("Content-Length", str(len(body)))])
    return [body]
