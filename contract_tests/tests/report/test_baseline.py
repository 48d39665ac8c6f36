"""Baselines: what is known does not fail a run, and what is known no longer does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from contract_tests.tests.report.judged import NOW, outcome

from tutorflow_conformance.cli import main
from tutorflow_conformance.cli.baseline import read_baseline
from tutorflow_conformance.outcome import Known
from tutorflow_conformance.results import Finding, Result
from tutorflow_conformance.target import Misconfigured

TODAY = date(2026, 11, 25)
FOUND = Finding("IDEM-003", "failed", "one job", "x-0004: 409 conflict", ("x-0004",), "a.behaviour=conflict-409")
ENTRY = "- {requirement: IDEM-003, observed: conflict, reason: ticket 4711, expires: 2026-12-24}\n"


def known(observed: str, requirement: str = "IDEM-003") -> Known:
    """Return an entry."""
    return Known(requirement, observed, "ticket 4711", date(2026, 12, 24))


@pytest.mark.parametrize("observed", ["a.behaviour=conflict-409", "conflict-409", "409 conflict"])
def test_what_is_known_does_not_fail(observed: str) -> None:
    """An entry names the alternative, its value alone, or a part of what was observed."""
    verdict = outcome(FOUND).verdict(NOW, (), (known(observed),))
    assert (verdict.word, verdict.exit_code) == ("known findings", 0)
    assert verdict.is_known(verdict.outcome.results["IDEM-003"])


@pytest.mark.parametrize("entry", [known("422"), known("conflict", "IDEM-001")])
def test_what_is_not_known_fails(entry: Known) -> None:
    """Another observation, or the same one of another requirement, is news."""
    verdict = outcome(FOUND).verdict(NOW, (), (entry,))
    assert (verdict.word, verdict.exit_code) == ("non-conformant", 1)


def test_every_finding_of_a_requirement_must_be_known() -> None:
    """A second finding beside the one that is known is news."""
    other = Finding("IDEM-003", "failed", "one job", "500", ())
    assert outcome(FOUND, other).verdict(NOW, (), (known("conflict"),)).exit_code == 1


def test_a_mismatch_can_be_known_too() -> None:
    """What `--fail-on` names is excused in the same way, and leaves a run conformant."""
    found = Finding("RATE-004", "mismatch", "open", "429", ())
    verdict = outcome(found).verdict(NOW, ("mismatch",), (known("429", "RATE-004"),))
    assert (verdict.word, verdict.exit_code) == ("conformant", 0)


def test_an_entry_that_explains_nothing_is_stale() -> None:
    """The requirement was tested and shows nothing of the kind: exit 2, unless something else was found."""
    verdict = outcome().verdict(NOW, (), (known("conflict"),))
    assert (verdict.word, verdict.exit_code) == ("stale baseline", 2)
    assert [str(entry) for entry in verdict.unused] == ["IDEM-003 (conflict)"]
    other = Finding("LIFE-003", "failed", "final", "not final", ())
    assert outcome(other).verdict(NOW, (), (known("conflict"),)).exit_code == 1


def test_an_entry_whose_requirement_was_not_tested_is_not_stale() -> None:
    """Nobody can say of it that it is over."""
    skipped = {"IDEM-003": Result("IDEM-003", "skipped", "mode: free")}
    assert outcome(results=skipped).verdict(NOW, (), (known("conflict"),)).exit_code == 0


def test_a_baseline_is_read(tmp_path: Path) -> None:
    """A list of entries, each good until the end of its day; an empty list is one too."""
    file = tmp_path / "baseline.yaml"
    file.write_text(ENTRY)
    assert read_baseline(file, TODAY) == (known("conflict"),)
    assert read_baseline(file, date(2026, 12, 24)) == (known("conflict"),)
    file.write_text("[]")
    assert read_baseline(file, TODAY) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENTRY.replace("2026-12-24", "2026-11-24"), "IDEM-003 (conflict) has expired on 2026-11-24: ticket 4711"),
        (ENTRY.replace("IDEM-003", "IDEM-999"), "IDEM-999 is no requirement"),
        (ENTRY.replace("conflict", "''"), "observed must be a text"),
        (ENTRY.replace("ticket 4711", "17"), "reason must be a text"),
        (ENTRY.replace("2026-12-24", "soon"), "expires must be a date"),
        (ENTRY.replace("2026-12-24", "2026-12-24T00:00:00Z"), "expires must be a date"),
        (ENTRY.replace(", reason: ticket 4711", ""), "entry 1 must have exactly"),
        (ENTRY.replace("reason", "because"), "entry 1 must have exactly"),
        ("requirement: IDEM-003\n", "is no list"),
        ("", "is no list"),
        ("- [", "cannot be read"),
        ("- 1", "entry 1 must have exactly"),
    ],
)
def test_a_bad_baseline_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """What is wrong is said, with the entry."""
    file = tmp_path / "baseline.yaml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as refused:
        read_baseline(file, TODAY)
    assert says in str(refused.value)


def test_a_bad_baseline_ends_a_run_before_it_begins(tmp_path: Path) -> None:
    """Exit 2, and nothing is asked of the target: there is none at this address."""
    file = tmp_path / "baseline.yaml"
    file.write_text(ENTRY.replace("2026-12-24", "2020-01-01"))
    for path in (file, tmp_path / "nowhere.yaml"):
        ran = CliRunner().invoke(main, ["run", "--target", "http://127.0.0.1:9", "--baseline", str(path)])
        assert ran.exit_code == 2
        assert "--baseline" in ran.output


def test_a_stale_baseline_ends_a_run_with_2(mock_url: str, tmp_path: Path) -> None:
    """The run is reported as it was, and the entry is named."""
    file = tmp_path / "baseline.yaml"
    file.write_text("- {requirement: STAT-003, observed: '200', reason: ticket 4711, expires: 2999-12-31}\n")
    words = ("--mode", "free", "--only", "STAT-003", "--baseline", str(file), "--ledger", str(tmp_path / "ledger"))
    key = {"TUTORFLOW_CONTENT_API_KEY": "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"}
    ran = CliRunner().invoke(main, ["run", "--target", mock_url, *words], env=key)
    assert ran.exit_code == 2, ran.output
    assert "unused in the baseline: STAT-003 (200): ticket 4711" in ran.output
