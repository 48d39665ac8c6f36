"""What is judged: an address, a revision, and what the run was given to open it with."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tutorflow_openapi import Contract

MODES = ("free", "safe", "full", "mock")
PREFIX = "TUTORFLOW_"
ADDRESS = "TUTORFLOW_API_BASE_URL"
_COOKIE = "jwt="


class Misconfigured(ValueError):
    """The run was told something that cannot be; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys and ids that a run was given; None is what it was not told. Values never leave the process."""

    api_key: str | None = None
    admin_cookie: str | None = None
    admin_email: str | None = None
    admin_password: str | None = None
    organization_id: str | None = None
    classroom_id: str | None = None
    lesson_id: str | None = None
    other_api_key: str | None = None
    other_admin_cookie: str | None = None
    other_organization_id: str | None = None

    @property
    def has_admin(self) -> bool:
        """Tell whether an admin session can be had."""
        return bool(self.admin_cookie or (self.admin_email and self.admin_password))

    def secrets(self) -> Mapping[str, str | None]:
        """Return what must never be shown, by the word of its token."""
        return {
            "key": self.api_key,
            "cookie": self.admin_cookie,
            "password": self.admin_password,
            "other key": self.other_api_key,
            "other cookie": self.other_admin_cookie,
        }


_NAMES = {
    "api_key": "CONTENT_API_KEY",
    "admin_cookie": "ADMIN_COOKIE",
    "admin_email": "ADMIN_EMAIL",
    "admin_password": "ADMIN_PASSWORD",
    "organization_id": "ORGANIZATION_ID",
    "classroom_id": "CLASSROOM_ID",
    "lesson_id": "LESSON_ID",
    "other_api_key": "OTHER_API_KEY",
    "other_admin_cookie": "OTHER_ADMIN_COOKIE",
    "other_organization_id": "OTHER_ORGANIZATION_ID",
}


def credentials_of(environment: Mapping[str, str]) -> Credentials:
    """Read credentials and ids from `TUTORFLOW_…` variables; an empty one counts as not given."""
    given = {field: environment.get(PREFIX + name, "").strip() or None for field, name in _NAMES.items()}
    for field in ("admin_cookie", "other_admin_cookie"):
        value = given[field]
        given[field] = value.removeprefix(_COOKIE) if value else None
    return Credentials(**given)


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint under judgement. `admin` is the control plane's address in mode `mock`, else None."""

    url: str
    contract: Contract
    mode: str
    credentials: Credentials
    control: str | None = None
    session: str | None = None

    @property
    def is_loopback(self) -> bool:
        """Tell whether the target is on this machine."""
        return is_loopback(self.url)

    @property
    def is_mock(self) -> bool:
        """Tell whether this run may move the target's clock and steer its jobs."""
        return self.control is not None

    def with_credentials(self, credentials: Credentials) -> Target:
        """Return it with other credentials."""
        return replace(self, credentials=credentials)


def checked_url(text: str) -> str:
    """Return an address without its last slash; Misconfigured if it is none."""
    parts = urlsplit(text.strip())
    try:
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        port_is_fine = False
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_fine:
        raise Misconfigured(f"the target {text!r} is no address such as http://127.0.0.1:4010 (or the word mock)")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Misconfigured("the target's address must hold no credentials, query or fragment; they go into variables")
    return text.strip().rstrip("/")


def is_loopback(url: str) -> bool:
    """Tell whether an address names this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
