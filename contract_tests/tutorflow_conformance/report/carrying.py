"""What a script must carry from one answer into later requests: ids that a target gave, and keys that a run made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tutorflow_conformance.exchange import Exchange, items, member
from tutorflow_conformance.outcome import Outcome
from tutorflow_conformance.redaction import MARK
from tutorflow_openapi.document import is_array, is_object

KEY_VARIABLE = "TUTORFLOW_CONTENT_API_KEY"
FOR_M = "M's key"
_TOKENS = {
    "⟨key 1⟩": KEY_VARIABLE,
    "⟨cookie 1⟩": "TUTORFLOW_ADMIN_COOKIE",
    "⟨password 1⟩": "TUTORFLOW_ADMIN_PASSWORD",
    "⟨other key 1⟩": "TUTORFLOW_OTHER_API_KEY",
    "⟨other cookie 1⟩": "TUTORFLOW_OTHER_ADMIN_COOKIE",
}
_CAPITALS = "⟨key in capitals 1⟩"
_KINDS = {"createExpansion": "job", "exportContent": "export", "createWebhook": "webhook"}
_NAME = re.compile(r"\A(?:id|\w*Id|apiKey)\Z")
_PLAIN = re.compile(r"\A[\w.-]{6,100}\Z")
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value first came from: an exchange, and the place in its answer as `jq` names it."""

    exchange: Exchange
    path: str


class Carried:
    """Knows for every value that a request may hold where it came from.

    `given` are those that the environment gives, with the expression for each.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.given: Mapping[str, str] = dict(_given(outcome))
        self.sources: dict[str, Source] = {}
        for exchange in outcome.evidence.exchanges:
            if exchange.is_success:
                for value, path in _values(exchange.json):
                    self.sources.setdefault(value, Source(exchange, path))
        known = [*self.sources, *self.given]
        self._pattern = re.compile("|".join(map(re.escape, sorted(known, key=len, reverse=True)))) if known else None

    def met(self, exchange: Exchange) -> list[str]:
        """Return the values that a request holds and that came from somewhere, each once."""
        if self._pattern is None:
            return []
        request = exchange.request
        texts = (request.target, request.body.decode("utf-8", "replace"), *(value for _, value in request.headers))
        return list(dict.fromkeys(found for text in texts for found in self._pattern.findall(text)))

    def is_given(self, value: str) -> bool:
        """Tell whether a value comes from the environment."""
        return value in self.given


def variable(source: Source, value: str) -> str:
    """Return a name for a value that is carried, in lower case: the environment's are in capitals."""
    if value.startswith(MARK):
        return "key"
    if "Key" in (source.exchange.operation or ""):
        return "key_id"
    kind = _KINDS.get(source.exchange.operation or "")
    return kind if kind and source.path in {".id", ".job.id", ".jobId"} else "id"


def _given(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield what the environment gives, with the expression for it; an id stands there itself where it is not set."""
    for token, name in _TOKENS.items():
        yield token, f"${name}"
    yield _CAPITALS, f"$(printf %s \"${KEY_VARIABLE}\" | tr 'a-z' 'A-Z')"
    given = outcome.target.credentials
    for value, name in (
        (given.organization_id, "ORGANIZATION_ID"),
        (given.classroom_id, "CLASSROOM_ID"),
        (given.lesson_id, "LESSON_ID"),
        (given.other_organization_id, "OTHER_ORGANIZATION_ID"),
    ):
        if value and _PLAIN.match(value):
            yield value, f"${{TUTORFLOW_{name}:-{value}}}"


def _values(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the ids and keys of an answer, with their places."""
    yield from _members(node, "")
    yield from _members(member(node, "job"), ".job")
    if is_array(node):
        for number, item in enumerate(items(node)):
            yield from _members(item, f".[{number}]")


def _members(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if not is_object(node):
        return
    for name, value in node.items():
        if isinstance(value, str) and len(value) >= _SHORTEST and _NAME.match(name):
            yield value, f"{place}.{name}"
