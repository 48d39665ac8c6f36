"""What was sent to whom: subscriptions, deliveries, and one delivery with its attempts and its signature explained."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, get_args

from flask import request

from tutorflow_mock.domain.deliveries import DeliveryStatus
from tutorflow_mock.domain.redaction import redacted
from tutorflow_mock.http.control import common
from tutorflow_mock.http.dashboard import signatures
from tutorflow_mock.http.dashboard.frame import Frame, pages
from tutorflow_mock.http.dashboard.history import outcome
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.operations import hooks

if TYPE_CHECKING:
    from flask import Blueprint, Response

    from tutorflow_mock.operations.world import World

_STATUSES: tuple[str, ...] = get_args(DeliveryStatus)


def add(routes: Blueprint, world: World) -> None:
    """Add the pages to the dashboard's routes."""

    @routes.get("/ui/deliveries", endpoint="deliveries")
    def listed() -> Response:
        """List the subscriptions, and the deliveries, newest first, of one status or of all."""
        common.query("status", "page")
        frame = Frame.of(world)
        wanted = request.args.get("status") or None
        if wanted is not None:
            common.choice("status", wanted, _STATUSES)
        found = world.store.deliveries(frame.session.id)
        shown = [each for each in found if wanted in {None, each.status}]
        page = pages(shown)
        told: dict[str, object] = {
            "rows": shown[page.items],
            "page": page,
            "wanted": wanted,
            "counts": Counter(each.status for each in found),
        }
        told |= {"subscriptions": hooks.all_subscriptions(world, frame.session), "statuses": _STATUSES}
        return frame.render("deliveries.html", "deliveries", "Deliveries", **told)

    @routes.get("/ui/deliveries/<delivery_id>", endpoint="delivery")
    def one(delivery_id: str) -> Response:
        """Show one delivery with what was sent and what came back, and how its signature is checked."""
        common.query()
        frame = Frame.of(world)
        try:
            found = hooks.find_delivery(world, frame.session, delivery_id)
        except hooks.UnknownDelivery as error:
            raise Problem("unknown-delivery", "The session has no such delivery") from error
        attempts = world.store.attempts(frame.session.id, found.id)
        told: dict[str, object] = {"delivery": found, "attempts": attempts, "outcome": outcome, "redacted": redacted}
        told |= {
            "body": found.body.decode("utf-8", "replace"),
            "explained": signatures.explained(frame, found, attempts),
        }
        return frame.render("delivery.html", "deliveries", "Delivery", **told)
