"""Requirements: how they are read, what is refused, and the totals of those that the package holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from tutorflow_openapi import (
    Addition,
    Clause,
    Plan,
    Requirement,
    RequirementError,
    Tie,
    load,
    load_requirements,
    load_sources,
    requirements,
)
from tutorflow_openapi.document import find, is_reference, read_yaml
from tutorflow_openapi.requirements import read_requirements

REVISION = "2026-07"
CHOICES: dict[str, dict[str, tuple[Any, ...]]] = {"toy": {"job.id": ("uuid", "opaque"), "rate.limit": ()}}
TOY = """
sections: {JOB: Jobs}
requirements:
  JOB-001:
    level: MUST
    sentence: A job has an id ⟦a UUID⟧, and keeps it ⟦for ever⟧.
    toy:
      provenance: documented
      source: [F-001, RFC 9562]
      needs: [J, 2o]
      adds: [{part: for ever, needs: [C]}]
      tied: [{is: job.id=uuid}, {is-not: job.id=opaque}, {follows: rate.limit}]
      plan: {reach: M, job: M, reserve: other-value, of: the id}
"""


JOB = "#/requirements/JOB-001"


def read(pointer: str = JOB, members: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """Return the requirements of the toy file, or of one with other members at a JSON Pointer; None takes one away."""
    data = read_yaml(TOY)
    node = find(data, pointer)
    for name, value in members.items():
        node[name] = value
        if value is None:
            del node[name]
    return read_requirements(data, CHOICES, {"F-001"})


def test_a_requirement_is_read_whole() -> None:
    """Everything that an entry says has its place; details are the parts in brackets."""
    assert read() == {
        "JOB-001": Requirement(
            id="JOB-001",
            section="Jobs",
            sentence="A job has an id ⟦a UUID⟧, and keeps it ⟦for ever⟧.",
            level="MUST",
            revisions={
                "toy": Clause(
                    provenance="documented",
                    source=("F-001", "RFC 9562"),
                    needs=("J", "2o"),
                    adds=(Addition("for ever", ("C",)),),
                    tied=(
                        Tie("job.id", "is", "uuid"),
                        Tie("job.id", "is-not", "opaque"),
                        Tie("rate.limit", "follows", None),
                    ),
                    plan=Plan("M", "M", "other-value", "the id"),
                ),
            },
        ),
    }
    assert read()["JOB-001"].details == ("a UUID", "for ever")


@pytest.mark.parametrize(
    ("relation", "value", "applies"),
    [
        ("is", "uuid", True),
        ("is", "opaque", False),
        ("is-not", "uuid", False),
        ("is-not", "opaque", True),
        ("follows", None, True),
    ],
)
def test_ties(relation: str, value: str | None, *, applies: bool) -> None:
    """A tie decides whether a requirement is in force under the values."""
    assert Tie("job.id", relation, value).applies({"job.id": "uuid"}) is applies


@pytest.mark.parametrize(
    ("pointer", "members", "refusal"),
    [
        (JOB, {"level": "MIGHT"}, "JOB-001 names the level 'MIGHT', which does not exist"),
        (JOB, {"sentence": " "}, "JOB-001 has no sentence"),
        (JOB, {"sentence": None}, "JOB-001 has no sentence"),
        (JOB, {"level": None}, "JOB-001 is not built like a requirement: KeyError 'level'"),
        (JOB, {"other": 5}, "JOB-001 names the revision 'other', which does not exist"),
        (f"{JOB}/toy", {"provenance": "sure"}, "JOB-001 names the provenance 'sure', which"),
        (f"{JOB}/toy", {"source": ["F-999"]}, "JOB-001 names the source 'F-999', which"),
        (f"{JOB}/toy", {"needs": ["Z"]}, "JOB-001 names the need 'Z', which"),
        (f"{JOB}/toy/adds/0", {"needs": ["Z"]}, "JOB-001 names the need 'Z', which"),
        (f"{JOB}/toy", {"tied": [{"is": "job.ids=uuid"}]}, "JOB-001 names the behaviour 'job.ids', which"),
        (f"{JOB}/toy", {"tied": [{"is": "job.id=int"}]}, "JOB-001 names the value of job.id 'int', which"),
        (f"{JOB}/toy", {"tied": [{"was": "job.id"}]}, "JOB-001 names the relation 'was', which"),
        (f"{JOB}/toy", {"tied": [""]}, "JOB-001 has a tie of 0 relations"),
        (f"{JOB}/toy", {"need": ["F"]}, "JOB-001 names the field 'need', which"),
        (f"{JOB}/toy", {"plan": {"reach": "far"}}, "JOB-001 names the reach 'far', which"),
        (f"{JOB}/toy/plan", {"reserve": "all"}, "JOB-001 names the reserve 'all', which"),
        (f"{JOB}/toy/plan", {"price": 1}, "JOB-001 is not built like a requirement: TypeError"),
        ("#/requirements", {"JOB-001": 5}, "JOB-001 is not built like a requirement: AttributeError"),
        ("#/requirements", {"ODD-001": {"sentence": "A.", "level": "MAY"}}, "ODD-001 names the section 'ODD', which"),
    ],
    ids=range(19),
)
def test_what_does_not_exist_is_refused_by_id(pointer: str, members: dict[str, Any], refusal: str) -> None:
    """A requirement that names something unknown is refused, and the refusal starts with its id."""
    with pytest.raises(RequirementError) as caught:
        read(pointer, members)
    assert str(caught.value).startswith(refusal)


def test_an_id_that_stands_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are keys, so that the reader itself finds one that stands twice."""

    def twice(_: str) -> Any:
        return read_yaml("requirements: {JOB-001: {}, JOB-001: {}}")

    monkeypatch.setattr(requirements, "read_data", twice)
    load_requirements.cache_clear()
    with pytest.raises(RequirementError, match=r"^requirements\.yaml: the key 'JOB-001' stands twice"):
        load_requirements()


def clauses() -> dict[str, Clause]:
    """Return the clauses of the revision by id."""
    return {key: requirement.revisions[REVISION] for key, requirement in load_requirements().items()}


def test_182_sentences_in_13_sections() -> None:
    """Levels and sections add up; a section's ids count from 001 without a gap."""
    found = load_requirements()
    assert len(found) == 182
    assert Counter(requirement.level for requirement in found.values()) == {"MUST": 115, "SHOULD": 63, "MAY": 4}
    assert len({requirement.section for requirement in found.values()}) == 13
    for letters, count in Counter(key.partition("-")[0] for key in found).items():
        assert [key for key in found if key.startswith(f"{letters}-")] == [
            f"{letters}-{number:03}" for number in range(1, count + 1)
        ]


def test_what_is_documented_inferred_and_assumed() -> None:
    """One requirement takes its provenance from the element that was broken."""
    assert Counter(clause.provenance for clause in clauses().values()) == {
        "documented": 68,
        "inferred": 70,
        "assumed": 43,
        "per-element": 1,
    }
    assert clauses()["HTTP-008"].provenance == "per-element"


def test_the_plan_adds_up() -> None:
    """Each requirement stands in exactly one list of the cost plan."""
    assert Counter(clause.plan.reach for clause in clauses().values()) == {
        "free": 40,
        "M": 43,
        "A": 3,
        "B": 8,
        "second-job": 6,
        "admin": 34,
        "admin-on-M": 3,
        "receiver": 19,
        "low-limit": 11,
        "second-organization": 6,
        "parallel": 3,
        "mock-only": 6,
    }


def test_jobs_and_reserves() -> None:
    """What rides on a job names it; what could cost one at a faulty target reserves it."""
    found = clauses()
    jobs = Counter(clause.plan.job for clause in found.values() if clause.plan.reach not in {"M", "A", "B"})
    assert jobs == {None: 96, "M": 22, "C": 7, "A2": 1, "B": 1, "X": 1}
    assert Counter(clause.plan.reserve for clause in found.values()) == {
        None: 156,
        "faulty-target": 18,
        "other-value": 8,
    }
    assert {key: clause.plan.of for key, clause in found.items() if clause.plan.of} == {
        "CRE-023": "the foreign classroom",
        "IDEM-004": "two keys that differ",
        "IDEM-012": "the key that is too long",
    }


def test_parts_with_needs_of_their_own() -> None:
    """Three sentences have parts that need more than the whole, and say so in words that stand in them."""
    found = load_requirements()
    added = {key: clause.adds for key, clause in clauses().items() if clause.adds}
    assert {key: [each.needs for each in additions] for key, additions in added.items()} == {
        "AUTH-006": [("K",), ("C",)],
        "IDEM-010": [("K", "W")],
        "HTTP-005": [("K",)],
    }
    assert all(each.part in found[key].sentence for key, additions in added.items() for each in additions)


def test_brackets_are_closed() -> None:
    """Every detail in ⟦…⟧ is one whole part of its sentence."""
    for requirement in load_requirements().values():
        plain = re.sub("⟦[^⟦⟧]+⟧", "", requirement.sentence)
        assert not set(plain) & set("⟦⟧"), requirement.id


def test_every_behaviour_and_source_exists() -> None:
    """What requirements are tied to and rest on is in the package."""
    behaviours, sources = load(REVISION).behaviours, load_sources()
    for key, clause in clauses().items():
        assert all(tie.behaviour in behaviours for tie in clause.tied), key
        assert all(is_reference(source) or source in sources for source in clause.source), key
        assert clause.source or key == "HTTP-008", key
