"""Sources: the facts, contradictions and open questions that the contract rests on."""

from __future__ import annotations

from collections import Counter

from tutorflow_openapi import Source, load_sources

WORDS = {"documented", "inferred", "assumed"}


def test_a_fact_a_contradiction_and_a_question() -> None:
    """A fact has a text, a contradiction also a reading, a question both and the ground of its reading."""
    sources = load_sources()
    assert sources["F-028"] == Source(
        id="F-028",
        text="Only a hash is stored; a lost key means rotate or create another",
        reading=None,
        why=None,
        provenance="documented",
        guides=("faq",),
    )
    assert sources["C13"].reading == "literally so"
    assert sources["S45"] == Source("S45", "Revoke twice", "200, no body", "safe repeat", "assumed", ("keys",))


def test_all_of_them_are_there() -> None:
    """The ids run without a gap: 147 facts, 18 contradictions, 84 questions."""
    expected = [f"F-{number:03}" for number in range(1, 148)]
    expected += [f"C{number}" for number in range(1, 19)] + [f"S{number}" for number in range(1, 85)]
    assert sorted(load_sources()) == sorted(expected)


def test_each_is_whole() -> None:
    """Every entry has a text; contradictions and questions say how they are read; provenance is one of three words."""
    for source in load_sources().values():
        assert source.text
        assert bool(source.reading) == (source.id[0] in "CS"), source.id
        assert source.provenance is None or source.provenance in WORDS, source.id
        assert source.guides or source.id[0] == "S", source.id


def test_what_has_no_provenance() -> None:
    """Four absences, 23 conventions of another API, and the contradictions, which are read and not founded."""
    without = Counter(source.id[0] for source in load_sources().values() if source.provenance is None)
    assert without == {"F": 27, "C": 18}
