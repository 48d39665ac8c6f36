"""What an integrator does about webhooks: subscribe, end jobs, wait for deliveries, look at them."""

from dataclasses import dataclass
from typing import Any

from mock_server.tests.control.console import ADMIN, COOKIE, EXPORTS, Console, done
from mock_server.tests.webhooks.receiver import Receiver, Request

EVENTS = ["content.completed", "content.failed"]
HOOKS = f"{ADMIN}/webhooks"
DELIVERIES, SUBSCRIPTIONS = f"{HOOKS}/deliveries", f"{HOOKS}/subscriptions"
WEBHOOKS = "/v1/content/organizations/00000000-0000-4000-8000-000000000001/webhooks"
NOBODYS = "00000000-0000-4000-8000-00000000dead"


@dataclass
class Desk(Console):
    """A console with webhooks on it."""

    def subscribe(self, to: Receiver | str, *events: str) -> Any:
        """Create a subscription, to all events unless some are named, and return it with its secret."""
        url = to if isinstance(to, str) else to.url
        body = {"url": url, "events": list(events) or EVENTS}
        return self.post(WEBHOOKS, body, headers=COOKIE)

    def unsubscribe(self, subscription_id: str) -> None:
        """Delete a subscription."""
        done(self.call("DELETE", f"{WEBHOOKS}/{subscription_id}", headers=COOKIE))

    def export(self, **members: object) -> str:
        """Export a lesson and return the job's id."""
        body = {"lessonId": "00000000-0000-4000-8000-000000000030", **members}
        return str(self.post(EXPORTS, body, headers=COOKIE)["job"]["id"])

    def behave(self, name: str, value: object) -> None:
        """Override a behaviour."""
        self.put(f"{ADMIN}/behaviours/{name}", {"value": value})

    def programme(self, **members: object) -> None:
        """Say how new jobs go."""
        self.put(f"{ADMIN}/programmes/default", members)

    def pass_time(self, by: str = "PT4S", **members: object) -> Any:
        """Advance the clock, by as long as a job takes unless told otherwise."""
        return self.move("advance", by=by, **members)

    def wait(self, count: int = 1, timeout_millis: int = 10_000, **match: str) -> list[Any]:
        """Wait for deliveries that match."""
        body = {"match": match, "count": count, "timeoutMillis": timeout_millis}
        found: list[Any] = self.post(f"{DELIVERIES}/wait", body)["deliveries"]
        return found

    def deliveries(self, **wanted: str) -> list[Any]:
        """List deliveries."""
        found: list[Any] = self.get(DELIVERIES, query_string=wanted)["deliveries"]
        return found

    def delivery(self) -> Any:
        """Show the only delivery."""
        (found,) = self.deliveries()
        return self.get(f"{DELIVERIES}/{found['id']}")

    def attempts(self, delivery_id: str | None = None) -> list[Any]:
        """List the attempts of a delivery, or of the only one."""
        found: list[Any] = self.get(f"{DELIVERIES}/{delivery_id or self.delivery()['id']}/attempts")["attempts"]
        return found

    def act(self, path: str, body: object | None = None) -> Any:
        """Send a POST that is accepted."""
        answer = self.call("POST", f"{HOOKS}/{path}", body)
        assert answer.status_code == 202, answer.text
        return answer.json

    def deliver(self, to: Receiver) -> tuple[Any, Request]:
        """Subscribe, let one job complete, and return the subscription and the request that came."""
        subscription = self.subscribe(to)
        self.create()
        self.pass_time()
        (request,) = to.requests
        return subscription, request
