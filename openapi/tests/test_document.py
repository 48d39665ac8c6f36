"""Reading a document: strict YAML, known extensions, JSON Pointers, copies that share what does not change."""

from __future__ import annotations

from typing import Any

import pytest

from tutorflow_openapi.document import (
    REMOVED,
    DocumentError,
    Provenance,
    UnknownRevision,
    altered,
    find,
    is_reference,
    objects,
    read_data,
    read_document,
    read_revision,
    read_yaml,
    resolve,
    revisions,
    tokens_of,
)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("[true, false, null, ~, ]", [True, False, None, None]),
        ("[1, -7, 0, 1.5, -2e3, 1E+2]", [1, -7, 0, 1.5, -2000.0, 100.0]),
        ("[yes, no, on, True, NULL, .inf, .nan]", ["yes", "no", "on", "True", "NULL", ".inf", ".nan"]),
        ("[2026-07, 2026-07-06, 12:30, 010, 0x1F, 1_000, +1, 1., 24h]",
         ["2026-07", "2026-07-06", "12:30", "010", "0x1F", "1_000", "+1", "1.", "24h"]),
        ("""['1', "true", 'null']""", ["1", "true", "null"]),
        ("200: ok\ntrue: yes", {"200": "ok", "true": "yes"}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ('{"a": [1, {"b": "\\u00e9"}]}', {"a": [1, {"b": "é"}]}),
        ("a:\n", {"a": None}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("", None),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, data: object) -> None:
    """What is read is what JSON could hold: dates, versions and YAML 1.1's many booleans stay strings, as do keys."""
    assert repr(read_yaml(text)) == repr(data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\nb: 2\na: 3", "the key 'a' stands twice (line 3, column 1)"),
        ("1: a\n'1': b", "the key '1' stands twice (line 2, column 1)"),
        ("a: &x 1\nb: *x", "anchors and aliases are not allowed (line 1, column 4)"),
        ("a: *x", "anchors and aliases are not allowed (line 1, column 4)"),
        ("a: !!python/object/apply:os.system [ls]", "tags are not allowed (line 1, column 4)"),
        ("!thing {a: 1}", "tags are not allowed (line 1, column 1)"),
        ("a: !!str 1", "tags are not allowed (line 1, column 4)"),
        ("[a, b]: 1", "a key must be a plain string (line 1, column 1)"),
        ("&k a: 1", "a key must be a plain string (line 1, column 1)"),
        ("a: 1\n---\nb: 2", "a second document is not allowed (line 2, column 1)"),
        ("a: 1e400", "a number is too large (line 1, column 4)"),
        (f"a: {'9' * 5000}", "a number is too long (line 1, column 4)"),
        ("[" * 65 + "]" * 65, "more than 64 levels are not allowed (line 1, column 65)"),
        ("{a: " * 65 + "}" * 65, "more than 64 levels are not allowed (line 1, column 257)"),
        (b"a: \xff", "this is not readable as YAML in UTF-8"),
        ("a: \ud800", "this is not readable as YAML in UTF-8"),
        ("a: \0", "this is not readable as YAML in UTF-8"),
    ],
)
def test_everything_else_is_refused(text: str | bytes, reason: str) -> None:
    """A text that says one thing to one reader and another to the next is refused, with its place."""
    with pytest.raises(DocumentError) as caught:
        read_yaml(text)
    assert str(caught.value) == reason


def test_what_is_no_yaml_is_refused_with_its_place() -> None:
    """A broken text is refused in the words of the parser, with the place."""
    with pytest.raises(DocumentError, match=r"^did not find expected .* \(line 2, column 1\)$"):
        read_yaml("a: [1")


def test_64_levels_are_read() -> None:
    """The bound on depth is inclusive."""
    assert read_yaml("[" * 64 + "]" * 64) is not None


@pytest.mark.parametrize("text", ["", "[]", "openapi: 3.1.0", "info: 3"])
def test_a_document_has_info(text: str) -> None:
    """What is no mapping with `info` is no OpenAPI document."""
    with pytest.raises(DocumentError, match="not an OpenAPI document"):
        read_document(text)


def test_unknown_extensions_are_refused() -> None:
    """A misspelt extension would be a rule that nobody keeps."""
    with pytest.raises(DocumentError, match=r"^#/paths/~1a/0/x-wen is not a known extension; known are x-behaviours, "):
        read_document("{info: {}, paths: {/a: [{x-wen: []}]}}")


def test_names_and_data_are_no_extensions() -> None:
    """Headers and properties may be called `x-…`, and examples may hold what they like; what is below them counts."""
    text = "{info: {}, headers: {x-a: {example: {x-b: 1}}}, properties: {x-c: {x-when: []}, example: {properties: {}}}}"
    assert [pointer for pointer, _ in objects(read_document(text))] == [
        "#",
        "#/info",
        "#/headers/x-a",
        "#/properties/x-c",
        "#/properties/example",
    ]
    with pytest.raises(DocumentError, match=r"^#/headers/x-a/x-b is not"):
        read_document("{info: {}, headers: {x-a: {x-b: 1}}}")


def test_pointers_find_and_follow() -> None:
    """A JSON Pointer names a member or an item; `$ref` is followed to the node that stands for itself."""
    document: dict[str, Any] = {"a/b": {"c~d": [10, {"$ref": "#/target"}]}, "target": {"$ref": "#/end"}, "end": 5}
    assert tokens_of("#/a~1b/c~0d/0") == ("a/b", "c~d", "0")
    assert find(document, "#") is document
    assert find(document, "#/a~1b/c~0d/0") == 10
    assert resolve(document, "#/a~1b/c~0d/1") == ("#/end", 5)


@pytest.mark.parametrize("pointer", ["#/nope", "#/list/2", "#/list/-1", "#/list/x", "#/list/0/deep"])
def test_pointers_at_nothing(pointer: str) -> None:
    """A pointer at nothing is named as it is written."""
    with pytest.raises(DocumentError, match=f"^{pointer} points at nothing$"):
        find({"list": [1, 2]}, pointer)


@pytest.mark.parametrize("pointer", ["", "/a", "other.yaml#/a", 5])
def test_no_pointers(pointer: object) -> None:
    """Only pointers into the same document are read."""
    with pytest.raises(DocumentError, match="is not a JSON Pointer into this document"):
        tokens_of(pointer)


def test_a_reference_to_itself_is_refused() -> None:
    """References that lead nowhere end."""
    with pytest.raises(DocumentError, match=r"^#/[ab] refers to itself$"):
        resolve({"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}, "#/a")


def test_altered_copies_only_the_way() -> None:
    """A change copies what lies on the way to its place; the rest is the same object as before."""
    before: dict[str, Any] = {"way": [{"x": 1}, {"y": 2}], "rest": {"z": 3}}
    after = altered(before, ("way", "1", "y"), lambda old: old + 1)
    assert after == {"way": [{"x": 1}, {"y": 3}], "rest": {"z": 3}}
    assert before == {"way": [{"x": 1}, {"y": 2}], "rest": {"z": 3}}
    assert after["rest"] is before["rest"]
    assert after["way"][0] is before["way"][0]


def test_altered_removes() -> None:
    """Members and items can be taken away."""
    before = {"list": [1, 2, 3], "gone": 4}
    assert altered(before, ("list", "1"), lambda _: REMOVED) == {"list": [1, 3], "gone": 4}
    assert altered(before, ("gone",), lambda _: REMOVED) == {"list": [1, 2, 3]}


def test_provenance_of_an_object() -> None:
    """Missing parts are empty, for lint to report."""
    assert Provenance.of({"provenance": "inferred", "source": ["F-001"]}) == Provenance("inferred", ("F-001",))
    assert Provenance.of({}) == Provenance("", ())


def test_references_stand_for_themselves() -> None:
    """Public standards are sources without an entry of their own."""
    assert is_reference("RFC 9110 §15.5.2")
    assert is_reference("IETF draft Idempotency-Key")
    assert not is_reference("F-001")


def test_the_package_holds_its_data() -> None:
    """Revisions and data files are read from the package, once."""
    assert "2026-07" in revisions()
    assert read_revision("2026-07") is read_revision("2026-07")
    assert read_data("sources.yaml") is read_data("sources.yaml")


def test_an_unknown_revision_names_the_known() -> None:
    """A revision is looked up by name only, never as a path."""
    with pytest.raises(UnknownRevision, match=r"^there is no revision '\.\./secret'; this package holds .*2026-07"):
        read_revision("../secret")
