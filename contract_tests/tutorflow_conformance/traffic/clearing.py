"""Clear away what a run made, by the ledger and by the target's own lists; whatever happened before."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tutorflow_conformance.exchange import Exchange, member, objects
from tutorflow_conformance.ledger import Made
from tutorflow_conformance.traffic.admin import organizations, session
from tutorflow_conformance.traffic.run import ADMIN, OTHER_ADMIN, NotLearnt, Run
from tutorflow_openapi.document import is_array

STEP = "clearing"
KEY, WEBHOOK = "key", "webhook"
REVOKED = "REVOKED"
_LISTS = {KEY: "listApiKeys", WEBHOOK: "listWebhooks"}
_ENDS = {KEY: ("revokeApiKey", "keyId"), WEBHOOK: ("deleteWebhook", "webhookId")}
_NOT_THERE = frozenset((404, 409, 410))  # gone, or revoked before


def clear(run: Run, *, everything: bool = False) -> list[str]:
    """Revoke and delete what the ledger says is left; return the names of what was cleared away.

    With `everything` the lists are asked although the ledger knows of nothing: the run may have been another
    machine's. What cannot be cleared stays in the ledger.
    """
    cleared: list[str] = []
    for owner in (ADMIN, OTHER_ADMIN):
        mine = [made for made in run.ledger.left() if made.owner == owner]
        if (mine or everything) and _has_session(run, owner):
            for kind in (WEBHOOK, KEY):
                wanted = [made for made in mine if made.kind == kind]
                if wanted or everything:
                    cleared += _clear(run, owner, kind, wanted)
    return cleared


def _clear(run: Run, owner: str, kind: str, wanted: list[Made]) -> list[str]:
    """Clear away one kind of thing of one owner: what the list shows as ours, and what the ledger has an id of."""
    path = _organization(run, owner)
    listed = run.call(_LISTS[kind], path=path, credential=owner, step=STEP)
    names: dict[str, str] = {made.ref: made.name for made in wanted if made.ref is not None}
    is_listed = listed.is_success and is_array(listed.json)
    if is_listed:
        names |= _ours(run, kind, listed, {made.name for made in wanted})
    cleared = [name for ref, name in names.items() if _end(run, owner, kind, ref, path)]
    if is_listed:
        for made in wanted:
            if made.ref is None:
                run.ledger.never_made(made)
    return cleared


def _ours(run: Run, kind: str, listed: Exchange, names: Iterable[str]) -> dict[str, str]:
    """Return the listed things that bear this run's name and are still alive, by their id."""
    known, prefix = frozenset(names), run.key("")
    found: dict[str, str] = {}
    for entry in objects(listed.json):
        ref, name = member(entry, "id"), str(member(entry, "name" if kind == KEY else "url"))
        is_alive = member(entry, "status") != REVOKED
        if isinstance(ref, str) and is_alive and (prefix in name or (kind == WEBHOOK and name in known)):
            found[ref] = name
    return found


def _end(run: Run, owner: str, kind: str, ref: str, path: dict[str, str]) -> bool:
    operation, parameter = _ENDS[kind]
    answer = run.call(operation, path={**path, parameter: ref}, credential=owner, step=STEP)
    is_gone = answer.is_success or answer.status in _NOT_THERE
    if is_gone:
        run.ledger.gone(ref)
    return is_gone


def _has_session(run: Run, owner: str) -> bool:
    """Tell whether there is a session that may clear away; sign in if that takes no more than what was given."""
    if owner == OTHER_ADMIN:
        return OTHER_ADMIN in run.secrets and run.target.credentials.other_organization_id is not None
    return _did(run, session) and (_knows_organization(run) or (_did(run, organizations) and _knows_organization(run)))


def _knows_organization(run: Run) -> bool:
    return bool(run.target.credentials.organization_id or run.notes.get("organizationId"))


def _did(run: Run, learn: Callable[[Run], None]) -> bool:
    try:
        with run.under(STEP):
            learn(run)
    except NotLearnt:
        return False
    return True


def _organization(run: Run, owner: str) -> dict[str, str]:
    other = run.target.credentials.other_organization_id
    return {"organizationId": other} if owner == OTHER_ADMIN and other else {}
