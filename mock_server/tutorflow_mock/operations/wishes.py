"""What one request asks of the mock itself: a forced answer, a fault, how its job goes; nothing leaks into the next."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from tutorflow_mock.domain import preferences, strict_json
from tutorflow_mock.domain.errors import ApiError
from tutorflow_mock.domain.faults import BY_KEBAB, Injected
from tutorflow_mock.domain.preferences import NONE, ON_ANY, ON_JOBS, Preferences
from tutorflow_mock.domain.steering_errors import NeedsWireFaults, PreferenceError
from tutorflow_mock.operations import scenarios
from tutorflow_mock.operations.plan import output_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutorflow_mock.domain.faults import Fault
    from tutorflow_mock.domain.programme import Programme
    from tutorflow_mock.operations.call import Call, Request
    from tutorflow_mock.operations.world import World
    from tutorflow_openapi import Contract, Operation

_TWIN = re.compile(r"(?:_|%5F){2}", re.IGNORECASE)
_MAGIC = b"mock:"
CREATE, _EXPORT = "createExpansion", "exportContent"


def read(call: Call, contract: Contract) -> Preferences:
    """Return what a call prefers, by its `Prefer` header or the query twins of it; raise PreferenceError."""
    header = call.header("prefer")
    if header is None and not _TWIN.search(call.query):
        return preferences.NONE
    wanted = preferences.read(header, parse_qsl(call.query, keep_blank_values=True), output_kinds(contract))
    _scenario(contract, wanted)
    return wanted


def programme(contract: Contract, wanted: Preferences, usual: Programme) -> Programme:
    """Return how a job goes that would usually go another way."""
    return wanted.programme(_scenario(contract, wanted) or usual)


def _scenario(contract: Contract, wanted: Preferences) -> Programme | None:
    """Return how the jobs of the wanted scenario go, if one is wanted; raise PreferenceError if there is none such."""
    if wanted.scenario is None:
        return None
    try:
        return scenarios.programme_of(contract, wanted.scenario)
    except scenarios.UnknownScenario as error:
        raise PreferenceError("scenario", str(error)) from error


def heeded(wanted: Preferences, operation: Operation, *, is_counted: bool) -> Preferences:
    """Return the preferences that mean something on an operation."""
    names = set(ON_ANY)
    if fault_of(wanted, operation) is None:
        names.remove("fault")
    if is_counted:
        names.add("ratelimit")
    if operation.id == CREATE:
        names |= ON_JOBS
    if operation.id in {CREATE, _EXPORT}:
        names.add("idempotency")
    return wanted.only(names)


def fault_of(wanted: Preferences, operation: Operation) -> Fault | None:
    """Return the fault that is wanted, if it means something on the operation."""
    fault = None if wanted.fault is None else BY_KEBAB[wanted.fault]
    return fault if fault is not None and fault.acts_on(operation.id) else None


def injected(world: World, wanted: Preferences, operation: Operation) -> Injected | None:
    """Return the fault that is wanted, as it is brought about; raise NeedsWireFaults where it cannot be."""
    fault = fault_of(wanted, operation)
    if fault is None:
        return None
    if fault.needs_wire and world.settings.wire_faults == "off":
        raise NeedsWireFaults("fault", fault.kebab)
    return Injected(fault)


def in_title(world: World, contract: Contract, raw: bytes) -> Preferences:
    """Return what the titles of a body spell in magic words (mock:failed), whether the body is valid or not."""
    if not world.settings.magic_titles or _MAGIC not in raw:
        return NONE
    try:
        body = strict_json.loads(raw, unique_keys=False)
    except ApiError:
        return NONE
    payload = cast("Mapping[str, object]", body).get("payload") if isinstance(body, dict) else None
    return preferences.from_payload(payload, output_kinds(contract))


def with_title(world: World, request: Request) -> Preferences:
    """Return the wishes of a create, with those of its titles below the others."""
    wanted, title = request.visit.wanted, in_title(world, request.visit.contract, request.raw)
    if title is NONE:
        return wanted
    if fault_of(title, request.operation) is None and title.fault is not None:
        title = replace(title, fault=None, warnings=("unknown-magic-title",))
    return wanted.over(title)
