"""What reads, sessions, keys and limits show."""

from __future__ import annotations

from tutorflow_conformance.calibrate.observing import (
    Seen,
    Unidentified,
    answered,
    named,
    nth,
    observe_status,
    observes,
    proof,
)
from tutorflow_conformance.evidence import Evidence
from tutorflow_conformance.exchange import NOTHING, Exchange, member, objects
from tutorflow_conformance.traffic.admin import MINTED
from tutorflow_conformance.traffic.probing import LIMIT, LIMITED
from tutorflow_openapi.document import is_array, is_object

_MISSING = {404: "not-found-404", 403: "forbidden-403"}
_REFUSALS = {401: "reject-401", 403: "forbidden-403"}
_X_HEADER, _DRAFT_HEADER = "X-RateLimit-Limit", "RateLimit"

observe_status("request.wrong-method", "look.wrong-method", {404: "not-found-404", 405: "method-not-allowed-405"})
observe_status("job.malformed-id", "look.malformed-job", {404: "not-found-404", 400: "reject-400", 422: "reject-400"})
observe_status("auth.wrong-credential", "look.key-on-admin", _REFUSALS)
observe_status("auth.foreign-job", "tenancy.read-m", _MISSING)
observe_status("auth.unknown-organization", "probe.unknown-organization", _MISSING)
observe_status("login.success-status", "admin.login", {200: "ok-200", 201: "created-201"})
observe_status("login.referer", "probe.no-referer", {200: "optional", 201: "optional", 401: "required-401"})
observe_status("login.cookie-alias", "probe.alias", {200: "tutorflow-admin-session", 401: "none", 403: "none"})
observe_status("key.omitted-rate-limit", "probe.no-limit", {201: "default-60", 400: "reject-400", 422: "reject-400"})
observe_status("key.duplicate-name", "probe.same-name", {201: "allow", 409: "conflict-409"}, number=1)
observe_status("key.rotate-revoked", "keys.rotate-revoked", {409: "conflict-409", 404: "not-found-404"})
observe_status("key.revoke-revoked", "keys.revoke", {200: "ok-200", 409: "conflict-409"}, number=1)
observe_status("key.rotate-old-key", "keys.rotate", {401: "revoked-at-once", 200: "grace-period"}, number=1)


@observes("auth.challenge", "look.no-credential")
def challenge(seen: Evidence) -> Seen:
    """The challenge of a 401."""
    refused = nth(seen, "look.no-credential")
    return Seen("bearer" if refused.header("WWW-Authenticate") else "none", (refused.id,))


@observes("auth.admin-unauthenticated", "look.no-session")
def admin_unauthenticated(seen: Evidence) -> Seen:
    """An admin operation without a session: which status, and whether in the envelope."""
    refused = nth(seen, "look.no-session")
    is_enveloped = refused.json is not NOTHING and is_object(member(refused.json, "error"))
    values = {401: "invalid-api-key-401" if is_enveloped else "unenveloped-401", 403: "forbidden-403"}
    return Seen(named(refused, values), (refused.id,))


@observes("key.rotate-id", "keys.mint", "keys.rotate")
def rotate_id(seen: Evidence) -> Seen:
    """The id of a key before and after its rotation."""
    made, rotated = nth(seen, "keys.mint"), nth(seen, "keys.rotate")
    if not rotated.is_success:
        raise Unidentified(f"the rotation {rotated.id} was answered {rotated.status}")
    same = member(made.json, "keyId") == member(rotated.json, "keyId")
    return Seen("same" if same else "new", proof((made, rotated)))


@observes("key.list-revoked", "keys.rotate-revoked")
def list_revoked(seen: Evidence) -> Seen:
    """Whether a list after a revocation holds the revoked key."""
    listed = nth(seen, "keys.rotate-revoked", 1)
    if not is_array(listed.json):
        raise Unidentified(f"{listed.id} holds no list")
    shown = any(member(entry, "id") == seen.notes.get(f"{MINTED} id") for entry in objects(listed.json))
    return Seen("shown" if shown else "hidden", (listed.id,))


@observes("rate.window", "probe.window")
def window(seen: Evidence) -> Seen:
    """How many calls a key of three got: twenty seconds after its first, at the turn of the minute, after a minute."""
    counts = [seen.notes.get(f"calls at {when}") for when in ("twenty", "the turn", "sixty")]
    if None in counts:
        raise Unidentified("the calls of a minute were not all sent")
    at_twenty, at_turn, at_sixty = (int(str(count)) for count in counts)
    found = proof(seen.at("probe.window"))
    if at_twenty > LIMIT:
        raise Unidentified("the limit did not bite")
    if at_twenty == LIMIT:
        return Seen("gcra", found)
    if at_turn:
        return Seen("fixed-aligned", found)
    return Seen("fixed-first" if at_sixty > 1 else "sliding-log", found)


@observes("rate.scope", "probe.window")
def scope(seen: Evidence) -> Seen:
    """Another operation under a key that is used up."""
    other = nth(seen, "probe.scope")
    return Seen("key" if other.status == LIMITED else "key-and-operation", (other.id,))


@observes("rate.retry-after", "probe.window")
def retry_after(seen: Evidence) -> Seen:
    """The form of `Retry-After`."""
    refused = _limited(seen)
    text = refused.header("Retry-After")
    value = "absent" if text is None else "seconds" if text.strip().isdigit() else "http-date"
    return Seen(value, (refused.id,))


@observes("rate.headers", "probe.window")
def headers(seen: Evidence) -> Seen:
    """What else a 429 tells."""
    refused = _limited(seen)
    if refused.header(_X_HEADER) is not None:
        return Seen("x-ratelimit", (refused.id,))
    return Seen("ratelimit-draft" if refused.header(_DRAFT_HEADER) is not None else "none", (refused.id,))


@observes("rate.rejected-calls", "probe.rejected")
def rejected_calls(seen: Evidence) -> Seen:
    """Whether calls for unknown jobs use up a key; all were sent within the same minute or two."""
    calls = [answered(each) for each in seen.at("probe.rejected") if each.operation == "getExpansion"]
    if not calls:
        raise Unidentified("no call was sent")
    bites = any(each.status == LIMITED for each in calls)
    return Seen("count-after-auth" if bites else "count-none", proof(calls))


@observes("key.last-used", "probe.window")
def last_used(seen: Evidence) -> Seen:
    """Whether a call that the limit refused counts as a use."""
    refused_counts = seen.notes.get("refused calls are uses")
    if refused_counts is None:
        raise Unidentified("no call was refused by the limit while the key's uses were looked at")
    lists = [each for each in seen.at("probe.window") if each.operation == "listApiKeys"]
    return Seen("authenticated-calls" if refused_counts else "accepted-calls", proof(lists))


def _limited(seen: Evidence) -> Exchange:
    refused = next((each for each in seen.at("probe.window") if each.status == LIMITED), None)
    if refused is None:
        raise Unidentified("the limit did not bite")
    return refused
