"""What every page has around it: the session, its clock, the other sessions, links that stay in the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import Response, render_template, request, url_for

from tutorflow_mock.domain import hiding
from tutorflow_mock.domain.journal import COOKIE_VARIABLE, KEY_VARIABLE
from tutorflow_mock.domain.sessions import HARBOUR
from tutorflow_mock.http.control import common
from tutorflow_mock.http.errors import Problem
from tutorflow_mock.operations import tenancy
from tutorflow_mock.operations.find import DEFAULT_SESSION, SESSION_COOKIE
from tutorflow_mock.operations.journal import vault_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutorflow_mock.domain.clock import Instant
    from tutorflow_mock.domain.hiding import Vault
    from tutorflow_mock.domain.model import Session
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract

PAGE_SIZE = 50
_MOST_LISTED = 50
_MOST_PAGES = 100_000

AREAS = (
    ("overview", "Overview"),
    ("jobs", "Jobs"),
    ("requests", "Requests"),
    ("near_misses", "Near misses"),
    ("deliveries", "Deliveries"),
    ("findings", "Findings"),
    ("faults", "Faults"),
    ("behaviours", "Behaviours"),
    ("clock", "Clock"),
    ("sessions", "Sessions"),
)
"""The areas of the dashboard by endpoint, in the order of the menu."""


class Frame(NamedTuple):
    """A page's session, and what its clock shows while the page is made."""

    world: World
    session: Session
    now: Instant
    vault: Vault

    @classmethod
    def of(cls, world: World) -> Frame:
        """Return the frame of the session that the request speaks of."""
        session = common.session_of(world)
        return cls(world, session, common.now_of(world, session), vault_of(world, session))

    @property
    def contract(self) -> Contract:
        """Return the contract that the session lives under."""
        return self.world.contract_of(self.session)

    @property
    def is_default(self) -> bool:
        """Tell whether this is the session whose credentials everybody knows."""
        return self.session.id == DEFAULT_SESSION

    def safe(self, text: str) -> str:
        """Return a text that a client wrote without the session's secrets in it."""
        return hiding.scrubbed(text, self.vault)

    def safe_body(self, body: bytes) -> str:
        """Return a body that a client wrote, or that repeats what one wrote, without the session's secrets in it."""
        return hiding.body(body, self.vault)

    @property
    def shown_key(self) -> str:
        """Return the key for a command to copy: the demo key, which everybody knows, else a variable of the shell."""
        return HARBOUR.api_key if self.is_default else KEY_VARIABLE

    @property
    def shown_cookie(self) -> str:
        """Return the admin's cookie for a command to copy, likewise."""
        return f"{SESSION_COOKIE}={HARBOUR.cookie}" if self.is_default else COOKIE_VARIABLE

    def render(self, template: str, area: str, title: str, **data: object) -> Response:
        """Return a page of an area."""
        ids = [each.session.id for each in tenancy.open_sessions(self.world)]
        listed = list(dict.fromkeys((self.session.id, DEFAULT_SESSION, *ids[:_MOST_LISTED])))
        told = {
            "frame": self,
            "area": area,
            "title": title,
            "areas": AREAS,
            "listed": listed,
            "session_count": len(ids),
        }
        return Response(render_template(f"dashboard/{template}", url=self.url, base=_base(), **told, **data))

    def url(self, endpoint: str, **values: object) -> str:
        """Return a link to a page, or to an endpoint of the control plane, that stays in the session."""
        named = endpoint if "." in endpoint else f"dashboard.{endpoint}"
        session = {} if self.is_default else {"session": self.session.id}
        return url_for(named, **session, **{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]


class Pages(NamedTuple):
    """One page of a long list: which of how many, and how many items there are."""

    number: int
    last: int
    total: int

    @property
    def first_item(self) -> int:
        """Return the place of the page's first item, counted from 1."""
        return (self.number - 1) * PAGE_SIZE + 1

    @property
    def last_item(self) -> int:
        """Return the place of the page's last item."""
        return min(self.number * PAGE_SIZE, self.total)

    @property
    def items(self) -> slice:
        """Return where the page lies in the list."""
        return slice(self.first_item - 1, self.last_item)


def pages(items: Sequence[object]) -> Pages:
    """Return which page of a list the query asks for; one beyond the end is the last."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_PAGES):
        raise Problem("invalid-field", f"page must be a whole number from 1 to {_MOST_PAGES}", field="page")
    last = max(1, -(-len(items) // PAGE_SIZE))
    return Pages(min(int(text), last), last, len(items))


def _base() -> str:
    return request.host_url.rstrip("/")
