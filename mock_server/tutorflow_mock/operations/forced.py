"""Forced answers: an example of the contract in place of the operation; nothing is stored, counted or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain.steering_errors import NoResponseDefined
from tutorflow_mock.operations.call import Reply
from tutorflow_openapi.operation import is_met

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tutorflow_mock.domain.model import Value
    from tutorflow_mock.domain.preferences import Preferences
    from tutorflow_openapi import Operation, Response


def forced(operation: Operation, values: Mapping[str, Value], wanted: Preferences) -> Reply:
    """Return the example that the preferences `code` and `example` name; raise NoResponseDefined if there is none.

    A status may be declared for other behaviour values than those in force. Without a name the status's first example
    is taken; without a status all of them are searched, those in force first.
    """
    if wanted.code is None:
        return _named(_by_force(operation, values), values, str(wanted.example), operation)
    response = operation.responses.get(wanted.code)
    if response is None:
        known = ", ".join(map(str, operation.responses))
        raise NoResponseDefined("code", f"{operation.id} declares no {wanted.code:03d}; its statuses are {known}")
    if wanted.example is not None:
        return _named((response,), values, wanted.example, operation)
    return _reply(response, values, next(iter(response.examples.values()), None))


def _by_force(operation: Operation, values: Mapping[str, Value]) -> tuple[Response, ...]:
    """Return the answers of an operation: those that the behaviours ask for, the plain ones, those of other values."""

    def rank(response: Response) -> int:
        return 1 if not response.when else 0 if response.holds(values) else 2

    return tuple(sorted(operation.responses.values(), key=rank))


def _named(responses: tuple[Response, ...], values: Mapping[str, Value], name: str, operation: Operation) -> Reply:
    for response in responses:
        if name in response.examples:
            return _reply(response, values, response.examples[name])
    known = ", ".join(dict.fromkeys(each for response in responses for each in response.examples))
    raise NoResponseDefined("example", f"{operation.id} has no such example there; it has {known or 'none'}")


def _reply(response: Response, values: Mapping[str, Value], body: object) -> Reply:
    return Reply(response.status, body, headers=tuple(_headers(response, values)))


def _headers(response: Response, values: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Return the examples of the headers; one that marks a success as special, such as a replay, is not sent."""
    for header in response.headers.values():
        is_sent = not header.when or (is_met(header.when, values) and not response.is_success)
        if is_sent and header.examples:
            yield header.name, str(next(iter(header.examples.values())))
