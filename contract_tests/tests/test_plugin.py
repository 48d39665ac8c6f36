"""The suites under pytest, as somebody runs them who never reads our command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tutorflow_conformance.plugin import SUITES

SUITE = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"{SUITES}/test_25_discovery.py")


def pytest_run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as a process of its own."""
    return subprocess.run([sys.executable, *SUITE, *words], capture_output=True, text=True, check=False)


def test_suites_judge_a_mock_of_their_own() -> None:
    """Without options a mock is started, and every item is a requirement."""
    ran = pytest_run()
    assert ran.returncode == 0, ran.stdout
    assert "3 passed" in ran.stdout


def test_suites_judge_a_target(mock_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `--target` and the environment an endpoint is judged; what it was not given is skipped with the reason."""
    monkeypatch.setenv("TUTORFLOW_CONTENT_API_KEY", "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd")
    ran = pytest_run("--target", mock_url, "--mode", "safe", "-rs")
    assert ran.returncode == 0, ran.stdout
    assert "1 passed, 2 skipped" in ran.stdout
    assert "needs mode full or mock" in ran.stdout


def test_a_wrong_key_is_one_sentence(mock_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session ends with the headline, not with a failure an item."""
    monkeypatch.setenv("TUTORFLOW_CONTENT_API_KEY", "tf_content_wrong")
    ran = pytest_run("--target", mock_url, "--mode", "safe")
    assert ran.returncode == 1
    assert "the key was refused" in ran.stdout + ran.stderr


def test_no_key_is_a_usage_error(mock_url: str) -> None:
    """What is missing is said."""
    ran = pytest_run("--target", mock_url, "--mode", "safe")
    assert ran.returncode != 0
    assert "TUTORFLOW_CONTENT_API_KEY" in ran.stdout + ran.stderr
