"""Under pytest-xdist: one server a worker, or one for all by its URL; one session a test either way."""

from mock_server.tests.testing.suites import Suite

from tutorflow_mock.testing import MockServer

SOURCE = """
    import pathlib
    import my_client
    import pytest

    @pytest.mark.parametrize("number", range(8))
    def test_it(number, tutorflow_env, tutorflow_session, tutorflow_mock, worker_id):
        assert tutorflow_session.id.startswith(f"{worker_id}-test-it-{number}-")
        my_client.expand({})
        assert len(tutorflow_session.jobs) == 1
        with pathlib.Path(f"{worker_id}.txt").open("a") as file:
            print(tutorflow_mock.url, file=file)
"""


def urls(suite: Suite) -> list[set[str]]:
    """Return the addresses that each worker has used."""
    return [set(path.read_text().split()) for path in sorted(suite.pytester.path.glob("gw*.txt"))]


def test_one_server_a_worker(own: Suite) -> None:
    """Two workers have two servers, and each keeps its own."""
    own.run(SOURCE, "-n", "2", "--dist", "load").assert_outcomes(passed=8)
    first, second = urls(own)
    assert (len(first), len(second), first & second) == (1, 1, set())


def test_one_server_for_all(suite: Suite, running: MockServer) -> None:
    """With a URL the workers share it, and still do not meet."""
    suite.run(SOURCE, "-n", "2", "--dist", "load").assert_outcomes(passed=8)
    assert urls(suite) == [{running.url}, {running.url}]


def test_stories_come_home(suite: Suite) -> None:
    """A test that fails in a worker is told by the controller."""
    result = suite.run("def test_it(tutorflow_session): assert False", "-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*tutorflow session gw0-test-it-*", "no job was made"])
