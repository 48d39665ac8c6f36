"""Schemas: verdicts, violations in the order of the text, messages for people, robustness."""

from __future__ import annotations

from typing import Any

import pytest

from tutorflow_openapi.document import DocumentError
from tutorflow_openapi.schema import Library, Schema, Violation

CREATE = {
    "type": "object",
    "required": ["payload", "mode"],
    "properties": {
        "payload": {"type": "object"},
        "mode": {"enum": ["fast", "slow", 3]},
        "outputs": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Output"}},
        "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
}  # fmt: skip
OUTPUT = {"enum": ["module", "video"]}


def schema(node: Any, **others: Any) -> Schema:
    """Return a schema as it stands in a document."""
    return Library({"components": {"schemas": {"It": node, **others}}}).schema("#/components/schemas/It")


def messages(node: Any, value: Any, **others: Any) -> list[str]:
    """Return what is wrong with a value."""
    return [violation.message for violation in schema(node, **others).violations(value)]


def test_a_valid_value_has_no_violations() -> None:
    """What the schema allows is valid, unknown members included."""
    it = schema(CREATE, Output=OUTPUT)
    value: Any = {"payload": {}, "mode": "fast", "outputs": ["video"], "other": 1}
    assert it.is_valid(value)
    assert it.violations(value) == ()


def test_violations_stand_in_the_order_of_the_text() -> None:
    """The first violation is what a reader of the body meets first; what is missing stands before what is there."""
    value = {"limit": 1001, "outputs": ["video", "mp4"], "payload": []}
    assert schema(CREATE, Output=OUTPUT).violations(value) == (
        Violation(("mode",), "required", "mode is required"),
        Violation(("limit",), "maximum", "limit must be at most 1000"),
        Violation(("outputs", 1), "enum", "outputs[1] must be one of module, video, not 'mp4'"),
        Violation(("payload",), "type", "payload must be an object"),
    )


def test_missing_members_keep_the_order_of_the_schema() -> None:
    """Several missing members are named in the order in which the schema asks for them."""
    assert messages(CREATE, {}, Output=OUTPUT) == ["payload is required", "mode is required"]


@pytest.mark.parametrize(
    ("node", "value", "message"),
    [
        ({"type": "string"}, 5, "it must be a string"),
        ({"type": ["array", "null"]}, 5, "it must be an array or null"),
        ({"type": "integer"}, 1.5, "it must be an integer"),
        ({"enum": ["a", 1, None]}, "b", "it must be one of a, 1, null, not 'b'"),
        ({"enum": ["a"]}, ["b"], "it must be one of a, not an array"),
        ({"enum": ["a"]}, {"b": 1}, "it must be one of a, not an object"),
        ({"enum": ["a"]}, True, "it must be one of a, not true"),
        ({"enum": ["a"]}, 10**30, "it must be one of a, not a very large number"),
        ({"enum": ["a"]}, "é\n'", """it must be one of a, not "é\\n'\""""),
        ({"const": 401}, 400, "it must be 401, not 400"),
        ({"minimum": 1}, 0, "it must be at least 1"),
        ({"maximum": 2.5}, 3, "it must be at most 2.5"),
        ({"exclusiveMinimum": 0}, 0, "it must be more than 0"),
        ({"exclusiveMaximum": 9}, 9, "it must be less than 9"),
        ({"multipleOf": 5}, 7, "it must be a multiple of 5"),
        ({"minLength": 1}, "", "it must not be empty"),
        ({"minLength": 3}, "a", "it must have at least 3 characters"),
        ({"maxLength": 2}, "abc", "it must have at most 2 characters"),
        ({"minItems": 1}, [], "it must not be empty"),
        ({"maxItems": 1}, [1, 2], "it must have at most 1 items"),
        ({"minProperties": 2}, {}, "it must have at least 2 fields"),
        ({"maxProperties": 0}, {"a": 1}, "it must have at most 0 fields"),
        ({"uniqueItems": True}, [1, 1], "it must not hold the same item twice"),
        ({"pattern": "^a"}, "b", "it is not in the expected form"),
        ({"pattern": "^a", "x-refusal": "must begin with a"}, "b", "it must begin with a"),
        ({"format": "date-time"}, "yesterday", "it is not in the expected format"),
        ({"format": "date-time"}, "2026-07-06T24:00:00Z", "it is not in the expected format"),
        ({"not": {}, "x-refusal": "must not be sent"}, 1, "it must not be sent"),
        ({"not": {}}, 1, "it is not valid"),
        ({"contains": {"const": 1}}, [2], "it lacks a required item"),
        ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, "it has a field whose name is not allowed"),
        (False, 1, "it is not allowed"),
        ({"anyOf": [{"type": ["null", "string"]}, {"type": "integer"}]}, [],
         "it must be a string or an integer or null"),
        ({"anyOf": [{"const": 1}, {"const": 2}]}, 3, "it is in none of the accepted forms"),
        ({"oneOf": [{"minimum": 1}, {"maximum": 5}]}, 3, "it is not in exactly one of the accepted forms"),
        ({"oneOf": [{"type": "null"}, {"type": "string", "minLength": 2}]}, "a",
         "it must have at least 2 characters"),
    ],
)  # fmt: skip
def test_each_keyword_speaks_for_itself(node: Any, value: Any, message: str) -> None:
    """A message names the field and what it must be; opaque keywords use the document's words, if there are some."""
    assert [violation.message for violation in schema(node).violations(value, "it")] == [message]


def test_the_branch_that_was_meant_is_looked_into() -> None:
    """If the value has the type of one branch only, its faults are told, where they are."""
    category = {"anyOf": [{"type": "string"}, {"type": "object", "required": ["id"]}]}
    found = schema({"properties": {"category": category}}).violations({"category": {"title": "Home"}})
    assert found == (Violation(("category", "id"), "required", "category.id is required"),)


def test_unknown_members_are_named_one_by_one() -> None:
    """A closed object names each member that it does not know."""
    closed: Any = {"properties": {"a": {}}, "additionalProperties": False}
    assert schema({"items": closed}).violations([{"a": 1, "b": 2, "c/d": 3}]) == (
        Violation((0, "b"), "additionalProperties", "[0].b is not a known field"),
        Violation((0, "c/d"), "additionalProperties", "[0].c/d is not a known field"),
    )


def test_the_words_are_those_of_the_schema_that_was_broken() -> None:
    """`x-refusal` counts where the failing keyword stands: behind the reference, in the branch."""
    text = {"type": "string", "allOf": [{"pattern": "^[^\\u0000]*$", "x-refusal": "must not contain NUL"}]}
    assert messages({"properties": {"name": {"$ref": "#/components/schemas/Text"}}}, {"name": "\0"}, Text=text) == [
        "name must not contain NUL",
    ]


def test_the_same_refusal_is_said_once() -> None:
    """Two keywords with the same words at the same place make one violation."""
    url = {"pattern": "^https:", "format": "uri", "x-refusal": "must be an https URL"}
    assert messages(url, "nonsense") == ["body must be an https URL"]


def test_names_are_short_and_printable() -> None:
    """A message stays readable whatever the members are called, and echoes 64 characters at most."""
    deep: Any = {"type": "string"}
    value: Any = 1
    for _ in range(20):
        deep, value = {"additionalProperties": deep}, {"x" * 50: value}
    (message,) = messages(deep, value)
    assert message.startswith("…xx")
    assert len(message) == 64 + len(" must be a string")
    assert messages({"properties": {}, "additionalProperties": False}, {"a\nb\0": 1}) == [
        "a\ufffdb\ufffd is not a known field"
    ]
    (message,) = messages({"enum": ["a"]}, "y" * 1000)
    assert message == f"body must be one of a, not '{'y' * 63}…'"


@pytest.mark.parametrize(
    ("pointer", "fragment"),
    [
        ((), "#"),
        (("payload",), "#/payload"),
        (("outputs", 1), "#/outputs/1"),
        (("a/b~c", "é %\ud800"), "#/a~1b~0c/%C3%A9%20%25%3F"),
    ],
)
def test_a_pointer_is_a_uri_fragment(pointer: tuple[str | int, ...], fragment: str) -> None:
    """Fragments are escaped by RFC 6901, section 6, whatever the members are called."""
    assert Violation(pointer, "type", "").fragment == fragment


def test_10_000_wrong_items_make_20_violations() -> None:
    """The list of violations is short, and its first is the first of the text even if a validator finds it last."""
    node = {"properties": {"a": {"type": "string"}, "z": {"items": {"const": 1}}}}
    found = schema(node).violations({"z": [0] * 20_000, "a": 5})
    assert [violation.pointer for violation in found] == [("z", index) for index in range(20)]
    found = schema(node).violations({"a": 5, "z": [0] * 20_000})
    assert [violation.pointer for violation in found[:2]] == [("a",), ("z", 0)]


def test_a_wrong_item_is_found_beyond_10_000() -> None:
    """One wrong item at the end of a long list is found."""
    (found,) = schema({"items": {"const": 1}}).violations([1] * 15_000 + [2])
    assert found.pointer == (15_000,)


@pytest.mark.parametrize("levels", [64, 2_000])
def test_deep_values_never_raise(levels: int) -> None:
    """Nested values are judged, or refused as unreadable."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    tree = {"anyOf": [{"const": 0}, {"type": "array", "items": {"$ref": "#/components/schemas/It"}}]}
    it = schema(tree)
    assert not it.is_valid(value)
    assert len(it.violations(value)) == 1


def test_text_that_is_not_unicode_never_raises() -> None:
    """A lone surrogate, which no validator can read, is one violation."""
    it = schema({"type": "string"})
    assert not it.is_valid("\ud800")
    assert [violation.keyword for violation in it.violations("\ud800")] == ["readable"]


def test_a_schema_is_known_by_where_it_stands() -> None:
    """References are followed, a schema is one object however it is asked for."""
    library = Library({"components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "null"}}}})
    it = library.schema("#/components/schemas/A")
    assert it.pointer == "#/components/schemas/B"
    assert library.schema("#/components/schemas/B") is it
    assert library.schema("#/components/schemas/A") is it


def test_a_place_with_braces_can_be_referred_to() -> None:
    """A path template in a pointer is written as a URI allows."""
    library = Library({"paths": {"/a/{id}": {"schema": {"const": 1}}}})
    it = library.schema("#/paths/~1a~1{id}/schema")
    assert it.reference == "#/paths/~1a~1%7Bid%7D/schema"
    assert it.is_valid(1)


@pytest.mark.parametrize("node", [{"type": "strin"}, {"$ref": "#/components/schemas/None"}, {"pattern": "("}])
def test_an_unusable_schema_is_named(node: Any) -> None:
    """A schema that no validator accepts is refused on first use, with its place."""
    unusable = schema({"properties": {"a": node}})
    for ask in (unusable.is_valid, unusable.violations):
        with pytest.raises(DocumentError, match=r"^#/components/schemas/It is not a usable schema: "):
            ask(1)


def test_a_schema_that_is_not_there_is_named() -> None:
    """A pointer at nothing is refused at once."""
    with pytest.raises(DocumentError, match=r"^#/components/schemas/None points at nothing$"):
        schema({"$ref": "#/components/schemas/None"})
