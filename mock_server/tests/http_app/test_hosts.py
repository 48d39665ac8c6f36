"""Which Host headers are taken: the listed names and no other spelling of them; a foreign page's name never."""

import pytest
from mock_server.tests.http_app.wsgi import READ, call
from mock_server.tests.operations.in_process import Mock

from tutorflow_mock.http.hosts import Hosts
from tutorflow_mock.settings import is_loopback

FOREIGN = [
    "evil.example",
    "evil.example:4010",
    "127.0.0.1.evil.example",
    "evil.example.127.0.0.1",
    "localhost.evil.example",
    "notlocalhost",
    "localhost.",
    "127.0.0.1.",
    "127.0.0.2",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0.0.0.0",  # noqa: S104 - a name to refuse, not an address to bind
    "[::]",
    "[::2]",
    "[0:0:0:0:0:0:0:1]",
    "::1",
    "[::1",
    "127.0.0.1@evil.example",
    "evil.example@127.0.0.1",
    "127.0.0.1,evil.example",
    "127.0.0.1, 127.0.0.1",
    "127.0.0.1:4010:80",
    "127.0.0.1:",
    "127.0.0.1:x",
    "127.0.0.1:123456",
    "127.0.0.1/",
    "http://127.0.0.1",
    " 127.0.0.1",
    "127.0.0.1 ",
    "127.0.0.1\t",
    "127.0.0.1\x00",
    "löcalhost",
    "local_host",
    "-localhost",
    "x." * 130,
    "",
    "tutorflow.io",
    "api.tutorflow.io.evil.example",
    None,
]
LOCAL = ["127.0.0.1", "127.0.0.1:4010", "localhost", "LocalHost", "localhost:80", "[::1]", "[::1]:4010"]
CONTRACTS_OWN = "api.tutorflow.io"


@pytest.mark.parametrize("host", FOREIGN, ids=repr)
def test_a_foreign_host_is_refused_on_every_plane(host: str | None) -> None:
    """400 in the envelope on the API plane and beside it, 403 on the control plane; health alone is open."""
    app = Mock().app
    paths = ("/v1/content/classrooms", "/v1/nothing", "/", "/__admin/version", "/__admin/health")
    answers = [call(app, READ, {"PATH_INFO": path, "HTTP_HOST": host}) for path in paths]
    assert [answer.status for answer in answers] == [400, 400, 400, 403, 200]
    assert [answer.outcome[1] for answer in answers[:3]] == ["content_invalid_request"] * 3
    assert answers[3].headers["Content-Type"] == "application/problem+json"
    assert {answer.reason for answer in answers[:3]} == {"host-not-allowed"}


@pytest.mark.parametrize("host", LOCAL)
def test_this_machine_is_taken_everywhere(host: str) -> None:
    """In process the local names count with any port or none, in any case."""
    app = Mock().app
    paths = ("/v1/content/classrooms", "/__admin/version", "/v1/nothing")
    assert [call(app, READ, {"PATH_INFO": path, "HTTP_HOST": host}).status for path in paths] == [200, 200, 404]


@pytest.mark.parametrize(
    ("host", "api", "control"),
    [
        ("127.0.0.1:4010", 200, 200),
        ("localhost:4010", 200, 200),
        ("[::1]:4010", 200, 200),
        ("127.0.0.1", 400, 403),
        ("localhost:4011", 400, 403),
        (CONTRACTS_OWN, 200, 403),
        (CONTRACTS_OWN.upper(), 200, 403),
        (f"{CONTRACTS_OWN}:4010", 400, 403),
        ("mock.example:4010", 200, 200),
        ("mock.example", 200, 200),
        ("Mock.Example:4010", 200, 200),
        ("mock.example:4011", 400, 403),
        ("other.example:8443", 200, 200),
        ("other.example", 200, 200),
        ("other.example:8444", 400, 403),
    ],
)
def test_a_server_on_loopback_takes_its_own_port(host: str, api: int, control: int) -> None:
    """Bound to 127.0.0.1:4010, only that port counts; the API takes the contract's own host, named ones by all."""
    app = Mock(port=4010, allowed_hosts=("mock.example", "other.example:8443", "other.example")).app
    seen = [
        call(app, READ, {"PATH_INFO": path, "HTTP_HOST": host}).status
        for path in ("/v1/content/classrooms", "/__admin/version")
    ]
    assert seen == [api, control]


@pytest.mark.parametrize(
    ("host", "api", "control"),
    [
        ("mock.company.example", 200, 403),
        ("192.0.2.7:4010", 200, 200),
        ("127.0.0.1:4010", 200, 200),
        ("evil.example:80", 200, 403),
        ("evil.example, evil.example", 400, 403),
        ("evil@example", 400, 403),
        (None, 400, 403),
    ],
)
def test_a_server_on_another_address_takes_any_one_name(host: str | None, api: int, control: int) -> None:
    """The API plane takes any one well-formed Host then; the control plane keeps to the list, token or not."""
    app = Mock(host="192.0.2.7", port=4010, admin_token="t").app
    given = {"HTTP_HOST": host}
    assert call(app, READ, given).status == api
    seen = call(app, READ, given, {"PATH_INFO": "/__admin/version", "HTTP_AUTHORIZATION": "Bearer t"})
    assert seen.status == control


def test_the_usual_port_may_be_left_out() -> None:
    """On port 80 clients send no port."""
    hosts = Hosts("127.0.0.1", 80, (), "https://api.tutorflow.io")
    assert [hosts.allows_control(name) for name in ("localhost", "localhost:80", "localhost:81")] == [True, True, False]


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - an address to judge, not to bind
        ("::", False),
        ("192.0.2.7", False),
        ("mock.example", False),
        ("", False),
    ],
)
def test_what_is_loopback(host: str, *, answer: bool) -> None:
    """A bind address is loopback if nobody else can reach it; names other than `localhost` are not trusted to be."""
    assert is_loopback(host) == answer


def test_an_address_of_version_6_is_listed_in_brackets() -> None:
    """A server bound to an IPv6 address is addressed in brackets."""
    hosts = Hosts("2001:DB8::7", 4010, (), "https://api.tutorflow.io")
    assert [hosts.allows_control(name) for name in ("[2001:db8::7]:4010", "2001:db8::7:4010")] == [True, False]
