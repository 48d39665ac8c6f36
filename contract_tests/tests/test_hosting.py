"""The mock as a child: it lives as long as it is needed, whatever it says meanwhile."""

import pytest
import requests

from tutorflow_conformance.control import Control
from tutorflow_conformance.hosting import NotStarted, mock
from tutorflow_openapi import load

PIPE = 65_536
"""Bytes that a pipe holds which nobody reads."""
LINE = 100
"""Bytes that a warning has at least."""


def test_a_mock_that_logs_much_goes_on_answering() -> None:
    """Each subscription to an address where no delivery goes is a line of its log, which nobody reads."""
    path = load().operations["createWebhook"].path
    with mock() as url, requests.Session() as http:
        control = Control(url)
        given = control.open_session({})
        address = url + path.format(organizationId=given.organization_id)
        http.headers["Cookie"] = f"jwt={given.admin_cookie}"
        for number in range(PIPE // LINE + 1):
            hook = {"url": f"https://receiver.example/{'x' * LINE}/{number}", "events": ["content.completed"]}
            made = http.post(address, json=hook, timeout=10)
            assert (made.ok, made.headers["X-Mock-Warnings"]) == (True, "webhook-target-not-allowed")
        control.close_session()


def test_a_mock_that_does_not_start_says_why() -> None:
    """What it wrote before it ended is in the error."""
    with pytest.raises(NotStarted, match="--store"), mock("--store", "paper"):
        pass
