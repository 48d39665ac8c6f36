"""Questions that several suites ask of an answer: is it an error of this kind, a job, a set of outputs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tutorflow_conformance.exchange import Exchange, member, objects
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_openapi.document import is_array, is_object

INVALID_KEY, INVALID_REQUEST, FORBIDDEN = "content_invalid_api_key", "content_invalid_request", "content_forbidden"
NOT_FOUND, CONFLICT, LIMITED = "content_not_found", "content_conflict", "content_rate_limit_exceeded"
INTERNAL = "content_internal_error"
UNAUTHORISED = 401
STATES = ("queued", "processing", "completed", "failed")
TERMINAL = frozenset(("completed", "failed"))
CANONICAL = ("interactive_module", "summary_video", "expanded_quiz")


def refused(judge: Judge, exchange: Exchange, code: str, status: int | None = None) -> None:
    """The sentence: refused with this code. Its status, if told, counts as much as the code."""
    wanted = f"{status or '4xx'} {code}"
    right = exchange.code == code and (status is None or exchange.status == status) and not exchange.is_success
    judge.must(right, exchange, expected=wanted)


def refused_detail(judge: Judge, exchange: Exchange, code: str, status: int) -> None:
    """The sentence: refused with this code; the status is a detail in ⟦…⟧."""
    judge.must(exchange.code == code and not exchange.is_success, exchange, expected=f"refused with {code}")
    judge.detail(exchange.status == status, exchange, expected=str(status))


def invalid_status(judge: Judge) -> int:
    """Return the status of a failed validation under the behaviour in force."""
    return judge.seen.contract.errors[INVALID_REQUEST] if judge.values["validation.status"] == "reject-400" else 422


def job(exchange: Exchange) -> Mapping[str, Any]:
    """Return the job that an answer holds, flat or under `job`; empty if it holds none."""
    nested = member(exchange.json, "job")
    if is_object(nested):
        return nested
    return exchange.json if is_object(exchange.json) else {}


def outputs(exchange: Exchange) -> list[dict[str, Any]]:
    """Return the output rows that an answer holds."""
    rows = member(exchange.json, "outputs")
    return objects(rows if is_array(rows) else member(exchange.json, "job", "outputs"))


def types(exchange: Exchange) -> list[Any]:
    """Return the output types of an answer's rows, in their order."""
    return [row.get("outputType") for row in outputs(exchange)]


def instant(text: object) -> datetime | None:
    """Return the instant that a text in RFC 3339 names; None if it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def made(judge: Judge, step: str) -> Exchange:
    """Return the create of a step if it made a job; Undecided if it was refused."""
    exchange = judge.one(step)
    if not exchange.is_success:
        raise Undecided(f"{exchange.id}, which should have made a job, was answered {exchange.status}")
    return exchange


def first_use_after(judge: Judge, step: str) -> None:
    """The sentence: creates of this step, refused under M's key, left no trace, so that M itself was a first use."""
    first = judge.one("m.create")
    for tried in judge.all(step):
        if tried.is_success or tried.status == first.status:
            raise Undecided(f"{tried.id} and {first.id} were both answered {first.status}: no telling what the key did")
        judge.must(first.is_success, tried, first, expected="a new job under the key of the refused create")


def ended(judge: Judge, step: str) -> list[Exchange]:
    """Return the answered 200s of a step about a job that has ended; Undecided if the job has not."""
    judge.known("M ended")
    found = [x for x in judge.all(step) if x.is_success]
    if not found:
        raise Undecided(f"the step {step} got no 2xx")
    return found
