"""Which addresses a delivery may go to, judged by a table of our own.

`ipaddress.is_global` is no such table: it takes NAT64 and 6to4 forms of 127.0.0.1 and all multicast for global.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Refusal = Literal["forbidden-address", "own-port", "not-allowed"]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _v4(*networks: str) -> tuple[IPv4Network, ...]:
    return tuple(map(IPv4Network, networks))


def _v6(*networks: str) -> tuple[IPv6Network, ...]:
    return tuple(map(IPv6Network, networks))


_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
_NAT64, _6TO4 = _v6("64:ff9b::/96", "2002::/16")
_32_BITS = 0xFFFF_FFFF
_UNICAST = IPv6Network("2000::/3")

_NEVER_4 = _v4("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
_HOSTS_6 = (_UNICAST, *_v6("fc00::/7", "::1/128", "64:ff9b::/96", "64:ff9b:1::/48"))
_METADATA_6 = IPv6Address("fd00:ec2::254")

_SPECIAL_4 = (
    *_NEVER_4,
    *_v4("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15"),
    *_v4("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.51.100.0/24", "203.0.113.0/24"),
)
_SPECIAL_6 = _v6("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

_RULE = re.compile(r"(\[[0-9A-Fa-f:.]+\](?:/[0-9]{1,3})?|[^:\[\]]+)(?::([0-9]{1,5}))?")
_MADE_OF_DIGITS = re.compile(r"[0-9./]*|[0-9A-Fa-f.]*:[0-9A-Fa-f:./]*")
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?\.?")
_PORTS = range(1, 65_536)


def read_address(text: str) -> Address:
    """Read what a resolver answered; an IPv4 address mapped into IPv6 is that IPv4 address. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_loopback(address: Address) -> bool:
    """Tell whether an address is this machine's own by definition; a translated 127.0.0.1 is somebody else's."""
    return _is_in(address, _LOOPBACK)


def is_global_unicast(address: Address) -> bool:
    """Tell whether an address is one host's on the public Internet, for NAT64 by the IPv4 address inside."""
    if isinstance(address, IPv4Address):
        return not _is_in(address, _SPECIAL_4)
    if address in _NAT64:
        return is_global_unicast(_inside(address) or address)
    return address in _UNICAST and not _is_in(address, _SPECIAL_6)


def is_never_a_target(address: Address) -> bool:
    """Tell whether no flag opens an address: no host's, a cloud's metadata, or a private one in disguise."""
    if isinstance(address, IPv4Address):
        return _is_in(address, _NEVER_4)
    inside = _inside(address)
    is_a_disguise = inside is not None and not is_global_unicast(inside)
    return is_a_disguise or address == _METADATA_6 or not _is_in(address, _HOSTS_6)


def _inside(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that a gateway makes of a NAT64 or 6to4 one."""
    if address in _NAT64:
        return IPv4Address(int(address) & _32_BITS)
    return IPv4Address(int(address) >> 80 & _32_BITS) if address in _6TO4 else None


def _readings(address: Address) -> tuple[Address, ...]:
    inside = _inside(address)
    return (address,) if inside is None else (address, inside)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def ascii_name(host: str) -> str:
    """Return a host name in lower-case ASCII, by IDNA where it is not; raise ValueError where it is no name."""
    name = host.encode("idna").decode("ascii").lower()
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{host[:64]!r} is no host name")
    return name


@dataclass(frozen=True, slots=True)
class Rule:
    """One `--allow-webhook-target`: a network, a name, or with neither all that is public; no port means any."""

    network: Network | None = None
    name: str | None = None
    port: int | None = None

    def allows(self, host: str, address: Address, port: int) -> bool:
        """Tell whether the rule opens an address at a port, reached under a host name in lower-case ASCII."""
        if self.port not in {None, port}:
            return False
        if self.network is not None:
            return any(each in self.network for each in _readings(address))
        return self.name in {None, host.removesuffix(".")} and is_global_unicast(address)


def parse_rule(text: str) -> Rule:
    """Read `public`, `CIDR[:port]` or `name[:port]`; IPv6 before a port stands in brackets.

    Raises ValueError for anything else, and for a network that no flag opens.
    """
    if text == "public":
        return Rule()
    parts = _RULE.fullmatch(text)
    where, port = (re.sub(r"[\[\]]", "", parts[1]), parts[2]) if parts else (text, None)
    if port is not None and int(port) not in _PORTS:
        raise ValueError(f"{text[:64]!r} has no port between 1 and 65535")
    number = None if port is None else int(port)
    if _MADE_OF_DIGITS.fullmatch(where) is None:
        return Rule(name=ascii_name(where).removesuffix("."), port=number)
    network = ip_network(where)
    if _is_never_open(network):
        raise ValueError(f"{text[:64]!r} is never a target: no host of its own is there")
    return Rule(network=network, port=number)


def _is_never_open(network: Network) -> bool:
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(each) for each in _NEVER_4)
    return not any(network.overlaps(each) for each in _HOSTS_6)


def is_local(address: Address) -> bool:
    """Tell whether an address is one of this machine's: only then can a socket be bound to it."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Policy:
    """Which targets a server sends to: loopback if it is bound there itself, and what its rules open."""

    rules: tuple[Rule, ...] = ()
    own_ports: frozenset[int] = frozenset()
    loopback_bind: bool = True
    is_local: Callable[[Address], bool] = is_local

    def refusal(self, host: str, address: Address, port: int) -> Refusal | None:
        """Return why an address is no target, or None; our own ports and what is never a target come first."""
        if is_never_a_target(address):
            return "forbidden-address"
        if port in self.own_ports and any(is_loopback(each) or self.is_local(each) for each in _readings(address)):
            return "own-port"
        if self.loopback_bind and is_loopback(address):
            return None
        return None if any(rule.allows(host, address, port) for rule in self.rules) else "not-allowed"
