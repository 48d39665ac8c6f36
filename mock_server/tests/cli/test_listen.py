"""`listen` as a process: what it shows, whether it verifies, how it passes on, and how it ends."""

import signal
from collections.abc import Callable, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3
from mock_server.tests.cli.conftest import NOWHERE, Invoke, Spawn
from mock_server.tests.cli.listening import Listening
from mock_server.tests.process import STOPPED_WITHIN
from mock_server.tests.webhooks.receiver import always, in_turn, receiving

from tutorflow_mock.remote import Remote
from tutorflow_mock.server import MockServer

Listen = Callable[..., Listening]
listen_command = import_module("tutorflow_mock.cli.listen")  # the package's attribute of this name is the command


@pytest.fixture
def listen(spawn: Spawn, mock: MockServer, opened: Mapping[str, Any]) -> Listen:
    """A function that starts `listen` in the test's session, with its admin's cookie in the environment."""
    place = ("--url", mock.url, "--session", opened["id"])

    def start(*arguments: str) -> Listening:
        cookie = {"TUTORFLOW_ADMIN_COOKIE": opened["adminCookie"]}
        return Listening(spawn("listen", *place, *arguments, env=cookie))

    return start


def test_each_attempt_is_told_to_programs(listen: Listen, remote: Remote) -> None:
    """Four kinds of lines: ready, delivery, answer, summary; the delivery is that of the control plane."""
    listening = listen("--json")
    ready = listening.told()
    assert (ready["type"], ready["session"]) == ("ready", remote.session)
    assert ready["events"] == ["content.completed", "content.failed"]
    assert "secret" not in ready
    assert [each["id"] for each in remote.webhooks.subscriptions()] == [ready["subscriptionId"]]
    made = remote.webhooks.trigger("content.failed")
    delivery, answer = listening.told(), listening.told()
    assert (delivery["type"], delivery["event"], delivery["jobId"]) == ("delivery", "content.failed", made["jobId"])
    assert (delivery["deliveryId"], delivery["attempt"]) == (made["deliveries"][0], 1)
    assert (delivery["signature"]["valid"], delivery["signature"]["step"]) == (True, None)
    assert delivery["body"] == remote.webhooks.delivery(delivery["deliveryId"])["body"]
    assert (answer["type"], answer["status"], answer["deliveryId"]) == ("answer", 200, delivery["deliveryId"])
    assert [each["status"] for each in remote.webhooks.wait({"status": "sent"})] == ["sent"]
    assert listening.end() == 130
    assert listening.told() == {
        "type": "summary",
        "deliveries": 1,
        "attempts": 1,
        "accepted": 1,
        "refused": 0,
        "invalidSignatures": 0,
    }
    assert remote.webhooks.subscriptions() == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_each_attempt_is_told_to_people(how: signal.Signals, listen: Listen, remote: Remote) -> None:
    """An arrow in, an arrow out; either signal ends it with a sum and exit code 130."""
    listening = listen()
    last = listening.until("Listening on http://127.0.0.1:")[-1]
    assert last.endswith(f" for content.completed, content.failed of {remote.session}")
    made = remote.webhooks.trigger("content.completed")
    words = f" --> content.completed job {made['jobId']} delivery {made['deliveries'][0]} attempt 1 · signature valid"
    assert listening.line().endswith(words)
    assert " <-- 200 in " in listening.line()
    assert listening.end(how) == 130
    assert listening.line() == "deliveries: 1, attempts: 1, accepted: 1, refused: 0, signatures that fail: 0"
    assert remote.webhooks.subscriptions() == []


def test_the_secret_is_told_if_it_is_asked_for(listen: Listen, remote: Remote) -> None:
    """With it, the receiver behind can verify what is passed on: bytes and headers are as they came."""
    with receiving(always(204)) as receiver:
        listening = listen("--json", "--print-secret", "--forward-to", receiver.url, "--headers", "X-Team: a")
        ready = listening.told()
        remote.webhooks.trigger("content.failed")
        [got] = receiver.wait_for(1)
    assert ready["forwardTo"] == receiver.url
    assert got.is_signed_with(ready["secret"])
    assert (got.path, got.header("X-Content-Integration-Event")) == ("/tutorflow", "content.failed")
    assert (got.header("X-Team"), got.header("Host")) == ("a", f"127.0.0.1:{receiver.port}")
    assert {"User-Agent", "Accept-Encoding", "Connection"} & {name for name, _ in got.headers} == set()


def test_answers_are_handed_back_so_that_retries_are_real(listen: Listen, remote: Remote) -> None:
    """A receiver that fails at first is tried again by the session's clock."""
    with receiving(in_turn(500, 200)) as receiver:
        listening = listen("--forward-to", receiver.url)
        listening.until("Listening")
        [delivery] = remote.webhooks.trigger("content.failed")["deliveries"]
        assert listening.line().endswith("attempt 1 · signature valid")
        assert " <-- 500 in " in listening.line()
        remote.webhooks.wait({"status": "retrying"})
        remote.clock.advance("5s")
        assert listening.line().endswith("attempt 2 · signature valid")
        assert " <-- 200 in " in listening.line()
    attempts = remote.webhooks.attempts(delivery)
    assert [(each["responseStatus"], each["responseBody"]) for each in attempts] == [(500, "ok"), (200, "ok")]


def test_a_receiver_that_is_not_there(listen: Listen, remote: Remote) -> None:
    """The mock is told so by a status, and tries again; the reason stands in the line."""
    listening = listen("--forward-to", "127.0.0.1:1/hook", "--events", "content.failed")
    assert listening.line() == "Forwarding to 127.0.0.1:1/hook"
    assert listening.line().endswith(f" for content.failed of {remote.session}")
    [delivery] = remote.webhooks.trigger("content.failed")["deliveries"]
    listening.line()
    assert listening.line().endswith(" · the receiver gave no answer: Connection refused")
    assert [each["id"] for each in remote.webhooks.wait({"status": "retrying"})] == [delivery]
    assert remote.webhooks.attempts(delivery)[0]["responseStatus"] == 502


def test_a_signature_that_fails_is_told(listen: Listen, remote: Remote) -> None:
    """The mock misbehaves, and the line names the step."""
    remote.webhooks.misbehave("upper-hex")
    listening = listen()
    listening.until("Listening")
    remote.webhooks.trigger("content.failed")
    assert listening.line().endswith("· signature fails at encoding: the digits are right and in capitals")
    listening.line()
    listening.end()
    assert listening.line().endswith("signatures that fail: 1")


def test_what_somebody_else_sends_is_shown_too(listen: Listen) -> None:
    """It belongs to no delivery, and nothing vouches for it."""
    listening = listen()
    url = listening.line().split()[2]
    assert urllib3.request("POST", url, body=b"{}").status == 200
    assert listening.line().endswith(" --> no event · signature fails at header: there is no signature")
    assert " <-- 200 in " in listening.line()
    listening.end()


def test_it_looks_now_and_then_whether_it_is_still_subscribed() -> None:
    """A signal ends the watch; so does a subscription that is gone."""
    looks = iter((True, True, False))
    attendance: Any = SimpleNamespace(is_subscribed=lambda: next(looks))
    waits = iter((False, False, False, True))

    def wait(_: float) -> bool:
        return next(waits)

    stop: Any = SimpleNamespace(wait=wait)
    assert listen_command._watch(attendance, stop)
    assert not listen_command._watch(attendance, stop)


def test_the_default_session_needs_no_cookie(spawn: Spawn, mock: MockServer) -> None:
    """Its demo values are known to everybody."""
    listening = Listening(spawn("listen", "--url", mock.url))
    assert listening.line().endswith(" of default")
    assert listening.end() == 130


def test_a_session_that_is_named_is_made(spawn: Spawn, mock: MockServer) -> None:
    """Its secrets are told this once, in the form that a shell takes, or to programs."""
    listening = Listening(spawn("listen", "--url", mock.url, "--session", "heard-1"))
    exports = listening.until("Listening")[:-1]
    assert [line.partition("=")[0] for line in exports][-1] == "export TUTORFLOW_MOCK_SESSION"
    assert listening.end() == 130
    told = Listening(spawn("listen", "--url", mock.url, "--session", "heard-2", "--json"))
    assert told.told()["environment"]["TUTORFLOW_MOCK_SESSION"] == "heard-2"
    assert told.end() == 130


def test_a_session_that_exists_needs_its_cookie(
    invoke: Invoke, mock: MockServer, opened: Mapping[str, Any], spawn: Spawn
) -> None:
    """Nobody tells it a second time; the value alone does, too."""
    place = ("--url", mock.url, "--session", str(opened["id"]))
    result = invoke("listen", *place)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "set TUTORFLOW_ADMIN_COOKIE" in result.stderr
    wrong = invoke("listen", *place, "--admin-cookie", "geheim")
    assert wrong.exit_code == 1
    assert "geheim" not in wrong.output
    bare = str(opened["adminCookie"]).removeprefix("jwt=")
    listening = Listening(spawn("listen", *place, env={"TUTORFLOW_ADMIN_COOKIE": bare}))
    assert listening.line().startswith("Listening on")
    assert listening.end() == 130


def test_an_event_that_is_unknown(invoke: Invoke, mock: MockServer) -> None:
    """Nobody would ever hear of it."""
    result = invoke("listen", "--url", mock.url, "--events", "content.failed, content.lost")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'content.lost' is unknown; known are content.completed, content.failed" in result.stderr


def test_it_ends_when_the_subscription_is_gone(listen: Listen, remote: Remote) -> None:
    """A reset makes the session forget it: listening on would be in vain."""
    listening = listen()
    listening.until("Listening")
    remote.reset()
    assert listening.process.wait(STOPPED_WITHIN) == 1
    assert listening.process.stderr is not None
    assert "the subscription is gone: the session was reset" in listening.process.stderr.read()


def test_it_ends_when_the_mock_is_gone(spawn: Spawn) -> None:
    """Exit code 3, as if it had never been there."""
    with MockServer() as mortal:
        listening = Listening(spawn("listen", "--url", mortal.url))
        listening.until("Listening")
    assert listening.process.wait(STOPPED_WITHIN) == 3
    assert listening.process.stderr is not None
    assert "Connection refused. Start a mock" in listening.process.stderr.read()


def test_it_ends_when_nobody_reads(spawn: Spawn, mock: MockServer) -> None:
    """As in `listen | head -1`."""
    process = spawn("listen", "--url", mock.url)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    with Remote(mock.url) as remote:
        remote.webhooks.trigger("content.failed")
    assert process.wait(STOPPED_WITHIN) in {1, 130}
    process.stdout = process.stderr  # what the fixture closes in the end


def test_no_mock_is_no_reason_to_listen(invoke: Invoke) -> None:
    """Nothing is printed on stdout."""
    result = invoke("listen", "--url", NOWHERE, "--forward-to", NOWHERE)
    assert (result.exit_code, result.stdout) == (3, "")
