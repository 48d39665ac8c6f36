"""Faults of the connection where there is none: the caller of the application gets a ConnectionResetError."""

from typing import Any

import httpx
import pytest
from mock_server.tests.operations.in_process import EXPANSIONS, KEY
from mock_server.tests.wire_faults.test_faults import KEPT, SIGHTS

from tutorflow_mock import Settings, create_app
from tutorflow_mock.domain.faults import FAULTS

CREATE: dict[str, Any] = {"json": {"payload": {"level": {"title": "A1"}}}}


def asked(fault: str) -> dict[str, str]:
    """Return the headers of a create that meets a fault."""
    return {**KEY, "Prefer": f"fault={FAULTS[fault].kebab}", "Idempotency-Key": "one"}


@pytest.mark.parametrize("fault", SIGHTS)
def test_the_call_raises(fault: str) -> None:
    """With the fault's name; a job was made, or none, and a repetition has the one job in any case."""
    client = create_app(Settings(self_check=True)).test_client()
    with pytest.raises(ConnectionResetError, match=fault):
        client.post(EXPANSIONS, headers=asked(fault), **CREATE)
    assert len(client.get("/__admin/jobs").get_json()["jobs"]) == (1 if fault in KEPT else 0)
    again = client.post(EXPANSIONS, headers={**KEY, "Idempotency-Key": "one"}, **CREATE)
    assert again.headers["X-Mock-Idempotency"] == ("replayed" if fault in KEPT else "new")
    assert [job["id"] for job in client.get("/__admin/jobs").get_json()["jobs"]] == [again.get_json()["id"]]


def test_the_journal_has_the_call() -> None:
    """As on a server, it was written before the connection broke, with the body that came."""
    client = create_app().test_client()
    with pytest.raises(ConnectionResetError):
        client.post(EXPANSIONS, headers=asked("EMPTY_RESPONSE"), **CREATE)
    (call,) = client.get("/__admin/requests").get_json()["requests"]
    assert call["mock"]["applied"] == "fault=empty-response"
    assert "A1" in call["request"]["body"]


def test_a_client_without_a_port() -> None:
    """The transport of httpx hands the error on, as it is not its own."""
    transport = httpx.WSGITransport(app=create_app())
    with httpx.Client(transport=transport, base_url="http://localhost:4010") as client:
        with pytest.raises(ConnectionResetError):
            client.post(EXPANSIONS, headers=asked("LOST_RESPONSE"), **CREATE)
        assert len(client.get("/__admin/jobs").json()["jobs"]) == 1


@pytest.mark.parametrize("fault", SIGHTS)
def test_where_they_are_off(fault: str) -> None:
    """A server that has no relay refuses them by a problem that names the flag, and nothing is made."""
    client = create_app(Settings(wire_faults="off")).test_client()
    answer = client.post(EXPANSIONS, headers=asked(fault), **CREATE)
    assert (answer.status_code, answer.mimetype) == (501, "application/problem+json")
    assert "--wire-faults" in answer.get_json()["detail"]
    assert client.get("/__admin/jobs").get_json()["jobs"] == []
