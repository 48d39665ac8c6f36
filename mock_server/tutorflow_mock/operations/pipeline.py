"""The steps between a found operation and its function: authenticate, count, read, validate, operate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tutorflow_mock.domain import strict_json
from tutorflow_mock.domain.clock import http_date
from tutorflow_mock.domain.errors import (
    ApiError,
    FailedValidation,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    RateLimitExceeded,
    Unprocessable,
    refusal,
)
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.domain.preferences import NONE
from tutorflow_mock.domain.rate_windows import WINDOW, Slot
from tutorflow_mock.operations import access, faults
from tutorflow_mock.operations.call import Request
from tutorflow_mock.operations.find import KEY_SCHEME
from tutorflow_mock.operations.forced import forced
from tutorflow_mock.stores.base import Meter, SessionEnded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.errors import Headers
    from tutorflow_mock.domain.rate_windows import Algorithm
    from tutorflow_mock.operations.call import Reply, Visit
    from tutorflow_mock.operations.registry import Function
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Operation

_JSON = "application/json"
_NO_BODY: Mapping[str, Any] = {}


def perform(world: World, functions: Mapping[str, Function], visit: Visit) -> Reply:
    """Take a visit through all steps to its answer; raise ApiError where the API refuses."""
    operation = visit.operation
    if operation is None:
        raise _unknown_method(visit)
    if visit.wanted is NONE and visit.met is None:
        return _perform(world, functions, visit, operation)
    return _perform_as_wanted(world, functions, visit, operation)


def _perform_as_wanted(world: World, functions: Mapping[str, Function], visit: Visit, operation: Operation) -> Reply:
    """Take a visit that wants or meets something through its steps; forced answers and faults come first."""
    wanted = visit.wanted
    if wanted.is_forced:
        return forced(operation, visit.values, wanted)._replace(wanted=wanted)
    reply = faults.in_place(visit, visit.met) or _perform(world, functions, visit, operation)
    return reply if reply.wanted is not None else reply._replace(wanted=wanted)


def _perform(world: World, functions: Mapping[str, Function], visit: Visit, operation: Operation) -> Reply:
    try:
        access.authenticate(world, visit, operation)
        if operation.security != KEY_SCHEME:
            return _serve(world, functions, visit, operation)
        return _serve_counted(world, functions, visit, operation)
    except SessionEnded as error:
        raise access.session_ended(visit, operation) from error


def _serve_counted(world: World, functions: Mapping[str, Function], visit: Visit, operation: Operation) -> Reply:
    if visit.wanted.ratelimit is not None:
        raise _too_many(visit, _full_window(visit))
    meter = _meter(visit, operation)
    slot = world.store.take_rate_slot(visit.session.id, meter, visit.now)
    warnings = ("clock-frozen-window",) if _is_stuck(visit, slot) else ()
    try:
        if not slot.allowed:
            raise _too_many(visit, slot)
        reply = _serve(world, functions, visit, operation)
    except ApiError as error:
        if slot.allowed and visit.values["rate.rejected-calls"] == "count-none":
            world.store.give_rate_slot_back(visit.session.id, meter, slot.at)
        error.warnings += warnings
        raise
    return reply._replace(warnings=(*warnings, *reply.warnings)) if warnings else reply


def _full_window(visit: Visit) -> Slot:
    limit = cast("KeyCredential", visit.credential).key.rate_limit
    return Slot(
        allowed=False, used=limit or 0, limit=limit, opens_at=visit.now - visit.now % WINDOW + WINDOW, at=visit.now
    )


def _serve(world: World, functions: Mapping[str, Function], visit: Visit, operation: Operation) -> Reply:
    try:
        body, raw = _read_body(visit, operation) if operation.body is not None else (_NO_BODY, b"")
        _check_parameters(visit, operation)
        return functions[operation.id](world, Request(visit, operation, body, raw))
    except FailedValidation as error:
        if visit.values["validation.status"] == "reject-400":
            raise
        raise Unprocessable(error.message, reason=error.reason, pointers=error.pointers) from error


def _unknown_method(visit: Visit) -> ApiError:
    error = cast("type[ApiError]", refusal(visit.values["request.wrong-method"]))
    if error is NotFound:
        return NotFound("There is nothing here", reason="unknown-operation")
    allow = ", ".join(visit.allowed)
    return error(f"This path answers {allow}", reason="wrong-method", headers=(("Allow", allow),))


def _meter(visit: Visit, operation: Operation) -> Meter:
    credential = cast("KeyCredential", visit.credential)
    values = visit.values
    return Meter(
        credential.key.id,
        "" if values["rate.scope"] == "key" else operation.id,
        cast("Algorithm", values["rate.window"]),
        values["key.last-used"] == "authenticated-calls",
    )


def _is_stuck(visit: Visit, slot: Slot) -> bool:
    """Tell whether a window is four fifths full and will never end by itself, because its clock stands."""
    return visit.session.clock.frozen_at is not None and slot.limit is not None and 5 * slot.used >= 4 * slot.limit


def _too_many(visit: Visit, slot: Slot) -> RateLimitExceeded:
    """Return the refusal of a call for which the key's window has no slot (F-090, S52)."""
    headers = _retry_after(visit, slot) + _limit_headers(visit, slot)
    return RateLimitExceeded("Rate limit exceeded", reason="rate-limit", headers=headers)


def _retry_after(visit: Visit, slot: Slot) -> Headers:
    match visit.values["rate.retry-after"]:
        case "seconds":
            return (("Retry-After", str(_seconds_left(slot))),)
        case "http-date":
            return (("Retry-After", http_date(slot.opens_at)),)
        case _:
            return ()


def _seconds_left(slot: Slot) -> int:
    return max(1, -(-(slot.opens_at - slot.at) // 1000))


def _limit_headers(visit: Visit, slot: Slot) -> Headers:
    """Return the further headers of a 429, in the names that `rate.headers` says."""
    match visit.values["rate.headers"]:
        case "x-ratelimit":
            reset = -(-slot.opens_at // 1000)
            names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
            return tuple(zip(names, (str(slot.limit), "0", str(reset)), strict=True))
        case "ratelimit-draft":
            seconds = _seconds_left(slot)
            return (
                ("RateLimit-Policy", f'"key";q={slot.limit};w={slot.length // 1000}'),
                ("RateLimit", f'"key";r=0;t={seconds}'),
            )
        case _:
            return ()


def _check_parameters(visit: Visit, operation: Operation) -> None:
    for parameter in operation.parameters:
        if parameter.where != "header":
            continue
        value = visit.call.header(parameter.name.lower())
        if value is None:
            continue
        if violations := parameter.schema.violations(value, parameter.name):
            raise FailedValidation(f"Validation failed: {violations[0].message}", reason="invalid-header")


def _read_body(visit: Visit, operation: Operation) -> tuple[Mapping[str, Any], bytes]:
    limit = cast("int", visit.values["request.max-body-bytes"])
    try:
        raw = visit.call.read(limit)
    except PayloadTooLarge as error:
        kind = cast("type[ApiError]", refusal(visit.values["request.too-large"]))
        raise kind(error.message, reason=error.reason) from error
    _check_media_type(visit)
    value = strict_json.loads(raw, unique_keys=visit.values["request.duplicate-keys"] == "reject-400")
    if violations := operation.body.schema.violations(value) if operation.body is not None else ():
        pointers = tuple(dict.fromkeys(violation.fragment for violation in violations))
        raise FailedValidation(f"Validation failed: {violations[0].message}", reason="invalid-body", pointers=pointers)
    return cast("Mapping[str, Any]", value), raw


def _check_media_type(visit: Visit) -> None:
    if visit.values["request.bad-media-type"] != "accept":
        _check_content_type(visit)
    coding = visit.call.header("content-encoding")
    if coding is not None and coding.lower() != "identity":
        raise InvalidRequest("A body must not be compressed", reason="content-encoding")


def _check_content_type(visit: Visit) -> None:
    media_type, *parameters = (visit.call.header("content-type") or "").lower().split(";")
    charset = next((p.partition("=")[2].strip(' "') for p in parameters if p.strip().startswith("charset=")), "utf-8")
    if media_type.strip() != _JSON or charset not in {"utf-8", "utf8"}:
        kind = cast("type[ApiError]", refusal(visit.values["request.bad-media-type"]))
        raise kind(f"The body must be sent as {_JSON} in UTF-8", reason="media-type")
