"""Report files: refused before the first request if they cannot be written, written before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from tutorflow_conformance.outcome import Verdict
from tutorflow_conformance.report import WRITERS


def check_writable(files: Mapping[str, Path]) -> None:
    """Refuse reports that could not be written, and two in one file; make the folders that they lie in.

    Nothing is left behind where no report comes to be, and an older one stays until there is a new one.
    """
    for file in files.values():
        if sum(file.resolve() == other.resolve() for other in files.values()) > 1:
            raise click.UsageError(f"{file} is named for two reports")
        is_new = not file.exists()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8"):
                pass
        except OSError as error:
            raise click.UsageError(f"{file} cannot be written: {error.strerror}") from error
        if is_new:
            file.unlink()


def write_reports(verdict: Verdict, files: Mapping[str, Path]) -> list[str]:
    """Write all reports; return what went wrong, so that one that fails takes none of the others along."""
    wrong: list[str] = []
    for form, file in files.items():
        try:
            file.write_text(verdict.outcome.redactor.text(WRITERS[form](verdict)), encoding="utf-8", errors="replace")
        except OSError as error:
            wrong.append(f"{file} could not be written: {error.strerror}")
    return wrong
