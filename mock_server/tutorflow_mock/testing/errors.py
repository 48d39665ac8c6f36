"""What can go wrong for a test suite, told so that its reader knows what to do."""

from __future__ import annotations


class MockUnavailable(Exception):
    """There is no mock to test against, or it takes no further session; the message says why, and what helps."""


class WaitTimeout(AssertionError):
    """Something did not happen in time; the message says what happened instead."""
