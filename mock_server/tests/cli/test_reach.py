"""Commands that speak to a mock: none there, one that refuses, and words that it cannot read."""

import pytest
from mock_server.tests.cli.conftest import NOWHERE, Invoke, Run

from tutorflow_mock.remote import Unreachable
from tutorflow_mock.remote.nouns import Sessions
from tutorflow_mock.server import MockServer

UNREACHABLE = (
    ("env",),
    ("reset",),
    ("openapi",),
    ("openapi", "--control"),
    ("clock", "show"),
    ("clock", "freeze"),
    ("clock", "advance", "5m"),
    ("clock", "set", "2026-07-06T09:00:00Z"),
    ("clock", "resume"),
    ("clock", "reset"),
    ("session", "create"),
    ("session", "list"),
    ("session", "show"),
    ("session", "delete", "one"),
    ("job", "list"),
    ("job", "show", "7"),
    ("job", "transition", "7", "failed"),
    ("job", "timeline", "7"),
    ("job", "wait", "7"),
    ("listen",),
    ("trigger", "content.failed"),
    ("resend", "7"),
    ("lint",),
    ("behaviours",),
    ("behaviours", "list"),
    ("behaviours", "set", "a", "b"),
    ("behaviours", "unset", "a"),
    ("fault", "list"),
    ("fault", "add", "TIMEOUT"),
    ("fault", "clear"),
    ("snapshot", "list"),
    ("snapshot", "save", "a"),
    ("snapshot", "restore", "a"),
)
REFUSED = {
    "a duration that is none": (("clock", "advance", "soon"), "write 500ms, 30s, 5m, 2h, 1d or PT1M30S"),
    "a duration that is too long": (("clock", "advance", "400d"), "longer than 366 days"),
    "an instant that is none": (("clock", "set", "noon"), "such as 2026-07-04T00:00:00Z"),
    "an unknown command of a group": (("clock", "stop"), "see tutorflow-mock clock --help"),
    "a timeout that is none": (("wait", "--timeout", "now"), "no duration"),
    "an address that is none": (("job", "list", "--url", "localhost"), "such as http://127.0.0.1:4010"),
    "a password in the address": (("job", "list", "--url", "http://a:geheim@localhost"), "no password"),
    "a session that fits no header": (("job", "list", "--session", "a\nb"), "X-Mock-Session must be printable ASCII"),
    "a job that is unknown": (("job", "show", "7"), "There is no job '7' in this session; `tutorflow-mock job list`"),
    "a state that is unknown": (("job", "list", "--status", "done"), "status must be one of queued, processing"),
    "a session that is unknown": (("job", "list", "--session", "defautl"), "did you mean default?"),
    "a session like no other": (("job", "list", "--session", "zz"), "`tutorflow-mock session list` shows them all"),
    "the end of an unknown session": (("session", "delete", "zz"), "There is no session 'zz'"),
    "an id that is none": (("session", "create", "Checkout"), "lower-case letters"),
    "a clock that is none": (("session", "create", "--clock", "noon"), "running, frozen or an instant"),
    "a programme that is none": (("session", "create", "--programme", "fast"), "polls=3, after=30s"),
    "a behaviour without a value": (("session", "create", "--behaviour", "a"), "must be written NAME=VALUE"),
    "an event that is unknown": (("trigger", "content.lost"), "known are content.completed, content.failed"),
    "an override that is unknown": (("trigger", "content.failed", "--override", "a=b"), "override knows"),
    "an override without a value": (("trigger", "content.failed", "--override", "a"), "must be written NAME=VALUE"),
    "nothing to send again": (("resend",), "give either a delivery or --since"),
    "two things to send again": (("resend", "7", "--since", "1h"), "give either a delivery or --since"),
    "a delivery that is unknown": (("resend", "7"), "`tutorflow-mock resend --since 10m`"),
    "a behaviour that is unknown": (("behaviours", "set", "a.b", "c"), "`tutorflow-mock behaviours` shows them all"),
    "a value that a behaviour does not take": (
        ("behaviours", "set", "idempotency.same-key-other-body", "explode"),
        "one of replay, conflict-409, reject-422",
    ),
    "a snapshot that is unknown": (("snapshot", "restore", "zz"), "`tutorflow-mock snapshot list` shows them all"),
    "a fault that is unknown": (("fault", "add", "EXPLODE"), "LOST_RESPONSE"),
    "a rule that is unknown": (("fault", "clear", "zz"), "`tutorflow-mock fault list` shows the rules"),
    "a header of no name": (("listen", "--headers", "X-Team"), "must be written NAME:VALUE"),
    "a header of no ASCII": (("listen", "--headers", "X-Team: ü"), "a header is ASCII"),
    "a receiver of no address": (("listen", "--forward-to", "ftp://host"), "such as http://127.0.0.1:9000/hook"),
    "a port that is none": (("listen", "--forward-to", "http://host:port"), "such as http://127.0.0.1:9000/hook"),
    "a revision that is unknown": (("scenarios", "--revision", "1999-01"), "2026-07"),
    "no secret": (("verify",), "set TUTORFLOW_WEBHOOK_SECRET"),
    "a file that cannot be written": (("lint", "--junit", "/no/such/folder/lint.xml"), "cannot be written"),
}


@pytest.mark.parametrize("arguments", UNREACHABLE, ids=" ".join)
def test_no_mock_is_exit_code_3(arguments: tuple[str, ...], invoke: Invoke) -> None:
    """One sentence says what was tried, why it failed, and what to do next."""
    result = invoke(*arguments, "--url", NOWHERE)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith("Error: ")
    assert f" {NOWHERE}/__admin/" in result.stderr
    assert "Connection refused. Start a mock with `tutorflow-mock serve`" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_carried_out_is_refused_in_one_sentence(case: str, run: Run) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that says what would do."""
    arguments, words = REFUSED[case]
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert "geheim" not in result.stderr
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_a_refusal_by_the_state_of_things_is_exit_code_1(run: Run) -> None:
    """The command line was right, and what it asks for is not to be had; what is, is told."""
    job = run("trigger", "content.completed").stdout.split()[1]
    result = run("job", "transition", job, "failed")
    assert result.exit_code == 1
    assert result.stderr == "Error: A completed job cannot become failed; it can become nothing else\n"


def test_what_a_job_can_become_is_told(run: Run, invoke: Invoke, mock: MockServer) -> None:
    """The legal transitions are named."""
    assert invoke("session", "create", "held", "--programme", "held", "--url", mock.url).exit_code == 0
    result = run("session", "create", "held")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: There is a session 'held' already; `tutorflow-mock session show` tells of it, without its secrets\n"
    )


def test_a_token_that_is_missing_is_asked_for(invoke: Invoke) -> None:
    """By its flag and its variable; with it, the command goes through."""
    with MockServer("--admin-token", "sesame") as guarded:
        result = invoke("clock", "show", "--url", guarded.url)
        assert result.exit_code == 2
        assert "give it by --admin-token or TUTORFLOW_MOCK_ADMIN_TOKEN" in result.stderr
        place = {"TUTORFLOW_MOCK_URL": guarded.url}
        wrong = invoke("clock", "show", "--session", "zz", env=place)
        assert wrong.stderr.count("\n") == 1
        assert invoke("listen", env=place).exit_code == 2
        assert invoke("clock", "show", env={**place, "TUTORFLOW_MOCK_ADMIN_TOKEN": "sesame"}).exit_code == 0


def test_a_name_is_not_looked_for_where_nobody_answers_any_more(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is told without the nearest name."""

    def gone(*_: object) -> None:
        raise Unreachable("gone")

    monkeypatch.setattr(Sessions, "list", gone)
    result = run("clock", "show", "--session", "defautl")
    assert result.stderr == "Error: There is no session 'defautl'; `tutorflow-mock session list` shows them all\n"


def test_the_flags_win_over_their_twins(run: Run) -> None:
    """The environment's mock is not asked."""
    assert run("clock", "show", "--url", NOWHERE).exit_code == 3
    assert run("clock", "show", env={"TUTORFLOW_MOCK_SESSION": "zz"}).exit_code == 2
    assert run("clock", "show", "--session", "default", env={"TUTORFLOW_MOCK_SESSION": "zz"}).exit_code == 0
