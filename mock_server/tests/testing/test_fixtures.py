"""What each fixture gives to a test."""

import os
import signal
import subprocess
import sys

import pytest
from mock_server.tests.testing.suites import LIGHT, Suite

from tutorflow_mock.testing import AttachedMock, MockServer, MockUnavailable


def test_the_server_is_one_for_the_run_and_breaks_connections(own: Suite) -> None:
    """Two modules meet the same child process, which ends with them; a wire fault is granted."""
    source = """
        import pathlib

        def test_it(tutorflow_mock):
            known = pathlib.Path("url.txt")
            if known.exists():
                assert known.read_text() == tutorflow_mock.url
            known.write_text(tutorflow_mock.url)
            assert tutorflow_mock.admin_url == tutorflow_mock.url + "/__admin"
            assert tutorflow_mock.ready["wireFaults"] is True
            with tutorflow_mock.session(job="failed") as second:
                assert second.base_url == tutorflow_mock.url
    """
    own.write(source, "test_other.py")
    own.run(source).assert_outcomes(passed=2)
    with pytest.raises(MockUnavailable):
        AttachedMock((own.pytester.path / "url.txt").read_text()).start()


def test_an_interrupted_run_ends_in_peace(own: Suite) -> None:
    """Ctrl-C reaches the run and its server at once; neither leaves a traceback, and nothing stays behind."""
    own.write("""
        import threading

        def test_it(tutorflow_mock, tutorflow_session, tutorflow_webhook_sink):
            print("\\nat", tutorflow_mock.url, flush=True)
            threading.Event().wait(60)
    """)
    command = [sys.executable, "-m", "pytest", "-s", "-W", "error", *LIGHT]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, encoding="utf-8"
    ) as run:
        assert run.stdout is not None
        url = next(line.removeprefix("at ").strip() for line in run.stdout if line.startswith("at "))
        os.killpg(run.pid, signal.SIGINT)
        printed = run.communicate(timeout=30)[0]
    assert run.returncode == pytest.ExitCode.INTERRUPTED, printed
    assert "Traceback" not in printed
    with pytest.raises(MockUnavailable):
        AttachedMock(url).start()


def test_a_session_is_ready_for_a_client(suite: Suite) -> None:
    """Its address, credentials and places work, its clock stands, and the second read ends a job."""
    suite.run("""
        import urllib3

        def test_it(tutorflow_session):
            http = urllib3.PoolManager(retries=False)
            bearer = {"Authorization": f"Bearer {tutorflow_session.api_key}"}
            def call(method, path, body=None, headers=bearer):
                return http.request(method, tutorflow_session.base_url + path, json=body, headers=headers).json()
            assert call("GET", "/v1/content/classrooms")[0]["id"] == tutorflow_session.classroom_id
            webhooks = f"/v1/content/organizations/{tutorflow_session.organization_id}/webhooks"
            assert call("GET", webhooks, headers={"Cookie": tutorflow_session.admin_cookie}) == []
            exports = "/v1/content/integrations/exports"
            assert tutorflow_session.lesson_id == "standalone-lesson-id"
            assert tutorflow_session.clock.now() == "2026-07-04T00:00:00.000Z"
            job = call("POST", "/v1/content/integrations/expansions", {"payload": {}})
            read = f"/v1/content/integrations/expansions/{job['id']}"
            assert [call("GET", read)["status"] for _ in range(2)] == ["processing", "completed"]
            (known,) = tutorflow_session.jobs
            assert (known.id, known.status, known.reads) == (job["id"], "completed", 2)
            assert tutorflow_session.jobs[-1].requested_outputs
            assert tutorflow_session.requests.count({"operation": "getExpansion"}) == 2
            assert len(tutorflow_session.requests) == 5
            assert tutorflow_session.requests[0]["request"]["method"] == "GET"
            assert tutorflow_session.lint()[0].rule == "TF001"
            assert tutorflow_session.api_key not in repr(tutorflow_session)
    """).assert_outcomes(passed=1)


def test_a_session_is_the_tests_own_and_ends_with_it(suite: Suite, running: MockServer) -> None:
    """Its id tells worker and test; two parameters do not meet; afterwards there is none; ids of jobs come again."""
    before = running.remote.sessions.list()["meta"]["total"]
    result = suite.run("""
        import pathlib
        import my_client
        import pytest

        @pytest.mark.parametrize("case", ["Ä", "b"])
        def test_It(case, tutorflow_env, tutorflow_session):
            assert tutorflow_session.id.startswith("main-test-it-")
            job = my_client.expand({})["id"]
            assert [each.id for each in tutorflow_session.jobs] == [job]
            with pathlib.Path("jobs.txt").open("a") as file:
                print(case, job, file=file)
    """)
    result.assert_outcomes(passed=2)
    suite.run(None).assert_outcomes(passed=2)
    lines = (suite.pytester.path / "jobs.txt").read_text().splitlines()
    assert lines[:2] == lines[2:]
    assert len(set(lines)) == 2
    assert running.remote.sessions.list()["meta"]["total"] == before


def test_the_environment_is_the_guides(suite: Suite) -> None:
    """The four variables are set for the test, and only for it."""
    suite.run("""
        import os

        def test_it(tutorflow_env, tutorflow_session):
            assert tutorflow_env == {name: os.environ[name] for name in tutorflow_env}
            assert tutorflow_env == {
                "TUTORFLOW_API_BASE_URL": tutorflow_session.base_url,
                "TUTORFLOW_CONTENT_API_KEY": tutorflow_session.api_key,
                "TUTORFLOW_ORGANIZATION_ID": tutorflow_session.organization_id,
                "TUTORFLOW_CLASSROOM_ID": tutorflow_session.classroom_id,
            }

        def test_later():
            assert "TUTORFLOW_CONTENT_API_KEY" not in os.environ
    """).assert_outcomes(passed=2)


def test_the_clock_is_moved(suite: Suite) -> None:
    """It stands, moves, is set, runs and stands again."""
    suite.run("""
        def test_it(tutorflow_clock):
            assert tutorflow_clock.advance("30s")["now"] == "2026-07-04T00:00:30.000Z"
            tutorflow_clock.set("2026-07-05T00:00:00Z")
            assert tutorflow_clock.now() == "2026-07-05T00:00:00.000Z"
            assert tutorflow_clock.resume()["mode"] == "running"
            assert tutorflow_clock.freeze()["mode"] == "frozen"
    """).assert_outcomes(passed=1)


def test_the_sink_hears_both_events_and_waits(suite: Suite) -> None:
    """Deliveries are there when `wait` returns, verified; it answers as it is told, and redeliveries are seen."""
    suite.run("""
        import my_client
        import pytest

        def test_it(tutorflow_env, tutorflow_session, tutorflow_webhook_sink):
            sink = tutorflow_webhook_sink
            (subscription,) = tutorflow_session.webhooks.subscriptions()
            assert sorted(subscription["events"]) == ["content.completed", "content.failed"]
            assert subscription["url"] == sink.url
            sink.respond(503, times=1)
            job = my_client.expand({})
            came = sink.wait()
            assert (came.event, came.verified, came.status, came.job_id) == ("content.completed", True, 503, job["id"])
            tutorflow_session.webhooks.trigger("content.failed")
            assert sink.wait(event="content.failed").status == 200
            tutorflow_session.clock.advance("5s")
            assert sink.wait(count=2, event="content.completed").body == came.body
            assert [each.status for each in sink.deliveries] == [503, 200, 200]
            assert sink.secret not in repr(sink)
    """).assert_outcomes(passed=1)


def test_the_application_is_called_without_a_port(own: Suite) -> None:
    """`tutorflow_app` is a session and a WSGI callable; the marker holds for it, and what is due runs in `advance`."""
    own.attach("http://127.0.0.1:9")
    own.run("""
        import pytest
        from tutorflow_mock.testing import WebhookSink

        @pytest.mark.tutorflow(after="1m", job="failed")
        def test_it(tutorflow_app):
            client, bearer = tutorflow_app.test_client(), {"Authorization": f"Bearer {tutorflow_app.api_key}"}
            jobs = "/v1/content/integrations/expansions"
            with WebhookSink(tutorflow_app) as sink:
                job = client.post(jobs, json={"payload": {}}, headers=bearer).json["id"]
                tutorflow_app.clock.advance("1m")
                assert [each.event for each in sink.deliveries] == ["content.failed"]
            assert client.get(f"{jobs}/{job}", headers=bearer).json["status"] == "failed"
            assert len(tutorflow_app.jobs) == 1
    """).assert_outcomes(passed=1)
