"""Reads that need no job: who is let in, what is not found, and how HTTP is spoken."""

from __future__ import annotations

from base64 import b64encode

from tutorflow_conformance.exchange import items, member
from tutorflow_conformance.traffic.run import KEY, NONE, Run
from tutorflow_conformance.traffic.step import step

CLASSROOMS = "/v1/content/classrooms"
UNKNOWN_ID = "6d1f7c52-0000-4000-8000-00000000dead"
UNKNOWN_KEY = "tf_content_00000000000000000000000000000000"
MADE_UP_COOKIE = "made-up-session"
FOREIGN_ORIGIN = "https://elsewhere.example"


@step("look.classrooms", "look")
def classrooms(run: Run) -> None:
    """List the classrooms, as a page of another origin would; learn ids that the run was not told."""
    listed = run.call("listClassrooms", headers=(("Origin", FOREIGN_ORIGIN),))
    first = next(iter(items(listed.json)), None)
    for name, found in (("classroomId", member(first, "id")), ("organizationId", member(first, "organizationId"))):
        if isinstance(found, str):
            run.notes.setdefault(name, found)


@step("look.no-credential", "look")
def no_credential(run: Run) -> None:
    """Ask without any credential."""
    run.send("GET", CLASSROOMS)


@step("look.malformed-bearer", "look", requests=3)
def malformed_bearer(run: Run) -> None:
    """Ask with the key as the password of another scheme, with no token, and with two."""
    password = b64encode(f":{run.secrets[KEY]}".encode()).decode("ascii")
    for value in (f"Basic {password}", "Bearer", f"Bearer {UNKNOWN_KEY} {UNKNOWN_KEY}"):
        run.send("GET", CLASSROOMS, headers=(("Authorization", value),))


@step("look.unknown-key", "look")
def unknown_key(run: Run) -> None:
    """Ask with a key that is well formed and nobody's."""
    run.send("GET", CLASSROOMS, headers=(("Authorization", f"Bearer {UNKNOWN_KEY}"),))


@step("look.scheme-case", "look", requests=2)
def scheme_case(run: Run) -> None:
    """Ask with the scheme's name in lower case, and with the key in upper case."""
    secret = run.secrets[KEY]
    run.redactor.learn("key in capitals", secret.upper())
    for value in (f"bearer {secret}", f"Bearer {secret.upper()}"):
        run.send("GET", CLASSROOMS, headers=(("Authorization", value),), credential="key in other case")


@step("look.key-in-query", "look")
def key_in_query(run: Run) -> None:
    """Put the key into the query, under every name that it might go by."""
    secret = run.secrets[KEY]
    query = "&".join(f"{name}={secret}" for name in ("api_key", "apiKey", "access_token", "key"))
    run.send("GET", f"{CLASSROOMS}?{query}")


@step("look.key-on-admin", "look", requests=3)
def key_on_admin(run: Run) -> None:
    """Try to list keys, to mint one, and to list webhooks with the bearer key alone."""
    organization = {"organizationId": _organization(run)}
    run.call("listApiKeys", path=organization)
    ticket = run.ledger.making("key", run.key("forbidden"))
    minted = run.call("createApiKey", path=organization, body={"name": run.key("forbidden"), "rateLimitPerMinute": 1})
    found = member(minted.json, "keyId") if minted.is_success else None
    run.ledger.made(ticket, found if isinstance(found, str) else None)
    run.call("listWebhooks", path=organization)


@step("look.no-session", "look", requests=2)
def no_session(run: Run) -> None:
    """Ask for organizations without a session, and with a made-up one."""
    run.call("listOrganizations", credential=NONE)
    run.call("listOrganizations", credential=NONE, headers=(("Cookie", f"jwt={MADE_UP_COOKIE}"),))


@step("look.unknown-job", "look", requests=3)
def unknown_job(run: Run) -> None:
    """Ask twice for the status of a job that nobody has, and for its result."""
    path = {"jobId": UNKNOWN_ID}
    for operation in ("getExpansion", "getExpansion", "getExpansionResult"):
        run.call(operation, path=path)


@step("look.malformed-job", "look", requests=2)
def malformed_job(run: Run) -> None:
    """Ask for jobs whose ids no server would give."""
    for name in ("not-a-job", "'; drop table jobs--"):
        run.call("getExpansion", path={"jobId": name})


@step("look.unknown-route", "look")
def unknown_route(run: Run) -> None:
    """Ask for something that the API does not have."""
    run.send("GET", "/v1/content/integrations/nothing-here", credential=KEY)


@step("look.wrong-method", "look")
def wrong_method(run: Run) -> None:
    """Read the collection that can only be added to."""
    run.send("GET", run.target.contract.operations["createExpansion"].path, credential=KEY)


@step("look.plain-http", "look", needs="https")
def plain_http(run: Run) -> None:
    """Ask over plain http, with a made-up key."""
    run.notes["is https"] = True
    headers = (("Authorization", f"Bearer {UNKNOWN_KEY}"),)
    run.client.send(run.step, "GET", CLASSROOMS, headers=headers, base=run.target.url.replace("https://", "http://", 1))


@step("look.head-and-options", "look", requests=2)
def head_and_options(run: Run) -> None:
    """Ask for the head of a list, and for its options."""
    for method in ("HEAD", "OPTIONS"):
        run.send(method, CLASSROOMS, credential=KEY)


def _organization(run: Run) -> str:
    return run.target.credentials.organization_id or run.notes.get("organizationId") or UNKNOWN_ID
