"""The catalogue of scenarios: named courses of events, each told as data for the revision that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, cast

from tutorflow_openapi.behaviours import BehaviourError, checked, read_behaviours
from tutorflow_openapi.document import (
    DocumentError,
    Provenance,
    UnknownRevision,
    is_reference,
    read_data,
    read_revision,
)
from tutorflow_openapi.operation import METHODS

PROVENANCES = frozenset({"documented", "inferred", "assumed"})
FOLDER = "scenarios"
_FIELDS = frozenset({"purpose", "provenance", "source", "behaviours", "programme", "jobs", "calls", "receiver"})
_SOURCE_FIELDS = ("language", "dialect", "lessons", "texts")
_JOB_FIELDS = frozenset({*_SOURCE_FIELDS, "key", "keyIn", "outputs", "sourceType", "classroom"})
_CALL_FIELDS = frozenset({"at", "call", "job", "key", "name", "body", "path"})
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class ScenarioError(ValueError):
    """A scenario that contradicts the rest of the package; the message starts with its name."""


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What a create asks for: a source to be made, and what stands beside it; None where a member is left out.

    `texts` is `plain`, `hostile`, `shortest` or `longest`; `key_in` is `header`, `body` or `both`.
    """

    language: str | None = None
    dialect: str = "source_json"
    lessons: int = 2
    texts: str = "plain"
    key: str | None = None
    key_in: str = "header"
    outputs: tuple[str, ...] | None = None
    source_type: str | None = None
    classroom: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One call: its instant in milliseconds after the start, its operation, and what it is about.

    `key` names the credential (a key that an earlier call made under that `name`, or `none`); `body` holds members of
    the request, `path` parameters that are not the job's, classroom's or organization's own.
    """

    at: int
    operation: str
    job: str | None
    key: str | None
    name: str | None
    body: Mapping[str, Any]
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named course of events.

    `programme` says in the mock's words how its jobs go; `receiver` lists what the webhook's receiver answers to one
    attempt after another, a status or `timeout`, the last one for ever.
    """

    name: str
    purpose: str
    provenance: Provenance
    behaviours: Mapping[str, Any]
    programme: Mapping[str, Any]
    jobs: Mapping[str, JobPlan]
    calls: tuple[Step, ...]
    receiver: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All scenarios of a revision by name, in the order of the file, and the instant at which each begins."""

    revision: str
    start: str
    scenarios: Mapping[str, Scenario]


@cache
def load_catalogue(revision: str) -> Catalogue:
    """Return the catalogue of a revision; UnknownRevision if it has none, ScenarioError if it cannot be used."""
    document = read_revision(revision)
    try:
        data = read_data(f"{FOLDER}/{revision}.yaml")
    except FileNotFoundError:
        raise UnknownRevision(f"revision {revision} has no catalogue of scenarios") from None
    except DocumentError as error:
        raise ScenarioError(f"{revision}.yaml: {error}") from error
    return read_catalogue(data, revision, document, frozenset(read_data("sources.yaml")))


def load_scenarios(revision: str) -> Mapping[str, Scenario]:
    """Return the scenarios of a revision by name."""
    return load_catalogue(revision).scenarios


def read_catalogue(data: Any, revision: str, document: Mapping[str, Any], sources: Collection[str]) -> Catalogue:
    """Read plain data as the catalogue of a revision; `sources` holds the ids that may be named."""
    operations = {
        node["operationId"] for item in document["paths"].values() for method, node in item.items() if method in METHODS
    }
    courses: Mapping[str, Sequence[Any]] = data.get("courses", {})
    reader = _Reader(operations, courses, read_behaviours(document.get("x-behaviours", {})), sources)
    scenarios = {name: reader.scenario(name, node) for name, node in data["scenarios"].items()}
    return Catalogue(revision, data["start"], MappingProxyType(scenarios))


class _Reader:
    """Reads entries against what they may name; every refusal starts with the scenario's name."""

    def __init__(
        self,
        operations: Collection[str],
        courses: Mapping[str, Sequence[Any]],
        behaviours: Mapping[str, Any],
        sources: Collection[str],
    ) -> None:
        self._operations = operations
        self._courses = courses
        self._behaviours = behaviours
        self._sources = sources
        self._name = ""

    def scenario(self, name: str, node: Any) -> Scenario:
        self._name = name
        if not _NAME.fullmatch(name):
            raise ScenarioError(f"{name} is no name: those are written in kebab-case")
        try:
            self._fields(node, _FIELDS)
            jobs = {key: self._job(plan) for key, plan in node.get("jobs", {"main": {}}).items()}
            return Scenario(
                name=name,
                purpose=self._purpose(node.get("purpose")),
                provenance=self._provenance(node),
                behaviours=MappingProxyType(checked(self._behaviours, node.get("behaviours", {}))),
                programme=MappingProxyType(dict(node.get("programme", {}))),
                jobs=MappingProxyType(jobs),
                calls=self._calls(node["calls"], jobs),
                receiver=tuple(node.get("receiver", ())),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ScenarioError(f"{name} is not built like a scenario: {type(error).__name__} {error}") from error
        except BehaviourError as error:
            raise ScenarioError(f"{name}: {error}") from error

    def _purpose(self, text: Any) -> str:
        if not isinstance(text, str) or not text.strip():
            raise ScenarioError(f"{self._name} does not say its purpose")
        return text

    def _provenance(self, node: Mapping[str, Any]) -> Provenance:
        self._known(str(node.get("provenance")), PROVENANCES, "provenance")
        if not node.get("source"):
            raise ScenarioError(f"{self._name} does not say what it rests on")
        for source in node["source"]:
            if not is_reference(source):
                self._known(source, self._sources, "source")
        return Provenance.of(node)

    def _job(self, node: Mapping[str, Any]) -> JobPlan:
        self._fields(node, _JOB_FIELDS)
        outputs = node.get("outputs")
        told = {name: node[name] for name in _SOURCE_FIELDS if name in node}
        return JobPlan(
            **told,
            key=node.get("key"),
            key_in=node.get("keyIn", "header"),
            outputs=None if outputs is None else tuple(outputs),
            source_type=node.get("sourceType"),
            classroom=bool(node.get("classroom")),
        )

    def _calls(self, node: str | Sequence[Any], jobs: Mapping[str, JobPlan]) -> tuple[Step, ...]:
        """Read calls: the name of a course, or a list of calls and of names of courses."""
        listed = [node] if isinstance(node, str) else node
        calls = [step for entry in listed for step in self._course(entry)]
        steps = tuple(self._step(call, jobs) for call in calls)
        if any(after.at < before.at for before, after in pairwise(steps)):
            raise ScenarioError(f"{self._name} has a call before the one in front of it")
        return steps

    def _course(self, entry: str | Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        if not isinstance(entry, str):
            return (entry,)
        self._known(entry, self._courses, "course")
        return cast("Sequence[Mapping[str, Any]]", self._courses[entry])

    def _step(self, node: Mapping[str, Any], jobs: Mapping[str, JobPlan]) -> Step:
        self._fields(node, _CALL_FIELDS)
        job = node.get("job")
        return Step(
            at=round(node["at"] * 1000),
            operation=self._known(node["call"], self._operations, "operation"),
            job=job if job is None else self._known(job, jobs, "job"),
            key=node.get("key"),
            name=node.get("name"),
            body=node.get("body", _NOTHING),
            path=node.get("path", _NOTHING),
        )

    def _fields(self, node: Mapping[str, Any], fields: Collection[str]) -> None:
        for name in node:
            self._known(name, fields, "field")

    def _known(self, name: str, names: Collection[str], kind: str) -> str:
        if name not in names:
            raise ScenarioError(f"{self._name} names the {kind} {name!r}, which does not exist")
        return name
