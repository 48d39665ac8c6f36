"""The options, and what is said where the mock that they name cannot be used."""

import pytest
from mock_server.tests.testing.suites import Suite

from tutorflow_mock.testing import AttachedMock, MockServer, MockUnavailable

SHOW_URL = "def test_it(tutorflow_mock, tutorflow_session): print('at', tutorflow_mock.url, tutorflow_session.base_url)"
HAMMER = """
    import my_client
    import pytest

    @pytest.fixture
    def hammered(tutorflow_env):
        my_client.call("POST", my_client.JOBS, {"payload": {}})
        my_client.call("POST", my_client.JOBS, {"payload": {"a": 1}}, **{"Idempotency-Key": "k"})
        my_client.call("POST", my_client.JOBS, {"payload": {"a": 2}}, **{"Idempotency-Key": "k"})

    def test_left_open(hammered):
        pass

    @pytest.mark.tutorflow(lint="off")
    def test_off(hammered):
        pass

    @pytest.mark.tutorflow(lint="error")
    def test_error(hammered):
        pass
"""


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_mock_that_runs_is_used(how: str, own: Suite, running: MockServer) -> None:
    """The option names it, or the environment; the mock goes on afterwards."""
    arguments = [f"--tutorflow-url={running.url}/"] if how == "option" else []
    own.attach(running.url if how == "environment" else "http://127.0.0.1:9")
    result = own.run(SHOW_URL, "-s", *arguments)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"*at {running.url} {running.url}*"])
    assert running.remote.get("health")["status"] == "healthy"


def test_the_token_of_a_guarded_mock_comes_from_the_environment(own: Suite) -> None:
    """With another one the mock cannot be used."""
    with MockServer("--admin-token", "abracadabra") as guarded:
        own.attach(guarded.url)
        own.monkeypatch.setenv("TUTORFLOW_MOCK_ADMIN_TOKEN", "abracadabra")
        own.run(SHOW_URL).assert_outcomes(passed=1)
        with pytest.raises(MockUnavailable, match=r"no mock can be used at .*: Send the token"):
            AttachedMock(guarded.url, "open sesame").start()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "127.0.0.1"])
def test_a_mock_that_does_not_answer(url: str, own: Suite) -> None:
    """One sentence names the address, what came of it, and what helps; no traceback."""
    result = own.run(SHOW_URL, f"--tutorflow-url={url}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"no mock can be used at '{url}': *start one with `tutorflow-mock serve`*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_revision_of_sessions_whose_markers_name_none(suite: Suite) -> None:
    """One that the server does not know is told with those that it knows; a marker's own comes first."""
    result = suite.run(
        """
        import pytest

        def test_unknown(tutorflow_session):
            pass

        @pytest.mark.tutorflow(revision="2026-07")
        def test_known(tutorflow_session):
            assert tutorflow_session.revision == "2026-07"
        """,
        "--tutorflow-revision=1999-12",
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["revision must be one of 2026-07*"])


@pytest.mark.parametrize(
    ("arguments", "failing"),
    [
        ([], {"test_error": ["TF003"]}),
        (["--tutorflow-lint=error"], {"test_left_open": ["TF003"], "test_error": ["TF003"]}),
        (["--tutorflow-lint=warning"], {"test_left_open": ["TF001", "TF003"], "test_error": ["TF003"]}),
    ],
)
def test_findings_fail_a_test_where_they_are_asked_for(
    arguments: list[str], failing: dict[str, list[str]], suite: Suite
) -> None:
    """By option or marker, the marker winning; those below the level do not; the story comes with them."""
    result = suite.run(HAMMER, *arguments)
    result.assert_outcomes(passed=3, errors=len(failing))
    for test, rules in failing.items():
        story = ["*tutorflow session main-*", "job *", "TF001 warning: *"]
        told = ["the mock's lint has something against the client:", *(f"{rule} *" for rule in rules)]
        result.stdout.fnmatch_lines([f"_* ERROR at teardown of {test} _*", *told, *story])


def test_a_test_that_failed_anyway_is_not_failed_again(suite: Suite) -> None:
    """Its findings are in the section of its session."""
    source = "    def test_it(hammered):\n        assert False\n"
    result = suite.run(HAMMER[: HAMMER.index("    def test_left_open")] + source, "--tutorflow-lint=error")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*tutorflow session main-*", "TF003 error: *"])


def test_a_sink_that_was_told_to_fail_is_not_held_against_anybody(suite: Suite) -> None:
    """What the test ordered is not a finding."""
    suite.run(
        """
        import my_client

        def test_it(tutorflow_env, tutorflow_session, tutorflow_webhook_sink):
            tutorflow_webhook_sink.respond(400, times=1)
            job = my_client.expand({})
            my_client.call("GET", f"{my_client.JOBS}/{job['id']}/result")
            tutorflow_session.webhooks.wait({"status": "retrying"})
            rows = tutorflow_session.remote.lint()["findings"]
            assert sorted(row["rule"] for row in rows) == ["TF010", "TF021"]
            assert tutorflow_session.lint() == []
        """,
        "--tutorflow-lint=warning",
    ).assert_outcomes(passed=1)


def test_a_level_that_there_is_not(own: Suite) -> None:
    """Is a usage error."""
    result = own.run(None, "--tutorflow-lint=strict")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--tutorflow-lint*invalid choice: 'strict'*"])
