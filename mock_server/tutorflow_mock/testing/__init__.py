"""For test suites: a mock of one's own with isolated sessions, a webhook receiver, and the pytest plugin.

>>> from tutorflow_mock.testing import MockServer
>>> with MockServer() as mock:
...     session = mock.session(job="failed", polls=2)

Works without pytest; `MockApp` does the same without a port. The plugin loads by itself where pytest is.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutorflow_mock.testing.app import AppSession, MockApp
    from tutorflow_mock.testing.errors import MockUnavailable, WaitTimeout
    from tutorflow_mock.testing.findings import Finding
    from tutorflow_mock.testing.marker import SessionWishes, WishError, Wishes
    from tutorflow_mock.testing.mock import AttachedMock, Mock, MockServer
    from tutorflow_mock.testing.nouns import Job, SessionJobs, SessionRequests, SessionWebhooks
    from tutorflow_mock.testing.session import SessionClock, TutorflowSession
    from tutorflow_mock.testing.sink import WebhookDelivery, WebhookSink
    from tutorflow_mock.testing.story import story_of

__all__ = [
    "AppSession",
    "AttachedMock",
    "Finding",
    "Job",
    "Mock",
    "MockApp",
    "MockServer",
    "MockUnavailable",
    "SessionClock",
    "SessionJobs",
    "SessionRequests",
    "SessionWebhooks",
    "SessionWishes",
    "TutorflowSession",
    "WaitTimeout",
    "WebhookDelivery",
    "WebhookSink",
    "WishError",
    "Wishes",
    "story_of",
]

pytest_plugins = ("tutorflow_mock.testing.plugin",)
"""The hooks and fixtures stand in a module of their own, so that this one can be imported without pytest."""

# Every run of pytest loads this package; only a test that uses a fixture pays for what the fixture needs.
_HOMES = {
    name: module
    for module, names in {
        "app": "AppSession MockApp",
        "errors": "MockUnavailable WaitTimeout",
        "findings": "Finding",
        "marker": "SessionWishes WishError Wishes",
        "mock": "AttachedMock Mock MockServer",
        "nouns": "Job SessionJobs SessionRequests SessionWebhooks",
        "session": "SessionClock TutorflowSession",
        "sink": "WebhookDelivery WebhookSink",
        "story": "story_of",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> object:
    """Import an export when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
