"""The mock's control plane, for mode `mock` alone: a session of the run's own, its clock, its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

import requests

from tutorflow_conformance.target import Credentials
from tutorflow_openapi.document import is_object

_TIMEOUT = 90.0
_CREATED, _GONE = 201, 204


class Refused(Exception):
    """The control plane did not do what it was asked; the message holds its own words."""


class Control:
    """Steers one session of a mock. None of this is metered: it is no part of the API."""

    def __init__(self, url: str, session: str | None = None) -> None:
        self._url = f"{url}/__admin"
        self._http = requests.Session()
        self._http.trust_env = False
        self.session = session
        if session is not None:
            self._http.headers["X-Mock-Session"] = session

    def version(self) -> Mapping[str, Any] | None:
        """Return what `/__admin/version` says; None if there is no mock of ours at this address."""
        try:
            response = self._http.get(f"{self._url}/version", timeout=5, allow_redirects=False)
            found = response.json()
        except requests.exceptions.RequestException:
            return None
        return found if is_object(found) and "contractSha256" in found else None

    def open_session(self, wanted: Mapping[str, Any]) -> Credentials:
        """Make a session and address it from now on; return its two organizations' credentials."""
        made = self.ask("POST", "/sessions", wanted)
        self.session = str(made["id"])
        self._http.headers["X-Mock-Session"] = self.session
        second = made["organizations"][1]
        return Credentials(
            api_key=made["apiKey"],
            admin_cookie=_cookie(made["adminCookie"]),
            admin_email=made["admin"]["email"],
            admin_password=made["admin"]["password"],
            organization_id=made["organizationId"],
            classroom_id=made["classroomId"],
            lesson_id=made["lessonIds"][0],
            other_api_key=second["apiKey"],
            other_admin_cookie=_cookie(second["adminCookie"]),
            other_organization_id=second["id"],
        )

    def close_session(self) -> None:
        """Delete the session that was opened."""
        if self.session is not None:
            self.ask("DELETE", f"/sessions/{quote(self.session, safe='')}")
            del self._http.headers["X-Mock-Session"]
            self.session = None

    def advance(self, seconds: float) -> Mapping[str, Any]:
        """Move the session's clock; what falls due meanwhile has happened when this returns."""
        return dict(self.ask("PUT", "/clock", {"action": "advance", "by": f"PT{seconds:.3f}S"}))

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control plane and return its JSON; Refused if it answers an error."""
        try:
            response = self._http.request(method, self._url + path, json=body, timeout=_TIMEOUT, allow_redirects=False)
        except requests.exceptions.RequestException as failure:
            raise Refused(f"{method} {path} of the control plane: {type(failure).__name__}") from failure
        if response.status_code == _GONE:
            return None
        if not response.ok:
            raise Refused(
                f"{method} {path} of the control plane answered {response.status_code}: {response.text[:300]}"
            )
        return response.json()


def _cookie(value: Any) -> str:
    return cast("str", value).removeprefix("jwt=")
