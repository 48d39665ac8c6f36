"""What happened in a session, for whoever looks at a test that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tutorflow_mock.remote import RemoteError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tutorflow_mock.testing.session import TutorflowSession

_JOBS, _DELIVERIES, _CALLS = 10, 20, 20


def story_of(session: TutorflowSession, *, lint: bool = False) -> str:
    """Return a session's clock, jobs with their timelines, deliveries and last calls, and its findings if asked."""
    lines: list[str] = []
    try:
        for part in (_head, _jobs, _deliveries, _calls, _misses, *((_findings,) if lint else ())):
            lines.extend(part(session))
    except (RemoteError, Unreachable) as error:
        lines.append(f"(the mock tells no more: {error})")
    return "\n".join(lines)


def _head(session: TutorflowSession) -> Iterator[str]:
    clock = session.clock.show(limit=1)
    yield f"contract {session.revision} · clock {clock['mode']} at {clock['now']} · {session.base_url}"


def _jobs(session: TutorflowSession) -> Iterator[str]:
    jobs = list(session.jobs)
    if not jobs:
        yield "no job was made"
    if len(jobs) > _JOBS:
        yield f"… {len(jobs) - _JOBS} older jobs"
    for job in jobs[-_JOBS:]:
        yield f"job {job.id}: {job.status} after {job.reads} reads, for {', '.join(job.requested_outputs)}"
        yield from (f"  {line}" for line in session.jobs.timeline_text(job.id).splitlines())


def _deliveries(session: TutorflowSession) -> Iterator[str]:
    found = session.webhooks.deliveries(_DELIVERIES)
    for each in reversed(found):
        yield f"delivery {each['event']} to {each['url']}: {each['status']}"
        yield from (f"  {_attempt(row)}" for row in session.webhooks.attempts(each["id"]))


def _attempt(row: dict[str, Any]) -> str:
    came = row["error"] or row["responseStatus"] or "under way"
    notes = [str(row[name]) for name in ("misbehaviour", "diagnosis") if row.get(name)]
    return " · ".join([f"{row['at']} attempt {row['number']}: {came}", *notes])


def _calls(session: TutorflowSession) -> Iterator[str]:
    rules = {row["id"]: f"fault {row.get('fault') or 'of a rule'}" for row in session.faults.list()["faults"]}
    told = session.requests.list(limit=_CALLS)
    older = told["meta"]["total"] - len(told["requests"])
    if older > 0:
        yield f"… {older} older calls"
    for each in reversed(told["requests"]):
        request, answer, mock = each["request"], each["responseDefinition"], each["mock"]
        operation = mock["operation"] or "no operation of the contract"
        notes = [str(mock[name]) for name in ("idempotency", "applied") if mock.get(name)]
        notes += [rules.get(mock["fault"], f"fault by {mock['fault']}")] if mock.get("fault") else []
        yield " · ".join([f"call {request['method']} {request['url']} → {answer['status']}", operation, *notes])


def _misses(session: TutorflowSession) -> Iterator[str]:
    """Tell what calls of no operation may have meant."""
    nearest: dict[str, str] = {}
    for each in session.remote.get("requests", "unmatched", "near-misses")["nearMisses"]:
        request, operation = each["request"], each["operation"]
        if operation is not None:
            nearest.setdefault(f"{request['method']} {request['url']}", f"{operation['method']} {operation['path']}")
    yield from (f"near miss: {sent} is no operation; {known} is" for sent, known in nearest.items())


def _findings(session: TutorflowSession) -> Iterator[str]:
    yield from map(str, session.lint())
