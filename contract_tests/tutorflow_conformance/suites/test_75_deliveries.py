"""Deliveries: what a receiver gets, signed how, when, and how often."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.evidence import Arrival, job_of, told
from tutorflow_conformance.exchange import NOTHING, Exchange, header, items, member
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.signature import EVENT_HEADER, SIGNATURE_HEADER
from tutorflow_conformance.suites.looks import TERMINAL, instant, job, outputs
from tutorflow_conformance.traffic.deliveries import BOTH, COMPLETED, FAILED, FLAKY, MOVED, OURS, THEIRS

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = ("jobId", "status", "sourceType", "requestedOutputs", "completedAt")
_SHARE = "/share/"
_REDIRECTED = "redirected"
_SUCCESS = range(200, 300)
_M = ("hooks.subscribe", "m.finish", "hooks.on-receipt")


@requirement("HOOK-003", "hooks.unsubscribed", "hooks.c-told")
def test_a_deleted_subscription_gets_nothing_more(judge: Judge) -> None:
    """After delete no event of a job that ends later arrives."""
    late = judge.known("C")
    gone = judge.one("hooks.unsubscribed")
    if not gone.is_success:
        raise Undecided(f"{gone.id}: the subscription could not be deleted ({gone.status})")
    if not _of(judge, BOTH, late):
        raise Undecided("nobody was told of the job that ended later")
    if not _ended_after(judge, late, gone):
        raise Undecided(f"job C may have ended before {gone.id}, which deleted the subscription, was answered")
    arrived = [each for each in _of(judge, COMPLETED, late) if each.at > gone.ended]
    judge.must(not arrived, gone, *arrived, expected="no delivery after the subscription was deleted")


@requirement("HOOK-004", *_M)
def test_a_completed_job_is_told_to_all_that_listen(judge: Judge) -> None:
    """A completed job sends `content.completed` to every active subscription to it."""
    name = _ended(judge, "completed")
    for endpoint in OURS:
        judge.known(f"{endpoint} id")
        found = _of(judge, endpoint, name)
        judge.must(
            found, *judge.seen.reads(name)[-1:], expected=f"a delivery to the endpoint {endpoint}", observed="none"
        )


@requirement("HOOK-005", *_M)
def test_deliveries_are_signed(judge: Judge) -> None:
    """Signature is 64 lowercase hex digits of HMAC-SHA256(secret as issued, raw body), no prefix."""
    for arrival in _ours(judge):
        sent = header(arrival.headers, SIGNATURE_HEADER) or ""
        judge.must(
            _DIGEST.fullmatch(sent), arrival, expected="64 lowercase hex digits", observed=sent or "no signature"
        )
        valid = arrival.facts.get("signature") == "valid" or arrival.facts.get("signed with")
        judge.must(valid, arrival, expected="a valid signature", observed=arrival.facts.get("signature"))


@requirement("HOOK-006", *_M)
def test_the_event_header_names_the_event(judge: Judge) -> None:
    """`X-Content-Integration-Event` names the event, in agreement with the body's status."""
    for arrival in _ours(judge):
        event = header(arrival.headers, EVENT_HEADER)
        known = event in {"content.completed", "content.failed"}
        judge.must(known, arrival, expected="content.completed or content.failed", observed=event)
        agrees = event == f"content.{told(arrival.body).get('status')}"
        judge.detail(agrees, arrival, expected="the event of the body's status", observed=event)


@requirement("HOOK-007", *_M)
def test_deliveries_say_what_they_must(judge: Judge) -> None:
    """The body has job id, status, source type, requested outputs and completion time."""
    for arrival in _ours(judge):
        fields = told(arrival.body)
        values = [job_of(arrival.body), *(fields.get(name) for name in _FIELDS[1:])]
        judge.must(all(each is not None for each in values), arrival, expected="the five things that the guide lists")
        missing = [name for name in _FIELDS if name not in fields]
        judge.detail(not missing, arrival, expected=", ".join(_FIELDS), observed=f"without {missing}")


@requirement("HOOK-008", "hooks.f-told")
def test_a_failed_job_is_told(judge: Judge) -> None:
    """A failed job sends `content.failed`."""
    judge.known(f"{FAILED} id")
    name = judge.known("F")
    if not any(job(read).get("status") == "failed" for read in judge.seen.reads(name)):
        raise Undecided("the job did not fail when it was told to")
    found = _of(judge, FAILED, name)
    judge.must(found, *judge.seen.reads(name)[-1:], expected="a delivery of content.failed", observed="none")
    for arrival in found:
        event = header(arrival.headers, EVENT_HEADER)
        judge.must(event == "content.failed", arrival, expected="content.failed", observed=event)


@requirement("HOOK-009", *_M)
def test_only_subscribed_events_arrive(judge: Judge) -> None:
    """Nothing else does."""
    _ended(judge, "completed")
    for endpoint, event in ((COMPLETED, "content.completed"), (FAILED, "content.failed")):
        for arrival in judge.seen.arrivals:
            if arrival.endpoint == endpoint:
                shown = header(arrival.headers, EVENT_HEADER)
                judge.must(shown == event, arrival, expected=f"{event} alone", observed=shown)
    judge.must(holds=True, expected="subscribed events alone")


@requirement("HOOK-010", *_M, "hooks.retried")
def test_a_refused_delivery_is_sent_again(judge: Judge) -> None:
    """A delivery answered with non-2xx is sent again, on the schedule."""
    schedule = judge.values["webhook.retry-schedule"]
    if not isinstance(schedule, tuple) or not schedule:
        raise Undecided("the retry schedule is empty")
    found = _refused(judge, FLAKY)
    judge.must(len(found) > 1, *found, expected="another attempt after a 500", observed=f"{len(found)} attempt")


@requirement("HOOK-011", *_M, "hooks.retried")
def test_retries_are_signed_like_the_first(judge: Judge) -> None:
    """Every retry is validly signed over its own bytes; the same bytes, the same signature."""
    found = _refused(judge, FLAKY)
    if len(found) < 2:
        raise Undecided("nothing was sent again")
    first = found[0]
    for again in found[1:]:
        valid = again.facts.get("signature") == "valid"
        judge.must(valid, again, expected="a valid signature", observed=again.facts.get("signature"))
        judge.detail(again.body == first.body, first, again, expected="the same bytes")
        same = header(again.headers, SIGNATURE_HEADER) == header(first.headers, SIGNATURE_HEADER)
        judge.detail(same, first, again, expected="the same signature")


@requirement("HOOK-012", *_M)
def test_deliveries_may_be_repeated(judge: Judge) -> None:
    """A delivery may be repeated after a 2xx: counted, never judged."""
    judge.must(len(_of(judge, BOTH, _told(judge))) == 1, expected="one delivery")


@requirement("HOOK-013", *_M)
def test_the_result_is_there_on_receipt(judge: Judge) -> None:
    """On receipt of a delivery the result is available, with manifests if completed."""
    _, result = _on_receipt(judge)
    judge.must(result.is_success, result, expected="a result on receipt of the delivery")
    if job(result).get("status") == "completed":
        rows = outputs(result)
        complete = bool(rows) and all(isinstance(row.get("manifest"), dict) for row in rows)
        judge.must(complete, result, expected="a manifest for every output")


@requirement("HOOK-014", *_M)
def test_deliveries_say_what_status_says(judge: Judge) -> None:
    """Body fields equal the status operation's."""
    name = _told(judge)
    reads = [x for x in judge.seen.reads(name) if job(x).get("status") in TERMINAL]
    if not reads:
        raise Undecided("the job was never read after its end")
    shown = job(reads[-1])
    for arrival in (each for endpoint in OURS for each in _of(judge, endpoint, name)):
        for field in ("status", "sourceType", "requestedOutputs", "completedAt"):
            value = told(arrival.body).get(field)
            if value is not None:
                same = value == shown.get(field)
                judge.must(same, arrival, reads[-1], expected=f"{field} {shown.get(field)}", observed=value)


@requirement("HOOK-015", *_M)
def test_no_delivery_comes_before_the_end(judge: Judge) -> None:
    """A status read on receipt is terminal."""
    status, _ = _on_receipt(judge)
    shown = job(status).get("status")
    judge.must(shown in TERMINAL, status, expected="a terminal state on receipt", observed=shown)


@requirement("HOOK-018", *_M)
def test_each_subscription_has_its_own_secret(judge: Judge) -> None:
    """Two subscriptions have distinct ids and secrets; each delivery is signed with its own."""
    made = [x for x in judge.all("hooks.subscribe") if x.is_success]
    for name in ("id", "secret"):
        shown = [member(x.json, name) for x in made]
        judge.must(len(set(map(str, shown))) == len(shown), *made, expected=f"a {name} of its own", observed=shown)
    for arrival in _ours(judge):
        signed_with = items(arrival.facts.get("signed with"))
        foreign = bool(signed_with) and arrival.endpoint not in signed_with
        judge.must(not foreign, arrival, expected=f"the secret of {arrival.endpoint}", observed=signed_with)


@requirement("HOOK-019", *_M, "hooks.theirs", "tenancy.same-key")
def test_nothing_goes_to_another_organization(judge: Judge) -> None:
    """Nothing is delivered to another organization's endpoint."""
    judge.known(f"{THEIRS} id")
    theirs = judge.known("X")
    for arrival in judge.seen.arrivals:
        about = job_of(arrival.body)
        if arrival.endpoint == THEIRS:
            judge.must(about == theirs, arrival, expected="nothing of ours", observed=f"the job {about}")
        elif arrival.endpoint != _REDIRECTED:
            judge.must(about != theirs, arrival, expected="nothing of theirs", observed=f"the job {about}")
    _told(judge)
    judge.must(holds=True, expected="nothing of others")


@requirement("HOOK-020", *_M, "hooks.retried")
def test_a_redirect_is_a_failure(judge: Judge) -> None:
    """A 3xx is not followed and counts as failure."""
    found = _refused(judge, MOVED)
    followed = [each for each in judge.seen.arrivals if each.endpoint == _REDIRECTED]
    judge.must(not followed, *found, *followed, expected="no redirect followed")
    again = len(found) > 1
    judge.must(again, *found, expected="another attempt after a redirect", observed=f"{len(found)} attempt")


@requirement("HOOK-021", *_M)
def test_a_dead_endpoint_holds_nobody_up(judge: Judge) -> None:
    """The delay is under one timeout."""
    name = _told(judge)
    limit = float(str(judge.values["webhook.timeout"]))
    told_at = [[_time(each) for each in _of(judge, endpoint, name)] for endpoint in OURS]
    first = [min(times) for times in told_at if times]
    apart = max(first) - min(first)
    judge.must(
        apart < limit, expected=f"first deliveries within {limit:.0f} s of each other", observed=f"{apart:.1f} s"
    )


@requirement("HOOK-022", *_M)
def test_deliveries_hold_nothing_secret(judge: Judge) -> None:
    """No source payload, API key or secret; no share token."""
    for arrival in _ours(judge):
        text = arrival.body.decode("utf-8", "replace")
        judge.must(MARK not in text, arrival, expected="no credential or secret")
        judge.must('"payload"' not in text and "Hello, Min." not in text, arrival, expected="nothing of the payload")
        judge.detail(_SHARE not in text, arrival, expected="no share link")


@requirement("HOOK-023", "hooks.subscribe", "b.create", "hooks.b-told")
def test_text_beyond_ascii_verifies(judge: Judge) -> None:
    """A body with non-ASCII text verifies over its raw bytes; content type JSON."""
    found = _of(judge, BOTH, judge.known("B"))
    if not found:
        raise Undecided("nothing was delivered about the job with text beyond ASCII")
    for arrival in found:
        valid = arrival.facts.get("signature") == "valid"
        judge.must(valid, arrival, expected="a valid signature", observed=arrival.facts.get("signature"))
        media = (header(arrival.headers, "Content-Type") or "").lower().partition(";")[0].strip()
        is_json = media == "application/json" and arrival.json is not NOTHING
        judge.must(is_json, arrival, expected="application/json", observed=media)


@requirement("HOOK-024", "hooks.subscribe", "exports.make", "hooks.export-told")
def test_an_export_is_told(judge: Judge) -> None:
    """An export sends `content.completed`."""
    judge.known(f"{BOTH} id")
    found = _of(judge, BOTH, judge.known("export"))
    judge.must(found, judge.one("exports.make"), expected="a delivery about the export", observed="none")


@requirement("HOOK-025", *_M, also=("hooks.c-told", "hooks.b-told"))
def test_each_ended_job_is_told_at_least_once(judge: Judge) -> None:
    """Polled or not."""
    _told(judge)
    for letter in ("M", "B", "C"):
        name, final = judge.seen.notes.get(letter), judge.seen.notes.get(f"{letter} ended")
        waited = letter == "M" or judge.seen.notes.get(f"waited for {letter}")
        if name and final and waited:
            reads = judge.seen.reads(name)[-1:]
            judge.must(_of(judge, BOTH, name), *reads, expected=f"a delivery about {letter}", observed="none")


def _of(judge: Judge, endpoint: str, name: str) -> list[Arrival]:
    return [each for each in judge.seen.arrivals if each.endpoint == endpoint and job_of(each.body) == name]


def _ended_after(judge: Judge, name: str, moment: Exchange) -> bool:
    """Tell whether C ended after an exchange did: by what the target says that it took, counted from its create."""
    reads = judge.seen.reads(name)
    began, ended = (instant(job(reads[-1]).get(each)) if reads else None for each in ("createdAt", "completedAt"))
    if began is None or ended is None:
        return False
    return judge.one("c.create").at + (ended - began).total_seconds() > moment.ended


def _time(arrival: Arrival) -> float:
    """Return when a delivery arrived, by the target's time."""
    return float(arrival.facts.get("time", arrival.at))


def _refused(judge: Judge, endpoint: str) -> list[Arrival]:
    """Return the attempts of the delivery that an endpoint refused first; Undecided if nothing arrived there."""
    refused = [each for each in judge.seen.arrivals if each.endpoint == endpoint and each.answered not in _SUCCESS]
    if not refused:
        raise Undecided(f"nothing was delivered to the endpoint {endpoint}")
    return _of(judge, endpoint, job_of(refused[0].body) or "")


def _ours(judge: Judge) -> Iterator[Arrival]:
    """Yield every delivery to an endpoint of the run; Undecided if there is none."""
    found = [each for each in judge.seen.arrivals if each.endpoint not in {THEIRS, _REDIRECTED}]
    if not found:
        raise Undecided("no delivery arrived")
    yield from found


def _ended(judge: Judge, state: str) -> str:
    final = judge.known("M ended")
    if final != state:
        raise Undecided(f"job M ended {final}")
    return str(judge.known("M"))


def _told(judge: Judge) -> str:
    """Return M's id if its end was told to anybody; Undecided if not."""
    name = str(judge.known("M"))
    if not any(job_of(each.body) == name for each in judge.seen.arrivals):
        raise Undecided("no delivery about M arrived")
    return name


def _on_receipt(judge: Judge) -> tuple[Exchange, Exchange]:
    seen = judge.some("hooks.on-receipt")
    if len(seen) < 2:
        raise Undecided("no delivery about M arrived, so nothing was read on receipt")
    return judge.answered(seen[0]), judge.answered(seen[1])
