"""One attempt as the pump makes it: judge where the URL leads, then send, or say why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.outbox.addresses import Policy, parse_rule
from tutorflow_mock.outbox.sender import Outcome, Terms, send
from tutorflow_mock.outbox.targets import Blocked, choose, look_up
from tutorflow_mock.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutorflow_mock.outbox.targets import Resolve
    from tutorflow_mock.settings import Settings

    Headers = tuple[tuple[str, str], ...]
    Post = Callable[[str, Headers, bytes, float], Outcome]


def poster(settings: Settings, resolve: Resolve = look_up) -> Post:
    """Return the function that makes attempts under a server's settings; ValueError for a rule that is none."""
    rules = tuple(parse_rule(text) for text in settings.webhook_targets)
    own_ports = frozenset(() if settings.port is None else (settings.port,))
    policy = Policy(rules, own_ports, is_loopback(settings.host))

    def post(url: str, headers: Headers, body: bytes, timeout: float) -> Outcome:
        try:
            target = choose(url, policy, resolve)
        except TimeoutError:
            return _unsent("timeout")
        except OSError:
            return _unsent("unresolved")
        if isinstance(target, Blocked):
            return _unsent("blocked")
        return send(target, headers, body, Terms(timeout=timeout, ca_file=settings.webhook_ca))

    return post


def _unsent(error: str) -> Outcome:
    return Outcome(None, (), "", error, None, 0)
