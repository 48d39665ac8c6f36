"""What a fault makes of an answer: the answers in place of the operation's, and those that are spoilt on their way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from tutorflow_mock.domain.errors import ApiError, InternalError, RateLimitExceeded
from tutorflow_mock.domain.faults import GATEWAY_PAGES, LONGEST_SILENCE, Injected
from tutorflow_mock.domain.strict_json import compact

HTML = "text/html; charset=utf-8"
Json: TypeAlias = dict[str, Any]

_RETRY_AFTER = 30  # seconds: what the error guide asks clients to wait
_FUTURE_ID = "00000000-0000-4000-8000-00000000f070"
_FUTURE: Json = {"futureField": {"since": "tomorrow", "values": [1, None, True]}}
_PAUSED = "paused"


class Page(NamedTuple):
    """An answer of a gateway in front of the API, in HTML; `status` is one of the names of GATEWAY_PAGES."""

    status: str
    body: bytes


class Spoilt(NamedTuple):
    """A body after a fault; `media_type` is None where it stays as it was."""

    body: bytes
    media_type: str | None = None


def refusal(injected: Injected) -> ApiError | None:
    """Return the error of the API that a fault is, if it is one."""
    name = injected.fault.name
    if name == "INTERNAL_ERROR":
        return InternalError("Unexpected error", reason="fault")
    if name == "RATE_LIMITED":
        seconds = injected.options.get("retryAfter", _RETRY_AFTER)
        return RateLimitExceeded("Rate limit exceeded", reason="fault", headers=(("Retry-After", str(seconds)),))
    return None


def page(injected: Injected) -> Page:
    """Return what GATEWAY_ERROR answers."""
    status = str(injected.options.get("status", "bad-gateway"))
    title = GATEWAY_PAGES[status]
    text = f"<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n</body>\n</html>\n"
    return Page(status, text.encode())


def silence(injected: Injected) -> int:
    """Return for how many milliseconds TIMEOUT is silent before it hangs up."""
    return int(injected.options.get("milliseconds", LONGEST_SILENCE))


def spoil(injected: Injected, body: bytes) -> Spoilt:
    """Return what an answer has become after a fault; what the fault cannot hit, and a fault of the wire, stays."""
    match injected.fault.name:
        case "TRUNCATED_JSON":
            return Spoilt(body[: len(body) // 2])
        case "WRONG_CONTENT_TYPE":
            return Spoilt(body, HTML)
        case name if body and name in _CHANGES:
            value = json.loads(body)
            return Spoilt(compact(_CHANGES[name](cast("Json", value))).encode() if isinstance(value, dict) else body)
        case _:
            return Spoilt(body)


def _with_unknown_status(value: Json) -> Json:
    """Let a job be in a state that this revision does not know."""
    job = value.get("job")
    if isinstance(job, dict):
        return value | {"job": _with_unknown_status(cast("Json", job))}
    return value | {"status": _PAUSED} if isinstance(value.get("status"), str) else value


def _with_extra_fields(value: Json) -> Json:
    """Add a field to every object that a client is likely to read strictly, and a product that nobody asked for."""
    grown = {name: _grown(member) for name, member in value.items()}
    rows = cast("list[Json]", grown.get("outputs") or [])
    if rows and "outputType" in rows[0]:
        future = {"id": _FUTURE_ID, "outputType": "future_output", "resourceType": "future_resource"}
        grown["outputs"] = [*rows, rows[0] | future]
    return grown | _FUTURE


def _grown(member: object) -> object:
    if isinstance(member, dict):
        return cast("Json", member) | _FUTURE
    if isinstance(member, list):
        return [_grown(item) for item in cast("list[object]", member)]
    return member


def _without_a_manifest(value: Json) -> Json:
    """Lose the manifest of the last finished product, in its row and in the combined one."""
    rows: list[Json] = value.get("outputs", [])
    hit = next((row for row in reversed(rows) if row.get("manifest")), None)
    if hit is None:
        return value
    combined: Json = value["manifest"]
    left = [line for line in combined["outputs"] if line["outputType"] != hit["outputType"]]
    rows = [row | {"manifest": None} if row is hit else row for row in rows]
    return value | {"outputs": rows, "manifest": combined | {"outputs": left}}


_CHANGES: Mapping[str, Callable[[Json], Json]] = {
    "UNKNOWN_STATUS": _with_unknown_status,
    "EXTRA_FIELDS": _with_extra_fields,
    "MISSING_MANIFEST": _without_a_manifest,
}
