"""The server on the control plane: health, version, reset."""

import platform
from typing import NoReturn

import pytest
from mock_server.tests.control.console import (
    BEARER,
    BEHAVIOURS,
    CLOCK,
    EXPANSIONS,
    JOBS,
    Clock,
    Console,
    new_app,
    refused,
)

from tutorflow_mock.version import VERSION

HEALTH, RESET = "/__admin/health", "/__admin/reset"
REUSE = f"{BEHAVIOURS}/idempotency.same-key-other-body"


def test_health(mock: Console, clock: Clock) -> None:
    """The answer tells real time and the time since the start, whatever the session's clock shows."""
    mock.move("set", instant="2020-01-01T00:00:00Z")
    clock.instant, clock.seconds = clock.instant + 12_000, clock.seconds + 12.75
    assert mock.get(HEALTH) == {
        "status": "healthy",
        "message": "The mock is ready",
        "version": VERSION,
        "uptimeInSeconds": 12,
        "timestamp": "2026-07-06T09:00:12.000Z",
    }


def test_health_without_a_store(mock: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer makes the server unhealthy, and 503 says so to probes that read no body."""

    def broken(_session_id: str) -> NoReturn:
        raise OSError

    monkeypatch.setattr(mock.world.store, "session", broken)
    answer = mock.call("GET", HEALTH)
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unhealthy")


def test_version(mock: Console) -> None:
    """The versions of everything that decides about an answer; the digest tells two documents of a revision apart."""
    shown = mock.get("/__admin/version")
    digests = shown.pop("contractSha256")
    assert shown == {
        "version": VERSION,
        "python": platform.python_version(),
        "store": "memory",
        "revisions": ["2026-07"],
        "defaultRevision": "2026-07",
    }
    assert {name: len(bytes.fromhex(digest)) for name, digest in digests.items()} == {"2026-07": 32}


@pytest.mark.parametrize("body", [None, {}, {"all": False}, {"all": True}])
def test_reset(clock: Clock, body: object) -> None:
    """The session is as on its first day: no jobs, no overrides, its own clock, and chance begins anew."""
    mock = Console(new_app(clock, clock="2026-07-04T00:00:00Z"), clock)
    first = [mock.create(), mock.create()]
    mock.move("advance", by="1h")
    mock.put(REUSE, {"value": "conflict-409"})
    mock.put("/__admin/programmes/default", {"progression": "held"})
    assert mock.post(RESET, body) == {"reset": ["default"]}
    assert mock.get(JOBS)["jobs"] == []
    assert mock.get(CLOCK)["now"] == "2026-07-04T00:00:00.000Z"
    assert mock.get("/__admin/programmes")["setBy"] == "server"
    assert "session" not in {row["setBy"] for row in mock.get(BEHAVIOURS)["behaviours"]}
    assert mock.call("GET", f"{EXPANSIONS}/{first[0]}", headers=BEARER).status_code == 404
    assert [mock.create(), mock.create()] == first


def test_a_reset_that_cannot_be_read(mock: Console) -> None:
    """A typo resets nothing."""
    job_id = mock.create()
    refused(mock.call("POST", RESET, {"all": "yes"}), 422, "invalid-field", field="all")
    refused(mock.call("POST", RESET, {"al": True}), 422, "unknown-field", field="al")
    assert mock.read(job_id)["id"] == job_id
