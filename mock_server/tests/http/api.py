"""A small client of the API and of the control plane, and the paths and documents that most tests need."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
from mock_server.tests.http.answer import Answer

EXPANSIONS = "/v1/content/integrations/expansions"
CLASSROOMS = "/v1/content/classrooms"
ORGANIZATION = "00000000-0000-4000-8000-000000000001"
OTHER_ORGANIZATION = "00000000-0000-4000-8000-000000000002"
UNKNOWN_ID = "99999999-9999-4999-8999-999999999999"
API_KEYS = f"/v1/content/organizations/{ORGANIZATION}/api-keys"
WEBHOOKS = f"/v1/content/organizations/{ORGANIZATION}/webhooks"
EXPORTS = "/v1/content/classrooms/00000000-0000-4000-8000-000000000010/integrations/exports"
CLOCK = "/__admin/clock"
HANG_GUARD = 30.0
JSON_TYPE = {"Content-Type": "application/json"}
NORMAL: Mapping[str, Any] = {
    "requestedOutputs": ["interactive_module"],
    "payload": {"level": {"id": "a1", "title": "A1", "lessons": []}},
}


@dataclass(frozen=True, slots=True)
class Api:
    """Calls one server with fixed credentials over connections that are kept open."""

    url: str
    credentials: Mapping[str, str]
    session: requests.Session

    @classmethod
    def bearer(cls, url: str, key: str) -> Self:
        """Return a client that sends this API key."""
        return cls(url, {"Authorization": f"Bearer {key}"}, plain_session())

    @classmethod
    def admin(cls, url: str, cookie: str) -> Self:
        """Return a client that sends this `Cookie` header."""
        return cls(url, {"Cookie": cookie}, plain_session())

    @classmethod
    def nobody(cls, url: str) -> Self:
        """Return a client without any credential."""
        return cls(url, {}, plain_session())

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str | bytes] | None = None,
    ) -> Answer:
        """Send one call with exactly this path, body and headers beside the credentials."""
        got = self.session.request(
            method,
            self.url + path,
            data=body,
            headers={**self.credentials, **(headers or {})},
            timeout=HANG_GUARD,
            allow_redirects=False,
        )
        return Answer(got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content)

    def get(self, path: str, **headers: str) -> Answer:
        """Send a GET."""
        return self.send("GET", path, headers=spelled(headers))

    def call(self, method: str, path: str, document: object, **headers: str) -> Answer:
        """Send a JSON document."""
        return self.send(method, path, json.dumps(document).encode(), {**JSON_TYPE, **spelled(headers)})

    def post(self, path: str, document: object, **headers: str) -> Answer:
        """Send a JSON document by POST."""
        return self.call("POST", path, document, **headers)

    def create(self, document: object = NORMAL, **headers: str) -> Answer:
        """Create an expansion."""
        return self.post(EXPANSIONS, document, **headers)

    def create_raw(self, body: bytes, headers: Mapping[str, str | bytes] | None = None) -> Answer:
        """Create an expansion from these very bytes."""
        return self.send("POST", EXPANSIONS, body, {**JSON_TYPE, **(headers or {})})

    def advance(self, by: str) -> Answer:
        """Move the session's clock by an ISO 8601 duration."""
        return self.call("PUT", CLOCK, {"action": "advance", "by": by})


def spelled(headers: Mapping[str, str]) -> dict[str, str]:
    """Return header names as HTTP spells them: `Idempotency_Key=` becomes `Idempotency-Key`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def plain_session() -> requests.Session:
    """Return a session that takes nothing from the environment and keeps no cookie."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session
