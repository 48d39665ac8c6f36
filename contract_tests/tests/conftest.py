"""A mock for the judge's own tests: one process for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tutorflow_conformance.hosting import mock


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    """Yield the address of a running mock."""
    with mock() as url:
        yield url


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the machine reach a test."""
    for name in ("API_BASE_URL", "CONTENT_API_KEY", "ADMIN_COOKIE", "ADMIN_EMAIL", "ADMIN_PASSWORD", "ORGANIZATION_ID"):
        monkeypatch.delenv(f"TUTORFLOW_{name}", raising=False)
