"""The recipes for CI in the README do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tutorflow_conformance.cli.baseline import read_baseline

README = Path(__file__).parents[2] / "README.md"
KEY = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"


def block(language: str) -> str:
    """Return the first block of a language in the section about CI."""
    section = README.read_text(encoding="utf-8").partition("\n## In CI\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def run(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a recipe as CI does; the kit is installed already."""
    lines = [line for line in script.splitlines() if not line.startswith("pip install ")]
    return subprocess.run(
        ["bash", "-e", "-c", "\n".join(lines)],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "TUTORFLOW_CONFORMANCE_LEDGER": str(folder / "ledger.sqlite"),
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_the_shell_recipe_passes_on_a_target_that_conforms(fresh_mock: str, tmp_path: Path) -> None:
    """Exit 0, a word, and the three reports."""
    ran = run(block("sh"), tmp_path, TUTORFLOW_API_BASE_URL=fresh_mock, TUTORFLOW_CONTENT_API_KEY=KEY)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == "the contract is kept"
    assert sorted(file.name for file in (tmp_path / "reports").iterdir()) == [
        *("contract.html", "contract.json", "contract.xml"),
    ]


@pytest.mark.parametrize(
    ("key", "url", "code", "says"),
    [
        ("tf_content_wrong", None, 1, "findings: see reports/contract.html"),
        (KEY, "http://127.0.0.1:9", 3, "the endpoint cannot be reached"),
        ("", None, 2, ""),
    ],
)
def test_the_shell_recipe_fails_where_it_must(  # noqa: PLR0913, PLR0917 - a row of a table
    key: str, url: str | None, code: int, says: str, mock_url: str, tmp_path: Path
) -> None:
    """Findings, an endpoint that is not there, no key: the job goes red, and the log says why."""
    ran = run(block("sh"), tmp_path, TUTORFLOW_API_BASE_URL=url or mock_url, TUTORFLOW_CONTENT_API_KEY=key)
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert says in ran.stdout


def test_the_workflow_runs_and_uploads_what_it_writes(fresh_mock: str, tmp_path: Path) -> None:
    """The step's command writes every file that later steps upload, and the step summary."""
    workflow: Any = yaml.safe_load(block("yaml"))
    job = workflow["jobs"]["contract"]
    assert set(job["env"]) == {"TUTORFLOW_API_BASE_URL", "TUTORFLOW_CONTENT_API_KEY"}
    summary = tmp_path / "summary.md"
    env = {"TUTORFLOW_API_BASE_URL": fresh_mock, "TUTORFLOW_CONTENT_API_KEY": KEY, "GITHUB_STEP_SUMMARY": str(summary)}
    for step in job["steps"]:
        if "run" in step:
            ran = run(step["run"], tmp_path, **env)
            assert ran.returncode == 0, ran.stdout + ran.stderr
    assert summary.read_text(encoding="utf-8").startswith("## Contract 2026-07: conformant")
    uploads = [step["with"] for step in job["steps"] if step.get("if") == "always()"]
    assert [(tmp_path / (each.get("path") or each["sarif_file"])).exists() for each in uploads] == [True, True]


def test_the_baseline_of_the_readme_is_one(tmp_path: Path) -> None:
    """The example can be copied."""
    section = README.read_text(encoding="utf-8").partition("\n### Known findings\n")[2]
    found = re.search(r"^```yaml\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert found is not None
    file = tmp_path / "baseline.yaml"
    file.write_text(found[1], encoding="utf-8")
    (entry,) = read_baseline(file, date(2027, 1, 1))
    assert (entry.requirement, entry.observed) == ("IDEM-003", "conflict-409")
