"""The admin session: how it is had, and the keys that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tutorflow_conformance.exchange import Exchange, items, member
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.job_m import CREATE, FOR_M, RESULT, STATUS
from tutorflow_conformance.traffic.look import CLASSROOMS, UNKNOWN_ID
from tutorflow_conformance.traffic.minting import keep, mint, revoke, secret_facts
from tutorflow_conformance.traffic.run import ADMIN, KEY, NONE, NotLearnt, Run
from tutorflow_conformance.traffic.step import step

MINTED, OTHER_MINTED, EXPIRED = "minted key", "second minted key", "expired key"
BAD_NAMES: tuple[dict[str, Any], ...] = ({"rateLimitPerMinute": 60}, {"name": "   ", "rateLimitPerMinute": 60})


@step("admin.login", "identity", needs="K")
def login(run: Run) -> None:
    """Sign in with e-mail and password; the session that this gives is used where the run was given none."""
    given = run.target.credentials
    if not (given.admin_email and given.admin_password):
        raise NotLearnt("not configured: TUTORFLOW_ADMIN_EMAIL and TUTORFLOW_ADMIN_PASSWORD")
    body = {"email": given.admin_email, "password": given.admin_password, "timezone": "UTC"}
    referer = (("Referer", "https://tutorflow.io/sign-in"),)
    answer = run.call("login", body=body, credential=NONE, headers=referer, facts=_cookie_facts)
    name, _, value = (answer.header("Set-Cookie") or "").partition(";")[0].partition("=")
    if name == "jwt" and value:
        run.secrets.setdefault(ADMIN, value)


@step("admin.session", "identity", needs="K")
def session(run: Run) -> None:
    """Have a session: the one that was given, or that of a login."""
    if ADMIN not in run.secrets:
        with run.under("admin.login"):
            login(run)
    if ADMIN not in run.secrets:
        raise NotLearnt("the login gave no session")


@step("admin.organizations", "identity", needs="K", after=("admin.session",), requests=1)
def organizations(run: Run) -> None:
    """List the organizations that the admin may manage."""
    listed = run.call("listOrganizations", credential=ADMIN)
    first = next(iter(items(listed.json)), None)
    if isinstance(member(first, "id"), str):
        run.notes.setdefault("organizationId", member(first, "id"))


@step("admin.cookie-on-bearer", "identity", needs="K", after=("admin.session",))
def cookie_on_bearer(run: Run) -> None:
    """Ask for classrooms with the admin cookie alone."""
    run.send("GET", CLASSROOMS, credential=ADMIN)


@step("keys.for-m", "identity", needs="K", after=("admin.organizations",))
def key_for_m(run: Run) -> None:
    """Make the key that makes M, so that it can be revoked later."""
    mint(run, FOR_M)


@step("m.by-other-key", "while M", needs="K", after=("keys.for-m", "m.create"), requests=2, reserve=1)
def by_other_key(run: Run) -> None:
    """Send M again, and read it, with another key of the organization."""
    run.call(CREATE, body=bodies.job_m(), key=run.key("m"), credential=KEY)
    run.call(STATUS, path={"jobId": run.learnt("M")}, credential=KEY)


@step("m.key-revoked", "last", needs="K", after=("keys.for-m", "m.create"), requests=2)
def key_of_m_revoked(run: Run) -> None:
    """Revoke the key that made M, and read M with another."""
    revoke(run, FOR_M)
    run.call(STATUS, path={"jobId": run.learnt("M")}, credential=KEY)


@step("keys.mint", "keys", needs="K", after=("admin.organizations",), requests=2)
def mint_two(run: Run) -> None:
    """Make two keys."""
    mint(run, MINTED, 50)
    mint(run, OTHER_MINTED, 40)


@step("keys.use", "keys", needs="K", after=("keys.mint",), requests=6)
def use(run: Run) -> None:
    """List, be refused where the key does not belong, list, use it, list, use it again."""
    run.call("listApiKeys", credential=ADMIN)
    run.call("listApiKeys", credential=MINTED)
    run.call("listApiKeys", credential=ADMIN)
    run.call("listClassrooms", credential=MINTED)
    run.call("listApiKeys", credential=ADMIN)
    run.call("listClassrooms", credential=MINTED)


@step("keys.rotate", "keys", needs="K", after=("keys.use",), requests=3)
def rotate(run: Run) -> None:
    """Rotate the first key; use the old secret and the new one."""
    before, old = run.learnt(f"{MINTED} id"), run.secrets[MINTED]
    ticket = run.ledger.making("key", run.key("rotated"))
    rotated = run.call("rotateApiKey", path={"keyId": before}, credential=ADMIN, facts=secret_facts)
    keep(run, MINTED, rotated, ticket)
    if before != run.notes[f"{MINTED} id"]:
        run.ledger.gone(before)
    run.secrets["old secret"] = old
    run.call("listClassrooms", credential="old secret")
    run.call("listClassrooms", credential=MINTED)


@step("keys.listed", "keys", needs="K", after=("keys.rotate",))
def listed(run: Run) -> None:
    """List the keys after the rotation."""
    run.call("listApiKeys", credential=ADMIN)


@step("keys.revoke", "keys", needs="K", after=("keys.listed",), requests=2)
def revoke_twice(run: Run) -> None:
    """Revoke the rotated key, twice."""
    revoke(run, MINTED)
    revoke(run, MINTED)


@step("keys.revoked", "keys", needs="K", after=("keys.revoke",), requests=3, reserve=1)
def use_revoked(run: Run) -> None:
    """Use the revoked key for a status, a result and a create."""
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.notes.get("M", UNKNOWN_ID)}, credential=MINTED)
    run.call(CREATE, body=bodies.small(), key=run.key("revoked"), credential=MINTED)


@step("keys.rotate-revoked", "keys", needs="K", after=("keys.revoked",), requests=2)
def rotate_revoked(run: Run) -> None:
    """Rotate the revoked key, and list the keys."""
    ticket = run.ledger.making("key", run.key("rotate-revoked"))
    path = {"keyId": run.learnt(f"{MINTED} id")}
    answer = run.call("rotateApiKey", path=path, credential=ADMIN, facts=secret_facts)
    found = member(answer.json, "keyId") if answer.is_success else None
    run.ledger.made(ticket, found if isinstance(found, str) else None)
    run.call("listApiKeys", credential=ADMIN)


@step("keys.unknown", "keys", needs="K", after=("admin.organizations",), requests=2)
def unknown(run: Run) -> None:
    """Rotate and revoke a key that does not exist."""
    for operation in ("rotateApiKey", "revokeApiKey"):
        run.call(operation, path={"keyId": UNKNOWN_ID}, credential=ADMIN)


@step("keys.bad-limits", "keys", needs="K", after=("admin.organizations",), requests=5)
def bad_limits(run: Run) -> None:
    """Ask for limits that no key may have."""
    most = int(str(run.target.contract.values["key.max-rate-limit"]))
    for limit in (0, -1, 1.5, "60", most + 1):
        _refused_mint(run, {"name": run.key("bad-limit"), "rateLimitPerMinute": limit})


@step("keys.bad-names", "keys", needs="K", after=("admin.organizations",), requests=len(BAD_NAMES))
def bad_names(run: Run) -> None:
    """Ask for a key without a name, and with a blank one."""
    for body in BAD_NAMES:
        _refused_mint(run, body)


@step("clock.expired", "clock", needs="K C", after=("admin.organizations",), requests=3)
def expired(run: Run) -> None:
    """Make a key, let it expire, and use it."""
    mint(run, EXPIRED)
    run.call("listClassrooms", credential=EXPIRED)
    if run.control is not None:
        now = run.control.ask("GET", "/clock")["now"]
        run.control.ask("PUT", f"/keys/{run.learnt(f'{EXPIRED} id')}", {"expiresAt": now})
    run.pause(1.0)
    run.call("listClassrooms", credential=EXPIRED)


@step("clock.expired-cleared", "last", needs="K C", after=("clock.expired",))
def expired_cleared(run: Run) -> None:
    """Revoke the expired key."""
    revoke(run, EXPIRED)


@step("keys.cleared", "last", needs="K", after=("keys.mint",))
def cleared(run: Run) -> None:
    """Revoke the second key."""
    revoke(run, OTHER_MINTED)


def _refused_mint(run: Run, body: Mapping[str, Any]) -> None:
    ticket = run.ledger.making("key", run.key("refused"))
    answer = run.call("createApiKey", body=body, credential=ADMIN, facts=secret_facts)
    found = member(answer.json, "keyId") if answer.is_success else None
    run.ledger.made(ticket, found if isinstance(found, str) else None)


def _cookie_facts(answer: Exchange) -> Mapping[str, Any]:
    cookie = answer.header("Set-Cookie") or ""
    head, *attributes = (part.strip() for part in cookie.split(";"))
    body = answer.answer.body if answer.answer else b""
    return {
        "cookie": head.partition("=")[0],
        "attributes": sorted(each.lower() for each in attributes),
        "body holds a key": b"tf_content_" in body or b'"apiKey"' in body,
        "holds a secret": True,
    }
