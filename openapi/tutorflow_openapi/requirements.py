"""The sentences that a server has to keep: what each rests on, what it takes to test it, and at what cost."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from tutorflow_openapi.document import DocumentError, is_reference, read_data, read_revision, revisions

LEVELS = frozenset({"MUST", "SHOULD", "MAY"})
PROVENANCES = frozenset({"documented", "inferred", "assumed", "per-element"})
NEEDS = frozenset({"F", "J", "K", "T", "R", "W", "2o", "2j", "N", "C"})
RELATIONS = frozenset({"is", "is-not", "follows"})
REACHES = frozenset(
    {
        "free",
        "M",
        "A",
        "B",
        "second-job",
        "admin",
        "admin-on-M",
        "receiver",
        "low-limit",
        "second-organization",
        "parallel",
        "mock-only",
    },
)
FIELDS = frozenset({"provenance", "source", "needs", "adds", "tied", "plan"})
RESERVES = frozenset({"faulty-target", "other-value"})
_DETAIL = re.compile("⟦(.*?)⟧")


class RequirementError(ValueError):
    """A requirement that contradicts the rest of the package; the message starts with its id."""


@dataclass(frozen=True, slots=True)
class Tie:
    """How a requirement hangs on a behaviour.

    With relation `is` or `is-not` it applies only under, or except under, `value`; with `follows` it applies always,
    and what is expected follows the value.
    """

    behaviour: str
    relation: str
    value: str | None

    def applies(self, values: Mapping[str, object]) -> bool:
        """Tell whether a requirement tied so is in force under these behaviour values."""
        holds = values.get(self.behaviour) == self.value
        return {"is": holds, "is-not": not holds}.get(self.relation, True)


@dataclass(frozen=True, slots=True)
class Addition:
    """What one part of a sentence needs besides the needs of the whole."""

    part: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a requirement stands in the cost plan.

    `reach` is the step that a run must afford, `job` the letter of the job that it rides on. `reserve` is set where a
    create that ought to make no job could make one: at a `faulty-target` only, or also under an `other-value` of a
    behaviour; `of` names the part of the sentence that does so, if it is not the whole.
    """

    reach: str
    job: str | None
    reserve: str | None
    of: str | None


@dataclass(frozen=True, slots=True)
class Clause:
    """A requirement in one revision; a `per-element` provenance is that of the part of the document that was broken."""

    provenance: str
    source: tuple[str, ...]
    needs: tuple[str, ...]
    adds: tuple[Addition, ...]
    tied: tuple[Tie, ...]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence with its stable id; `details` are its parts in ⟦…⟧, which are less well founded than the rest."""

    id: str
    section: str
    sentence: str
    level: str
    revisions: Mapping[str, Clause]

    @property
    def details(self) -> tuple[str, ...]:
        """The parts in ⟦…⟧ without their brackets: an answer that departs only there is a mismatch."""
        return tuple(_DETAIL.findall(self.sentence))


@cache
def load_requirements() -> Mapping[str, Requirement]:
    """Return all requirements by id, in the order of the file; RequirementError if one names what does not exist."""
    try:
        data = read_data("requirements.yaml")
    except DocumentError as error:
        raise RequirementError(f"requirements.yaml: {error}") from error
    choices = {revision: _choices(read_revision(revision)) for revision in revisions()}
    return read_requirements(data, choices, frozenset(read_data("sources.yaml")))


def _choices(document: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(entry.get("alternatives", ())) for name, entry in document.get("x-behaviours", {}).items()}


def read_requirements(
    data: Any, choices: Mapping[str, Mapping[str, tuple[Any, ...]]], sources: Collection[str]
) -> Mapping[str, Requirement]:
    """Read plain data as requirements.

    `choices` holds the alternatives of each behaviour of each revision, `sources` the ids that may be named.
    """
    reader = _Reader(data["sections"], choices, sources)
    return MappingProxyType({key: reader.requirement(key, entry) for key, entry in data["requirements"].items()})


class _Reader:
    """Reads entries against what they may name; every refusal starts with the requirement's id."""

    def __init__(
        self,
        sections: Mapping[str, str],
        choices: Mapping[str, Mapping[str, tuple[Any, ...]]],
        sources: Collection[str],
    ) -> None:
        self._sections = sections
        self._choices = choices
        self._sources = sources
        self._key = ""

    def requirement(self, key: str, entry: Any) -> Requirement:
        self._key = key
        fields = {"level", "sentence"}
        try:
            clauses = {name: self._clause(clause, name) for name, clause in entry.items() if name not in fields}
            return Requirement(
                id=key,
                section=self._sections[self._known(key.partition("-")[0], self._sections, "section")],
                sentence=self._sentence(entry.get("sentence")),
                level=self._known(entry["level"], LEVELS, "level"),
                revisions=MappingProxyType(clauses),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise RequirementError(f"{key} is not built like a requirement: {type(error).__name__} {error}") from error

    def _clause(self, node: Any, revision: str) -> Clause:
        behaviours = self._choices[self._known(revision, self._choices, "revision")]
        for name in node:
            self._known(name, FIELDS, "field")
        return Clause(
            provenance=self._known(node["provenance"], PROVENANCES, "provenance"),
            source=tuple(
                name if is_reference(name) else self._known(name, self._sources, "source") for name in node["source"]
            ),
            needs=self._needs(node["needs"]),
            adds=tuple(Addition(added["part"], self._needs(added["needs"])) for added in node.get("adds", ())),
            tied=tuple(self._tie(tie, behaviours) for tie in node.get("tied", ())),
            plan=self._plan(**node["plan"]),
        )

    def _needs(self, names: list[str]) -> tuple[str, ...]:
        return tuple(self._known(name, NEEDS, "need") for name in names)

    def _tie(self, node: Mapping[str, str], behaviours: Mapping[str, tuple[Any, ...]]) -> Tie:
        if len(node) != 1:
            raise RequirementError(f"{self._key} has a tie of {len(node)} relations")
        relation, text = next(iter(node.items()))
        name, _, value = text.partition("=")
        self._known(relation, RELATIONS, "relation")
        alternatives = behaviours[self._known(name, behaviours, "behaviour")]
        if relation == "follows":
            return Tie(name, relation, None)
        return Tie(name, relation, self._known(value, alternatives, f"value of {name}"))

    def _plan(self, reach: str, job: str | None = None, reserve: str | None = None, of: str | None = None) -> Plan:
        self._known(reach, REACHES, "reach")
        if reserve is not None:
            self._known(reserve, RESERVES, "reserve")
        return Plan(reach, job, reserve, of)

    def _sentence(self, text: Any) -> str:
        if not isinstance(text, str) or not text.strip():
            raise RequirementError(f"{self._key} has no sentence")
        return text

    def _known(self, name: str, names: Collection[str], kind: str) -> str:
        if name not in names:
            raise RequirementError(f"{self._key} names the {kind} {name!r}, which does not exist")
        return name
