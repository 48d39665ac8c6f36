"""Contracts: what they state, and how behaviour values change them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tutorflow_openapi
from tutorflow_openapi import (
    BehaviourError,
    Contract,
    DocumentError,
    UnknownRevision,
    from_document,
    load,
    load_file,
)
from tutorflow_openapi.document import read_document

TOY = """
openapi: 3.1.0
info: {title: Toy, version: 2001-01}
servers: [{url: 'https://api.toy.example'}]
paths:
  /jobs:
    post:
      operationId: createJob
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Create'}}}}
      responses: {'200': {description: made}}
components:
  schemas:
    Create: {type: object, required: [payload], properties: {key: {type: string, maxLength: 255}}}
x-lifecycle: {states: [open, closed], initial: open, terminal: [closed], transitions: {open: [closed]}}
x-errors: {bad: {status: 400}, gone: {status: 404}}
x-behaviours:
  create.room:
    value: optional
    alternatives: [optional, required-400]
    overlays: {required-400: [{target: '#/components/schemas/Create/required', update: [room]}]}
  key.length:
    {value: 255, type: integer, minimum: 1, maximum: 999,
     overlays: {'*': [{target: '#/components/schemas/Create/properties/key', update: {maxLength: $value}}]}}
  retry: {value: later, alternatives: [later, never]}
  path:
    value: jobs
    alternatives: [jobs, none]
    overlays: {none: [{target: '#/paths/~1jobs', remove: true}]}
"""


def toy() -> Contract:
    """Return the contract of the toy document."""
    return from_document(read_document(TOY))


def refusals(contract: Contract, value: Any) -> list[str]:
    """Return what the contract has against a body."""
    return [violation.message for violation in contract.schema("#/components/schemas/Create").violations(value)]


def test_a_contract_states_what_the_document_says() -> None:
    """Title, server, lifecycle, errors and behaviours are those of the document."""
    contract = toy()
    assert (contract.revision, contract.title, contract.server) == ("2001-01", "Toy", "https://api.toy.example")
    assert contract.lifecycle.is_terminal("closed")
    assert contract.errors == {"bad": 400, "gone": 404}
    assert contract.values == {"create.room": "optional", "key.length": 255, "retry": "later", "path": "jobs"}
    assert contract.behaviours["key.length"].maximum == 999


def test_the_least_document() -> None:
    """A document may lack everything but its info."""
    contract = from_document({"info": {"title": "", "version": "0"}})
    assert (contract.server, contract.operations, contract.errors, contract.values) == ("", {}, {}, {})
    assert contract.lifecycle.states == ()


def test_a_contract_cannot_be_changed() -> None:
    """Fields are frozen, mappings are read-only."""
    contract: Any = toy()
    with pytest.raises(AttributeError):
        contract.title = "Mine"
    for mapping in (contract.values, contract.operations, contract.behaviours, contract.errors):
        with pytest.raises(TypeError):
            mapping["new"] = 1


def test_a_value_changes_what_is_valid() -> None:
    """Overlays change the document, its schemas and operations; the contract that was asked stays as it was."""
    contract = toy()
    changed = contract.under({"create.room": "required-400", "key.length": 3})
    assert refusals(changed, {"payload": 1, "key": "long"}) == [
        "room is required",
        "key must have at most 3 characters",
    ]
    assert refusals(contract, {"payload": 1, "key": "long"}) == []
    body = changed.operations["createJob"].body
    assert body
    assert body.schema is changed.schema("#/components/schemas/Create")
    assert (changed.values["key.length"], contract.values["key.length"]) == (3, 255)


def test_overrides_add_up_and_can_be_taken_back() -> None:
    """Each override changes the document as it is written, so that the order does not matter."""
    contract = toy()
    changed = contract.under({"key.length": 3}).under({"create.room": "required-400"})
    assert changed.values == {**contract.values, "key.length": 3, "create.room": "required-400"}
    assert changed.under({"key.length": 255, "create.room": "optional"}) is contract
    assert contract.under({}) is contract


def test_contracts_and_forms_are_made_once() -> None:
    """Equal overrides give the same contract; values that change nothing in the document share what is compiled."""
    contract = toy()
    assert contract.under({"key.length": 3}) is contract.under({"key.length": 3})
    never = contract.under({"retry": "never"})
    assert never is not contract
    assert never.values["retry"] == "never"
    assert never.operations is contract.operations
    assert never.document is contract.document


def test_an_operation_may_go() -> None:
    """What an overlay removes is no longer matched."""
    contract = toy()
    assert contract.match("/jobs")
    assert contract.under({"path": "none"}).match("/jobs") is None


@pytest.mark.parametrize(
    ("overrides", "refusal"),
    [
        ({"retry": "now"}, "retry must be one of later, never, not 'now'"),
        ({"key.length": 0}, "key.length must be an integer from 1 to 999, not '0'"),
        ({"key.size": 1}, "there is no behaviour 'key.size'; there are key.length"),
    ],
)
def test_unknown_overrides_are_refused(overrides: dict[str, Any], refusal: str) -> None:
    """A refusal lists what is possible."""
    with pytest.raises(BehaviourError) as caught:
        toy().under(overrides)
    assert str(caught.value) == refusal


def test_an_overlay_without_target_is_told() -> None:
    """A broken overlay is a fault of the document, told when it is needed."""
    contract = from_document(read_document(TOY.replace("Create/required", "Create/requires")))
    with pytest.raises(
        DocumentError, match="the overlay target #/components/schemas/Create/requires points at nothing"
    ):
        contract.under({"create.room": "required-400"})


def test_a_file_is_loaded(tmp_path: Path) -> None:
    """A document outside the package is read by the same rules."""
    file = tmp_path / "toy.yaml"
    file.write_text(TOY)
    assert load_file(file).title == load_file(str(file)).title == "Toy"
    file.write_text("- no document")
    with pytest.raises(DocumentError, match="not an OpenAPI document"):
        load_file(file)


def test_revisions_are_loaded_once() -> None:
    """The default revision is one of those that the package holds."""
    assert load() is load("2026-07")
    assert load().revision == tutorflow_openapi.DEFAULT_REVISION
    with pytest.raises(UnknownRevision, match="there is no revision '1999-01'; this package holds 2026-07"):
        load("1999-01")


def test_everything_exported_exists() -> None:
    """Every exported name is imported when it is asked for, and nothing else is."""
    for name in tutorflow_openapi.__all__:
        assert getattr(tutorflow_openapi, name) is not None
    unknown = "no_such_name"
    with pytest.raises(AttributeError, match="has no attribute 'no_such_name'"):
        getattr(tutorflow_openapi, unknown)
