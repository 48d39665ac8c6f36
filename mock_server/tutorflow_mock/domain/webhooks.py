"""Webhook subscriptions: which targets the contract takes, and how a subscription is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tutorflow_mock.domain.clock import timestamp

if TYPE_CHECKING:
    from tutorflow_mock.domain.model import Subscription

_MAX_URL = 2048
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[^\s/?#@:\[\]\\]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?][^\s#\\]*)?",
    re.IGNORECASE | re.ASCII,
)
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_LOOPBACK = re.compile(r"localhost|127(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}|\[::1\]", re.IGNORECASE)
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
_DOTTED_QUAD = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}")


def target_fault(url: str, plain_http: object) -> str | None:
    """Return why a URL cannot be subscribed, or None; `plain_http` is the value of `webhook.plain-http` (S62, S63).

    Only what the contract says is judged here: an absolute http or https URL without user, fragment, blank or control
    character, its host in plain notation. Where a delivery may really go is decided when it is sent.
    """
    parts = _URL.fullmatch(url)
    if len(url) > _MAX_URL or _CONTROL.search(url) or parts is None:
        return f"must be an absolute http or https URL of at most {_MAX_URL} characters, without user or fragment"
    host = parts["host"]
    if parts["port"] is not None and not 0 < int(parts["port"]) < 1 << 16:
        return "must have a port from 1 to 65535"
    if _NUMERIC_HOST.fullmatch(host) and not _DOTTED_QUAD.fullmatch(host):
        return "must write an IPv4 address as four decimal numbers"
    if parts["scheme"].lower() == "http" and not _may_be_plain(host, plain_http):
        return "must use https, unless the host is loopback"
    return None


def _may_be_plain(host: str, plain_http: object) -> bool:
    return plain_http == "allow" or (plain_http == "loopback-only" and _LOOPBACK.fullmatch(host) is not None)


def created_body(subscription: Subscription) -> dict[str, object]:
    """Return the answer of create, the only one that holds the secret (F-071, F-076)."""
    return {
        "id": subscription.id,
        "organizationId": subscription.organization_id,
        "url": subscription.url,
        "events": list(subscription.events),
        "status": subscription.status,
        "secret": subscription.secret,
    }


def listed_body(subscription: Subscription) -> dict[str, object]:
    """Return one entry of the list: the create shape without the secret (F-072, S66)."""
    shown = created_body(subscription)
    del shown["secret"]
    return {**shown, "createdAt": timestamp(subscription.created_at)}
