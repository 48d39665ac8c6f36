"""Behaviours: values, their two written forms, refusals that list what is possible, overlays."""

from __future__ import annotations

from typing import Any

import pytest

from tutorflow_openapi.behaviours import (
    Behaviour,
    BehaviourError,
    Overlay,
    as_json,
    as_text,
    as_value,
    checked,
    read_behaviours,
)
from tutorflow_openapi.document import DocumentError

CHOICE = Behaviour.of("key.reuse", {"value": "replay", "alternatives": ["replay", "conflict-409"]})
LISTS = Behaviour.of("hook.signatures", {"value": ["v1"], "alternatives": [["v1"], ["v1", "v2"]]})
COUNT = Behaviour.of(
    "key.length", {"value": 255, "type": "integer", "minimum": 1, "maximum": 1000, "unit": "characters"}
)
WAIT = Behaviour.of("hook.timeout", {"value": 10, "type": "number", "minimum": 0.1, "maximum": 60})
SCHEDULE = Behaviour.of(
    "hook.schedule",
    {
        "value": [5, 25],
        "type": "array",
        "items": {"type": "number", "minimum": 0, "maximum": 100},
        "maxItems": 3,
        "unit": "seconds",
    },
)
FREE = Behaviour.of("free", {"value": 1, "type": "number"})


def test_an_entry_is_read_whole() -> None:
    """Everything that an entry of `x-behaviours` says has its field."""
    entry = {
        "text": "What a known key does.",
        "value": "replay",
        "alternatives": ["replay", "reject"],
        "provenance": "inferred",
        "source": ["S7", "F-061"],
        "overlays": {"reject": [{"target": "#/a", "update": {"b": 1}}, {"target": "#/c", "remove": True}]},
    }
    behaviour = Behaviour.of("key.reuse", entry)
    assert (behaviour.name, behaviour.text, behaviour.value) == ("key.reuse", "What a known key does.", "replay")
    assert (behaviour.provenance, behaviour.source) == ("inferred", ("S7", "F-061"))
    assert behaviour.overlays == {
        "reject": (Overlay("#/a", {"b": 1}, remove=False), Overlay("#/c", None, remove=True)),
    }


def test_bounds_of_numbers_and_lists() -> None:
    """A number has bounds and a unit; those of a list hold for its items."""
    assert (COUNT.type, COUNT.minimum, COUNT.maximum, COUNT.unit) == ("integer", 1, 1000, "characters")
    assert (SCHEDULE.type, SCHEDULE.item_type, SCHEDULE.maximum, SCHEDULE.max_items) == ("array", "number", 100, 3)


@pytest.mark.parametrize(
    ("behaviour", "text", "value"),
    [
        (CHOICE, "conflict-409", "conflict-409"),
        (CHOICE, " replay ", "replay"),
        (LISTS, "[v1, v2]", ("v1", "v2")),
        (LISTS, '["v1","v2"]', ("v1", "v2")),
        (COUNT, "255", 255),
        (WAIT, "2.5", 2.5),
        (SCHEDULE, "[5, 25.5, 0]", (5, 25.5, 0)),
        (SCHEDULE, "[]", ()),
        (FREE, "-12", -12),
    ],
)
def test_values_are_parsed_from_a_command_line(behaviour: Behaviour, text: str, value: object) -> None:
    """The written form of a value leads to the value, and back to a form that is read as the same."""
    parsed = behaviour.parse(text)
    assert parsed == value
    assert behaviour.parse(as_text(parsed)) == value


@pytest.mark.parametrize(
    ("behaviour", "value", "refusal"),
    [
        (CHOICE, "repaly", "key.reuse must be one of replay, conflict-409, not 'repaly'"),
        (CHOICE, None, "key.reuse must be one of replay, conflict-409, not 'null'"),
        (CHOICE, True, "key.reuse must be one of replay, conflict-409, not 'true'"),
        (CHOICE, {"value": "replay"}, """key.reuse must be one of replay, conflict-409, not '{"value": "replay"}'"""),
        (CHOICE, "x" * 99, f"key.reuse must be one of replay, conflict-409, not '{'x' * 64}'"),
        (CHOICE, {1}, "key.reuse must be one of replay, conflict-409, not this"),
        (LISTS, ["v2"], "hook.signatures must be one of [v1], [v1, v2], not '[v2]'"),
        (COUNT, 0, "key.length must be an integer from 1 to 1000 (characters), not '0'"),
        (COUNT, 1001, "key.length must be an integer from 1 to 1000 (characters), not '1001'"),
        (COUNT, 1.5, "key.length must be an integer from 1 to 1000 (characters), not '1.5'"),
        (COUNT, True, "key.length must be an integer from 1 to 1000 (characters), not 'true'"),
        (COUNT, "255", "key.length must be an integer from 1 to 1000 (characters), not '255'"),
        (WAIT, 61, "hook.timeout must be a number from 0.1 to 60, not '61'"),
        (WAIT, float("nan"), "hook.timeout must be a number from 0.1 to 60, not 'NaN'"),
        (SCHEDULE, 5, "hook.schedule must be a list of at most 3 numbers from 0 to 100 (seconds), not '5'"),
        (SCHEDULE, [1, 2, 3, 4],
         "hook.schedule must be a list of at most 3 numbers from 0 to 100 (seconds), not '[1, 2, 3, 4]'"),
        (SCHEDULE, [1, "a"], "hook.schedule must be a list of at most 3 numbers from 0 to 100 (seconds), not '[1, a]'"),
        (FREE, float("inf"), "free must be a number, not 'Infinity'"),
    ],
)  # fmt: skip
def test_a_refusal_lists_what_is_possible(behaviour: Behaviour, value: object, refusal: str) -> None:
    """A value that a behaviour cannot take is refused with those that it can; at most 64 characters are echoed."""
    with pytest.raises(BehaviourError) as caught:
        behaviour.check(value)
    assert str(caught.value) == refusal


@pytest.mark.parametrize("text", ["repaly", "[", "a: b: c", "*x"])
def test_a_text_that_is_no_value_is_refused(text: str) -> None:
    """What cannot be read is refused like what cannot be taken."""
    with pytest.raises(BehaviourError, match=r"^key\.reuse must be one of replay, conflict-409, not "):
        CHOICE.parse(text)


def test_its_own_value_must_be_possible() -> None:
    """A document whose default is none of the alternatives is refused."""
    with pytest.raises(DocumentError, match=r"^a must be one of x, y, not 'z'$"):
        Behaviour.of("a", {"value": "z", "alternatives": ["x", "y"]})


def test_values_are_immutable() -> None:
    """Lists become tuples, at every depth, and lists again for JSON."""
    assert as_value([1, ["a", []]]) == (1, ("a", ()))
    assert as_json((1, ("a", ()))) == [1, ["a", []]]


def test_overrides_are_checked_by_name() -> None:
    """An unknown name is refused with its section's names, or all if there is no such section."""
    behaviours = read_behaviours({name: {"value": 1, "alternatives": [1]} for name in ("key.a", "key.b", "hook.c")})
    assert list(behaviours) == ["key.a", "key.b", "hook.c"]
    assert checked(behaviours, {"key.a": 1}) == {"key.a": 1}
    with pytest.raises(BehaviourError, match=r"^there is no behaviour 'key\.z'; there are key\.a, key\.b$"):
        checked(behaviours, {"key.z": 1})
    with pytest.raises(BehaviourError, match=r"^there is no behaviour 'z'; there are key\.a, key\.b, hook\.c$"):
        checked(behaviours, {"z": 1})
    with pytest.raises(BehaviourError, match=r"^there is no behaviour 'z'; there are none$"):
        checked({}, {"z": 1})


def test_a_value_changes_the_document_only_if_it_is_not_the_declared_one() -> None:
    """Overlays are found by the text of the value, else under `*`; the declared value needs none."""
    one, any_other = {"target": "#/one", "update": 1}, {"target": "#/any", "update": "$value"}
    behaviour = Behaviour.of("a", {"value": 1, "type": "integer", "overlays": {"2": [one], "*": [any_other]}})
    assert [overlay.target for overlay in behaviour.changes(2)] == ["#/one"]
    assert [overlay.target for overlay in behaviour.changes(3)] == ["#/any"]
    assert behaviour.changes(1) == ()
    assert CHOICE.changes("conflict-409") == ()


@pytest.mark.parametrize(
    ("action", "after"),
    [
        ({"target": "#/a", "update": {"m": {"y": 2}}}, {"a": {"l": [1], "m": {"x": 1, "y": 2}}, "s": 0}),
        ({"target": "#/a/l", "update": [2, 3]}, {"a": {"l": [1, 2, 3], "m": {"x": 1}}, "s": 0}),
        ({"target": "#/a/l", "update": 5}, {"a": {"l": 5, "m": {"x": 1}}, "s": 0}),
        ({"target": "#/s", "update": "$value"}, {"a": {"l": [1], "m": {"x": 1}}, "s": 7}),
        ({"target": "#/a", "update": {"l": ["$value"]}}, {"a": {"l": [1, 7], "m": {"x": 1}}, "s": 0}),
        ({"target": "#/a/m/x", "remove": True}, {"a": {"l": [1], "m": {}}, "s": 0}),
        ({"target": "#/a/l/0", "remove": True}, {"a": {"l": [], "m": {"x": 1}}, "s": 0}),
        ({"target": "#", "update": {"n": 1}}, {"a": {"l": [1], "m": {"x": 1}}, "s": 0, "n": 1}),
    ],
)
def test_overlays(action: dict[str, Any], after: dict[str, Any]) -> None:
    """Objects merge, lists are joined, scalars replaced; `$value` stands for the value; the original is untouched."""
    before = {"a": {"l": [1], "m": {"x": 1}}, "s": 0}
    assert Overlay.of(action).apply(before, 7) == after
    assert before == {"a": {"l": [1], "m": {"x": 1}}, "s": 0}


def test_a_list_stands_for_a_tuple_in_an_overlay() -> None:
    """`$value` of a list is a JSON list."""
    assert Overlay.of({"target": "#/s", "update": "$value"}).apply({"s": 0}, ("v1",)) == {"s": ["v1"]}


@pytest.mark.parametrize("target", ["#/none", "#/a/none/deeper", "#/l/3"])
def test_an_overlay_needs_its_target(target: str) -> None:
    """A target that points at nothing is named."""
    with pytest.raises(DocumentError, match=f"^the overlay target {target} points at nothing$"):
        Overlay.of({"target": target, "update": 1}).apply({"a": {}, "l": [1]}, 1)
