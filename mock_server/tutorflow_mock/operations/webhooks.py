"""Webhook subscriptions of an organization: create, list, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutorflow_mock.domain import ids, webhooks
from tutorflow_mock.domain.errors import FailedValidation, NotFound, refusal
from tutorflow_mock.domain.model import Subscription
from tutorflow_mock.log import log
from tutorflow_mock.operations.call import NO_STORE, Reply
from tutorflow_mock.operations.plan import event_types
from tutorflow_mock.operations.registry import operation

if TYPE_CHECKING:
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.world import World


@operation("createWebhook")
def create_webhook(world: World, request: Request) -> Reply:
    """Subscribe an endpoint and show its secret this once (F-071)."""
    chance = world.ids_of(request.session)
    subscription = Subscription(
        id=ids.uuid(chance, "webhooks"),
        organization_id=request.parameters["organizationId"],
        url=request.body["url"],
        events=_events(request),
        secret=ids.webhook_secret(chance),
        created_at=request.now,
    )
    is_unique = refusal(request.values["webhook.duplicate-url"]) is not None
    world.store.save_subscription(request.session.id, subscription, unique_url=is_unique)
    body = webhooks.created_body(subscription)
    return Reply(request.success, body, headers=NO_STORE, warnings=_warnings(world, subscription.url))


@operation("listWebhooks")
def list_webhooks(world: World, request: Request) -> Reply:
    """List the organization's subscriptions without secrets, newest first (F-072)."""
    found = world.store.subscriptions(request.session.id, request.parameters["organizationId"])
    return Reply(request.success, [webhooks.listed_body(each) for each in found])


@operation("deleteWebhook")
def delete_webhook(world: World, request: Request) -> Reply:
    """Drop a subscription; the answer has no body (F-073, S61)."""
    organization_id, webhook_id = request.parameters["organizationId"], request.parameters["webhookId"]
    keeps = request.values["webhook.deleted-pending"] == "delivered"
    if not world.store.delete_subscription(request.session.id, organization_id, webhook_id, keep_pending=keeps):
        raise NotFound("Webhook not found", reason="unknown-webhook")
    return Reply(request.success, None)


def _warnings(world: World, url: str) -> tuple[str, ...]:
    """Warn of a target that attempts will be refused; the contract takes it all the same, and so does the create."""
    doubt = world.doubt_target(url)
    if doubt is None:
        return ()
    log.warning("a webhook leads where no delivery goes: %s", doubt)
    return ("webhook-target-not-allowed",)


def _events(request: Request) -> tuple[str, ...]:
    """Return the known events of a create, once each, in the contract's order (S62)."""
    wanted: list[str] = request.body["events"]
    known = event_types(request.visit.contract)
    events = tuple(event for event in known if event in wanted)
    if not events:
        msg = f"Validation failed: events must hold one of {', '.join(known)}"
        raise FailedValidation(msg, reason="invalid-body", pointers=("#/events",))
    return events
