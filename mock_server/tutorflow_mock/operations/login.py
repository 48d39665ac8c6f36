"""Login of an admin."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, cast

from tutorflow_mock.domain import ids
from tutorflow_mock.domain.errors import ApiError, refusal
from tutorflow_mock.domain.keys import digest
from tutorflow_mock.domain.model import AdminCredential
from tutorflow_mock.operations import access
from tutorflow_mock.operations.call import NO_STORE, Reply
from tutorflow_mock.operations.find import COOKIE_ALIAS, SESSION_COOKIE
from tutorflow_mock.operations.registry import operation

if TYPE_CHECKING:
    from tutorflow_mock.operations.call import Request
    from tutorflow_mock.operations.world import World

_NOBODY = digest("")


@operation("login")
def login(world: World, request: Request) -> Reply:
    """Open an admin session and set its cookie; no content key is in the answer (F-012, F-013)."""
    if request.visit.call.header("referer") is None and (kind := refusal(request.values["login.referer"])):
        raise kind("A Referer header is required", reason="missing-referer", headers=access.challenge(request.visit))
    admin = request.session.directory.admins.get(request.body["email"])
    expected = _NOBODY if admin is None else admin.password_digest
    is_right = hmac.compare_digest(digest(request.body["password"]), expected)
    if admin is None or not is_right:
        raise _refused(request)
    value = ids.cookie_value(world.ids_of(request.session))
    lifetime = cast("int", request.values["login.session-lifetime"])
    until = request.now + lifetime * 1000
    world.store.save_login(AdminCredential(request.session.id, digest(value), admin, until))
    names = [SESSION_COOKIE] if request.values["login.cookie-alias"] == "none" else [SESSION_COOKIE, COOKIE_ALIAS]
    cookies = tuple(("Set-Cookie", f"{name}={value}; Path=/; HttpOnly") for name in names)
    body = {"user": {"id": admin.id, "email": admin.email}}
    return Reply(request.success, body, headers=(*cookies, *NO_STORE))


def _refused(request: Request) -> ApiError:
    return access.unauthenticated_admin(request.visit, "The e-mail or the password is wrong", "wrong-login")
