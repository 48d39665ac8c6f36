"""The server's parts: `MockServer`, ports, logs, the wish to stop."""

import copy
import json
import logging
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutorflow_mock.server import MockServer, ServerError, child, logs, port, serving
from tutorflow_mock.server.ready import write_file
from tutorflow_mock.server.stop import Stop
from tutorflow_mock.settings import Settings, shed_environment

SECRET = "tf_content_5e1f0c2a9b7d4836a1c0ffee12ab34cd"


def test_a_mock_of_ones_own() -> None:
    """It answers inside the block and is gone after it; stopping twice is no error."""
    with MockServer("--seed", "42") as mock:
        assert mock.url == mock.ready["url"]
        assert mock.ready["seed"] == "42"
        with socket.create_connection(("127.0.0.1", mock.ready["port"]), 5.0):
            pass
    assert mock.stop() == 0
    assert MockServer().stop() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", mock.ready["port"]), 5.0)


def test_a_mock_that_does_not_start() -> None:
    """The error holds what the child said."""
    with pytest.raises(ServerError, match=r"did not start: Error: --programme: 'fast' is none of immediate"):
        MockServer("--programme", "fast").start()


def test_a_child_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once; a process that cannot hear is not waited for."""
    monkeypatch.setattr(child, "_STOPPED_WITHIN", 0.1)
    mock = MockServer()
    mock.start()
    os.kill(mock.ready["pid"], signal.SIGSTOP)
    assert mock.stop() == -signal.SIGKILL


def test_a_seat_is_taken_once() -> None:
    """While it is held nobody else gets its port; afterwards anybody does."""
    seat = port.take("127.0.0.1", 0)
    with pytest.raises(port.CannotListen, match=f"port {seat.port} of localhost is in use"):
        port.take("localhost", seat.port)
    seat.leave()
    port.take("127.0.0.1", seat.port).leave()


@pytest.mark.parametrize(
    ("host", "expected"),
    [("0.0.0.0", "http://127.0.0.1:"), ("::", "http://[::1]:"), ("127.0.0.2", "http://127.0.0.2:")],  # noqa: S104
)
def test_the_address_of_a_seat(host: str, expected: str) -> None:
    """Where a server listens on every address, a client is sent to loopback."""
    seat = port.take(host, 0)
    seat.leave()
    assert seat.url == f"{expected}{seat.port}"


def test_a_port_that_one_may_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which ones one may."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(
        port.CannotListen, match=r"port 80 of 127\.0\.0\.1 is not allowed for this user: take one above 1023"
    ):
        port.take("127.0.0.1", 80)


def test_elsewhere_the_port_is_only_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where granian binds alone, the seat holds nothing."""
    monkeypatch.setattr("tutorflow_mock.server.port.sys.platform", "darwin")
    seat = port.take("127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", seat.port)):
        seat.leave()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What cannot take its place leaves nothing behind."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_file(tmp_path / "taken", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.usefixtures("process_as_it_was")
def test_the_first_signal_counts() -> None:
    """It is noted, wakes who waits, and decides about the exit code."""
    stop = Stop()
    assert (stop.is_set(), stop.wait(0.001), stop.exit_code) == (False, False, 0)
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    assert (stop.is_set(), stop.wait(), stop.exit_code) == (True, True, 130)


@pytest.mark.usefixtures("process_as_it_was")
def test_nohup_is_respected() -> None:
    """A hangup that was ignored before stays ignored."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = Stop()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()


def log_a_failure() -> None:
    """Log an exception whose message holds a secret."""
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("elsewhere").exception("it failed:\r\nforged %s", "\u202edesrever")


@pytest.mark.usefixtures("process_as_it_was")
def test_one_record_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Line breaks, direction marks and secrets survive neither in the message nor in the traceback."""
    logs.configure("text", "info")
    log_a_failure()
    logging.getLogger("elsewhere").debug("not worth a line")
    logging.getLogger("elsewhere").info("Cookie: jwt=demo-admin; Authorization: Bearer open-sesame")
    first, second = capsys.readouterr().err.splitlines()
    assert r"ERROR it failed:\r\nforged \u202edesrever Traceback" in first
    assert "ValueError: invalid literal for int() with base 10: 'tf_content_5e1f0c2a9b7d…'" in first
    assert second.endswith("INFO Cookie: jwt=…; Authorization: Bearer …")


@pytest.mark.usefixtures("process_as_it_was")
def test_logs_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line, with an instant in UTC."""
    logs.configure("json", "warning")
    log_a_failure()
    logging.getLogger("elsewhere").warning("careful")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["level"] == "error"
    assert SECRET not in first["exception"]
    assert second | {"level": "warning", "logger": "elsewhere", "message": "careful"} == second
    assert second["time"].endswith("Z")


def do_nothing(*_: object) -> None:
    """Take the place of granian's start."""


@pytest.fixture
def supervisor(process_as_it_was: None) -> Iterator[serving.Supervisor]:  # noqa: ARG001 - it notes signals
    """A supervisor that has not started a worker."""
    seat = port.take("127.0.0.1", 0)
    yield serving.Supervisor(seat, Stop(), lambda: None)
    seat.leave()


def test_a_worker_that_does_not_answer(
    supervisor: serving.Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The server gives up, and says for what it has waited."""

    def start(**_: object) -> None:
        supervisor.startup(None, None)

    monkeypatch.setattr(serving, "_READY_WITHIN", 0.0)
    monkeypatch.setattr("granian.server.mp.MPServer.startup", do_nothing)
    monkeypatch.setattr(supervisor, "serve", start)
    assert supervisor.run(lambda: None) == 1
    assert "/__admin/health did not answer within 0 s" in caplog.text


def test_a_server_that_cannot_run(
    supervisor: serving.Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What granian cannot do is told in one line."""

    def fail(**_: object) -> None:
        raise RuntimeError("no sockets left")

    monkeypatch.setattr(supervisor, "serve", fail)
    assert supervisor.run(lambda: None) == 1
    assert "the server cannot run: no sockets left" in caplog.text


@pytest.mark.usefixtures("process_as_it_was")
def test_a_relay_that_cannot_listen(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Where the public port is lost after all, the server gives up and says where it could not listen."""
    seat, inner = port.take("127.0.0.1", 0), port.take("127.0.0.1", 0)
    supervisor = serving.Supervisor(seat, Stop(), lambda: pytest.fail("it was announced"), inner=inner)

    def start(**_: object) -> None:
        supervisor.startup(None, None)

    def refuse(_: object) -> int:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr("granian.server.mp.MPServer.startup", do_nothing)
    monkeypatch.setattr("tutorflow_mock.relay.Relay.start", refuse)
    monkeypatch.setattr(supervisor, "serve", start)
    assert supervisor.run(lambda: None) == 1
    assert f"the relay cannot listen at {seat.url}: [Errno 98] Address already in use" in caplog.text
    inner.leave()


def test_what_a_worker_keeps_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places, languages and authorities; nothing that looks like a header, and no secret."""
    kept = {"PATH": "/bin", "LC_ALL": "C.UTF-8", "SSL_CERT_FILE": "/ca.pem", "TZ": "Asia/Seoul"}
    environment = {**kept, "HTTP_PROXY": "http://x", "HTTP_X_MOCK_SESSION": "y", "CONTENT_TYPE": "z", "TOKEN": "hush"}
    monkeypatch.setattr(os, "environ", environment)
    shed_environment()
    assert environment == kept


def test_a_signal_before_there_is_a_worker(supervisor: serving.Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started any more."""

    def serve(**_: object) -> None:
        pytest.fail("it was started")

    monkeypatch.setattr(supervisor, "serve", serve)
    signal.raise_signal(signal.SIGTERM)
    assert supervisor.run(lambda: None) == 0


@pytest.mark.usefixtures("process_as_it_was")
def test_a_worker_that_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where workers are not forked, they build the application from the settings, which travel as a pickle."""
    monkeypatch.delattr(signal, "pthread_sigmask")  # as on Windows
    settings = copy.deepcopy(Settings(seed="42", behaviours={"create.empty-outputs": "as-omitted"}))
    app = serving.build(settings)
    assert app.test_client().get("/__admin/health").json["status"] == "healthy"
