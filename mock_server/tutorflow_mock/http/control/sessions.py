"""Sessions: isolated tenants of one server, made, looked at and ended here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from tutorflow_mock.domain import keys
from tutorflow_mock.domain.clock import timestamp
from tutorflow_mock.domain.model import KeyCredential
from tutorflow_mock.domain.sessions import DEFAULT_TENANTS
from tutorflow_mock.http.control import common, wanted
from tutorflow_mock.http.errors import CREATED, NO_CONTENT, Problem
from tutorflow_mock.operations import tenancy
from tutorflow_mock.operations.find import DEFAULT_SESSION, SESSION_COOKIE, UnknownSession
from tutorflow_mock.stores.base import LimitReached, Presence, SessionExists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.model import ApiKey, Organization, Session
    from tutorflow_mock.domain.sessions import Tenant
    from tutorflow_mock.operations.tenancy import Opened
    from tutorflow_mock.operations.world import World

_HIDDEN = "…"


def blueprint(world: World) -> Blueprint:
    """Return the routes of this noun."""
    routes = Blueprint("sessions", __name__)

    @routes.get("/sessions")
    def show_all() -> Response:
        """List the sessions, newest first, without secrets."""
        common.query("limit")
        common.session_of(world)
        found = tenancy.open_sessions(world)
        return jsonify(common.page("sessions", found, lambda each: _masked(each, _settings(world, each))))

    @routes.post("/sessions")
    def create() -> Response:
        """Open a session; its secrets are in this answer and in no other."""
        common.query()
        asked = wanted.read(world, common.session_of(world))
        try:
            opened = tenancy.create(world, asked)
        except SessionExists as error:
            raise Problem("session-exists", f"There is a session {common.echo(str(error))} already") from error
        except LimitReached as error:
            raise Problem("session-limit", error.message) from error
        response = jsonify(_created(world, opened))
        response.status_code = CREATED
        response.headers["Cache-Control"] = "no-store"
        return response

    @routes.get("/sessions/<session_id>")
    def show(session_id: str) -> Response:
        """Show a session without its secrets; those of the default one are printed everywhere, and shown."""
        common.query()
        common.session_of(world)
        try:
            found = tenancy.find(world, session_id)
        except UnknownSession as error:
            raise _unknown(session_id) from error
        shown = _masked(found, _settings(world, found))
        return jsonify({**shown, **_demo()} if session_id == DEFAULT_SESSION else shown)

    @routes.delete("/sessions/<session_id>")
    def delete(session_id: str) -> Response:
        """End a session, its credentials included."""
        common.query()
        common.session_of(world)
        try:
            tenancy.delete(world, session_id)
        except tenancy.DefaultSession as error:
            detail = "The default session never ends; POST /__admin/reset puts it back to its creation"
            raise Problem("default-session", detail) from error
        except UnknownSession as error:
            raise _unknown(session_id) from error
        return Response(status=NO_CONTENT)

    return routes


def _unknown(session_id: str) -> Problem:
    detail = f"There is no session {common.echo(session_id)}; GET /__admin/sessions lists them"
    return Problem("unknown-session", detail)


def _created(world: World, opened: Opened) -> dict[str, object]:
    session, (first, *_) = opened.session, opened.tenants
    shown = {
        **_settings(world, Presence(session, world.clock.elapsed())),
        "apiKey": first.api_key,
        "keyId": first.key_id,
        "keyPrefix": keys.prefix(first.api_key),
        "adminCookie": _cookie(first.cookie),
        "admin": {"email": first.email, "password": first.password},
        **_places(session, first.organization),
        "organizations": [_tenant(each) for each in opened.tenants],
        "headers": {"X-Mock-Session": session.id},
    }
    if opened.webhooks:
        shown["webhooks"] = [{"id": each.id, "url": each.url, "secret": each.secret} for each in opened.webhooks]
    return shown


def _masked(presence: Presence, settings: Mapping[str, object]) -> dict[str, object]:
    """Return a session as its creation told it, with all secrets hidden."""
    session = presence.session
    first, *_ = organizations = tuple(session.directory.organizations.values())
    key = _first_key(presence, first)
    return {
        **settings,
        "apiKey": f"{key.prefix}{_HIDDEN}",
        "keyId": key.id,
        "keyPrefix": key.prefix,
        "adminCookie": _cookie(_HIDDEN),
        "admin": {"email": next(iter(session.directory.admins)), "password": _HIDDEN},
        **_places(session, first),
        "organizations": [_hidden(presence, each) for each in organizations],
        "headers": {"X-Mock-Session": session.id},
    }


def _demo() -> dict[str, object]:
    """Return what the start-up screen and the documentation print: `env` and `listen` need it, too."""
    first = DEFAULT_TENANTS[0]
    return {
        "apiKey": first.api_key,
        "adminCookie": _cookie(first.cookie),
        "admin": {"email": first.email, "password": first.password},
        "organizations": [_tenant(each) for each in DEFAULT_TENANTS],
    }


def _settings(world: World, presence: Presence) -> dict[str, object]:
    session, expires_at = presence.session, tenancy.expires_at(world, presence)
    return {
        "id": session.id,
        "revision": session.revision,
        "seed": session.seed,
        "clock": {"mode": session.clock.mode, "now": timestamp(common.now_of(world, session))},
        "expiresAt": None if expires_at is None else timestamp(expires_at),
        "baseUrl": request.host_url.rstrip("/"),
    }


def _places(session: Session, organization: Organization) -> dict[str, object]:
    classroom_id = _classroom_id(session, organization)
    lessons = [each.id for each in session.directory.lessons.values() if each.classroom_id == classroom_id]
    return {"organizationId": organization.id, "classroomId": classroom_id, "lessonIds": lessons}


def _classroom_id(session: Session, organization: Organization) -> str:
    classrooms = session.directory.classrooms.values()
    return next(each.id for each in classrooms if each.organization_id == organization.id)


def _tenant(tenant: Tenant) -> dict[str, object]:
    return {
        "id": tenant.organization.id,
        "apiKey": tenant.api_key,
        "adminCookie": _cookie(tenant.cookie),
        "classroomId": tenant.classroom.id,
    }


def _hidden(presence: Presence, organization: Organization) -> dict[str, object]:
    return {
        "id": organization.id,
        "apiKey": f"{_first_key(presence, organization).prefix}{_HIDDEN}",
        "adminCookie": _cookie(_HIDDEN),
        "classroomId": _classroom_id(presence.session, organization),
    }


def _first_key(presence: Presence, organization: Organization) -> ApiKey:
    found = (each.key for each in presence.credentials if isinstance(each, KeyCredential))
    return next(key for key in found if key.organization_id == organization.id)


def _cookie(value: str) -> str:
    return f"{SESSION_COOKIE}={value}"
