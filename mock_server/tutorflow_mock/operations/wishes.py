"""What one request asks of the mock itself: a forced answer, a fault, how its job goes; nothing leaks into the next."""

from __future__ import annotations

import re
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from tutorflow_mock.domain import preferences, spoiling
from tutorflow_mock.domain.faults import BY_KEBAB, Injected
from tutorflow_mock.domain.preferences import ON_ANY, ON_JOBS, Preferences
from tutorflow_mock.domain.steering_errors import NeedsWireFaults, PreferenceError
from tutorflow_mock.operations.plan import output_kinds

if TYPE_CHECKING:
    from tutorflow_mock.operations.call import Call, Request
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract, Operation

_TWIN = re.compile(r"(?:_|%5F){2}", re.IGNORECASE)
_MAGIC = b"mock:"
_CREATE, _EXPORT = "createExpansion", "exportContent"


class GatewayPage(Exception):
    """An answer of something in front of the API is due, in HTML; `status` is one of the names of GATEWAY_PAGES."""

    def __init__(self, page: spoiling.Page) -> None:
        super().__init__(page.status)
        self.page = page


def read(call: Call, contract: Contract) -> Preferences:
    """Return what a call prefers, by its `Prefer` header or the query twins of it; raise PreferenceError."""
    header = call.header("prefer")
    if header is None and not _TWIN.search(call.query):
        return preferences.NONE
    return preferences.read(header, parse_qsl(call.query, keep_blank_values=True), output_kinds(contract))


def heeded(wanted: Preferences, operation: Operation, *, is_counted: bool) -> Preferences:
    """Return the preferences that mean something on an operation."""
    names = set(ON_ANY)
    if is_counted:
        names.add("ratelimit")
    if operation.id == _CREATE:
        names |= ON_JOBS
    if operation.id in {_CREATE, _EXPORT}:
        names.add("idempotency")
    return wanted.only(names)


def injected(wanted: Preferences, operation: Operation) -> Injected | None:
    """Return the fault that a call wants, if it means something on the operation; raise NeedsWireFaults."""
    if wanted.fault is None:
        return None
    fault = BY_KEBAB[wanted.fault]
    if fault.needs_wire:
        raise NeedsWireFaults("fault", fault.kebab)
    if fault.moment == "view":
        raise PreferenceError("fault", f"{fault.kebab} is not brought about by a preference in this version")
    return Injected(fault) if fault.acts_on(operation.id) else None


def fail_before(fault: Injected | None) -> None:
    """Raise what a fault answers in place of the operation; TIMEOUT is silent first, then a gateway gives up."""
    if fault is None or fault.fault.moment != "before":
        return
    if (error := spoiling.refusal(fault)) is not None:
        raise error
    if fault.fault.name == "TIMEOUT":
        Event().wait(spoiling.silence(fault) / 1000)
        fault = Injected(fault.fault, {"status": "gateway-timeout"})
    raise GatewayPage(spoiling.page(fault))


def with_magic(world: World, request: Request) -> Preferences:
    """Return the wishes of a create, with those that its titles spell in magic words below the others (mock:failed)."""
    wanted = request.visit.wanted
    if not world.settings.magic_titles or _MAGIC not in request.raw:
        return wanted
    kinds = output_kinds(request.visit.contract)
    return wanted.over(preferences.from_payload(request.body.get("payload"), kinds))
