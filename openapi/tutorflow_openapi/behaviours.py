"""Named behaviours: the decisions that the text leaves open, the values each may take, and what these change."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from tutorflow_openapi.document import (
    REMOVED,
    DocumentError,
    Provenance,
    altered,
    is_array,
    is_object,
    read_yaml,
    tokens_of,
)

Value: TypeAlias = "str | int | float | tuple[Value, ...]"
ANY_VALUE = "*"
PLACEHOLDER = "$value"
ECHO = 64


class BehaviourError(ValueError):
    """An unknown behaviour, or a value that it cannot take; the message lists what is possible."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """One change of the document: what stands at `target` is updated, or removed."""

    target: str
    update: Any
    remove: bool

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Overlay:
        """Read one action in the manner of OpenAPI Overlay 1.0, with a JSON Pointer as target."""
        return cls(node["target"], node.get("update"), bool(node.get("remove", False)))

    def apply(self, document: Any, value: Value) -> Any:
        """Return the document with this change made for a behaviour value; DocumentError if there is no such target."""
        update = _filled(self.update, value)
        try:
            return altered(
                document, tokens_of(self.target), lambda old: REMOVED if self.remove else _merged(old, update)
            )
        except LookupError:
            raise DocumentError(f"the overlay target {self.target} points at nothing") from None


def _filled(node: Any, value: Value) -> Any:
    if node == PLACEHOLDER:
        return as_json(value)
    if is_object(node):
        return {key: _filled(inner, value) for key, inner in node.items()}
    return [_filled(inner, value) for inner in node] if is_array(node) else node


def _merged(old: Any, new: Any) -> Any:
    if is_object(old) and is_object(new):
        return {**old, **{key: _merged(old[key], value) if key in old else value for key, value in new.items()}}
    return [*old, *new] if is_array(old) and is_array(new) else new


def as_json(value: Value) -> Any:
    """Return a behaviour value as JSON holds it: lists for tuples."""
    return [as_json(item) for item in value] if isinstance(value, tuple) else value


def as_value(node: Any) -> Value:
    """Return plain JSON as the immutable value that behaviours compare: tuples for lists."""
    return tuple(as_value(item) for item in node) if is_array(node) else node


def as_text(value: Value) -> str:
    """Return a value as the command line writes it: `conflict-409`, `255`, `[5, 25]`, `[v1, v2]`."""
    if isinstance(value, tuple):
        return f"[{', '.join(as_text(item) for item in value)}]"
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One open decision: its value in this revision, the values it may take, and where the choice comes from.

    Either `alternatives` is a closed list that holds the value too, or `type` is `integer`, `number` or `array` with
    bounds in `unit`; those of an array hold for its items. `overlays` maps the text of a value (`*` for any) to the
    changes that it makes in the document.
    """

    name: str
    text: str
    value: Value
    alternatives: tuple[Value, ...] | None
    type: str | None
    item_type: str | None
    minimum: float | None
    maximum: float | None
    max_items: int | None
    unit: str | None
    provenance: str
    source: tuple[str, ...]
    overlays: Mapping[str, tuple[Overlay, ...]]

    @classmethod
    def of(cls, name: str, node: Mapping[str, Any]) -> Behaviour:
        """Read one entry of `x-behaviours`; DocumentError if its own value is none that it may take."""
        items = node.get("items", node)
        alternatives = node.get("alternatives")
        overlays = {
            text: tuple(Overlay.of(action) for action in actions) for text, actions in node.get("overlays", {}).items()
        }
        origin = Provenance.of(node)
        behaviour = cls(
            name=name,
            text=node.get("text", ""),
            value=as_value(node.get("value")),
            alternatives=None if alternatives is None else tuple(as_value(item) for item in alternatives),
            type=node.get("type"),
            item_type=items.get("type"),
            minimum=items.get("minimum"),
            maximum=items.get("maximum"),
            max_items=node.get("maxItems"),
            unit=node.get("unit"),
            provenance=origin.provenance,
            source=origin.source,
            overlays=MappingProxyType(overlays),
        )
        try:
            behaviour.check(behaviour.value)
        except BehaviourError as error:
            raise DocumentError(str(error)) from error
        return behaviour

    def parse(self, text: str) -> Value:
        """Return the value that a command line writes as `conflict-409`, `255`, `[5, 25]` or `[v1, v2]`.

        BehaviourError lists what is possible.
        """
        for alternative in self.alternatives or ():
            if as_text(alternative) == text.strip():
                return alternative
        try:
            return self.check(read_yaml(text))
        except DocumentError:
            raise self._refusal(text) from None

    def check(self, value: Any) -> Value:
        """Return plain JSON as a value of this behaviour, lists as tuples; BehaviourError lists what is possible."""
        candidate = as_value(value)
        if self.alternatives is not None:
            # A boolean equals 0 or 1 in Python, never in JSON.
            fits = not isinstance(candidate, bool) and candidate in self.alternatives
        elif self.type != "array":
            fits = self._fits(candidate)
        elif isinstance(candidate, tuple):
            fits = len(candidate) <= (self.max_items or 0) and all(map(self._fits, candidate))
        else:
            fits = False
        if not fits:
            raise self._refusal(value)
        return candidate

    def changes(self, value: Value) -> tuple[Overlay, ...]:
        """Return what the document changes under a value: nothing for the value that it already describes."""
        if value == self.value:
            return ()
        return self.overlays.get(as_text(value), self.overlays.get(ANY_VALUE, ()))

    def _fits(self, number: Any) -> bool:
        if isinstance(number, bool) or not isinstance(number, int if self.item_type == "integer" else (int, float)):
            return False
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return low <= number <= high and abs(number) != math.inf

    def _refusal(self, value: Any) -> BehaviourError:
        try:
            shown = repr(as_text(as_value(value))[:ECHO])
        except (TypeError, ValueError, RecursionError):
            shown = "this"
        return BehaviourError(f"{self.name} must be {self.expectation()}, not {shown}")

    def expectation(self) -> str:
        """Say what this behaviour may be: `one of replay, conflict-409`, `an integer from 1 to 1000 (characters)`."""
        if self.alternatives is not None:
            return f"one of {', '.join(map(as_text, self.alternatives))}"
        unit = f" ({self.unit})" if self.unit else ""
        kind = {"integer": "integer", "number": "number"}.get(self.item_type or "", "value")
        bounds = f" from {self.minimum} to {self.maximum}" if None not in {self.minimum, self.maximum} else ""
        if self.type == "array":
            return f"a list of at most {self.max_items} {kind}s{bounds}{unit}"
        return f"{'an' if kind == 'integer' else 'a'} {kind}{bounds}{unit}"


def read_behaviours(node: Mapping[str, Any]) -> Mapping[str, Behaviour]:
    """Read an `x-behaviours` object, in its order."""
    return MappingProxyType({name: Behaviour.of(name, entry) for name, entry in node.items()})


def checked(behaviours: Mapping[str, Behaviour], overrides: Mapping[str, Any]) -> dict[str, Value]:
    """Return overrides whose names and values are known; BehaviourError names what is possible instead."""
    for name in overrides:
        if name not in behaviours:
            family = [known for known in behaviours if known.partition(".")[0] == str(name).partition(".")[0]]
            raise BehaviourError(
                f"there is no behaviour {str(name)[:64]!r}; there are {', '.join(family or behaviours) or 'none'}"
            )
    return {name: behaviours[name].check(value) for name, value in overrides.items()}
