"""The WSGI callable in front of Flask: it answers exactly the contract's paths and hands everything else on."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from tutorflow_mock.domain.errors import ApiError, InternalError, InvalidRequest, PayloadTooLarge
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.domain.preferences import NONE
from tutorflow_mock.domain.steering_errors import SteeringError
from tutorflow_mock.http import self_check, wire
from tutorflow_mock.http.errors import PROBLEM_TYPE, STATUS_LINES, Problem, page_reply, reply_to
from tutorflow_mock.http.inbound import watched
from tutorflow_mock.http.received import remember
from tutorflow_mock.log import log
from tutorflow_mock.operations import faults, find, pipeline
from tutorflow_mock.operations.journal import Answered
from tutorflow_mock.operations.waiting import hold
from tutorflow_mock.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse

    from tutorflow_mock.domain.preferences import Preferences
    from tutorflow_mock.http.hosts import Hosts
    from tutorflow_mock.http.wire import Environ, HeaderList
    from tutorflow_mock.operations.call import Reply, Visit
    from tutorflow_mock.operations.registry import Function
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import PathMatch

    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_LONGEST_VALUE = 256


class _Answer(NamedTuple):
    status: int
    headers: HeaderList
    body: bytes


class Gateway:
    """Takes calls of the API plane through the pipeline; nothing that goes wrong in it leaves without an envelope."""

    def __init__(self, rest: Application, world: World, functions: Mapping[str, Function], hosts: Hosts) -> None:
        self._rest = rest
        self._world = world
        self._functions = functions
        self._hosts = hosts
        self._numbers = count(1)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one WSGI call."""
        start_response = watched(environ, start_response)
        found = find.match(self._world, environ.get("PATH_INFO", ""))
        if found is None:
            return self._rest(environ, start_response)
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        try:
            answer = self._answer(environ, found)
        except find.UnknownSession as error:
            return _write_problem(unknown_session(error), start_response, is_head=is_head)
        except SteeringError as error:
            return _write_problem(Problem(error.problem, str(error)), start_response, is_head=is_head)
        except wire.BrokenOff:
            raise
        except ApiError as error:
            answer = self._lost(error)
        except Exception:  # whatever it is, it must not leave without an envelope
            error_id = f"{next(self._numbers):016x}"
            log.exception("request %s to %s failed", error_id, found.template)
            answer = self._lost(
                InternalError(f"Unexpected error, request {error_id}", reason="internal-error"), error_id
            )
        return wire.write(answer.status, answer.headers, answer.body, start_response, is_head=is_head)

    def _answer(self, environ: Environ, found: PathMatch) -> _Answer:
        began, call = self._world.clock.elapsed(), wire.call_of(environ)
        if not self._hosts.allows_api(call.header("host")):
            raise InvalidRequest("The Host header names another server", reason="host-not-allowed")
        visit = find.visit(self._world, call, found)
        request_id = f"{self._world.ids_of(visit.session).bits('requests', 64):016x}"
        if visit.wanted is not NONE or visit.session.fault_rules:
            visit = faults.meet(self._world, visit)
        reply, error = self._perform(visit, request_id)
        if visit.met is not None or reply.met is not None:
            reply = faults.on_answer(reply, visit.met)
        body = wire.body_of(reply)
        is_own = reply.fault is None and (reply.wanted is None or not reply.wanted.is_forced)
        if self._world.settings.self_check and visit.operation is not None and is_own:
            fault = self_check.fault(visit.operation, reply, body)
            if fault is not None:
                log.error("self-check of request %s: %s", request_id, fault)
                error = InternalError(f"The mock broke its own contract, request {request_id}", reason="self-check")
                reply = reply_to(error)
                body = wire.body_of(reply)
        extra = _mock_headers(visit, reply, error, request_id) if self._world.settings.mock_headers else []
        headers = wire.headers_of(reply, body, extra)
        millis = (self._world.clock.elapsed() - began) * 1000
        applied = ", ".join(_wanted_of(visit, reply).applied()) or None
        answered = Answered(request_id, reply, body, headers, millis, applied, reply.fault, began)
        remember(self._world, visit, environ, answered, reads_on=not isinstance(error, PayloadTooLarge))
        if visit.delay:
            hold(visit.delay)
        if reply.injected is not None:
            headers = [*headers, wire.mark(reply.injected, self._world.settings.wire_faults)]
        return _Answer(reply.status, headers, body)

    def _perform(self, visit: Visit, request_id: str) -> tuple[Reply, ApiError | None]:
        try:
            return pipeline.perform(self._world, self._functions, visit), None
        except SteeringError:
            raise
        except faults.GatewayPage as due:
            page = page_reply(due.page.status, due.page.body, due.wanted or visit.wanted)
            return page._replace(met=due.met, fault=due.met.by), None
        except ApiError as error:
            return reply_to(error), error
        except Exception:  # whatever it is, it must not leave without an envelope
            log.exception("request %s failed", request_id)
            failure = InternalError(f"Unexpected error, request {request_id}", reason="internal-error")
            return reply_to(failure), failure

    def _lost(self, error: ApiError, error_id: str | None = None) -> _Answer:
        """Answer a call that belongs to no session yet: a refused Host, or a fault of the mock itself."""
        reply = reply_to(error)
        extra = [("X-Mock-Server", VERSION), ("X-Mock-Error", str(error.reason))]
        if error_id is not None:
            extra.append(("X-Mock-Request-Id", error_id))
        body = wire.body_of(reply)
        headers = wire.headers_of(reply, body, extra if self._world.settings.mock_headers else [])
        return _Answer(reply.status, headers, body)


def _mock_headers(visit: Visit, reply: Reply, error: ApiError | None, request_id: str) -> HeaderList:
    headers = [
        ("X-Mock-Server", VERSION),
        ("X-Mock-Session", visit.session.id),
        ("X-Mock-Request-Id", request_id),
    ]
    if visit.operation is not None:
        headers.append(("X-Mock-Operation", visit.operation.id))
    if (verdict := reply.idempotency if error is None else error.idempotency) is not None:
        headers.append(("X-Mock-Idempotency", verdict))
    if reply.fault is not None:
        headers.append(("X-Mock-Fault", reply.fault))
    if error is not None and error.reason is not None:
        headers.append(("X-Mock-Error", error.reason))
        if error.pointers:
            headers.append(("X-Mock-Error-Pointer", _bounded(error.pointers)))
    if applied := _wanted_of(visit, reply).applied():
        headers.append(("Preference-Applied", ", ".join(applied)))
    if warnings := (*visit.warnings, *_wanted_of(visit, reply).warnings, *_credential_warnings(visit), *reply.warnings):
        headers.append(("X-Mock-Warnings", _bounded(warnings)))
    return headers


def _wanted_of(visit: Visit, reply: Reply) -> Preferences:
    return visit.wanted if reply.wanted is None else reply.wanted


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


def unknown_session(error: find.UnknownSession) -> Problem:
    """Return the problem of a call whose `X-Mock-Session` names a session that does not exist."""
    return Problem("unknown-session", f"There is no session {str(error)[:64]!r}; GET /__admin/sessions lists them")


def _write_problem(problem: Problem, start_response: StartResponse, *, is_head: bool) -> list[bytes]:
    body = json.dumps(problem.body()).encode()
    headers = [wire.SERVER, ("Content-Type", PROBLEM_TYPE), ("Content-Length", str(len(body)))]
    start_response(STATUS_LINES[problem.status], headers)
    return [b"" if is_head else body]
