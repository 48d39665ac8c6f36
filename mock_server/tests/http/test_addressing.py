"""Hosts, targets, methods and headers: cases 85 to 97 of the bad-input catalogue."""

import json

import pytest
from mock_server.tests.http.answer import check_created, check_refused, check_refused_by_parser
from mock_server.tests.http.api import API_KEYS, CLASSROOMS, EXPANSIONS, EXPORTS, NORMAL, UNKNOWN_ID, WEBHOOKS, Api
from mock_server.tests.http.wire import Wire, written
from mock_server.tests.process import RunningServer

pytestmark = pytest.mark.usefixtures("then_a_normal_create_works")

NORMAL_BODY = json.dumps(NORMAL).encode()


def get_with_hosts(wire: Wire, path: str, *hosts: str) -> bytes:
    """Return a GET with these `Host` lines and no other."""
    lines = [f"Host: {host.format(port=wire.port)}" for host in hosts]
    return written(f"GET {path} HTTP/1.1", *lines, wire.bearer)


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="case_085_none"),
        pytest.param([""], id="case_085_empty"),
        pytest.param(["127.0.0.1:{port}", "127.0.0.1:{port}"], id="case_085_two"),
        pytest.param(["127.0.0.1:{port}", "evil.example"], id="case_085_a_second_one"),
        pytest.param(["a@b"], id="case_085_user"),
        pytest.param(["evil@127.0.0.1:{port}"], id="case_085_user_before_ours"),
        pytest.param(["127.0.0.1:{port}/x"], id="case_085_path"),
        pytest.param(["127.0.0.1:{port}, evil.example"], id="case_085_comma"),
        pytest.param(["127.0.0.1:x"], id="case_085_port_no_number"),
        pytest.param(["evil.example"], id="case_086_foreign"),
        pytest.param(["localhost.evil.example:{port}"], id="case_086_suffix"),
        pytest.param(["127.0.0.1.evil.example"], id="case_086_prefix"),
        pytest.param(["localhost:1"], id="case_086_another_port"),
        pytest.param(["localhost"], id="case_086_without_port"),
        pytest.param(["127.0.0.1.:{port}"], id="case_086_trailing_dot"),
        pytest.param(["localhost.:{port}"], id="case_086_trailing_dot_of_a_name"),
        pytest.param(["127.1:{port}"], id="case_086_short_address"),
        pytest.param(["0x7f.0.0.1:{port}"], id="case_086_hexadecimal"),
        pytest.param(["2130706433:{port}"], id="case_086_one_number"),
        pytest.param(["0.0.0.0:{port}"], id="case_086_any_address"),
        pytest.param(["[::ffff:127.0.0.1]:{port}"], id="case_086_mapped_address"),
        pytest.param(["http://127.0.0.1:{port}"], id="case_085_with_a_scheme"),
        pytest.param(["127.0.0.1:{port}:{port}"], id="case_085_two_ports"),
        pytest.param(["127.0.0.1 :{port}"], id="case_085_space"),
        pytest.param(["127.0.0.1:{port}#x"], id="case_085_fragment"),
        pytest.param(["127.0.0.1:{port}\\evil.example"], id="case_085_backslash"),
        pytest.param(["127.0.0.1:{port}?x"], id="case_085_query"),
        pytest.param(["\xb9\xb27.0.0.1:{port}"], id="case_085_other_digits"),
        pytest.param(["api.tutorflow.io.evil.example"], id="case_086_the_contracts_host_as_a_prefix"),
    ],
)
def test_a_host_that_is_not_ours(wire: Wire, hosts: list[str]) -> None:
    """The API plane answers 400 in the envelope; the control plane refuses as well."""
    check_refused_by_parser(wire.ask(get_with_hosts(wire, CLASSROOMS, *hosts)), 400)
    control = wire.ask(get_with_hosts(wire, "/__admin/clock", *hosts))
    assert control.status in {400, 403}
    assert b'"now"' not in control.body


def test_case_086_the_control_plane_names_its_reason(wire: Wire) -> None:
    """A foreign Host is 400 in the API's envelope and a 403 problem of the control plane; health answers anyone."""
    check_refused(wire.ask(get_with_hosts(wire, CLASSROOMS, "evil.example")), 400)
    control = wire.ask(get_with_hosts(wire, "/__admin/jobs", "evil.example"))
    assert control.status == 403
    assert control.headers["content-type"] == "application/problem+json"
    assert control.json()["type"] == "/__admin/docs/errors#host-not-allowed"
    assert wire.ask(get_with_hosts(wire, "/__admin/health", "evil.example")).status == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "api.tutorflow.io"]
)
def test_a_host_that_is_ours(wire: Wire, host: str) -> None:
    """The loopback names and the contract's own server are taken."""
    assert wire.ask(get_with_hosts(wire, CLASSROOMS, host)).status == 200


def test_case_087_an_absolute_target(wire: Wire) -> None:
    """With an absolute target the Host header decides, as without one."""
    target = f"http://evil.example{CLASSROOMS}"
    assert wire.ask(wire.request("GET", target)).status == 200
    ours = f"http://127.0.0.1:{wire.port}{CLASSROOMS}"
    refused = wire.ask(written(f"GET {ours} HTTP/1.1", "Host: evil.example", wire.bearer))
    check_refused(refused, 400)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["X-Long: " + "x" * 64_000], id="case_088_64_kb"),
        pytest.param(["X-Long: " + "x" * 300_000], id="case_088_300_kb"),
        pytest.param([f"X-Header-{n}: {n}" for n in range(2_000)], id="case_088_2000_headers"),
        pytest.param(["X-Long: " + "x" * 2_000_000], id="case_088_2_mb"),
    ],
)
def test_large_headers(wire: Wire, lines: list[str]) -> None:
    """Large headers are read or refused with 431, never with an error of ours."""
    answer = wire.ask(wire.request("GET", CLASSROOMS, *lines))
    assert (answer.status, answer.body == b"") in {(200, False), (431, True)}


def test_case_089_a_path_of_70_kb(wire: Wire) -> None:
    """A target that long is 414 by the server's parser, without body."""
    answer = wire.ask(wire.request("GET", "/" + "x" * 70_000))
    assert (answer.status, answer.body) == (414, b"")


def test_case_089_an_id_of_9_kb(api: Api) -> None:
    """A long id is an unknown one."""
    answer = api.get(f"{EXPANSIONS}/{'a' * 9_000}")
    check_refused(answer, 404)
    assert len(answer.body) < 200


@pytest.mark.requirement("ERR-007", "HTTP-004")
@pytest.mark.parametrize(
    "method",
    [
        *(
            pytest.param(method, id=f"case_090_{method}")
            for method in ("DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "get")
        ),
        pytest.param("OPTIONS", id="case_092_OPTIONS"),
    ],
)
@pytest.mark.parametrize("path", [EXPANSIONS, CLASSROOMS, f"{EXPANSIONS}/{UNKNOWN_ID}", API_KEYS, WEBHOOKS, EXPORTS])
def test_a_method_that_a_known_path_does_not_take(wire: Wire, method: str, path: str) -> None:
    """The wrong method is the 404 of an unknown route, and nothing of the request comes back."""
    answer = wire.ask(wire.request(method, path, "X-Canary: tweet-tweet"))
    check_refused(answer, 404)
    assert b"tweet" not in answer.body
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_case_091_methods_that_nobody_knows(wire: Wire) -> None:
    """`G@T` is refused by the parser; 5000 letters are a method like any other, just not ours."""
    check_refused_by_parser(wire.ask(wire.request("G@T", CLASSROOMS)), 400)
    check_refused(wire.ask(wire.request("A" * 5_000, CLASSROOMS)), 404)


@pytest.mark.requirement("ERR-006")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(f"{CLASSROOMS}%00", id="case_093_nul"),
        pytest.param(f"{CLASSROOMS}%ff", id="case_093_no_utf_8"),
        pytest.param(f"{CLASSROOMS}%0d%0aX-Injected:1", id="case_093_line_break"),
        pytest.param(f"{EXPANSIONS}/..%2fclassrooms", id="case_093_encoded_slash"),
        pytest.param(f"{EXPANSIONS}/../../classrooms", id="case_093_dots"),
        pytest.param(f"/v1/content/./{CLASSROOMS}", id="case_093_dot"),
        pytest.param(f"/{CLASSROOMS}", id="case_093_two_slashes"),
        pytest.param("/v1//content/classrooms", id="case_093_two_slashes_inside"),
        pytest.param(f"{CLASSROOMS}/", id="case_093_trailing_slash"),
        pytest.param(f"{EXPANSIONS}/{UNKNOWN_ID}/", id="case_093_trailing_slash_after_an_id"),
        pytest.param(f"{EXPANSIONS}//result", id="case_093_empty_id"),
        pytest.param(f"{CLASSROOMS}%E2%80%AE", id="case_093_right_to_left_override"),
        pytest.param("/V1/content/classrooms", id="case_093_upper_case"),
        pytest.param("/v1/content/class%2frooms", id="case_093_slash_in_a_word"),
        pytest.param("/v1/content/nothing", id="unknown_route"),
        pytest.param("/", id="the_root"),
        pytest.param("/robots.txt", id="robots"),
    ],
)
def test_a_path_that_is_none_of_ours(wire: Wire, path: str) -> None:
    """Only the contract's exact paths exist; the rest is 404 in the envelope, with or without a key."""
    for answer in (
        wire.ask(wire.request("GET", path)),
        wire.ask(written(f"GET {path} HTTP/1.1", wire.host)),
        wire.ask(written(f"POST {path} HTTP/1.1", wire.host, "Content-Length: 2") + b"{}"),
    ):
        check_refused(answer, 404)
        assert "x-injected" not in answer.headers
        for raw in (b"\0", b"\xff", b"\r\n", b"\xe2\x80\xae"):
            assert raw not in answer.body


@pytest.mark.parametrize("end", ["", "/result"])
@pytest.mark.requirement("STAT-003", "STAT-004", "RES-014")
def test_case_094_a_job_id_that_is_none(api: Api, end: str) -> None:
    """A malformed, altered or unknown id is 404, and always the same answer."""
    job_id: str = check_created(api.create())["id"]
    ids = [
        UNKNOWN_ID,
        "1",
        "null",
        "job-id",
        job_id.upper() if job_id.upper() != job_id else "X",
        f"{{{job_id}}}",
        f"%7B{job_id}%7D",
        job_id.replace("-", ""),
        job_id[:-1],
        f"{job_id}0",
        f"{job_id}%20",
        f"%20{job_id}",
        f"{job_id}%0a",
        "%C3%A9",
        "%00",
        "'%20OR%201=1--",
    ]
    answers = [api.get(f"{EXPANSIONS}/{each}{end}") for each in ids]
    for answer in answers:
        check_refused(answer, 404)
    assert {answer.body for answer in answers} == {answers[0].body}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("If-None-Match: *", id="case_095_if_none_match"),
        pytest.param("If-Match: nothing", id="case_095_if_match"),
        pytest.param("If-Modified-Since: Mon, 06 Jul 2099 09:00:00 GMT", id="case_095_if_modified_since"),
        pytest.param("Range: bytes=0-1", id="case_095_range"),
        pytest.param("Expect: 200-maybe", id="case_095_expect"),
        pytest.param("X-HTTP-Method-Override: DELETE", id="case_097_method_override"),
        pytest.param("X-Method-Override: DELETE", id="case_097_short_method_override"),
        pytest.param("X-Forwarded-Host: evil.example", id="case_097_forwarded_host"),
        pytest.param("Forwarded: host=evil.example;proto=https", id="case_097_forwarded"),
        pytest.param("X-Forwarded-Proto: https", id="case_097_forwarded_proto"),
        pytest.param("X-Original-URL: /__admin/clock", id="case_097_original_url"),
        pytest.param("Accept-Encoding: gzip, br, zstd", id="accept_encoding"),
        pytest.param("Upgrade: h2c", id="upgrade"),
    ],
)
def test_a_header_without_effect(wire: Wire, line: str) -> None:
    """Conditions, ranges, overrides and forwarding headers change nothing, for reading and for writing."""
    plain, odd = wire.ask(wire.request("GET", CLASSROOMS)), wire.ask(wire.request("GET", CLASSROOMS, line))
    assert (odd.status, odd.body) == (plain.status, plain.body) == (200, plain.body)
    check_created(wire.ask(wire.whole_create(line, body=NORMAL_BODY)))


def test_case_097_the_login_ignores_forwarding(nobody: Api, server: RunningServer) -> None:
    """No forwarded host finds its way into an answer."""
    document = {"email": "admin@harbour.example", "password": "a-long-passphrase", "timezone": "Asia/Seoul"}
    answer = nobody.post("/auth/login", document, X_Forwarded_Host="evil.example", Referer=server.url)
    assert answer.status == 200, answer.body
    assert "evil" not in answer.body.decode() + str(answer.headers)
