"""Mocks and sessions without pytest: a process of one's own, one that runs, one in this process."""

import os
import signal

import httpx
import pytest

from tutorflow_mock import Settings, testing
from tutorflow_mock.remote import RemoteError
from tutorflow_mock.testing import AttachedMock, MockApp, MockServer, MockUnavailable, WaitTimeout, WishError
from tutorflow_mock.testing.mock import session_id

JOBS = "/v1/content/integrations/expansions"


def test_a_server_of_ones_own() -> None:
    """It breaks connections unless told otherwise, holds sessions as asked for, and stops with the statement."""
    with MockServer("--seed", "42", wire_faults=False) as mock:
        assert (mock.ready["seed"], mock.ready["wireFaults"]) == ("42", False)
        assert mock.admin_url == f"{mock.url}/__admin"
        session = mock.session(id="mine", seed="7", job="failed", clock="running", rate_limit=5)
        assert (session.id, session.base_url) == ("mine", mock.url)
        assert session.clock.show()["mode"] == "running"
    with pytest.raises(RuntimeError, match="the mock does not run: use it in a with statement"):
        _ = mock.url
    mock.stop()


def test_a_server_that_does_not_start() -> None:
    """Is told with what it said."""
    with pytest.raises(MockUnavailable, match=r"the mock did not start: .*no-such-revision"):
        MockServer("--revision", "no-such-revision").start()


def test_a_session_ends_with_its_statement(running: MockServer) -> None:
    """Its name is free again; ending what has ended is no error."""
    with running.session(id="again") as first:
        assert repr(first) == f"<TutorflowSession again at {running.url}>"
    first.end()
    with pytest.raises(RemoteError, match="no session"):
        first.clock.now()
    with running.session(id="again"):
        pass


def test_a_test_has_the_same_session_in_every_run(running: MockServer) -> None:
    """Named after worker and test; the seed is the test's; a namesake gets a number, up to nine."""
    name = session_id("gw1", "tests/test_a.py::TestB::test_C[x y]")
    assert name == "gw1-test-c-x-y-" + name[-8:]
    opened = [running.session_for("gw1", "tests/test_a.py::TestB::test_C[x y]") for _ in range(9)]
    assert [each.id for each in opened] == [name, *(f"{name}-{number}" for number in range(2, 10))]
    with pytest.raises(MockUnavailable, match=f"has {name} and its namesakes"):
        running.session_for("gw1", "tests/test_a.py::TestB::test_C[x y]")
    for each in opened:
        each.end()


@pytest.mark.parametrize("test", ["a.py::" + "x" * 300, "a.py::ÄÖÜ", "a.py", "::"])
def test_every_test_has_a_name_for_its_session(test: str, running: MockServer) -> None:
    """However it is called."""
    with running.session_for("gw11", test) as session:
        assert session.id.startswith("gw11-")


def test_an_errors_own_name_is_kept(running: MockServer) -> None:
    """A refusal that is nobody's wish is told as it came."""
    with running.session(id="taken"), pytest.raises(RemoteError, match="taken"):
        running.session(id="taken")
    with pytest.raises(WishError, match="id must be 1 to 63"):
        running.session_for("GW1", "a.py::test_b")


def test_wishes_that_the_server_refuses(running: MockServer) -> None:
    """Are told with what is known: near names first, else all."""
    with pytest.raises(WishError, match=r"known are webhook\.payload"):
        running.session(behaviours={"webhook.payloads": "flat"})
    with pytest.raises(WishError, match=r"known are .*idempotency\.precedence, .*webhook\.payload"):
        running.session(behaviours={"nothing-like-it": "flat"})
    with pytest.raises(WishError, match="revision must be one of 2026-07"):
        running.session(revision="1999-12")


def test_a_full_server(app: MockApp) -> None:
    """Says so, and what helps."""
    for _ in range(1_000):
        app.session()
    with pytest.raises(MockUnavailable, match=r"takes no further session: .*`tutorflow-mock session list` shows them"):
        app.session()


def test_a_mock_that_stopped_under_its_sessions() -> None:
    """Is told when the next one is opened."""
    with MockServer() as mock:
        os.kill(mock.ready["pid"], signal.SIGKILL)
        with pytest.raises(MockUnavailable, match="the mock has stopped answering: POST "):
            mock.session()


def test_a_mock_that_others_started(running: MockServer) -> None:
    """It is used by its address and left running."""
    with AttachedMock(f"{running.url}/") as mock, mock.session() as session:
        assert session.base_url == running.url
        assert len(session.jobs) == 0
    assert running.remote.get("health")["status"] == "healthy"


def test_a_mock_in_this_process() -> None:
    """Sessions steer and see as over a connection; calls without a credential meet the default session."""
    with MockApp(Settings(seed="42", self_check=True)) as mock:
        session = mock.session(job="failed", polls=1)
        bearer = {"Authorization": f"Bearer {session.api_key}"}
        client = session.test_client()
        job = client.post(JOBS, json={"payload": {}}, headers=bearer).json
        assert job is not None
        session.faults.add("CONNECTION_RESET_BY_PEER", operation="getExpansion", times=1)
        with pytest.raises(ConnectionResetError):
            client.get(f"{JOBS}/{job['id']}", headers=bearer)
        assert session.jobs[0].status == "queued"
        assert client.get(f"{JOBS}/{job['id']}", headers=bearer).json["status"] == "failed"  # type: ignore[index]
        assert session.jobs.timeline_text(job["id"]).count("\n") >= 3
        with pytest.raises(RemoteError, match="There is no job"):
            session.jobs.show("none")
        assert mock.remote.sessions.show("default")["seed"] == "42"


def test_the_application_itself_can_be_called(app: MockApp) -> None:
    """A transport takes it as it is; what carries no credential meets the default session."""
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url=app.url) as client:
        answer = client.get("/v1/content/classrooms", headers={"Authorization": "Bearer workspace_api_key"})
    assert answer.headers["X-Mock-Session"] == "default"
    assert app.admin_url == "http://localhost:4010/__admin"


def test_what_the_package_exports() -> None:
    """Every name is there when it is asked for, no other."""
    assert [name for name in testing.__all__ if getattr(testing, name) is None] == []
    with pytest.raises(AttributeError, match="has no attribute 'MockServers'"):
        _ = testing.MockServers


def test_waits_say_what_came_instead(app: MockApp) -> None:
    """A job's state and reads; the calls that came nearest."""
    session = app.session(job="held")
    bearer = {"Authorization": f"Bearer {session.api_key}"}
    job = session.test_client().post(JOBS, json={"payload": {}}, headers=bearer).json
    assert job is not None
    with pytest.raises(WaitTimeout) as late:
        session.jobs.wait(job["id"], within=0.01)
    assert str(late.value).splitlines() == [
        "waited in vain for the job: The job did not become completed or failed",
        "  the job is queued after 0 reads",
    ]
    with pytest.raises(WaitTimeout) as few:
        session.requests.wait({"operation": "createExpansion", "status": 429}, within=0.01)
    assert str(few.value).splitlines()[:3] == [
        "waited in vain for the calls: 0 of 1 calls came in time",
        f"  near miss: POST {JOBS}",
        "    status: expected '429', got '200'",
    ]
    with pytest.raises(WaitTimeout, match="waited in vain for the deliveries: 0 of 2 deliveries matched in time"):
        session.webhooks.wait(count=2, within=0.01)
    with pytest.raises(RemoteError, match="No move of the clock"):
        session.jobs.wait(job["id"], advance_clock=True, within=1)


def test_waits_return_what_they_waited_for(app: MockApp) -> None:
    """A job at its end, calls as soon as there are so many."""
    session = app.session(after="30s")
    bearer = {"Authorization": f"Bearer {session.api_key}"}
    job = session.test_client().post(JOBS, json={"payload": {}}, headers=bearer).json
    assert job is not None
    assert session.jobs.wait(job["id"], advance_clock=True)["job"]["status"] == "completed"
    (call,) = session.requests.wait({"operation": "createExpansion"})
    assert [each["id"] for each in session.requests] == [call["id"]]
    assert (len(session.requests), session.requests[0]["id"]) == (1, call["id"])
    assert repr(session.jobs) == f"<jobs of session {session.id}>"
    assert repr(session.requests) == f"<calls of session {session.id}>"
