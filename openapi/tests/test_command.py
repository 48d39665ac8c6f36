"""`python -m tutorflow_openapi`: exit codes, and what people and machines read."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tutorflow_openapi import Contract, RequirementError, ScenarioError, __main__, from_document, load
from tutorflow_openapi.lint import Finding


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(__main__.main, arguments)


def test_the_packaged_documents_have_no_findings() -> None:
    """What is shipped keeps every rule, states where everything comes from, and fits its requirements."""
    result = run("lint")
    assert result.output == "2026-07: 0 findings\n"
    assert result.exit_code == 0


def no_findings(_: Contract) -> tuple[Finding, ...]:
    """Stand for a lint that finds nothing."""
    return ()


def broken(_: str) -> Contract:
    """Return a contract with a provenance that names an unknown source."""
    document: dict[str, Any] = {**load().document}
    document["x-errors"] = {**document["x-errors"], "content_odd": {"status": 418, "x-provenance": {}}}
    return from_document(document)


def test_findings_are_lines_and_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """People read a line for each finding and a count."""
    monkeypatch.setattr(__main__, "lint", no_findings)
    monkeypatch.setattr(__main__, "load", broken)
    result = run("lint", "--revision", "2026-07")
    assert result.stdout.splitlines() == [
        "#/x-errors/content_odd: the provenance '' is none of documented, inferred, assumed [provenance]",
        "#/x-errors/content_odd: the provenance has no source [provenance]",
        "2026-07: 2 findings",
    ]
    assert result.exit_code == 1


def test_findings_are_json_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines read one object a line; talk goes to stderr. A requirement that names nothing known is a finding too."""

    def refuse() -> None:
        raise RequirementError("JOB-001 has no sentence")

    monkeypatch.setattr(__main__, "lint", no_findings)
    monkeypatch.setattr(__main__, "load_requirements", refuse)
    result = run("lint", "--json")
    assert json.loads(result.stdout) == {
        "revision": "2026-07",
        "where": "requirements.yaml",
        "rule": "requirement",
        "message": "JOB-001 has no sentence",
    }
    assert result.stderr == "2026-07: 1 findings\n"
    assert result.exit_code == 1


def test_a_broken_scenario_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue of a revision is a part of what is published."""

    def refuse(_: str) -> None:
        raise ScenarioError("limit does not say its purpose")

    monkeypatch.setattr(__main__, "lint", no_findings)
    monkeypatch.setattr(__main__, "load_catalogue", refuse)
    result = run("lint")
    assert "2026-07.yaml: limit does not say its purpose [scenario]" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize("command", ["lint", "show"])
def test_an_unknown_revision_exits_2(command: str) -> None:
    """A revision that the package does not hold is a mistake of the caller."""
    result = run(command, "--revision", "1999-01")
    assert result.stderr == "error: there is no revision '1999-01'; this package holds 2026-07\n"
    assert result.exit_code == 2


def test_show_prints_two_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """People see the operations and the behaviours of a section."""
    monkeypatch.setenv("COLUMNS", "160")
    result = run("show", "--section", "webhook")
    assert result.exit_code == 0
    assert "createWebhook" in result.output
    assert "createExpansion" not in result.output
    assert "webhook.delete-status" in result.output
    assert "rate.window" not in result.output


def test_show_for_machines() -> None:
    """Machines get counts by operation, the total, and every behaviour whole."""
    shown = json.loads(run("show", "--json", "--revision", "2026-07").stdout)
    assert shown["revision"] == "2026-07"
    assert list(shown["operations"]) == [*load().operations, *load().webhooks]
    assert set(shown["total"]) == {"documented", "inferred", "assumed"}
    behaviours = {behaviour["name"]: behaviour for behaviour in shown["behaviours"]}
    assert list(behaviours) == list(load().behaviours)
    assert behaviours["webhook.signatures"]["alternatives"] == [["v1"], ["v1", "v2"]]
    assert behaviours["webhook.retry-schedule"]["value"] == [5, 25, 125]
    assert behaviours["webhook.retry-schedule"]["alternatives"] is None


def test_it_runs_as_a_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`python -m tutorflow_openapi --help` explains itself, wherever it is started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tutorflow_openapi", "--help"])
    monkeypatch.delitem(sys.modules, "tutorflow_openapi.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("tutorflow_openapi", run_name="__main__")
    assert caught.value.code == 0
