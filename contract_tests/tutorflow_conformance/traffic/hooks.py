"""Webhooks as they are managed, which needs nobody to receive them."""

from __future__ import annotations

from typing import Any

from tutorflow_conformance.exchange import member
from tutorflow_conformance.traffic.look import UNKNOWN_ID
from tutorflow_conformance.traffic.minting import subscribe, unsubscribe
from tutorflow_conformance.traffic.run import ADMIN, Run
from tutorflow_conformance.traffic.step import step

NOWHERE = "https://receiver.invalid"  # RFC 2606: no such host can exist
CLOSED = "https://127.0.0.1:9"  # where nobody listens, without a name to look up
BAD: tuple[dict[str, Any], ...] = (
    {"url": "ftp://receiver.invalid/x", "events": ["content.completed"]},
    {"url": f"{NOWHERE}/empty", "events": []},
    {"url": f"{NOWHERE}/unknown", "events": ["content.exploded"]},
)


def nowhere(run: Run) -> str:
    """Return an address that the target may be told and that nobody answers at."""
    return CLOSED if run.target.is_loopback else NOWHERE


@step("hooks.create", "keys", needs="K", after=("admin.organizations",), requests=2)
def create(run: Run) -> None:
    """Make a webhook, and list them."""
    subscribe(run, "managed webhook", f"{nowhere(run)}/{run.key('hook')}")
    run.call("listWebhooks", credential=ADMIN)


@step("hooks.refused", "keys", needs="K", after=("admin.organizations",), requests=len(BAD) + 1)
def refused(run: Run) -> None:
    """Try to make webhooks that cannot be, and list what there is."""
    for body in BAD:
        ticket = run.ledger.making("webhook", body["url"])
        answer = run.call("createWebhook", body=body, credential=ADMIN)
        found = member(answer.json, "id") if answer.is_success else None
        run.ledger.made(ticket, found if isinstance(found, str) else None)
    run.call("listWebhooks", credential=ADMIN)


@step("hooks.unknown", "keys", needs="K", after=("admin.organizations",))
def unknown(run: Run) -> None:
    """Delete a webhook that does not exist."""
    run.call("deleteWebhook", path={"webhookId": UNKNOWN_ID}, credential=ADMIN)


@step("hooks.deleted", "last", needs="K", after=("hooks.create",))
def deleted(run: Run) -> None:
    """Delete the webhook."""
    unsubscribe(run, "managed webhook")
