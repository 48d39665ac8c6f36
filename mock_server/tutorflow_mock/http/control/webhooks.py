"""Webhooks on the control plane: who subscribed, what was sent, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from flask import Blueprint, jsonify

from tutorflow_mock.domain import webhooks
from tutorflow_mock.domain.clock import parse_duration
from tutorflow_mock.domain.deliveries import DeliveryStatus, attempt_body, delivery_body
from tutorflow_mock.domain.programme import Programme
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import ACCEPTED, CREATED, OK, Problem
from tutorflow_mock.operations import hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flask import Response

    from tutorflow_mock.domain.deliveries import Delivery
    from tutorflow_mock.domain.model import Session, Subscription
    from tutorflow_mock.operations.world import World

_FILTERS = ("event", "status", "jobId", "subscriptionId")
_STATUSES: tuple[str, ...] = get_args(DeliveryStatus)
_LONGEST_WAIT = 600_000
_SIGNED = "lowercase hex HMAC-SHA256 of the raw body, keyed with the secret as issued"


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("webhooks", __name__)
    _look(routes, world)
    _act(routes, world)
    _trigger(routes, world)
    return routes


def _look(routes: Blueprint, world: World) -> None:
    @routes.get("/webhooks/subscriptions")
    def subscriptions() -> Response:
        """List who subscribed, without secrets."""
        common.query("limit")
        session = common.session_of(world)
        found = hooks.all_subscriptions(world, session)
        return jsonify(common.page("subscriptions", found, lambda each: _subscription(world, session, each)))

    @routes.get("/webhooks/subscriptions/<subscription_id>")
    def subscription(subscription_id: str) -> Response:
        """Show one subscription, without its secret."""
        common.query()
        session = common.session_of(world)
        return jsonify(_subscription(world, session, _find_subscription(world, session, subscription_id)))

    @routes.route("/webhooks/subscriptions/<subscription_id>", methods=["PUT", "PATCH"])
    def change_subscription(subscription_id: str) -> Response:
        """Say whether the certificate of the endpoint is verified."""
        common.query()
        members = common.body("verifyTls", required=("verifyTls",))
        if not isinstance(members["verifyTls"], bool):
            raise Problem("invalid-field", "verifyTls must be true or false", field="verifyTls")
        session = common.session_of(world)
        try:
            changed = hooks.set_tls(world, session, subscription_id, verifies=members["verifyTls"])
        except hooks.UnknownSubscription as error:
            raise _unknown_subscription() from error
        return jsonify(_subscription(world, session, changed))

    @routes.get("/webhooks/deliveries")
    def deliveries() -> Response:
        """List deliveries, newest first, by event, status, job or subscription."""
        matches = _filter(common.query("limit", *_FILTERS))
        found = [each for each in world.store.deliveries(common.session_of(world).id) if matches(each)]
        return jsonify(common.page("deliveries", found, delivery_body))

    @routes.get("/webhooks/deliveries/<delivery_id>")
    def delivery(delivery_id: str) -> Response:
        """Show one delivery with its exact body and the headers of its last attempt."""
        common.query()
        session = common.session_of(world)
        found = _find(world, session, delivery_id)
        attempts = world.store.attempts(session.id, found.id)
        headers = [list(each) for each in attempts[-1].request_headers] if attempts else []
        shown = {**delivery_body(found), "body": found.body.decode(), "requestHeaders": headers}
        return jsonify({**shown, "signatureBase": _SIGNED})

    @routes.get("/webhooks/deliveries/<delivery_id>/attempts")
    def attempts(delivery_id: str) -> Response:
        """List the attempts of a delivery, in their order."""
        common.query()
        session = common.session_of(world)
        found = world.store.attempts(session.id, _find(world, session, delivery_id).id)
        return jsonify({"attempts": [attempt_body(each) for each in found], "meta": {"total": len(found)}})


def _act(routes: Blueprint, world: World) -> None:
    @routes.post("/webhooks/subscriptions/<subscription_id>/pings")
    def ping(subscription_id: str) -> tuple[Response, int]:
        """Send a ping, signed like any other delivery."""
        common.query()
        common.body()
        session = common.session_of(world)
        found = _find_subscription(world, session, subscription_id)
        return jsonify(delivery_body(hooks.ping(world, session, found, common.now_of(world, session)))), ACCEPTED

    @routes.post("/webhooks/deliveries/<delivery_id>/attempts")
    def redeliver(delivery_id: str) -> tuple[Response, int]:
        """Send a delivery once more, at once."""
        common.query()
        common.body()
        session = common.session_of(world)
        return jsonify(delivery_body(_redelivered(world, session, _find(world, session, delivery_id)))), ACCEPTED

    @routes.post("/webhooks/redeliver")
    def redeliver_all() -> Response:
        """Send again what was made since an instant or for some time, by status or job."""
        common.query()
        members = common.body("since", "status", "jobId")
        session = common.session_of(world)
        since = _since(world, session, members.get("since", "PT10M"))
        matches = _filter(members)
        chosen = [each for each in _settled(world, session) if each.created_at >= since and matches(each)]
        return jsonify({"redelivered": [_redelivered(world, session, each).id for each in chosen]})

    @routes.post("/webhooks/deliveries/wait")
    def wait() -> tuple[Response, int]:
        """Wait until enough deliveries match."""
        common.query()
        members = common.body("match", "count", "timeoutMillis")
        session = common.session_of(world)
        matches = _matcher(members.get("match", {}))
        count = _whole("count", members.get("count", 1), 1, 1_000)
        seconds = _whole("timeoutMillis", members.get("timeoutMillis", 5_000), 0, _LONGEST_WAIT) / 1000

        def is_enough(found: Iterable[Delivery]) -> bool:
            return sum(map(matches, found)) >= count

        is_done = world.store.wait_for_deliveries(session.id, is_enough, seconds)
        found = [delivery_body(each) for each in world.store.deliveries(session.id) if matches(each)]
        if not is_done:
            detail = f"{len(found)} of {count} deliveries matched in time"
            raise Problem("wait-timeout", detail, count=len(found), deliveries=found)
        return jsonify({"count": len(found), "deliveries": found}), OK


def _trigger(routes: Blueprint, world: World) -> None:
    @routes.post("/webhooks/trigger")
    def trigger() -> tuple[Response, int]:
        """Bring an event about by a real job."""
        common.query()
        members = common.body("event", "override", required=("event",))
        session = common.session_of(world)
        event = common.text("event", members["event"])
        programme = _overridden(members.get("override", {}))
        try:
            job = hooks.trigger(world, session, event, common.now_of(world, session), programme)
        except hooks.UnknownEvent as error:
            raise Problem("invalid-field", f"event {common.echo(event)} is unknown", field="event") from error
        told = [each.id for each in world.store.deliveries(session.id) if each.job_id == job.id]
        return jsonify({"jobId": job.id, "deliveries": told}), CREATED


def _subscription(world: World, session: Session, subscription: Subscription) -> dict[str, object]:
    own = [each for each in world.store.deliveries(session.id) if each.subscription_id == subscription.id]
    shown = {**webhooks.listed_body(subscription), "verifyTls": subscription.verifies_tls}
    return {**shown, "deliveries": hooks.counts(own)}


def _find_subscription(world: World, session: Session, subscription_id: str) -> Subscription:
    try:
        return hooks.find_subscription(world, session, subscription_id)
    except hooks.UnknownSubscription as error:
        raise _unknown_subscription() from error


def _unknown_subscription() -> Problem:
    return Problem("unknown-subscription", "The session has no such subscription")


def _find(world: World, session: Session, delivery_id: str) -> Delivery:
    try:
        return hooks.find_delivery(world, session, delivery_id)
    except hooks.UnknownDelivery as error:
        raise Problem("unknown-delivery", "The session has no such delivery") from error


def _redelivered(world: World, session: Session, delivery: Delivery) -> Delivery:
    try:
        return hooks.redeliver(world, session, delivery, common.now_of(world, session))
    except hooks.UnknownSubscription as error:
        raise Problem("unknown-subscription", "The subscription of this delivery is gone") from error
    except hooks.DeliveryRunning as error:
        raise Problem("delivery-running", "An attempt of this delivery is under way") from error


def _settled(world: World, session: Session) -> list[Delivery]:
    """Return what may be sent again: what has come to its end, to somebody who is still subscribed."""
    heard = {each.id for each in hooks.all_subscriptions(world, session)}
    return [each for each in world.store.deliveries(session.id) if each.is_settled and each.subscription_id in heard]


def _filter(members: Mapping[str, object]) -> Callable[[Delivery], bool]:
    wanted = {name: common.text(name, value) for name, value in members.items() if name in _FILTERS}
    if "status" in wanted:
        common.choice("status", wanted["status"], _STATUSES)

    def matches(delivery: Delivery) -> bool:
        shown = delivery_body(delivery)
        return all(shown[name] == value for name, value in wanted.items())

    return matches


def _matcher(wanted: Any) -> Callable[[Delivery], bool]:
    if not isinstance(wanted, dict):
        raise Problem("invalid-field", "match must be an object", field="match")
    members = cast("Mapping[str, object]", wanted)
    for name in members:
        if name not in _FILTERS:
            detail = f"match.{common.echo(name)} is unknown; known are {', '.join(_FILTERS)}"
            raise Problem("unknown-field", detail, field="match")
    return _filter(members)


def _since(world: World, session: Session, value: object) -> int:
    given = common.text("since", value)
    if not given.startswith("P"):
        return common.instant("since", given)
    try:
        return common.now_of(world, session) - parse_duration(given)
    except ValueError as error:
        raise Problem("invalid-field", f"since: {error}", field="since") from error


def _whole(name: str, value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Problem("invalid-field", f"{name} must be a whole number from {least} to {most}", field=name)
    return value


def _overridden(override: Any) -> Programme | None:
    """Read what a trigger may set of its job: `job.error.code`."""
    if not isinstance(override, dict):
        raise Problem("invalid-field", "override must be an object", field="override")
    members = cast("Mapping[str, object]", override)
    for name in members:
        if name != "job.error.code":
            detail = f"override knows job.error.code, not {common.echo(name)}"
            raise Problem("unknown-field", detail, field="override")
    if not members:
        return None
    return Programme(error_code=common.text("job.error.code", members["job.error.code"]))
