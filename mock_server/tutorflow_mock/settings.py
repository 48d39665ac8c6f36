"""`Settings`: how one server is set up, read from flags or from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.model import Value


@dataclass(frozen=True, slots=True)
class Settings:
    """One server's settings.

    `clock` is `running`, `frozen`, or an RFC 3339 instant to stand at; `programme` a short form such as `polls=3`;
    `port` is None for an application in process, which takes any port in a Host header; `inner_port` is the one behind
    a relay. Faults of the connection are brought about by the relay, or the call raises ConnectionResetError, as befits
    an application in process, or they are refused, as `wire_faults` says.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    inner_port: int | None = None
    revision: str = "2026-07"
    behaviours: Mapping[str, Value] = field(default_factory=dict[str, "Value"])
    profile: Mapping[str, Value] = field(default_factory=dict[str, "Value"])
    seed: str = "0"
    clock: str = "running"
    programme: str = "time"
    admin_token: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()
    mock_headers: bool = True
    magic_titles: bool = True
    webhook_targets: tuple[str, ...] = ()
    webhook_ca: str | None = None
    journal_limit: int = 1_000
    job_limit: int = 100_000
    self_check: bool = False
    wire_faults: Literal["off", "relay", "raise"] = "raise"
    log_format: Literal["text", "json"] = "text"
    log_level: str = "info"


PREFIX = "TUTORFLOW_MOCK_"
"""What the environment twins of the flags begin with: `--body-limit` is TUTORFLOW_MOCK_BODY_LIMIT."""

_NEEDED = frozenset(
    (
        *("HOME", "LANG", "LANGUAGE", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "WINDIR"),
        *("HOSTALIASES", "LOCALDOMAIN", "OPENSSL_CONF", "RES_OPTIONS", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    )
)
"""What the system's libraries ask for while a server runs: places, languages, names of hosts, authorities."""


def foreign_environment() -> dict[str, str]:
    """Return this process's environment without the mock's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def told(name: str) -> str | None:
    """Return a setting of the environment by what stands behind the prefix, None where it is not set or empty."""
    return os.environ.get(f"{PREFIX}{name}") or None


def shed_environment() -> None:
    """Forget the environment, but for what the running process still asks it: a WSGI server shows it to each call."""
    for name in [name for name in os.environ if name not in _NEEDED and not name.startswith("LC_")]:
        del os.environ[name]


def is_loopback(host: str) -> bool:
    """Tell whether a bind address is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
