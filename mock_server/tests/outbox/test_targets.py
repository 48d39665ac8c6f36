"""From a URL to the addresses that may be connected to: what is refused, and that no name is asked twice."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tutorflow_mock.outbox import targets
from tutorflow_mock.outbox.addresses import Policy, Rule, parse_rule
from tutorflow_mock.outbox.sender import Terms, send
from tutorflow_mock.outbox.targets import Blocked, Target, choose, look_up

EVERYTHING = tuple(map(parse_rule, ("0.0.0.0/0", "::/0", "public")))
HOST = "hooks.harbour.example"


def answers(*found: str) -> Callable[[str, int], tuple[str, ...]]:
    """Return a resolver that always answers this."""
    return lambda _host, _port: found


def numeric(host: str, port: int) -> tuple[str, ...]:
    """Resolve as the system does, but ask no name server: digits in whatever form, and this machine's own name."""
    flags = 0 if host == "localhost" else socket.AI_NUMERICHOST
    return tuple(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))


def verdict(url: str, resolve: Callable[[str, int], tuple[str, ...]], policy: Policy) -> str:
    """Return `ok`, or why a URL is blocked, or `unresolved`."""
    try:
        chosen = choose(url, policy, resolve)
    except OSError:
        return "unresolved"
    return chosen.reason if isinstance(chosen, Blocked) else "ok"


# What a host resolves to, and the verdicts of a server on loopback without a rule and with every rule there is.
FOUND: dict[tuple[str, ...], tuple[str, str]] = {
    ("127.0.0.1",): ("ok", "ok"),
    ("::1",): ("ok", "ok"),
    ("::1", "127.0.0.1"): ("ok", "ok"),
    ("::ffff:7f00:1",): ("ok", "ok"),
    ("8.8.8.8",): ("not-allowed", "ok"),
    ("2606:4700::1",): ("not-allowed", "ok"),
    ("10.0.0.1",): ("not-allowed", "ok"),
    ("127.0.0.1", "10.0.0.1"): ("not-allowed", "ok"),
    ("100.64.0.1",): ("not-allowed", "ok"),
    ("192.88.99.1",): ("not-allowed", "ok"),
    ("64:ff9b:1::7f00:1",): ("not-allowed", "ok"),
    ("3fff::1",): ("not-allowed", "ok"),
    ("8.8.8.8", "169.254.169.254"): ("not-allowed", "forbidden-address"),
    ("127.0.0.1", "169.254.169.254"): ("forbidden-address", "forbidden-address"),
    ("0.0.0.0",): ("forbidden-address", "forbidden-address"),  # noqa: S104 - nothing is bound to it
    ("::",): ("forbidden-address", "forbidden-address"),
    ("fe80::1%2",): ("forbidden-address", "forbidden-address"),
    ("64:ff9b::7f00:1",): ("forbidden-address", "forbidden-address"),
    ("::127.0.0.1",): ("forbidden-address", "forbidden-address"),
    ("2002:7f00:1::",): ("forbidden-address", "forbidden-address"),
    ("fec0::1",): ("forbidden-address", "forbidden-address"),
    ("224.0.0.1",): ("forbidden-address", "forbidden-address"),
    ("ff02::1",): ("forbidden-address", "forbidden-address"),
    ("ff0e::1",): ("forbidden-address", "forbidden-address"),
    ("fd00:ec2::254",): ("forbidden-address", "forbidden-address"),
    ("5f00::1",): ("forbidden-address", "forbidden-address"),
    (): ("unresolved", "unresolved"),
}


@pytest.mark.parametrize("found", FOUND)
def test_every_answer_of_a_resolver_is_judged(found: tuple[str, ...]) -> None:
    """5.2: one address that is refused blocks the name, wherever it stands among the answers."""
    url = f"https://{HOST}/"
    assert (verdict(url, answers(*found), Policy()), verdict(url, answers(*found), Policy(EVERYTHING))) == FOUND[found]


# Hosts as the system's own resolver reads them, and the verdict, with or without rules.
SPELLED = {
    **dict.fromkeys(("2130706433", "0x7f000001", "0x7f.1", "127.1", "017700000001", "0177.0.0.1", "127.0.0.1"), "ok"),
    **dict.fromkeys(("①②⑦.0.0.1", "１２７.０.０.１", "127。0。0。1"), "ok"),  # noqa: RUF001 - what IDNA makes digits of
    **dict.fromkeys(("LOCALHOST", "[::1]", "[::ffff:7f00:1]", "[::FFFF:127.0.0.1]"), "ok"),
    **dict.fromkeys(("0", "[::]", "169.254.169.254", "2852039166", "0xa9fea9fe", "[::7f00:1]"), "forbidden-address"),
    **dict.fromkeys(("127.0.0.1.", "256.0.0.1"), "unresolved"),
}


@pytest.mark.parametrize("host", SPELLED)
@pytest.mark.parametrize("rules", [(), EVERYTHING], ids=["closed", "opened"])
def test_however_an_address_is_written(host: str, rules: tuple[Rule, ...]) -> None:
    """5.2: the address that it becomes is what counts, in every spelling of it."""
    assert verdict(f"http://{host}/", numeric, Policy(rules)) == SPELLED[host]


NO_HOSTS = [
    *(
        "",
        ":80",
        "u@127.0.0.1",
        "u:p@127.0.0.1",
        "h\\@x",
        "a b",
        "h\t",
        "h\r\nX: y",
        "h\0",
        "127.0.0.1%00",
        "127.0.0.1%2e",
    ),
    *("[::1", "::1", "[:::]", "[1.2.3.4]", "[fe80::1%25eth0]", "[::1]x", "a..b", "a!b", "-a", "é" * 64, "a" * 64),
    *("h:", "h:0", "h:65536", "h:99999", "h:8x", "h:+1", "h:-1", "h:٣", "h:80:80"),
    *("x／@127.0.0.1", "x／y", "x＃y", "x？y", "x：80", "127.0.0.1＠x"),  # noqa: RUF001 - what IDNA makes separators of
]
NO_URLS = [
    *(
        "",
        "h",
        "//h/",
        "ftp://h/",
        "file:///etc/passwd",
        "gopher://h/",
        "http:h",
        "http:/h",
        "http\u017f://h/",
        " https://h/",
    ),
    *("https://h/#x", "https://h#", "https://h/ x", "https://h/\n", "https://h/\x85", "https://h/\ud800"),
    "https://h/" + "x" * 2_039,
]


@pytest.mark.parametrize("url", [*(f"https://{host}/" for host in NO_HOSTS), *NO_URLS])
def test_what_can_be_read_in_two_ways_is_no_target(url: str) -> None:
    """Users, fragments, controls, bad ports, and what IDNA would turn into separators: nobody is even asked."""

    def nobody(host: str, port: int) -> tuple[str, ...]:
        raise AssertionError(host, port)

    assert verdict(url, nobody, Policy(EVERYTHING)) == "invalid-url"


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.harbour.example", "hooks.harbour.example", 443, "/", "hooks.harbour.example"),
        ("HTTPS://Hooks.Harbour.Example:443/a", "hooks.harbour.example", 443, "/a", "hooks.harbour.example"),
        ("http://hooks.harbour.example:443?x=1", "hooks.harbour.example", 443, "/?x=1", "hooks.harbour.example:443"),
        ("https://hooks.harbour.example./x", "hooks.harbour.example.", 443, "/x", "hooks.harbour.example."),
        ("http://[0:0::1]:9000/hook", "::1", 9000, "/hook", "[::1]:9000"),
        ("http://[::1]/", "::1", 80, "/", "[::1]"),
        (
            'https://häfen.example/é?ü="<>\\^`{|}%41%zz',
            "xn--hfen-loa.example",
            443,
            "/%C3%A9?%C3%BC=%22%3C%3E%5C%5E%60%7B%7C%7D%41%zz",
            "xn--hfen-loa.example",
        ),
        (
            "https://a_b.example/x//y/../z;p?q=[1]&r=a+b@c",
            "a_b.example",
            443,
            "/x//y/../z;p?q=[1]&r=a+b@c",
            "a_b.example",
        ),
    ],
)
def test_what_a_target_is(url: str, host: str, port: int, path: str, authority: str) -> None:
    """Host and SNI are the name in ASCII, the path is sent as it was written, whatever is no ASCII by percent."""
    chosen = choose(url, Policy(), answers("::1", "127.0.0.1", "::ffff:127.0.0.1"))
    assert isinstance(chosen, Target)
    assert (chosen.scheme, chosen.host, chosen.port, chosen.path) == (url[: url.index(":")].lower(), host, port, path)
    assert (chosen.authority, chosen.addresses) == (authority, ("::1", "127.0.0.1"))


def test_a_refusal_names_the_address() -> None:
    """What is about the URL itself names none."""
    assert choose(f"https://{HOST}/", Policy(), answers("127.0.0.1", "10.0.0.1")) == Blocked("not-allowed", "10.0.0.1")
    assert choose("https://u@h/", Policy(), answers("127.0.0.1")) == Blocked("invalid-url")


def test_a_name_that_changes_its_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: public when it is judged, 127.0.0.1 a moment later: 100 attempts, none connects to the latter."""
    connected: list[str] = []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    policy = Policy((parse_rule("public"),), loopback_bind=False)
    asked: list[str] = []

    def changing(host: str, _port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) % 2 == 0 else ("8.8.8.8",)

    for _ in range(100):
        chosen = choose(f"https://{HOST}/", policy, changing)
        assert isinstance(chosen, Target)
        assert send(chosen, (), b"", Terms()).error == "refused"
        assert choose(f"https://{HOST}/", policy, changing) == Blocked("not-allowed", "127.0.0.1")
    assert set(connected) == {"8.8.8.8"}
    assert (len(connected), len(asked)) == (100, 200)


@pytest.fixture
def own_port() -> Iterator[int]:
    """A port on which this process listens, and on which nobody may have called when the test is over."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


def test_every_alias_of_our_own_port(own_port: int) -> None:
    """With every rule there is, and under every name that leads to ourselves: no connection."""
    policy = Policy(EVERYTHING, own_ports=frozenset({own_port}))
    hosts = (
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "①②⑦.0.0.1",
        "127.8.9.10",
    )
    literals = ("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]")
    assert {verdict(f"http://{host}:{own_port}/", numeric, policy) for host in (*hosts, *literals)} == {"own-port"}
    for host in ("0", "0x0", "[::]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"):
        assert verdict(f"http://{host}:{own_port}/", numeric, policy) == "forbidden-address"
    for entry in socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM):
        found = answers(str(entry[4][0]))
        assert verdict(f"http://{HOST}:{own_port}/", found, policy) in {"own-port", "forbidden-address"}


def test_the_systems_resolver() -> None:
    """Digits and this machine's own name need no name server."""
    assert look_up("127.0.0.1", 80) == ("127.0.0.1",)
    assert set(look_up("localhost", 80)) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_a_name_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    """Whatever the resolver stumbles over is an OSError to the caller."""

    def fails(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(OSError, match=str(failure.args[-1])):
        look_up(HOST, 443)


def test_a_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system knows no bound; ours is five seconds."""
    released = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    with pytest.raises(TimeoutError, match=HOST):
        look_up(HOST, 443, patience=0.05)
    released.set()
    assert targets.PATIENCE == 5.0
