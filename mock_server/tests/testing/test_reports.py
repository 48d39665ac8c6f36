"""What stands under a failing test: what happened in its session."""

from mock_server.tests.testing.suites import Suite

FAILING = """
    import my_client
    import pytest

    @pytest.mark.tutorflow(job="failed")
    def test_it(tutorflow_env, tutorflow_session, tutorflow_webhook_sink):
        tutorflow_webhook_sink.respond(500, times=1)
        tutorflow_session.faults.add("LOST_RESPONSE", operation="createExpansion", times=1)
        my_client.expand({})
        tutorflow_session.clock.advance("5s")
        my_client.call("GET", "/v1/content/integrations/expansion")
        assert False
"""
STORY = [
    "*- tutorflow session main-test-it-* -*",
    "contract 2026-07 * clock frozen at 2026-07-04T00:00:05.000Z * http://127.0.0.1:*",
    "job *: failed after 2 reads, for summary_video",
    "  2026-07-04T00:00:00.000Z create 200 new*",
    "*replay*",
    "*transition * failed*",
    "delivery content.failed to http://127.0.0.1:*/: sent",
    "*attempt 1: 500*",
    "*attempt 2: 200*",
    "call POST /v1/content/integrations/expansions * 200 * createExpansion * new * fault LOST_RESPONSE",
    "call POST /v1/content/integrations/expansions * 200 * createExpansion * replayed",
    "call GET /v1/content/integrations/expansion * 404 * no operation of the contract",
    "near miss: GET /v1/content/integrations/expansion is no operation; GET /v1/content/integrations/expansions* is",
]


def test_the_story_of_a_failing_test(suite: Suite) -> None:
    """Jobs with their timelines, deliveries with their attempts, calls with faults; no secret among them."""
    result = suite.run(FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(STORY)
    output = result.stdout.str()
    assert output.count("- tutorflow session ") == 1
    story = output[output.index("- tutorflow session ") :]
    assert "tf_content_" not in story
    assert "whsec" not in story


def test_a_passing_test_says_nothing(suite: Suite) -> None:
    """Neither does one that is skipped or fails as expected."""
    result = suite.run(
        """
        import pytest

        def test_pass(tutorflow_session):
            pass

        def test_skip(tutorflow_session):
            pytest.skip("today")

        @pytest.mark.xfail
        def test_xfail(tutorflow_session):
            assert False
        """,
        "-rA",
    )
    result.assert_outcomes(passed=1, skipped=1, xfailed=1)
    result.stdout.no_fnmatch_line("*tutorflow session *")


def test_a_fixture_that_fails_after_the_session_was_opened(suite: Suite) -> None:
    """The error of the set-up has its story, too."""
    result = suite.run("""
        import my_client
        import pytest

        @pytest.fixture
        def broken(tutorflow_env):
            my_client.create({})
            raise RuntimeError("broken")

        def test_it(broken):
            pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- tutorflow session main-test-it-*", "job *: queued after 0 reads*"])


def test_every_session_of_the_test_is_told(suite: Suite) -> None:
    """That of the application in process as well."""
    result = suite.run("def test_it(tutorflow_session, tutorflow_app): assert False")
    result.assert_outcomes(failed=1)
    sections = [line for line in result.outlines if "- tutorflow session " in line]
    assert len(sections) == 2
    assert result.outlines.count("no job was made") == 2


def test_long_stories_are_cut_at_their_beginning(suite: Suite) -> None:
    """The last jobs and calls are told, and how many came before."""
    result = suite.run("""
        import my_client

        def test_it(tutorflow_env):
            for _ in range(25):
                my_client.create({})
            assert False
    """)
    result.stdout.fnmatch_lines(["… 15 older jobs", "… 5 older calls"])
    assert sum(line.startswith("call POST ") for line in result.outlines) == 20


def test_a_mock_that_has_gone_does_not_hide_the_failure(own: Suite) -> None:
    """The section says that nothing can be told."""
    result = own.run("""
        def test_it(tutorflow_mock, tutorflow_session):
            tutorflow_mock._child.stop()
            assert "reason" == "told"
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*'reason' == 'told'*", "(the mock tells no more: *)"])


def test_a_test_that_is_run_again_is_told_again(suite: Suite) -> None:
    """Plugins that repeat a test find its second failure explained, too."""
    suite.write(
        """
        import pytest
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            for _ in range(2):
                for report in runtestprotocol(item, nextitem=nextitem, log=False):
                    item.ihook.pytest_runtest_logreport(report=report)
            return True
        """,
        "conftest.py",
    )
    result = suite.run("def test_it(tutorflow_session): assert False")
    result.assert_outcomes(failed=2)
    assert sum("- tutorflow session " in line for line in result.outlines) == 2
