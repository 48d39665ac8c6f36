"""A user's test suite, run as a user runs it: by a pytest of its own, in a folder of its own."""

from dataclasses import dataclass
from textwrap import dedent

import pytest
from mock_server.tests.testing.recipes import write

LIGHT = ("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
"""Without the plugins of other tools, which are not under test and take a second to load."""


@dataclass
class Suite:
    """A folder with `my_client.py` of the README, beside which a test writes tests."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch

    def attach(self, url: str) -> None:
        """Let the suite use a mock that runs."""
        self.monkeypatch.setenv("TUTORFLOW_MOCK_URL", url)

    def write(self, source: str, name: str = "test_it.py") -> None:
        """Write a file of the suite."""
        (self.pytester.path / name).write_text(dedent(source), encoding="utf-8")

    def run(self, source: str | None = None, *arguments: str) -> pytest.RunResult:
        """Run the suite, or this file of it, with warnings as errors."""
        if source is not None:
            self.write(source)
        return self.pytester.runpytest_subprocess("-W", "error", *LIGHT, *arguments, timeout=60)


def new_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Return a suite that knows nothing but the README's client."""
    for name in ("TUTORFLOW_MOCK_URL", "TUTORFLOW_MOCK_ADMIN_TOKEN", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    write(pytester.path, "my_client.py")
    return Suite(pytester, monkeypatch)
