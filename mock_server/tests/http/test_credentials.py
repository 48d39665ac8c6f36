"""Who is asking, and with which headers: cases 57 to 75 of the bad-input catalogue."""

import gzip
import json

import pytest
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.answer import check_created, check_refused, check_refused_by_parser
from mock_server.tests.http.api import (
    API_KEYS,
    CLASSROOMS,
    EXPANSIONS,
    EXPORTS,
    NORMAL,
    OTHER_ORGANIZATION,
    UNKNOWN_ID,
    WEBHOOKS,
    Api,
)
from mock_server.tests.http.conftest import Mint
from mock_server.tests.http.processes import resident_kilobytes
from mock_server.tests.http.wire import Wire, written
from mock_server.tests.process import RunningServer

pytestmark = pytest.mark.usefixtures("then_a_normal_create_works")

NORMAL_BODY = json.dumps(NORMAL).encode()
UNKNOWN_KEY = "tf_content_" + "0" * 32
ORGANIZATIONS = "/v1/content/organizations"
LOGIN = {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "Asia/Seoul"}


@pytest.mark.requirement("AUTH-001", "AUTH-002", "AUTH-003", "AUTH-006", "AUTH-012", "AUTH-014")
@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="case_057_none"),
        pytest.param("", id="case_057_empty"),
        pytest.param("Basic dXNlcjpwYXNz", id="case_058_basic"),
        pytest.param("Basic {key}", id="case_058_basic_with_the_key"),
        pytest.param("Bearer", id="case_058_scheme_alone"),
        pytest.param("Bearer ", id="case_058_empty_token"),
        pytest.param("Bearer a b", id="case_058_two_tokens"),
        pytest.param("Bearer {key} x", id="case_058_the_key_and_more"),
        pytest.param("Bearer {key},", id="case_058_the_key_and_a_comma"),
        pytest.param("{key}", id="case_058_no_scheme"),
        pytest.param("Bearer{key}", id="case_058_no_space"),
        pytest.param("Bearer " + UNKNOWN_KEY, id="case_058_unknown_key"),
        pytest.param("Bearer {upper}", id="case_058_key_in_upper_case"),
        pytest.param("Bearer é".encode(), id="case_059_utf_8"),
        pytest.param("Bearer é".encode("latin-1"), id="case_059_latin_1"),
        pytest.param("Bearer " + "x" * 8_192, id="case_059_token_of_8_kb"),
        pytest.param("Bearer ' OR 1=1--", id="case_059_sql"),
    ],
)
def test_without_a_good_bearer_key(server: RunningServer, fresh_key: str, authorization: str | bytes | None) -> None:
    """Missing, malformed and unknown keys are one answer: 401 with a challenge, before the body is judged."""
    client = Api.nobody(server.url)
    text = authorization
    if isinstance(text, str):
        text = text.format(key=fresh_key, upper=fresh_key.upper())
    headers = {} if text is None else {"Authorization": text}
    answers = [
        client.create_raw(NORMAL_BODY, headers),
        client.create_raw(b"{", headers),
        client.send("GET", f"{EXPANSIONS}/{UNKNOWN_ID}", None, headers),
        client.send("GET", f"{EXPANSIONS}/{UNKNOWN_ID}/result", None, headers),
        client.send("GET", CLASSROOMS, None, headers),
    ]
    client.close()
    for answer in answers:
        check_refused(answer, 401)
        assert answer.message == "Invalid or missing Content Integration API key"
        assert fresh_key not in answer.body.decode()


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_case_058_the_scheme_has_no_case(nobody: Api, fresh_key: str, scheme: str) -> None:
    """`bearer <key>` is as good as `Bearer <key>`."""
    check_created(nobody.create_raw(NORMAL_BODY, {"Authorization": f"{scheme} {fresh_key}"}))


def test_case_059_nul_in_the_token(wire: Wire) -> None:
    """NUL in a header is refused by the server's parser."""
    top = written(f"GET {CLASSROOMS} HTTP/1.1", wire.host, "Authorization: Bearer a\0b")
    check_refused_by_parser(wire.ask(top), 400)


@pytest.mark.parametrize("same", [True, False], ids=["case_060_the_same_twice", "case_060_two_keys"])
def test_two_authorization_headers(wire: Wire, fresh_key: str, *, same: bool) -> None:
    """Two credentials are none, even when they agree."""
    second = wire.bearer if same else f"Authorization: Bearer {fresh_key}"
    check_refused(wire.ask(wire.request("GET", CLASSROOMS, second)), 401)


@pytest.mark.requirement("AUTH-015")
@pytest.mark.parametrize("name", ["apiKey", "api_key", "access_token", "key", "Authorization"])
def test_case_061_a_key_in_the_query(nobody: Api, server: RunningServer, fresh_key: str, name: str) -> None:
    """A key in the address opens nothing, and no log line repeats it."""
    check_refused(nobody.get(f"{CLASSROOMS}?{name}={fresh_key}"), 401)
    check_refused(nobody.create_raw(NORMAL_BODY, {"X-Api-Key": fresh_key}), 401)
    assert fresh_key not in server.stderr()


@pytest.mark.requirement("AUTH-004", "KEY-009", "KEY-017")
def test_case_062_a_revoked_key(admin: Api, nobody: Api, api: Api) -> None:
    """From the next call on a revoked key is 401 on every operation; its jobs live on."""
    minted = admin.post(API_KEYS, {"name": "short-lived", "rateLimitPerMinute": 60}).json()
    bearer = {"Authorization": f"Bearer {minted['apiKey']}"}
    job = check_created(nobody.create_raw(NORMAL_BODY, bearer))
    revoked = admin.send("POST", f"{API_KEYS}/{minted['keyId']}/revoke")
    assert (revoked.status, revoked.body) == (200, b"")
    check_refused(nobody.create_raw(NORMAL_BODY, bearer), 401)
    for path in (f"{EXPANSIONS}/{job['id']}", f"{EXPANSIONS}/{job['id']}/result", CLASSROOMS):
        check_refused(nobody.send("GET", path, None, bearer), 401)
    assert api.get(f"{EXPANSIONS}/{job['id']}").status == 200


@pytest.mark.requirement("AUTH-011")
def test_case_062_a_job_of_another_organization(server: RunningServer, api: Api) -> None:
    """A foreign job is answered as an unknown one, byte by byte."""
    job = check_created(api.create())
    other = Api.bearer(server.url, "tf_content_0b7e4c19d2f84a6e95c3d1f07a8b2e64")
    for end in ("", "/result"):
        foreign = other.get(f"{EXPANSIONS}/{job['id']}{end}")
        check_refused(foreign, 404)
        assert foreign.body == other.get(f"{EXPANSIONS}/{UNKNOWN_ID}{end}").body
    other.close()


@pytest.mark.requirement("AUTH-007", "AUTH-008", "EXP-001")
def test_case_063_the_wrong_kind_of_credential(admin: Api, api: Api) -> None:
    """A cookie opens no bearer route, and a key no admin route."""
    check_refused(admin.create(), 401)
    check_refused(admin.get(CLASSROOMS), 401)
    check_refused(admin.get(f"{EXPANSIONS}/{UNKNOWN_ID}"), 401)
    for path in (API_KEYS, WEBHOOKS, ORGANIZATIONS):
        check_refused(api.get(path), 401)
    check_refused(api.post(API_KEYS, {"name": "x", "rateLimitPerMinute": 60}), 401)
    check_refused(api.post(WEBHOOKS, {"url": "https://hooks.example/", "events": ["content.failed"]}), 401)
    check_refused(api.post(EXPORTS, {"lessonId": "standalone-lesson-id"}), 401)


@pytest.mark.requirement("AUTH-009")
@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param(None, id="case_064_none"),
        pytest.param("jwt=", id="case_064_empty"),
        pytest.param("jwt=demo-admin2", id="case_064_unknown"),
        pytest.param("jwt=demo-admi", id="case_064_cut"),
        pytest.param("jwt=DEMO-ADMIN", id="case_064_upper_case"),
        pytest.param("JWT=demo-admin", id="case_064_name_in_upper_case"),
        pytest.param("tutorflow_admin_session=demo-admin", id="case_064_the_alias_that_is_off"),
        pytest.param("jwt", id="case_064_name_alone"),
        pytest.param(";;; = ;jwt==;", id="case_064_junk"),
        pytest.param("jwt=eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.", id="case_064_unsigned_token"),
        pytest.param("jwt=unknown; jwt=demo-admin", id="case_064_the_first_of_two_counts"),
        pytest.param("jwt=é".encode(), id="case_064_no_ascii"),
    ],
)
def test_without_a_good_admin_session(nobody: Api, cookie: str | bytes | None) -> None:
    """A missing, cut, altered or unknown session opens no admin operation."""
    headers = {} if cookie is None else {"Cookie": cookie}
    for method, path in [("GET", API_KEYS), ("GET", WEBHOOKS), ("GET", ORGANIZATIONS), ("POST", API_KEYS)]:
        check_refused(nobody.send(method, path, None, headers), 401)


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param("jwt=demo-admin; jwt=unknown", id="case_064_the_first_of_two_counts"),
        pytest.param("; ".join(f"c{n}=v{n}" for n in range(199)) + "; jwt=demo-admin", id="case_064_200_cookies"),
        pytest.param("a=b;jwt=demo-admin;c", id="case_064_no_space"),
    ],
)
def test_an_admin_session_among_other_cookies(nobody: Api, cookie: str) -> None:
    """The session is found among other cookies, and the first `jwt` counts."""
    assert nobody.get(API_KEYS, Cookie=cookie).status == 200


@pytest.mark.requirement("AUTH-016", "AUTH-018")
def test_case_064_an_expired_session(start_server: StartServer) -> None:
    """A session of a login ends after 24 hours of the session's clock; the demo cookie does not."""
    running = start_server()
    nobody, admin = Api.nobody(running.url), Api.admin(running.url, running.admin_cookie)
    login = nobody.post("/auth/login", LOGIN)
    assert login.status == 200, login.body
    cookie = login.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("jwt=")
    assert "HttpOnly" in login.headers["set-cookie"]
    assert nobody.get(API_KEYS, Cookie=cookie).status == 200
    assert admin.advance("PT24H").status == 200
    check_refused(nobody.get(API_KEYS, Cookie=cookie), 401)
    assert admin.get(API_KEYS).status == 200
    nobody.close()
    admin.close()


@pytest.mark.requirement("AUTH-010")
@pytest.mark.parametrize("tail", ["api-keys", "webhooks"])
def test_case_065_another_organization(admin: Api, tail: str) -> None:
    """A foreign organization and an unknown one are the same 403, byte by byte, for reading and writing."""
    paths = [f"/v1/content/organizations/{owner}/{tail}" for owner in (OTHER_ORGANIZATION, UNKNOWN_ID, "not-an-id")]
    answers = [admin.get(path) for path in paths] + [admin.post(path, {"name": "x"}) for path in paths]
    for answer in answers:
        check_refused(answer, 403)
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.requirement("CRE-014")
@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param(None, id="case_067_absent"),
        pytest.param("", id="case_067_empty"),
        pytest.param("text/plain", id="case_067_text"),
        pytest.param("text/json", id="case_067_text_json"),
        pytest.param("application/x-www-form-urlencoded", id="case_067_form"),
        pytest.param("multipart/form-data; boundary=x", id="case_067_multipart"),
        pytest.param("application/jsonx", id="case_067_jsonx"),
        pytest.param("application/vnd.api+json", id="case_067_plus_json"),
        pytest.param("application/json, text/plain", id="case_067_two"),
        pytest.param("application / json", id="case_067_spaces"),
        pytest.param("application/json; charset=utf-16", id="case_068_utf_16"),
        pytest.param('application/json; charset="iso-8859-1"', id="case_068_latin_1"),
    ],
)
def test_a_media_type_that_is_not_json(api: Api, media_type: str | None) -> None:
    """A good body under another media type is 400."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    check_refused(api.send("POST", EXPANSIONS, NORMAL_BODY, headers), 400)


@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param("application/json; charset=UTF-8", id="case_068_utf_8"),
        pytest.param('application/json;charset="utf-8"', id="case_068_quoted"),
        pytest.param("application/json;;;", id="case_069_empty_parameters"),
        pytest.param("APPLICATION/JSON", id="case_069_upper_case"),
        pytest.param("application/json; v=1; profile=x", id="case_069_parameters"),
    ],
)
def test_a_media_type_that_is_json(api: Api, media_type: str) -> None:
    """Case and parameters do not matter."""
    check_created(api.send("POST", EXPANSIONS, NORMAL_BODY, {"Content-Type": media_type}))


def test_case_070_gzip(api: Api) -> None:
    """A compressed body is refused for its coding, before it is read as anything; `identity` is no coding."""
    check_refused(api.create_raw(gzip.compress(NORMAL_BODY), {"Content-Encoding": "gzip"}), 400)
    check_refused(api.create_raw(NORMAL_BODY, {"Content-Encoding": "br"}), 400)
    check_created(api.create_raw(NORMAL_BODY, {"Content-Encoding": "identity"}))


@pytest.mark.parametrize(
    ("megabytes", "statuses"),
    [
        pytest.param(1_000, {400}, id="case_070_a_gigabyte_in_one_megabyte"),
        pytest.param(10_000, {400, 413}, id="case_070_ten_gigabytes_in_ten_megabytes"),
    ],
)
def test_a_gzip_bomb(api: Api, server: RunningServer, megabytes: int, statuses: set[int]) -> None:
    """A bomb is refused before inflating, by its coding or, when it is over the limit itself, by its length."""
    before = resident_kilobytes(server.pid)
    bomb = gzip.compress(bytes(1_000_000)) * megabytes
    check_refused_by_parser(api.create_raw(bomb, {"Content-Encoding": "gzip"}), *statuses)
    assert resident_kilobytes(server.pid) - before < 64 * 1024


@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "application/xml", "junk", ""])
def test_case_071_accept_is_not_negotiated(api: Api, accept: str) -> None:
    """Whatever the client wants to see, it gets JSON."""
    answer = api.create(Accept=accept)
    check_created(answer)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.requirement("IDEM-012")
@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="case_072_empty"),
        pytest.param("k" * 256, id="case_072_256_characters"),
        pytest.param("a\tb", id="case_072_tab"),
        pytest.param("é".encode(), id="case_072_utf_8"),
        pytest.param("é".encode("latin-1"), id="case_072_latin_1"),
        pytest.param(b"a\x7fb", id="case_072_delete"),
    ],
)
def test_an_idempotency_key_that_is_none(wire: Wire, key: str | bytes) -> None:
    """Keys have 1 to 255 printable ASCII characters; the refusal leaves no job behind."""
    text = key if isinstance(key, str) else key.decode("latin-1")
    check_refused_by_parser(wire.ask(wire.whole_create(f"Idempotency-Key: {text}", body=NORMAL_BODY)), 400)


def test_case_072_a_control_in_the_key(wire: Wire) -> None:
    """A control character in a header is refused by the server's parser or by the application."""
    request = wire.whole_create("Idempotency-Key: a\x01b", body=NORMAL_BODY)
    check_refused_by_parser(wire.ask(request), 400)


@pytest.mark.requirement("IDEM-011", "IDEM-017")
@pytest.mark.parametrize(
    "key",
    [
        pytest.param("' OR 1=1--", id="case_073_sql"),
        pytest.param("../../x", id="case_073_dots"),
        pytest.param("%00", id="case_073_percent_zero"),
        pytest.param('"k"', id="case_073_quoted"),
        pytest.param("case 073 with  two spaces", id="case_073_inner_spaces"),
        pytest.param("Case-073", id="case_073_upper_case"),
        pytest.param("k" * 255, id="case_073_255_characters"),
        pytest.param("*", id="case_073_star"),
        pytest.param("{{7*7}}", id="case_073_braces"),
    ],
)
def test_an_idempotency_key_is_opaque(api: Api, key: str) -> None:
    """Keys are compared byte by byte: quotes, case, spaces and dots belong to them."""
    first = api.create(Idempotency_Key=key)
    assert first.headers["x-mock-idempotency"] == "new"
    assert check_created(first)["idempotencyKey"] == key
    assert check_created(api.create(Idempotency_Key=key))["id"] == first.json()["id"]
    for other in {key.strip('"'), key.lower(), key.replace("  ", " "), f"{key}-"[-255:]} - {key}:
        assert check_created(api.create(Idempotency_Key=other))["id"] != first.json()["id"]


def test_case_074_two_idempotency_keys(wire: Wire, api: Api) -> None:
    """Two headers arrive as one key with a comma, and a warning says so."""
    request = wire.whole_create("Idempotency-Key: c74a", "Idempotency-Key: c74b", body=NORMAL_BODY)
    first = wire.ask(request)
    job = check_created(first)
    assert first.headers["x-mock-warnings"]
    assert check_created(wire.ask(request))["id"] == job["id"]
    assert check_created(api.create(Idempotency_Key=job["idempotencyKey"]))["id"] == job["id"]
    assert check_created(api.create(Idempotency_Key="c74a"))["id"] != job["id"]


def test_case_075_an_underscore_in_the_header_name(wire: Wire) -> None:
    """`Idempotency_Key` is no crash: the server takes it for the header."""
    request = wire.whole_create("Idempotency_Key: c75", body=NORMAL_BODY)
    first, second = check_created(wire.ask(request)), check_created(wire.ask(request))
    assert (first["idempotencyKey"] is None) == (first["id"] != second["id"])


@pytest.mark.requirement("RATE-007")
def test_a_refused_credential_spends_nobodys_calls(nobody: Api, mint: Mint) -> None:
    """401s are not counted: a key of one call a minute still has it."""
    bearer = {"Authorization": f"Bearer {mint(1)}"}
    for _ in range(5):
        check_refused(nobody.send("GET", CLASSROOMS, None, {"Authorization": f"Bearer {UNKNOWN_KEY}"}), 401)
    assert nobody.send("GET", CLASSROOMS, None, bearer).status == 200
