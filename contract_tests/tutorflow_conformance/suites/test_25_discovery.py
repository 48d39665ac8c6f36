"""Discovery: what a credential can see before it makes anything."""

from __future__ import annotations

from tutorflow_conformance.claims import requirement
from tutorflow_conformance.exchange import items, member
from tutorflow_conformance.judge import Judge
from tutorflow_openapi.document import is_array


@requirement("DISC-002", "look.classrooms")
def test_classrooms_are_listed_for_the_key(judge: Judge) -> None:
    """The bearer key lists classrooms, each with an `id`."""
    listed = judge.supported(judge.one("look.classrooms"))
    judge.must(listed.is_success and is_array(listed.json), listed, expected="2xx with a list of classrooms")
    for entry in items(listed.json):
        judge.must(isinstance(member(entry, "id"), str), listed, expected="an `id` in each entry", observed=entry)


@requirement("DISC-001", "admin.organizations", also=("keys.mint",))
def test_organizations_are_listed_for_the_session(judge: Judge) -> None:
    """The session lists the organization used for keys."""
    listed = judge.supported(judge.one("admin.organizations"))
    ids = [member(entry, "id") for entry in items(listed.json)]
    judge.must(listed.is_success and ids, listed, expected="2xx with organizations")
    minting = [x for x in judge.seen.exchanges if x.operation == "createApiKey" and x.is_success]
    for name in {x.request.path.split("/")[4] for x in minting if x.credential == "admin"}:
        judge.must(name in ids, listed, expected=f"the organization {name}", observed=ids)


@requirement("DISC-003", "tenancy.lists", "tenancy.same-key")
def test_lists_show_nothing_of_others(judge: Judge) -> None:
    """No list shows an entry of an organization that the credential cannot manage."""
    lists = judge.all("tenancy.lists")
    theirs = member(judge.one("tenancy.same-key").json, "organizationId")
    managed = {member(entry, "id") for entry in items(lists[0].json)}
    for listed in lists:
        for entry in items(listed.json):
            owner = member(entry, "organizationId") or member(entry, "id")
            foreign = owner is not None and owner == theirs and owner not in managed
            judge.must(not foreign, listed, expected="no entry of the other organization", observed=entry)
        judge.must(listed.is_success, listed, expected="2xx")
