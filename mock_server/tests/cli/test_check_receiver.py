"""`tutorflow-mock check-receiver`: what it prints, writes and exits with."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from mock_server.tests.cli.conftest import Invoke, Run
from mock_server.tests.receivers.standing import SECRET, Receiver, standing
from mock_server.tests.receivers.trying import SECOND

from tutorflow_mock.cli import showing
from tutorflow_mock.remote import Remote

NOT_THERE = "http://127.0.0.1:9/hook"


class Careless(Receiver):
    """Verifies nothing, and answers news with 403."""

    def check_signature(self, given: list[str], body: bytes) -> None:
        """Take all that is signed somehow."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A correct receiver."""
    with standing(Receiver()) as running:
        yield running


@pytest.fixture
def careless() -> Iterator[Receiver]:
    """A broken one."""
    with standing(Careless()) as running:
        yield running


def test_a_correct_receiver_passes(invoke: Invoke, receiver: Receiver) -> None:
    """A row for each trap, what is told of them all together, exit code 0."""
    done = invoke(
        *("check-receiver", receiver.url, "--secret", SECRET),
        *("--traps", "W3, w10", "--probe", receiver.probe),
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split("\t")[:3] for line in lines[:3]] == [
        ["W0", "plain", "pass"],
        ["W3", "odd-length-signature", "pass"],
        ["W10", "duplicate", "pass"],
    ]
    assert lines[3] == "3 pass, 0 fail, 0 warning, 0 skipped"


def test_a_broken_receiver_is_exit_code_1(invoke: Invoke, careless: Receiver) -> None:
    """With what is wrong, as JSON; the secret is in nothing that is printed."""
    done = invoke("check-receiver", careless.url, "--secret", SECRET, "--traps", "W7,W10,W21", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert {each["trap"]: each["verdict"] for each in told["results"]} == {
        "W0": "pass",
        "W7": "fail",
        "W10": "skipped",
        "W21": "fail",
    }
    assert told["summary"] == {"pass": 1, "fail": 2, "warning": 0, "skipped": 1}
    assert told["results"][1]["why"] == "it was taken, where 400 or 401 is due"
    assert "probe" in told["results"][2]["why"]
    assert SECRET not in done.output


def test_secrets_come_from_the_environment_too(invoke: Invoke, receiver: Receiver) -> None:
    """As the receiver's own code reads it."""
    receiver.secrets = (SECRET, SECOND)
    done = invoke(
        *("check-receiver", receiver.url, "--traps", "W23"),
        env={"TUTORFLOW_WEBHOOK_SECRET": SECRET, "TUTORFLOW_WEBHOOK_SECOND_SECRET": SECOND},
    )
    assert (done.exit_code, "2 pass" in done.stdout) == (0, True)


def test_without_a_secret_one_is_made_and_explained(invoke: Invoke, receiver: Receiver) -> None:
    """The receiver cannot know it, so nothing is sent: exit code 2."""
    done = invoke("check-receiver", receiver.url)
    assert done.exit_code == 2
    made = next(word for word in done.stderr.split() if len(word) == 64)
    assert f"TUTORFLOW_WEBHOOK_SECRET={made} tutorflow-mock check-receiver {receiver.url}" in done.stderr
    assert "Nothing was sent" in done.stderr
    assert receiver.effects == 0


def test_verdicts_are_written_as_junit(invoke: Invoke, careless: Receiver, tmp_path: Path) -> None:
    """A test case for each trap."""
    path = tmp_path / "receiver.xml"
    invoke("check-receiver", careless.url, "--secret", SECRET, "--traps", "W7,W10,W2", "--junit", str(path))
    suite = ET.fromstring(path.read_text())  # noqa: S314 - we have written it
    assert (suite.tag, suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("testsuite", "4", "1", "1")
    cases = {str(case.get("name")): [each.tag for each in case] for case in suite}
    assert cases == {
        "W0 plain": [],
        "W2 plain-chunked": [],
        "W7 wrong-secret": ["failure"],
        "W10 duplicate": ["skipped"],
    }


def test_a_file_that_cannot_be_written(invoke: Invoke, receiver: Receiver, tmp_path: Path) -> None:
    """Exit code 2, with the reason."""
    path = tmp_path / "no" / "receiver.xml"
    done = invoke("check-receiver", receiver.url, "--secret", SECRET, "--traps", "W0", "--junit", str(path))
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr


def test_the_traps_are_listed(invoke: Invoke) -> None:
    """Nothing is sent, and no secret is needed."""
    done = invoke("check-receiver", "--list")
    assert done.exit_code == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == [f"W{number}" for number in range(31)]
    told = json.loads(invoke("check-receiver", "--list", "--json", "--traps", "W29").stdout)["traps"]
    assert [each["trap"] for each in told] == ["W0", "W29"]
    assert told[1] == {
        "trap": "W29",
        "name": "probe-methods",
        "sent": "GET, HEAD, OPTIONS",
        "expected": "405 or 404, no effect",
    }


@pytest.mark.parametrize(
    "url", [NOT_THERE, "http://10.1.2.3/hook", "https://169.254.169.254/", "http://no-such-host.invalid/"]
)
def test_a_receiver_that_is_not_there_is_exit_code_3(invoke: Invoke, url: str) -> None:
    """Whether nobody listens or no delivery may go there; the latter says which flag would allow it."""
    done = invoke("check-receiver", url, "--secret", SECRET)
    assert done.exit_code == 3
    assert "cannot be reached" in done.stderr
    assert ("--allow-webhook-target 10.1.2.3:80" in done.stderr) == ("10.1.2.3" in url)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "URL of the receiver is missing"),
        ((NOT_THERE, "--secret", "s", "--traps", "W3,W99"), "there is no trap 'W99'"),
        ((NOT_THERE, "--secret", "s", "--traps", ","), "--traps names none"),
        ((NOT_THERE, "--secret", ""), "printable"),
        ((NOT_THERE, "--secret", "a\nb"), "printable"),
        ((NOT_THERE, "--secret", "s", "--second-secret", "\udc80"), "printable"),
        ((NOT_THERE, "--secret", "s", "--allow-webhook-target", "127.0.0.1:x"), "--allow-webhook-target"),
        ((NOT_THERE, "--secret", "s", "--webhook-ca", "/nowhere.pem"), "--webhook-ca"),
        (("not a url", "--secret", "s"), "none that deliveries are sent to"),
    ],
)
def test_what_cannot_be_done_is_exit_code_2_and_one_sentence(
    invoke: Invoke, arguments: tuple[str, ...], why: str
) -> None:
    """Nothing is sent."""
    done = invoke("check-receiver", *arguments)
    assert done.exit_code == (3 if "none that" in why else 2), done.output
    assert why in done.stderr


@pytest.mark.parametrize("path", ["/nothing", "/hook"])
def test_a_probe_that_does_not_count(invoke: Invoke, receiver: Receiver, path: str) -> None:
    """Is told at once, as a fault of the command line."""
    probe = receiver.url.replace("/hook", path)
    done = invoke("check-receiver", receiver.url, "--secret", SECRET, "--probe", probe)
    assert done.exit_code == 2
    assert "--probe: the probe answered 405" in done.stderr


def test_progress_is_shown_to_a_person(invoke: Invoke, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """On stderr, so that stdout stays what it is."""
    monkeypatch.setattr(sys.modules["tutorflow_mock.cli.check_receiver"], "is_watched", lambda: True)
    monkeypatch.setattr(showing, "is_terminal", lambda: True)
    done = invoke("check-receiver", receiver.url, "--secret", SECRET, "--traps", "W3")
    assert done.exit_code == 0
    assert "odd-length-signature" in done.stdout


def test_a_mock_checks_with_the_secret_that_it_has_given_out(
    run: Run, remote: Remote, opened: Mapping[str, Any], receiver: Receiver, tmp_path: Path
) -> None:
    """`--url`: the traps that need one are no longer left out for want of it."""
    path = f"/v1/content/organizations/{opened['organizations'][0]['id']}/webhooks"
    body = {"url": receiver.url, "events": ["content.completed"]}
    made: Any = remote.api("POST", path, body, {"Cookie": opened["adminCookie"]})
    receiver.secrets = (made["secret"],)
    junit = tmp_path / "receiver.xml"
    done = run("check-receiver", receiver.url, "--traps", "W3,W7", "--json", "--junit", str(junit))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {each["trap"]: each["verdict"] for each in told["results"]} == {"W0": "pass", "W3": "pass", "W7": "pass"}
    assert junit.read_text().count("<testcase") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ((NOT_THERE,), 2, "secret is required"),
        ((NOT_THERE, "--secret", "s"), 3, "refused"),
        ((NOT_THERE, "--secret", "s", "--url", "http://127.0.0.1:1"), 3, "Start a mock"),
        ((NOT_THERE, "--secret", "s", "--url", "nowhere"), 2, "--url"),
    ],
)
def test_what_a_mock_cannot_check(run: Run, arguments: tuple[str, ...], code: int, why: str) -> None:
    """Because it does not know the secret, there is no receiver, or there is no mock."""
    done = run("check-receiver", *arguments)
    assert (done.exit_code, why in done.stderr) == (code, True), done.output
