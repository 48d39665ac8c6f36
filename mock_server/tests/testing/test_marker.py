"""What the marker may say, what that makes of a session, and what it must not say."""

import pytest
from mock_server.tests.testing.suites import Suite

from tutorflow_mock.testing import MockServer, WishError, Wishes

MANUAL: dict[str, object] = {"progression": "manual", "times": 1}
KNOWN = "job, error, polls, after, revision, clock, behaviours, rate_limit, lint"

PROGRAMMES: list[tuple[dict[str, object], dict[str, object]]] = [
    ({}, MANUAL),
    ({"job": "completed"}, MANUAL),
    ({"job": "failed"}, {**MANUAL, "outcome": "failed"}),
    ({"job": "partial"}, {**MANUAL, "outcome": "partial"}),
    ({"job": "held"}, {"progression": "held"}),
    ({"polls": 3}, {"progression": "manual", "polls": 3}),
    ({"after": "4s"}, {"progression": "time", "queued": "PT1S", "processing": "PT3S", "outcome": "completed"}),
    ({"error": "content_conflict"}, {**MANUAL, "outcome": "failed", "error": {"code": "content_conflict"}}),
    (
        {"job": "partial", "error": {"code": "a", "message": "b"}, "polls": 1},
        {"progression": "manual", "polls": 1, "outcome": "partial", "error": {"code": "a", "message": "b"}},
    ),
]
CLOCKS: list[tuple[dict[str, object], dict[str, object]]] = [
    ({}, {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}),
    ({"clock": "frozen"}, {"mode": "frozen", "instant": "2026-07-04T00:00:00Z"}),
    ({"clock": "2026-10-01T00:00:00Z"}, {"mode": "frozen", "instant": "2026-10-01T00:00:00Z"}),
    ({"clock": "running"}, {"mode": "running"}),
]
BAD: list[tuple[dict[str, object], str]] = [
    ({"jobs": "failed"}, f"'jobs' is unknown; known are {KNOWN}"),
    ({"job": "broken"}, "job must be one of completed, failed, partial, held, not 'broken'"),
    ({"job": ["failed"]}, "job must be one of"),
    ({"polls": 0}, "polls must be a whole number from 1 to 1000, not 0"),
    ({"polls": True}, "polls must be a whole number"),
    ({"polls": 1001}, "polls must be a whole number"),
    ({"after": "soon"}, "after must be a duration such as '30s' or 'PT5M', not 'soon'"),
    ({"after": 30}, "after must be a duration"),
    ({"error": ""}, "error must be a code such as"),
    ({"error": 500}, "error must be a code such as"),
    ({"clock": "stopped"}, "clock must be 'frozen', 'running', or an instant such as '2026-07-04T00:00:00Z'"),
    ({"revision": 2026}, "revision must be the name of a revision"),
    ({"behaviours": ["a=b"]}, "behaviours must be a mapping"),
    ({"rate_limit": 0}, "rate_limit must be a whole number of calls a minute from 1 to 1000000"),
    ({"lint": "info"}, "lint must be one of off, warning, error"),
    ({"polls": 2, "after": "2s"}, "polls and after are two ways"),
    ({"job": "held", "polls": 2}, "a held job ends when it is told to"),
    ({"job": "held", "after": "2s"}, "a held job ends when it is told to"),
    ({"job": "completed", "error": "x"}, "error says how a job fails, and this one is completed"),
    ({"job": "held", "error": "x"}, "error says how a job fails, and this one is held"),
]


@pytest.mark.parametrize(("told", "programme"), PROGRAMMES)
def test_how_jobs_go(told: dict[str, object], programme: dict[str, object], running: MockServer) -> None:
    """Each wish is a programme that the control plane takes."""
    wishes = Wishes.read(told)
    assert wishes.members()["programme"] == programme
    with running.session(**wishes.session()):
        pass


@pytest.mark.parametrize(("told", "clock"), CLOCKS)
def test_where_the_clock_stands(told: dict[str, object], clock: dict[str, object]) -> None:
    """At the usual instant, at another, or not at all."""
    assert Wishes.read(told).members()["clock"] == clock


def test_what_else_a_session_has() -> None:
    """A revision and behaviours only where asked for; a wide limit; signatures of real time, which verifiers check."""
    usual = {"webhookTimestamp": "real", "rateLimitPerMinute": 1000}
    assert Wishes.read({}).members() == {"clock": CLOCKS[0][1], "programme": MANUAL, **usual}
    told = {"revision": "2026-07", "behaviours": {"a": "b"}, "rate_limit": 3, "lint": "error"}
    members = Wishes.read(told).members()
    assert {name: members[name] for name in ("revision", "behaviours", "rateLimitPerMinute")} == {
        "revision": "2026-07",
        "behaviours": {"a": "b"},
        "rateLimitPerMinute": 3,
    }


@pytest.mark.parametrize(("told", "message"), BAD)
def test_what_cannot_be_read(told: dict[str, object], message: str) -> None:
    """The message names the argument and what is known."""
    with pytest.raises(WishError) as caught:
        Wishes.read(told)
    assert str(caught.value).startswith(message)


def test_the_nearest_marker_wins_argument_by_argument(suite: Suite) -> None:
    """A module's, a class's and a test's add up."""
    suite.run("""
        import my_client
        import pytest

        pytestmark = pytest.mark.tutorflow(job="failed", polls=1, rate_limit=7)

        @pytest.mark.tutorflow(error="content_conflict", polls=2)
        class TestIt:
            @pytest.mark.tutorflow(polls=3)
            def test_it(self, tutorflow_env, tutorflow_session):
                assert my_client.expand({})["error"]["code"] == "content_conflict"
                (job,) = tutorflow_session.jobs
                assert job.reads == 3
                assert tutorflow_session.remote.get("ratelimits")["rateLimits"][0]["limit"] == 7
    """).assert_outcomes(passed=1)


def test_a_typo_is_an_error_even_without_a_fixture(suite: Suite) -> None:
    """At the test that has it; the others run."""
    result = suite.run("""
        import pytest

        @pytest.mark.tutorflow(jobs="failed")
        def test_typo():
            pass

        @pytest.mark.tutorflow("failed")
        def test_position():
            pass

        @pytest.mark.tutorflow(behaviours={"idempotency.same-key-other-bodies": "x"})
        def test_behaviour(tutorflow_session):
            pass

        @pytest.mark.tutorflow(behaviours={"idempotency.same-key-other-body": "x"})
        def test_value(tutorflow_session):
            pass

        def test_fine(tutorflow_session):
            pass
    """)
    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines(
        [
            f"@pytest.mark.tutorflow: 'jobs' is unknown; known are {KNOWN}",
            "@pytest.mark.tutorflow takes its arguments by name, not ('failed',)",
            "*'idempotency.same-key-other-bodies' is no member*; known are idempotency.same-key-other-body*",
            "*conflict-409*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_marker_is_declared(own: Suite) -> None:
    """`--markers` explains it, so that --strict-markers takes it."""
    result = own.run(None, "--markers")
    result.stdout.fnmatch_lines([f"@pytest.mark.tutorflow({KNOWN}): how the test's session of the mock is to be"])
