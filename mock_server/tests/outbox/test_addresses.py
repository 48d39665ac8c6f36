"""Our own table of addresses, the rules that open some of them, and what no rule opens."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_server.tests.domain.samples import PROPERTY

from tutorflow_mock.outbox import addresses
from tutorflow_mock.outbox.addresses import Policy, Rule, parse_rule, read_address

EVERYTHING = tuple(map(parse_rule, ("0.0.0.0/0", "::/0", "public")))
"""Rules that open all that rules can open."""

PUBLIC = (
    *("8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.0"),
    "126.255.255.255",
)
PUBLIC_6 = (
    *("2606:4700:4700::1111", "2001:200::", "2001:4860:4860::8888", "2001:db9::", "2003::", "3ffe:ffff::"),
    "64:ff9b::808:808",
)
SPECIAL = (
    *("10.0.0.1", "100.64.0.1", "127.0.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1"),
    *("192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
    *("100.100.100.200", "::1", "fc00::1", "fdff::1", "2001::1", "2001:1ff:ffff::", "2001:db8::1"),
    *("2002:808:808::", "3fff::1", "64:ff9b:1::808:808"),
)
NEVER = (
    *("0.0.0.1", "0.1.2.3", "169.254.0.1", "169.254.169.254", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "::", "fe80::1", "febf::1", "fe80::1%eth0", "fec0::1", "fd00:ec2::254", "ff02::1"),
    *("ff0e::1", "5f00::1", "4000::", "100::1", "::127.0.0.1", "::8.8.8.8", "::2", "64:ff9b::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b::e000:1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    "2002:c0a8:101::",
)


def refusal(
    text: str, *rules: str, host: str = "hooks.harbour.example", port: int = 443, loopback_bind: bool = True
) -> str | None:
    """Judge one address under rules, for a server that is bound to loopback unless told otherwise."""
    policy = Policy(tuple(map(parse_rule, rules)), loopback_bind=loopback_bind)
    return policy.refusal(host, read_address(text), port)


@pytest.mark.parametrize("text", [*PUBLIC, *PUBLIC_6])
def test_what_is_public(text: str) -> None:
    """Global unicast is open to `public` and to nobody without it; the edges of the table count."""
    assert addresses.is_global_unicast(read_address(text))
    assert (refusal(text), refusal(text, "public")) == ("not-allowed", None)


@pytest.mark.parametrize("text", SPECIAL)
def test_what_is_not_public(text: str) -> None:
    """Private, shared, documentation and other special ones are not what `public` says; a network rule opens them."""
    assert not addresses.is_global_unicast(read_address(text))
    assert refusal(text, "public", loopback_bind=False) == "not-allowed"
    assert refusal(text, text, loopback_bind=False) is None


@pytest.mark.parametrize("text", NEVER)
@pytest.mark.parametrize("loopback_bind", [True, False])
def test_what_no_rule_opens(text: str, loopback_bind: bool) -> None:  # noqa: FBT001 - a column of the table
    """Our network, link-local, metadata, multicast, reserved, and private ones in the clothes of IPv6."""
    policy = Policy(EVERYTHING, loopback_bind=loopback_bind)
    assert policy.refusal("hooks.harbour.example", read_address(text), 443) == "forbidden-address"
    assert not addresses.is_global_unicast(read_address(text))


@pytest.mark.parametrize("text", ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])
def test_loopback_is_open_to_a_server_on_loopback(text: str) -> None:
    """A guest of a shared mock must not reach its host's services, unless a rule says so."""
    assert refusal(text) is None
    assert refusal(text, loopback_bind=False) == "not-allowed"
    assert refusal(text, "127.0.0.0/8", "::1", loopback_bind=False) is None


@pytest.mark.parametrize(
    ("text", "where", "is_open"),
    [
        *(
            ("10.0.0.0/8", "10.1.2.3:443", True),
            ("10.0.0.0/8", "11.0.0.1:443", False),
            ("10.0.0.5", "10.0.0.6:443", False),
        ),
        *(("10.0.0.0/8:8443", "10.1.2.3:8443", True), ("10.0.0.0/8:8443", "10.1.2.3:443", False)),
        *(("10.0.0.5:8443", "10.0.0.5:8443", True), ("10.0.0.0/8", "::ffff:10.0.0.1:443", True)),
        *(("8.8.8.0/24", "64:ff9b::808:808:443", True), ("8.8.8.0/24", "2002:808:808:::443", True)),
        *(
            ("fd00::/8", "fd12::1:443", True),
            ("[fd00::]/8:8443", "fd12::1:8443", True),
            ("[fd00::]/8:8443", "fd12::1:443", False),
        ),
        *(("fd12::1", "fd12::1:443", True), ("[fd12::1]", "fd12::1:443", True), ("[fd12::1]:443", "fd12::1:443", True)),
        *(("hooks.harbour.example", "8.8.8.8:443", True), ("Hooks.Harbour.Example.", "8.8.8.8:1", True)),
        *(("hooks.harbour.example:443", "8.8.8.8:443", True), ("hooks.harbour.example:443", "8.8.8.8:444", False)),
        *(("harbour.example", "8.8.8.8:443", False), ("hooks.harbour.example", "10.0.0.1:443", False)),
        *(("hooks.harbour.example", "2001:db8::1:443", False), ("public", "8.8.8.8:1", True)),
    ],
)
def test_what_a_rule_opens(text: str, where: str, is_open: bool) -> None:  # noqa: FBT001 - a column of the table
    """A network opens its addresses; a name its public answers only, since its owner decides what it answers."""
    address, _, port = where.rpartition(":")
    found = {
        refusal(address, text, host=host, port=int(port))
        for host in ("hooks.harbour.example", "hooks.harbour.example.")
    }
    assert found == {None if is_open else "not-allowed"}


def test_how_rules_are_read() -> None:
    """The forms of `--allow-webhook-target`."""
    assert parse_rule("public") == Rule()
    assert parse_rule("häfen.example:8443") == Rule(name="xn--hfen-loa.example", port=8443)
    assert parse_rule("localhost") == Rule(name="localhost")
    assert str(parse_rule("[2001:db8::]/32:1").network) == "2001:db8::/32"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0",
            "10.0.0.0/8:0",
            "10.0.0.0/8:65536",
            "10.0.0.0/8:99999",
            "10.0.0.0/8:x",
        ),
        *("[::1", "::1]", "[10.0.0.0/8]:80", "2001:db8::/129", "[2001:db8::/32]:443", "2001:db8::1::2", "127.1", "1"),
        *(
            "hooks.harbour.example/8",
            "https://hooks.harbour.example",
            "*.harbour.example",
            "user@harbour.example",
            "a b",
        ),
        *(
            "a..b",
            "a" * 64 + ".example",
            "hooks.harbour.example:",
            "hooks.harbour.example:443x",
            "hooks:1:2",
            "-x",
            "é" * 64,
        ),
        *(
            "0.0.0.0/8",
            "169.254.169.254",
            "224.0.0.0/4",
            "255.255.255.255",
            "fe80::/10",
            "ff02::1",
            "::/128",
            "::ffff:0:0/96",
        ),
    ],
)
def test_what_is_no_rule(text: str) -> None:
    """Neither typing errors nor networks that never open are taken without a word."""
    with pytest.raises(ValueError, match=r"\S"):
        parse_rule(text)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.0.0.5", "64:ff9b::808:808"])
def test_our_own_ports_are_never_a_target(text: str) -> None:
    """On loopback and on every address of this machine, whatever the rules; other ports of the same stay open."""
    own = {read_address("10.0.0.5"), read_address("8.8.8.8")}
    policy = Policy(EVERYTHING, own_ports=frozenset({4010, 4011}), is_local=own.__contains__)
    found = [policy.refusal("localhost", read_address(text), port) for port in (4010, 4011, 4012)]
    assert found == ["own-port", "own-port", None]
    assert policy.refusal("localhost", read_address("10.0.0.6"), 4010) is None


def test_which_addresses_are_this_machines() -> None:
    """A socket can be bound to them; that is asked of the system, and sends nothing."""
    assert addresses.is_local(read_address("127.0.0.1"))
    assert addresses.is_local(read_address("::1")) is socket.has_ipv6
    assert not addresses.is_local(read_address("192.0.2.1"))
    assert not addresses.is_local(read_address("2001:db8::1"))


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f.1", "010.0.0.1", "1.2.3.4.5", ":::"])
def test_what_is_no_address(text: str) -> None:
    """A resolver answers with addresses; anything else is a fault of its own."""
    with pytest.raises(ValueError, match=r"\S"):
        read_address(text)


@given(st.ip_addresses())
@PROPERTY
def test_every_address_gets_one_verdict(address: object) -> None:
    """Nothing is both public and forbidden, and without a rule only loopback is open."""
    found = read_address(str(address))
    verdict = Policy().refusal("hooks.harbour.example", found, 443)
    assert not (addresses.is_global_unicast(found) and addresses.is_never_a_target(found))
    assert (verdict is None) is addresses.is_loopback(found)
