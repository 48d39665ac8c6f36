"""Keys, logins, webhooks and the files a server starts from: cases 103 to 112 of the bad-input catalogue."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mock_server.tests.conftest import StartServer
from mock_server.tests.http.answer import check_refused
from mock_server.tests.http.api import API_KEYS, UNKNOWN_ID, WEBHOOKS, Api
from mock_server.tests.http.processes import resident_kilobytes
from mock_server.tests.process import run_command

pytestmark = pytest.mark.usefixtures("then_a_normal_create_works")

LOGIN = {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "Asia/Seoul"}
MALFORMED_IDS = ["1", "null", "%00", "..%2f", "{x}", "a" * 300]


def key(**fields: Any) -> dict[str, Any]:
    """Return a good key request with these fields changed."""
    return {"name": "case", "rateLimitPerMinute": 60, **fields}


def hook(**fields: Any) -> dict[str, Any]:
    """Return a good webhook request with these fields changed."""
    return {"url": "https://hooks.example/in", "events": ["content.completed"], **fields}


@pytest.mark.requirement("KEY-014", "KEY-015")
@pytest.mark.parametrize(
    ("document", "naming"),
    [
        pytest.param({"rateLimitPerMinute": 60}, "name", id="case_103_name_missing"),
        pytest.param(key(name=None), "name", id="case_103_name_null"),
        pytest.param(key(name=""), "name", id="case_103_name_empty"),
        pytest.param(key(name=" \t\u3000 "), "name", id="case_103_name_blank"),
        pytest.param(key(name="n" * 101), "name", id="case_103_name_of_101_characters"),
        pytest.param(key(name=7), "name", id="case_103_name_number"),
        pytest.param(key(rateLimitPerMinute=0), "rateLimitPerMinute", id="case_104_zero"),
        pytest.param(key(rateLimitPerMinute=-1), "rateLimitPerMinute", id="case_104_minus_one"),
        pytest.param(key(rateLimitPerMinute=1.5), "rateLimitPerMinute", id="case_104_fraction"),
        pytest.param(key(rateLimitPerMinute="60"), "rateLimitPerMinute", id="case_104_text"),
        pytest.param(key(rateLimitPerMinute=1_001), "rateLimitPerMinute", id="case_104_1001"),
        pytest.param(key(rateLimitPerMinute=10**9), "rateLimitPerMinute", id="case_104_ten_to_9"),
        pytest.param(key(rateLimitPerMinute=10**30), "rateLimitPerMinute", id="case_104_ten_to_30"),
        pytest.param(key(rateLimitPerMinute=True), "rateLimitPerMinute", id="case_104_true"),
        pytest.param(key(rateLimitPerMinute=None), "rateLimitPerMinute", id="case_104_null"),
        pytest.param(key(rateLimitPerMinute=[60]), "rateLimitPerMinute", id="case_104_array"),
    ],
)
def test_a_key_that_cannot_be(admin: Api, document: object, naming: str) -> None:
    """A bad name or limit is 400, names the field, and leaves no key behind."""
    before = admin.get(API_KEYS).json()
    check_refused(admin.post(API_KEYS, document), 400, naming=naming)
    assert [each["id"] for each in admin.get(API_KEYS).json()] == [each["id"] for each in before]


@pytest.mark.requirement("KEY-001", "KEY-002", "KEY-005")
@pytest.mark.parametrize(
    ("document", "name", "limit"),
    [
        pytest.param(key(rateLimitPerMinute=60.0), "case", 60, id="case_104_whole_float"),
        pytest.param({"name": "case"}, "case", 60, id="limit_left_out"),
        pytest.param(key(name="n" * 100, rateLimitPerMinute=1_000), "n" * 100, 1_000, id="largest"),
        pytest.param(key(name="열쇠 🔑", rateLimitPerMinute=1), "열쇠 🔑", 1, id="smallest"),
    ],
)
def test_a_key_at_the_edge(admin: Api, document: object, name: str, limit: int) -> None:
    """60.0 is 60, a limit left out is 60, and the list agrees with the answer."""
    answer = admin.post(API_KEYS, document)
    assert answer.status == 201, answer.body
    made = answer.json()
    assert (made["name"], made["rateLimitPerMinute"]) == (name, limit)
    assert type(made["rateLimitPerMinute"]) is int
    assert made["apiKey"].startswith(made["keyPrefix"])
    listed = {each["id"]: each for each in admin.get(API_KEYS).json()}[made["keyId"]]
    assert {field: listed[field] for field in ("name", "keyPrefix", "rateLimitPerMinute")} == {
        field: made[field] for field in ("name", "keyPrefix", "rateLimitPerMinute")
    }
    assert "apiKey" not in listed


@pytest.mark.requirement("KEY-012")
@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_case_105_an_unknown_key(admin: Api, verb: str) -> None:
    """Unknown and malformed ids are 404."""
    for key_id in [UNKNOWN_ID, *MALFORMED_IDS]:
        check_refused(admin.send("POST", f"{API_KEYS}/{key_id}/{verb}"), 404)


@pytest.mark.requirement("KEY-006", "KEY-007", "KEY-008", "KEY-010", "KEY-011", "KEY-016")
def test_case_105_a_revoked_key(admin: Api, nobody: Api) -> None:
    """A rotated key is dead at once; the new one can be revoked twice, and rotated no more."""
    made = admin.post(API_KEYS, key(name="turned")).json()
    rotated = admin.send("POST", f"{API_KEYS}/{made['keyId']}/rotate")
    assert rotated.status == 200, rotated.body
    new = rotated.json()
    assert (new["name"], new["rateLimitPerMinute"]) == ("turned", 60)
    assert new["keyId"] != made["keyId"]
    check_refused(nobody.get("/v1/content/classrooms", Authorization=f"Bearer {made['apiKey']}"), 401)
    assert nobody.get("/v1/content/classrooms", Authorization=f"Bearer {new['apiKey']}").status == 200

    for _ in range(2):
        revoked = admin.send("POST", f"{API_KEYS}/{new['keyId']}/revoke")
        assert (revoked.status, revoked.body) == (200, b"")
    check_refused(admin.send("POST", f"{API_KEYS}/{new['keyId']}/rotate"), 409)
    check_refused(admin.send("POST", f"{API_KEYS}/{made['keyId']}/rotate"), 409)
    states = {each["id"]: each["status"] for each in admin.get(API_KEYS).json()}
    assert (states[made["keyId"]], states[new["keyId"]]) == ("REVOKED", "REVOKED")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param({**LOGIN, "password": "wrong"}, 401, id="case_106_wrong_password"),
        pytest.param({**LOGIN, "password": ""}, 400, id="case_106_empty_password"),
        pytest.param({**LOGIN, "password": "A-LONG-PASSPHRASE"}, 401, id="case_106_password_in_upper_case"),
        pytest.param({**LOGIN, "password": "pässword"}, 401, id="case_106_password_no_ascii"),
        pytest.param({**LOGIN, "email": "nobody@harbour.example"}, 401, id="case_106_unknown_email"),
        pytest.param({**LOGIN, "email": "admin@lighthouse.example"}, 401, id="case_106_the_password_of_another"),
        pytest.param({"email": LOGIN["email"]}, 400, id="case_106_password_missing"),
        pytest.param({"password": LOGIN["password"]}, 400, id="case_106_email_missing"),
        pytest.param({**LOGIN, "email": 1}, 400, id="case_106_email_number"),
        pytest.param({**LOGIN, "password": None}, 400, id="case_106_password_null"),
        pytest.param({**LOGIN, "password": ["a"]}, 400, id="case_106_password_array"),
        pytest.param({**LOGIN, "timezone": 9}, 400, id="case_106_timezone_number"),
        pytest.param([], 400, id="case_106_array"),
        pytest.param({}, 400, id="case_106_empty"),
    ],
)
def test_a_login_that_fails(nobody: Api, document: object, status: int) -> None:
    """Wrong credentials are 401 and alike, unreadable ones 400; no cookie is set, no password comes back."""
    answer = nobody.post("/auth/login", document)
    assert answer.status == status, answer.body
    check_refused(answer, status)
    assert "set-cookie" not in answer.headers
    assert b"passphrase" not in answer.body.lower()


def test_case_106_wrong_password_and_unknown_email_are_alike(nobody: Api) -> None:
    """Nobody learns which addresses exist."""
    wrong = nobody.post("/auth/login", {**LOGIN, "password": "wrong"})
    unknown = nobody.post("/auth/login", {**LOGIN, "email": "nobody@harbour.example"})
    assert wrong.body == unknown.body


@pytest.mark.requirement("HOOK-016")
@pytest.mark.parametrize(
    ("document", "naming"),
    [
        pytest.param({"events": ["content.completed"]}, "url", id="case_107_missing"),
        pytest.param(hook(url=None), "url", id="case_107_null"),
        pytest.param(hook(url=""), "url", id="case_107_empty"),
        pytest.param(hook(url=5), "url", id="case_107_number"),
        pytest.param(hook(url="ftp://hooks.example/"), "url", id="case_107_ftp"),
        pytest.param(hook(url="file:///etc/passwd"), "url", id="case_107_file"),
        pytest.param(hook(url="javascript:alert(1)"), "url", id="case_107_javascript"),
        pytest.param(hook(url="//hooks.example/in"), "url", id="case_107_no_scheme"),
        pytest.param(hook(url="/in"), "url", id="case_107_path_alone"),
        pytest.param(hook(url="hooks.example"), "url", id="case_107_name_alone"),
        pytest.param(hook(url="https://"), "url", id="case_107_no_host"),
        pytest.param(hook(url="https:///in"), "url", id="case_107_empty_host"),
        pytest.param(hook(url="https://user:pass@hooks.example/"), "url", id="case_107_userinfo"),
        pytest.param(hook(url="https://hooks.example/#part"), "url", id="case_107_fragment"),
        pytest.param(hook(url="https://hooks.example/" + "x" * 3_000), "url", id="case_107_3_kb"),
        pytest.param(hook(url="https://hooks.example/a b"), "url", id="case_107_space"),
        pytest.param(hook(url=" https://hooks.example/"), "url", id="case_107_space_before"),
        pytest.param(hook(url="https://hooks.example/\n"), "url", id="case_107_line_feed"),
        pytest.param(hook(url="https://hooks.example:0/"), "url", id="case_107_port_0"),
        pytest.param(hook(url="https://hooks.example:65536/"), "url", id="case_107_port_65536"),
        pytest.param(hook(url="https://hooks.example:x/"), "url", id="case_107_port_no_number"),
        pytest.param(hook(url="http://hooks.example/"), "url", id="case_107_plain_http_elsewhere"),
        pytest.param(hook(url="http://0x7f.1/"), "url", id="case_107_hexadecimal_loopback"),
        pytest.param(hook(url="http://localhost.evil.example/"), "url", id="case_107_localhost_as_a_prefix"),
        pytest.param(hook(url="http://10.0.0.1/"), "url", id="case_107_plain_http_to_a_private_address"),
        pytest.param(hook(url="https://[::1/"), "url", id="case_107_broken_bracket"),
        pytest.param({"url": "https://hooks.example/"}, "events", id="case_109_missing"),
        pytest.param(hook(events=[]), "events", id="case_109_empty"),
        pytest.param(hook(events=None), "events", id="case_109_null"),
        pytest.param(hook(events="content.completed"), "events", id="case_109_text"),
        pytest.param(hook(events=["content.started"]), "content.started", id="case_109_unknown"),
        pytest.param(hook(events=["content.completed", "*"]), "*", id="case_109_star"),
        pytest.param(hook(events=["Content.Completed"]), "Content.Completed", id="case_109_other_case"),
    ],
)
def test_a_webhook_that_cannot_be(admin: Api, document: object, naming: str) -> None:
    """A bad address or event is 400, names the field or the value, and leaves no subscription behind."""
    before = admin.get(WEBHOOKS).body
    check_refused(admin.post(WEBHOOKS, document), 400, naming=naming)
    assert admin.get(WEBHOOKS).body == before


@pytest.mark.requirement("HOOK-001", "HOOK-002")
@pytest.mark.parametrize(
    ("document", "events"),
    [
        pytest.param(hook(events=["content.failed"] * 3), ["content.failed"], id="case_109_duplicate"),
        pytest.param(hook(url="http://127.0.0.1:9/in"), ["content.completed"], id="plain_http_to_loopback"),
        pytest.param(hook(url="http://localhost:9/in"), ["content.completed"], id="plain_http_to_localhost"),
        pytest.param(hook(url="http://[::1]:9/in"), ["content.completed"], id="plain_http_to_loopback_6"),
        pytest.param(hook(url="https://hooks.example:8443/in?team=a"), ["content.completed"], id="port_and_query"),
        pytest.param(hook(), ["content.completed"], id="the_same_address_again"),
    ],
)
def test_a_webhook_at_the_edge(admin: Api, document: dict[str, Any], events: list[str]) -> None:
    """Accepted as sent, each event once; the secret shows at create and never again; delete is final."""
    answer = admin.post(WEBHOOKS, document)
    assert answer.status == 201, answer.body
    made = answer.json()
    assert (made["url"], made["events"], made["status"]) == (document["url"], events, "ACTIVE")
    listing = admin.get(WEBHOOKS)
    assert made["id"] in [each["id"] for each in listing.json()]
    assert made["secret"] not in listing.body.decode()
    deleted = admin.send("DELETE", f"{WEBHOOKS}/{made['id']}")
    assert (deleted.status, deleted.body) == (200, b"")
    check_refused(admin.send("DELETE", f"{WEBHOOKS}/{made['id']}"), 404)


@pytest.mark.requirement("HOOK-017")
def test_an_unknown_webhook(admin: Api) -> None:
    """Deleting what does not exist is 404."""
    for webhook_id in [UNKNOWN_ID, *MALFORMED_IDS]:
        check_refused(admin.send("DELETE", f"{WEBHOOKS}/{webhook_id}"), 404)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        pytest.param(API_KEYS, key(), id="case_110_keys"),
        pytest.param(WEBHOOKS, hook(), id="case_110_webhooks"),
    ],
)
def test_beyond_the_cap(start_server: StartServer, path: str, document: object) -> None:
    """A session holds 1000 of each; the next is 409, and memory stays bounded."""
    running = start_server()
    admin = Api.admin(running.url, running.admin_cookie)
    before = resident_kilobytes(running.pid)
    statuses = [admin.post(path, document).status for _ in range(1_010)]
    refused = admin.post(path, document)
    listed = admin.get(path).json()
    admin.close()
    assert set(statuses) == {201, 409}
    assert sorted(statuses) == statuses, "once refused, always refused"
    assert 998 <= len(listed) <= 1_000
    check_refused(refused, 409)
    assert refused.headers["x-mock-error"] == "session-limit"
    assert resident_kilobytes(running.pid) - before < 20 * 1024


def alias_bomb() -> str:
    """Return a document of ten lines that expands to a thousand million items."""
    lines = ['a0: &a0 ["x","x","x","x","x","x","x","x","x","x"]']
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(alias_bomb, id="case_112_alias_bomb"),
        pytest.param(lambda: "# " + "x" * 10_000_000, id="case_112_10_mb"),
        pytest.param(lambda: "[" * 10_000 + "]" * 10_000, id="case_112_10000_levels"),
        pytest.param(lambda: "\n".join(" " * n + "a:" for n in range(1_000)), id="case_112_1000_levels_by_indent"),
        pytest.param(lambda: "behaviours: !!python/object/apply:os.system ['true']", id="case_112_python_tag"),
        pytest.param(lambda: "behaviours: !env HOME", id="case_112_own_tag"),
        pytest.param(lambda: "behaviours: {idempotency.missing-key: [", id="case_112_unclosed"),
        pytest.param(lambda: "- a\n- b\n", id="case_112_list"),
        pytest.param(lambda: "just text", id="case_112_text"),
        pytest.param(lambda: "behaviours: {no.such-behaviour: replay}", id="case_112_unknown_behaviour"),
        pytest.param(lambda: "behaviours: {idempotency.missing-key: maybe}", id="case_112_unknown_value"),
        pytest.param(lambda: "revision: 1999-01\n", id="case_112_unknown_revision"),
        pytest.param(lambda: "a: 1\na: 2\n", id="case_112_duplicate_key"),
        pytest.param(lambda: "\x00\x01\x02", id="case_112_control_characters"),
    ],
)
def test_a_profile_that_cannot_be_read(tmp_path: Path, text: Callable[[], str]) -> None:
    """A bad profile stops the start with exit 2 and a sentence that names the file."""
    profile = tmp_path / "profile.yaml"
    profile.write_text(text(), "utf-8")
    done = run_command("serve", "--port", "0", "--json", "--profile", str(profile))
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "profile.yaml" in done.stderr


def test_case_112_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A profile that is no UTF-8 stops the start in the same way."""
    profile = tmp_path / "profile.yaml"
    profile.write_bytes(b"\xff\xfe\x00behaviours: {}")
    done = run_command("serve", "--port", "0", "--json", "--profile", str(profile))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "profile.yaml" in done.stderr
