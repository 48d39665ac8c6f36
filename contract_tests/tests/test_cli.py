"""The judge's command line, before there is a judge."""

import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

import tutorflow_conformance
from tutorflow_conformance.cli import main

pytestmark = pytest.mark.smoke


def test_help_says_what_is_missing() -> None:
    """Nobody has to guess whether the judge works."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert "The judge is not part of this version yet" in result.output


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "--help"], ["run", "--target", "http://127.0.0.1:4010"], ["no-such-command"]],
    ids=" ".join,
)
def test_every_command_is_refused(arguments: list[str]) -> None:
    """A pipeline that already calls the judge fails, and learns why: nothing tested is never a pass."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert f"{arguments[0]!r} cannot run: the judge is not part of this version yet" in result.output


def test_nothing_asked_is_no_success() -> None:
    """Without a command the help is shown and the exit code is that of a usage error."""
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_version_is_the_distribution() -> None:
    """The script, the package and the installed distribution agree on the version."""
    expected = version("tutorflow-contract-kit")
    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.output) == (0, f"tutorflow-conformance, version {expected}\n")
    assert tutorflow_conformance.__version__ == expected


def test_unknown_attribute_is_an_attribute_error() -> None:
    """The lazy exports answer for their own names only."""
    with pytest.raises(AttributeError, match="has no attribute 'judge'"):
        _ = tutorflow_conformance.judge


def test_runs_as_a_module() -> None:
    """`python -m` is the same command line."""
    command = [sys.executable, "-m", "tutorflow_conformance", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("Usage: python -m tutorflow_conformance")
