"""The one door to Schemathesis (4.32.5): its settings, its hooks, its events, and the transport under all it sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, cast
from unittest.mock import patch

import requests
import schemathesis
from requests.adapters import HTTPAdapter
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from urllib3.util import SKIP_HEADER

from tutorflow_conformance.client import Metered
from tutorflow_openapi.document import is_object

Taking = Callable[[requests.PreparedRequest, Callable[[], requests.Response]], requests.Response]
_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,255}")  # one that is well-formed, and may thus have been used before
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CONTROL = "/__admin"
_LIKELY_TAKEN = "object_unexpected_properties"  # a negative case that a correct server may accept


@dataclass(frozen=True, slots=True)
class Manner:
    """How an endpoint is fuzzed: with all that there is, or only by what a correct one refuses, and thus for free."""

    refusals_only: bool
    examples: int
    excluded: frozenset[str]
    seed: int
    timeout: float


EVERYTHING = ("login", "rotateApiKey", "revokeApiKey")  # would end the run's own key or session, or bar its account
ADMINISTRATION = (*EVERYTHING, "createApiKey", "createWebhook", "deleteWebhook", "exportContent")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the engine reports: a finding with a code such as `ST108`, or with `code` None a fault of its own.

    `request` is the one that shows it, as it went out.
    """

    code: str | None
    title: str
    message: str
    label: str
    request: requests.PreparedRequest | None = None
    status: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """What generated requests carry: where to, which credentials, which ids are the run's, which keys are unused.

    `fits` tells whether a body is one that an operation allows.
    """

    url: str
    credentials: Mapping[str, Mapping[str, str]]
    ids: Mapping[str, str]
    prefix: str
    fits: Callable[[str, Any], bool]


def troubles(
    document: Mapping[str, Any], given: Given, manner: Manner, is_over: Callable[[], bool]
) -> Iterator[Trouble]:
    """Run the engine and yield what it reports; it ends soon after `is_over` holds."""
    config = cast("Any", SchemathesisConfig).from_dict(_settings(given, manner))
    schema = schemathesis.openapi.from_dict(_plain(document), config=config)
    _hook(schema, given, manner)
    stream = from_schema(schema).execute()
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            yield from _findings(event.recorder)
        elif isinstance(event, events.NonFatalError):
            yield Trouble(None, event.info.title, event.info.message, event.label)
        elif isinstance(event, events.FatalError):
            yield Trouble(None, type(event.exception).__name__, str(event.exception), "the engine")
        if is_over():
            stream.stop()


@contextmanager
def transport(origin: str, take: Taking) -> Generator[None]:
    """Let everything that this process sends to an origin by `requests` pass through `take`, whoever sends it.

    Probes of the engine's checks go past its hooks and every session that it is given: only the transport sees all.
    """
    original = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        address = request.url or ""
        is_ours = isinstance(adapter, Metered) or address.startswith(origin + _CONTROL)
        if is_ours or not address.startswith(origin):
            return original(adapter, request, *args, **options)
        request.headers.pop("X-Schemathesis-TestCaseId", None)  # an endpoint must not know that it is tested
        request.headers["User-Agent"] = SKIP_HEADER
        return take(request, lambda: original(adapter, request, *args, **options))

    with patch.object(HTTPAdapter, "send", send):
        yield


def _settings(given: Given, manner: Manner) -> dict[str, Any]:
    found: dict[str, Any] = {
        "base-url": given.url,
        "seed": manner.seed,
        "workers": 1,
        "cache": {"enabled": False},
        "analysis": {"constants": {"enabled": False}},
        "auth": {"auto-signup": False, "openapi": dict(given.credentials)},
        "generation": {"max-examples": manner.examples, "database": "none"},
        "request-timeout": manner.timeout,
        "request-retries": 0,
        "suppress-health-check": ["filter_too_much"],  # we filter on purpose
        "operations": [{"include-operation-id": name, "enabled": False} for name in sorted(manner.excluded)],
    }
    found["phases"] = {"examples": {"enabled": False}}  # no hook sees them, so that they name ids of nobody
    if not manner.refusals_only:
        return found
    found["generation"] |= {"mode": "negative", "no-shrink": True}
    found["phases"] = {
        "examples": {"enabled": False},
        "coverage": {"enabled": True, "unexpected-methods": []},
        "fuzzing": {"enabled": True},
        "stateful": {"enabled": False},
    }
    found["checks"] = {"ignored_auth": {"enabled": False}}
    found["max-failures"] = 1
    return found


def _hook(schema: Any, given: Given, manner: Manner) -> None:
    """Give requests ids that exist and keys that nobody has used; leave out what a correct server might accept."""
    numbers = count(1)

    def map_case(_context: Any, case: Any) -> Any:
        if _is_meant(case, ParameterLocation.PATH):
            case.path_parameters = {name: given.ids.get(name, value) for name, value in case.path_parameters.items()}
        is_right = _is_meant(case, ParameterLocation.BODY)
        keeps = is_right and not _is_meant(case, ParameterLocation.HEADER)  # of two faults one would hide the other
        if not keeps and "Idempotency-Key" in (case.headers or {}):
            case.headers["Idempotency-Key"] = f"{given.prefix}{next(numbers)}"
        if is_object(case.body):
            own = {
                name: value
                for name, value in given.ids.items()
                if name in case.body and (is_right or _UUID.fullmatch(str(case.body[name])))
            }
            key = case.body.get("idempotencyKey")
            if isinstance(key, str) and _KEY.fullmatch(key):
                own["idempotencyKey"] = f"{given.prefix}{next(numbers)}"
            case.body = {**case.body, **own}
        return case

    def filter_case(_context: Any, case: Any) -> bool:
        data = case.meta.phase.data if case.meta else None
        if getattr(data, "scenario", None) == _LIKELY_TAKEN:
            return False
        makes = case.method.upper() == "POST"
        return not (makes and given.fits(str(case.operation.definition.raw.get("operationId")), case.body))

    schema.hooks.hook("map_case")(map_case)
    if manner.refusals_only:
        schema.hooks.hook("filter_case")(filter_case)


def _is_meant(case: Any, location: ParameterLocation) -> bool:
    """Tell whether a part of a request is meant to be right."""
    info = case.meta.components.get(location) if case.meta else None
    return info is None or bool(info.mode.is_positive)


def _findings(recorder: ScenarioRecorder) -> Iterator[Trouble]:
    for name, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            seen = recorder.interactions.get(failure.case_id or name)
            response = seen.response if seen else None
            yield Trouble(
                code=failure.code,
                title=failure.title,
                message=failure.message,
                label=str(failure.operation),
                request=response.request if response else None,
                status=response.status_code if response else 0,
            )


def _plain(document: Mapping[str, Any]) -> Any:
    """Return a copy of a frozen document that a library may change."""
    return json.loads(json.dumps(document, default=_thawed))


def _thawed(part: Any) -> Any:
    frozen: Any = part
    return {**frozen} if isinstance(part, Mapping) else [*frozen]
