"""The contract of TutorFlow's Content Integration API as data, in dated revisions, and what can be asked of it.

>>> from tutorflow_openapi import load
>>> contract = load("2026-07")
>>> contract.operations["createExpansion"].success(contract.values)
200
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorflow_openapi.behaviours import Behaviour, BehaviourError, Overlay, Value, as_json, as_text, as_value
    from tutorflow_openapi.contract import Contract, from_document, load, load_file
    from tutorflow_openapi.document import DEFAULT_REVISION, DocumentError, Provenance, UnknownRevision, revisions
    from tutorflow_openapi.lifecycle import Lifecycle
    from tutorflow_openapi.operation import Body, Header, Operation, Parameter, PathMatch, Response
    from tutorflow_openapi.profile import Profile, ProfileError, read_profile
    from tutorflow_openapi.requirements import (
        Addition,
        Clause,
        Plan,
        Requirement,
        RequirementError,
        Tie,
        load_requirements,
    )
    from tutorflow_openapi.scenarios import (
        Catalogue,
        JobPlan,
        Scenario,
        ScenarioError,
        Step,
        load_catalogue,
        load_scenarios,
    )
    from tutorflow_openapi.schema import Schema, Violation
    from tutorflow_openapi.sources import Source, load_sources

__all__ = [
    "DEFAULT_REVISION",
    "Addition",
    "Behaviour",
    "BehaviourError",
    "Body",
    "Catalogue",
    "Clause",
    "Contract",
    "DocumentError",
    "Header",
    "JobPlan",
    "Lifecycle",
    "Operation",
    "Overlay",
    "Parameter",
    "PathMatch",
    "Plan",
    "Profile",
    "ProfileError",
    "Provenance",
    "Requirement",
    "RequirementError",
    "Response",
    "Scenario",
    "ScenarioError",
    "Schema",
    "Source",
    "Step",
    "Tie",
    "UnknownRevision",
    "Value",
    "Violation",
    "as_json",
    "as_text",
    "as_value",
    "from_document",
    "load",
    "load_catalogue",
    "load_file",
    "load_requirements",
    "load_scenarios",
    "load_sources",
    "read_profile",
    "revisions",
]

# Whoever wants the pure parts must not wait for the validators, so a name is imported when it is first asked for.
_HOMES = {
    name: module
    for module, names in {
        "behaviours": "Behaviour BehaviourError Overlay Value as_json as_text as_value",
        "contract": "Contract from_document load load_file",
        "document": "DEFAULT_REVISION DocumentError Provenance UnknownRevision revisions",
        "lifecycle": "Lifecycle",
        "operation": "Body Header Operation Parameter PathMatch Response",
        "profile": "Profile ProfileError read_profile",
        "requirements": "Addition Clause Plan Requirement RequirementError Tie load_requirements",
        "scenarios": "Catalogue JobPlan Scenario ScenarioError Step load_catalogue load_scenarios",
        "schema": "Schema Violation",
        "sources": "Source load_sources",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
