"""What a server says of itself once it answers: a screen for people, one JSON line for machines."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.operations.find import DEFAULT_SESSION, SESSION_COOKIE
from tutorflow_mock.version import VERSION

if TYPE_CHECKING:
    from tutorflow_mock.operations.world import World
    from tutorflow_mock.server.port import Seat
    from tutorflow_openapi import Operation

_MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Ready:
    """A server that has answered, with the first tenant of its default session and the key's calls a minute."""

    url: str
    host: str
    port: int
    revision: str
    seed: str
    clock: str
    admin_token: str | None
    calls_per_minute: int | None
    create: Operation
    wire_faults: bool = False

    @classmethod
    def of(cls, world: World, seat: Seat) -> Ready:
        """Return what there is to say of a world at a seat."""
        settings = world.settings
        keys = world.store.keys(DEFAULT_SESSION, HARBOUR.organization.id)
        return cls(
            url=seat.url,
            host=settings.host,
            port=seat.port,
            revision=settings.revision,
            seed=settings.seed,
            clock=settings.clock,
            admin_token=settings.admin_token,
            calls_per_minute=next(key.rate_limit for key, _ in keys if key.id == HARBOUR.key_id),
            create=world.contracts[settings.revision].operations["createExpansion"],
            wire_faults=settings.wire_faults == "relay",
        )

    def line(self) -> str:
        """Return the readiness line for machines: one JSON object without a line break."""
        return json.dumps(
            {
                "event": "ready",
                "url": self.url,
                "adminUrl": f"{self.url}/__admin",
                "host": self.host,
                "port": self.port,
                "pid": os.getpid(),
                "version": VERSION,
                "revision": self.revision,
                "seed": self.seed,
                "store": _MEMORY,
                "session": DEFAULT_SESSION,
                "apiKey": HARBOUR.api_key,
                "adminCookie": f"{SESSION_COOKIE}={HARBOUR.cookie}",
                "organizationId": HARBOUR.organization.id,
                "classroomId": HARBOUR.classroom.id,
                "lessonIds": [lesson.id for lesson in HARBOUR.lessons],
                "adminToken": self.admin_token,
                "wireFaults": self.wire_faults,
            },
            separators=(",", ":"),
        )

    def screen(self) -> str:
        """Return the start-up screen; its last line is stable: `Ready: URL`."""
        rows = [
            ("API", self.url),
            ("Control plane", f"{self.url}/__admin/   docs {self.url}/__admin/docs"),
            ("Admin token", f"{self.admin_token}   Authorization: Bearer … on the control plane"),
            ("API key", f"{HARBOUR.api_key}   demo, {self._pace()}"),
            ("Admin session", f"Cookie: {SESSION_COOKIE}={HARBOUR.cookie}   or {self._login()}"),
            ("Organization", HARBOUR.organization.id),
            ("Classroom", f"{HARBOUR.classroom.id}   lesson {HARBOUR.lessons[0].id}"),
            (
                "Webhooks",
                "loopback targets allowed, others need --allow-webhook-target; a secret is shown once, at subscribing",
            ),
            ("Try", self._curl()),
        ]
        clock = "" if self.clock == "running" else f" · clock {self.clock}"
        title = f"tutorflow-mock {VERSION} · contract {self.revision} · store {_MEMORY} · seed {self.seed}{clock}"
        shown = [f"{name:<15}{text}" for name, text in rows if name != "Admin token" or self.admin_token]
        return "\n".join([title, *shown, f"Ready: {self.url}"])

    def _pace(self) -> str:
        return "no limit" if self.calls_per_minute is None else f"{self.calls_per_minute} a minute"

    def _login(self) -> str:
        return f"POST /auth/login {HARBOUR.email} / {HARBOUR.password}"

    def _curl(self) -> str:
        """Return a create that can be pasted: the contract's shortest example of its body."""
        examples = self.create.body.examples.values() if self.create.body else ()
        body = min((json.dumps(example) for example in examples), key=len, default="{}")
        headers = (f"Authorization: Bearer {HARBOUR.api_key}", "Content-Type: application/json")
        words = ["curl", "-s", f"{self.url}{self.create.path}"]
        words += [word for header in headers for word in ("-H", header)]
        return shlex.join([*words, "-d", body])


def write_file(path: Path, text: str) -> None:
    """Put a file in its place in one step, readable by its owner alone: a reader finds all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
