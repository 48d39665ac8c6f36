"""`verify` and `replay`: verdicts from recorded exchanges alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tutorflow_conformance.cli import main
from tutorflow_conformance.report.as_json import sealed


def judge(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(words))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the report and the HAR of a run that found nothing."""
    folder = tmp_path_factory.mktemp("recorded")
    words = ("--json", str(folder / "report.json"), "--record", str(folder / "run.har"))
    ran = judge("run", "--target", "mock", "--no-fuzz", "--skip", "RATE,HOOK", *words)
    assert ran.exit_code == 0, ran.output
    return folder


def test_a_report_follows_from_its_exchanges(recorded: Path) -> None:
    """`verify` recomputes every verdict and finds the same."""
    checked = judge("verify", str(recorded / "report.json"))
    assert checked.exit_code == 0, checked.output
    assert "verdicts follow from" in checked.output


def test_an_edited_byte_is_noticed(recorded: Path, tmp_path: Path) -> None:
    """Any edit breaks the digest, and where the edit matters the verdict too."""
    text = (recorded / "report.json").read_text()
    edited = tmp_path / "edited.json"
    edited.write_text(text.replace("queued", "Queued", 1))
    checked = judge("verify", str(edited))
    assert checked.exit_code == 1
    assert "edited" in checked.output


def test_a_flipped_verdict_is_noticed_even_under_a_new_digest(recorded: Path, tmp_path: Path) -> None:
    """Who edits a verdict and seals the report again is told what the exchanges say."""
    found: dict[str, Any] = json.loads((recorded / "report.json").read_text())
    row = next(row for row in found["requirements"] if row["id"] == "IDEM-001")
    row["result"] = "failed"
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(sealed(found)))
    checked = judge("verify", str(forged))
    assert checked.exit_code == 1
    assert "IDEM-001: recorded as failed, the exchanges say passed" in checked.output


def test_a_recorded_run_is_judged_again(recorded: Path) -> None:
    """Our own HAR shows nothing wrong, and decides at least a fifth of all requirements."""
    again = judge("replay", str(recorded / "run.har"), "--json")
    assert again.exit_code == 0, again.output
    counts = json.loads(again.output)["counts"]
    assert counts["passed"] >= 36
    assert not counts.keys() & {"failed", "mismatch", "warning", "error"}


def test_a_recorded_fault_is_found(recorded: Path, tmp_path: Path) -> None:
    """A HAR in which a job goes back is judged: LIFE-002 and LIFE-003 do not hold."""
    log = json.loads((recorded / "run.har").read_text())
    reads = [
        entry
        for entry in log["log"]["entries"]
        if entry["comment"].endswith(" m.ended") and entry["request"]["url"].count("/expansions/") == 1
    ]
    last = next(entry for entry in reversed(reads) if "/result" not in entry["request"]["url"])
    last["response"]["content"]["text"] = last["response"]["content"]["text"].replace("completed", "processing", 1)
    broken = tmp_path / "broken.har"
    broken.write_text(json.dumps(log))
    again = judge("replay", str(broken))
    assert "LIFE-002" in again.output
    assert "LIFE-003" in again.output


@pytest.mark.parametrize(
    ("command", "text", "says"),
    [
        ("verify", "{", "no JSON"),
        ("verify", "[]", "no report"),
        ("verify", '{"requirements": [], "exchanges": [{}], "revision": "2026-07"}', "cannot be read"),
        ("verify", '{"requirements": [], "exchanges": [], "arrivals": [], "notes": {}, "revision": "1"}', "1"),
        ("replay", "{", "no HAR"),
        ("replay", '{"log": {"entries": [{}]}}', "no HAR"),
        ("replay", "\x00", "no HAR"),
    ],
)
def test_other_files_are_refused(command: str, text: str, says: str, tmp_path: Path) -> None:
    """What is no report, or no HAR, ends with 2 and a sentence."""
    file = tmp_path / "file"
    file.write_text(text)
    ran = judge(command, str(file))
    assert ran.exit_code == 2
    assert says in ran.output


def test_a_har_that_shows_nothing_is_no_pass(tmp_path: Path) -> None:
    """Nothing tested is never a pass."""
    file = tmp_path / "empty.har"
    file.write_text('{"log": {"entries": []}}')
    assert judge("replay", str(file)).exit_code == 2
