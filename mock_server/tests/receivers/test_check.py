"""`POST /__admin/webhooks/check`: a mock tries a receiver that is subscribed to it, or one whose secret it is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

import pytest
from mock_server.tests.control.console import BEARER, EXPANSIONS, SOURCE, Console, new_app, refused
from mock_server.tests.receivers.standing import SECRET, Receiver, standing
from mock_server.tests.webhooks.desk import HOOKS, Desk

from tutorflow_mock.outbox import checks
from tutorflow_mock.outbox.traps import by_mock
from tutorflow_mock.outbox.traps.runner import Run
from tutorflow_mock.outbox.traps.sitting import Pace, Sitting
from tutorflow_mock.stores.base import SessionEnded
from tutorflow_mock.system import SystemClock

CHECK = f"{HOOKS}/check"


@pytest.fixture
def desk() -> Desk:
    """A mock in process that lives in real time."""
    clock: Any = SystemClock()
    return Desk(new_app(clock), clock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A correct receiver."""
    with standing(Receiver()) as running:
        yield running


def ended(desk: Desk, check: Any) -> Any:
    """Return a check once it is done."""
    found: Any = None
    for _ in range(1_200):
        found = desk.get(f"{HOOKS}/checks/{check['id']}")
        if found["status"] == "done":
            return found
        Event().wait(0.05)
    raise AssertionError(found)


def verdicts(check: Any) -> dict[str, str]:
    """Return the verdicts by trap."""
    return {each["trap"]: each["verdict"] for each in check["results"]}


def test_a_check_runs_behind_its_answer(desk: Desk, receiver: Receiver) -> None:
    """201 with an id; then verdicts, each with what was sent, what is due, what came and why."""
    body = {"url": receiver.url, "secret": SECRET, "traps": ["W3", "W10", "W10"], "probe": receiver.probe}
    begun = desk.post(CHECK, body)
    assert begun["url"] == receiver.url
    done = ended(desk, begun)
    assert verdicts(done) == {"W0": "pass", "W3": "pass", "W10": "pass"}
    assert done["summary"] == {"pass": 3}
    assert done["error"] is None
    assert done["results"][1] == {
        "trap": "W3",
        "name": "odd-length-signature",
        "verdict": "pass",
        "sent": "signatures of 0, 2, 63, 65 digits",
        "expected": "400 or 401",
        "got": "4 × 401",
        "why": "refused",
    }
    assert SECRET not in str(done)


def test_the_secret_of_a_subscription_is_known(desk: Desk, receiver: Receiver) -> None:
    """Of the newest with this URL; the one before it is the second."""
    older, newer = desk.subscribe(receiver.url), desk.subscribe(receiver.url)
    receiver.secrets = (newer["secret"], older["secret"])
    done = ended(desk, desk.post(CHECK, {"url": receiver.url, "traps": ["W7", "W23"]}))
    assert verdicts(done) == {"W0": "pass", "W7": "pass", "W23": "pass"}


def test_a_given_secret_wins(desk: Desk, receiver: Receiver) -> None:
    """Over that of the subscription; a wrong one is told apart from a bad receiver."""
    receiver.secrets = (desk.subscribe(receiver.url)["secret"],)
    done = ended(desk, desk.post(CHECK, {"url": receiver.url, "traps": ["W7"], "secret": "another"}))
    assert verdicts(done) == {"W0": "fail", "W7": "skipped"}
    assert "secret" in done["results"][1]["why"]


def test_one_check_of_a_session_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is refused; another session has its own, and cannot see this one."""
    held, go_on = Event(), Event()

    class Held(Receiver):
        def take(self, event: str, told: dict[str, Any]) -> int:
            held.set()
            go_on.wait(10)
            return super().take(event, told)

    monkeypatch.setattr(checks, "KEPT", 1)
    with standing(Held()) as receiver:
        body = {"url": receiver.url, "secret": SECRET, "traps": ["W0"]}
        begun = desk.post(CHECK, body)
        held.wait(10)
        assert desk.get(f"{HOOKS}/checks/{begun['id']}")["status"] == "running"
        refused(desk.call("POST", CHECK, body), 409, "check-running")
        other = Desk(desk.app, desk.clock, desk.post("/__admin/sessions", {})["headers"])
        refused(other.call("GET", f"{HOOKS}/checks/{begun['id']}"), 404, "unknown-check")
        go_on.set()
        assert verdicts(ended(desk, begun)) == {"W0": "pass"}
        ended(desk, desk.post(CHECK, body))
        refused(desk.call("GET", f"{HOOKS}/checks/{begun['id']}"), 404, "unknown-check")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/hook", "refused"),
        ("http://10.0.0.1/hook", "--allow-webhook-target 10.0.0.1:80 would allow it"),
    ],
)
def test_a_receiver_that_is_not_there(desk: Desk, url: str, why: str) -> None:
    """The check is done and says why nothing could be told."""
    done = ended(desk, desk.post(CHECK, {"url": url, "secret": "s"}))
    assert why in done["error"]
    assert verdicts(done) == {"W0": "fail"}


def test_a_check_that_breaks_says_so(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is done."""

    def break_down(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(Run, "go", break_down)
    done = ended(desk, desk.post(CHECK, {"url": receiver.url, "secret": "s"}))
    assert "log" in done["error"]


def test_a_session_that_ends_takes_its_check_with_it(desk: Desk, receiver: Receiver) -> None:
    """Nobody can ask for it any more; the thread ends, too."""
    watch = by_mock.Watch(desk.world, "gone")
    with pytest.raises(SessionEnded):
        watch.subscription(receiver.url)


class Program:
    """An integrator's program beside its receiver: creates jobs, polls them, or fetches what it is told of."""

    def __init__(self, desk: Console) -> None:
        self.desk = desk

    def create(self) -> str:
        """Create a job."""
        return str(self.desk.post(EXPANSIONS, SOURCE, headers=BEARER)["id"])

    def fetch(self, job_id: str) -> int:
        """Fetch a result, and return the status."""
        return self.desk.call("GET", f"{EXPANSIONS}/{job_id}/result", headers=BEARER).status_code


def in_a_mock(desk: Desk, receiver: Receiver, trap: str, monkeypatch: pytest.MonkeyPatch, pace: Pace) -> Any:
    """Subscribe a receiver and begin a check by one trap, at this pace."""
    receiver.secrets = (desk.subscribe(receiver.url)["secret"],)
    monkeypatch.setattr(checks, "Sitting", partial(Sitting, pace=pace))
    return desk.post(CHECK, {"url": receiver.url, "traps": [trap]})


QUICK = Pace(creates=0.2, fetches=0.3)
PATIENT = Pace(creates=10, fetches=10)


def armed(desk: Desk) -> None:
    """Wait until the check has ordered what it waits for."""
    for _ in range(1_000):
        if desk.get(f"{HOOKS}/misbehave")["meta"]["total"]:
            return
        Event().wait(0.01)
    raise AssertionError("nothing was ordered")


@pytest.mark.parametrize("trap", ["W14", "W15", "W28"])
def test_without_a_program_nothing_can_be_told(
    desk: Desk, receiver: Receiver, trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skipped, with the reason, and nothing stays ordered."""
    done = ended(desk, in_a_mock(desk, receiver, trap, monkeypatch, QUICK))
    assert verdicts(done)[trap] == "skipped"
    assert desk.get(f"{HOOKS}/misbehave")["meta"]["total"] == (1 if trap == "W28" else 0)


@pytest.mark.parametrize("trap", ["W14", "W15", "W28"])
def test_a_receiver_that_nobody_has_subscribed(desk: Desk, receiver: Receiver, trap: str) -> None:
    """Its program speaks to another mock, if to any."""
    done = ended(desk, desk.post(CHECK, {"url": receiver.url, "traps": [trap], "secret": SECRET}))
    assert verdicts(done)[trap] == "skipped"


@pytest.mark.parametrize(("status", "verdict"), [(200, "pass"), (404, "fail")])
def test_a_delivery_before_the_create_is_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, status: int, verdict: str
) -> None:
    """W14: a receiver that answers 404 to a job that its program does not know yet has lost it."""

    class Asking(Receiver):
        def take(self, event: str, told: dict[str, Any]) -> int:
            super().take(event, told)
            return 200 if "sourceType" not in told or self.effects <= 1 else status

    with standing(Asking()) as receiver:
        check = in_a_mock(desk, receiver, "W14", monkeypatch, PATIENT)
        armed(desk)
        Program(desk).create()
        assert verdicts(ended(desk, check))["W14"] == verdict


@pytest.mark.parametrize(("polls", "verdict"), [(True, "pass"), (False, "fail")])
def test_a_lost_delivery(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, *, polls: bool, verdict: str
) -> None:
    """W15: a program that polls has its result all the same."""
    desk.programme(progression="immediate")
    check = in_a_mock(desk, receiver, "W15", monkeypatch, Pace(creates=10, fetches=10 if polls else 0.2))
    armed(desk)
    program = Program(desk)
    job_id = program.create()
    if polls:
        assert program.fetch(job_id) == 200
    assert verdicts(ended(desk, check))["W15"] == verdict


@pytest.mark.parametrize(("tries", "verdict"), [(2, "pass"), (1, "fail")])
def test_fetches_that_fail(desk: Desk, monkeypatch: pytest.MonkeyPatch, tries: int, verdict: str) -> None:
    """W28: a receiver that fetches once and no more has lost the result."""
    program = Program(desk)

    class Fetching(Receiver):
        pool = ThreadPoolExecutor(1)

        def act(self, told: dict[str, Any]) -> None:
            super().act(told)
            self.pool.submit(self.fetch, told["jobId"])

        def fetch(self, job_id: str) -> None:
            for _ in range(tries):
                program.fetch(job_id)

    with standing(Fetching()) as receiver:
        pace = Pace(creates=10, fetches=10 if tries > 1 else 0.3)
        done = ended(desk, in_a_mock(desk, receiver, "W28", monkeypatch, pace))
        Fetching.pool.shutdown()
    assert verdicts(done)["W28"] == verdict, done
