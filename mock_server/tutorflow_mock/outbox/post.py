"""One attempt as the pump makes it: judge where the URL leads, then send, or say why not."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tutorflow_mock.domain.misbehaviours.letters import PLAIN, Send, Wire
from tutorflow_mock.outbox.addresses import Policy, parse_rule, read_address
from tutorflow_mock.outbox.raw import deliver
from tutorflow_mock.outbox.sender import Outcome, Terms
from tutorflow_mock.outbox.targets import Blocked, choose, look_up, read_url
from tutorflow_mock.settings import is_loopback

if TYPE_CHECKING:
    from tutorflow_mock.outbox.addresses import Address
    from tutorflow_mock.outbox.targets import Resolve
    from tutorflow_mock.settings import Settings

Headers = tuple[tuple[str, str], ...]
Doubt = Callable[[str], str | None]
"""Says why deliveries to a URL would be refused, as far as can be told without asking anybody; None if they may go."""


class Manner(NamedTuple):
    """How an attempt is made beside its bytes: its way on the wire, and whether TLS is verified."""

    wire: Wire = PLAIN
    verifies_tls: bool = True


ORDINARY = Manner()


class Post(Protocol):
    """Makes one attempt: to a URL, with these headers and bytes, within so many seconds."""

    def __call__(
        self, url: str, headers: Headers, body: bytes, timeout: float, manner: Manner = ORDINARY, /
    ) -> Outcome:
        """Return what came of it; nothing is raised."""
        ...


def poster(settings: Settings, resolve: Resolve = look_up) -> Post:
    """Return the function that makes attempts under a server's settings; ValueError for a rule that is none."""
    policy = policy_of(settings)

    def post(url: str, headers: Headers, body: bytes, timeout: float, manner: Manner = ORDINARY, /) -> Outcome:
        try:
            target = choose(url, policy, resolve)
        except TimeoutError:
            return _unsent("timeout")
        except OSError:
            return _unsent("unresolved")
        if isinstance(target, Blocked):
            return _unsent("blocked", explained(target))
        seconds = timeout + manner.wire.span
        terms = Terms(timeout=seconds, ca_file=settings.webhook_ca, verify=manner.verifies_tls)
        return deliver(target, Send(headers, body, manner.wire), terms)

    return post


def policy_of(settings: Settings) -> Policy:
    """Return which targets a server sends to; raise ValueError for a rule that is none."""
    rules = tuple(parse_rule(text) for text in settings.webhook_targets)
    own_ports = frozenset(port for port in (settings.port, settings.inner_port) if port is not None)
    return Policy(rules, own_ports, is_loopback(settings.host))


def doubter(settings: Settings) -> Doubt:
    """Return the function that tells of a new subscription whether its target would be refused, by its URL alone.

    No name is looked up: a create must not wait for that. `localhost` is known; any other name is doubted where no rule
    could open it, whatever its addresses, as long as they are not loopback ones.
    """
    policy = policy_of(settings)

    def doubt(url: str) -> str | None:
        target = read_url(url)
        if target is None:
            return explained(Blocked("invalid-url"))
        if (address := _known(target.host)) is not None:
            reason = policy.refusal(target.host, address, target.port)
            return None if reason is None else explained(Blocked(reason, str(address), target.host, target.port))
        if any(rule.network is not None or rule.allows(target.host, _PUBLIC, target.port) for rule in policy.rules):
            return None
        return explained(Blocked("not-allowed", None, target.host, target.port))

    return doubt


def explained(blocked: Blocked) -> str:
    """Return a sentence that says which address was refused, why, and what would allow it."""
    host, port = blocked.host, blocked.port
    address = blocked.address or host
    at = f"{_bracketed(address)}:{port}"
    found = at if address == host else f"{at}, to which {host} leads,"
    if blocked.reason == "invalid-url":
        return "the URL is none that deliveries are sent to"
    if blocked.reason == "own-port":
        return f"{found} is the mock's own port; nothing allows it"
    if blocked.reason == "forbidden-address":
        return f"{found} is never a target; nothing allows it"
    return f"{found} is not allowed; --allow-webhook-target {at} would allow it"


_PUBLIC = IPv4Address("8.8.8.8")
"""Stands for whatever public address a name may have; nothing is ever sent there."""


def _known(host: str) -> Address | None:
    """Return the address of a host that needs no look-up."""
    try:
        return read_address("127.0.0.1" if host.removesuffix(".") == "localhost" else host)
    except ValueError:
        return None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _unsent(error: str, diagnosis: str | None = None) -> Outcome:
    return Outcome(None, (), "", error, None, 0, diagnosis)
