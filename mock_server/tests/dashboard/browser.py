"""Chromium, and a mock to look at with it: what a page does there is noted, so that a test can judge it."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from mock_server.tests.process import RunningServer
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 15_000
"""Milliseconds that a page may take for anything."""

_WATCH = "document.addEventListener('securitypolicyviolation', e => violated(`${e.violatedDirective} ${e.blockedURI}`))"


@contextmanager
def chromium() -> Generator[Browser, None, None]:
    """Run a browser."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing, and these tests need it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page of a browser with all that it did that no page should."""

    page: Page
    dialogs: list[str] = field(default_factory=list[str])
    violations: list[str] = field(default_factory=list[str])
    errors: list[str] = field(default_factory=list[str])

    def violate(self, what: str) -> None:
        """Note what the policy has stopped."""
        self.violations.append(what)

    def fail(self, error: Error) -> None:
        """Note what the script has failed with."""
        self.errors.append(str(error))

    def hear(self, message: ConsoleMessage) -> None:
        """Note what the console says of errors."""
        if message.type == "error":
            self.errors.append(message.text)

    def dismiss(self, dialog: Dialog) -> None:
        """Note a dialog, and go on."""
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@contextmanager
def watching(browser: Browser, **options: Any) -> Generator[Watched, None, None]:
    """Open a page of its own, with nothing remembered from another one."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    watched = Watched(context.new_page())
    context.expose_function("violated", watched.violate)  # pyright: ignore[reportUnknownMemberType]
    context.add_init_script(_WATCH)
    watched.page.on("console", watched.hear)
    watched.page.on("pageerror", watched.fail)
    watched.page.on("dialog", watched.dismiss)
    yield watched
    context.close()


@dataclass(frozen=True)
class Hand:
    """Calls a running server the way its users do, from beside the browser."""

    server: RunningServer
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def url(self) -> str:
        """Where it is."""
        return self.server.url

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send one call and return its JSON, whatever the status."""
        connection = HTTPConnection(self.server.host, self.server.port, timeout=PATIENCE / 1000)
        sent = {**self.headers, **headers}
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        raw = connection.getresponse().read()
        connection.close()
        return json.loads(raw) if raw else None

    def make_job(self, title: str, **headers: str) -> str:
        """Make a job and return its id."""
        body = {"payload": {"level": {"title": title}}}
        path = "/v1/content/integrations/expansions"
        return str(self.call("POST", path, body, Authorization=f"Bearer {self.server.api_key}", **headers)["id"])

    def subscribe(self, url: str) -> Any:
        """Subscribe a receiver to all events."""
        path = f"/v1/content/organizations/{self.server.organization_id}/webhooks"
        body = {"url": url, "events": ["content.completed", "content.failed"]}
        return self.call("POST", path, body, Cookie=self.server.admin_cookie)

    def advance(self, by: str) -> None:
        """Move the clock."""
        self.call("PUT", "/__admin/clock", {"action": "advance", "by": by})
