"""What webhooks, their deliveries and exports show."""

from __future__ import annotations

from itertools import pairwise

from tutorflow_conformance.calibrate.observing import Seen, Unidentified, named, nth, observe_status, observes, proof
from tutorflow_conformance.client import job_id
from tutorflow_conformance.evidence import Arrival, Evidence, job_of
from tutorflow_conformance.exchange import as_json, header, member, objects
from tutorflow_conformance.signature import SIGNATURE_HEADER
from tutorflow_conformance.traffic.deliveries import BOTH
from tutorflow_conformance.traffic.job_m import TERMINAL, status
from tutorflow_conformance.traffic.probing import INVALID, LATE, STUBBORN
from tutorflow_openapi.document import is_object

_REFUSED = {400: "reject-400", 422: "reject-400"}
TWICE, UNKNOWN, FAR, HERE, TWIN, TWIN_AGAIN = range(6)
SECOND_SIGNATURE = f"{SIGNATURE_HEADER}-V2"
_DISABLED = "DISABLED"

observe_status("webhook.duplicate-events", "probe.webhooks", {**_REFUSED, 200: "deduplicate", 201: "deduplicate"})
observe_status("webhook.unknown-event", "probe.webhooks", {**_REFUSED, 200: "ignore", 201: "ignore"}, number=UNKNOWN)
observe_status(
    "webhook.duplicate-url", "probe.webhooks", {409: "conflict-409", 200: "allow", 201: "allow"}, number=TWIN_AGAIN
)
observe_status("export.success-status", "exports.make", {200: "ok-200", 201: "created-201"})
observe_status(
    "export.unknown-lesson", "exports.refused", {404: "not-found-404", 400: "reject-400", 422: "reject-400"}, number=1
)
observe_status("export.foreign-classroom", "tenancy.export", {403: "forbidden-403", 404: "not-found-404"})
observe_status("export.job-readable", "exports.read", {200: "readable", 404: "not-found-404"})


@observes("webhook.create-status", "probe.webhooks")
def create_status(seen: Evidence) -> Seen:
    """The status of the first webhook that was made."""
    return _first(seen, "createWebhook", {201: "created-201", 200: "ok-200"})


@observes("webhook.delete-status", "probe.webhooks")
def delete_status(seen: Evidence) -> Seen:
    """The status of the deletion of one that was made."""
    return _first(seen, "deleteWebhook", {200: "ok-200", 204: "no-content-204"})


@observes("webhook.plain-http", "probe.webhooks")
def plain_http(seen: Evidence) -> Seen:
    """A subscription over plain http far away, and one on the target's own machine."""
    far, here = nth(seen, "probe.webhooks", FAR), nth(seen, "probe.webhooks", HERE)
    if far.is_success:
        return Seen("allow", (far.id,))
    if {far.status, here.status} <= INVALID:
        return Seen("reject-400", proof((far, here)))
    if here.is_success:
        return Seen("loopback-only", proof((far, here)))
    raise Unidentified(f"{far.id} and {here.id} were answered {far.status} and {here.status}")


@observes("webhook.payload", "hooks.on-receipt")
def payload(seen: Evidence) -> Seen:
    """The shape of a delivery's body."""
    first = _delivery(seen)
    if is_object(member(first.json, "data")):
        return Seen("enveloped", (first.id,))
    return Seen("flat-with-event" if member(first.json, "event") is not None else "flat", (first.id,))


@observes("webhook.signatures", "hooks.on-receipt")
def signatures(seen: Evidence) -> Seen:
    """Whether a delivery bears a second signature."""
    first = _delivery(seen)
    if header(first.headers, SIGNATURE_HEADER) is None:
        raise Unidentified(f"{first.id} bears no signature")
    return Seen(("v1",) if header(first.headers, SECOND_SIGNATURE) is None else ("v1", "v2"), (first.id,))


@observes("webhook.retry-schedule", "probe.schedule")
def retry_schedule(seen: Evidence) -> Seen:
    """The pauses between attempts at an endpoint that answers 500, to the whole second."""
    attempts: list[float] = seen.notes.get("attempts", [])
    if not attempts or "attempts ended" not in seen.notes:
        raise Unidentified("no attempt was made while somebody waited for it")
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    spread = max((abs(gap - round(gap)) for gap in gaps), default=0.0)
    return Seen(tuple(round(gap) for gap in gaps), proof_of(seen, STUBBORN), round(spread, 3))


@observes("webhook.auto-disable", "probe.schedule")
def auto_disable(seen: Evidence) -> Seen:
    """The state of a subscription whose last attempt has failed."""
    listed = nth(seen, "probe.schedule")
    own = [entry for entry in objects(listed.json) if member(entry, "id") == seen.notes.get(f"{STUBBORN} id")]
    if not own or not seen.notes.get("attempts"):
        raise Unidentified("the failing subscription is not listed, or nothing was sent to it")
    disabled = member(own[0], "status") == _DISABLED
    return Seen("after-exhausted-retries" if disabled else "never", (listed.id,))


@observes("webhook.late-subscription", "probe.late", "hooks.on-receipt")
def late_subscription(seen: Evidence) -> Seen:
    """Whether a subscription that was made while M was under way hears of its end."""
    read = nth(seen, "probe.late", 1)
    if status(read) in TERMINAL:
        raise Unidentified("the job had ended before anybody could subscribe")
    _delivery(seen)
    told = [each for each in seen.arrivals if each.endpoint == LATE and job_of(each.body) == seen.notes.get("M")]
    return Seen("delivered" if told else "skipped", tuple(each.id for each in told) or (read.id,))


@observes("idempotency.export-namespace", "exports.under-m")
def export_namespace(seen: Evidence) -> Seen:
    """An export under M's key: M, or a conflict with it, where the keys are shared."""
    tried = nth(seen, "exports.under-m")
    if tried.is_success:
        return Seen("shared" if job_id(tried.json) == seen.notes.get("M") else "separate", (tried.id,))
    if tried.code == "content_conflict":
        return Seen("shared", (tried.id,))
    raise Unidentified(f"{tried.id} was answered {tried.status}, which no alternative explains")


@observes("export.body", "exports.make")
def export_body(seen: Evidence) -> Seen:
    """A whole result holds the combined manifest."""
    made = nth(seen, "exports.make")
    if not made.is_success:
        raise Unidentified(f"the export was answered {made.status}")
    return Seen("result" if member(made.json, "manifest") is not None else "job", (made.id,))


@observes("export.webhook", "exports.make", "hooks.export-told", "hooks.on-receipt")
def export_webhook(seen: Evidence) -> Seen:
    """Whether an export's end is told to those that hear of M's."""
    made = nth(seen, "exports.make")
    name = job_id(made.json) if made.is_success else None
    if name is None:
        raise Unidentified("no export was made")
    _delivery(seen)
    told = [each for each in seen.arrivals if job_of(each.body) == name]
    return Seen("fires" if told else "silent", tuple(each.id for each in told) or (made.id,))


def proof_of(seen: Evidence, endpoint: str) -> tuple[str, ...]:
    """Return the ids of the deliveries to one endpoint about M."""
    name = seen.notes.get("M")
    return tuple(each.id for each in seen.arrivals if each.endpoint == endpoint and job_of(each.body) == name)


def _first(seen: Evidence, operation: str, values: dict[int, str]) -> Seen:
    done = (each for each in seen.at("probe.webhooks") if each.operation == operation and each.is_success)
    found = next(done, None)
    if found is None:
        raise Unidentified("no webhook could be made")
    return Seen(named(found, values), (found.id,))


def _delivery(seen: Evidence) -> Arrival:
    found = next((each for each in seen.arrivals if each.endpoint == BOTH and is_object(as_json(each.body))), None)
    if found is None:
        raise Unidentified("no delivery arrived")
    return found
