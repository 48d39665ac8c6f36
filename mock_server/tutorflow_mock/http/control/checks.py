"""Checks of receivers: the catalogue of traps, fired by the mock in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, jsonify

from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import CREATED, Problem
from tutorflow_mock.operations import hooks
from tutorflow_mock.operations.courier import CheckRunning, NoTarget, Trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.courier import Checked, Courier
    from tutorflow_mock.operations.world import World

_FIELDS = ("url", "traps", "probe", "secret", "secondSecret")
_EVERY = "*"


def blueprint(world: World, courier: Courier) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("checks", __name__)

    @routes.post("/webhooks/check")
    def check() -> tuple[Response, int]:
        """Begin to check a receiver."""
        common.query()
        session = common.session_of(world)
        members = common.body(*_FIELDS, required=("url",))
        trial = _trial(world, session, members, courier.trap_ids())
        try:
            return jsonify(_shown(courier.check(session.id, trial))), CREATED
        except NoTarget as error:
            field = str(error)
            raise Problem("invalid-field", f"{field} must be an absolute http or https URL", field=field) from error
        except CheckRunning as error:
            raise Problem("check-running", "A check of this session is under way; wait for its end") from error

    @routes.get("/webhooks/checks/<check_id>")
    def show(check_id: str) -> Response:
        """Show how far a check is, and what its traps have shown so far."""
        common.query()
        found = courier.checked(common.session_of(world).id, check_id)
        if found is None:
            raise Problem("unknown-check", f"The session has no check {common.echo(check_id)}")
        return jsonify(_shown(found))

    return routes


def _shown(checked: Checked) -> dict[str, object]:
    rows = list(checked.results)
    counted: dict[str, int] = {}
    for row in rows:
        counted[row["verdict"]] = counted.get(row["verdict"], 0) + 1
    status = "done" if checked.is_done else "running"
    shown = {"id": checked.id, "url": checked.url, "status": status, "error": checked.error}
    return {**shown, "results": rows, "summary": counted}


def _trial(world: World, session: Session, members: Mapping[str, Any], known: tuple[str, ...]) -> Trial:
    url = common.text("url", members["url"])
    probe = None if members.get("probe") is None else common.text("probe", members["probe"])
    secrets = [each.secret for each in hooks.all_subscriptions(world, session) if each.url == url]
    first, second = _secret("secret", members), _secret("secondSecret", members)
    if first is None and not secrets:
        detail = "secret is required: nobody is subscribed with this url, so the mock does not know the receiver's"
        raise Problem("invalid-field", detail, field="secret")
    if first is None:
        first, *others = secrets
        second = second or (others[0] if others else None)
    return Trial(url, _traps(members.get("traps", [_EVERY]), known), probe, first, second)


def _secret(name: str, members: Mapping[str, Any]) -> str | None:
    if members.get(name) is None:
        return None
    value = common.text(name, members[name])
    if not value:
        raise Problem("invalid-field", f"{name} must not be empty", field=name)
    return value


def _traps(value: object, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise Problem("invalid-field", 'traps must be a list of traps, or ["*"]', field="traps")
    wanted = cast("list[object]", value)
    return tuple(common.choice("traps", each, (_EVERY, *known)) for each in wanted)
