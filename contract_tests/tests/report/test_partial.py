"""Reports of runs that did not come to their end, and files that cannot be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner
from contract_tests.tests.report.faulty import Ask, Dead, Passed, Passing, faulty
from contract_tests.tests.report.judged import NOW, outcome

from tutorflow_conformance.cli import main
from tutorflow_conformance.cli.writing import write_reports
from tutorflow_conformance.report import WRITERS

KEY = {"TUTORFLOW_CONTENT_API_KEY": "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"}


def reports(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return a file for each form, in folders that do not exist yet, and the flags that ask for them."""
    files = {form: folder / form / "new" / f"report.{form}" for form in WRITERS}
    return files, [word for form, file in files.items() for word in (f"--{form}", str(file))]


def test_a_target_that_dies_is_reported(mock_url: str, tmp_path: Path) -> None:
    """After twenty answers it only hangs up: what was seen is in every report, the rest is `error`, not `failed`."""
    numbers = count(1)

    def dying(call: Passing, ask: Ask) -> Passed:
        if next(numbers) > 20:
            raise Dead
        return ask(call)

    files, flags = reports(tmp_path)
    ledger = ("--ledger", str(tmp_path / "ledger"))
    with faulty(mock_url, dying) as url:
        ran = CliRunner().invoke(main, ["run", "--target", url, "--mode", "safe", *ledger, *flags], env=KEY)
    assert ran.exit_code == 3, ran.output
    found = json.loads(files["json"].read_text())
    assert found["counts"]["error"] > 0
    assert found["counts"]["failed"] == 0
    assert found["counts"]["passed"] > 0
    assert "lost" in found["headline"]
    assert all(file.stat().st_size > 500 for file in files.values())
    assert "was lost" in files["html"].read_text()


def test_ctrl_c_leaves_reports_and_130(mock_url: str, tmp_path: Path) -> None:
    """A process that is interrupted while a target lets it wait ends with 130, and has written what it saw."""
    numbers, reached, free = count(1), Event(), Event()

    def slow(call: Passing, ask: Ask) -> Passed:
        if next(numbers) == 12:
            reached.set()
            free.wait(60)
        return ask(call)

    files, flags = reports(tmp_path)
    with faulty(mock_url, slow) as url:
        command = [sys.executable, "-m", "tutorflow_conformance", "run", "--target", url, "--mode", "safe", *flags]
        with subprocess.Popen(
            [*command, "--ledger", str(tmp_path / "ledger")],
            env={**os.environ, **KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert reached.wait(60)
            process.send_signal(signal.SIGINT)
            free.set()
            told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told.decode()
    found = json.loads(files["json"].read_text())
    assert found["isInterrupted"]
    assert found["verdict"] == "incomplete"
    assert len(found["exchanges"]) >= 11
    assert all(file.stat().st_size > 500 for file in files.values())


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """Exit 2 at once: nothing listens at the address, and nobody notices."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    for form in WRITERS:
        words = ["run", "--target", "http://127.0.0.1:9", "--mode", "safe", f"--{form}", str(blocked / "report")]
        ran = CliRunner().invoke(main, words, env=KEY)
        assert ran.exit_code == 2, ran.output
        assert "cannot be written" in ran.output


def test_two_reports_in_one_file_are_refused(tmp_path: Path) -> None:
    """One would overwrite the other."""
    words = ["--json", str(tmp_path / "x"), "--html", f"{tmp_path}/./x"]
    ran = CliRunner().invoke(main, ["run", "--target", "http://127.0.0.1:9", "--mode", "safe", *words], env=KEY)
    assert ran.exit_code == 2
    assert "two reports" in ran.output


@pytest.mark.parametrize("before", [None, "an older report"])
def test_a_run_that_never_began_leaves_files_as_they_were(before: str | None, tmp_path: Path) -> None:
    """No empty report that somebody might take for one, and the older one stays."""
    file = tmp_path / "report.json"
    if before is not None:
        file.write_text(before)
    words = ["run", "--target", "http://127.0.0.1:9", "--mode", "safe", "--json", str(file)]
    ran = CliRunner().invoke(main, [*words, "--ledger", str(tmp_path / "ledger")], env=KEY)
    assert ran.exit_code == 3, ran.output
    assert (file.read_text() if file.exists() else None) == before


def test_a_report_that_fails_takes_no_other_along(tmp_path: Path) -> None:
    """A folder that vanished meanwhile is told, and the other report is written."""
    files = {"json": tmp_path / "gone" / "report.json", "html": tmp_path / "report.html"}
    wrong = write_reports(outcome().verdict(NOW), files)
    assert len(wrong) == 1
    assert "could not be written" in wrong[0]
    assert files["html"].exists()
