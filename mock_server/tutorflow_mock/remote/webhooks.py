"""Webhooks from outside: who subscribed, what was sent, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tutorflow_mock.remote.nouns import USUAL_WAIT, Json, Noun, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping


class Webhooks(Noun):
    """The subscriptions and deliveries of the session."""

    def subscriptions(self) -> Rows:
        """Return who subscribed, newest first, without secrets."""
        return list(self._plane.get("webhooks", "subscriptions")["subscriptions"])

    def deliveries(self, limit: int | None = None, **filters: object) -> Rows:
        """Return what was sent, newest first, by `event`, `status`, `jobId` or `subscriptionId`."""
        return list(self._plane.get("webhooks", "deliveries", limit=limit, **filters)["deliveries"])

    def delivery(self, delivery: str) -> Json:
        """Return one delivery with its exact body and headers."""
        return dict(self._plane.get("webhooks", "deliveries", delivery))

    def attempts(self, delivery: str) -> Rows:
        """Return the attempts of a delivery, in their order."""
        return list(self._plane.get("webhooks", "deliveries", delivery, "attempts")["attempts"])

    def redeliver(self, delivery: str) -> Json:
        """Send a delivery once more, at once."""
        return dict(self._plane.post("webhooks", "deliveries", delivery, "attempts"))

    def redeliver_since(self, since: str, **filters: object) -> list[str]:
        """Send again what was made since an instant, or for an ISO 8601 duration; return the ids."""
        return list(self._plane.post("webhooks", "redeliver", body={"since": since, **filters})["redelivered"])

    def ping(self, subscription: str) -> Json:
        """Send a ping to a subscription."""
        return dict(self._plane.post("webhooks", "subscriptions", subscription, "pings"))

    def trigger(self, event: str, override: Mapping[str, Any] | None = None) -> Json:
        """Bring an event about by a real job; return its id and its deliveries."""
        return dict(self._plane.post("webhooks", "trigger", body={"event": event, "override": dict(override or {})}))

    def wait(self, match: Mapping[str, Any] | None = None, count: int = 1, within: float = USUAL_WAIT) -> Rows:
        """Return the deliveries that match as soon as there are so many."""
        body = {"match": dict(match or {}), "count": count, "timeoutMillis": round(within * 1000)}
        return list(self._plane.post("webhooks", "deliveries", "wait", body=body, within=within)["deliveries"])

    def misbehave(self, name: str, **members: object) -> Json:
        """Let the next matching attempts go wrong in one way."""
        return dict(self._plane.post("webhooks", "misbehave", body={"name": name, **members}))
