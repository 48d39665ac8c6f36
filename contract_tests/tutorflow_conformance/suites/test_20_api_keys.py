"""API keys: made, listed, rotated and revoked by an admin; shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import Exchange, member, objects
from tutorflow_conformance.judge import Judge, Undecided
from tutorflow_conformance.redaction import MARK
from tutorflow_conformance.suites.looks import (
    CONFLICT,
    INVALID_KEY,
    INVALID_REQUEST,
    NOT_FOUND,
    UNAUTHORISED,
    invalid_status,
    refused,
    refused_detail,
)
from tutorflow_conformance.traffic.admin import MINTED
from tutorflow_conformance.traffic.minting import PREFIX
from tutorflow_openapi.document import is_array

CREATED = ("apiKey", "keyId", "keyPrefix", "name", "rateLimitPerMinute")
LISTED = ("id", "name", "keyPrefix", "status", "organizationId", "rateLimitPerMinute", "lastUsedAt", "expiresAt")
LONG_ENOUGH = 32
_SHOWING = frozenset(("createApiKey", "rotateApiKey"))


@requirement("KEY-001", "keys.mint")
def test_create_answers_201_with_the_key(judge: Judge) -> None:
    """Create answers 201 with `apiKey`, `keyId`, `keyPrefix`, `name` and `rateLimitPerMinute`."""
    for made in judge.all("keys.mint"):
        judge.must(judge.supported(made).status == 201, made, expected="201")
        missing = [name for name in CREATED if member(made.json, name) is None]
        judge.must(not missing, made, expected=", ".join(CREATED), observed=f"without {missing}")


@requirement("KEY-002", "keys.mint")
def test_keys_have_their_form(judge: Judge) -> None:
    """`apiKey` starts with `tf_content_`; `keyPrefix` is a proper prefix of it."""
    for made in _minted(judge):
        judge.must(made.facts.get("key starts with") == PREFIX, made, expected=f"a key that starts with {PREFIX}")
        judge.must(made.facts.get("prefix is proper"), made, expected="keyPrefix as a proper prefix of the key")


@requirement("KEY-003", "keys.use")
def test_keys_are_listed(judge: Judge) -> None:
    """List answers 200 with a bare array whose entries have eight fields."""
    for listed in _lists(judge, "keys.use"):
        judge.must(listed.status == 200 and is_array(listed.json), listed, expected="200 with a bare array")
        for entry in objects(listed.json):
            missing = [name for name in LISTED if name not in entry]
            judge.must(not missing, listed, expected=", ".join(LISTED), observed=f"without {missing}")


@requirement("KEY-004", "keys.mint", "keys.use", also=("keys.rotate", "keys.listed", "keys.revoke"))
def test_a_secret_is_shown_once(judge: Judge) -> None:
    """The full secret appears at create and rotate and in no other answer."""
    _minted(judge)
    for exchange in judge.seen.exchanges:
        if exchange.operation not in _SHOWING and exchange.answer:
            text = exchange.answer.body.decode("utf-8", "replace")
            judge.must(f"{MARK}key " not in text, exchange, expected="no full key", observed="a full key")


@requirement("KEY-005", "keys.mint", "keys.use")
def test_the_list_names_what_was_made(judge: Judge) -> None:
    """`keyId` of create equals `id` in the list; name, prefix and limit agree."""
    listed = _lists(judge, "keys.use")[0]
    known = {entry.get("id"): entry for entry in objects(listed.json)}
    for made in _minted(judge):
        entry = known.get(member(made.json, "keyId"))
        if judge.must(entry is not None, made, listed, expected=f"an entry {member(made.json, 'keyId')}"):
            for name in ("name", "keyPrefix", "rateLimitPerMinute"):
                same = member(entry, name) == member(made.json, name)
                judge.detail(same, made, listed, expected=f"{name} as at create", observed=member(entry, name))


@requirement("KEY-006", "keys.mint", "keys.rotate")
def test_rotate_gives_a_new_secret(judge: Judge) -> None:
    """Rotate answers 200 with a new `apiKey`, different from the old."""
    rotated = _rotated(judge)
    old = member(_minted(judge)[0].json, "apiKey")
    judge.must(rotated.status == 200, rotated, expected="200")
    new = member(rotated.json, "apiKey")
    judge.must(isinstance(new, str) and new != old, rotated, expected="another key", observed=new)


@requirement("KEY-007", "keys.rotate")
def test_the_old_key_ends_with_the_rotation(judge: Judge) -> None:
    """After rotate the old key is 401 from the next call on."""
    _, old, _ = judge.all("keys.rotate")
    refused(judge, old, INVALID_KEY, UNAUTHORISED)


@requirement("KEY-008", "keys.mint", "keys.rotate")
def test_rotate_keeps_name_and_limit(judge: Judge) -> None:
    """Rotate keeps name and limit and gives a new `keyId`."""
    made, rotated = _minted(judge)[0], _rotated(judge)
    for name in ("name", "rateLimitPerMinute"):
        same = member(rotated.json, name) == member(made.json, name)
        judge.must(same, made, rotated, expected=f"{name} as before", observed=member(rotated.json, name))
    fresh = member(rotated.json, "keyId") != member(made.json, "keyId")
    judge.must(fresh, made, rotated, expected="a new keyId")


@requirement("KEY-009", "keys.revoke")
def test_revoke_answers_200_without_a_body(judge: Judge) -> None:
    """Revoke answers 200 with empty body."""
    first = judge.all("keys.revoke")[0]
    judge.must(first.status == 200, first, expected="200")
    judge.must(not (first.answer and first.answer.body), first, expected="an empty body")


@requirement("KEY-010", "keys.revoke")
def test_revoking_twice_is_fine(judge: Judge) -> None:
    """Revoking twice answers 200 again."""
    second = judge.all("keys.revoke")[-1]
    judge.must(second.status == 200, second, expected="200 again")


@requirement("KEY-011", "keys.rotate-revoked")
def test_a_revoked_key_cannot_be_rotated(judge: Judge) -> None:
    """Rotating a revoked key never yields a key."""
    tried = judge.all("keys.rotate-revoked")[0]
    judge.must(not isinstance(member(tried.json, "apiKey"), str), tried, expected="no key")
    conflict = judge.values["key.rotate-revoked"] == "conflict-409"
    wanted = (409, CONFLICT) if conflict else (404, NOT_FOUND)
    judge.detail((tried.status, tried.code) == wanted, tried, expected=f"{wanted[0]} {wanted[1]}")


@requirement("KEY-012", "keys.unknown")
def test_an_unknown_key_is_not_found(judge: Judge) -> None:
    """Unknown `keyId` on rotate and revoke answers `content_not_found`."""
    for exchange in judge.all("keys.unknown"):
        refused_detail(judge, exchange, NOT_FOUND, 404)


@requirement("KEY-013", "keys.use")
def test_last_used_at_tells_of_uses(judge: Judge) -> None:
    """`lastUsedAt` is null before first use, untouched by refused calls, then set and never decreasing."""
    lists = _lists(judge, "keys.use")
    if len(lists) < 3:
        raise Undecided("the keys were not listed often enough")
    before, refused_call, used = lists
    shown = [_entry(judge, listed).get("lastUsedAt") for listed in (before, refused_call, used)]
    judge.must(shown[0] is None, before, expected="null before the first use", observed=shown[0])
    judge.must(shown[1] is None, refused_call, expected="null after a refused call", observed=shown[1])
    judge.must(isinstance(shown[2], str), used, expected="an instant after the first use", observed=shown[2])


@requirement("KEY-014", "keys.bad-limits")
def test_odd_limits_are_refused(judge: Judge) -> None:
    """`rateLimitPerMinute` of 0, -1, 1.5, "60" or above the maximum answers 400."""
    for exchange in judge.all("keys.bad-limits"):
        refused(judge, exchange, INVALID_REQUEST, invalid_status(judge))


@requirement("KEY-015", "keys.bad-names")
def test_a_key_needs_a_name(judge: Judge) -> None:
    """A missing or blank `name` answers 400."""
    for exchange in judge.all("keys.bad-names"):
        refused(judge, exchange, INVALID_REQUEST, invalid_status(judge))


@requirement("KEY-016", "keys.rotate-revoked")
def test_revoked_keys_stay_listed(judge: Judge) -> None:
    """Revoked keys stay listed as `REVOKED`."""
    listed = judge.all("keys.rotate-revoked")[-1]
    wanted = judge.known(f"{MINTED} id")
    shown = next((each.get("status") for each in objects(listed.json) if each.get("id") == wanted), None)
    judge.must(shown == "REVOKED", listed, expected=f"{wanted} as REVOKED", observed=shown)


@requirement("KEY-017", "m.by-other-key", "m.key-revoked")
def test_jobs_outlive_their_key(judge: Judge) -> None:
    """A job made with key 1 is readable with key 2 of the organization, also after key 1 is revoked."""
    for exchange in (*judge.all("m.by-other-key"), *judge.all("m.key-revoked")):
        if exchange.operation == "getExpansion":
            judge.must(exchange.is_success, exchange, expected="M, read with another key")


@requirement("KEY-018", "keys.mint", "keys.use")
def test_a_minted_key_opens_bearer_operations(judge: Judge) -> None:
    """It does so from the next call on."""
    uses = [x for x in judge.all("keys.use") if x.operation == "listClassrooms"]
    judge.must(any(x.is_success for x in uses), *uses, expected="2xx with the minted key")
    judge.detail(uses[0].is_success, uses[0], expected="2xx from the first call on")


@requirement("KEY-019", "keys.mint")
def test_no_two_keys_are_alike(judge: Judge) -> None:
    """No two creates share a secret or an id."""
    made = [x for x in judge.seen.exchanges if x.operation in _SHOWING and isinstance(member(x.json, "apiKey"), str)]
    if len(made) < 2:
        raise Undecided("fewer than two keys were made")
    for name in ("apiKey", "keyId"):
        keeps_its_id = name == "keyId" and judge.values["key.rotate-id"] == "same"
        shown = [member(x.json, name) for x in made if not (keeps_its_id and x.operation == "rotateApiKey")]
        judge.must(len(set(shown)) == len(shown), *made, expected=f"a {name} of its own for each", observed=shown)
    for each in made:
        long_enough = int(each.facts.get("key characters", LONG_ENOUGH)) >= LONG_ENOUGH
        judge.detail(long_enough, each, expected=f"at least {LONG_ENOUGH} characters after {PREFIX}")


def _minted(judge: Judge) -> list[Exchange]:
    found = [x for x in judge.all("keys.mint") if x.is_success]
    if not found:
        raise Undecided("no key could be made")
    return found


def _rotated(judge: Judge) -> Exchange:
    return judge.supported(judge.all("keys.rotate")[0])


def _lists(judge: Judge, step: str) -> list[Exchange]:
    return [x for x in judge.all(step) if x.operation == "listApiKeys" and x.credential == "admin"]


def _entry(judge: Judge, listed: Exchange) -> Mapping[str, Any]:
    wanted = member(_minted(judge)[0].json, "keyId")
    entry = next((each for each in objects(listed.json) if each.get("id") == wanted), None)
    if entry is None:
        raise Undecided("the list does not hold the key that was made")
    return entry
