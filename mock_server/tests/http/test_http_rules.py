"""What holds for every answer: HEAD, kept connections, media types, headers that are there and headers that are not."""

import select
from collections.abc import Mapping

import pytest
from mock_server.tests.http.answer import Answer, check_created, check_discreet, check_refused
from mock_server.tests.http.api import API_KEYS, CLASSROOMS, EXPANSIONS, EXPORTS, NORMAL, UNKNOWN_ID, WEBHOOKS, Api
from mock_server.tests.http.conftest import Mint
from mock_server.tests.http.wire import Wire, deliver, receive, written
from mock_server.tests.process import RunningServer

A_MOMENT = 0.02  # seconds in which an early answer would come
ORGANIZATIONS = "/v1/content/organizations"
LOGIN = {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "Asia/Seoul"}
HOOK = {"url": "https://hooks.example/in", "events": ["content.completed"]}


def every_kind_of_answer(api: Api, admin: Api, nobody: Api, **headers: str) -> Mapping[str, Answer]:
    """Return an answer of each operation, and each refusal that needs no preparation."""
    job_id = check_created(api.create())["id"]
    key_id = admin.post(API_KEYS, {"name": "every-kind", "rateLimitPerMinute": 1}).json()["keyId"]
    hook = admin.post(WEBHOOKS, HOOK, **headers)
    turned = admin.send("POST", f"{API_KEYS}/{key_id}/rotate", headers=headers)
    return {
        "login": nobody.post("/auth/login", LOGIN, **headers),
        "listOrganizations": admin.get(ORGANIZATIONS, **headers),
        "listClassrooms": api.get(CLASSROOMS, **headers),
        "createApiKey": admin.post(API_KEYS, {"name": "x", "rateLimitPerMinute": 1}, **headers),
        "listApiKeys": admin.get(API_KEYS, **headers),
        "rotateApiKey": turned,
        "revokeApiKey": admin.send("POST", f"{API_KEYS}/{turned.json()['keyId']}/revoke", headers=headers),
        "createExpansion": api.create(**headers),
        "getExpansion": api.get(f"{EXPANSIONS}/{job_id}", **headers),
        "getExpansionResult": api.get(f"{EXPANSIONS}/{job_id}/result", **headers),
        "exportContent": admin.post(EXPORTS, {"lessonId": "standalone-lesson-id"}, **headers),
        "createWebhook": hook,
        "listWebhooks": admin.get(WEBHOOKS, **headers),
        "deleteWebhook": admin.send("DELETE", f"{WEBHOOKS}/{hook.json()['id']}", headers=headers),
        "400": api.create({}, **headers),
        "401": nobody.create(**headers),
        "403": admin.get(f"{ORGANIZATIONS}/{UNKNOWN_ID}/webhooks", **headers),
        "404": api.get(f"{EXPANSIONS}/{UNKNOWN_ID}", **headers),
        "route": api.get("/v1/content/nothing", **headers),
    }


@pytest.mark.requirement("HTTP-001", "ERR-005", "ERR-009")
def test_every_answer_is_json_or_empty(api: Api, admin: Api, nobody: Api) -> None:
    """Every body is UTF-8 JSON; only revoke and delete have none; nothing of the inside and no credential shows."""
    answers = every_kind_of_answer(api, admin, nobody)
    empty = [name for name, answer in answers.items() if not answer.body]
    assert empty == ["revokeApiKey", "deleteWebhook"]
    for answer in answers.values():
        check_discreet(answer)
        assert b"demo-admin" not in answer.body
        if answer.body:
            assert answer.headers["content-type"] == "application/json"
            answer.json()


@pytest.mark.requirement("HTTP-005")
def test_only_answers_with_a_secret_forbid_storing(api: Api, admin: Api, nobody: Api) -> None:
    """`Cache-Control: no-store` stands on login, key create, rotate and webhook create, and nowhere else."""
    answers = every_kind_of_answer(api, admin, nobody)
    found = {name: answer.headers.get("cache-control") for name, answer in answers.items()}
    assert {name: value for name, value in found.items() if value} == dict.fromkeys(
        ["login", "createApiKey", "rotateApiKey", "createWebhook"], "no-store"
    )


def test_what_is_not_in_the_contract_is_not_sent(api: Api, admin: Api, nobody: Api) -> None:
    """No CORS header, not even for a browser; no validator, location, rate header or allowed methods."""
    unwanted = ("access-control-", "etag", "location", "last-modified", "x-ratelimit-", "ratelimit", "allow", "vary")
    for name, answer in every_kind_of_answer(api, admin, nobody, Origin="https://evil.example").items():
        assert [header for header in answer.headers if header.startswith(unwanted)] == [], name
        assert ("set-cookie" in answer.headers) == (name == "login")
        assert ("www-authenticate" in answer.headers) == (name == "401")


def test_the_mocks_own_headers(api: Api, admin: Api, nobody: Api) -> None:
    """Each answer says which server, session and operation it comes from; refusals say why; requests have ids."""
    answers = every_kind_of_answer(api, admin, nobody)
    operations = {name: answer for name, answer in answers.items() if not name.isdecimal() and name != "route"}
    assert {name: answer.headers["x-mock-operation"] for name, answer in operations.items()} == {
        name: name for name in operations
    }
    assert {answer.headers["x-mock-session"] for answer in operations.values()} == {"default"}
    assert len({answer.headers["x-mock-request-id"] for answer in operations.values()}) == len(operations)
    for name in ("400", "401", "403", "404"):
        assert answers[name].headers["x-mock-error"].replace("-", "").isalnum()
    assert answers["400"].headers["x-mock-error-pointer"] == "#/payload"
    for answer in answers.values():
        for header, value in answer.headers.items():
            assert not header.startswith("x-mock-") or (value.isascii() and len(value) <= 256)


@pytest.mark.requirement("HTTP-004")
def test_head_is_get_without_a_body(wire: Wire, api: Api) -> None:
    """HEAD has the status and headers of GET and not one byte of its body, for good answers and refusals."""
    job_id = check_created(api.create())["id"]
    for path in (CLASSROOMS, f"{EXPANSIONS}/{job_id}/result", f"{EXPANSIONS}/{UNKNOWN_ID}", API_KEYS, "/nothing"):
        got = wire.ask(wire.request("GET", path, "Connection: close"))
        with wire.connection() as link:
            deliver(link, wire.request("HEAD", path) + wire.request("GET", path))
            head, after = receive(link, 2, heads=1)
        assert (head.status, head.headers["content-type"]) == (got.status, got.headers["content-type"])
        assert head.headers.get("content-length", str(len(got.body))) == str(len(got.body))
        assert (after.status, after.body) == (got.status, got.body)


def test_a_connection_is_kept(wire: Wire) -> None:
    """Many requests, good and bad, go over one connection."""
    with wire.connection() as link:
        for body, status in [(b"{", 400), (b'{"payload":{}}', 200)] * 10:
            deliver(link, wire.whole_create(body=body))
            assert [answer.status for answer in receive(link)] == [status]


@pytest.mark.requirement("ERR-011")
@pytest.mark.parametrize(
    "line",
    [
        pytest.param("POST /v1/content/nothing HTTP/1.1", id="unknown_route"),
        pytest.param(f"PUT {EXPANSIONS} HTTP/1.1", id="wrong_method"),
        pytest.param(f"POST {EXPANSIONS} HTTP/1.1", id="no_credential"),
        pytest.param(f"POST {API_KEYS} HTTP/1.1", id="no_session"),
        pytest.param(f"GET {CLASSROOMS} HTTP/1.1", id="read_with_a_body"),
        pytest.param("POST /__admin/nothing HTTP/1.1", id="control_plane"),
        pytest.param("GET /__admin/health HTTP/1.1", id="health_with_a_body"),
    ],
)
def test_an_answer_before_the_body_came(wire: Wire, line: str) -> None:
    """Where the body decides nothing, the connection goes on after the answer, or the answer says that it ends."""
    request = written(line, wire.host, "Content-Length: 14")
    with wire.connection() as link:
        for _ in range(3):
            deliver(link, request)
            select.select([link], [], [], A_MOMENT)
            deliver(link, b'{"payload":{}}')
            answers = receive(link)
            assert answers, "the connection ended without a word, and with it the next request"
            if answers[0].headers.get("connection", "").lower() == "close":
                break


def test_a_refused_body_leaves_the_connection_usable(wire: Wire, mint: Mint) -> None:
    """A client over its limit, whose bodies come later than its headers, may go on over the same connection."""
    tired = Wire(wire.port, mint(1))
    request = tired.create("Content-Length: 14")
    with wire.connection() as link:
        for status in (200, 429, 429):
            deliver(link, request)
            select.select([link], [], [], A_MOMENT)
            deliver(link, b'{"payload":{}}')
            answers = receive(link)
            assert [answer.status for answer in answers] == [status]
            if answers[0].headers.get("connection", "").lower() == "close":
                break


@pytest.mark.requirement("AUTH-013", "RATE-009")
def test_an_earlier_fault_beats_a_later_one(api: Api, admin: Api, nobody: Api) -> None:
    """The order is route, credential, length, media type, JSON, look-up."""
    long = b"{" * 1_048_577
    text = {"Content-Type": "text/plain"}
    check_refused(nobody.send("POST", "/v1/content/nothing", long, text), 404)
    check_refused(nobody.send("PUT", EXPANSIONS, long, text), 404)
    check_refused(nobody.send("POST", EXPANSIONS, long, text), 401)
    check_refused(api.send("POST", EXPANSIONS, long, text), 413)
    assert api.send("POST", EXPANSIONS, b"{", text).headers["x-mock-error"] != "malformed-json"
    assert api.send("POST", EXPANSIONS, b"{", {"Content-Type": "application/json"}).headers["x-mock-error"] == (
        "malformed-json"
    )
    check_refused(api.create({"payload": 1, "classroomId": UNKNOWN_ID}), 400)
    foreign = f"{ORGANIZATIONS}/{UNKNOWN_ID}/api-keys"
    check_refused(nobody.post(foreign, {}), 401)
    check_refused(admin.post(foreign, {}), 403)
    check_refused(admin.send("POST", foreign, b"{", text), 403)


def test_an_idempotency_key_is_judged_with_the_request(api: Api) -> None:
    """A bad key is refused even when the body is good, and a bad body even when the key is known."""
    check_created(api.create(Idempotency_Key="judged"))
    check_refused(api.create({}, Idempotency_Key="judged"), 400)
    check_refused(api.create(NORMAL, Idempotency_Key="k" * 256), 400, naming="Idempotency-Key")


@pytest.mark.requirement("ERR-010")
def test_the_same_mistake_gets_the_same_answer(api: Api) -> None:
    """First error in document order, every time; up to twenty pointers say where the others are."""
    document = {"payload": 1, "sourceType": 2, "requestedOutputs": ["a", "b"], "idempotencyKey": 3}
    answers = [api.create(document) for _ in range(5)]
    check_refused(answers[0], 400, naming="payload")
    assert len({answer.body for answer in answers}) == 1
    pointers = {answer.headers["x-mock-error-pointer"] for answer in answers}
    assert len(pointers) == 1
    assert pointers.pop().startswith("#/payload")


def test_the_front_door_leads_to_the_control_plane(nobody: Api, server: RunningServer) -> None:
    """A browser at `/` is sent to `/__admin/`; everybody else gets the 404 of the API."""
    browser = nobody.get("/", Accept="text/html,application/xhtml+xml")
    assert (browser.status, browser.headers["location"].removeprefix(server.url)) == (302, "/__admin/")
    check_refused(nobody.get("/", Accept="application/json"), 404)


def test_health_and_version(nobody: Api, server: RunningServer) -> None:
    """The two control-plane reads that a script needs first."""
    health = nobody.get("/__admin/health")
    assert (health.status, health.json()["status"]) == (200, "healthy")
    version = nobody.get("/__admin/version").json()
    assert version["version"] == server.ready["version"]
    assert version["defaultRevision"] == "2026-07"


def test_a_query_changes_nothing(api: Api) -> None:
    """Operations have no query parameters: whatever stands there is ignored."""
    plain = api.get(CLASSROOMS)
    for query in ("?", "?limit=1", "?a=%00&a=%ff&&&=;", "?" + "x" * 5_000):
        answer = api.get(CLASSROOMS + query)
        assert (answer.status, answer.body) == (200, plain.body)


def test_a_media_type_where_no_body_is_read(admin: Api) -> None:
    """Revoke and rotate read no body, so they have no opinion about its media type, coding or syntax."""
    key_id = admin.post(API_KEYS, {"name": "bodiless"}).json()["keyId"]
    odd = {"Content-Type": "text/plain", "Content-Encoding": "gzip"}
    rotated = admin.send("POST", f"{API_KEYS}/{key_id}/rotate", b"{", odd)
    assert rotated.status == 200, rotated.body
    assert admin.send("POST", f"{API_KEYS}/{rotated.json()['keyId']}/revoke", b"", odd).status == 200
