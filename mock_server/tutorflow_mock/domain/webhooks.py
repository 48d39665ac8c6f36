"""Webhook subscriptions: how one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain.clock import timestamp

if TYPE_CHECKING:
    from tutorflow_mock.domain.model import Subscription


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
