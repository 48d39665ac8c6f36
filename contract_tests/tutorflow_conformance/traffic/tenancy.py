"""Two organizations: what one must not see or do of the other."""

from __future__ import annotations

from typing import Any

from tutorflow_conformance.exchange import items, member
from tutorflow_conformance.traffic import bodies
from tutorflow_conformance.traffic.exports import EXPORT
from tutorflow_conformance.traffic.job_m import CREATE, RESULT, STATUS
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.minting import mint
from tutorflow_conformance.traffic.run import ADMIN, OTHER, OTHER_ADMIN, NotLearnt, Run
from tutorflow_conformance.traffic.step import step

VICTIM = "foreign key"


@step("tenancy.read-m", "while M", needs="2o", after=("m.create",), requests=3)
def read_m(run: Run) -> None:
    """Read M, status and result, and a job that does not exist, as another organization."""
    for operation in (STATUS, RESULT):
        run.call(operation, path={"jobId": run.learnt("M")}, credential=OTHER)
    run.call(STATUS, path={"jobId": UNKNOWN_ID}, credential=OTHER)


@step("tenancy.same-key", "tenancy", needs="2o", after=("m.create",), requests=2, jobs=1)
def same_key(run: Run) -> None:
    """Make a job under M's key as another organization."""
    run.note_job("X", run.call(CREATE, body=_their_m(run), key=run.key("m"), credential=OTHER))


@step("tenancy.foreign-admin", "tenancy", needs="K 2o", after=("admin.organizations",), requests=6)
def foreign_admin(run: Run) -> None:
    """Manage another organization's keys: list them, revoke one of them by either path; ask for an unknown one."""
    theirs = {"organizationId": _other(run)}
    run.call("listApiKeys", path=theirs, credential=ADMIN)
    run.call("listApiKeys", path={"organizationId": UNKNOWN_ID}, credential=ADMIN)
    if OTHER_ADMIN not in run.secrets:
        return
    with run.under("tenancy.victim"):
        mint(run, VICTIM, credential=OTHER_ADMIN, organization=theirs["organizationId"])
    victim = {"keyId": run.learnt(f"{VICTIM} id")}
    run.call("revokeApiKey", path={**theirs, **victim}, credential=ADMIN)
    run.call("revokeApiKey", path=victim, credential=ADMIN)
    with run.under("tenancy.victim"):
        run.call("listClassrooms", credential=VICTIM)


@step("tenancy.lists", "tenancy", needs="K 2o", after=("admin.organizations",), requests=4)
def lists(run: Run) -> None:
    """List everything that can be listed, as ours."""
    for operation in ("listOrganizations", "listApiKeys", "listWebhooks"):
        run.call(operation, credential=ADMIN)
    run.call("listClassrooms")


@step("tenancy.export", "tenancy", needs="K 2o", after=("exports.make",), requests=2)
def export(run: Run) -> None:
    """Export from a classroom of the other organization."""
    with run.under("tenancy.their-classrooms"):
        listed = run.call("listClassrooms", credential=OTHER)
    first = next(iter(items(listed.json)), None)
    classroom = member(first, "id")
    if not isinstance(classroom, str):
        raise NotLearnt("the other organization has no classroom")
    body = {"lessonId": run.target.credentials.lesson_id or "lesson", "idempotencyKey": run.key("foreign-export")}
    run.call(EXPORT, path={"classroomId": classroom}, body=body, credential=ADMIN)


@step("tenancy.cleared", "last", needs="K 2o", after=("tenancy.foreign-admin",))
def cleared(run: Run) -> None:
    """Revoke the key that was made in the other organization."""
    name = run.learnt(f"{VICTIM} id")
    path = {"organizationId": _other(run), "keyId": name}
    if run.call("revokeApiKey", path=path, credential=OTHER_ADMIN).is_success:
        run.ledger.gone(name)


def _their_m(run: Run) -> dict[str, Any]:
    """Return M, with a classroom of theirs where a create has to name one."""
    if run.target.contract.values["create.classroom-id"] != "required-400":
        return bodies.job_m()
    with run.under("tenancy.their-classrooms"):
        listed = run.call("listClassrooms", credential=OTHER)
    return {**bodies.job_m(), "classroomId": member(next(iter(items(listed.json)), None), "id")}


def _other(run: Run) -> str:
    return str(run.target.credentials.other_organization_id)
